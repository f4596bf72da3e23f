//! Certificates: trusted, expired, of another name, rotated, and our own.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::{POLICY, Rig, json, quick, read};
use sqlsec::source::remote::{Bounds, Settings, Tls};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Chain and key in PEM.
fn certificate(by: &Authority, name: &str, expired: bool) -> (String, String) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if expired {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, by).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn config((chain, key): &(String, String), clients: Option<&Authority>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots
                .add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap())
                .unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    Arc::new(builder.with_single_cert(chain, key).unwrap())
}

/// A good service behind TLS, whose certificate can be changed.
struct Service {
    url: String,
    config: Arc<Mutex<Arc<ServerConfig>>>,
}

impl Service {
    fn new(first: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(Mutex::new(first));
        let current = Arc::clone(&config);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let config = Arc::clone(&current.lock().unwrap());
                let Ok(tcp) = stream else { continue };
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(config).unwrap();
                    let mut stream = StreamOwned::new(connection, tcp);
                    if let Some(seen) = read(&mut stream) {
                        json(&mut stream, "no-store", &seen.excerpt(POLICY));
                        stream.conn.send_close_notify();
                        let _ = std::io::Write::flush(&mut stream);
                    }
                });
            }
        });
        Self {
            url: format!("https://localhost:{port}"),
            config,
        }
    }

    fn rig(&self, tls: Tls) -> Rig {
        let settings = Settings {
            tls,
            ..quick(&self.url)
        };
        Rig::new(&settings, Bounds::default())
    }
}

fn file(test: &str, name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tls-{test}"));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn trusting(test: &str, authority: &Authority) -> Tls {
    Tls {
        ca: Some(file(test, "ca.pem", &authority.pem())),
        ..Tls::default()
    }
}

#[test]
fn a_service_is_believed_by_its_certificate_alone() {
    let (ours, theirs) = (authority(), authority());
    let service = Service::new(config(&certificate(&ours, "localhost", false), None));
    service.rig(trusting("good", &ours)).ann().expect("trusted");
    let said = service
        .rig(trusting("other", &theirs))
        .ann()
        .expect_err("another authority");
    assert!(said.to_lowercase().contains("certificate"), "{said}");
    // The system does not know it either.
    service
        .rig(Tls::default())
        .ann()
        .expect_err("not the system's");
}

#[test]
fn an_expired_certificate_and_one_of_another_name_are_refused_and_a_rotated_one_is_taken() {
    let ours = authority();
    let service = Service::new(config(&certificate(&ours, "localhost", true), None));
    let rig = service.rig(trusting("expired", &ours));
    let said = rig.ann().expect_err("expired");
    assert!(said.to_lowercase().contains("expired"), "{said}");
    *service.config.lock().unwrap() = config(&certificate(&ours, "elsewhere", false), None);
    let said = rig.ann().expect_err("another name");
    assert!(said.to_lowercase().contains("not valid for name"), "{said}");
    *service.config.lock().unwrap() = config(&certificate(&ours, "localhost", false), None);
    rig.ann().expect("rotated");
}

#[test]
fn an_authority_that_is_rotated_is_read_again() {
    let (old, new) = (authority(), authority());
    let service = Service::new(config(&certificate(&old, "localhost", false), None));
    let tls = trusting("authority", &old);
    let rig = service.rig(tls);
    rig.ann().expect("trusted");
    *service.config.lock().unwrap() = config(&certificate(&new, "localhost", false), None);
    rig.ann().expect_err("not yet trusted");
    file("authority", "ca.pem", &new.pem());
    rig.ann().expect("trusted");
    for (text, why) in [
        ("", "no certificate in PEM"),
        ("-----BEGIN CERTIFICATE-----\n!", "ca.pem"),
    ] {
        file("authority", "ca.pem", text);
        let said = rig.ann().expect_err("unusable");
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn our_own_certificate_is_shown_and_read_again_when_it_is_rotated() {
    let ours = authority();
    let service = Service::new(config(&certificate(&ours, "localhost", false), Some(&ours)));
    service
        .rig(trusting("mtls", &ours))
        .ann()
        .expect_err("no certificate of ours");
    let (chain, key) = certificate(&authority(), "gate", false);
    let tls = Tls {
        certificate: Some(file("mtls", "gate.pem", &chain)),
        key: Some(file("mtls", "gate.key", &key)),
        ..trusting("mtls", &ours)
    };
    let rig = service.rig(tls.clone());
    rig.ann()
        .expect_err("of an authority that the service does not know");
    let (chain, key) = certificate(&ours, "gate", false);
    file("mtls", "gate.pem", &chain);
    // Between the two writes they do not belong together: that closes, and says so.
    let said = rig.ann().expect_err("certificate and key of two pairs");
    assert!(said.contains("gate.pem"), "{said}");
    file("mtls", "gate.key", &key);
    rig.ann().expect("let in");
    let half = Tls { key: None, ..tls };
    assert!(
        service
            .rig(half)
            .ann()
            .expect_err("half")
            .contains("needs both")
    );
}
