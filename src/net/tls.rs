//! TLS: one provider, one way to trust.
//!
//! In: optionally a file with an extra root certificate. Out: a rustls client configuration that
//! trusts what the operating system trusts, and the extra root if there is one. Certificates are
//! always checked; there is no switch to turn that off.
//!
//! The provider is ring. It is installed once for the process; whoever builds a client calls
//! [`install_provider`] first, because reqwest panics without one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Once, OnceLock};

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// Why a TLS configuration cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The file with the extra root certificate cannot be used.
    #[error("cannot read root certificates from {path}: {cause}\nhint: the file must hold PEM certificates")]
    Root {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The platform's verifier refused the configuration.
    #[error("cannot set up TLS: {0}")]
    Setup(String),
}

/// Installs ring as the provider of this process, once; later calls do nothing.
pub fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that a provider is installed already; then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// The configuration for a client, without ALPN. Without an extra root it is built once and shared.
///
/// A machine without any root certificates gets a configuration that trusts nobody, so that plain
/// connections still work there and TLS ones fail with "unknown issuer".
///
/// # Errors
/// [`TlsError`] when the extra root cannot be read.
pub fn client_config(extra_root: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    static SHARED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    match extra_root {
        Some(path) => build(read_roots(path)?).map(Arc::new),
        None => match SHARED.get() {
            Some(shared) => Ok(Arc::clone(shared)),
            None => {
                let config = Arc::new(build(Vec::new())?);
                Ok(Arc::clone(SHARED.get_or_init(|| config)))
            }
        },
    }
}

/// What checks a server's certificate, for a transport that makes its own configuration.
///
/// # Errors
/// [`TlsError`] when the extra root cannot be read, or the platform trusts nobody at all.
pub fn verifier(extra_root: Option<&Path>) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    install_provider();
    let roots = extra_root.map(read_roots).transpose()?.unwrap_or_default();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let made = Verifier::new_with_extra_roots(roots, provider);
    Ok(Arc::new(made.map_err(|error| TlsError::Setup(error.to_string()))?))
}

fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fail = |cause: String| TlsError::Root { path: path.to_owned(), cause };
    let roots: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error: rustls::pki_types::pem::Error| fail(error.to_string()))?;
    if roots.is_empty() { Err(fail("no certificate in it".into())) } else { Ok(roots) }
}

fn build(roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, TlsError> {
    install_provider();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let setup = |error: rustls::Error| TlsError::Setup(error.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(setup)?;
    let alone = roots.is_empty();
    match Verifier::new_with_extra_roots(roots, provider) {
        Ok(verifier) => {
            Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
        }
        Err(_) if alone => Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()),
        Err(error) => Err(setup(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_shared_configuration_is_built_once() -> Result<(), TlsError> {
        assert!(Arc::ptr_eq(&client_config(None)?, &client_config(None)?));
        Ok(())
    }

    #[test]
    fn a_root_file_without_a_certificate_is_an_error_that_names_it() {
        let mut file = tempfile::NamedTempFile::new().expect("temporary file");
        file.write_all(b"not a certificate").expect("written");
        let error = client_config(Some(file.path())).expect_err("no certificate").to_string();
        assert!(error.contains(&*file.path().to_string_lossy()), "{error}");
        assert!(client_config(Some(Path::new("/nonexistent.pem"))).is_err());
    }
}
