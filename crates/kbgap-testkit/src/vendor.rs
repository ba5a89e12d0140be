//! A server on loopback that speaks the vendor's API over plain HTTP/1.1, and fails as
//! servers do. Written on sockets, since a server that drops connections or sends half a
//! body is what libraries prevent one from writing.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

/// How a request fails.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection is closed without an answer.
    Drop,
    /// An answer with this status and, where it is not empty, this `Retry-After`.
    Status(u16, &'static str),
    /// Half the body, less than was announced.
    Half,
    /// Half the body, and nothing that would tell.
    HalfUnannounced,
    /// This body instead.
    Instead(Vec<u8>),
    /// A body that does not end.
    Endless,
    /// Half the body, and then nothing for a long time.
    Stall,
}

/// The server; it ends with the process.
pub struct Vendor {
    /// What `--url` is to be.
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    documents: BTreeMap<String, Document>,
    lists: HashMap<String, Vec<u8>>,
    faults: HashMap<String, VecDeque<Fault>>,
    requests: Vec<(String, u16)>,
    delay: Duration,
}

struct Document {
    release: String,
    xml: Vec<u8>,
}

impl Vendor {
    /// A server without documents.
    ///
    /// # Panics
    /// Where there is no loopback.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { url, state }
    }

    /// Has the documents of the real feed whose ids are named, with the dates that the
    /// vendor's own list gives.
    ///
    /// # Panics
    /// Where one of them is not there.
    pub fn publish_real(&self, shared: &Path, ids: &[&str]) {
        let folder = shared.join("data/msrc-cvrf-xml");
        let list = std::fs::read(folder.join("index.json")).unwrap();
        let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
        for id in ids {
            let entries = list["value"].as_array().unwrap();
            let entry = entries.iter().find(|e| e["ID"] == *id).unwrap();
            let packed = std::fs::read(folder.join(format!("{id}.xml.zst"))).unwrap();
            let xml = zstd::decode_all(&packed[..]).unwrap();
            self.publish(id, entry["CurrentReleaseDate"].as_str().unwrap(), xml);
        }
    }

    /// Has this document from now on.
    pub fn publish(&self, id: &str, release: &str, xml: Vec<u8>) {
        let release = release.to_owned();
        let document = Document { release, xml };
        self.state().documents.insert(id.to_owned(), document);
    }

    /// Lists this document no more, and has it no more.
    pub fn withdraw(&self, id: &str) {
        self.state().documents.remove(id);
    }

    /// Has this file at `/lists/NAME` from now on; its URL.
    pub fn publish_list(&self, name: &str, bytes: &[u8]) -> String {
        let list = bytes.to_owned();
        self.state().lists.insert(name.to_owned(), list);
        format!("{}/lists/{name}", self.url)
    }

    /// The text of a document.
    ///
    /// # Panics
    /// Where it is not there or no text.
    #[must_use]
    pub fn xml(&self, id: &str) -> String {
        String::from_utf8(self.state().documents[id].xml.clone()).unwrap()
    }

    /// Fails so, one request after the other; `what` is a document's id, a list's
    /// name, or `updates`.
    pub fn fail(&self, what: &str, faults: impl IntoIterator<Item = Fault>) {
        let faults = faults.into_iter().collect();
        self.state().faults.insert(what.to_owned(), faults);
    }

    /// Answers no sooner than this from now on.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// What was asked since the last time this was called, with the status of the answer; 0
    /// where there was none.
    #[must_use]
    pub fn requests(&self) -> Vec<(String, u16)> {
        let mut requests = std::mem::take(&mut self.state().requests);
        requests.sort();
        requests
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request a connection, which may come as to a proxy: for whatever host, directly or through
/// a tunnel.
fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let Some((mut first, mut headers)) = head(&mut reader) else {
        return;
    };
    if first.starts_with("CONNECT ") {
        let mut tunnel = stream;
        drop(tunnel.write_all(b"HTTP/1.1 200 Connected\r\n\r\n"));
        match head(&mut reader) {
            Some(inner) => (first, headers) = inner,
            None => return,
        }
    }
    let target = first.split(' ').nth(1).unwrap_or_default();
    let what = match target.split_once("/cvrf/v3.0/") {
        Some((_, "updates")) => "updates",
        Some((_, path)) => path.strip_prefix("cvrf/").unwrap_or_default(),
        None => target.split_once("/lists/").unwrap_or_default().1,
    };
    let delay = lock(state).delay;
    std::thread::sleep(delay);
    let mut state = lock(state);
    let fault = state.faults.get_mut(what).and_then(VecDeque::pop_front);
    let found = match what {
        "updates" => Some(list(&state.documents)),
        id => {
            let document = state.documents.get(id).map(|d| &d.xml);
            document.or_else(|| state.lists.get(id)).cloned()
        }
    };
    let answer = answer(found, &headers, fault);
    state.requests.push((what.to_owned(), answer.status));
    drop(state);
    // A client that was killed is no fault of the test.
    drop(answer.send(stream));
}

/// The first line of a request, and its headers by name in small letters.
fn head(reader: &mut impl BufRead) -> Option<(String, HashMap<String, String>)> {
    let mut lines = reader.lines().map_while(Result::ok);
    let first = lines.next()?;
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    Some((first, headers))
}

fn list(documents: &BTreeMap<String, Document>) -> Vec<u8> {
    let entries: Vec<_> = documents
        .iter()
        .map(|(id, document)| json!({"ID": id, "CurrentReleaseDate": document.release}))
        .collect();
    json!({"@odata.context": "http://vendor/$metadata#Updates", "value": entries})
        .to_string()
        .into_bytes()
}

struct Sent {
    status: u16,
    headers: String,
    body: Vec<u8>,
    announced: Option<usize>,
    endless: bool,
    stalls: bool,
}

fn answer(found: Option<Vec<u8>>, headers: &HashMap<String, String>, fault: Option<Fault>) -> Sent {
    let empty = |status| Sent {
        status,
        headers: String::new(),
        body: Vec::new(),
        announced: Some(0),
        endless: false,
        stalls: false,
    };
    let Some(plain) = found else {
        return empty(404);
    };
    let etag = format!("\"{:x}\"", hash(&plain));
    let header = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
    if fault.is_none() && header("if-none-match") == etag {
        return empty(304);
    }
    let (body, encoding) = if header("accept-encoding").contains("gzip") {
        (gzip(&plain), "Content-Encoding: gzip\r\n")
    } else {
        (plain, "")
    };
    let length = body.len();
    let whole = Sent {
        status: 200,
        headers: format!("ETag: {etag}\r\n{encoding}"),
        body,
        announced: Some(length),
        endless: false,
        stalls: false,
    };
    match fault {
        None => whole,
        Some(Fault::Drop) => empty(0),
        Some(Fault::Status(status, wait)) => Sent {
            headers: match wait {
                "" => String::new(),
                wait => format!("Retry-After: {wait}\r\n"),
            },
            ..empty(status)
        },
        Some(Fault::Half) => Sent {
            body: whole.body[..length / 2].to_vec(),
            ..whole
        },
        Some(Fault::Stall) => Sent {
            body: whole.body[..length / 2].to_vec(),
            stalls: true,
            ..whole
        },
        Some(Fault::HalfUnannounced) => Sent {
            body: whole.body[..length / 2].to_vec(),
            announced: None,
            ..whole
        },
        Some(Fault::Instead(body)) => Sent {
            announced: Some(body.len()),
            headers: String::new(),
            body,
            ..whole
        },
        Some(Fault::Endless) => Sent {
            announced: None,
            endless: true,
            headers: String::new(),
            ..whole
        },
    }
}

impl Sent {
    fn send(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        if self.status == 0 {
            return Ok(());
        }
        let length = self
            .announced
            .map(|length| format!("Content-Length: {length}\r\n"))
            .unwrap_or_default();
        write!(
            stream,
            "HTTP/1.1 {} Status\r\n{}{length}Connection: close\r\n\r\n",
            self.status, self.headers
        )?;
        stream.write_all(&self.body)?;
        if self.stalls {
            std::thread::sleep(Duration::from_secs(60));
        }
        if self.endless {
            loop {
                stream.write_all(&[b' '; 1 << 16])?;
            }
        }
        Ok(())
    }
}

/// The bytes as gzip packs them.
///
/// # Panics
/// Never: memory can always be written to.
#[must_use]
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

fn hash(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
