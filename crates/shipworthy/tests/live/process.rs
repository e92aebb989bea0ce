//! Child processes: where programs are, which ports are free, and servers that end with the test that started them.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

/// Where a program is. A test that cannot have it has nothing to do, and says so past the runner, which keeps what tests that
/// pass have printed. Where `SHIPWORTHY_LIVE` is set, only the programs that `SHIPWORTHY_WITHOUT` names may be missing.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var("SHIPWORTHY_SERVERS").unwrap_or_default();
    let path = std::env::var("PATH").unwrap_or_default();
    let known = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(str::to_owned);
    let folders = std::iter::once(folders).chain(path.split(':').map(str::to_owned)).chain(known);
    let found = folders.map(|folder| Path::new(&folder).join(name)).find(|path| path.is_file());
    if found.is_none() {
        missing(name);
    }
    found
}

/// A program of the Python environment that `SHIPWORTHY_SERVERS` names the `bin` folder of.
pub(crate) fn python() -> Option<PathBuf> {
    let found = std::env::var("SHIPWORTHY_SERVERS").ok().map(|folder| Path::new(&folder).join("python"));
    let found = found.filter(|path| path.is_file());
    if found.is_none() {
        missing("SHIPWORTHY_SERVERS");
    }
    found
}

/// Says aloud that something is not to be had, or fails where it must be.
pub(crate) fn missing(name: &str) {
    let excused = std::env::var("SHIPWORTHY_WITHOUT").unwrap_or_default();
    let excused = std::env::var_os("SHIPWORTHY_LIVE").is_none() || excused.split([',', ' ']).any(|it| it == name);
    assert!(excused, "{name} is not to be had: install it, or name it in SHIPWORTHY_WITHOUT");
    let _ = writeln!(std::io::stderr(), "live: SKIPPED what needs {name}, which is not to be had");
}

/// A port of loopback that nobody has, below those that the system gives to clients.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + (std::process::id() % 40) as u16 * 300;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::SeqCst);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A server and all its workers: they stop when it is dropped.
pub(crate) struct Server {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a program, whose output goes to a file in `folder`.
    pub(crate) fn start(mut command: Command, name: &str, folder: &Path) -> Self {
        let log = folder.join(format!("{name}.log"));
        let file = std::fs::File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).process_group(0);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        Self { name: name.to_owned(), child, log }
    }

    /// Waits until something listens on a port of loopback.
    pub(crate) fn listens(self, port: u16) -> Self {
        self.until(|| TcpStream::connect(("127.0.0.1", port)).is_ok())
    }

    /// Waits until it is ready.
    pub(crate) fn until(mut self, ready: impl Fn() -> bool) -> Self {
        for _ in 0..600 {
            if ready() {
                return self;
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("{} ended with {status}: {}", self.name, self.told());
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("{} does not listen: {}", self.name, self.told());
    }

    /// What it has written.
    pub(crate) fn told(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        // Workers end with their master when it is asked, and with their group when it does not listen.
        let _ = kill_process_group(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        for _ in 0..150 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
