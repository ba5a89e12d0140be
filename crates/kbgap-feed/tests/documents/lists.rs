//! Lists about CVEs of any vendor.

mod epss;
mod kev;

use std::io::Write as _;

use kbgap_feed::{Content, FeedError, source};

fn read(name: &str, text: &str) -> Result<Content, FeedError> {
    kbgap_feed::read(source::from_bytes(name, text.as_bytes()))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}
