//! Keeps what commands and files of platforms hand the project where it is deployed.

use shipworthy_model::picture::{Class, Handed, Platform, Source, Text, Variable, When};
use shipworthy_model::{ArtifactId, Region, Stage};

use super::Reader;
use super::finish::Maker;
use super::roles;
use crate::command::Hands;
use crate::dotenv;
use crate::places::folder_of;
use crate::platforms;
use crate::references::is_name;
use crate::yaml;

/// What runs from an image, or is built from a Procfile.
const BUILT: &[Platform] = &[Platform::Image, Platform::Heroku];

/// Keeps what commands hand out, which belong to a stage as far as the names around them say one.
pub(super) fn keep(maker: &mut Maker<'_>, hands: Vec<(Hands, Vec<String>)>, around: Stage) {
    for (hands, files) in hands {
        let own = hands.name.as_ref().map_or(Stage::Neutral, |name| Stage::of(name.shown()));
        let stage = match own {
            Stage::Neutral | Stage::Base => around,
            Stage::Production if matches!(around, Stage::Staging | Stage::Development) => around,
            own => own,
        };
        let stranger = hands.image.as_ref().is_some_and(|image| roles::of_name(roles::base_name(image.shown())).is_some());
        if stranger || !hands.deploys && stage != Stage::Production {
            continue;
        }
        let mut variables = Vec::new();
        for file in files {
            Variable::overlay(&mut variables, of_file(maker, &file));
        }
        Variable::overlay(&mut variables, hands.variables);
        let class = Class::new(stage, "a command deploys it");
        add(maker, Handed { by: hands.by.into(), to: hands.to, class, variables, at: hands.at, over: true });
    }
}

/// Keeps what files of variables hold that a job writes where it deploys: what is read there is written there.
pub(super) fn written(maker: &mut Maker<'_>) {
    const TO: &[Platform] = &[Platform::Image, Platform::Heroku, Platform::Machine];
    let named_env = |path: &str| path.rsplit('/').next() == Some(".env");
    for (path, variables) in maker.written.files().filter(|(path, _)| named_env(path)).collect::<Vec<_>>() {
        let Some(at) = variables.first().map(|it| it.value.at) else { continue };
        let class = Class::new(Stage::Production, "what deploys writes it");
        add(maker, Handed { by: format!("what writes {path}").into(), to: TO, class, variables, at, over: false });
    }
}

/// Keeps the credentials among variables that are spelt out on the way to a deployment.
pub(super) fn spell<'v>(maker: &mut Maker<'_>, by: &str, class: &Class, variables: impl IntoIterator<Item = &'v Variable>) {
    // What a script only hands on is spelt out elsewhere.
    let here = |it: &&Variable| {
        let secret = it.value.as_secret().and_then(|_| it.value.expose());
        secret.is_some_and(|secret| maker.artifacts.text(it.value.at).contains(secret))
    };
    let variables: Vec<Variable> = variables.into_iter().filter(here).cloned().collect();
    let Some(at) = variables.first().map(|it| it.value.at) else { return };
    add(maker, Handed { by: by.into(), to: &[], class: class.clone(), variables, at, over: false });
}

/// Reads the files of platforms that only say which variables there are.
pub(super) fn read(maker: &mut Maker<'_>, files: &[(String, Reader, String)]) {
    let paths: Vec<&str> = files.iter().map(|(path, ..)| path.as_str()).collect();
    for (path, reader, content) in files {
        let artifact = maker.artifacts.add(path, content.as_str());
        let class = maker.class(path, *reader, &paths);
        let given = match reader {
            Reader::Terraform => platforms::terraform(content, artifact),
            _ => platforms::given(path, content, artifact),
        };
        for it in given {
            for command in &it.release {
                let folder = folder_of(folder_of(path));
                let found = command.words.first().map(|word| crate::piece::Piece::loose(word.shown(), word.at));
                let found = found.map(|piece| maker.script(&piece, &it.variables, folder));
                if let Some(found) = found {
                    maker.steps(found, &When::Release, None, None);
                }
            }
            let mut class = class.clone();
            if !matches!(it.stage, Stage::Neutral | Stage::Base) {
                class = Class { example: class.example, ..Class::new(it.stage, "its name in the file says so") };
            }
            let to = if it.hands { BUILT } else { &[] };
            add(maker, Handed { by: it.by.into(), to, class, variables: it.variables, at: it.at, over: true });
        }
    }
}

fn add(maker: &mut Maker<'_>, handed: Handed) {
    const MOST: usize = 500;
    if !handed.variables.is_empty() && maker.picture.handed.len() < MOST {
        maker.picture.handed.push(handed);
    }
}

/// The variables of a file that a command names: of lines, or of a mapping.
fn of_file(maker: &mut Maker<'_>, path: &str) -> Vec<Variable> {
    let Some((artifact, content)) = maker.open(path) else { return Vec::new() };
    if path.rsplit('.').next().is_some_and(|end| matches!(end, "yaml" | "yml" | "json")) {
        return of_mapping(&content, artifact);
    }
    let assignments = dotenv::read(&content, artifact).0.into_iter().filter(|it| is_name(&it.name));
    let known = |value: &str, at: Region| Text::known(value, at);
    assignments.filter_map(|it| Some(Variable::new(it.name, known(&it.value?, it.at), Source::File))).collect()
}

fn of_mapping(content: &str, artifact: ArtifactId) -> Vec<Variable> {
    let roots = yaml::read(content, artifact).roots;
    let entries = roots.iter().flat_map(|root| root.entries());
    let named = entries.filter(|(name, _)| is_name(&name.text));
    named.filter_map(|(name, value)| Some(Variable::new(name.text.clone(), value.text()?, Source::File))).collect()
}
