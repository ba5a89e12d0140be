//! What is measured, a module for each part.

pub(crate) mod check;
pub(crate) mod import;
pub(crate) mod lists;
pub(crate) mod scale;
pub(crate) mod start;
