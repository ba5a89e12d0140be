//! NDJSON, read while it comes.
//!
//! Lines are stored in portions, each at once and in order, so a body that ends badly (cut
//! off, packed wrongly, too large) has been stored up to there. The answer is an error then
//! and yet has `records`: what was stored is told, and to send all of it again does no harm.
//! A body that is small as it comes is one portion, stored as a whole or not at all.

mod pieces;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::rc::Rc;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, Response};
use kbgap_inventory::native;
use kbgap_odata::ErrorCode;
use tokio::sync::mpsc;

use self::pieces::{Piece, Pieces};
use super::turns::Turn;
use super::{
    Outcomes, RecordAnswer, RecordErrorAnswer, SMALL, Taken, respond, respond_failed, tell,
};
use crate::http::{Encoding, Failure, Packed, discard, next_piece, too_large};
use crate::state::{AppState, Shared};

/// Bodies that are read while they come: who sends slowly holds a place, so there are more
/// than cores.
pub(crate) const STREAMS: usize = 8;
/// Records that are stored at once.
const PORTION: usize = 200;
/// Portions that are on their way into the store at a time, of all requests together: what
/// was read of them takes some memory.
const UNDER_WAY: usize = 24;
/// Of one request at least, so that it need not wait for each.
const FEWEST: usize = 3;
/// Pieces of a body that wait to be read.
const WAITING: usize = 4;

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
    // What is small holds no place, neither while it comes nor while it is stored.
    let (begun, ended) = begin(&mut body).await?;
    if ended {
        let body = Packed::new(headers, begun.concat(), limit);
        let read = |bytes: &[u8]| Ok(native::read_lines(bytes));
        return super::whole(state, &tenant, body, read).await;
    }
    let _permit = state.streams.acquire().await.map_err(Failure::internal)?;
    let (pieces, received) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking({
        let state = Shared::clone(state);
        move || Lines::new(&state, &tenant).read(received, encoding, limit)
    });
    let cut = pass_on(begun, &mut body, &pieces, limit).await;
    if !matches!(cut, Cut::Ended) {
        // Whoever is refused hears it only when all is sent.
        discard(headers, body).await;
    }
    drop(pieces);
    let (answers, failure) = reading.await.map_err(Failure::internal)?;
    let failure = match cut {
        Cut::Broken(cause) => Some(cause),
        Cut::Ended | Cut::Unread => failure,
    };
    match failure {
        Some(failure) => respond_failed(state, answers, failure),
        None => respond(state, answers),
    }
}

/// How the passing on of a body has ended.
enum Cut {
    /// With its end.
    Ended,
    /// It is read no further: what is wrong is known there.
    Unread,
    /// It did not come to its end, or is too large.
    Broken(Failure),
}

/// The first pieces, and whether that is all: no more is taken than is small.
async fn begin(body: &mut Body) -> Result<(Vec<Bytes>, bool), Failure> {
    let (mut begun, mut size) = (Vec::new(), 0);
    while size <= SMALL {
        let Some(piece) = next_piece(body).await.map_err(|_| broken())? else {
            return Ok((begun, true));
        };
        size += piece.len();
        begun.push(piece);
    }
    Ok((begun, false))
}

/// Passes pieces on to where they are read.
async fn pass_on(
    begun: Vec<Bytes>,
    body: &mut Body,
    pieces: &mpsc::Sender<Piece>,
    limit: usize,
) -> Cut {
    let (mut begun, mut sent) = (begun.into_iter(), 0);
    loop {
        let next = match begun.next() {
            Some(piece) => Ok(Some(piece)),
            None => next_piece(body).await.map_err(|_| broken()),
        };
        let piece = match next {
            Ok(Some(piece)) => piece,
            Ok(None) => {
                // Whoever reads may have found something wrong.
                let _ = pieces.send(Piece::End).await;
                return Cut::Ended;
            }
            Err(failure) => return Cut::Broken(failure),
        };
        sent += piece.len();
        // What is packed may come to nothing when it is unpacked, for ever.
        if sent > limit {
            return Cut::Broken(too_large(limit));
        }
        if pieces.send(Piece::Of(piece)).await.is_err() {
            return Cut::Unread;
        }
    }
}

fn broken() -> Failure {
    let message = "The body could not be read to its end.";
    Failure::new(ErrorCode::InvalidRequestBody, message)
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
    /// Had while lines are read.
    turn: Rc<Turn<'s>>,
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
            turn: Rc::new(state.turns.turn()),
        }
    }

    /// Reads to the end or as far as it goes. All that was read is stored, and told.
    fn read(
        mut self,
        received: mpsc::Receiver<Piece>,
        encoding: Encoding,
        limit: usize,
    ) -> (Vec<RecordAnswer>, Option<Failure>) {
        let pieces = Pieces::new(received, Rc::clone(&self.turn));
        let ended = self.read_lines(pieces, encoding, limit);
        let ended = ended.and(self.hand_in());
        let ended = ended.and(self.settle(0));
        (self.answers, ended.err())
    }

    fn read_lines(
        &mut self,
        pieces: Pieces<'s>,
        encoding: Encoding,
        limit: usize,
    ) -> Result<(), Failure> {
        // One byte more than may come tells that more has come.
        let body = encoding.reader(Box::new(pieces))?.take(limit as u64 + 1);
        let mut body = BufReader::with_capacity(SMALL, body);
        let (mut line, mut number, mut total) = (Vec::new(), 0, 0);
        loop {
            self.turn.take();
            line.clear();
            let read = body.read_until(b'\n', &mut line);
            let read = read.map_err(|_| encoding.violated())?;
            total += read;
            if total > limit {
                return Err(too_large(limit));
            }
            if read == 0 {
                return Ok(());
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
    }

    fn hand_in(&mut self) -> Result<(), Failure> {
        self.turn.end();
        let Taken { positions, reports } = std::mem::take(&mut self.taken);
        if reports.is_empty() {
            return Ok(());
        }
        match self.state.intake.hand_in_waiting(self.tenant, reports) {
            Ok(outcomes) => self.under_way.push_back((positions, outcomes)),
            Err(error) => {
                self.not_stored(&positions);
                return Err(error.into());
            }
        }
        self.settle(self.share())
    }

    /// How many portions of this request may be on their way, while so many others are read.
    fn share(&self) -> usize {
        let streams = STREAMS.saturating_sub(self.state.streams.available_permits());
        FEWEST.max(UNDER_WAY / streams.max(1))
    }

    /// Waits until no more than so many portions are on their way.
    fn settle(&mut self, under_way: usize) -> Result<(), Failure> {
        let mut settled = Ok(());
        while self.under_way.len() > under_way
            && let Some((positions, outcomes)) = self.under_way.pop_front()
        {
            let told = tell(&mut self.answers, &positions, outcomes.blocking_recv());
            if told.is_err() {
                self.not_stored(&positions);
            }
            settled = settled.and(told);
        }
        settled
    }

    fn not_stored(&mut self, positions: &[usize]) {
        for &position in positions {
            if let Some(answer) = self.answers.get_mut(position) {
                answer.outcome = "failed";
                answer.error = Some(RecordErrorAnswer {
                    path: None,
                    message: "It could not be stored; send it again.".to_owned(),
                });
            }
        }
    }
}
