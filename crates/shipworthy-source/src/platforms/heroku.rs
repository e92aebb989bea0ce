//! Heroku: `app.json`, `heroku.yml`, and the variables that the platform and its add-ons give.

use std::sync::Arc;

use shipworthy_model::picture::{Build, Command, Source, Text, Unit, Variable};
use shipworthy_model::{ArtifactId, Notice, Region, Why};

use super::{process, shell};
use crate::draft::Draft;
use crate::piece::Piece;
use crate::places::{beside, folder_of};
use crate::yaml::{self, Kind, Node};

/// The variables that add-ons give an application, by the name of the add-on: those that their pages on
/// devcenter.heroku.com name.
const ADDONS: [(&str, &[&str]); 16] = [
    ("heroku-postgresql", &["DATABASE_URL"]),
    ("heroku-redis", &["REDIS_URL"]),
    ("rediscloud", &["REDISCLOUD_URL"]),
    ("redistogo", &["REDISTOGO_URL"]),
    ("stackhero-redis", &["STACKHERO_REDIS_URL_TLS"]),
    ("cloudamqp", &["CLOUDAMQP_URL"]),
    ("heroku-kafka", &["KAFKA_URL"]),
    ("cleardb", &["CLEARDB_DATABASE_URL"]),
    ("jawsdb", &["JAWSDB_URL"]),
    ("jawsdb-maria", &["JAWSDB_MARIA_URL"]),
    ("memcachier", &["MEMCACHIER_SERVERS", "MEMCACHIER_USERNAME", "MEMCACHIER_PASSWORD"]),
    ("memcachedcloud", &["MEMCACHEDCLOUD_SERVERS", "MEMCACHEDCLOUD_USERNAME", "MEMCACHEDCLOUD_PASSWORD"]),
    ("mailgun", &["MAILGUN_API_KEY", "MAILGUN_SMTP_SERVER", "MAILGUN_SMTP_LOGIN", "MAILGUN_SMTP_PASSWORD", "MAILGUN_SMTP_PORT"]),
    ("cloudinary", &["CLOUDINARY_URL"]),
    ("bonsai", &["BONSAI_URL"]),
    ("sentry", &["SENTRY_DSN"]),
];

/// The variables that a list of add-ons gives. `as` replaces what stands before `_URL`
/// (devcenter.heroku.com/articles/app-json-schema, "addons").
fn given_by(addons: Option<&Node>) -> Vec<Variable> {
    let mut variables = Vec::new();
    for addon in addons.iter().flat_map(|addons| addons.items()) {
        let Some(plan) = addon.get("plan").unwrap_or(addon).piece() else { continue };
        let name = plan.text.split(':').next().unwrap_or_default();
        let alias = addon.get("as").and_then(|it| it.str());
        for variable in ADDONS.iter().filter(|(known, _)| *known == name).flat_map(|(_, variables)| *variables) {
            let variable: Arc<str> = match alias {
                Some(alias) if variable.ends_with("_URL") => format!("{alias}_URL").into(),
                Some(_) | None => (*variable).into(),
            };
            let value = Text::unknown(format!("${{{variable}}}"), Why::Machine(format!("the add-on {name}").into()), plan.at);
            Variable::overlay(&mut variables, [Variable::new(variable, value, Source::Definition)]);
        }
    }
    variables
}

/// `DYNO`, which Heroku gives every process (devcenter.heroku.com/articles/dynos, "Local environment variables").
pub(crate) fn dyno(at: Region) -> Variable {
    let why = Why::Machine("the platform's dyno".into());
    Variable::new("DYNO", Text::unknown("$DYNO", why, at), Source::Definition)
}

/// The variables of `app.json`. Its values are what the form of a new app begins with: each rests on nobody giving another.
/// What is not required and has none is not set (devcenter.heroku.com/articles/app-json-schema, "env").
pub(crate) fn app_json(text: &str, artifact: ArtifactId) -> (Vec<Variable>, Vec<Notice>) {
    let documents = yaml::read(text, artifact);
    let mut variables = Vec::new();
    for root in &documents.roots {
        for (name, value) in root.get("env").iter().flat_map(|env| env.entries()) {
            let generated = value.get("generator").is_some();
            let text = value.get("value").and_then(|value| value.text()).or_else(|| value.text());
            let text = match text.filter(|_| !generated) {
                Some(text) => text.assuming([name.text.clone()]),
                None if !generated && value.get("required").and_then(|it| it.str()) == Some("false") => continue,
                None => Text::unknown(format!("${{{}}}", name.text), Why::Variable(name.text.clone()), name.at),
            };
            variables.push(Variable::new(name.text.clone(), text, Source::Definition));
        }
        Variable::overlay(&mut variables, given_by(root.get("addons").map(AsRef::as_ref)));
    }
    (variables, documents.notices)
}

/// What `setup` of `heroku.yml` gives the application, however its processes are started.
pub(crate) fn heroku_setup(text: &str, artifact: ArtifactId) -> Vec<Variable> {
    yaml::read(text, artifact).roots.iter().flat_map(|root| set_up(root)).collect()
}

fn set_up(root: &Node) -> Vec<Variable> {
    let mut given = given_by(root.path(&["setup", "addons"]));
    let settings = root.path(&["setup", "config"]);
    for (name, value) in settings.iter().flat_map(|config| config.entries()) {
        let value = value.text().map(|text| Variable::new(name.text.clone(), text, Source::Definition));
        Variable::overlay(&mut given, value);
    }
    given
}

/// `heroku.yml`: `build.docker`, `run`, `release`.
pub(crate) fn heroku(path: &str, text: &str, artifact: ArtifactId) -> (Vec<Draft>, Vec<Notice>) {
    let documents = yaml::read(text, artifact);
    let mut drafts = Vec::new();
    for root in &documents.roots {
        let given = set_up(root);
        let release = root.get("release").and_then(|release| release.get("command"));
        let release: Vec<Command> =
            release.iter().flat_map(|node| node.one_or_more()).filter_map(Node::piece).map(shell).collect();
        let images = root.path(&["build", "docker"]);
        let config: Vec<Variable> = root
            .path(&["build", "config"])
            .iter()
            .flat_map(|config| config.entries())
            .filter_map(|(name, value)| Some(Variable::new(name.text.clone(), value.text()?, Source::Image)))
            .collect();
        let run = root.get("run");
        let mut names: Vec<(Piece, Option<Command>)> = run
            .iter()
            .flat_map(|run| run.entries())
            .map(|(name, node)| {
                let command = match &node.kind {
                    Kind::Map(_) => node.get("command").cloned(),
                    Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::List(_) => Some(node.clone()),
                };
                let command = command.and_then(|node| {
                    let words: Vec<Piece> = node.one_or_more().into_iter().filter_map(|item| item.piece().cloned()).collect();
                    words.first().map(shell)
                });
                (name.clone(), command)
            })
            .collect();
        for (name, _) in images.iter().flat_map(|images| images.entries()) {
            if !names.iter().any(|(known, _)| known.text == name.text) {
                names.push((name.clone(), None));
            }
        }
        for (name, command) in names {
            let mut unit = Unit::new(name.text.clone(), name.at);
            unit.command = command;
            unit.variables.clone_from(&given);
            let image = run.and_then(|run| run.path(&[&name.text, "image"])).and_then(Node::str).unwrap_or(&name.text);
            let file = images.and_then(|images| images.get(image)).or_else(|| images.and_then(|images| images.get("web")));
            if let Some(file) = file {
                let target = file.get("target").and_then(|target| target.text());
                let own = file.str().or_else(|| file.get("dockerfile").and_then(|file| file.str()));
                if let Some(dockerfile) = own.and_then(|own| beside(folder_of(path), own)) {
                    unit.build = Some(Build {
                        context: Some(folder_of(path).into()),
                        dockerfile: dockerfile.into(),
                        target,
                        arguments: config.clone(),
                        at: file.at,
                        by_name: false,
                    });
                }
            }
            drafts.push(process(path, &name, unit));
        }
        if let Some(first) = drafts.first_mut() {
            first.release = release;
        }
    }
    (drafts, documents.notices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(variables: &[Variable]) -> Vec<String> {
        variables.iter().map(|it| format!("{}={}", it.name, it.value.shown())).collect()
    }

    #[test]
    fn add_ons_give_variables() {
        let text = r#"{"env": {"DEBUG": "0"}, "addons": ["heroku-postgresql:mini", "papertrail", {"plan": "heroku-redis", "as": "CACHE"}]}"#;
        let (variables, _) = app_json(text, ArtifactId(0));
        assert_eq!(shown(&variables), ["DEBUG=0", "DATABASE_URL=${DATABASE_URL}", "CACHE_URL=${CACHE_URL}"]);
        let text = "setup:\n  addons:\n  - plan: heroku-postgresql\n    as: DATABASE\n  config:\n    STAGE: live\nrun:\n  web: gunicorn shop.wsgi\n";
        let (drafts, _) = heroku("heroku.yml", text, ArtifactId(0));
        assert_eq!(shown(&drafts[0].unit.variables)[..2], ["DATABASE_URL=${DATABASE_URL}", "STAGE=live"]);
    }
}
