//! OData v4 as the API uses it: paths, query options, envelopes and errors. No
//! HTTP here, and no data.

mod dto;
pub mod edm;
mod envelope;
mod error;
mod filter;
mod listing;
mod model;
mod path;
mod query;
mod row;
mod token;
pub mod types;
mod value;

pub use dto::PublicProductFixDto;
pub use envelope::{Collection, Context, Entity, next_link};
pub use error::{ApiError, ErrorCode};
pub use filter::Filter;
pub use listing::{Direction, Expansion, Listing, Page};
pub use model::{EntitySet, SETS, metadata, service_document};
pub use path::{PathError, ResourcePath, Segment};
pub use query::{Allowed, QueryOptions, SystemOption, decode_form};
pub use row::{Row, annotations, object};
pub use value::{Time, Value};
