//! The declared types of the API (edm-types.md). Where the documentation of an
//! endpoint differs, the declared type decides how a value is written, and the
//! documentation what is shown without `$select`. Properties whose types the service
//! does not declare are left out.

pub mod enums;
pub mod export;
pub mod machine;
pub mod recommendation;
pub mod remediation;
pub mod request;
pub mod score;
pub mod software;
pub mod vulnerability;
