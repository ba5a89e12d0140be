//! Turns the vendor's documents into catalogue records.
//!
//! - [`source`]: opens a file, unpacks gzip and Zstandard, and makes UTF-8 of it.
//! - [`cvrf`]: reads Microsoft's monthly CVRF documents, XML or JSON, as a stream of events.
//! - [`revision`]: which of two documents of the same id counts.
//!
//! ```
//! let xml = br#"<cvrf:cvrfdoc xmlns:cvrf="http://www.icasi.org/CVRF/schema/cvrf/1.1">
//!   <cvrf:DocumentTitle>March 2020 Security Updates</cvrf:DocumentTitle>
//!   <cvrf:DocumentTracking>
//!     <cvrf:Identification><cvrf:ID>2020-Mar</cvrf:ID></cvrf:Identification>
//!     <cvrf:CurrentReleaseDate>2020-03-12T08:00:00</cvrf:CurrentReleaseDate>
//!   </cvrf:DocumentTracking>
//! </cvrf:cvrfdoc>"#;
//! let source = kbgap_feed::source::from_bytes("2020-Mar.xml", xml);
//! let document = kbgap_feed::cvrf::read(source)?;
//! assert_eq!(document.id, "2020-Mar");
//! # Ok::<(), kbgap_feed::FeedError>(())
//! ```

pub mod cvrf;
mod error;
mod json;
pub mod revision;
pub mod source;
mod text;

pub use error::{FeedError, Reason};
