//! The pieces of a body, as something to read.

use std::io::{Error, ErrorKind, Read};
use std::rc::Rc;

use axum::body::Bytes;
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::error::TryRecvError;

use crate::ingest::turns::Turn;

/// What comes of a body.
pub(super) enum Piece {
    /// Some bytes.
    Of(Bytes),
    /// There is no more. Without it the body was cut off.
    End,
}

/// Reads pieces as they come. Not on the runtime's threads.
pub(super) struct Pieces<'t> {
    received: Receiver<Piece>,
    piece: Bytes,
    has_ended: bool,
    /// Not had while nothing comes.
    turn: Rc<Turn<'t>>,
}

impl<'t> Pieces<'t> {
    pub(super) fn new(received: Receiver<Piece>, turn: Rc<Turn<'t>>) -> Self {
        Self {
            received,
            piece: Bytes::new(),
            has_ended: false,
            turn,
        }
    }

    fn next(&mut self) -> Option<Piece> {
        match self.received.try_recv() {
            Ok(piece) => Some(piece),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                self.turn.end();
                let piece = self.received.blocking_recv();
                self.turn.take();
                piece
            }
        }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        while self.piece.is_empty() && !self.has_ended {
            match self.next() {
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
