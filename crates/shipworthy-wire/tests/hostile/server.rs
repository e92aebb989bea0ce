//! A server on loopback that does with each connection what the test says.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// It stops when it is dropped.
pub(crate) struct Server {
    /// Its address.
    pub(crate) url: String,
    port: u16,
    served: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Calls `serve` with each connection and the head of its request.
    pub(crate) fn start(serve: impl Fn(TcpStream, String) + Send + Sync + 'static) -> Self {
        Self::listen(move |stream| {
            let request = head(&stream);
            serve(stream, request);
        })
    }

    fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (served, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let serve = Arc::new(serve);
        let (count, end) = (served.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                count.fetch_add(1, Ordering::SeqCst);
                let serve = serve.clone();
                std::thread::spawn(move || serve(stream));
            }
        });
        Self { url: format!("http://127.0.0.1:{port}/"), port, served, stop, thread: Some(thread) }
    }

    /// Closes each connection with the request unread, which resets it.
    pub(crate) fn deaf() -> Self {
        Self::listen(|stream| {
            let _ = stream.peek(&mut [0; 1]);
        })
    }

    /// A port on which nobody listens.
    pub(crate) fn closed() -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        Self { url: format!("http://127.0.0.1:{port}/"), port, served: Arc::default(), stop: Arc::default(), thread: None }
    }

    /// How many connections there were.
    pub(crate) fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The head of the request.
fn head(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 0) {}
    head
}

/// A whole response.
pub(crate) fn respond(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let headers = if headers.is_empty() { String::new() } else { format!("{headers}\r\n") };
    let length = if status.starts_with("204") { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let text = format!("HTTP/1.1 {status}\r\n{headers}{length}Connection: close\r\n\r\n{body}");
    let _ = stream.write_all(text.as_bytes());
}

/// Ends the connection at once.
pub(crate) fn reset(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
