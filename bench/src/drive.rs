//! Sending requests over several connections at once.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::task::LocalSet;

use crate::figure::{median, percentile};
use crate::http::{Ask, Connection};

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Driven {
    /// Seconds of each request.
    pub(crate) latencies: Vec<f64>,
    /// Bytes of the bodies that were sent.
    pub(crate) sent: u64,
    /// Answers that were not as expected.
    pub(crate) unexpected: usize,
    /// From the first request to the last answer.
    pub(crate) seconds: f64,
}

impl Driven {
    #[expect(clippy::cast_precision_loss, reason = "a number of requests fits")]
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    /// The median in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        median(self.latencies.clone()) * 1e3
    }

    /// What 99 of 100 requests took at most, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        percentile(self.latencies.clone(), 99) * 1e3
    }

    /// Takes another round in.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.latencies.extend(other.latencies);
        self.sent += other.sent;
        self.unexpected += other.unexpected;
        self.seconds += other.seconds;
        self
    }
}

/// Runs something asynchronous on this thread alone.
///
/// # Errors
/// When there is no runtime, or what the work fails with.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, work)
}

/// Sends what `source` gives, over so many connections, until it gives no more. It puts
/// the body of a request where it is told to; `expected` looks at the body of the answer.
///
/// # Errors
/// When a connection breaks or an answer is not 200.
pub(crate) fn drive(
    ask: &Ask,
    connections: usize,
    source: impl FnMut(&mut Vec<u8>) -> bool + 'static,
    expected: fn(&[u8]) -> bool,
) -> anyhow::Result<Driven> {
    block_on(async {
        let mut open = Vec::with_capacity(connections);
        for _ in 0..connections {
            open.push(Connection::open(ask.address).await?);
        }
        let source = Rc::new(RefCell::new(source));
        let start = Instant::now();
        let workers: Vec<_> = open
            .into_iter()
            .map(|connection| {
                let source = Rc::clone(&source);
                tokio::task::spawn_local(work(connection, ask.clone(), source, expected))
            })
            .collect();
        let mut all = Driven::default();
        for worker in workers {
            all = all.and(worker.await.context("a connection has panicked")??);
        }
        all.seconds = start.elapsed().as_secs_f64();
        Ok(all)
    })
}

async fn work(
    mut connection: Connection,
    ask: Ask,
    source: Rc<RefCell<impl FnMut(&mut Vec<u8>) -> bool>>,
    expected: fn(&[u8]) -> bool,
) -> anyhow::Result<Driven> {
    let mut own = Driven::default();
    let mut body = Vec::new();
    loop {
        body.clear();
        if !(source.borrow_mut())(&mut body) {
            return Ok(own);
        }
        let (answer, seconds) = connection.call(&ask, &body).await?;
        own.unexpected += usize::from(!expected(answer));
        own.latencies.push(seconds);
        own.sent += body.len() as u64;
    }
}

/// Asks the same over and over for a time.
///
/// # Errors
/// As [`drive`].
pub(crate) fn ask_for(ask: &Ask, connections: usize, time: Duration) -> anyhow::Result<Driven> {
    let end = Instant::now() + time;
    drive(ask, connections, move |_| Instant::now() < end, |_| true)
}

/// Asks each of several questions once, one after the other.
///
/// # Errors
/// As [`drive`].
pub(crate) fn ask_each(asks: &[Ask]) -> anyhow::Result<Driven> {
    block_on(async {
        let mut all = Driven::default();
        let Some(first) = asks.first() else {
            return Ok(all);
        };
        let mut connection = Connection::open(first.address).await?;
        for ask in asks {
            let (_, seconds) = connection.call(ask, &[]).await?;
            all.latencies.push(seconds);
            all.seconds += seconds;
        }
        Ok(all)
    })
}

/// The answer to one question.
///
/// # Errors
/// As [`drive`].
pub(crate) fn answer(ask: &Ask) -> anyhow::Result<Vec<u8>> {
    block_on(async {
        let mut connection = Connection::open(ask.address).await?;
        let (body, _) = connection.call(ask, &[]).await?;
        Ok(body.to_vec())
    })
}
