//! A client for load: plain HTTP/1.1 over kept connections, on one thread. It does little
//! more than copy bytes, since it shares the cores with the server that it measures.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is asked: all of a request but its body.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) address: SocketAddr,
    head: String,
}

impl Ask {
    pub(crate) fn get(address: SocketAddr, path: &str, bearer: &str) -> Self {
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {bearer}\r\n\r\n");
        Self { address, head }
    }

    /// A report of machines as NDJSON, in an encoding where one is named.
    pub(crate) fn report(address: SocketAddr, bearer: &str, encoding: Option<&str>) -> Self {
        let encoding =
            encoding.map_or_else(String::new, |name| format!("Content-Encoding: {name}\r\n"));
        let head = format!(
            "POST /ingest/v1/machines HTTP/1.1\r\nHost: {address}\r\nAuthorization: {bearer}\r\n\
             Content-Type: application/x-ndjson\r\n{encoding}"
        );
        Self { address, head }
    }

    fn has_body(&self) -> bool {
        self.head.starts_with("POST")
    }
}

/// A kept connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            request: Vec::new(),
            answer: Vec::with_capacity(64 << 10),
        })
    }

    /// Sends a request, and gives the body of the answer and the seconds until its end.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is not 200 and of a known length.
    pub(crate) async fn call(&mut self, ask: &Ask, body: &[u8]) -> anyhow::Result<(&[u8], f64)> {
        self.request.clear();
        self.request.extend_from_slice(ask.head.as_bytes());
        if ask.has_body() {
            let length = format!("Content-Length: {}\r\n\r\n", body.len());
            self.request.extend_from_slice(length.as_bytes());
        }
        let small = body.len() <= 16 << 10;
        if small {
            self.request.extend_from_slice(body);
        }
        let start = Instant::now();
        self.stream.write_all(&self.request).await?;
        if !small {
            self.stream.write_all(body).await?;
        }
        self.answer.clear();
        let head = self.read_head().await?;
        let (status, length) = understand(&self.answer[..head])?;
        while self.answer.len() < head + length {
            self.read_more().await?;
        }
        let seconds = start.elapsed().as_secs_f64();
        let body = &self.answer[head..head + length];
        ensure!(
            status == 200,
            "answered with {status}: {}",
            String::from_utf8_lossy(&body[..body.len().min(300)])
        );
        Ok((body, seconds))
    }

    async fn read_head(&mut self) -> anyhow::Result<usize> {
        let mut searched = 0;
        loop {
            let end = self.answer[searched..]
                .windows(4)
                .position(|w| w == b"\r\n\r\n");
            if let Some(end) = end {
                return Ok(searched + end + 4);
            }
            searched = self.answer.len().saturating_sub(3);
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> anyhow::Result<()> {
        let read = self.stream.read_buf(&mut self.answer).await?;
        ensure!(read > 0, "the server has closed the connection");
        Ok(())
    }
}

/// The status of an answer, and the length of its body.
fn understand(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.context("no status line")?.parse()?;
    for line in lines {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return Ok((status, value.trim().parse()?));
        }
    }
    bail!("the answer has no Content-Length: {head}")
}

#[cfg(test)]
mod tests {
    use super::understand;

    #[test]
    fn heads_of_answers() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n";
        assert_eq!(understand(head).unwrap(), (200, 17));
        assert!(understand(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
