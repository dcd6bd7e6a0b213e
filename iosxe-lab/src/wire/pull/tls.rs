//! TLS to a server whose certificate the device trusts: HTTP after it is the same as without.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Failure, Remote, patient};

/// The handshake. A certificate of an authority that the device does not trust, or of another name,
/// is no server.
pub(super) async fn connect(
    remote: &Remote,
    address: SocketAddr,
) -> Result<TlsStream<TcpStream>, Failure> {
    let connector = TlsConnector::from(Arc::new(config(remote)?));
    let name = ServerName::try_from(remote.name().to_owned()).map_err(|error| lost(&error))?;
    let stream = super::connect(address).await?;
    patient(connector.connect(name, stream)).await
}

fn config(remote: &Remote) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    for file in &remote.trusts {
        let certificates = CertificateDer::pem_file_iter(file).map_err(|error| lost(&error))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| lost(&error))?;
            roots.add(certificate).map_err(|error| lost(&error))?;
        }
    }
    Ok(
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| lost(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}

fn lost(error: &dyn std::error::Error) -> Failure {
    tracing::debug!(%error, "no TLS");
    Failure::Broken
}
