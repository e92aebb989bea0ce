//! Rules of `HAProxy`'s sections: what they answer, and what they do to headers.

use shipworthy_model::Region;
use shipworthy_model::front::{
    Access, Body, Branch, Change, Handler, HeaderRule, Part, Piece, Redirect, Respond, ResponseHeader, Stated, Test, Text,
    Timeout, Traffic, When,
};
use shipworthy_model::{Unknown, Why};

use super::conditions::{self, Lists, format};
use super::lexer::{Line, Word};

/// What the lines of a section do.
#[derive(Default)]
pub(crate) struct Rules {
    /// Answers, in order.
    pub(crate) answers: Vec<Branch>,
    /// What happens to traffic.
    pub(crate) traffic: Traffic,
    /// Backends that are chosen under a condition, in order.
    pub(crate) choices: Vec<(When, Word)>,
    /// The backend for the rest.
    pub(crate) default: Option<Word>,
    /// Whether requests are read as HTTP.
    pub(crate) http: bool,
    /// Header that the client's address is added to, and whether only where there is none.
    pub(crate) forwardfor: Option<(String, bool, When, Region)>,
    /// Pages that show the inside.
    pub(crate) exposed: Vec<(std::sync::Arc<str>, Region)>,
    /// Where a rule makes another path or query of a request's, under whatever condition.
    pub(crate) rewritten: Option<Region>,
    /// The conditions under which a rule has let requests pass all that follow.
    passed: Vec<When>,
}

impl Rules {
    /// The rules of sections' lines, those of the defaults first.
    pub(crate) fn of<'a>(lines: impl Iterator<Item = &'a Line> + Clone) -> Self {
        let lists = conditions::lists(lines.clone());
        let mut rules = Self::default();
        rules.traffic.underscores = Some(Stated::default(true));
        for line in lines.clone() {
            rules.line(line, &lists);
        }
        let is_tcp = lines.filter(|line| line.word(0) == "mode").last().is_some_and(|line| line.word(1) == "tcp");
        if is_tcp {
            // What speaks of requests is ignored where none is read (4.2, `mode`).
            rules.traffic.request_headers.clear();
            rules.traffic.response_headers.clear();
            rules.traffic.access.clear();
            rules.answers.clear();
            rules.forwardfor = None;
        }
        rules
    }

    fn line(&mut self, line: &Line, lists: &Lists) {
        match line.word(0) {
            "mode" => self.http = line.word(1) == "http",
            "http-request" => self.request(line, lists),
            "http-response" | "http-after-response" => self.response(line, lists),
            "redirect" => {
                let (when, end) = conditions::of(&line.words, lists, line.at);
                self.answer(when, redirect(&line.words[1..end.max(1)], line.at), line.at);
            }
            "use_backend" => {
                let (when, _) = conditions::of(&line.words, lists, line.at);
                self.choices.extend(line.words.get(1).map(|name| (when, name.clone())));
            }
            "default_backend" => self.default = line.words.get(1).cloned(),
            "option" if line.word(1) == "forwardfor" => self.forwardfor(line),
            "no" if line.word(1) == "option" && line.word(2) == "forwardfor" => self.forwardfor = None,
            "timeout" => {
                let which = match line.word(1) {
                    "connect" => Timeout::Connect,
                    "server" => Timeout::Read,
                    "client" | "http-request" => Timeout::Client,
                    "http-keep-alive" => Timeout::KeepAlive,
                    _ => return,
                };
                self.traffic.timeouts.push((which, Stated::at(line.word(2).into(), line.at)));
            }
            "log" => self.traffic.access_log = Some(Stated::at(line.word(1).into(), line.at)),
            "stats" if matches!(line.word(1), "enable" | "uri") => {
                self.exposed.push((std::format!("stats {}", line.word(2)).trim_end().into(), line.at));
            }
            "monitor-uri" => {
                let when = When::Path(Test::Is(vec![line.word(1).into()], false));
                self.answer(when, Handler::Respond(Respond::status(200, Some(line.at))), line.at);
            }
            "reqrep" | "reqirep" => self.replace(line),
            "reqadd" | "reqdel" | "reqidel" | "rspadd" | "rspdel" => self.old(line, lists),
            "compression" => self.traffic.compresses = Some(Stated::at(true, line.at)),
            _ => {}
        }
    }

    fn answer(&mut self, when: When, handler: Handler, at: Region) {
        let when = when.and(self.let_through());
        self.answers.push(Branch { when, handler, traffic: None, at });
    }

    /// The condition that no `allow` has ended the rules before.
    fn let_through(&self) -> When {
        if self.passed.is_empty() { When::Always } else { When::Any(self.passed.clone()).negated() }
    }

    fn request(&mut self, line: &Line, lists: &Lists) {
        let at = line.at;
        let words = line.from(1);
        // `set-header if …` has names that read like conditions: look behind the arguments.
        let (when, end) = conditions::of(words, lists, at);
        let own = &words[..end];
        let status = |default: u16| {
            let place = own.iter().position(|word| matches!(word.text.as_str(), "deny_status" | "status"));
            place.and_then(|place| own.get(place + 1)).and_then(|word| word.text.parse().ok()).unwrap_or(default)
        };
        let respond = |status| Handler::Respond(Respond::status(status, Some(at)));
        match own.first().map_or("", |word| word.text.as_str()) {
            "deny" => self.answer(when, respond(status(403)), at),
            "tarpit" => self.answer(when, respond(status(500)), at),
            "reject" | "silent-drop" => self.answer(when, respond(444), at),
            "return" => {
                let place = own.iter().position(|word| matches!(word.text.as_str(), "string" | "lf-string"));
                let body = place.and_then(|place| own.get(place + 1)).map_or(Body::Stock, |word| Body::Text(format(word)));
                self.answer(when, Handler::Respond(Respond { status: Ok(status(200)), body, at: Some(at) }), at);
            }
            "redirect" => self.answer(when, redirect(&own[1..], at), at),
            // Where more is asked than whether a login was shown, it is for a part of the requests.
            "auth" if words[end..].len() > 2 => self.answer(when, respond(401), at),
            "auth" => self.traffic.access.push(Stated::at(Access::Login("http-request auth".into()), at)),
            "allow" => {
                const MOST: usize = 20;
                if self.passed.len() < MOST {
                    self.passed.push(when);
                }
            }
            "use-service" => {
                let name = own.get(1).map_or("", |word| word.text.as_str());
                self.exposed.push((name.into(), at));
                self.answer(when, Handler::Respond(Respond { status: Ok(200), body: Body::Stock, at: Some(at) }), at);
            }
            "set-path" | "set-pathq" | "set-query" | "set-uri" | "replace-path" | "replace-pathq" | "replace-uri" => {
                self.rewritten = Some(at);
            }
            "set-header" | "add-header" | "del-header" | "replace-header" | "replace-value" => {
                let Some(name) = own.get(1) else { return };
                let change = change(own, at);
                let name = name.text.to_ascii_lowercase().into();
                self.traffic.request_headers.push(HeaderRule { name, change, when: when.and(self.let_through()), at: Some(at) });
            }
            _ => {}
        }
    }

    fn response(&mut self, line: &Line, lists: &Lists) {
        let words = line.from(1);
        let (when, end) = conditions::of(words, lists, line.at);
        let own = &words[..end];
        let Some(name) = own.get(1) else { return };
        if matches!(own[0].text.as_str(), "set-header" | "add-header" | "del-header" | "replace-header" | "replace-value") {
            // `http-response` does not see the answers of the proxy itself.
            let always = line.word(0) == "http-after-response";
            let name = name.text.to_ascii_lowercase().into();
            self.traffic.response_headers.push(ResponseHeader { name, change: change(own, line.at), always, when, at: line.at });
        }
    }

    /// `reqadd` and its like, gone since 2.1: `Name:\ value`.
    fn old(&mut self, line: &Line, lists: &Lists) {
        let (when, _) = conditions::of(&line.words, lists, line.at);
        let Some(word) = line.words.get(1) else { return };
        let (name, value) = word.text.split_once(':').unwrap_or((&word.text, ""));
        let name: std::sync::Arc<str> = name.trim_start_matches('^').trim().to_ascii_lowercase().into();
        let value = Word { text: value.trim().to_owned(), at: word.at };
        let change = if line.word(0).ends_with("add") { Change::Append(format(&value)) } else { Change::Remove };
        if line.word(0).starts_with("req") {
            self.traffic.request_headers.push(HeaderRule { name, change, when, at: Some(line.at) });
        } else {
            self.traffic.response_headers.push(ResponseHeader { name, change, always: false, when, at: line.at });
        }
    }

    /// `reqrep search replacement` of old: a line of the request, the first one or a header's.
    fn replace(&mut self, line: &Line) {
        let searched = line.word(1).trim_start_matches('^').trim_start_matches(['(', '\\']).to_ascii_lowercase();
        match searched.split_once(':') {
            Some((name, _)) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-') => {
                let why = Unknown::new(Why::Unsupported("a replacement in a header".into()), Some(line.at));
                let change = Change::Unknown(why);
                let rule = HeaderRule { name: name.into(), change, when: When::Always, at: Some(line.at) };
                self.traffic.request_headers.push(rule);
            }
            Some(_) | None => self.rewritten = Some(line.at),
        }
    }

    fn forwardfor(&mut self, line: &Line) {
        let word = |name: &str| line.words.iter().position(|word| word.text == name).map(|place| line.word(place + 1));
        let header = word("header").unwrap_or("X-Forwarded-For").to_ascii_lowercase();
        let if_none = line.words.iter().any(|word| word.text == "if-none");
        let when = word("except").map_or(When::Always, |network| When::Client(vec![network.into()]).negated());
        self.forwardfor = Some((header, if_none, when, line.at));
    }

    /// The rule of `option forwardfor`, which comes after all others.
    pub(crate) fn forwardfor_rule(&self) -> Option<HeaderRule> {
        let (header, if_none, when, at) = self.forwardfor.as_ref()?;
        let text = Text::part(Part::Client, Some(*at));
        let change = if *if_none { Change::Default(text) } else { Change::Append(text) };
        Some(HeaderRule { name: header.as_str().into(), change, when: when.clone(), at: Some(*at) })
    }
}

impl Rules {
    /// The rule of both a backend and its frontend: what either excepts is excepted, and it is added beside what is there
    /// already unless both say otherwise (`http_handle_forwardfor`; measured with 2.6).
    pub(crate) fn forwardfor_beside(&self, front: &Self) -> Option<HeaderRule> {
        let (Some(own), Some(other)) = (&self.forwardfor, &front.forwardfor) else {
            return self.forwardfor_rule().or_else(|| front.forwardfor_rule());
        };
        let (header, if_none, when, at) = own.clone();
        let when = if when == other.2 { when } else { when.and(other.2.clone()) };
        Self { forwardfor: Some((header, if_none && other.1, when, at)), ..Self::default() }.forwardfor_rule()
    }
}

fn change(own: &[Word], at: Region) -> Change {
    let text = || own.get(2).map_or_else(|| Text::literal("", None), format);
    match own[0].text.as_str() {
        "set-header" => Change::Set(text()),
        "add-header" => Change::Append(text()),
        "del-header" => Change::Remove,
        _ => Change::Unknown(Unknown::new(Why::Unsupported("a replacement in a header".into()), Some(at))),
    }
}

/// A redirect: `scheme https`, `prefix …`, `location …`; the status is 302 unless `code` says otherwise.
fn redirect(words: &[Word], at: Region) -> Handler {
    let value = |name: &str| words.iter().position(|word| word.text == name).and_then(|place| words.get(place + 1));
    let status = match value("code").map(|word| word.text.parse::<u16>()) {
        Some(Ok(status)) => Ok(status),
        Some(Err(_)) => Err(Unknown::new(Why::Unsupported("the status of a redirect".into()), Some(at))),
        None => Ok(302),
    };
    let target = if let Some(scheme) = value("scheme") {
        let mut text = format(scheme);
        text.push("://");
        text.pieces.extend([Piece::Part(Part::HostHeader), Piece::Part(Part::Uri)]);
        text
    } else if let Some(prefix) = value("prefix") {
        // `/` stands for no prefix at all.
        let mut text = if prefix.text == "/" { Text { pieces: Vec::new(), at: Some(prefix.at) } } else { format(prefix) };
        text.pieces.push(Piece::Part(Part::Uri));
        text
    } else if let Some(location) = value("location") {
        format(location)
    } else {
        return Handler::Unknown(Unknown::new(Why::Unsupported("a redirect without a target".into()), Some(at)));
    };
    Handler::Redirect(Redirect { status, target, at })
}
