//! The API's resources. Modules mirror the URLs.

pub(crate) mod machines;
mod missing_kbs;
pub(crate) mod software;
