//! TLS: our certificate, those of clients, and new ones.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{Desk, PROTECTED, Said, read, request, send, until};
use sqlsec::sidecar::{Options, SidecarError, TlsFiles, start};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Chain and key in PEM.
fn certificate(by: &Authority) -> (String, String) {
    let params = CertificateParams::new(vec!["sqlsec.test".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, by).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn client(trusted: &Authority, own: Option<&(String, String)>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(trusted.pem().as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    Arc::new(match own {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    })
}

fn check(address: SocketAddr, config: &Arc<ClientConfig>) -> std::io::Result<Said> {
    let name = ServerName::try_from("sqlsec.test").unwrap();
    let connection =
        ClientConnection::new(Arc::clone(config), name).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    send(
        &mut stream,
        "POST",
        "/v1/check",
        "",
        &request("ann", "SELECT id FROM orders"),
    )?;
    read(&mut stream)
}

fn files(desk: &Desk, (chain, key): &(String, String), clients: Option<&Authority>) -> TlsFiles {
    desk.write("cert.pem", chain);
    desk.write("key.pem", key);
    let clients: Option<PathBuf> = clients.map(|authority| {
        desk.write("clients.pem", &authority.pem());
        desk.file("clients.pem")
    });
    TlsFiles {
        certificate: desk.file("cert.pem"),
        key: desk.file("key.pem"),
        clients,
    }
}

#[test]
fn it_speaks_tls_and_takes_new_certificates() {
    let desk = Desk::new("tls");
    let (first, second) = (authority(), authority());
    let options = Options {
        tls: Some(files(&desk, &certificate(&first), None)),
        ..desk.options()
    };
    let running = start(options).unwrap();
    let said = check(running.address, &client(&first, None)).unwrap();
    assert_eq!(said.sql().as_deref(), Some(PROTECTED));
    assert!(check(running.address, &client(&second, None)).is_err());
    // Who speaks without it gets no answer that could be read.
    let mut plain = TcpStream::connect(running.address).unwrap();
    let _ = send(
        &mut plain,
        "POST",
        "/v1/check",
        "",
        &request("ann", "SELECT id FROM orders"),
    );
    assert!(read(&mut plain).is_err());

    // Half of a pair is not taken.
    let (chain, key) = certificate(&second);
    desk.write("cert.pem", &chain);
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    assert!(check(running.address, &client(&first, None)).is_ok());
    desk.write("key.pem", &key);
    until("the new certificate is shown", || {
        check(running.address, &client(&second, None)).is_ok()
    });
    assert!(check(running.address, &client(&first, None)).is_err());
}

#[test]
fn it_speaks_with_its_own_clients_only() {
    let desk = Desk::new("mtls");
    let (ours, others) = (authority(), authority());
    let options = Options {
        tls: Some(files(&desk, &certificate(&ours), Some(&ours))),
        ..desk.options()
    };
    let running = start(options).unwrap();
    let known = certificate(&ours);
    let said = check(running.address, &client(&ours, Some(&known))).unwrap();
    assert_eq!(said.sql().as_deref(), Some(PROTECTED));
    assert!(check(running.address, &client(&ours, None)).is_err());
    let stranger = certificate(&others);
    assert!(check(running.address, &client(&ours, Some(&stranger))).is_err());
}

#[test]
fn certificates_that_cannot_be_used_are_known_at_the_start() {
    let desk = Desk::new("tls-wrong");
    let authority = authority();
    let (chain, key) = certificate(&authority);
    let other = certificate(&authority).1;
    for (chain, key, word) in [
        (chain.as_str(), other.as_str(), "cert.pem"),
        ("nothing", key.as_str(), "cert.pem"),
        (chain.as_str(), "nothing", "key.pem"),
    ] {
        let options = Options {
            tls: Some(files(&desk, &(chain.to_owned(), key.to_owned()), None)),
            ..desk.options()
        };
        let Err(SidecarError::Tls(why)) = start(options) else {
            panic!("it starts");
        };
        assert!(why.contains(word) && !why.contains("PRIVATE"), "{why}");
    }
}

#[test]
fn a_stop_does_not_wait_for_who_says_nothing_in_a_handshake() {
    let desk = Desk::new("tls-stop");
    let options = Options {
        tls: Some(files(&desk, &certificate(&authority()), None)),
        ..desk.options()
    };
    let running = start(options).unwrap();
    let silent = TcpStream::connect(running.address).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    let began = std::time::Instant::now();
    running.stop();
    // Less than the time of a handshake.
    assert!(began.elapsed() < std::time::Duration::from_secs(5));
    drop(silent);
}
