//! NDJSON, read while it comes.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, Response};
use kbgap_inventory::native;
use kbgap_odata::ErrorCode;
use tokio::sync::mpsc;

use super::{Outcomes, RecordAnswer, SMALL, Taken, respond, tell};
use crate::http::{Encoding, Failure, discard, next_piece, too_large};
use crate::state::{AppState, Shared};

/// Records that are stored at once.
const PORTION: usize = 500;
/// Portions of one request that are on their way into the store at a time.
const UNDER_WAY: usize = 3;
/// Pieces of a body that wait to be read.
const WAITING: usize = 16;

/// Reads, stores and answers.
pub(super) async fn answer(
    state: &Shared,
    tenant: String,
    headers: &HeaderMap,
    mut body: Body,
) -> Result<Response<Body>, Failure> {
    let limit = state.config.max_body_mb << 20;
    let is_too_large = body.size_hint().lower() > limit as u64;
    let encoding = match Encoding::of(headers) {
        Ok(encoding) if !is_too_large => encoding,
        refused => {
            discard(headers, body).await;
            return Err(refused.err().unwrap_or_else(|| too_large(limit)));
        }
    };
    // Who sends slowly holds a place, so there are more of these than of cores.
    let _permit = state.streams.acquire().await.map_err(Failure::internal)?;
    let (pieces, received) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking({
        let state = Shared::clone(state);
        move || Lines::new(&state, &tenant).read(Pieces::new(received), encoding, limit)
    });
    let mut broken = false;
    loop {
        let next = next_piece(&mut body).await.map_err(drop);
        match next {
            Ok(Some(piece)) => {
                if pieces.send(piece).await.is_err() {
                    // It reads no further: what is wrong is in its answer.
                    discard(headers, body).await;
                    break;
                }
            }
            Ok(None) => break,
            Err(_) => {
                broken = true;
                break;
            }
        }
    }
    drop(pieces);
    let answers = reading.await.map_err(Failure::internal)??;
    if broken {
        let message = "The body could not be read.";
        return Err(Failure::new(ErrorCode::InvalidRequestBody, message));
    }
    respond(answers)
}

/// A request whose lines are read. Not on the runtime's threads.
struct Lines<'s> {
    state: &'s AppState,
    tenant: &'s str,
    now: i64,
    answers: Vec<RecordAnswer>,
    /// The portion that is being filled.
    taken: Taken,
    /// Portions that are on their way.
    under_way: VecDeque<(Vec<usize>, Outcomes)>,
}

impl<'s> Lines<'s> {
    fn new(state: &'s AppState, tenant: &'s str) -> Self {
        Self {
            state,
            tenant,
            now: state.clock.now_ms(),
            answers: Vec::new(),
            taken: Taken::default(),
            under_way: VecDeque::new(),
        }
    }

    fn read(
        mut self,
        packed: Pieces,
        encoding: Encoding,
        limit: usize,
    ) -> Result<Vec<RecordAnswer>, Failure> {
        // One byte more than may come tells that more has come.
        let body = encoding.reader(Box::new(packed))?.take(limit as u64 + 1);
        let mut body = BufReader::with_capacity(SMALL, body);
        let (mut line, mut number, mut total) = (Vec::new(), 0, 0);
        loop {
            line.clear();
            let read = body.read_until(b'\n', &mut line);
            let read = read.map_err(|_| encoding.violated())?;
            total += read;
            if total > limit {
                return Err(too_large(limit));
            }
            if read == 0 {
                break;
            }
            number += 1;
            let position = self.answers.len();
            if let Some(record) = native::read_line(&line, position, number) {
                let answer = self.taken.take(record, self.now, position)?;
                self.answers.push(answer);
            }
            if self.taken.reports.len() >= PORTION {
                self.hand_in()?;
            }
        }
        self.hand_in()?;
        self.settle(0)?;
        Ok(self.answers)
    }

    fn hand_in(&mut self) -> Result<(), Failure> {
        let Taken { positions, reports } = std::mem::take(&mut self.taken);
        if !reports.is_empty() {
            let outcomes = self.state.intake.hand_in_waiting(self.tenant, reports)?;
            self.under_way.push_back((positions, outcomes));
        }
        self.settle(UNDER_WAY)
    }

    /// Waits until no more than so many portions are on their way.
    fn settle(&mut self, under_way: usize) -> Result<(), Failure> {
        while self.under_way.len() > under_way
            && let Some((positions, outcomes)) = self.under_way.pop_front()
        {
            tell(&mut self.answers, &positions, outcomes.blocking_recv())?;
        }
        Ok(())
    }
}

/// The pieces of a body, as something to read.
struct Pieces {
    received: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Pieces {
    fn new(received: mpsc::Receiver<Bytes>) -> Self {
        Self {
            received,
            piece: Bytes::new(),
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        while self.piece.is_empty() {
            match self.received.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let count = to.len().min(self.piece.len());
        to[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
