//! The pieces of a body, as something to read.

use std::io::{Error, ErrorKind, Read};

use axum::body::Bytes;
use tokio::sync::mpsc;

/// What comes of a body.
pub(super) enum Piece {
    /// Some bytes.
    Of(Bytes),
    /// There is no more. Without it the body was cut off.
    End,
}

/// Reads pieces as they come. Not on the runtime's threads.
pub(super) struct Pieces {
    received: mpsc::Receiver<Piece>,
    piece: Bytes,
    has_ended: bool,
}

impl Pieces {
    pub(super) fn new(received: mpsc::Receiver<Piece>) -> Self {
        Self {
            received,
            piece: Bytes::new(),
            has_ended: false,
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        while self.piece.is_empty() && !self.has_ended {
            match self.received.blocking_recv() {
                Some(Piece::Of(piece)) => self.piece = piece,
                Some(Piece::End) => self.has_ended = true,
                None => return Err(Error::from(ErrorKind::UnexpectedEof)),
            }
        }
        let count = to.len().min(self.piece.len());
        to[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
