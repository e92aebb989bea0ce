//! The plan: which requests a site is asked, in three rounds.

use shipworthy_model::wire::Wire;
use shipworthy_model::{Probe, Site};

use crate::options::Options;
use crate::order::{MOST_LEAK, Order};

/// So many style sheets and scripts are fetched.
const MOST_ASSETS: usize = 6;
/// So much of a list of files is read: enough to recognise it.
const MOST_LIST: usize = 64 << 10;
/// Files of a project that no visitor should get, besides its settings.
const FILES: [&str; 4] = ["/.env", "/.git/HEAD", "/manage.py", "/db.sqlite3"];
/// Addresses at which tools for developers answer.
const TOOLS: [&str; 2] = ["/__debug__/render_panel/", "/silk/"];
/// Where Django's admin and its login view are usually mounted.
const LOGINS: [&str; 2] = ["/admin/login/", "/accounts/login/"];
/// A host that no DNS can ever know and that Django always refuses, for the underscore in it (RFC 1034).
pub(crate) const MALFORMED: &str = "ship_worthy.invalid";

/// What no site can have been made for: a path and a host with a random part.
pub(crate) fn stranger(nonce: &str) -> String {
    format!("{nonce}.shipworthy.invalid")
}

/// An address that leads nowhere.
fn nowhere(nonce: &str) -> String {
    format!("/shipworthy-{nonce}/")
}

/// First: the first page, and what somebody gets who types the bare name.
pub(crate) fn opening(options: &Options, nonce: &str) -> Vec<Order> {
    let site = &options.site;
    let secure = site.https.is_some();
    let mut home = Order::page(site, Probe::Home, secure, "/");
    home.h2 = secure;
    let mut orders = vec![home];
    if site.http.is_some() {
        orders.push(Order::page(site, Probe::PlainHttp, false, &format!("{}?x=1", nowhere(nonce))));
    }
    orders
}

/// Second: what asks nothing of the answers to other requests.
pub(crate) fn independent(options: &Options, nonce: &str) -> Vec<Order> {
    let site = &options.site;
    let secure = site.https.is_some();
    let page = |probe, path: &str| Order::page(site, probe, secure, path);
    let unknown = stranger(nonce);
    let mut orders = vec![page(Probe::Missing, &nowhere(nonce))];
    for path in LOGINS.into_iter().chain(options.login.iter().map(String::as_str)).take(4) {
        orders.push(page(Probe::Login, path));
    }
    if site.http.is_some() {
        let plain = |probe| Order::page(site, probe, false, &format!("{}?x=1", nowhere(nonce)));
        orders.push(plain(Probe::SpoofedProto).with("x-forwarded-proto", "https"));
        orders.push(plain(Probe::SpoofedSsl).with("x-forwarded-ssl", "on"));
        orders.push(Order::page(site, Probe::UnknownHostHttp, false, "/").under(&unknown));
    }
    if secure {
        orders.push(page(Probe::DeniedProto, "/").with("x-forwarded-proto", "http"));
        orders.push(page(Probe::UnknownHost, "/").under(&unknown));
        let mut name = page(Probe::UnknownName, "/").under(&unknown);
        name.sni = Some(unknown.clone());
        orders.push(name);
    }
    let mut absolute = page(Probe::AbsoluteForm, "/").under(&unknown);
    absolute.target = format!("{}{}/", site.origin(secure), site.prefix);
    orders.push(absolute);
    orders.push(page(Probe::MalformedHost, "/").under(MALFORMED));
    let mut forwarded = page(Probe::ForwardedHost, "/").with("x-forwarded-host", &unknown);
    forwarded.strange = Some(unknown.clone());
    orders.push(forwarded);
    orders.push(page(Probe::ForwardedMalformed, "/").with("x-forwarded-host", MALFORMED));
    for path in TOOLS {
        orders.push(page(Probe::Toolbar, path));
    }
    let settings = options.settings.as_deref().map(|path| format!("/{path}"));
    for path in FILES.into_iter().chain(settings.as_deref()) {
        let last = if path.ends_with("sqlite3") { 15 } else { MOST_LEAK - 1 };
        orders.push(page(Probe::ProjectFile, path).with("range", format!("bytes=0-{last}")).up_to(last + 1));
    }
    let mut preflight =
        page(Probe::Preflight, "/").with("origin", format!("https://{unknown}")).with("access-control-request-method", "GET");
    preflight.method = "OPTIONS";
    orders.push(preflight);
    if let Some(path) = &options.media {
        orders.push(page(Probe::Media, path).up_to(MOST_LEAK));
    }
    if let Some(port) = options.app_port {
        let mut direct = Order::page(site, Probe::AppPort, false, "/");
        direct.port = Some(port);
        orders.push(direct);
    }
    orders
}

/// Third: what the pages link to, and what lies around it.
pub(crate) fn dependent(options: &Options, wire: &Wire) -> Vec<Order> {
    let site = &options.site;
    let secure = site.https.is_some();
    let mut orders = Vec::new();
    let assets = assets(site, wire);
    for path in assets.iter().filter(|path| is_asset(path)).take(MOST_ASSETS) {
        let mut order = Order::page(site, Probe::Asset, secure, "").with("accept-encoding", "gzip, br");
        order.target.clone_from(path);
        orders.push(order);
    }
    let named = options.static_url.clone().filter(|url| url.starts_with('/'));
    let folders = [named.or_else(|| static_prefix(&assets)), media_prefix(&assets)];
    for prefix in folders.into_iter().flatten() {
        let at = |probe, target: String| {
            let mut order = Order::page(site, probe, secure, "");
            order.target = target;
            order
        };
        // Some lists begin with pages of style.
        orders.push(at(Probe::Listing, prefix.clone()).up_to(MOST_LIST));
        let beside = format!("{}../manage.py", prefix.trim_end_matches('/'));
        orders.push(at(Probe::Traversal, beside).with("range", format!("bytes=0-{}", MOST_LEAK - 1)).up_to(MOST_LEAK));
    }
    for path in websockets(options, wire) {
        // The key is any sixteen bytes: nothing is sent over a socket that opens.
        orders.push(
            Order::page(site, Probe::WebSocket, secure, &path)
                .with("connection", "Upgrade")
                .with("upgrade", "websocket")
                .with("sec-websocket-version", "13")
                .with("sec-websocket-key", "c2hpcHdvcnRoeSBhc2tzLg==")
                .with("origin", format!("https://{}", stranger("origin"))),
        );
    }
    if options.media.is_none()
        && let Some(path) = assets.iter().find(|path| path.starts_with("/media/"))
    {
        let mut order = Order::page(site, Probe::Media, secure, "").up_to(MOST_LEAK);
        order.target.clone_from(path);
        orders.push(order);
    }
    orders
}

/// The next request of a redirect that stays on this site; `None` where it leaves, ends or needs no further look.
pub(crate) fn hop(options: &Options, wire: &Wire) -> Option<Order> {
    let site = &options.site;
    let plain = wire.answers(Probe::PlainHttp).chain(wire.answers(Probe::Hop)).last();
    if wire.tries(Probe::Hop).count() < 3
        && let Some((scheme, host, rest)) = plain.and_then(|seen| seen.response.location())
        && scheme == "http"
        && host == site.authority(false)
    {
        let mut order = Order::page(site, Probe::Hop, false, "");
        order.target = rooted(&rest);
        let again = wire.exchanges.iter().any(|known| !known.request.secure && *known.request.target == order.target);
        return (!again).then_some(order);
    }
    let secure = site.https.is_some();
    let home = wire.answers(Probe::Home).last()?;
    if wire.tries(Probe::Home).count() > 2 || !home.response.redirects() {
        return None;
    }
    let target = match home.response.location() {
        Some((scheme, host, rest)) if (scheme == "https") == secure && host == site.authority(secure) => rooted(&rest),
        Some(_) => return None,
        None => home.response.header("location").filter(|path| path.starts_with('/') && !path.starts_with("//"))?.to_owned(),
    };
    let again = wire.tries(Probe::Home).any(|(_, known)| *known.request.target == target);
    let mut order = Order::page(site, Probe::Home, secure, "");
    order.target = target;
    (!again).then_some(order)
}

fn rooted(rest: &str) -> String {
    let rest = rest.split('#').next().unwrap_or_default();
    if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
}

/// Paths of files on this site that its pages link to.
fn assets(site: &Site, wire: &Wire) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for seen in wire.pages() {
        let folder = seen.exchange.request.target.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in &seen.response.links {
            let own = [true, false].into_iter().find_map(|secure| link.strip_prefix(&*site.origin(secure)));
            let path = match own {
                Some(path) => path.to_owned(),
                None if link.starts_with("//") || link.contains(':') => continue,
                None if link.starts_with('/') => link.to_string(),
                None => format!("{folder}/{link}"),
            };
            let path = path.split('#').next().unwrap_or_default().to_owned();
            if path.starts_with('/') && path.is_ascii() && !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths
}

fn is_asset(path: &str) -> bool {
    let file = path.split('?').next().unwrap_or_default();
    file.rsplit_once('.').is_some_and(|(_, extension)| matches!(extension, "css" | "js" | "mjs"))
}

/// Where `WebSocket`s may be: where the user says, where pages say, and where they usually are behind a server of ASGI.
fn websockets(options: &Options, wire: &Wire) -> Vec<String> {
    let named = wire.pages().into_iter().filter_map(|seen| {
        let text = seen.response.text.as_deref()?;
        let start = ["'/ws/", "\"/ws/", "`/ws/"].iter().find_map(|open| text.find(open))? + 1;
        let path: String = text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/_-.".contains(*c)).collect();
        Some(path)
    });
    let is_asgi =
        |name: &str| ["uvicorn", "daphne", "hypercorn", "granian"].iter().any(|it| name.to_ascii_lowercase().starts_with(it));
    let usual = wire.all_answers().any(|seen| seen.response.all("server").any(is_asgi)).then(|| "/ws/".to_owned());
    let mut paths: Vec<String> = options.websockets.iter().cloned().chain(named).chain(usual).collect();
    paths.dedup();
    paths.truncate(2);
    paths
}

fn static_prefix(assets: &[String]) -> Option<String> {
    let of_admin = assets.iter().find_map(|path| path.split_once("admin/").map(|(prefix, _)| prefix.to_owned()));
    let usual = || assets.iter().any(|path| path.starts_with("/static/")).then(|| "/static/".to_owned());
    of_admin.filter(|prefix| prefix.len() > 1).or_else(usual)
}

fn media_prefix(assets: &[String]) -> Option<String> {
    assets.iter().any(|path| path.starts_with("/media/")).then(|| "/media/".to_owned())
}
