//! Certificates from PEM files, and whether they have changed.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use sha2::Digest;

use super::{Settings, Tls};
use crate::source::SourceProblem;

/// The texts of the files, hashed: another print is another client.
pub(super) type Print = [u8; 32];

/// What the files hold now.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn print(tls: &Tls) -> Result<Print, SourceProblem> {
    let mut digest = sha2::Sha256::new();
    for file in [&tls.ca, &tls.certificate, &tls.key].into_iter().flatten() {
        digest.update(read(file)?);
        digest.update([0]);
    }
    Ok(digest.finalize().into())
}

/// What a client needs: whom it trusts, what it shows.
///
/// # Errors
/// A file that cannot be read or holds no PEM of its kind; a certificate without its key; two that do not belong together.
pub(super) fn config(settings: &Settings) -> Result<ClientConfig, SourceProblem> {
    let tls = &settings.tls;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| wrong("TLS", &e))?;
    let builder = match &tls.ca {
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|e| wrong(&name(file), &e))?;
            }
            builder.with_root_certificates(roots)
        }
        // The system's certificates are many, and read only where one is wanted.
        None if !settings.speaks_tls() => builder.with_root_certificates(RootCertStore::empty()),
        None => builder
            .with_platform_verifier()
            .map_err(|e| wrong("the system's certificates", &e))?,
    };
    match (&tls.certificate, &tls.key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let secret = PrivateKeyDer::from_pem_slice(&read(key)?)
                // Its own words could quote the key.
                .map_err(|_| wrong(&name(key), &"no private key in PEM"))?;
            let built = builder.with_client_auth_cert(chain, secret);
            built.map_err(|e| wrong(&name(certificate), &e))
        }
        (Some(_), None) | (None, Some(_)) => Err(SourceProblem::Configuration(
            "a client certificate needs both `certificate` and `key`".to_owned(),
        )),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, SourceProblem> {
    let text = read(file)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match read {
        Ok(list) if !list.is_empty() => Ok(list),
        Ok(_) => Err(wrong(&name(file), &"no certificate in PEM")),
        Err(error) => Err(wrong(&name(file), &error)),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, SourceProblem> {
    std::fs::read(file).map_err(|error| wrong(&name(file), &error.kind()))
}

fn name(file: &Path) -> String {
    format!("`{}`", file.display())
}

fn wrong(what: &str, why: &dyn std::fmt::Display) -> SourceProblem {
    SourceProblem::Configuration(format!("{what}: {why}"))
}
