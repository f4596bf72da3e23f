//! The certificates of the service, and whose clients it speaks with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::settled::{Seen, Watched, look};

/// PEM files. They are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our own certificate, with those between it and its authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authorities of clients' certificates: who shows none of theirs is not spoken with.
    pub clients: Option<PathBuf>,
}

/// What the files held when they were last good.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    files: TlsFiles,
    config: Arc<RwLock<Arc<ServerConfig>>>,
    /// The files as they were before they were read: what changes from then on is seen.
    seen: Vec<Seen>,
}

impl Certificates {
    /// # Errors
    /// A file that cannot be read or holds no PEM of its kind; a key of another certificate.
    pub fn open(files: &TlsFiles) -> Result<Self, String> {
        let paths = [&files.certificate, &files.key];
        let paths = paths.into_iter().chain(&files.clients);
        Ok(Self {
            seen: paths.map(|path| look(path)).collect(),
            config: Arc::new(RwLock::new(read(files)?)),
            files: files.clone(),
        })
    }

    /// What says when to read the files again.
    pub fn watched(&self) -> Watched {
        Watched::new(self.seen.clone())
    }

    /// What the next connection is taken with.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&config)
    }

    /// Takes what the files hold now for connections from now on.
    ///
    /// # Errors
    /// As for [`Self::open`]; what was there before stays.
    pub fn reload(&self) -> Result<(), String> {
        let next = read(&self.files)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let wrong = |file: &Path, why: &dyn std::fmt::Display| format!("`{}`: {why}", file.display());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS: {error}"))?;
    let builder = match &files.clients {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(file)? {
                roots
                    .add(certificate)
                    .map_err(|error| wrong(file, &error))?;
            }
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| wrong(file, &error))?)
        }
    };
    let key = std::fs::read(&files.key).map_err(|error| wrong(&files.key, &error))?;
    // Its own words could quote the key.
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|_| wrong(&files.key, &"no private key in PEM"))?;
    let mut config = builder
        .with_single_cert(certificates(&files.certificate)?, key)
        .map_err(|error| wrong(&files.certificate, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("`{}`: {why}", file.display());
    let text = std::fs::read(file).map_err(|error| wrong(&error))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match read {
        Ok(list) if !list.is_empty() => Ok(list),
        Ok(_) => Err(wrong(&"no certificate in PEM")),
        Err(error) => Err(wrong(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_between_the_first_reading_and_the_first_look_is_seen() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/tls");
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str| folder.join(format!("{name}-{}.pem", std::process::id()));
        let key = rcgen::KeyPair::generate().unwrap();
        let named = rcgen::CertificateParams::new(vec!["a".to_owned()]).unwrap();
        let certificate = named.self_signed(&key).unwrap().pem();
        let files = TlsFiles {
            certificate: file("cert"),
            key: file("key"),
            clients: Some(file("clients")),
        };
        std::fs::write(&files.certificate, &certificate).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        std::fs::write(file("clients"), format!("{certificate}{certificate}")).unwrap();
        let certificates = Certificates::open(&files).unwrap();
        // One authority is not to be believed any more.
        std::fs::write(file("clients"), &certificate).unwrap();
        let mut watched = certificates.watched();
        assert!(!watched.is_due(), "it may not be whole yet");
        assert!(watched.is_due());
        certificates.reload().unwrap();
        watched.used();
        assert!(!watched.is_due());
    }
}
