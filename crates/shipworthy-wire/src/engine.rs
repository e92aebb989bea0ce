//! The engine: sends the plan within its limits, and stops where the server does not keep up.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shipworthy_model::wire::{Exchange, Failure, Handshake, Outcome, Protocol, Wire};
use shipworthy_model::{Notice, Probe};
use tokio::sync::Semaphore;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep_until};

use crate::options::{Error, Options};
use crate::order::Order;
use crate::send::Way;
use crate::tls::Trust;
use crate::{MOST, connect, plan as rounds};

/// So many requests are under way at once.
const AT_ONCE: usize = 6;
/// After so many requests without an answer in time the rest is not sent.
const PATIENCE: u32 = 3;
/// So many redirects are followed, from plain HTTP and from the first page together.
const HOPS: usize = 6;
/// A whole look takes no longer.
const LONGEST: Duration = Duration::from_mins(3);

/// Looks at a site: what came of each request, and notices of what could not be learnt.
pub fn look(options: &Options) -> Result<(Wire, Vec<Notice>), Error> {
    let trust = Trust::new(options)?;
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_io().enable_time().build().map_err(|error| Error::System(error.to_string()))?;
    let way = Rc::new(Way { options: options.clone(), trust: Rc::new(trust) });
    Ok(LocalSet::new().block_on(&runtime, probe(way)))
}

/// The requests that [`look`] would send, one a line. What depends on the answers is described.
pub fn plan(options: &Options) -> Vec<String> {
    let nonce = nonce();
    let orders = rounds::opening(options, &nonce).into_iter().chain(rounds::independent(options, &nonce));
    let mut lines: Vec<String> = orders
        .map(|order| {
            let request = order.request(Vec::new(), "", "");
            let mut line = format!("{:<20} {}", order.probe.name(), request.line());
            if order.sni.as_ref().is_some_and(|sni| *sni != order.host && order.strange.is_some()) {
                line = format!("{line}  (asked of {})", options.site.host);
            }
            for (name, value) in order.headers.iter().filter(|(name, _)| *name != "range") {
                line = format!("{line}  {name}: {value}");
            }
            line
        })
        .collect();
    if options.site.https.is_some() {
        lines.push(format!("{:<20} offers TLS 1.0, then TLS 1.1, and reads the server's choice", "tls"));
    }
    lines.push(format!("{:<20} the next address on this site, where one above redirects", Probe::Hop.name()));
    lines.push(format!("{:<20} up to six style sheets and scripts that these pages link to", Probe::Asset.name()));
    lines.push(format!(
        "{:<20} WebSockets that these pages name, opened as a page of another site would",
        Probe::WebSocket.name()
    ));
    lines.push(format!("{:<20} the folders of static and media files, and manage.py beside them", Probe::Listing.name()));
    lines
}

/// What the tasks of a look share.
struct Run {
    way: RefCell<Rc<Way>>,
    room: Semaphore,
    /// When the next request may start.
    next: Cell<Instant>,
    end: Instant,
    late: Cell<u32>,
    sent: Cell<usize>,
    wire: RefCell<Wire>,
}

impl Run {
    fn way(&self) -> Rc<Way> {
        self.way.borrow().clone()
    }
}

async fn probe(way: Rc<Way>) -> (Wire, Vec<Notice>) {
    let nonce = nonce();
    let now = Instant::now();
    let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let site = way.options.site.clone();
    let run = Rc::new(Run {
        way: RefCell::new(way.clone()),
        room: Semaphore::new(AT_ONCE),
        next: Cell::new(now),
        end: now + LONGEST,
        late: Cell::new(0),
        sent: Cell::new(0),
        wire: RefCell::new(Wire { site, at, ..Wire::default() }),
    });
    round(&run, rounds::opening(&way.options, &nonce)).await;
    let way = plain(&run, way, &nonce).await;
    if run.wire.borrow().all_answers().next().is_some() {
        let old = spawn_local(legacy(run.clone()));
        round(&run, rounds::independent(&way.options, &nonce)).await;
        for _ in 0..HOPS {
            let next = rounds::hop(&way.options, &run.wire.borrow());
            let Some(order) = next else { break };
            round(&run, vec![order]).await;
        }
        let orders = rounds::dependent(&way.options, &run.wire.borrow());
        round(&run, orders).await;
        let _ = old.await;
    }
    let wire = run.wire.take();
    let notices = notices(&wire);
    (wire, notices)
}

/// A site without HTTPS is looked at as it is: over plain HTTP alone.
async fn plain(run: &Rc<Run>, way: Rc<Way>, nonce: &str) -> Rc<Way> {
    let only_plain = {
        let wire = run.wire.borrow();
        wire.answer(Probe::Home).is_none() && wire.answer(Probe::PlainHttp).is_some() && wire.site.https.is_some()
    };
    if !only_plain {
        return way;
    }
    let mut options = way.options.clone();
    options.site.https = None;
    run.wire.borrow_mut().site.https = None;
    let way = Rc::new(Way { options, trust: way.trust.clone() });
    *run.way.borrow_mut() = way.clone();
    let home = rounds::opening(&way.options, nonce).into_iter().take(1).collect();
    round(run, home).await;
    way
}

/// Sends orders, several at a time, each not before its turn. Results keep the order.
async fn round(run: &Rc<Run>, orders: Vec<Order>) {
    let tasks: Vec<_> = orders.into_iter().map(|order| spawn_local(one(run.clone(), order))).collect();
    for task in tasks {
        if let Ok((exchange, handshake)) = task.await {
            let mut wire = run.wire.borrow_mut();
            if matches!(exchange.probe, Probe::Home | Probe::UnknownName) {
                wire.handshakes.extend(handshake);
            }
            wire.exchanges.push(exchange);
        }
    }
}

async fn one(run: Rc<Run>, order: Order) -> (Exchange, Option<Handshake>) {
    let _permit = run.room.acquire().await;
    let refusal = if run.late.get() >= PATIENCE || Instant::now() >= run.end {
        Some("the server had stopped answering in time")
    } else if run.sent.get() >= MOST {
        Some("the limit of requests was reached")
    } else {
        None
    };
    if let Some(why) = refusal {
        let address = connect::shown(&run.way().options.access, 0);
        let request = order.request(Vec::new(), "HTTP/1.1", &address);
        let outcome = Outcome::Failed(Failure::NotSent(why.into()));
        return (Exchange { probe: order.probe, request, outcome, took: 0, started: 0 }, None);
    }
    run.sent.set(run.sent.get() + 1);
    turn(&run).await;
    let (exchange, handshake) = run.way().send(&order).await;
    let broken = exchange.response().and_then(|response| response.broken.as_ref()).or(exchange.failure());
    if matches!(broken, Some(Failure::Timeout(_))) {
        run.late.set(run.late.get() + 1);
    }
    (exchange, handshake)
}

async fn legacy(run: Rc<Run>) {
    if run.way().options.site.https.is_none() {
        return;
    }
    for version in [Protocol::Tls10, Protocol::Tls11] {
        turn(&run).await;
        let mut random = [0; 32];
        for chunk in random.chunks_mut(8) {
            chunk.copy_from_slice(&noise().to_be_bytes());
        }
        let handshake = run.way().offer(version, random).await;
        run.wire.borrow_mut().handshakes.push(handshake);
    }
}

/// Waits until the next request may start.
async fn turn(run: &Run) {
    let start = run.next.get().max(Instant::now());
    let pause = run.way().options.pause;
    run.next.set(start + pause);
    if !pause.is_zero() {
        sleep_until(start).await;
    }
}

/// One notice of everything that could not be learnt.
fn notices(wire: &Wire) -> Vec<Notice> {
    let site = &wire.site.host;
    let telling = |failure: &Failure| match failure {
        Failure::Timeout(_) | Failure::Malformed(_) | Failure::TooLarge(_) | Failure::NotSent(_) | Failure::Unreachable(_) => {
            true
        }
        Failure::Refused | Failure::Closed(_) | Failure::Alert(_) | Failure::Tls(_) => false,
    };
    let answered = wire.all_answers().next().is_some();
    let whole = |failure: &&Failure| !answered || telling(failure);
    let broken = |exchange: &'_ Exchange| exchange.response().and_then(|response| response.broken.clone());
    let failed = wire.exchanges.iter().filter_map(Exchange::failure).filter(whole).cloned();
    let troubles: Vec<Failure> = failed.chain(wire.exchanges.iter().filter_map(broken)).collect();
    let unsent = troubles.iter().filter(|failure| matches!(failure, Failure::NotSent(_))).count();
    let Some(first) = troubles.iter().find(|failure| !matches!(failure, Failure::NotSent(_))).or(troubles.first()) else {
        return circle(wire).into_iter().collect();
    };
    let all = wire.exchanges.len();
    let message = if answered {
        let bad = troubles.len() - unsent;
        let rest = if unsent > 0 { format!(", and {unsent} were not sent") } else { String::new() };
        format!("{bad} of {all} requests to {site} brought no whole answer{rest}: {}", first.reason())
    } else {
        format!("{site} gave no answer: {}", first.reason())
    };
    vec![Notice { message, path: None, at: None }]
}

/// A first page that only ever redirects to what was asked already.
fn circle(wire: &Wire) -> Option<Notice> {
    let path: Vec<&str> = wire.tries(Probe::Home).map(|(_, exchange)| &*exchange.request.target).collect();
    let last = wire.answers(Probe::Home).last().filter(|seen| seen.response.redirects())?.response;
    let rest = last.location().map(|(_, _, rest)| rest);
    let next = rest.as_deref().or(last.header("location"))?;
    let repeats = path.len() > 1 && path.contains(&next);
    let message = format!("the first page of {} redirects in a circle: {} and {next} again", wire.site.host, path.join(", "));
    repeats.then_some(Notice { message, path: None, at: None })
}

/// Letters that nobody can have foreseen.
fn nonce() -> String {
    format!("{:08x}", noise() as u32)
}

fn noise() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Access, address};

    /// The whole of a look at a listener that never accepts, by a clock that runs on whenever everybody waits.
    fn look_at_nobody(timeout: Duration, pause: Duration) -> (Wire, Vec<Notice>, Duration) {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let site = address(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let mut options = Options::new(site, Access::Addresses(vec!["127.0.0.1".parse().unwrap()]));
        (options.timeout, options.pause) = (timeout, pause);
        let way = Rc::new(Way { trust: Rc::new(Trust::new(&options).unwrap()), options });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let begin = Instant::now();
            let (wire, notices) = probe(way).await;
            (wire, notices, begin.elapsed())
        })
    }

    #[test]
    fn who_never_accepts_costs_one_timeout() {
        for timeout in [Duration::from_secs(10), Duration::from_mins(1)] {
            let (wire, notices, took) = look_at_nobody(timeout, Duration::from_millis(250));
            assert!(took <= timeout + Duration::from_secs(1), "{took:?}");
            assert!(wire.exchanges.iter().all(|exchange| exchange.response().is_none()) && wire.exchanges.len() <= 2);
            assert!(matches!(&notices[..], [notice] if notice.message.contains("gave no answer")), "{notices:?}");
        }
    }

    #[test]
    fn requests_wait_their_turn() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let site = address("http://127.0.0.1:1/").unwrap();
        let mut options = Options::new(site, Access::Addresses(Vec::new()));
        options.pause = Duration::from_millis(250);
        let way = Rc::new(Way { trust: Rc::new(Trust::new(&options).unwrap()), options });
        LocalSet::new().block_on(&runtime, async {
            let begin = Instant::now();
            let run = Run {
                way: RefCell::new(way),
                room: Semaphore::new(AT_ONCE),
                next: Cell::new(begin),
                end: begin + LONGEST,
                late: Cell::new(0),
                sent: Cell::new(0),
                wire: RefCell::default(),
            };
            for _ in 0..9 {
                turn(&run).await;
            }
            assert_eq!(begin.elapsed(), Duration::from_secs(2));
        });
    }
}
