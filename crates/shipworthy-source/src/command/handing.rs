//! Commands that hand the project its variables where it is deployed: `gcloud run deploy --set-env-vars`, `docker run -e`.

use shipworthy_model::Region;
use shipworthy_model::picture::{Platform, Source, Text, Variable};

use super::programs::base_name;
use crate::references::is_name;
use crate::servers::tail as rest_of;

/// Variables that a command hands what it deploys.
#[derive(Clone, Debug)]
pub(crate) struct Hands {
    /// The command, for reports.
    pub(crate) by: &'static str,
    /// What is given them.
    pub(crate) to: &'static [Platform],
    /// The name of what is deployed, where one is told: it may say for which stage.
    pub(crate) name: Option<Text>,
    /// The image that is run, where the command runs one.
    pub(crate) image: Option<Text>,
    /// Whether the command deploys by its nature, and is not as often typed to try something.
    pub(crate) deploys: bool,
    pub(crate) variables: Vec<Variable>,
    /// Files of variables that it names.
    pub(crate) files: Vec<Text>,
    pub(crate) at: Region,
}

const CONTAINERS: &[Platform] = &[Platform::Image];
const BUILT: &[Platform] = &[Platform::Image, Platform::Heroku];

/// What a command with these words hands out, if it is one of those.
pub(super) fn hands(words: &[Text], at: Region) -> Option<Hands> {
    let name = base_name(words.first()?.shown());
    let is = |index: usize, word: &str| words.get(index).is_some_and(|it| it.is(word));
    let find = |word: &str| words.iter().position(|it| it.is(word));
    let mut made =
        Hands { by: "", to: BUILT, name: None, image: None, deploys: true, variables: Vec::new(), files: Vec::new(), at };
    match name {
        "gcloud" if find("run").is_some() => {
            let verb = find("deploy").or_else(|| find("update"))?;
            made.by = "gcloud run";
            made.name = words[verb + 1..].iter().find(|word| !word.shown().starts_with('-')).cloned();
            for option in ["--set-env-vars", "--update-env-vars"] {
                made.variables.extend(values_of(words, &[option]).iter().flat_map(listed));
            }
            made.files = values_of(words, &["--env-vars-file"]);
        }
        "az" if is(1, "webapp") || is(1, "functionapp") => {
            find("appsettings").filter(|at| is(at + 1, "set"))?;
            made.by = "az webapp config appsettings set";
            made.name = values_of(words, &["-n", "--name"]).pop();
            made.variables = following(words, &["--settings"]);
        }
        "az" if is(1, "containerapp") || is(1, "container") => {
            made.by = if is(1, "container") { "az container" } else { "az containerapp" };
            made.name = values_of(words, &["-n", "--name"]).pop();
            made.variables = following(words, &["--env-vars", "--set-env-vars", "--environment-variables"]);
        }
        "fly" | "flyctl" => {
            made.to = &[Platform::Fly];
            made.by = "fly secrets set";
            made.name = values_of(words, &["-a", "--app"]).pop();
            if is(1, "secrets") && (is(2, "set") || is(2, "import")) {
                made.variables = pairs(&words[3..]);
            } else if is(1, "deploy") || is(1, "launch") {
                made.by = "fly deploy";
                made.variables = values_of(words, &["-e", "--env"]).iter().filter_map(pair).collect();
            }
        }
        "heroku" if is(1, "config:set") || is(1, "config:add") => {
            made.to = &[Platform::Heroku];
            made.by = "heroku config:set";
            made.name = values_of(words, &["-a", "--app"]).pop();
            made.variables = pairs(&words[2..]);
        }
        "dokku" if find("config:set").is_some() => {
            let verb = find("config:set")?;
            made.by = "dokku config:set";
            made.name = words[verb + 1..].iter().find(|word| !word.shown().starts_with('-')).cloned();
            made.variables = pairs(&words[verb + 1..]);
        }
        "eb" if is(1, "setenv") || is(1, "create") => {
            made.by = "eb setenv";
            made.name = values_of(words, &["-e", "--environment"]).pop();
            made.variables = if is(1, "setenv") { pairs(&words[2..]) } else { Vec::new() };
            made.variables.extend(values_of(words, &["--envvars", "--env_vars"]).iter().flat_map(listed));
        }
        "kubectl" | "oc" if find("set").is_some_and(|at| is(at + 1, "env")) => {
            made.to = &[Platform::Kubernetes];
            made.by = "kubectl set env";
            made.name = values_of(words, &["-n", "--namespace"]).pop();
            made.variables = pairs(&words[3..]);
        }
        "cf" if is(1, "set-env") && words.len() > 4 => {
            made.to = &[Platform::CloudFoundry];
            made.by = "cf set-env";
            made.name = words.get(2).cloned();
            made.variables.extend(named(&words[3], &words[4]));
        }
        "clever" if is(1, "env") && is(2, "set") && words.len() > 4 => {
            made.by = "clever env set";
            made.variables.extend(named(&words[3], &words[4]));
        }
        "scalingo" => {
            let verb = find("env-set")?;
            made.by = "scalingo env-set";
            made.name = values_of(words, &["-a", "--app"]).pop();
            made.variables = pairs(&words[verb + 1..]);
        }
        "railway" if is(1, "variables") => {
            made.to = &[Platform::Railway];
            made.by = "railway variables";
            made.variables = values_of(words, &["--set"]).iter().filter_map(pair).chain(pairs(&words[2..])).collect();
        }
        "docker" | "podman" | "nerdctl" => return container(words, made),
        _ => return None,
    }
    (!made.by.is_empty() && (!made.variables.is_empty() || !made.files.is_empty())).then_some(made)
}

/// `docker run`, `docker create`, `docker service create`.
fn container(words: &[Text], mut made: Hands) -> Option<Hands> {
    const SWITCHES: [&str; 14] = [
        "-d",
        "--detach",
        "-i",
        "--interactive",
        "-t",
        "--tty",
        "-it",
        "-ti",
        "-dit",
        "-itd",
        "--rm",
        "--init",
        "-P",
        "--privileged",
    ];
    let shown = |index: usize| words.get(index).map_or("", Text::shown);
    let start = match (shown(1), shown(2)) {
        ("run" | "create", _) => 2,
        ("container", "run" | "create") | ("service", "create" | "update") => 3,
        _ => return None,
    };
    (made.by, made.to, made.deploys) = ("docker run", CONTAINERS, shown(1) == "service");
    let mut index = start;
    while let Some(word) = words.get(index) {
        let text = word.shown();
        index += 1;
        if !text.starts_with('-') {
            made.image = Some(word.clone());
            break;
        }
        if SWITCHES.contains(&text) {
            continue;
        }
        let joined = text.split_once('=').filter(|_| text.starts_with("--"));
        let (option, value) = if let Some((option, _)) = joined {
            (option, Some(rest_of(word, option.len() + 1)))
        } else {
            index += 1;
            (text, words.get(index - 1).cloned())
        };
        match (option, value) {
            ("-e" | "--env" | "--env-add", Some(value)) => made.variables.extend(pair(&value)),
            ("--env-file", Some(value)) => made.files.push(value),
            ("--name", Some(value)) => made.name = Some(value),
            // What is started again with the machine is no trial.
            ("--restart", Some(value)) => made.deploys |= !value.is("no"),
            _ => {}
        }
    }
    (made.image.is_some() && (!made.variables.is_empty() || !made.files.is_empty())).then_some(made)
}

/// The values of an option, each time it is given.
fn values_of(words: &[Text], names: &[&str]) -> Vec<Text> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let shown = word.shown();
        if names.contains(&shown) {
            found.extend(words.next().cloned());
        } else if let Some((option, _)) = shown.split_once('=').filter(|(option, _)| names.contains(option)) {
            found.push(rest_of(word, option.len() + 1));
        }
    }
    found
}

/// The pairs that follow an option up to the next.
fn following(words: &[Text], names: &[&str]) -> Vec<Variable> {
    let starts = words.iter().enumerate().filter(|(_, word)| names.contains(&word.shown()));
    let runs = starts.map(|(at, _)| words[at + 1..].iter().take_while(|word| !word.shown().starts_with("--")));
    runs.flatten().filter_map(pair).collect()
}

/// The words that are pairs.
fn pairs(words: &[Text]) -> Vec<Variable> {
    words.iter().filter(|word| !word.shown().starts_with('-')).filter_map(pair).collect()
}

/// `NAME=value`
pub(super) fn pair(word: &Text) -> Option<Variable> {
    let (name, _) = word.shown().split_once('=')?;
    is_name(name).then(|| Variable::new(name, rest_of(word, name.len() + 1), Source::Script))
}

fn named(name: &Text, value: &Text) -> Option<Variable> {
    name.as_str().filter(|name| is_name(name)).map(|name| Variable::new(name, value.clone(), Source::Script))
}

/// `A=1,B=2`, or with another separator: `^@^A=1@B=2` (cloud.google.com/sdk/gcloud/reference/topic/escaping).
fn listed(word: &Text) -> Vec<Variable> {
    let shown = word.shown().to_owned();
    let (skip, separator) = match shown.strip_prefix('^').and_then(|rest| rest.split_once('^')) {
        Some((separator, _)) if !separator.is_empty() => (separator.len() + 2, separator.to_owned()),
        Some(_) | None => (0, ",".to_owned()),
    };
    let mut found = Vec::new();
    let mut start = skip;
    for part in shown[skip..].split(separator.as_str()) {
        let fits = (word.at.end - word.at.start) as usize == shown.len();
        let (from, to) = (start as u32, (start + part.len()) as u32);
        let at = if fits { Region::new(word.at.artifact, word.at.start + from, word.at.start + to) } else { word.at };
        let own = match word.as_unknown().filter(|_| part.contains(['$', '{', '`'])) {
            Some(why) => Text::unknown(part, why.why.clone(), at),
            None => Text::known(part, at),
        };
        found.extend(pair(&own));
        start += part.len() + separator.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use shipworthy_model::ArtifactId;

    fn shown(line: &str) -> String {
        let mut position = 0;
        let words: Vec<Text> = line
            .split(' ')
            .map(|word| {
                let at = Region::new(ArtifactId(0), position, position + word.len() as u32);
                position += word.len() as u32 + 1;
                if word.contains('$') {
                    Text::unknown(word, shipworthy_model::Why::Variable("X".into()), at)
                } else {
                    Text::known(word, at)
                }
            })
            .collect();
        let Some(hands) = hands(&words, Region::whole(ArtifactId(0))) else { return String::new() };
        let place = |at: Region| &line[at.start as usize..at.end as usize];
        let values =
            hands.variables.iter().map(|it| format!("{}={}", it.name, it.value.expose().map_or("?", |_| place(it.value.at))));
        format!("{}: {}", hands.name.as_ref().map_or("", Text::shown), values.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn commands_that_deploy_hand_out_variables() {
        for (line, expected) in [
            ("gcloud run deploy shop --source . --set-env-vars A=1,B=x:y --update-env-vars=C=$C,D=2", "shop: A=1 B=x:y C=? D=2"),
            ("gcloud run services update shop --set-env-vars ^@^A=1,2@B=3", "shop: A=1,2 B=3"),
            ("az webapp config appsettings set -g g -n shop --settings A=1 B=2 --slot x", "shop: A=1 B=2"),
            ("az containerapp update --name shop --set-env-vars A=1 B=secretref:b", "shop: A=1 B=secretref:b"),
            ("flyctl secrets set A=1 B=$B -a shop", "shop: A=1 B=?"),
            ("heroku config:set A=1 -a shop", "shop: A=1"),
            ("docker run -d --restart always -e A=1 --env=B=2 -e C -p 80:8000 shop x=1", ": A=1 B=2"),
            ("kubectl set env deployment/shop A=1", ": A=1"),
            ("eb setenv A=1 B=2", ": A=1 B=2"),
            ("cf set-env shop A 1", "shop: A=1"),
            ("docker ps -e A=1", ""),
            ("heroku config A=1", ""),
            ("gcloud app deploy --set-env-vars A=1", ""),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
