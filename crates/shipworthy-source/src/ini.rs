//! INI files in their several dialects: sections, keys and values with places. Repeated keys are kept.

use std::ops::Range;

use shipworthy_model::ArtifactId;

use crate::piece::Piece;

/// Who reads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// systemd: a backslash continues a line.
    Systemd,
    /// supervisor, as Python's configparser: indented lines continue a value, `;` behind a blank starts a comment.
    Supervisor,
    /// uWSGI: keys may stand alone.
    Uwsgi,
    /// `MySQL`'s option files: keys may stand alone, `#` starts a comment.
    MySql,
}

/// One line of a file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The section it stands in; empty before the first.
    pub(crate) section: Piece,
    /// The key.
    pub(crate) key: Piece,
    /// The value as written, continued lines and all; `None` for a key alone.
    pub(crate) value: Option<Piece>,
    /// The whole of it.
    pub(crate) line: Piece,
}

/// Reads a file. Also gives the lines that are nothing.
pub(crate) fn read(text: &str, artifact: ArtifactId, dialect: Dialect) -> (Vec<Entry>, Vec<Piece>) {
    let file = Piece::file(text, artifact);
    let mut entries = Vec::new();
    let mut strange = Vec::new();
    let mut section = file.slice(0..0);
    let mut position = 0;
    while position < text.len() {
        let start = position;
        let line = next(text, &mut position);
        let trimmed = line.trim();
        let offset = start + (line.len() - line.trim_start().len());
        if trimmed.starts_with("{#") && !trimmed.contains("#}") {
            // A comment of Jinja's may go on over lines.
            while position < text.len() && !next(text, &mut position).contains("#}") {}
            continue;
        }
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) || is_tag(trimmed) || trimmed.starts_with("{#") {
            continue;
        }
        if let Some(inside) = trimmed.strip_prefix('[') {
            match inside.find(']') {
                Some(end) => section = file.slice(offset + 1..offset + 1 + end),
                None => strange.push(file.slice(offset..offset + trimmed.len())),
            }
            continue;
        }
        let mut end = start + line.trim_end().len();
        // Comments between continued lines are passed over (systemd.syntax; configparser).
        let mut comments: Vec<Range<usize>> = Vec::new();
        match dialect {
            Dialect::Systemd | Dialect::Uwsgi => {
                let mut goes_on = text[..end].ends_with('\\');
                while goes_on && position < text.len() {
                    let from = position;
                    let more = next(text, &mut position);
                    end = from + more.trim_end().len();
                    let is_comment = dialect == Dialect::Systemd && is_comment(more);
                    comments.extend(Some(from..end).filter(|_| is_comment));
                    // Conditions of a template between continued lines do not end them.
                    goes_on = more.trim_end().ends_with('\\') || is_tag(more.trim()) || is_comment;
                }
                if text[..end].ends_with('\\') {
                    end -= 1;
                }
            }
            Dialect::Supervisor => {
                while position < text.len() {
                    let mut ahead = position;
                    let more = next(text, &mut ahead);
                    if is_comment(more) {
                        comments.push(position..position + more.len());
                    } else if !more.starts_with([' ', '\t']) || more.trim().is_empty() {
                        break;
                    } else {
                        end = position + more.trim_end().len();
                    }
                    position = ahead;
                }
            }
            Dialect::MySql => {}
        }
        let end = end.max(offset);
        let mut whole = file.slice(offset..end);
        comments.retain(|comment| comment.end <= end);
        if !comments.is_empty() {
            let mut bytes = text.as_bytes()[offset..end].to_vec();
            comments.iter().for_each(|comment| bytes[comment.start - offset..comment.end - offset].fill(b' '));
            let masked = String::from_utf8_lossy(&bytes);
            whole = Piece::verbatim(&masked, whole.at);
        }
        let comment = match dialect {
            Dialect::Supervisor => whole.text.find(" ;").or_else(|| whole.text.find("\t;")),
            Dialect::MySql => whole.text.find(" #").or_else(|| whole.text.find("\t#")),
            Dialect::Systemd | Dialect::Uwsgi => None,
        };
        let line = match comment {
            // A comment ends a line, not the lines that continue it.
            Some(comment) if !whole.text[comment..].contains('\n') => whole.slice(0..comment).trim(),
            Some(_) | None => whole,
        };
        let separator = match dialect {
            Dialect::Supervisor => line.text.find(['=', ':']),
            Dialect::Systemd | Dialect::Uwsgi | Dialect::MySql => line.text.find('='),
        };
        match separator {
            Some(separator) if separator > 0 => entries.push(Entry {
                section: section.clone(),
                key: line.slice(0..separator).trim(),
                value: Some(line.slice(separator + 1..line.text.len()).trim()),
                line,
            }),
            None if matches!(dialect, Dialect::Uwsgi | Dialect::MySql) && !line.text.starts_with('!') => {
                entries.push(Entry { section: section.clone(), key: line.clone(), value: None, line });
            }
            None if dialect == Dialect::MySql => {}
            Some(_) | None => strange.push(line),
        }
    }
    (entries, strange)
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with([';', '#'])
}

/// Whether a line is a condition or loop of a template, which is gone when the template is filled in.
fn is_tag(line: &str) -> bool {
    line.starts_with("{%")
}

/// The next line without its end.
fn next<'a>(text: &'a str, position: &mut usize) -> &'a str {
    let rest = &text[*position..];
    let line = rest.split_inclusive('\n').next().unwrap_or(rest);
    *position += line.len();
    line.trim_end_matches(['\n', '\r'])
}

/// A value without the quotes around it.
pub(crate) fn unquoted(value: &Piece) -> Piece {
    let text = &value.text;
    let quoted = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    if quoted('"') || quoted('\'') { value.slice(1..text.len() - 1) } else { value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, dialect: Dialect) -> Vec<String> {
        let (entries, strange) = read(text, ArtifactId(0), dialect);
        assert!(strange.is_empty(), "{strange:?}");
        entries
            .iter()
            .map(|entry| {
                let value = entry.value.as_ref().map(|value| format!("={}", value.text)).unwrap_or_default();
                format!("{}.{}{value}", entry.section.text, entry.key.text)
            })
            .collect()
    }

    #[test]
    fn dialects() {
        assert_eq!(
            shown("[Service]\nExecStart=/a \\\n  b\n# c\nUser = x\n", Dialect::Systemd),
            ["Service.ExecStart=/a \\\n  b", "Service.User=x"]
        );
        assert_eq!(
            shown(
                "[Service]\n{# why\nit is so #}\nExecStart=/a \\\n{% if x %}\n  --b \\\n{% endif %}\n  c\nUser=x\n",
                Dialect::Systemd
            ),
            ["Service.ExecStart=/a \\\n{% if x %}\n  --b \\\n{% endif %}\n  c", "Service.User=x"]
        );
        assert_eq!(
            shown("[program:x]\ncommand=a b ; c\nenvironment=\n  A=1,\n  B=2\nuser: y\n", Dialect::Supervisor),
            ["program:x.command=a b", "program:x.environment=A=1,\n  B=2", "program:x.user=y"]
        );
        assert_eq!(
            shown("[program:x]\nenvironment=\n  A=1,\n; not B\n  # nor C\n  D=2\n; end\nuser=y\n", Dialect::Supervisor),
            ["program:x.environment=A=1,\n       \n         \n  D=2", "program:x.user=y"]
        );
        assert_eq!(
            shown("[Service]\nExecStart=/a \\\n# why\n  b\nUser=x\n", Dialect::Systemd),
            ["Service.ExecStart=/a \\\n     \n  b", "Service.User=x"]
        );
        assert_eq!(shown("[uwsgi]\nmaster\nenv = A=1\n", Dialect::Uwsgi), ["uwsgi.master", "uwsgi.env=A=1"]);
        assert_eq!(shown("[mysqld]\nskip-networking # x\n!includedir /x\n", Dialect::MySql), ["mysqld.skip-networking"]);
    }
}
