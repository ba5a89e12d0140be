//! Tokens, and requests for them.

use std::sync::LazyLock;

use kbgap_auth::endpoint::{TokenRequest, Version};
use kbgap_auth::{DEFAULT_AUDIENCES, Grant, Issuer, SigningKey, bearer};
use kbgap_odata::decode_form;

use crate::make;

pub(super) const TOKENS: &[&str] = &[
    "Bearer eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.",
    "bearer a.b.c",
    "\u{1}\u{2}\u{3}\u{4}",
];

pub(super) const REQUESTS: &[&str] = &[
    "grant_type=client_credentials&client_id=a&client_secret=b&resource=https%3A%2F%2Fapi.securitycenter.microsoft.com",
    "grant_type=client_credentials&client_id=a&client_secret=b&scope=https://api.security.microsoft.com/.default",
    "grant_type=password",
];

const NOW: i64 = 1_800_000_000;

static ISSUED: LazyLock<(Issuer, String)> = LazyLock::new(|| {
    let key = SigningKey::generate().expect("a key");
    let issuer = Issuer::new(SigningKey::from_pkcs8(&key).expect("a key"), &[]);
    let grant = Grant {
        tenant: "0e2a1c5c-6f0b-4c60-9f0e-111111111111",
        app_id: "app",
        roles: &["Software.Read.All".to_owned()],
        scopes: &[],
        audience: DEFAULT_AUDIENCES[0],
    };
    let token = issuer.issue(&grant, NOW).expect("a token");
    (issuer, token)
});

/// A header: no token is valid but the one that was issued.
pub(super) fn token(bytes: &[u8]) {
    let (issuer, issued) = &*ISSUED;
    let text = make::text(bytes);
    if let Ok(token) = bearer(Some(&text)) {
        assert!(issuer.validate(token, NOW).is_err() || token == issued);
    }
    // The issued one with some characters changed.
    let mut changed = issued.clone().into_bytes();
    for change in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % changed.len();
        changed[at] = change[2];
    }
    let changed = make::text(&changed);
    let taken = issuer.validate(&changed, NOW);
    // The last character of a part has bits that mean nothing, which must be zero.
    assert_eq!(taken.is_ok(), changed == *issued, "{changed}");
}

/// A form that asks for a token: it is read or refused with the status of a client's mistake.
pub(super) fn request(bytes: &[u8]) {
    let Some(form) = decode_form(&make::text(bytes)) else {
        return;
    };
    for version in [Version::V1, Version::V2] {
        for basic in [None, Some(("id".to_owned(), "secret".to_owned()))] {
            if let Err(refusal) = TokenRequest::parse(version, &form, basic) {
                assert!((400..500).contains(&refusal.status), "{refusal:?}");
            }
        }
    }
}
