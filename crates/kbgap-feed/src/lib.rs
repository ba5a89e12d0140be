//! Turns the vendor's documents into catalogue records.
//!
//! - [`source`]: opens a file, unpacks gzip and Zstandard, makes UTF-8 of it, and knows by its
//!   beginning what it is.
//! - [`read`], [`read_file`]: read whatever it is, and archives of it.
//! - [`cvrf`]: reads Microsoft's monthly CVRF documents, XML or JSON, as a stream of events.
//! - [`csaf`]: reads its advisories and VEX documents, one for each CVE.
//! - [`kev`], [`epss`]: read lists about CVEs of any vendor.
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

mod archive;
mod content;
pub mod csaf;
mod csv_rows;
pub mod cvrf;
pub mod epss;
mod error;
mod fields;
mod form;
mod json;
pub mod kev;
mod odd;
mod parts;
mod reading;
pub mod revision;
pub mod source;
mod text;

pub use archive::{is_feed_name, read_file};
pub use content::{Content, read};
pub use error::{FeedError, Reason};
