//! Includes of nginx: files of the project in place of the directive, and what the stock files of distributions say.

use shipworthy_model::ArtifactId;
use shipworthy_model::front::Missing;

use super::lexer::{self, Directive, Word};
use crate::fronts::gathering::Gathering;

/// What expanding a file's includes needs and gathers.
pub(crate) struct Expander<'a, 'b> {
    /// The files.
    pub(crate) files: Gathering<'a, 'b>,
}

impl Expander<'_, '_> {
    /// Reads a file with all it includes.
    pub(crate) fn file(&mut self, artifact: ArtifactId, sites: bool) -> Vec<Directive> {
        let (path, text) = self.files.open(artifact);
        let (directives, notices) = lexer::read(&text, artifact);
        self.files.notices.extend(notices);
        let expanded = self.expand(directives, &path, sites);
        self.files.close();
        expanded
    }

    fn expand(&mut self, directives: Vec<Directive>, path: &str, sites: bool) -> Vec<Directive> {
        let mut out = Vec::with_capacity(directives.len());
        for mut directive in directives {
            if !self.files.grow() {
                return out;
            }
            if directive.name == "include" && directive.block.is_none() {
                self.include(&directive, path, sites, &mut out);
                continue;
            }
            if let Some(block) = directive.block.take() {
                let holds_sites = sites && matches!(directive.name.as_str(), "http");
                directive.block = Some(self.expand(block, path, holds_sites));
            }
            out.push(directive);
        }
        out
    }

    fn include(&mut self, directive: &Directive, path: &str, sites: bool, out: &mut Vec<Directive>) {
        let written = directive.word(0).to_owned();
        let Some(found) = self.files.find(&written, path, directive.at) else {
            if let Some(known) = stock(&written, directive) {
                out.extend(known);
            } else {
                let may_hold_sites = sites && !is_modules(&written);
                self.files.missing.push(Missing { path: written.into(), at: directive.at, may_hold_sites });
            }
            return;
        };
        for artifact in found {
            let mut brought = self.file(artifact, sites);
            for inner in &mut brought {
                inner.perhaps = inner.perhaps.take().or_else(|| directive.perhaps.clone());
            }
            out.append(&mut brought);
        }
    }
}

fn is_modules(written: &str) -> bool {
    written.contains("modules-enabled") || written.contains("/modules/") || written.ends_with("mime.types")
}

/// What the files that come with nginx and with Debian's package say, as far as anybody asks.
///
/// nginx's `conf/uwsgi_params`, `fastcgi_params`, `scgi_params`; Debian's `proxy_params`, whose `Host` is `$http_host` up to
/// nginx 1.22 and `$host` later: it is not known which.
fn stock(written: &str, include: &Directive) -> Option<Vec<Directive>> {
    const COMMON: [(&str, &str); 13] = [
        ("QUERY_STRING", "$query_string"),
        ("REQUEST_METHOD", "$request_method"),
        ("CONTENT_TYPE", "$content_type"),
        ("CONTENT_LENGTH", "$content_length"),
        ("REQUEST_URI", "$request_uri"),
        ("DOCUMENT_ROOT", "$document_root"),
        ("SERVER_PROTOCOL", "$server_protocol"),
        ("REQUEST_SCHEME", "$scheme"),
        ("HTTPS", "$https"),
        ("REMOTE_ADDR", "$remote_addr"),
        ("REMOTE_PORT", "$remote_port"),
        ("SERVER_PORT", "$server_port"),
        ("SERVER_NAME", "$server_name"),
    ];
    const PROXY: [(&str, &str); 4] = [
        ("Host", "{{ Debian's proxy_params }}"),
        ("X-Real-IP", "$remote_addr"),
        ("X-Forwarded-For", "$proxy_add_x_forwarded_for"),
        ("X-Forwarded-Proto", "$scheme"),
    ];
    let made = |name: &str, list: &[(&str, &str)]| -> Vec<Directive> {
        let word = |text: &str| Word { text: text.to_owned(), at: include.at };
        let directive = |(key, value): &(&str, &str)| Directive {
            name: name.to_owned(),
            words: vec![word(key), word(value)],
            block: None,
            at: include.at,
            perhaps: include.perhaps.clone(),
        };
        list.iter().map(directive).collect()
    };
    match written.rsplit('/').next().unwrap_or(written) {
        "mime.types" => Some(Vec::new()),
        "uwsgi_params" => Some(made("uwsgi_param", &COMMON)),
        "scgi_params" => Some(made("scgi_param", &COMMON)),
        "fastcgi_params" => Some(made("fastcgi_param", &COMMON)),
        "fastcgi.conf" | "fastcgi-php.conf" => {
            let mut all = made("fastcgi_param", &COMMON);
            all.extend(made("fastcgi_param", &[("SCRIPT_FILENAME", "$document_root$fastcgi_script_name")]));
            Some(all)
        }
        "proxy_params" => Some(made("proxy_set_header", &PROXY)),
        _ => None,
    }
}
