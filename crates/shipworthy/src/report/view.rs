//! The view of one audit that every format shares: places, cleaned words, masked excerpts.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use shipworthy_model::{ArtifactId, Finding, Notice, Region};

use super::place::{Place, Sources};
use super::redact::{Redactor, strike_out};
use super::{clean, excerpt};
use crate::audit::Audit;

/// One audit, as it may be shown.
pub(crate) struct View<'a> {
    /// The audit.
    pub(crate) audit: &'a Audit,
    sources: Sources<'a>,
    redactor: Redactor,
    hidden: Vec<OnceCell<Vec<Range<usize>>>>,
    /// Whether the reader asked to see credentials.
    reveals: bool,
}

impl<'a> View<'a> {
    /// Of this audit.
    pub(crate) fn new(audit: &'a Audit) -> Self {
        let artifacts = &audit.facts.artifacts;
        Self {
            audit,
            sources: Sources::new(artifacts),
            redactor: Redactor::of(&audit.facts),
            hidden: artifacts.iter().map(|_| OnceCell::new()).collect(),
            reveals: false,
        }
    }

    /// Of this audit, with its credentials: for `settings --show-secrets` alone.
    pub(crate) fn revealing(audit: &'a Audit) -> Self {
        Self { reveals: true, ..Self::new(audit) }
    }

    /// Text for a terminal: on one line, without credentials or anything a terminal would obey.
    pub(crate) fn say(&self, text: &str) -> String {
        clean::one_line(&self.mask(text)).into_owned()
    }

    /// Text for a program: without credentials, otherwise as it is.
    pub(crate) fn words(&self, text: &str) -> String {
        self.mask(text).into_owned()
    }

    /// A path for a program.
    pub(crate) fn path(&self, path: &str) -> String {
        self.redactor.mask_path(path).into_owned()
    }

    /// A path for a terminal.
    pub(crate) fn say_path(&self, path: &str) -> String {
        clean::one_line(&self.redactor.mask_path(path)).into_owned()
    }

    /// The path of a file, for a terminal.
    pub(crate) fn say_file(&self, artifact: ArtifactId) -> String {
        self.say_path(self.sources.path(artifact))
    }

    /// `path:line` for a terminal; the path alone for a file as a whole.
    pub(crate) fn say_place(&self, region: Region) -> String {
        let path = self.say_file(region.artifact);
        if is_whole(region) { path } else { format!("{path}:{}", self.sources.line(region)) }
    }

    /// Where a finding is to be seen, for a terminal: its place, or what was asked and answered.
    pub(crate) fn say_where(&self, finding: &Finding) -> Option<String> {
        finding.at.map(|at| self.say_place(at)).or_else(|| self.say_exchanges(finding).into_iter().next())
    }

    /// The exchanges that show a finding, for a terminal: `GET https://shop.example/x: 404`.
    pub(crate) fn say_exchanges(&self, finding: &Finding) -> Vec<String> {
        let wire = self.audit.facts.wire();
        finding.exchanges.iter().filter_map(|id| Some(self.say(&wire?.exchange(*id)?.line()))).collect()
    }

    /// A region as programs count it.
    pub(crate) fn place(&self, region: Region) -> Place {
        let place = self.sources.place(region);
        Place { path: self.path(&place.path), ..place }
    }

    /// A line of a file (from 1), with what must not be shown struck out, one character for one.
    pub(crate) fn line(&self, artifact: ArtifactId, line: usize) -> String {
        let text = &self.sources.artifacts().get(artifact).text;
        let range = self.sources.line_range(artifact, line);
        if self.reveals {
            return clean::visible(&text[range]).into_owned();
        }
        let inside = self.hidden(artifact).iter().filter(|hidden| hidden.start < range.end && range.start < hidden.end);
        let inside = inside.map(|hidden| hidden.start.max(range.start) - range.start..hidden.end.min(range.end) - range.start);
        let struck = strike_out(&text[range.clone()], inside.collect());
        let masked = match self.redactor.mask(&struck) {
            Cow::Borrowed(_) => struck,
            Cow::Owned(masked) => Cow::Owned(masked),
        };
        clean::visible(&masked).into_owned()
    }

    /// The file that stands for the project where a format demands one: the settings module.
    pub(crate) fn settings_file(&self) -> Option<ArtifactId> {
        let module = self.audit.facts.settings.module.replace('.', "/");
        let artifacts = self.sources.artifacts();
        let is_module = |path: &str| {
            path.strip_suffix(".py").is_some_and(|path| path.strip_suffix("/__init__").unwrap_or(path).ends_with(&module))
        };
        (!module.is_empty()).then(|| artifacts.iter().find(|(_, artifact)| is_module(&artifact.path)).map(|(id, _)| id))?
    }

    /// A path as seen from where the command was given, for formats that are read there.
    pub(crate) fn seen_from_here(&self, path: &str) -> String {
        let root = self.audit.root.trim_end_matches('/');
        let outside = root.starts_with('/') || root.starts_with('~') || root.split('/').any(|part| part == "..");
        let root = root.trim_start_matches("./");
        if outside || root.is_empty() || root == "." { path.to_owned() } else { format!("{root}/{path}") }
    }

    /// Where a notice belongs, for a terminal.
    pub(crate) fn say_notice_place(&self, notice: &Notice) -> Option<String> {
        notice.at.map(|at| self.say_place(at)).or_else(|| notice.path.as_deref().map(|path| self.say_path(path)))
    }

    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.reveals { Cow::Borrowed(text) } else { self.redactor.mask(text) }
    }

    fn hidden(&self, artifact: ArtifactId) -> &[Range<usize>] {
        self.hidden[artifact.0 as usize].get_or_init(|| {
            let regions: Vec<Range<usize>> = self
                .redactor
                .regions()
                .iter()
                .filter(|region| region.artifact == artifact)
                .map(|region| self.sources.clip(*region))
                .map(|(start, end)| start..end)
                .collect();
            let file = self.sources.artifacts().get(artifact);
            excerpt::hidden(&file.path, &file.text, &regions)
        })
    }
}

/// Whether a region means its file as a whole.
pub(crate) fn is_whole(region: Region) -> bool {
    region.start == 0 && region.end == 0
}

/// Django's ids of a finding as text: `security.W004, caches.W001 (2 times)`.
pub(crate) fn django_ids(finding: &Finding) -> String {
    let mut ids: Vec<(&str, u32)> = Vec::new();
    for django in &finding.django {
        match ids.iter_mut().find(|(id, _)| **id == *django.id) {
            Some((_, count)) => *count += django.count,
            None => ids.push((&django.id, django.count)),
        }
    }
    let shown: Vec<String> =
        ids.iter().map(|(id, count)| if *count > 1 { format!("{id} ({count} times)") } else { (*id).to_owned() }).collect();
    shown.join(", ")
}
