//! Questions that rules ask of what was seen on the wire.

use super::{Exchange, ExchangeId, Probe, Response, SetCookie, Sign, Wire};
use crate::Facts;

/// An exchange that brought a response.
#[derive(Clone, Copy, Debug)]
pub struct Encounter<'w> {
    /// Which.
    pub id: ExchangeId,
    /// The whole of it.
    pub exchange: &'w Exchange,
    /// Its response.
    pub response: &'w Response,
}

/// Networks and platforms that answer before the site's own servers do, by a header that they send.
const EDGES: [(&str, &str, &str); 12] = [
    ("server", "cloudflare", "Cloudflare"),
    ("cf-ray", "", "Cloudflare"),
    ("x-amz-cf-id", "", "CloudFront"),
    ("server", "awselb", "an AWS load balancer"),
    ("x-served-by", "cache-", "Fastly"),
    ("server", "akamaighost", "Akamai"),
    ("x-vercel-id", "", "Vercel"),
    ("fly-request-id", "", "Fly"),
    ("server", "heroku", "Heroku"),
    ("via", "vegur", "Heroku"),
    ("x-render-origin-server", "", "Render"),
    ("x-azure-ref", "", "Azure Front Door"),
];

impl Facts {
    /// What was seen of the running site.
    pub fn wire(&self) -> Option<&Wire> {
        self.wire.as_deref()
    }
}

impl Wire {
    /// The exchanges of a probe, in order.
    pub fn tries(&self, probe: Probe) -> impl Iterator<Item = (ExchangeId, &Exchange)> {
        let all = self.exchanges.iter().enumerate();
        all.filter(move |(_, exchange)| exchange.probe == probe).map(|(index, exchange)| (ExchangeId(index as u32), exchange))
    }

    /// The first exchange of a probe.
    pub fn tried(&self, probe: Probe) -> Option<(ExchangeId, &Exchange)> {
        self.tries(probe).next()
    }

    /// The responses to a probe, in order.
    pub fn answers(&self, probe: Probe) -> impl Iterator<Item = Encounter<'_>> {
        self.tries(probe).filter_map(|(id, exchange)| Some(Encounter { id, exchange, response: exchange.response()? }))
    }

    /// The first response to a probe.
    pub fn answer(&self, probe: Probe) -> Option<Encounter<'_>> {
        self.answers(probe).next()
    }

    /// Every response, in order.
    pub fn all_answers(&self) -> impl Iterator<Item = Encounter<'_>> {
        let all = self.exchanges.iter().enumerate();
        all.filter_map(|(index, exchange)| {
            Some(Encounter { id: ExchangeId(index as u32), exchange, response: exchange.response()? })
        })
    }

    /// Whether something that only Django writes was seen: what it says about Django may then be judged.
    pub fn is_django(&self) -> bool {
        self.all_answers().any(|seen| seen.response.is_django())
    }

    /// Whose network or platform answers before the site's own servers, if one shows.
    pub fn edge(&self) -> Option<&'static str> {
        self.all_answers().find_map(|seen| {
            let shows = |(header, start, _): &&(&str, &str, &str)| {
                seen.response.all(header).any(|value| value.to_ascii_lowercase().starts_with(start))
            };
            EDGES.iter().find(shows).map(|(_, _, name)| *name)
        })
    }

    /// `example.com` as messages name the site; with the edge that answers for it, where there is one.
    pub fn called(&self) -> String {
        match self.edge() {
            Some(edge) => format!("{} (the edge: {edge})", self.site.host),
            None => self.site.host.to_string(),
        }
    }

    /// The pages by which headers are judged: written by the application, for people, as a visitor gets them. What says that
    /// there is no such page may come from anybody, so it counts only where Django shows in it. Pages for developers do not
    /// count: Django leaves headers out of them so that they work.
    pub fn pages(&self) -> Vec<Encounter<'_>> {
        let secure = self.site.https.is_some();
        [Probe::Home, Probe::Login, Probe::Missing]
            .into_iter()
            .flat_map(|probe| self.answers(probe))
            .filter(|seen| {
                let response = seen.response;
                let own = response.is_django() || response.carries_django_headers();
                seen.exchange.request.secure == secure
                    && response.is_page()
                    && !response.shows_debug()
                    && (response.status == 200 && seen.exchange.probe != Probe::Missing
                        || matches!(response.status, 403 | 404) && own)
            })
            .collect()
    }

    /// Cookies that were set by responses to what a visitor would do, with the exchange that shows each, once a name.
    pub fn cookies(&self) -> Vec<(ExchangeId, SetCookie)> {
        let mut found: Vec<(ExchangeId, SetCookie)> = Vec::new();
        for probe in [Probe::Login, Probe::Home, Probe::Missing] {
            for seen in self.answers(probe) {
                for cookie in seen.response.cookies() {
                    // Deleting a cookie sends it once more, bare.
                    if !found.iter().any(|(_, known)| known.name == cookie.name) {
                        found.push((seen.id, cookie));
                    }
                }
            }
        }
        found
    }

    /// Whether Django refused the host it was asked for: by a page of its own, or by one that carries the headers which the
    /// first page carries too, and no front end's words.
    pub fn refuses_host(&self, response: &Response) -> bool {
        let home = self.answer(Probe::Home).map(|seen| seen.response);
        let alike = response.carries_django_headers() && home.is_some_and(Response::carries_django_headers);
        let own = !response.shows(Sign::FrontEnd) && alike && self.is_django();
        response.status == 400 && (own || self.is_application(response) == Some(true))
    }

    /// Whether the application itself wrote this response, rather than a front end: `None` where nothing tells.
    pub fn is_application(&self, response: &Response) -> Option<bool> {
        let home = self.answer(Probe::Home).map(|seen| seen.response);
        if response.is_django() {
            return Some(true);
        }
        if response.shows(Sign::FrontEnd) || response.length == 0 && !response.redirects() {
            return Some(false);
        }
        let same_title = home.is_some_and(|home| home.title.is_some() && home.title == response.title);
        if same_title && !response.shows(Sign::FrontEnd) {
            return Some(true);
        }
        let refused = self.answer(Probe::MalformedHost).map(|seen| seen.response);
        let like_refused = refused.is_some_and(|refused| {
            refused.status == 400 && response.status == 400 && refused.title == response.title && refused.carries_django_headers()
        });
        if self.is_django() && like_refused && response.carries_django_headers() {
            return Some(true);
        }
        None
    }
}

impl Response {
    /// Whether only Django can have written it.
    pub fn is_django(&self) -> bool {
        self.signs.iter().any(|sign| sign.is_django()) || self.cookies().any(|cookie| cookie.name == "csrftoken")
    }

    /// Whether it is a page for people, not written by a front end.
    pub fn is_page(&self) -> bool {
        matches!(self.content_type().as_str(), "text/html" | "application/xhtml+xml")
            && !self.redirects()
            && !self.shows(Sign::FrontEnd)
            && self.broken.is_none()
    }

    /// Whether it carries headers that Django's security middleware sends by default and front ends rarely do.
    pub fn carries_django_headers(&self) -> bool {
        self.header("cross-origin-opener-policy").is_some()
            || self.header("x-content-type-options").is_some() && self.header("referrer-policy").is_some()
    }

    /// Whether it shows one of the pages that Django keeps for developers.
    pub fn shows_debug(&self) -> bool {
        self.signs.iter().any(|sign| sign.needs_debug())
    }

    /// Where it redirects to, as an absolute address of scheme, host with port, and the rest.
    pub fn location(&self) -> Option<(String, String, String)> {
        let location = self.header("location")?;
        let (scheme, rest) = location.split_once("://")?;
        let split = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        Some((scheme.to_ascii_lowercase(), rest[..split].to_ascii_lowercase(), rest[split..].to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Outcome, Request};

    fn wire(probe: Probe, response: Response) -> Wire {
        let exchange = Exchange { probe, request: Request::default(), outcome: Outcome::Answered(response), took: 1, started: 0 };
        Wire { exchanges: vec![exchange], ..Wire::default() }
    }

    #[test]
    fn django_is_known_by_what_only_it_writes() {
        let cookie = Response { headers: vec![("set-cookie".into(), "csrftoken=…; Path=/".into())], ..Response::default() };
        assert!(wire(Probe::Home, cookie).is_django());
        let other = Response { headers: vec![("set-cookie".into(), "_csrf=…".into())], ..Response::default() };
        assert!(!wire(Probe::Home, other).is_django());
        let stock = Response { signs: [Sign::StockBadRequest].into(), ..Response::default() };
        assert!(wire(Probe::MalformedHost, stock).is_django());
    }

    #[test]
    fn empty_answers_and_front_ends_are_not_the_application() {
        let wire = wire(Probe::Home, Response { title: Some("Shop".into()), length: 9, ..Response::default() });
        let judge = |title: &str, length, signs: &[Sign]| {
            wire.is_application(&Response {
                title: Some(title.into()),
                length,
                signs: signs.iter().copied().collect(),
                ..Response::default()
            })
        };
        assert_eq!(judge("Shop", 9, &[]), Some(true));
        assert_eq!(judge("", 0, &[]), Some(false));
        assert_eq!(judge("Welcome", 9, &[Sign::FrontEnd]), Some(false));
        assert_eq!(judge("Other", 9, &[]), None);
    }

    #[test]
    fn edges_are_named() {
        let response = Response { headers: vec![("server".into(), "cloudflare".into())], ..Response::default() };
        assert_eq!(wire(Probe::Home, response).edge(), Some("Cloudflare"));
        assert_eq!(wire(Probe::Home, Response::default()).edge(), None);
    }
}
