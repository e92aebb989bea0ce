//! The deployment picture for people: environments, what runs in them, and what is run when.

use std::borrow::Cow;

use shipworthy_model::picture::{Chance, Environment, MountKind, Picture, Port, Process, Publishing, Step, Text, Unit, When};
use shipworthy_model::{Artifacts, Notice, Region};

use super::clean;
use super::paint::{Paint, Tone};
use super::place::{Place, Sources};
use super::redact::Redactor;

/// A picture with what is needed to show it.
pub(super) struct Shown<'a> {
    pub(super) picture: &'a Picture,
    pub(super) notices: &'a [Notice],
    sources: Sources<'a>,
    redactor: Redactor,
}

impl<'a> Shown<'a> {
    pub(super) fn new(picture: &'a Picture, artifacts: &'a Artifacts, notices: &'a [Notice]) -> Self {
        Self { picture, notices, sources: Sources::new(artifacts), redactor: Redactor::of_picture(picture, artifacts) }
    }

    /// Text that may leave: credentials struck out, on one line.
    pub(super) fn words(&self, text: &str) -> String {
        clean::one_line(&self.redactor.mask(text)).into_owned()
    }

    pub(super) fn text(&self, text: &Text) -> String {
        self.words(text.shown())
    }

    pub(super) fn path(&self, artifact: shipworthy_model::ArtifactId) -> String {
        clean::one_line(&self.redactor.mask_path(self.sources.path(artifact))).into_owned()
    }

    pub(super) fn place(&self, region: Region) -> Place {
        let mut place = self.sources.place(region);
        place.path = self.path(region.artifact);
        place
    }

    fn at(&self, region: Region) -> String {
        format!("{}:{}", self.path(region.artifact), self.sources.line(region))
    }
}

/// The picture as text.
pub(super) fn render(shown: &Shown<'_>, paint: Paint) -> String {
    let mut out = String::new();
    if shown.picture.environments.is_empty() {
        out.push_str("no file of the project says how it is deployed\n");
    }
    for environment in &shown.picture.environments {
        render_environment(shown, environment, paint, &mut out);
    }
    let loose: Vec<&Step> = shown.picture.steps.iter().filter(|step| step.environment.is_none()).collect();
    if !loose.is_empty() {
        out.push_str(&format!("{}\n", paint.tone(Tone::Heading, "besides")));
        for step in loose {
            render_step(shown, step, paint, &mut out);
        }
        out.push('\n');
    }
    for notice in shown.notices {
        let place = match (notice.at, &notice.path) {
            (Some(at), _) => shown.at(at),
            (None, Some(path)) => shown.words(path),
            (None, None) => String::new(),
        };
        out.push_str(&format!("note: {} {}\n", shown.words(&notice.message), paint.tone(Tone::Quiet, &place)));
    }
    out
}

fn render_environment(shown: &Shown<'_>, environment: &Environment, paint: Paint, out: &mut String) {
    let whole = if environment.complete { "" } else { ", not all of it could be read" };
    let aside = format!("{}, {}: {}{whole}", environment.platform.name(), environment.class.name(), environment.class.reason);
    let name = paint.tone(Tone::Heading, &shown.words(&environment.name));
    out.push_str(&format!("{name}  {}\n", paint.tone(Tone::Quiet, &shown.words(&aside))));
    for unit in &environment.units {
        render_unit(shown, unit, paint, out);
    }
    for step in shown.picture.steps.iter().filter(|step| step.environment.as_ref() == Some(&environment.name)) {
        render_step(shown, step, paint, out);
    }
    out.push('\n');
}

fn render_unit(shown: &Shown<'_>, unit: &Unit, paint: Paint, out: &mut String) {
    let mut facts: Vec<String> = Vec::new();
    if let Some(image) = &unit.image {
        facts.push(format!("image {}", shown.text(image)));
    }
    if let Some(build) = &unit.build {
        let target = build.target.as_ref().map(|target| format!(", stage {}", shown.text(target))).unwrap_or_default();
        facts.push(format!("built from {}{target}", shown.words(&build.dockerfile)));
    }
    facts.extend(unit.user.as_ref().map(|user| format!("as {}", shown.text(user))));
    facts.extend(unit.replicas.as_ref().map(|count| format!("{} of it", shown.text(count))));
    facts.extend(unit.schedule.as_ref().map(|schedule| format!("at {}", shown.text(schedule))));
    if !unit.profiles.is_empty() {
        let names: Vec<String> = unit.profiles.iter().map(|profile| shown.text(profile)).collect();
        facts.push(format!("only with the profile {}", names.join(" or ")));
    }
    let head = format!("  {} ({})", shown.words(&unit.name), unit.role.name());
    out.push_str(&format!("{head}  {}\n", paint.tone(Tone::Quiet, &facts.join(", "))));
    for process in &unit.processes {
        render_process(shown, process, paint, out);
    }
    if !unit.ports.is_empty() {
        let ports: Vec<String> = unit.ports.iter().map(|port| port_of(shown, port)).collect();
        out.push_str(&format!("    reachable: {}\n", ports.join(", ")));
    }
    let kept: Vec<String> = unit.mounts.iter().filter_map(|mount| mount_of(shown, mount)).collect();
    if !kept.is_empty() {
        out.push_str(&format!("    mounts: {}\n", kept.join(", ")));
    }
    if unit.runs_python() {
        for name in ["DJANGO_SETTINGS_MODULE", "DEBUG", "DJANGO_DEBUG"] {
            if let Some(variable) = unit.variable(name) {
                out.push_str(&format!(
                    "    {name}={}  {}\n",
                    shown.text(&variable.value),
                    paint.tone(Tone::Quiet, &shown.at(variable.value.at))
                ));
            }
        }
        let count = unit.variables.len();
        if count > 0 {
            out.push_str(&format!("    {count} environment variable{}\n", if count == 1 { "" } else { "s" }));
        }
    }
}

fn render_process(shown: &Shown<'_>, process: &Process, paint: Paint, out: &mut String) {
    let mut line = shown.words(process.runs.name());
    if let Some(server) = process.runs.server() {
        line.extend(server.target.iter().map(|target| format!(" {}", shown.text(target))));
        let binds: Vec<String> = server.binds().iter().map(|bind| shown.text(bind)).collect();
        if !binds.is_empty() {
            line.push_str(&format!(" on {}", binds.join(" and ")));
        }
        line.extend(server.workers().map(|count| format!(", {count} worker{}", if count == 1 { "" } else { "s" })));
        if let Some(why) = &server.open {
            line.push_str(&format!(", other options are open: {}", shown.words(&why.reason())));
        }
    }
    line.extend(process.user.iter().map(|user| format!(", as {}", shown.text(user))));
    match process.chance {
        Chance::Certain => {}
        Chance::Presumed if !process.rests_on.is_empty() => {
            line.push_str(&format!(", unless {} says otherwise", shown.words(&process.rests_on.join(" or "))));
        }
        Chance::Presumed | Chance::Open | Chance::Unlikely => line.push_str(", under a condition"),
    }
    out.push_str(&format!("    runs {line}  {}\n", paint.tone(Tone::Quiet, &shown.at(process.at))));
}

fn render_step(shown: &Shown<'_>, step: &Step, paint: Paint, out: &mut String) {
    let when: Cow<'_, str> = match &step.when {
        When::Build => "on building".into(),
        When::Release => "on releasing".into(),
        When::Start => "on starting".into(),
        When::Scheduled(schedule) => format!("at {}", shown.text(schedule)).into(),
        When::Pipeline => "in a pipeline".into(),
        When::Manual => "by hand".into(),
    };
    let words: Vec<String> = step.words.iter().map(|word| shown.text(word)).collect();
    let condition = if step.conditional { ", under a condition" } else { "" };
    out.push_str(&format!("  {when}: {}{condition}  {}\n", words.join(" "), paint.tone(Tone::Quiet, &shown.at(step.at))));
}

/// A port in a few words.
pub(super) fn port_of(shown: &Shown<'_>, port: &Port) -> String {
    let target = port.target.as_ref().map(|target| shown.text(target));
    let published = port.published.as_ref().map(|published| shown.text(published));
    let number = match (published, target) {
        (Some(published), Some(target)) if published != target => format!("{published} to {target}"),
        (Some(number), _) | (None, Some(number)) => number,
        (None, None) => String::new(),
    };
    let host = port.host.as_ref().map(|host| format!("{} ", shown.text(host))).unwrap_or_default();
    let how = match port.how {
        Publishing::Host => "",
        Publishing::NodePort => "node port ",
        Publishing::LoadBalancer => "load balancer ",
        Publishing::HostNetwork => "the host's network",
        Publishing::Router => "by the router ",
    };
    format!("{how}{host}{number}").trim().to_owned()
}

fn mount_of(shown: &Shown<'_>, mount: &shipworthy_model::picture::Mount) -> Option<String> {
    let kind = match mount.kind {
        MountKind::Volume => "volume",
        MountKind::Bind => "host folder",
        MountKind::Temporary => "temporary",
        MountKind::Secret => "secret",
        MountKind::Config => "config",
        MountKind::Anonymous => "nameless volume",
        MountKind::Other => return None,
    };
    let source = mount.source.as_ref().map(|source| format!(" {}", shown.text(source))).unwrap_or_default();
    Some(format!("{kind}{source} at {}", shown.text(&mount.target)))
}
