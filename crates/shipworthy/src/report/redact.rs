//! Redaction: the one door through which text of the project leaves, with every credential struck out.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use shipworthy_model::picture::Picture;
use shipworthy_model::{Artifacts, Datum, Facts, Region, Secret, Value, is_secret_name};

use super::{excerpt, tokens};

/// What stands in the place of each character of a credential.
pub(crate) const MASK: char = '•';

/// Words that are no credential even where one is expected: masking them would only garble the report.
const ORDINARY: [&str; 56] = [
    "admin",
    "anonymous",
    "basic",
    "bearer",
    "change-me",
    "change_me",
    "changeit",
    "changeme",
    "celery",
    "cookie",
    "dashboard",
    "database",
    "debug",
    "default",
    "development",
    "django",
    "docker",
    "dummy",
    "email",
    "empty",
    "environ",
    "example",
    "false",
    "guest",
    "header",
    "hidden",
    "local",
    "localhost",
    "master",
    "memcached",
    "mysql",
    "none",
    "null",
    "pass",
    "passwd",
    "password",
    "postgres",
    "postgresql",
    "prod",
    "production",
    "public",
    "rabbitmq",
    "redis",
    "replace-me",
    "root",
    "sample",
    "secret",
    "server",
    "session",
    "settings",
    "staging",
    "test",
    "token",
    "true",
    "user",
    "username",
];

/// A credential shorter than this is only struck out where it stands as a word.
const SUBSTRING_FROM: usize = 8;
/// A credential longer than this would make too large a table to look for; the length of the largest keys.
const LONG_FROM: usize = 16 << 10;
/// A path is a name that everybody sees; only what can hardly be a folder's name is struck out of it.
const PATH_FROM: usize = 16;

/// The names of the files, folders and modules that were read, and of the variables that are asked for.
fn names(facts: &Facts) -> BTreeSet<&str> {
    let variables = facts.settings.variables.iter().map(|variable| &*variable.name);
    let modules = facts.settings.module.split('.').flat_map(words);
    names_of_files(&facts.artifacts).chain(modules).chain(variables).collect()
}

fn names_of_files(artifacts: &Artifacts) -> impl Iterator<Item = &str> {
    let stem = |part: &str| part.len() - part.rsplit_once('.').map_or(0, |(_, end)| end.len() + 1);
    let parts = artifacts.iter().flat_map(|(_, artifact)| artifact.path.split('/'));
    parts.flat_map(move |part| std::iter::once(part).chain(words(&part[..stem(part)])))
}

/// A name and the words it is made of.
fn words(name: &str) -> impl Iterator<Item = &str> {
    std::iter::once(name).chain(name.split(['-', '_', '.']))
}

/// Whether it is hidden wherever it is found: a word that is also a name of the project is seen by everybody who sees a path,
/// and as a password it hides in its place alone.
fn hides(secret: &Secret, names: &BTreeSet<&str>) -> bool {
    let text = secret.expose();
    !names.contains(text) || text.len() >= PATH_FROM && !is_word(text)
}

/// Whether the text is spelled like a name, of letters alone: no key is.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-')
}

/// Every credential of one audit.
#[derive(Default)]
pub(crate) struct Redactor {
    secrets: Vec<Secret>,
    /// Finds all of them but the long ones in one pass over a text: a project may have thousands, and a report has
    /// thousands of texts.
    finder: Option<AhoCorasick>,
    /// The long ones, which no text but a long one can hold.
    long: Vec<Secret>,
    /// Where the source spells them.
    regions: Vec<Region>,
}

impl Redactor {
    /// Collects what the facts know: settings, defaults of variables, other environments, env files.
    pub(crate) fn of(facts: &Facts) -> Self {
        let mut redactor = Self::default();
        let settings = &facts.settings;
        for setting in settings.explicit.values() {
            redactor.collect(&setting.value);
        }
        for what_if in &settings.what_if {
            what_if.value.iter().for_each(|value| redactor.collect(value));
            if let Some(text) = what_if.text.as_deref().filter(|_| is_secret_name(&what_if.variable)) {
                redactor.add(text);
            }
        }
        for variable in &settings.variables {
            if let Some(default) = &variable.default {
                redactor.collect(default);
                if let Some(text) = default.expose_str().filter(|_| is_secret_name(&variable.name)) {
                    redactor.add(text);
                    redactor.regions.extend(default.at);
                }
            }
        }
        for (name, region) in facts.project.env_files.iter().flat_map(|file| &file.variables) {
            let text = unquoted(facts.artifacts.text(*region));
            if is_secret_name(name) || tokens::url_credentials(text).next().is_some() {
                redactor.add(text);
                redactor.regions.push(*region);
            }
        }
        for file in &facts.project.credential_files {
            redactor.add(unquoted(facts.artifacts.text(file.at)));
            redactor.regions.push(file.at);
        }
        redactor.spell(facts);
        let names = names(facts);
        redactor.secrets.retain(|secret| hides(secret, &names));
        redactor.ready()
    }

    /// Collects what a deployment's files give to its processes.
    pub(crate) fn of_picture(picture: &Picture, artifacts: &Artifacts) -> Self {
        let mut redactor = Self::default();
        let built = picture.images.iter().flat_map(|image| &image.stages);
        let built = built.flat_map(|stage| stage.variables.iter().chain(&stage.arguments));
        let units = picture.environments.iter().flat_map(|environment| &environment.units);
        let given = units.flat_map(|unit| unit.variables.iter().chain(unit.processes.iter().flat_map(|it| &it.variables)));
        for variable in given.chain(built) {
            if let Some(secret) = variable.value.as_secret().and_then(Secret::text) {
                redactor.add(secret);
                redactor.regions.push(variable.value.at);
            }
        }
        let units = picture.environments.iter().flat_map(|environment| &environment.units);
        let images = units.filter_map(|unit| unit.image.as_ref()).flat_map(|image| image.shown().split(['/', ':', '-', '_']));
        let names: BTreeSet<&str> = names_of_files(artifacts).chain(images).collect();
        redactor.secrets.retain(|secret| hides(secret, &names));
        redactor.ready()
    }

    /// The regions in which the source spells a credential.
    pub(crate) fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The text with every credential struck out, each character by one [`MASK`].
    pub(crate) fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.strike(text, 0)
    }

    /// The same for a path, which has to stay usable: only what is unmistakably a credential goes.
    pub(crate) fn mask_path<'t>(&self, path: &'t str) -> Cow<'t, str> {
        self.strike(path, PATH_FROM)
    }

    /// Makes all that was collected ready to be looked for.
    fn ready(mut self) -> Self {
        self.secrets.sort();
        self.secrets.dedup();
        (self.long, self.secrets) = self.secrets.into_iter().partition(|secret| secret.expose().len() >= LONG_FROM);
        // Overlapping: a credential may be a part of another, and of a third beside it.
        // The texts of a report are short: a table that is quickly made is worth more than one that is quickly read.
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        match AhoCorasick::builder().kind(kind).match_kind(MatchKind::Standard).build(self.secrets.iter().map(Secret::expose)) {
            Ok(finder) => self.finder = Some(finder),
            // More than 4 GB of states; nothing may leave unmasked all the same.
            Err(_) => self.long.append(&mut self.secrets),
        }
        self
    }

    fn strike<'t>(&self, text: &'t str, shortest: usize) -> Cow<'t, str> {
        let mut ranges: Vec<Range<usize>> = tokens::find(text);
        let found = self.finder.iter().flat_map(|finder| finder.find_overlapping_iter(text));
        let found = found.map(|found| (&self.secrets[found.pattern().as_usize()], found.range()));
        let long = self.long.iter().filter(|secret| secret.expose().len() <= text.len());
        let long = long.flat_map(|secret| text.match_indices(secret.expose()).map(move |(at, it)| (secret, at..at + it.len())));
        for (secret, range) in found.chain(long) {
            if secret.expose().len() >= shortest && stands(text, secret.expose(), &range) {
                ranges.push(range);
            }
        }
        strike_out(text, ranges)
    }

    /// A credential may be put together from parts that the source spells one by one.
    fn spell(&mut self, facts: &Facts) {
        for region in self.regions.clone() {
            let text = facts.artifacts.text(region);
            let parts = excerpt::hidden(&facts.artifacts.get(region.artifact).path, text, std::slice::from_ref(&(0..text.len())));
            for part in parts {
                self.add(unquoted(&text[part]));
            }
        }
    }

    fn collect(&mut self, value: &Value) {
        value.walk(&mut |value| match &value.datum {
            Datum::Secret(secret) => {
                self.add(secret.expose());
                self.regions.extend(value.at);
            }
            // Text that gives itself away is known by its parts as well: the lines of a private key.
            Datum::Str(text) => tokens::find(text).into_iter().for_each(|range| self.add(&text[range])),
            _ => {}
        });
    }

    fn add(&mut self, text: &str) {
        let mut parts: Vec<String> = tokens::url_credentials(text).map(|range| text[range].to_owned()).collect();
        let decoded: Vec<String> = parts.iter().map(|part| percent_decoded(part)).collect();
        parts.extend(decoded);
        if parts.is_empty() {
            parts.push(text.to_owned());
            // A key of many lines is shown line by line.
            parts.extend(text.lines().map(str::trim).filter(|line| line.len() >= SUBSTRING_FROM).map(str::to_owned));
        }
        let escaped: Vec<String> = parts.iter().map(|part| part.escape_debug().to_string()).collect();
        parts.extend(escaped);
        self.secrets.extend(parts.into_iter().filter(|part| is_telling(part)).map(Secret::new));
    }
}

/// The text with the characters of these byte ranges struck out; ranges may overlap.
pub(crate) fn strike_out(text: &str, ranges: Vec<Range<usize>>) -> Cow<'_, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut ranges = ranges;
    ranges.sort_by_key(|range| range.start);
    let mut struck = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for range in ranges {
        let start = text.floor_char_boundary(range.start).max(done);
        let end = text.ceil_char_boundary(range.end);
        if end <= start {
            continue;
        }
        struck.push_str(&text[done..start]);
        struck.extend(text[start..end].chars().map(|character| if character == '\n' { '\n' } else { MASK }));
        done = end;
    }
    struck.push_str(&text[done..]);
    Cow::Owned(struck)
}

/// Whether knowing the text would tell anybody anything: not an ordinary word, not the name of a setting.
fn is_telling(text: &str) -> bool {
    text.chars().count() >= 4
        && !ORDINARY.contains(&text.to_ascii_lowercase().as_str())
        && !is_name(text)
        && !text.chars().all(|character| !character.is_alphanumeric())
}

/// Whether the text is spelled like a setting's or variable's name, and speaks of a credential.
pub(crate) fn is_name(text: &str) -> bool {
    is_secret_name(text)
        && (text.contains('_') || text.len() <= 12)
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether what is at this range is the credential: a short one inside another word is not, and neither is a word inside a
/// longer one. After a backslash there is a letter that is no part of a word.
fn stands(text: &str, secret: &str, range: &Range<usize>) -> bool {
    let wordy = |character: char| character.is_alphanumeric() || character == '_';
    let before = &text[..range.start];
    let escaped = before.char_indices().next_back().is_some_and(|(at, _)| before[..at].ends_with('\\'));
    secret.chars().count() >= SUBSTRING_FROM && !is_word(secret)
        || !(before.ends_with(wordy) && !escaped && secret.starts_with(wordy)
            || text[range.end..].starts_with(wordy) && secret.ends_with(wordy))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let digits = text.get(index + 1..index + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let (b'%', Some(byte)) = (bytes[index], digits) {
            decoded.push(byte);
            index += 3;
        } else {
            decoded.push(bytes[index]);
            index += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        for secret in secrets {
            redactor.add(secret);
        }
        redactor.ready()
    }

    #[test]
    fn masks_have_the_length_of_what_they_hide() {
        let redactor = redactor(&["h√nter-22-hunter", "pa55"]);
        assert_eq!(redactor.mask("key 'h√nter-22-hunter' end"), "key '••••••••••••••••' end");
        assert_eq!(redactor.mask("pa55 pa55word (pa55)"), "•••• pa55word (••••)");
    }

    #[test]
    fn parts_of_each_other_and_long_keys_are_struck_out_whole() {
        let long = "k3y!".repeat(LONG_FROM);
        let redactor = redactor(&["hunter22", "22secret-rest", "hunter22secret", &long]);
        assert_eq!(redactor.mask("<hunter22secret-rest>"), format!("<{}>", "•".repeat(19)));
        assert_eq!(redactor.mask(&format!("<{long}>")), format!("<{}>", "•".repeat(long.len())));
    }

    #[test]
    fn ordinary_words_and_names_stay() {
        let redactor = redactor(&["postgres", "SECRET_KEY", "abc", "Changeme", "    "]);
        let text = "SECRET_KEY of postgres is abc Changeme     ";
        assert_eq!(redactor.mask(text), text);
    }

    #[test]
    fn a_password_that_is_a_folder_s_name_does_not_garble_paths() {
        let mut facts = Facts::default();
        facts.artifacts.add("shop/shopfront/wsgi.py", "");
        let default = Some(Value::of(Datum::Secret(Secret::new("shopfront"))));
        let variable = |name: &str, default| shipworthy_model::Variable {
            name: name.into(),
            cast: "str".into(),
            default,
            required: false,
            reads: Vec::new(),
            called: Vec::new(),
            given: None,
            within: None,
        };
        facts.settings.variables.push(variable("DB_PASSWORD", default));
        facts.settings.variables.push(variable("API_KEY", Some(Value::of(Datum::Secret(Secret::new("p1anted"))))));
        facts.artifacts.add("open_city_profile/settings.py", "");
        for (name, default) in [("A_PASSWORD", "open_city_profile"), ("B_PASSWORD", "profile"), ("C_PASSWORD", "correcthorse")] {
            facts.settings.variables.push(variable(name, Some(Value::of(Datum::Secret(Secret::new(default))))));
        }
        let redactor = Redactor::of(&facts);
        assert_eq!(redactor.mask("shop/shopfront/wsgi.py has p1anted"), "shop/shopfront/wsgi.py has •••••••");
        let path = "open_city_profile/settings.py";
        assert_eq!((redactor.mask(path), redactor.mask_path(path)), (path.into(), path.into()));
        let word = r#"correcthorse "a\ncorrecthorse" but not correcthorses"#;
        assert_eq!(redactor.mask(word), r#"•••••••••••• "a\n••••••••••••" but not correcthorses"#);
    }

    #[test]
    fn of_a_url_only_the_password_goes() {
        let redactor = redactor(&["postgres://shop:s3cr%40t-pw@db/shop"]);
        assert_eq!(redactor.mask("s3cr@t-pw or s3cr%40t-pw on db"), "••••••••• or ••••••••••• on db");
    }

    #[test]
    fn lines_of_a_long_key_go_one_by_one() {
        let redactor = redactor(&["-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA75\n-----END KEY-----"]);
        assert_eq!(redactor.mask("x MIIEpAIBAAKCAQEA75"), format!("x {}", "•".repeat(18)));
    }
}
