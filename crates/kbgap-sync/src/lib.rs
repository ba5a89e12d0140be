//! Fetches the vendor's documents over HTTP. It knows no store: whoever calls says what is
//! there already and takes what comes.
//!
//! - [`Client`]: one request at a time, with limits of time and size.
//! - [`Index`]: the vendor's list of documents.
//! - [`Retries`]: how often something is tried again, and how long is waited before.
//! - [`fetch_list`]: a list that others publish about CVEs of any vendor.
//! - [`fetch_all`]: some documents at a time, each checked to be whole and readable.
//!
//! ```
//! let base = kbgap_sync::base_url("https://mirror.example.com/msrc")?;
//! assert_eq!(base, "https://mirror.example.com/msrc/cvrf/v3.0");
//! # Ok::<(), &'static str>(())
//! ```

mod client;
mod error;
mod fetch;
mod index;
mod lists;
mod retry;

pub use client::{Answer, Body, Client, ClientOptions, VENDOR, base_url};
pub use error::{ClientError, Failure, ListUrlError};
pub use fetch::{Fetched, Wanted, fetch_all, fetch_index};
pub use index::{Entry, Index, IndexError};
pub use lists::{FetchedList, List, Lists, fetch_list, list_client, list_url};
pub use retry::{Retries, Stop};
