//! TLS: the certificate's files, and a listener whose connections are encrypted.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::TlsFiles;

/// A client that takes longer than this for its handshake is hung up on.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at one time. Beyond them connections wait in the system's queue, so
/// that clients who begin and never end cannot fill the memory.
const HANDSHAKES: usize = 1_024;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("tls.{option}: cannot read `{}`: {source} (paths are relative to the configuration file)", file.display())]
    Read {
        /// `certificate` or `private_key`.
        option: &'static str,
        /// The file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file is not what its option says.
    #[error("tls.{option}: `{}` {reason}", file.display())]
    Content {
        /// `certificate` or `private_key`.
        option: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// Certificate and key are not one another's.
    #[error(
        "tls: `{}` and `{}` do not go together: {source} (the server's own certificate has to be the first of the chain, and the key its key)",
        certificate.display(), private_key.display()
    )]
    Pair {
        /// The file of the chain.
        certificate: PathBuf,
        /// The file of the key.
        private_key: PathBuf,
        /// The library's error.
        source: rustls::Error,
    },
}

/// Reads the files and puts them together.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let (chain, key) = (chain(&files.certificate)?, key(&files.private_key)?);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|source| TlsError::Pair {
            certificate: files.certificate.clone(),
            private_key: files.private_key.clone(),
            source,
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let option = "certificate";
    let text = read(option, file)?;
    let chain = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(TlsError::Content {
            option,
            file: file.to_owned(),
            reason: "holds no certificate: PEM with `BEGIN CERTIFICATE` is expected, the server's own first".to_owned(),
        }),
        Err(error) => Err(malformed(option, file, &error)),
    }
}

fn key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let option = "private_key";
    let text = read(option, file)?;
    let reason = match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => return Ok(key),
        Err(pem::Error::NoItemsFound) if is_encrypted(&text) => {
            "is encrypted: write it without its passphrase (`openssl pkey -in FILE -out PLAIN`) and keep it readable by the server alone"
        }
        Err(pem::Error::NoItemsFound) => {
            "holds no private key: PEM with `BEGIN PRIVATE KEY` is expected"
        }
        Err(error) => return Err(malformed(option, file, &error)),
    };
    Err(TlsError::Content {
        option,
        file: file.to_owned(),
        reason: reason.to_owned(),
    })
}

fn read(option: &'static str, file: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(file).map_err(|source| TlsError::Read {
        option,
        file: file.to_owned(),
        source,
    })
}

/// Keys with a passphrase, in either of their forms, are no items to the reader.
fn is_encrypted(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
}

fn malformed(option: &'static str, file: &Path, error: &pem::Error) -> TlsError {
    TlsError::Content {
        option,
        file: file.to_owned(),
        reason: format!("is no well-formed PEM: {error}"),
    }
}

/// A listener that hands out connections when their handshake is over. Handshakes
/// run beside one another, so that a slow client keeps nobody waiting.
pub(crate) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    /// Dropped with the listener, which hangs up on what is still in them.
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl TlsListener {
    pub(crate) fn new(tcp: TcpListener, acceptor: TlsAcceptor) -> Self {
        Self {
            tcp,
            acceptor,
            handshakes: JoinSet::new(),
        }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                Some(ended) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = ended {
                        return connection;
                    }
                }
                (stream, address) = Listener::accept(&mut self.tcp), if self.handshakes.len() < HANDSHAKES => {
                    self.handshakes.spawn(handshake(self.acceptor.clone(), stream, address));
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

async fn handshake(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
) -> Option<(TlsStream<TcpStream>, SocketAddr)> {
    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some((stream, address)),
        Ok(Err(error)) => {
            tracing::debug!(%address, %error, "TLS handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!(%address, "TLS handshake took too long");
            None
        }
    }
}
