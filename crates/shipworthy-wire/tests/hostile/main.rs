//! Servers that mean no good: each costs one clear notice, and bounded time and memory.
//!
//! Every server is a thread of the test on a port of loopback that the system chooses.
#![allow(clippy::unwrap_used)] // a test may stop where a server is not as it should be

mod server;

use std::io::Write;
use std::time::Duration;

use server::{Server, respond};
use shipworthy_model::wire::{Failure, Outcome, Stage};
use shipworthy_model::{Notice, Probe, Sign, Wire};
use shipworthy_wire::{Access, MOST, Options, address, look};

fn options(server: &Server) -> Options {
    let site = address(&server.url).unwrap();
    let mut options = Options::new(site, Access::find("127.0.0.1", None).unwrap());
    options.timeout = Duration::from_millis(400);
    options
}

fn probe(server: &Server) -> (Wire, Vec<Notice>) {
    // That it comes back at all is half of what is tested: none of these servers ever ends on its own.
    let seen = look(&options(server)).unwrap();
    assert!(seen.0.exchanges.len() <= MOST + 8, "{} exchanges", seen.0.exchanges.len());
    assert!(seen.1.len() <= 1, "{:?}", seen.1);
    seen
}

fn failure(wire: &Wire) -> &Failure {
    let (_, exchange) = wire.tried(Probe::Home).unwrap();
    exchange.failure().or_else(|| exchange.response().unwrap().broken.as_ref()).unwrap()
}

/// The one notice about a site, which must speak of this.
fn notice(notices: &[Notice], words: &str) {
    let [notice] = notices else { panic!("one notice is wanted: {notices:?}") };
    assert!(notice.message.contains(words), "{} does not speak of {words}", notice.message);
}

#[test]
fn nobody_listens() {
    let server = Server::closed();
    let (wire, notices) = probe(&server);
    assert_eq!(failure(&wire), &Failure::Refused);
    notice(&notices, "gave no answer: the connection was refused");
}

#[test]
fn silence() {
    let server = Server::start(|_, _| std::thread::sleep(Duration::from_secs(5)));
    let (wire, notices) = probe(&server);
    assert_eq!(failure(&wire), &Failure::Timeout(Stage::Head));
    notice(&notices, "gave no answer");
    assert!(server.served() <= 2, "a server that says nothing was asked {} times", server.served());
}

#[test]
fn silence_after_the_first_page() {
    let server = Server::start(|mut stream, request| {
        if request.starts_with("GET / HTTP") && !request.contains("x-forwarded") {
            respond(&mut stream, "200 OK", "Content-Type: text/html", "<!doctype html><title>Shop</title>");
        } else {
            std::thread::sleep(Duration::from_secs(5));
        }
    });
    let (wire, notices) = probe(&server);
    assert!(wire.answer(Probe::Home).is_some());
    notice(&notices, "were not sent");
}

#[test]
fn a_head_that_drips() {
    let server = Server::start(|mut stream, _| {
        for byte in b"HTTP/1.1 200 OK\r\nX: y\r\n".iter().cycle().take(400) {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let (wire, _) = probe(&server);
    assert_eq!(failure(&wire), &Failure::Timeout(Stage::Head));
}

#[test]
fn a_body_that_drips() {
    let server = Server::start(|mut stream, _| {
        let _ =
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html><title>Sl");
        while stream.write_all(b"o").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let (wire, notices) = probe(&server);
    assert_eq!(failure(&wire), &Failure::Timeout(Stage::Body));
    assert_eq!(wire.answer(Probe::Home).unwrap().response.status, 404, "the head is told all the same");
    notice(&notices, "nothing came in time during the body");
}

#[test]
fn headers_without_end() {
    let server = Server::start(|mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").is_ok() {}
    });
    let (wire, notices) = probe(&server);
    assert!(matches!(failure(&wire), Failure::TooLarge(Stage::Head)), "{:?}", failure(&wire));
    notice(&notices, "more came than is read");
}

#[test]
fn a_body_without_end() {
    let server = Server::start(|mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>");
        while stream.write_all(&[b'a'; 4096]).is_ok() {}
    });
    let (wire, _) = probe(&server);
    assert_eq!(failure(&wire), &Failure::TooLarge(Stage::Body));
    assert!(wire.all_answers().all(|seen| seen.response.length <= 256 << 10), "more was kept than is read");
}

#[test]
fn chunks_without_end() {
    let server = Server::start(|mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"1\r\na\r\n").is_ok() {}
    });
    let (wire, _) = probe(&server);
    assert!(matches!(failure(&wire), Failure::TooLarge(Stage::Body) | Failure::Timeout(Stage::Body)), "{:?}", failure(&wire));
}

#[test]
fn a_bomb_is_not_unpacked() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        packer.write_all(&vec![b'A'; 1 << 20]).unwrap();
    }
    let bomb = packer.finish().unwrap();
    let server = Server::start(move |mut stream, _| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            bomb.len()
        );
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&bomb));
    });
    let (wire, _) = probe(&server);
    let home = wire.answer(Probe::Home).unwrap();
    assert!(home.response.length < 1 << 20 && home.response.text.is_none() && home.response.title.is_none());
}

#[test]
fn a_body_shorter_than_promised() {
    let server = Server::start(|mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<html>");
    });
    let (wire, notices) = probe(&server);
    assert_eq!(failure(&wire), &Failure::Closed(Stage::Body));
    notice(&notices, "the connection was closed during the body");
    assert!(wire.pages().is_empty(), "half a page is no page to judge by");
}

#[test]
fn what_is_no_http() {
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"\0\0\0\0",
    ] {
        let server = Server::start(move |mut stream, _| {
            let _ = stream.write_all(bytes);
        });
        let (wire, notices) = probe(&server);
        assert!(matches!(failure(&wire), Failure::Malformed(_) | Failure::Closed(_)), "{bytes:?}: {:?}", failure(&wire));
        notice(&notices, "gave no answer");
    }
}

#[test]
fn a_reset_at_every_stage() {
    for (stage, bytes) in [
        (Stage::Head, &b""[..]),
        (Stage::Head, b"HTTP/1.1 200"),
        (Stage::Head, b"HTTP/1.1 200 OK\r\nServer: x\r\n"),
        (Stage::Body, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
        (Stage::Body, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
    ] {
        let server = Server::start(move |mut stream, _| {
            let _ = stream.write_all(bytes);
            server::reset(&stream);
        });
        let (wire, _) = probe(&server);
        assert_eq!(failure(&wire), &Failure::Closed(stage), "after {:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_reset_before_the_request_is_read() {
    let (wire, notices) = probe(&Server::deaf());
    assert_eq!(failure(&wire), &Failure::Closed(Stage::Head));
    notice(&notices, "gave no answer: the connection was closed");
}

#[test]
fn a_site_without_https_is_looked_at_as_it_is() {
    let server =
        Server::start(|mut stream, _| respond(&mut stream, "200 OK", "Content-Type: text/html", "<html><title>x</title>"));
    let mut options = options(&server);
    options.site.https = Some(address(&Server::closed().url).unwrap().http.unwrap());
    let (wire, notices) = look(&options).unwrap();
    assert_eq!((wire.site.https, wire.pages().is_empty(), notices.len()), (None, false, 0), "{notices:?}");
}

#[test]
fn redirects_in_circles() {
    let server = Server::start(|mut stream, request| {
        let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
        let next = if path == "/a" { "/b" } else { "/a" };
        respond(&mut stream, "302 Found", &format!("Location: {next}"), "");
    });
    let (wire, notices) = probe(&server);
    assert!(wire.tries(Probe::Home).count() <= 3 && wire.tries(Probe::Hop).count() <= 3);
    notice(&notices, "redirects in a circle: /, /a, /b and /a again");
}

#[test]
fn redirects_to_others_are_not_followed() {
    let other = Server::start(|mut stream, _| respond(&mut stream, "200 OK", "", "never"));
    let elsewhere = other.url.clone();
    let server = Server::start(move |mut stream, _| {
        respond(
            &mut stream,
            "302 Found",
            &format!("Location: {elsewhere}\r\nContent-Type: text/html"),
            "<html><link href=\"//127.0.0.2/a.css\">",
        );
    });
    probe(&server);
    assert_eq!(other.served(), 0, "another host was asked");
}

#[test]
fn lies_about_types_and_links_beyond_count() {
    let links: Vec<String> = (0..5000).map(|number| format!("<link href=\"/s/{number}.css\">")).collect();
    let links = links.concat();
    let page = format!("<!doctype html><html><head><title>{}</title>{links}", "t".repeat(50_000));
    let server = Server::start(move |mut stream, _| respond(&mut stream, "200 OK", "Content-Type: text/html", &page));
    let (wire, _) = probe(&server);
    assert!(wire.tries(Probe::Asset).count() <= 6);
    let home = wire.answer(Probe::Home).unwrap().response;
    assert!(home.title.as_deref().unwrap().len() <= 120 && home.links.len() <= 80);
    assert!(server.served() <= MOST, "{} requests", server.served());
}

#[test]
fn the_methods_are_harmless_and_the_agent_names_us() {
    let server = Server::start(|mut stream, request| {
        let method = request.split(' ').next().unwrap_or_default();
        let named = request.contains("user-agent: shipworthy/") || request.contains("User-Agent: shipworthy/");
        let status = if matches!(method, "GET" | "HEAD" | "OPTIONS") && named { "204 No Content" } else { "500 Wrong" };
        respond(&mut stream, status, "", "");
    });
    let (wire, _) = probe(&server);
    assert!(wire.all_answers().all(|seen| seen.response.status == 204));
}

#[test]
fn what_leaks_is_not_kept() {
    let server = Server::start(|mut stream, request| {
        let body = if request.starts_with("GET /.env") { "SECRET_KEY=p1anted-key\n".repeat(5000) } else { String::new() };
        respond(&mut stream, if body.is_empty() { "404 Not Found" } else { "200 OK" }, "Content-Type: text/plain", &body);
    });
    let (wire, _) = probe(&server);
    let seen = wire.answers(Probe::ProjectFile).find(|seen| seen.response.status == 200).unwrap();
    assert!(seen.response.shows(Sign::EnvFile) && seen.response.length <= 1024);
    assert!(!format!("{wire:?}").contains("p1anted") && !shipworthy_wire::har::write(&wire).contains("p1anted"));
}

#[test]
fn requests_are_sent_as_written() {
    let server = Server::start(|mut stream, request| {
        let line = request.lines().next().unwrap_or_default().to_owned();
        let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().to_owned();
        let headers = format!("Content-Type: text/html\r\nX-Line: {line}\r\nX-Host: {host}");
        respond(&mut stream, "200 OK", &headers, "<!doctype html><link href=/static/a.css><link href='/static/a.css'>");
    });
    let (wire, _) = probe(&server);
    let sent = |probe, header: &str| wire.answer(probe).unwrap().response.header(header).unwrap().to_owned();
    assert_eq!(sent(Probe::MalformedHost, "x-host"), "ship_worthy.invalid");
    assert_eq!(sent(Probe::AbsoluteForm, "x-line"), format!("GET {} HTTP/1.1", server.url));
    assert!(sent(Probe::AbsoluteForm, "x-host").ends_with(".shipworthy.invalid"));
    assert_eq!(sent(Probe::Traversal, "x-line"), "GET /static../manage.py HTTP/1.1");
}

#[test]
fn a_recording_tells_the_same() {
    let server = Server::start(|mut stream, _| {
        respond(
            &mut stream,
            "404 Not Found",
            "Content-Type: text/html\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d; Secure",
            "<html><title>x</title>",
        );
    });
    let (wire, _) = probe(&server);
    let again = shipworthy_wire::har::read(&shipworthy_wire::har::write(&wire)).unwrap();
    assert_eq!(again.exchanges.len(), wire.exchanges.len());
    for (before, after) in wire.exchanges.iter().zip(&again.exchanges) {
        assert_eq!((before.probe, before.line()), (after.probe, after.line()));
        let (Outcome::Answered(before), Outcome::Answered(after)) = (&before.outcome, &after.outcome) else { continue };
        assert_eq!((&before.headers, &before.signs, &before.title), (&after.headers, &after.signs, &after.title));
    }
}
