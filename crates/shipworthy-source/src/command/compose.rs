//! `docker compose`: which files a command names together, and what it runs in a service.

use shipworthy_model::Region;
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

/// A command of Compose, or of a swarm.
#[derive(Clone, Debug)]
pub(crate) struct Composed {
    /// The files that it names together; without any, Compose takes those of its folder.
    pub(crate) files: Vec<Text>,
    /// Whether it starts what they describe.
    pub(crate) starts: bool,
    /// Where it is written.
    pub(crate) at: Region,
}

/// Keeps the files that a command line names together.
pub(super) fn files(tail: &[Text], at: Region, found: &mut Found) {
    let mut files = Vec::new();
    let mut starts = false;
    let mut words = tail.iter();
    while let Some(word) = words.next() {
        let shown = word.shown();
        if matches!(shown, "-f" | "--file" | "-c" | "--compose-file") {
            files.extend(words.next().cloned());
        } else if let Some((_, path)) =
            shown.split_once('=').filter(|(name, _)| matches!(*name, "--file" | "-f" | "--compose-file"))
        {
            files.push(Text::known(path, word.at));
        }
        starts |= matches!(shown, "up" | "deploy" | "restart" | "start");
    }
    if !files.is_empty() || starts {
        found.sets.push(Composed { files, starts, at });
    }
}
