//! References to variables inside texts: `${NAME:-default}` as shells, Compose and Dockerfiles write it, `$(NAME)` as
//! Kubernetes does, `%(ENV_NAME)s` as supervisor does.

use std::sync::Arc;

use shipworthy_model::picture::Text;
use shipworthy_model::{Region, Why};

/// How a format writes references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `$NAME`, `${NAME}`, `${NAME:-default}` and the like; `$$` is a dollar sign.
    Compose,
    /// The same in a script: `${NAME:=default}` is a default too, and what a command puts out is nobody's to say.
    Shell,
    /// The same; a backslash takes the meaning from a dollar sign.
    Dockerfile,
    /// `$NAME`, `${NAME}`; `$$` is a dollar sign. No defaults.
    Systemd,
    /// `$(NAME)`; `$$(NAME)` is the text `$(NAME)`.
    Kubernetes,
    /// `%(ENV_NAME)s`, `%%`.
    Supervisor,
}

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Look {
    /// It has this text.
    Set(Text),
    /// It is certainly not set.
    Unset,
    /// Nobody gives it here; whoever deploys may.
    Open,
}

/// Replaces the references of a text. References to what nobody gives leave it unknown, unless they carry a default, which
/// is then assumed.
pub(crate) fn expand(text: &str, at: Region, dialect: Dialect, look: &dyn Fn(&str) -> Look) -> Text {
    let mark = if dialect == Dialect::Supervisor { '%' } else { '$' };
    let more = match dialect {
        Dialect::Dockerfile => Some('\\'),
        Dialect::Shell => Some('`'),
        Dialect::Compose | Dialect::Systemd | Dialect::Kubernetes | Dialect::Supervisor => None,
    };
    if !text.contains(mark) && more.is_none_or(|mark| !text.contains(mark)) {
        return Text::known(text, at);
    }
    let mut made = Made { text: String::new(), why: None, assumes: Vec::new() };
    replace(text, dialect, look, &mut made, 0);
    let Made { text: out, why, assumes } = made;
    match why {
        Some(why) => Text::unknown(text, why, at),
        None => Text::known(out, at),
    }
    .assuming(assumes)
}

/// The names that a text refers to.
pub(crate) struct Made {
    pub(crate) text: String,
    pub(crate) why: Option<Why>,
    pub(crate) assumes: Vec<Arc<str>>,
}

const DEEPEST: usize = 16;
const LONGEST: usize = 1 << 18;

fn replace(text: &str, dialect: Dialect, look: &dyn Fn(&str) -> Look, made: &mut Made, depth: usize) {
    if depth > DEEPEST || made.text.len() > LONGEST {
        made.why = Some(Why::Limit("nested references".into()));
        return;
    }
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let behind = &rest[character.len_utf8()..];
        match (dialect, character) {
            (Dialect::Dockerfile, '\\') => {
                let escaped = behind.chars().next().filter(|next| matches!(next, '$' | '\\' | '"' | '\''));
                made.text.push(escaped.unwrap_or('\\'));
                rest = &behind[escaped.map_or(0, char::len_utf8)..];
            }
            (Dialect::Compose | Dialect::Systemd | Dialect::Kubernetes, '$') if behind.starts_with('$') => {
                made.text.push('$');
                rest = &behind[1..];
                // `$$(NAME)` is not expanded once more.
                if dialect == Dialect::Kubernetes && rest.starts_with('(') {
                    made.text.push('(');
                    rest = &rest[1..];
                }
            }
            (Dialect::Supervisor, '%') if behind.starts_with('%') => {
                made.text.push('%');
                rest = &behind[1..];
            }
            (Dialect::Kubernetes, '$') if behind.starts_with('(') => rest = bracketed(rest, 2, ')', look, made),
            (Dialect::Supervisor, '%') if behind.starts_with("(ENV_") => {
                let after = bracketed(rest, 6, ')', look, made);
                rest = after.strip_prefix('s').unwrap_or(after);
            }
            (Dialect::Supervisor, '%') if behind.starts_with('(') => {
                let end = rest.find(')').map_or(rest.len(), |end| end + 1);
                made.why.get_or_insert(Why::Unsupported(format!("`{}`", &rest[..end]).into()));
                rest = rest[end..].strip_prefix(['s', 'd']).unwrap_or(&rest[end..]);
            }
            (Dialect::Shell, '$') if behind.starts_with('(') => {
                let end = behind.rfind(')').map_or(behind.len(), |end| end + 1);
                made.why.get_or_insert_with(|| output(&behind[..end]));
                rest = &behind[end..];
            }
            (Dialect::Shell, '`') => {
                let end = behind.find('`').map_or(behind.len(), |end| end + 1);
                made.why.get_or_insert_with(|| output(&behind[..end]));
                rest = &behind[end..];
            }
            // Quotes around a default are the script's.
            (Dialect::Shell, '"') if depth > 0 => rest = behind,
            (Dialect::Systemd, '$') if behind.starts_with('{') => rest = bracketed(rest, 2, '}', look, made),
            (Dialect::Compose | Dialect::Shell | Dialect::Dockerfile, '$') if behind.starts_with('{') => {
                let Some(end) = closing(&behind[1..]) else {
                    made.text.push('$');
                    rest = behind;
                    continue;
                };
                reference(&behind[1..=end], dialect, look, made, depth);
                rest = &behind[end + 2..];
            }
            (Dialect::Compose | Dialect::Shell | Dialect::Dockerfile | Dialect::Systemd, '$') => {
                let length = name_length(behind);
                if length == 0 {
                    made.text.push('$');
                    rest = behind;
                } else {
                    insert(&behind[..length], look, made);
                    rest = &behind[length..];
                }
            }
            (_, character) => {
                made.text.push(character);
                rest = behind;
            }
        }
    }
}

/// A plain reference in brackets; gives what follows it.
fn bracketed<'a>(rest: &'a str, skip: usize, close: char, look: &dyn Fn(&str) -> Look, made: &mut Made) -> &'a str {
    match rest[skip..].find(close) {
        Some(end) if is_name(&rest[skip..skip + end]) => {
            insert(&rest[skip..skip + end], look, made);
            &rest[skip + end + 1..]
        }
        Some(_) | None => {
            made.text.push_str(&rest[..skip]);
            &rest[skip..]
        }
    }
}

fn insert(name: &str, look: &dyn Fn(&str) -> Look, made: &mut Made) {
    match look(name) {
        Look::Set(text) => put(&text, made),
        Look::Unset => {}
        Look::Open => {
            made.why.get_or_insert(Why::Variable(name.into()));
        }
    }
}

pub(crate) fn put(text: &Text, made: &mut Made) {
    match (text.expose(), text.as_unknown()) {
        (Some(text), _) => made.text.push_str(text),
        (None, why) => {
            let why = why.map_or(Why::Unsupported("a credential that was withheld".into()), |why| why.why.clone());
            made.why.get_or_insert(why);
        }
    }
    for name in &text.assumes {
        if !made.assumes.contains(name) {
            made.assumes.push(name.clone());
        }
    }
}

/// The inside of `${…}`.
fn reference(inside: &str, dialect: Dialect, look: &dyn Fn(&str) -> Look, made: &mut Made, depth: usize) {
    let length = name_length(inside);
    let (name, tail) = inside.split_at(length);
    let (colon, operator) = match tail.strip_prefix(':') {
        Some(operator) => (true, operator),
        None => (false, tail),
    };
    let found = look(name);
    let empty = matches!(&found, Look::Set(text) if colon && text.is(""));
    let mut kinds = operator.chars();
    let kind = kinds.next();
    let word = kinds.as_str();
    match kind {
        Some(letter) if letter == '-' || letter == '=' && dialect == Dialect::Shell => match found {
            Look::Set(text) if !empty => put(&text, made),
            Look::Set(_) | Look::Unset => replace(word, dialect, look, made, depth + 1),
            Look::Open => {
                made.assumes.push(name.into());
                replace(word, dialect, look, made, depth + 1);
            }
        },
        Some('+') => match found {
            Look::Set(_) if !empty => replace(word, dialect, look, made, depth + 1),
            Look::Set(_) | Look::Unset => {}
            Look::Open => made.assumes.push(name.into()),
        },
        Some('?') | None => insert(name, look, made),
        Some(_) => {
            made.why.get_or_insert(Why::Unsupported(format!("`${{{inside}}}`").into()));
        }
    }
}

/// Why the output of a command is not known: what makes a random text makes another one each time.
pub(crate) fn output(command: &str) -> Why {
    const RANDOM: [&str; 10] = [
        "/dev/urandom",
        "/dev/random",
        "openssl rand",
        "uuidgen",
        "pwgen",
        "makepasswd",
        "get_random_secret_key",
        "get_random_string",
        "secrets.token_",
        "uuid.uuid4",
    ];
    // What is written down somewhere is read again by the next.
    let kept = [" tee ", "> ", ">>"].iter().any(|word| command.replace("2>", "").replace("/dev/null", "").contains(word));
    match RANDOM.iter().find(|program| command.contains(**program)) {
        Some(program) if !kept => Why::Random((*program).into()),
        Some(_) | None => Why::Unsupported("the output of a command".into()),
    }
}

/// Where the brace that closes a reference stands; references nest.
pub(crate) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        match bytes[index] {
            b'\\' => index += 1,
            b'$' if bytes.get(index + 1) == Some(&b'{') => {
                depth += 1;
                index += 1;
            }
            b'}' if depth == 0 => return Some(index),
            b'}' => depth -= 1,
            _ => {}
        }
        index += 1;
    }
    None
}

/// How long the name at the start of a text is.
pub(crate) fn name_length(text: &str) -> usize {
    let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    if text.as_bytes().first().is_some_and(u8::is_ascii_digit) { 0 } else { length }
}

/// Whether a text is the name of a variable.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && name_length(text) == text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shipworthy_model::ArtifactId;

    fn at() -> Region {
        Region::whole(ArtifactId(0))
    }

    fn one(text: &str, dialect: Dialect) -> (Option<String>, Vec<String>) {
        let look = |name: &str| match name {
            "A" => Look::Set(Text::known("1", at())),
            "E" => Look::Set(Text::known("", at())),
            "U" => Look::Unset,
            _ => Look::Open,
        };
        let text = expand(text, at(), dialect, &look);
        (text.expose().map(str::to_owned), text.assumes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn compose() {
        for (text, expected) in [
            ("$A-${A}", Some("1-1")),
            ("${E:-x}${E-x}", Some("x")),
            ("${U:-x${A}}", Some("x1")),
            ("${A:+y}${U:+y}", Some("y")),
            ("$$A", Some("$A")),
            ("${A:?no}", Some("1")),
            ("${X:?no}", None),
            ("$X", None),
            ("a$", Some("a$")),
            ("${X:-${Y:-z}}", Some("z")),
        ] {
            assert_eq!(one(text, Dialect::Compose).0.as_deref(), expected, "{text}");
        }
        assert_eq!(one("${X:-z}", Dialect::Compose).1, ["X"]);
    }

    #[test]
    fn others() {
        assert_eq!(one(r"\$A $A", Dialect::Dockerfile).0.as_deref(), Some("$A 1"));
        assert_eq!(one("$(A) $A $$(A)", Dialect::Kubernetes).0.as_deref(), Some("1 $A $(A)"));
        assert_eq!(one("%(ENV_A)s %%", Dialect::Supervisor).0.as_deref(), Some("1 %"));
        assert_eq!(one("%(here)s", Dialect::Supervisor).0, None);
        assert_eq!(one("${A}b $A", Dialect::Systemd).0.as_deref(), Some("1b 1"));
    }
}
