//! `docker compose`: the files that a command names together, and what it runs in a service.

use shipworthy_model::picture::Text;

use super::{Call, Follower, Found};

/// The command that `docker compose run|exec SERVICE` runs in a service.
pub(super) fn run(follower: &mut Follower<'_>, call: &Call<'_>, skip: usize, found: &mut Found) {
    let tail = &call.tail[skip..];
    let Some(verb) = tail.iter().position(|word| matches!(word.shown(), "run" | "exec")) else { return };
    let mut words = tail[verb + 1..].iter().enumerate().peekable();
    let mut service = None;
    while let Some((index, word)) = words.next() {
        let shown = word.shown();
        if matches!(
            shown,
            "-e" | "--env" | "-u" | "--user" | "-w" | "--workdir" | "--entrypoint" | "-v" | "--volume" | "-p" | "--name"
        ) {
            words.next();
        } else if !shown.starts_with('-') {
            service = Some(index);
            break;
        }
    }
    if let Some(service) = service {
        let mut way = call.way.clone();
        way.via.push(call.at);
        way.last = false;
        let words: Vec<Text> = tail[verb + 1 + service + 1..].to_vec();
        follower.words(&words, call.at, &way, found);
    }
}

/// The files that a command line of Compose names together.
pub(super) fn files(tail: &[Text], found: &mut Found) {
    let mut files = Vec::new();
    let mut words = tail.iter();
    while let Some(word) = words.next() {
        let shown = word.shown();
        if matches!(shown, "-f" | "--file") {
            files.extend(words.next().cloned());
        } else if let Some(path) = shown.strip_prefix("--file=").or_else(|| shown.strip_prefix("-f=")) {
            files.push(Text::known(path, word.at));
        }
    }
    if !files.is_empty() {
        found.sets.push(files);
    }
}
