//! Pipelines and recipes: what workflows run, and what Makefiles offer.

use std::sync::Arc;

use shipworthy_model::picture::{Class, Source, Step, Text, Variable, When};
use shipworthy_model::{ArtifactId, Why};

use super::finish::Maker;
use super::{Reader, built_images, handed};
use crate::piece::Piece;
use crate::places::folder_of;
use crate::recipes;
use crate::shell::Wrote;
use crate::stage::Stage;
use crate::yaml::{self, Kind, Node};

/// Reads workflows of GitHub, pipelines of GitLab, Makefiles and justfiles.
pub(super) fn read(maker: &mut Maker<'_>, files: &[(String, Reader, String)]) {
    for (path, reader, content) in files {
        let artifact = maker.artifacts.add(path, content.as_str());
        match reader {
            Reader::GithubWorkflow => github(maker, path, content, artifact),
            Reader::GitlabPipeline => gitlab(maker, path, content, artifact),
            Reader::Recipes => makefile(maker, path, content, artifact),
            _ => {}
        }
    }
    let sets = maker.written.compose_files();
    maker.sets.extend(sets);
}

fn variables(node: Option<&Node>) -> Vec<Variable> {
    let mut variables = Vec::new();
    for (name, value) in node.iter().flat_map(|node| node.entries()) {
        let text = value.text().or_else(|| value.get("value").and_then(|value| value.text()));
        if let Some(text) = text {
            let text = match text.as_str().filter(|known| known.contains("${{")) {
                Some(known) => Text::unknown(known, Why::Unsupported("an expression of the pipeline".into()), text.at),
                None => text,
            };
            variables.push(Variable::new(name.text.clone(), text, Source::Definition));
        }
    }
    variables
}

/// What a schedule of a workflow says, or that it runs with the pipeline.
fn when(root: &Node) -> When {
    let triggers = root.get("on").or_else(|| root.get("true"));
    let only_scheduled = triggers
        .is_some_and(|on| on.is_map() && on.entries().all(|(key, _)| matches!(&*key.text, "schedule" | "workflow_dispatch")));
    let cron = triggers
        .and_then(|on| on.get("schedule"))
        .and_then(|list| list.items().first().and_then(|item| item.get("cron")).cloned());
    match cron.and_then(|cron| cron.text()).filter(|_| only_scheduled) {
        Some(text) => When::Scheduled(text),
        None => When::Pipeline,
    }
}

fn github(maker: &mut Maker<'_>, path: &str, content: &str, artifact: ArtifactId) {
    let documents = yaml::read(content, artifact);
    maker.notices.extend(documents.notices);
    for root in &documents.roots {
        let when = when(root);
        let given = variables(root.get("env").map(|env| &**env));
        for (name, job) in root.get("jobs").iter().flat_map(|jobs| jobs.entries()) {
            let mut wrote = Vec::new();
            let told = maker.sets.len();
            let mut spelled: Vec<Variable> = Vec::new();
            let mut deploys = stage(path, &name.text) == Stage::Production;
            let mut own = given.clone();
            Variable::overlay(&mut own, variables(job.get("env").map(|env| &**env)));
            let folder = job
                .path(&["defaults", "run", "working-directory"])
                .or_else(|| root.path(&["defaults", "run", "working-directory"]));
            for step in job.get("steps").map(|steps| steps.items()).unwrap_or_default() {
                if let Some(with) = step.get("with").filter(|_| builds(step)) {
                    built_images::keep_action(maker, with);
                }
                let uses = step.get("uses").and_then(|uses| uses.str()).unwrap_or_default();
                let remote = ["ssh", "scp", "rsync"].iter().any(|word| uses.contains(word));
                // What an action runs on another machine, it runs where the tree was put.
                let there = remote.then(|| step.path(&["with", "script"])).flatten();
                let Some(run) = step.get("run").map(|run| &**run).or(there).and_then(Node::piece) else {
                    deploys |= remote;
                    continue;
                };
                deploys |= remote || reaches_out(&run.text);
                let mut all = own.clone();
                Variable::overlay(&mut all, variables(step.get("env").map(|env| &**env)));
                let folder = step.get("working-directory").map(|node| &**node).or(folder).and_then(Node::str).unwrap_or("");
                let folder = if remote { "" } else { folder };
                let folder = crate::places::beside("", folder).unwrap_or_default();
                let mut found = maker.script(run, &all, &folder);
                built_images::keep(maker, &folder, std::mem::take(&mut found.built));
                handed::keep(maker, std::mem::take(&mut found.hands), stage(path, &name.text));
                wrote.extend(found.wrote.drain(..).map(|(changed, wrote)| (folder.clone(), changed, wrote)));
                spelled.extend(all.into_iter().chain(found.spelled.drain(..)));
                let before = maker.picture.steps.len();
                maker.steps(found, &when, None, Some(&name.text));
                if says_yes(step.get("continue-on-error")) || says_yes(job.get("continue-on-error")) {
                    tolerate(&mut maker.picture.steps[before..]);
                }
            }
            tell(maker, path, &name.text, deploys, &spelled);
            keep(maker, path, &name.text, deploys, wrote, told);
        }
    }
}

fn gitlab(maker: &mut Maker<'_>, path: &str, content: &str, artifact: ArtifactId) {
    let documents = yaml::read(content, artifact);
    maker.notices.extend(documents.notices);
    for root in &documents.roots {
        let given = variables(root.get("variables").map(|node| &**node));
        for (name, job) in root.entries() {
            if !job.is_map()
                || matches!(&*name.text, "variables" | "default" | "workflow" | "include" | "stages" | "cache" | "image")
            {
                continue;
            }
            let mut own = given.clone();
            Variable::overlay(&mut own, variables(job.get("variables").map(|node| &**node)));
            let mut wrote = Vec::new();
            let told = maker.sets.len();
            let mut spelled = own.clone();
            let mut deploys = stage(path, &name.text) == Stage::Production;
            for key in ["before_script", "script", "after_script"] {
                let mut lines = Vec::new();
                flat(job.get(key).map(|node| &**node), &mut lines, 0);
                for line in lines {
                    deploys |= reaches_out(&line.text);
                    let mut found = maker.script(&line, &own, "");
                    built_images::keep(maker, "", std::mem::take(&mut found.built));
                    handed::keep(maker, std::mem::take(&mut found.hands), stage(path, &name.text));
                    wrote.extend(found.wrote.drain(..).map(|(changed, wrote)| (String::new(), changed, wrote)));
                    spelled.append(&mut found.spelled);
                    let before = maker.picture.steps.len();
                    maker.steps(found, &When::Pipeline, None, Some(&name.text));
                    if says_yes(job.get("allow_failure")) {
                        tolerate(&mut maker.picture.steps[before..]);
                    }
                }
            }
            tell(maker, path, &name.text, deploys, &spelled);
            keep(maker, path, &name.text, deploys, wrote, told);
        }
    }
}

fn says_yes(node: Option<&Arc<Node>>) -> bool {
    node.and_then(|node| node.str()) == Some("true")
}

/// Notes of steps that the pipeline goes on when they fail.
fn tolerate(steps: &mut [Step]) {
    for step in steps {
        step.tolerated = true;
    }
}

/// Whether a step of a workflow builds an image.
fn builds(step: &Node) -> bool {
    step.get("uses").and_then(|uses| uses.str()).is_some_and(|uses| uses.starts_with("docker/build-push-action"))
}

/// What the names of a pipeline and of a job of it say that the job is for.
fn stage(path: &str, job: &str) -> Stage {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    // What integrates is no stage that anything is deployed to, and a pipeline is called one, whatever it is for.
    let words = stem.split(|letter: char| !letter.is_ascii_alphanumeric());
    let own = words.filter(|word| !["ci", "cd", "cicd", "github", "gitlab"].iter().any(|known| known.eq_ignore_ascii_case(word)));
    let file = Stage::of(&own.collect::<Vec<_>>().join("-"));
    match Stage::of(job) {
        Stage::Neutral | Stage::Base => file,
        // A job named "deploy" deploys to where its pipeline's name says.
        Stage::Production if matches!(file, Stage::Staging | Stage::Development) => file,
        said => said,
    }
}

/// Whether a script does something to another machine than the one that runs it.
pub(super) fn reaches_out(script: &str) -> bool {
    const PROGRAMS: [&str; 6] = ["ssh", "scp", "rsync", "ansible-playbook", "kubectl", "flyctl"];
    script.contains("docker stack deploy") || script.split_whitespace().any(|word| PROGRAMS.contains(&word))
}

/// Keeps the credentials that a job spells out, if it deploys to what may be production.
fn tell(maker: &mut Maker<'_>, path: &str, job: &str, deploys: bool, spelled: &[Variable]) {
    let stage = stage(path, job);
    if deploys && !matches!(stage, Stage::Staging | Stage::Development) {
        handed::spell(maker, "a job that deploys", &Class::new(Stage::Production, "it deploys"), spelled);
    }
}

/// Keeps the files of variables that a job writes, if it deploys to what may be production, and notes of the compose files
/// that it has named since `told` that they are what it deploys.
fn keep(maker: &mut Maker<'_>, path: &str, job: &str, deploys: bool, wrote: Vec<(String, Option<Text>, Wrote)>, told: usize) {
    if !deploys || matches!(stage(path, job), Stage::Staging | Stage::Development) {
        return;
    }
    maker.written.add(wrote);
    for set in &mut maker.sets[told..] {
        set.deploys = set.starts;
    }
}

/// The lines of a script; lists may be nested through anchors and `!reference`.
fn flat(node: Option<&Node>, lines: &mut Vec<Piece>, depth: usize) {
    let Some(node) = node.filter(|_| depth < 8 && lines.len() < 1000) else { return };
    match &node.kind {
        Kind::List(items) if node.tag.is_none() => {
            for item in items {
                flat(Some(item), lines, depth + 1);
            }
        }
        Kind::Scalar(piece, _) | Kind::Template(piece) => lines.push(piece.clone()),
        Kind::Null | Kind::List(_) | Kind::Map(_) => {}
    }
}

fn makefile(maker: &mut Maker<'_>, path: &str, content: &str, artifact: ArtifactId) {
    const MOST: usize = 400;
    for recipe in recipes::read(&Piece::file(content, artifact)).iter().take(MOST) {
        for line in &recipe.lines {
            let mut found = maker.script(line, &[], folder_of(path));
            built_images::keep(maker, folder_of(path), std::mem::take(&mut found.built));
            let told = maker.sets.len();
            handed::keep(maker, std::mem::take(&mut found.hands), stage(path, &recipe.name.text));
            let production = stage(path, &recipe.name.text) == Stage::Production;
            tell(maker, path, &recipe.name.text, production, &std::mem::take(&mut found.spelled));
            maker.steps(found, &When::Manual, None, Some(&recipe.name.text));
            let deploys = reaches_out(&line.text) && !matches!(Stage::of(&recipe.name.text), Stage::Staging | Stage::Development);
            for set in maker.sets[told..].iter_mut().filter(|set| deploys && set.starts) {
                set.deploys = true;
            }
        }
    }
}
