//! Bodies that are written while they are sent, so that a long list needs no more
//! memory than a short one.

use std::io::{BufWriter, Write};

use axum::body::{Body, Bytes};
use tokio::sync::mpsc;

/// How much is written at once. A chunk takes well below half a millisecond.
const CHUNK: usize = 16 << 10;

/// A body of parts; each part is appended to the buffer it is given. Parts are made
/// when the client takes them.
pub(crate) fn streamed<I>(parts: I) -> Body
where
    I: Iterator<Item: FnOnce(&mut Vec<u8>)> + Send + 'static,
{
    let mut parts = parts.fuse();
    let chunks = std::iter::from_fn(move || {
        let mut chunk = Vec::with_capacity(CHUNK + (CHUNK >> 2));
        while chunk.len() < CHUNK {
            match parts.next() {
                Some(part) => part(&mut chunk),
                None => break,
            }
        }
        (!chunk.is_empty()).then(|| Ok::<_, std::convert::Infallible>(Bytes::from(chunk)))
    });
    Body::from_stream(futures_util::stream::iter(chunks))
}

/// Chunks that wait for a slow client.
const WAITING: usize = 4;

/// A body that is written on a thread of its own, for what takes long to make. The
/// thread waits for the client; it ends when the client goes.
pub(crate) fn piped(
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()> + Send + 'static,
) -> Body {
    let (sender, mut receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let failed = sender.clone();
        let mut out = BufWriter::with_capacity(CHUNK, Pipe(sender));
        if let Err(error) = write(&mut out).and_then(|()| out.flush()) {
            // The client sees that the body is not whole.
            let _ = failed.blocking_send(Err(error));
        }
    });
    Body::from_stream(futures_util::stream::poll_fn(move |context| {
        receiver.poll_recv(context)
    }))
}

struct Pipe(mpsc::Sender<std::io::Result<Bytes>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .blocking_send(Ok(Bytes::copy_from_slice(bytes)))
            .map_err(|_| std::io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
