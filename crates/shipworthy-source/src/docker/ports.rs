//! Ports and mounts of Compose in their short forms: `127.0.0.1:8000:80/tcp`, `./data:/data:ro`.

use shipworthy_model::Region;
use shipworthy_model::picture::{Mount, MountKind, Port, Publishing, Text};

/// The parts of a text between colons that stand outside of braces and brackets.
fn parts(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut parts = Vec::new();
    let mut depth = 0usize;
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => {
                parts.push(start..index);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(start..text.len());
    parts
}

/// A part of a text: unknown only where it holds a reference itself.
fn part(whole: &Text, range: std::ops::Range<usize>) -> Text {
    let shown = whole.shown();
    let text = shown.get(range.clone()).unwrap_or_default();
    let fits = (whole.at.end - whole.at.start) as usize == shown.len();
    let at = if fits {
        Region::new(whole.at.artifact, whole.at.start + range.start as u32, whole.at.start + range.end as u32)
    } else {
        whole.at
    };
    match whole.as_unknown() {
        Some(why) if text.contains(['$', '{']) => Text::unknown(text, why.why.clone(), at),
        Some(_) | None => Text::known(text, at),
    }
    .assuming(whole.assumes.clone())
}

/// A port in short form. Without a colon it is published on a port that Docker chooses.
pub(super) fn port(text: &Text) -> Port {
    let shown = text.shown();
    let (body, protocol) = match shown.rsplit_once('/') {
        Some((body, protocol)) if !protocol.contains('}') => {
            (body.len(), Some(part(text, body.len() + 1..body.len() + 1 + protocol.len())))
        }
        Some(_) | None => (shown.len(), None),
    };
    let ranges = parts(&shown[..body]);
    let take = |range: &std::ops::Range<usize>| part(text, range.clone());
    let (host, published, target) = match ranges.as_slice() {
        [] => (None, None, None),
        [target] => (None, None, Some(take(target))),
        [published, target] => (None, Some(take(published)), Some(take(target))),
        [host @ .., published, target] => {
            let host = part(text, host[0].start..host[host.len() - 1].end);
            (Some(host), Some(take(published)), Some(take(target)))
        }
    };
    let some = |text: Option<Text>| text.filter(|text| !text.is(""));
    Port { host: some(host), published: some(published), target: some(target), protocol, how: Publishing::Host, at: text.at }
}

/// A mount in short form.
pub(super) fn mount(text: &Text) -> Mount {
    let shown = text.shown();
    let mut ranges = parts(shown);
    // `C:\data:/data`
    if ranges.len() > 1 && ranges[0].len() == 1 && shown.as_bytes()[0].is_ascii_alphabetic() && shown[2..].starts_with('\\') {
        let second = ranges.remove(1);
        ranges[0].end = second.end;
    }
    let take = |range: &std::ops::Range<usize>| part(text, range.clone());
    let (source, target, options) = match ranges.as_slice() {
        [] => (None, text.clone(), ""),
        [target] => (None, take(target), ""),
        [source, target] => (Some(take(source)), take(target), ""),
        [source, target, options, ..] => (Some(take(source)), take(target), &shown[options.clone()]),
    };
    let kind = match &source {
        None => MountKind::Anonymous,
        Some(source) => kind_of(source.shown()),
    };
    let read_only = options.split(',').any(|option| option == "ro");
    Mount { kind, source, target, read_only, at: text.at }
}

/// What a source is: a path is the host's, a name is a volume's.
pub(super) fn kind_of(source: &str) -> MountKind {
    if source.starts_with(['.', '/', '~', '\\']) || source.contains(":\\") {
        MountKind::Bind
    } else if source.starts_with('$') {
        MountKind::Other
    } else {
        MountKind::Volume
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shipworthy_model::{ArtifactId, Why};

    fn text(text: &str) -> Text {
        let at = Region::new(ArtifactId(0), 0, text.len() as u32);
        if text.contains('$') { Text::unknown(text, Why::Variable("X".into()), at) } else { Text::known(text, at) }
    }

    #[test]
    fn short_ports() {
        let shown = |source: &str| {
            let port = port(&text(source));
            let shown = |text: &Option<Text>| text.as_ref().map_or("-", Text::shown).to_owned();
            format!("{} {} {} {}", shown(&port.host), shown(&port.published), shown(&port.target), shown(&port.protocol))
        };
        assert_eq!(shown("80"), "- - 80 -");
        assert_eq!(shown("8000:80/udp"), "- 8000 80 udp");
        assert_eq!(shown("127.0.0.1:8000:80"), "127.0.0.1 8000 80 -");
        assert_eq!(shown("[::1]:8000:80"), "[::1] 8000 80 -");
        assert_eq!(shown("::1:8000:80"), "::1 8000 80 -");
        assert_eq!(shown("127.0.0.1::80"), "127.0.0.1 - 80 -");
        assert_eq!(shown("${P:-1}:80"), "- ${P:-1} 80 -");
        assert_eq!(port(&text("${P}:80")).number(), Some(80));
        assert_eq!(port(&text("127.0.0.1:1:2")).is_loopback(), Some(true));
    }

    #[test]
    fn short_mounts() {
        let shown = |source: &str| {
            let mount = mount(&text(source));
            format!("{:?} {} {}", mount.kind, mount.target.shown(), mount.read_only)
        };
        assert_eq!(shown("./a:/b:ro"), "Bind /b true");
        assert_eq!(shown("data:/b"), "Volume /b false");
        assert_eq!(shown("/b"), "Anonymous /b false");
        assert_eq!(shown("${D}:/b:rw,z"), "Other /b false");
    }
}
