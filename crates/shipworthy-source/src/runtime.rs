//! Reads what a run of the project's own Python told: JSON objects, later ones adding to earlier ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use shipworthy_model::runtime::{
    Addresses, CheckMessage, DebugView, FoundTemplate, LoadedMiddleware, Login, LoginProblem, MiddlewareState, Raised, RunStage,
};
use shipworthy_model::{ArtifactId, Artifacts, Region, Runtime, Value, Version};

use crate::{Tree, tagged, text};

/// Where the run looked at the project: its paths become regions of the files of this tree.
pub struct Ground<'t> {
    /// The files.
    pub tree: &'t dyn Tree,
    /// The absolute path of the tree's root.
    pub root: &'t str,
}

/// Reads the parts of an answer, in order. What is not as agreed upon is left out: the answer of a damaged run says less.
///
/// # Errors
///
/// A value of a setting that is no tagged JSON: the setting and why.
pub fn read(parts: &[Json], ground: &Ground<'_>, artifacts: &mut Artifacts) -> Result<Runtime, String> {
    let mut runtime = Runtime::default();
    for part in parts.iter().filter_map(Json::as_object) {
        let mut reader = Reader { ground, artifacts: &mut *artifacts };
        reader.part(part, &mut runtime)?;
    }
    Ok(runtime)
}

struct Reader<'r, 't> {
    ground: &'r Ground<'t>,
    artifacts: &'r mut Artifacts,
}

impl Reader<'_, '_> {
    fn part(&mut self, part: &Map<String, Json>, runtime: &mut Runtime) -> Result<(), String> {
        for (name, json) in part {
            match name.as_str() {
                "stage" => {
                    runtime.stage = json.as_str().and_then(RunStage::named).unwrap_or(runtime.stage);
                    runtime.complete |= runtime.stage == RunStage::End;
                }
                "python" => runtime.python = json.as_str().map(Into::into),
                "django" => runtime.django = json.as_str().and_then(Version::parse),
                "settings" => runtime.settings = Some(settings(json)?),
                "failure" => runtime.failure = self.raised(json),
                "troubles" => runtime.troubles.extend(list(json).iter().filter_map(|json| self.raised(json))),
                "messages" => runtime.messages = Some(list(json).iter().filter_map(message).collect()),
                "urls" => runtime.addresses = json.as_object().map(|json| self.addresses(json)),
                "templates" => {
                    let found = json.as_object().into_iter().flatten();
                    runtime.templates = Some(found.map(|(name, json)| (name.as_str().into(), self.template(json))).collect());
                }
                "middleware" => {
                    let entries = list(json).iter().filter_map(|json| self.middleware(json));
                    runtime.middleware = Some(entries.collect());
                }
                "packages" => {
                    let packages = json.as_object().into_iter().flatten();
                    let packages = packages.filter_map(|(name, version)| Some((name.as_str().into(), version.as_str()?.into())));
                    runtime.packages = Some(packages.collect());
                }
                "migrations" => {
                    let pending = list(json.get("pending").unwrap_or(&Json::Null)).iter();
                    let pending = pending.filter_map(|step| Some((step[0].as_str()?.into(), step[1].as_str()?.into())));
                    runtime.migrations = Some(pending.collect());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn raised(&mut self, json: &Json) -> Option<Raised> {
        let kinds = json.get("kinds").map(|kinds| list(kinds).iter().filter_map(Json::as_str).map(Into::into).collect());
        let exception: Arc<str> = word(json, "exception")?.into();
        Some(Raised {
            stage: word(json, "stage").and_then(RunStage::named).unwrap_or_default(),
            kinds: kinds.unwrap_or_else(|| vec![exception.clone()]),
            exception,
            message: word(json, "message").unwrap_or_default().to_owned(),
            module: word(json, "module").map(Into::into),
            at: self.region(word(json, "path"), json.get("line").and_then(Json::as_u64)),
        })
    }

    fn template(&self, json: &Json) -> FoundTemplate {
        match json.get("failure") {
            Some(failure) => {
                let exception: Arc<str> = word(failure, "exception").unwrap_or("an exception").into();
                FoundTemplate::Broken(Raised {
                    stage: RunStage::Templates,
                    kinds: vec![exception.clone()],
                    exception,
                    message: word(failure, "message").unwrap_or_default().to_owned(),
                    module: None,
                    at: None,
                })
            }
            None => word(json, "path").map_or(FoundTemplate::Missing, |path| FoundTemplate::File(self.relative(path).into())),
        }
    }

    fn middleware(&mut self, json: &Json) -> Option<LoadedMiddleware> {
        let state = match word(json, "state")? {
            "loaded" => MiddlewareState::Loaded,
            "unused" => MiddlewareState::Unused,
            _ => MiddlewareState::Failed(json.get("failure").and_then(|failure| self.raised(failure))),
        };
        Some(LoadedMiddleware { path: word(json, "path")?.into(), state })
    }

    fn addresses(&mut self, json: &Map<String, Json>) -> Addresses {
        let part = |name: &str| json.get(name).unwrap_or(&Json::Null);
        let mut admin = Vec::new();
        for place in list(part("admin")) {
            if let Some(route) = place.as_str().or(word(place, "route")) {
                admin.push((route.into(), self.route(place)));
            }
        }
        let mut views = Vec::new();
        for place in list(part("views")) {
            if let (Some(route), Some(view)) = (word(place, "route"), word(place, "view")) {
                let indexes = place.get("indexes").and_then(Json::as_bool).unwrap_or_default();
                views.push(DebugView { route: route.into(), view: view.into(), indexes, at: self.route(place) });
            }
        }
        let handlers = part("handlers").as_object().into_iter().flatten();
        let problem = match word(part("login"), "problem") {
            Some("no-name") => Some(LoginProblem::NoName),
            Some("no-route") => Some(LoginProblem::NoRoute),
            Some(_) | None => None,
        };
        Addresses {
            admin,
            views,
            handlers: handlers.filter_map(|(status, view)| Some((status.as_str().into(), view.as_str()?.into()))).collect(),
            login: Login { path: word(part("login"), "path").map(Into::into), problem },
        }
    }

    /// The line of a URL configuration that spells a route, or the one that begins its list: Django does not keep it.
    fn route(&mut self, json: &Json) -> Option<Region> {
        let (path, own) = (word(json, "file")?, word(json, "own")?);
        let whole = self.region(Some(path), Some(0))?;
        let spelt = |line: &str| ['"', '\''].iter().any(|quote| line.contains(&format!("{quote}{own}{quote}")));
        let text = &self.artifacts.get(whole.artifact).text;
        let line = text.lines().position(spelt).or_else(|| text.lines().position(|line| line.starts_with("urlpatterns")))?;
        Some(line_region(whole.artifact, text, line as u64 + 1))
    }

    /// A line of a file of the project.
    fn region(&mut self, path: Option<&str>, line: Option<u64>) -> Option<Region> {
        let path = self.relative(path?);
        let artifact = match self.artifacts.find(&path) {
            Some(known) => known,
            None => self.artifacts.add(&path, text::decode(self.ground.tree.read(&path).ok()?)),
        };
        Some(line_region(artifact, &self.artifacts.get(artifact).text, line?))
    }

    /// A path relative to the project where it lies inside.
    fn relative(&self, path: &str) -> String {
        let path = path.replace('\\', "/");
        let root = self.ground.root.replace('\\', "/");
        match path.strip_prefix(root.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/')) {
            Some(inside) => inside.to_owned(),
            None => path,
        }
    }
}

/// A line without its indentation.
fn line_region(artifact: ArtifactId, text: &str, line: u64) -> Region {
    let mut start = 0;
    for (index, content) in text.split_inclusive('\n').enumerate() {
        if index as u64 + 1 == line {
            let code = content.trim();
            let indent = content.len() - content.trim_start().len();
            return Region::new(artifact, (start + indent) as u32, (start + indent + code.len()) as u32);
        }
        start += content.len();
    }
    Region::whole(artifact)
}

fn settings(json: &Json) -> Result<BTreeMap<Arc<str>, Value>, String> {
    let names = json.as_object().ok_or("the settings are no object")?;
    let mut settings = BTreeMap::new();
    for (name, json) in names.iter().filter(|(name, _)| tagged::is_upper(name)) {
        let mut value = tagged::from_json(json).map_err(|reason| format!("{name}: {reason}"))?;
        tagged::conceal(name, &mut value);
        settings.insert(name.as_str().into(), value);
    }
    Ok(settings)
}

fn message(json: &Json) -> Option<CheckMessage> {
    Some(CheckMessage {
        id: word(json, "id")?.into(),
        level: json.get("level").and_then(Json::as_u64).and_then(|level| u32::try_from(level).ok())?,
        obj: word(json, "obj").map(str::to_owned),
        text: word(json, "text").unwrap_or_default().to_owned(),
        silenced: json.get("silenced").and_then(Json::as_bool).unwrap_or_default(),
    })
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word<'j>(json: &'j Json, name: &str) -> Option<&'j str> {
    json.get(name).and_then(Json::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;
    use serde_json::json;

    #[test]
    fn later_parts_add_to_earlier_ones() {
        let mut tree = MemoryTree::default();
        tree.insert("shop/apps.py", b"import os\n    raise ValueError(1)\n");
        let parts = [
            json!({"stage": "settings"}),
            json!({"settings": {"DEBUG": true, "SECRET_KEY": "plain-after-all", "lower": 1}}),
            json!({"failure": {"stage": "setup", "exception": "ValueError", "message": "'••'", "kinds": ["ValueError", "Exception"],
                "path": "/srv/shop/shop/apps.py", "line": 2}}),
            json!({"settings": {"DEBUG": false, "SECRET_KEY": "plain-after-all"}, "surprise": 1, "messages": [{"level": 30}]}),
        ];
        let mut artifacts = Artifacts::default();
        let runtime = read(&parts, &Ground { tree: &tree, root: "/srv/shop/" }, &mut artifacts).unwrap();
        let settings = runtime.settings.unwrap();
        assert_eq!(settings.len(), 2);
        assert_eq!(settings["DEBUG"], Value::of(shipworthy_model::Datum::Bool(false)));
        assert!(settings["SECRET_KEY"].as_str().is_none(), "what is told in full is taken out of circulation all the same");
        let failure = runtime.failure.unwrap();
        assert_eq!((failure.stage, failure.is_a(&["Exception"])), (RunStage::Setup, true));
        assert_eq!(artifacts.text(failure.at.unwrap()), "raise ValueError(1)");
        assert_eq!((runtime.messages.unwrap().len(), runtime.complete), (0, false));
    }
}
