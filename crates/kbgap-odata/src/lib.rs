//! OData v4 as the API uses it: paths, query options, envelopes and errors. No
//! HTTP here, and no data.

mod dto;
mod envelope;
mod error;
mod path;
mod query;

pub use dto::PublicProductFixDto;
pub use envelope::{Collection, Context};
pub use error::{ApiError, ErrorCode};
pub use path::{PathError, ResourcePath, Segment};
pub use query::{Allowed, QueryOptions, SystemOption, decode_form};
