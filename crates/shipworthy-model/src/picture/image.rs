//! Images: what a Dockerfile builds, stage by stage, and which stage ships.

use std::sync::Arc;

use super::{Command, Inlay, Probe, Text, Variable};
use crate::{ArtifactId, Region};

/// An image that the project builds.
#[derive(Clone, Debug)]
pub struct Image {
    /// The path of the Dockerfile.
    pub path: Arc<str>,
    /// The Dockerfile.
    pub artifact: ArtifactId,
    /// Its stages, in order.
    pub stages: Vec<ImageStage>,
    /// What `.dockerignore` leaves out of the context; `None` where there is none.
    pub ignore: Option<IgnoreFile>,
}

/// A stage of a Dockerfile.
#[derive(Clone, Debug)]
pub struct ImageStage {
    /// The name after `AS`.
    pub name: Option<Arc<str>>,
    /// What it starts from.
    pub base: Text,
    /// The earlier stage that it starts from, if it does.
    pub parent: Option<usize>,
    /// Its `FROM` line.
    pub at: Region,
    /// `USER`, the last one.
    pub user: Option<Text>,
    /// `WORKDIR`, the last one, made absolute.
    pub folder: Option<Text>,
    /// `ENV`
    pub variables: Vec<Variable>,
    /// `ARG` with a default.
    pub arguments: Vec<Variable>,
    /// `ENTRYPOINT`, the last one.
    pub entrypoint: Option<Command>,
    /// `CMD`, the last one.
    pub command: Option<Command>,
    /// `EXPOSE`
    pub exposes: Vec<Text>,
    /// `HEALTHCHECK`
    pub health: Option<Probe>,
    /// `COPY` and `ADD`.
    pub copies: Vec<Copied>,
    /// Files whose text stands in the Dockerfile.
    pub inlays: Vec<Inlay>,
    /// `RUN`
    pub runs: Vec<Command>,
    /// `VOLUME`
    pub volumes: Vec<Text>,
    /// `STOPSIGNAL`
    pub stop_signal: Option<Text>,
}

/// A `COPY` or `ADD`.
#[derive(Clone, Debug, PartialEq)]
pub struct Copied {
    /// The stage or image it copies from; the context where `None`.
    pub from: Option<Text>,
    /// What is copied.
    pub sources: Vec<Text>,
    /// To where.
    pub target: Text,
    /// Where it is written.
    pub at: Region,
}

/// Which image a unit builds.
#[derive(Clone, Debug, PartialEq)]
pub struct Build {
    /// The folder whose files the build may copy, relative to the tree; `None` where it lies outside or is not decided.
    pub context: Option<Arc<str>>,
    /// The path of the Dockerfile, relative to the tree.
    pub dockerfile: Arc<str>,
    /// The stage that ships, where it is not the last one.
    pub target: Option<Text>,
    /// Build arguments.
    pub arguments: Vec<Variable>,
    /// Where the build is asked for.
    pub at: Region,
    /// Whether another file asks for it, and the unit runs the image by its name.
    pub by_name: bool,
}

/// A `.dockerignore` or `.gitignore`.
#[derive(Clone, Debug)]
pub struct IgnoreFile {
    /// The file.
    pub artifact: ArtifactId,
    /// Its patterns, in order; the last one that matches decides.
    pub patterns: Vec<IgnorePattern>,
}

/// One line of an ignore file.
#[derive(Clone, Debug, PartialEq)]
pub struct IgnorePattern {
    /// The pattern without its `!`.
    pub pattern: Arc<str>,
    /// Whether it takes back what an earlier one left out.
    pub keeps: bool,
    /// Where it is written.
    pub at: Region,
}

impl Image {
    /// The stage of this name, or number, or the last one.
    pub fn stage(&self, target: Option<&str>) -> Option<&ImageStage> {
        let Some(target) = target.filter(|target| !target.is_empty()) else { return self.stages.last() };
        let named = |stage: &&ImageStage| stage.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(target));
        self.stages.iter().find(named).or_else(|| self.stages.get(target.parse::<usize>().ok()?))
    }

    /// A stage and those of the same file that it starts from, itself first.
    pub fn lineage<'a>(&'a self, stage: &'a ImageStage) -> Vec<&'a ImageStage> {
        let mut line = vec![stage];
        let mut current = stage;
        while let Some(parent) = current.parent.and_then(|index| self.stages.get(index)) {
            // A stage can only start from an earlier one.
            if line.len() > self.stages.len() {
                break;
            }
            line.push(parent);
            current = parent;
        }
        line
    }

    /// The user of a stage: its own last `USER`, or that of the stage it starts from.
    pub fn user(&self, stage: &ImageStage) -> Option<Text> {
        self.lineage(stage).iter().find_map(|stage| stage.user.clone())
    }

    /// The working folder of a stage.
    pub fn folder(&self, stage: &ImageStage) -> Option<Text> {
        self.lineage(stage).iter().find_map(|stage| stage.folder.clone())
    }

    /// The entrypoint and command of a stage. An `ENTRYPOINT` discards a `CMD` that it inherits (Dockerfile reference,
    /// "Understand how CMD and ENTRYPOINT interact").
    pub fn entry(&self, stage: &ImageStage) -> (Option<Command>, Option<Command>) {
        let mut command = None;
        for stage in self.lineage(stage) {
            command = command.or_else(|| stage.command.clone());
            if stage.entrypoint.is_some() {
                return (stage.entrypoint.clone(), command);
            }
        }
        (None, command)
    }

    /// The `ENV` variables of a stage, those of the stages it starts from below its own.
    pub fn variables(&self, stage: &ImageStage) -> Vec<Variable> {
        let mut variables = Vec::new();
        for stage in self.lineage(stage).into_iter().rev() {
            Variable::overlay(&mut variables, stage.variables.iter().cloned());
        }
        variables
    }

    /// The signal that asks a stage's process to stop, where one is named.
    pub fn stop_signal(&self, stage: &ImageStage) -> Option<Text> {
        self.lineage(stage).iter().find_map(|stage| stage.stop_signal.clone())
    }

    /// The health check of a stage.
    pub fn health(&self, stage: &ImageStage) -> Option<Probe> {
        self.lineage(stage).iter().find_map(|stage| stage.health.clone())
    }
}

impl IgnoreFile {
    /// Whether a path of the context is left out, and by which pattern. A pattern leaves out what it names and everything
    /// below (moby/patternmatcher); the last one that matches decides.
    pub fn leaves_out(&self, path: &str) -> Option<&IgnorePattern> {
        let decides = self.patterns.iter().rev().find(|pattern| {
            let own = pattern.pattern.trim_matches('/');
            let parts: Vec<&str> = path.split('/').collect();
            (1..=parts.len()).any(|length| matches(own.as_bytes(), parts[..length].join("/").as_bytes(), 0))
        })?;
        (!decides.keeps).then_some(decides)
    }
}

/// Go's `filepath.Match` with `**` over folders.
fn matches(pattern: &[u8], path: &[u8], depth: usize) -> bool {
    const DEEPEST: usize = 64;
    if depth > DEEPEST {
        return false;
    }
    match pattern {
        [] => path.is_empty(),
        [b'*', b'*', b'/', rest @ ..] => {
            matches(rest, path, depth + 1)
                || path.iter().enumerate().any(|(at, byte)| *byte == b'/' && matches(rest, &path[at + 1..], depth + 1))
        }
        [b'*', b'*', rest @ ..] => (0..=path.len()).any(|at| matches(rest, &path[at..], depth + 1)),
        [b'*', rest @ ..] => {
            let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
            (0..=end).any(|at| matches(rest, &path[at..], depth + 1))
        }
        [b'?', rest @ ..] => path.first().is_some_and(|byte| *byte != b'/') && matches(rest, &path[1..], depth),
        [b'[', rest @ ..] => {
            let Some(end) = rest.iter().position(|byte| *byte == b']').filter(|end| *end > 0) else { return false };
            let (set, rest) = (&rest[..end], &rest[end + 1..]);
            let (negated, set) = match set {
                [b'^', set @ ..] => (true, set),
                set => (false, set),
            };
            let Some(byte) = path.first() else { return false };
            let mut inside = false;
            let mut index = 0;
            while index < set.len() {
                if index + 2 < set.len() && set[index + 1] == b'-' {
                    inside |= (set[index]..=set[index + 2]).contains(byte);
                    index += 3;
                } else {
                    inside |= set[index] == *byte;
                    index += 1;
                }
            }
            inside != negated && matches(rest, &path[1..], depth)
        }
        [b'\\', escaped, rest @ ..] => path.first() == Some(escaped) && matches(rest, &path[1..], depth),
        [literal, rest @ ..] => path.first() == Some(literal) && matches(rest, &path[1..], depth),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignore_files_decide_by_the_last_match() {
        let region = Region::whole(ArtifactId(0));
        let file = |lines: &[&str]| IgnoreFile {
            artifact: ArtifactId(0),
            patterns: lines
                .iter()
                .map(|line| IgnorePattern {
                    pattern: line.trim_start_matches('!').into(),
                    keeps: line.starts_with('!'),
                    at: region,
                })
                .collect(),
        };
        assert!(file(&["*.env"]).leaves_out("a.env").is_some());
        assert!(file(&["*.env"]).leaves_out("x/a.env").is_none());
        assert!(file(&["**/*.env"]).leaves_out("x/y/.env").is_some());
        assert!(file(&["**/.env*"]).leaves_out(".env.prod").is_some());
        assert!(file(&["/secrets/"]).leaves_out("secrets/key").is_some());
        assert!(file(&["*", "!src"]).leaves_out("src/a").is_none());
        assert!(file(&["*", "!src"]).leaves_out(".env").is_some());
        assert!(file(&["[a-c]?"]).leaves_out("bx").is_some());
    }
}
