//! Runs somebody else's program: bounded in time and output, and with nothing left of it afterwards.

use std::io::Read;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// On its own, with this code; `None` where a signal ended it.
    Exit(Option<i32>),
    /// It took too long.
    Timeout,
    /// It told more than is read.
    TooMuch,
}

/// What a run told, and how it ended.
#[derive(Debug)]
pub(crate) struct Told {
    /// Its standard output.
    pub(crate) output: Vec<u8>,
    /// How it ended.
    pub(crate) ending: Ending,
}

/// How often the end of the process is looked for.
const TICK: Duration = Duration::from_millis(20);

/// Runs a command to its end, or to the end of its time. Its input is empty, and what it says on standard error is not kept.
/// Whatever it started is ended with it.
pub(crate) fn run(command: &mut Command, limit: Duration, most: usize) -> std::io::Result<Told> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let guard = system::Guard::new(command)?;
    let mut child = command.spawn()?;
    let output = child.stdout.take();
    let told = listen(&mut child, output, limit, most, &guard);
    guard.end(&mut child);
    guard.pass_on();
    told
}

fn listen(
    child: &mut Child,
    output: Option<ChildStdout>,
    limit: Duration,
    most: usize,
    guard: &system::Guard,
) -> std::io::Result<Told> {
    let deadline = Instant::now() + limit;
    let parts = reader(output);
    let mut told = Vec::new();
    loop {
        match parts.recv_timeout(TICK) {
            Ok(part) if told.len() + part.len() > most => return Ok(Told { output: told, ending: Ending::TooMuch }),
            Ok(part) => told.extend(part),
            Err(RecvTimeoutError::Timeout) => {}
            // Nobody can write any more; the process itself may live on.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(TICK),
        }
        if let Some(status) = child.try_wait()? {
            // What it wrote last is still in the pipe. A copy of it may hold the pipe open for ever: what is there comes at once.
            while let Ok(part) = parts.recv_timeout(TICK) {
                if told.len() + part.len() > most {
                    return Ok(Told { output: told, ending: Ending::TooMuch });
                }
                told.extend(part);
            }
            return Ok(Told { output: told, ending: Ending::Exit(status.code()) });
        }
        if Instant::now() >= deadline || guard.interrupted() {
            return Ok(Told { output: told, ending: Ending::Timeout });
        }
    }
}

/// Reads on a thread of its own: a read has no time limit.
fn reader(output: Option<ChildStdout>) -> Receiver<Vec<u8>> {
    // A few parts at most wait to be taken, so that a flood fills no memory.
    let (sender, receiver) = sync_channel(8);
    std::thread::spawn(move || {
        let Some(mut output) = output else { return };
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = output.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

#[cfg(unix)]
mod system {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    /// Sees to it that the process and all it started end, also when we are told to end.
    pub(super) struct Guard {
        signal: Arc<AtomicUsize>,
        others: Vec<Pid>,
        handlers: Vec<signal_hook::SigId>,
    }

    impl Guard {
        /// Before the process starts: it gets a group of its own, and its orphans become our children.
        pub(super) fn new(command: &mut Command) -> std::io::Result<Self> {
            command.process_group(0);
            let others = children();
            adopt(true);
            let signal = Arc::new(AtomicUsize::new(0));
            let mut handlers = Vec::new();
            for number in [SIGINT, SIGTERM, SIGHUP] {
                handlers.push(signal_hook::flag::register_usize(number, Arc::clone(&signal), number.unsigned_abs() as usize)?);
            }
            Ok(Self { signal, others, handlers })
        }

        /// Whether we were told to end.
        pub(super) fn interrupted(&self) -> bool {
            self.signal.load(Ordering::Relaxed) != 0
        }

        /// Ends the process, its group, and what has left the group.
        pub(super) fn end(&self, child: &mut Child) {
            // Until it is waited for, its number belongs to nobody else.
            let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
            let _ = child.kill();
            let _ = child.wait();
            self.end_orphans();
            adopt(false);
        }

        /// Now that nothing is left of it, obeys the signal that came meanwhile.
        pub(super) fn pass_on(self) {
            for handler in self.handlers {
                signal_hook::low_level::unregister(handler);
            }
            let signal = self.signal.load(Ordering::Relaxed);
            if let Some(signal) = i32::try_from(signal).ok().filter(|signal| *signal != 0) {
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        }
    }

    /// Whether orphans of our descendants become our children (only Linux knows this).
    #[cfg(target_os = "linux")]
    fn adopt(on: bool) {
        let _ = rustix::process::set_child_subreaper(on.then(rustix::process::getpid));
    }

    #[cfg(not(target_os = "linux"))]
    fn adopt(_: bool) {}

    impl Guard {
        /// Processes that left the group became our children when their parents ended. Each one that was not there before is
        /// ended, and its own orphans come next.
        fn end_orphans(&self) {
            // Each round ends all that are there; a bound only for what starts anew faster than it can be ended.
            for _ in 0..1000 {
                let orphans: Vec<Pid> = children().into_iter().filter(|child| !self.others.contains(child)).collect();
                if orphans.is_empty() {
                    return;
                }
                for orphan in orphans {
                    let _ = kill_process(orphan, Signal::KILL);
                    let _ = waitpid(Some(orphan), WaitOptions::empty());
                }
            }
        }
    }

    /// Our children, from the table of all processes; none where there is no such table.
    fn children() -> Vec<Pid> {
        let own = rustix::process::getpid().as_raw_nonzero().get();
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let is_ours = |id: i32| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // The name in parentheses may hold anything: state and parent stand behind the last one.
            let behind = stat.rsplit_once(')').map(|(_, behind)| behind);
            behind.and_then(|text| text.split_whitespace().nth(1)).is_some_and(|text| text.parse() == Ok(own))
        };
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter(|id| is_ours(*id)).filter_map(Pid::from_raw).collect()
    }
}

#[cfg(not(unix))]
mod system {
    use std::process::{Child, Command};

    /// Ends the process; what it started on its own is not known here.
    pub(super) struct Guard;

    impl Guard {
        pub(super) fn new(_: &mut Command) -> std::io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn interrupted(&self) -> bool {
            false
        }

        pub(super) fn end(&self, child: &mut Child) {
            let _ = child.kill();
            let _ = child.wait();
        }

        pub(super) fn pass_on(self) {}
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: u64, most: usize) -> Told {
        run(Command::new("sh").args(["-c", script]), Duration::from_millis(limit), most).unwrap()
    }

    #[test]
    fn output_and_code_come_back() {
        let told = shell("printf hello; exit 3", 60_000, 100);
        assert_eq!((told.output.as_slice(), told.ending), (&b"hello"[..], Ending::Exit(Some(3))));
    }

    #[test]
    fn neither_silence_nor_a_flood_lasts() {
        assert_eq!(shell("sleep 600", 200, 100).ending, Ending::Timeout);
        let told = shell("yes", 60_000, 1 << 20);
        assert_eq!(told.ending, Ending::TooMuch);
        assert!(told.output.len() <= 1 << 20);
    }
}
