//! A certificate for this machine alone, made anew for each test.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::aws_lc_rs::default_provider;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// The files of a certificate, all PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// What clients have to trust.
    pub authority: PathBuf,
    /// The server's certificate.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Makes an authority and a certificate of its for `localhost` and 127.0.0.1.
///
/// # Panics
/// Where the folder cannot be written.
#[must_use]
pub fn certificate(folder: &Path) -> Certificate {
    let write = |name: &str, text: String| {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let mut authority = named("kbgap test authority", &[]);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&key).unwrap();
    let issuer = Issuer::new(authority, key);

    let mut server = named("kbgap test server", &["localhost", "127.0.0.1"]);
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Strict clients want to be told by which key it was signed.
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().unwrap();
    let chain = server.signed_by(&key, &issuer).unwrap();
    Certificate {
        authority: write("authority.pem", root.pem()),
        chain: write("chain.pem", chain.pem()),
        key: write("key.pem", key.serialize_pem()),
    }
}

/// For a client that trusts this authority and no other.
///
/// # Panics
/// Where the file cannot be read.
#[must_use]
pub fn trusting(authority: &Path) -> TlsConfig {
    let pem = std::fs::read(authority).unwrap();
    let certificates = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    TlsConfig::builder()
        .root_certs(RootCerts::from(certificates))
        .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
        .build()
}

fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|h| (*h).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
