//! How sqlsec shows who it is, and that nobody else gets to see it.

use std::fs;
use std::path::{Path, PathBuf};

use super::{POLICY, Rig, Seen, Server, json, quick, reply};
use sqlsec::source::remote::{Auth, Bounds, Remote, Secret, Settings};

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A service that lets in who shows this.
fn guarded(wanted: impl Fn(&str) -> bool + Send + Sync + 'static) -> Server {
    Server::new(move |_, seen, stream| {
        if wanted(seen.header("authorization").unwrap_or_default()) {
            json(stream, "no-store", &seen.excerpt(POLICY));
        } else {
            reply(stream, "401 Unauthorized", "", b"");
        }
    })
}

fn rig(server: &Server, auth: Auth) -> Rig {
    let settings = Settings {
        auth,
        ..quick(&server.url)
    };
    Rig::new(&settings, Bounds::default())
}

#[test]
fn a_bearer_token_is_shown() {
    let server = guarded(|shown| shown == "Bearer s3cret");
    let with = |token: &str| {
        rig(
            &server,
            Auth::Bearer {
                token: Secret::new(token),
            },
        )
    };
    with("s3cret").ann().expect("let in");
    let said = with("wr0ng").ann().expect_err("not let in");
    assert!(said.contains("check token, user or certificate"), "{said}");
    assert!(!said.contains("wr0ng"));
}

#[test]
fn a_token_that_is_rotated_mid_way_is_read_again() {
    let file = folder("rotated").join("token");
    fs::write(&file, "old\n").unwrap();
    let valid = folder("rotated").join("valid");
    fs::write(&valid, "Bearer old").unwrap();
    let known = valid.clone();
    let server = guarded(move |shown| shown == fs::read_to_string(&known).unwrap());
    let rig = rig(
        &server,
        Auth::BearerFile {
            token_file: file.clone(),
        },
    );
    rig.ann().expect("let in");
    fs::write(&valid, "Bearer new").unwrap();
    rig.ann().expect_err("the old one no longer counts");
    fs::write(&file, "new\n").unwrap();
    rig.ann().expect("let in");
    for (text, why) in [("", "empty"), ("a\nb", "more than one line")] {
        fs::write(&file, text).unwrap();
        let said = rig.ann().expect_err("no token");
        assert!(said.contains(why) && said.contains("token"), "{said}");
    }
    fs::remove_file(&file).unwrap();
    assert!(rig.ann().expect_err("no token").contains("not found"));
}

#[test]
fn user_and_password_are_shown() {
    let file = folder("basic").join("password");
    fs::write(&file, "open sesame").unwrap();
    // echo -n 'gate:open sesame' | base64
    let server = guarded(|shown| shown == "Basic Z2F0ZTpvcGVuIHNlc2FtZQ==");
    let auth = Auth::Basic {
        user: "gate".to_owned(),
        password_file: file,
    };
    rig(&server, auth).ann().expect("let in");
}

#[test]
fn a_token_server_is_asked_once_for_as_long_as_its_token_holds_and_again_when_it_is_refused() {
    let secret = folder("oauth").join("secret");
    fs::write(&secret, "p&ss").unwrap();
    let tokens = Server::new(|number, seen: &Seen, stream| {
        assert!(seen.line.starts_with("POST /token "), "{}", seen.line);
        // `gate` and `p%26ss`, as RFC 6749 §2.3.1 wants them encoded.
        assert_eq!(seen.header("authorization"), Some("Basic Z2F0ZTpwJTI2c3M="));
        assert_eq!(seen.body, "grant_type=client_credentials&scope=rules.read");
        let token = format!(
            "{{\"access_token\":\"t{number}\",\"token_type\":\"Bearer\",\"expires_in\":100}}"
        );
        reply(
            stream,
            "200 OK",
            "content-type: application/json\r\n",
            token.as_bytes(),
        );
    });
    let revoked = folder("oauth").join("revoked");
    fs::write(&revoked, "").unwrap();
    let list = revoked.clone();
    let server = guarded(move |shown| {
        shown.starts_with("Bearer t") && !fs::read_to_string(&list).unwrap().contains(shown)
    });
    let rig = rig(
        &server,
        Auth::Oauth2 {
            token_url: format!("{}/token", tokens.url),
            client_id: "gate".to_owned(),
            client_secret_file: secret,
            scope: Some("rules.read".to_owned()),
        },
    );
    rig.ann().expect("let in");
    rig.ann().expect("let in");
    assert_eq!(tokens.asked(), 1);
    rig.forward(95);
    rig.ann().expect("let in");
    assert_eq!(tokens.asked(), 2, "it would end on its way");
    fs::write(&revoked, "Bearer t1").unwrap();
    rig.ann().expect("with a new one");
    assert_eq!(tokens.asked(), 3);
}

#[test]
fn what_is_secret_is_not_in_debug_texts_or_errors() {
    let auth = Auth::Bearer {
        token: Secret::new("s3cret"),
    };
    let settings = Settings {
        auth,
        ..quick("http://127.0.0.1:1")
    };
    assert!(!format!("{settings:?}").contains("s3cret"));
    let rig = Rig::new(&settings, Bounds::default());
    assert!(!rig.ann().expect_err("down").contains("s3cret"));
    // Credentials in the address would be in every message.
    for url in [
        "http://gate:s3cret@127.0.0.1:1",
        "http://s3cret@127.0.0.1:1",
        "http://127.0.0.1:1?token=s3cret",
    ] {
        let problem = Remote::new(&Settings::new(url), Bounds::default()).map(|_| ());
        let error = problem.expect_err(url);
        let text = error.problem.to_string();
        assert!(
            !text.contains("s3cret") && !error.to_string().contains("s3cret"),
            "{error}"
        );
    }
    for url in [
        "",
        "rules.corp",
        "ftp://rules.corp",
        "http://",
        "file:///etc/passwd",
    ] {
        assert!(
            Remote::new(&Settings::new(url), Bounds::default()).is_err(),
            "{url}"
        );
    }
}
