//! Files whose kind it is to hold a credential: password files of programs, private keys.

use std::ops::Range;

/// Whether a file may be one, by its name.
pub fn is_credential_file(path: &str) -> bool {
    kind(path).is_some()
}

/// What a file holds, and where: its first credential.
pub fn credential(path: &str, text: &str) -> Option<(&'static str, Range<usize>)> {
    match kind(path)? {
        Kind::PostgreSql => {
            let mut lines = lines(text).filter(|(_, line)| !line.starts_with('#'));
            lines.find_map(|(start, line)| {
                let mut fields = fields(line);
                let last = fields.pop().filter(|it| fields.len() == 4 && !it.is_empty())?;
                Some(("a password of PostgreSQL", start + last.start..start + last.end))
            })
        }
        Kind::Words => {
            let found = lines(text).filter(|(_, line)| !line.starts_with('#')).find_map(|(start, line)| {
                let at = line.match_indices("password").map(|(at, word)| at + word.len()).find(|at| {
                    let before = line[..at - "password".len()].chars().next_back();
                    before.is_none_or(char::is_whitespace) && line[*at..].starts_with([' ', '\t'])
                })?;
                let value = line[at..].trim_start();
                let from = at + line[at..].len() - value.len();
                let length = value.find(char::is_whitespace).unwrap_or(value.len());
                (length > 0).then(|| (start + from, length))
            });
            found.map(|(start, length)| ("a password", start..start + length))
        }
        Kind::Entries(names) => lines(text).find_map(|(start, line)| {
            let (name, value) = line.split_once(['=', ':'])?;
            if !names.contains(&name.trim()) {
                return None;
            }
            let bare = value.trim().trim_matches(['"', '\'']);
            let from = start + line.find(bare).filter(|_| !bare.is_empty())?.max(name.len() + 1);
            Some(("a password", from..from + bare.len()))
        }),
        Kind::PrivateKey => {
            let start = text.find("-----BEGIN ")?;
            let head = text[start..].lines().next()?;
            let locked = text.contains("ENCRYPTED");
            let end = start + head.len();
            (head.contains("PRIVATE KEY") && !locked).then_some(("a private key", start..end))
        }
    }
}

enum Kind {
    /// `host:port:database:user:password`
    PostgreSql,
    /// `password` and what follows it.
    Words,
    /// `password = …`
    Entries(&'static [&'static str]),
    /// PEM.
    PrivateKey,
}

fn kind(path: &str) -> Option<Kind> {
    let lower = path.to_ascii_lowercase();
    let (folder, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    match name {
        ".pgpass" | "pgpass" | "pgpass.conf" => Some(Kind::PostgreSql),
        "msmtprc" | ".msmtprc" | ".netrc" | "_netrc" | "netrc" => Some(Kind::Words),
        ".my.cnf" | "my.cnf" | "client.cnf" | ".pypirc" => Some(Kind::Entries(&["password"])),
        ".s3cfg" => Some(Kind::Entries(&["secret_key"])),
        "credentials" if folder.rsplit('/').next() == Some(".aws") => Some(Kind::Entries(&["aws_secret_access_key"])),
        "id_rsa" | "id_ed25519" | "id_ecdsa" | "id_dsa" => Some(Kind::PrivateKey),
        _ => matches!(name.rsplit_once('.'), Some((_, "key" | "pem"))).then_some(Kind::PrivateKey),
    }
}

/// The lines of a text, trimmed, with where each starts.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut position = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = position + (line.len() - line.trim_start().len());
        position += line.len();
        (start, line.trim())
    })
}

/// The fields of a line between colons; a backslash takes the meaning from the next letter.
fn fields(line: &str) -> Vec<Range<usize>> {
    let (mut found, mut start, mut escaped) = (Vec::new(), 0, false);
    for (index, letter) in line.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ':' => {
                found.push(start..index);
                start = index + 1;
            }
            _ => {}
        }
    }
    found.push(start..line.len());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_hold_credentials() {
        for (path, text, expected) in [
            (".pgpass", "# x\ndb:5432:shop:shop:a\\:b\n", Some("a\\:b")),
            (".pgpass", "db:5432:shop:shop\n", None),
            ("deploy/msmtprc", "account default\nuser shop\npassword abc\n", Some("abc")),
            (".netrc", "machine x login y password z\n", Some("z")),
            ("deploy/msmtprc", "passwordeval \"cat x\"\n", None),
            ("mysql/.my.cnf", "[client]\npassword = \"abc\"\n", Some("abc")),
            (".aws/credentials", "aws_secret_access_key=abc\n", Some("abc")),
            ("tls/server.key", "-----BEGIN PRIVATE KEY-----\nAAA\n", Some("-----BEGIN PRIVATE KEY-----")),
            ("tls/server.pem", "-----BEGIN CERTIFICATE-----\nAAA\n", None),
            ("tls/server.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAA\n", None),
            ("shop/views.py", "password abc\n", None),
        ] {
            assert_eq!(credential(path, text).map(|(_, at)| &text[at]), expected, "{path}");
        }
    }
}
