//! Rules of Traefik's routers: matchers joined by `&&`, `||` and `!`, as a condition on requests.

use std::sync::Arc;

use shipworthy_model::front::{Name, Part, Pattern, Test, Text, When};
use shipworthy_model::{Region, Unknown, Why};

use crate::fronts::template;

/// Reads a rule. What is not understood is unknown, and the rest of the rule counts.
pub(crate) fn read(rule: &str, at: Region) -> When {
    let mut reader = Reader { text: rule, at: 0, place: at, depth: 0 };
    let when = reader.any();
    if reader.rest().trim().is_empty() { when } else { when.and(When::Unknown(reader.unclear())) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    place: Region,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip();
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn unclear(&self) -> Unknown {
        let shown: String = self.text.chars().take(80).collect();
        template::unknown(self.text, self.place)
            .unwrap_or_else(|| Unknown::new(Why::Unsupported(format!("the rule `{shown}`").into()), Some(self.place)))
    }

    fn any(&mut self) -> When {
        let mut sides = vec![self.all()];
        while self.eat("||") {
            sides.push(self.all());
        }
        if sides.len() == 1 { sides.remove(0) } else { When::Any(sides) }
    }

    fn all(&mut self) -> When {
        let mut when = self.one();
        // Version 1 joined matchers with semicolons.
        while self.eat("&&") || self.eat(";") {
            when = when.and(self.one());
        }
        when
    }

    fn one(&mut self) -> When {
        const DEEPEST: usize = 40;
        self.depth += 1;
        if self.depth > DEEPEST {
            self.at = self.text.len();
            return When::Unknown(self.unclear());
        }
        let when = if self.eat("!") {
            self.one().negated()
        } else if self.eat("(") {
            let inner = self.any();
            self.eat(")");
            inner
        } else {
            self.matcher()
        };
        self.depth -= 1;
        when
    }

    fn matcher(&mut self) -> When {
        self.skip();
        let rest = self.rest();
        let length = rest.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = &rest[..length];
        self.at += length;
        if name.is_empty() || !self.eat("(") {
            self.at = self.text.len();
            return When::Unknown(self.unclear());
        }
        let values = self.values();
        self.matching(name, &values)
    }

    /// Texts in back quotes or quotes, up to the closing parenthesis.
    fn values(&mut self) -> Vec<&'a str> {
        let mut values = Vec::new();
        loop {
            self.skip();
            let rest = self.rest();
            match rest.chars().next() {
                Some(')') => {
                    self.at += 1;
                    return values;
                }
                Some(quote @ ('`' | '"' | '\'')) => {
                    let inside = &rest[1..];
                    let end = inside.find(quote).unwrap_or(inside.len());
                    values.push(&inside[..end]);
                    self.at += (1 + end + 1).min(rest.len());
                }
                Some(',') => self.at += 1,
                Some(_) => {
                    let end = rest.find([',', ')']).unwrap_or(rest.len());
                    values.push(rest[..end].trim());
                    self.at += end;
                }
                None => return values,
            }
        }
    }

    fn matching(&self, name: &str, values: &[&str]) -> When {
        let at = self.place;
        if values.iter().any(|value| template::hole(value, 0).is_some()) && !name.eq_ignore_ascii_case("HostRegexp") {
            if name == "Host" {
                let names = values.iter().map(|value| match template::unknown(value, at) {
                    Some(why) => Name::One(why),
                    None => Name::Exact((*value).into()),
                });
                return When::Host(names.collect());
            }
            return When::Unknown(self.unclear());
        }
        let texts = || -> Vec<Arc<str>> { values.iter().map(|value| Arc::from(*value)).collect() };
        let patterns = || values.iter().map(|value| Pattern::new(&groups(value), false, Some(at))).collect::<Vec<_>>();
        let header = |name: &str| Text::part(Part::Header(name.to_ascii_lowercase().into()), Some(at));
        match (name, values) {
            ("Host" | "HostSNI" | "HostHeader", ["*"]) => When::Always,
            ("Host" | "HostSNI" | "HostHeader", _) => {
                When::Host(values.iter().map(|value| Name::Exact((*value).into())).collect())
            }
            ("HostRegexp" | "HostSNIRegexp", _) => {
                let anchored = |value: &str| {
                    let source = groups(value);
                    // Version 2 matched names whole.
                    let source = if value.contains('{') && !value.starts_with('^') { format!("^{source}$") } else { source };
                    Name::Pattern(Pattern::new(&source, true, Some(at)))
                };
                When::Host(values.iter().map(|value| anchored(value)).collect())
            }
            ("Path", _) => When::Path(Test::Is(texts(), false)),
            ("PathPrefix" | "PathPrefixStrip", _) => When::Path(Test::Starts(texts(), false)),
            ("PathRegexp", _) => When::Path(Test::Finds(patterns())),
            ("Method", _) => When::Method(values.iter().map(|value| Arc::from(value.to_uppercase())).collect()),
            ("Header" | "Headers", [key, value]) => When::Text(header(key), Test::Is(vec![(*value).into()], false)),
            ("HeaderRegexp" | "HeadersRegexp", [key, value]) => {
                When::Text(header(key), Test::Finds(vec![Pattern::new(value, false, Some(at))]))
            }
            ("ClientIP", _) => When::Client(texts()),
            _ => When::Unknown(self.unclear()),
        }
    }
}

/// Version 2 wrote patterns as `{name:pattern}` between literals.
fn groups(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    if !value.contains('{') || value.starts_with('^') {
        return value.to_owned();
    }
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start].replace('.', "\\."));
        let mut depth = 0usize;
        let mut end = rest.len();
        for (at, byte) in rest.bytes().enumerate().skip(start) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end = at;
                break;
            }
        }
        let inside = rest.get(start + 1..end).unwrap_or_default();
        let pattern = inside.split_once(':').map_or(".+", |(_, pattern)| pattern);
        out.extend(["(", pattern, ")"]);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    out.push_str(&rest.replace('.', "\\."));
    out
}

#[cfg(test)]
mod tests {
    use shipworthy_model::front::Request;
    use shipworthy_model::{ArtifactId, Truth};

    use super::*;

    #[test]
    fn rules_hold_for_requests() {
        let holds =
            |rule: &str, host: &str, path: &str| read(rule, Region::whole(ArtifactId(0))).holds(&Request::http(host, path));
        for (rule, host, path, expected) in [
            ("Host(`a.test`, `b.test`)", "b.test", "/", true),
            ("Host(`a.test`) && PathPrefix(`/api`)", "a.test", "/apis", true),
            ("Host(`a.test`) && !PathPrefix(`/api`)", "a.test", "/api", false),
            ("(Host(`a.test`) || Host(`b.test`)) && Path(`/x`)", "b.test", "/x", true),
            ("HostRegexp(`{sub:[a-z]+}.a.test`)", "www.a.test", "/", true),
            ("HostRegexp(`{sub:[a-z]+}.a.test`)", "www.axtest", "/", false),
            ("HostRegexp(`^.+\\.a\\.test$`)", "www.a.test", "/", true),
            ("PathPrefix(`/`)", "x", "/", true),
            ("Host:a.test", "a.test", "/", false),
        ] {
            let answer = holds(rule, host, path);
            assert_eq!(answer == Truth::Yes, expected, "{rule}: {answer:?}");
        }
        assert!(matches!(holds("Nonsense(", "a", "/"), Truth::Unknown(_)));
        assert!(matches!(holds("Host(`${DOMAIN}`)", "a", "/"), Truth::Unknown(_)));
    }
}
