//! Plain declarations of `DJANGO_SETTINGS_MODULE` in files that deploy: Dockerfiles, compose files, Procfiles, units, manifests.
//!
//! The formats are many and often templates of themselves, so this reads lines and is tolerant: a place where the variable's
//! name is followed by a module name is a declaration, whatever the syntax between them.

use std::sync::Arc;

use shipworthy_model::{ArtifactId, Region};

use crate::entry_points::{VARIABLE, is_module_name};
use crate::stage::Stage;

/// A settings module that a file of the deployment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The dotted name.
    pub module: Arc<str>,
    /// The name in the file.
    pub at: Region,
    /// What the file's path says it is for.
    pub stage: Stage,
    /// How much the kind of file says about production.
    pub weight: Weight,
}

/// How much a kind of file says about production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// What runs as it stands: a Dockerfile, a unit, a manifest, a platform's own file.
    Deploys,
    /// What is as often for development: a compose file, an env file, a script.
    Mentions,
}

/// What kind of deployment file a path is, by its name alone; `None` for files that declare nothing.
pub fn weight(path: &str) -> Option<Weight> {
    let lower = path.to_ascii_lowercase();
    // What is filled in before it is put in its place is not for development.
    if let Some(filled) = lower.strip_suffix(".j2") {
        return weight(filled).map(|_| Weight::Deploys);
    }
    let (folder, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let in_folder = |names: &[&str]| folder.split('/').any(|part| names.iter().any(|name| part.contains(name)));
    if name.starts_with("dockerfile") || name.starts_with("containerfile") || extension == "dockerfile" {
        return Some(Weight::Deploys);
    }
    if is_env_file(path) || folder.split('/').any(|part| part == ".envs") {
        return Some(Weight::Mentions);
    }
    match name {
        "procfile"
        | "app.json"
        | "fly.toml"
        | "railway.json"
        | "railway.toml"
        | "zappa_settings.json"
        | "nixpacks.toml"
        | "apprunner.yaml"
        | "app.yaml"
        | "app.yml"
        | "captain-definition"
        | ".platform.app.yaml" => {
            return Some(Weight::Deploys);
        }
        _ => {}
    }
    match extension {
        "service" | "uwsgi" => Some(Weight::Deploys),
        "ini" if stem.contains("uwsgi") || in_folder(&["uwsgi", "deploy", "conf"]) => Some(Weight::Deploys),
        "conf" | "config" | "cfg"
            if stem.contains("supervisor") || in_folder(&["supervisor", ".ebextensions", "deploy", "upstart"]) =>
        {
            Some(Weight::Deploys)
        }
        "yml" | "yaml" if name.contains("compose") => Some(Weight::Mentions),
        "yml" | "yaml"
            if ["render", "values", "deployment", "configmap", "serverless", "cloudbuild", "fly"]
                .iter()
                .any(|part| stem.contains(part))
                || in_folder(&["k8s", "kube", "helm", "chart", "manifest", "deploy", "openshift", "ansible"]) =>
        {
            Some(Weight::Deploys)
        }
        "json" if stem.contains("task") && stem.contains("def") => Some(Weight::Deploys),
        "sh" | "bash" => Some(Weight::Mentions),
        "" if in_folder(&["docker", "bin", "scripts", "deploy"])
            && ["start", "entrypoint", "run", "web", "gunicorn", "boot"].iter().any(|part| name.contains(part)) =>
        {
            Some(Weight::Mentions)
        }
        _ => None,
    }
}

/// Whether a path is that of an `SQLite` file which is neither a test's nor an example.
pub fn is_database(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let named = ending.is_some_and(|ending| matches!(ending.as_str(), "sqlite3" | "sqlite" | "db" | "db3"));
    named && Stage::of(path) != Stage::Development
}

/// Whether a file holds environment variables, by its name: `.env`, `.env.production`, `prod.env`, `env.example`.
pub fn is_env_file(path: &str) -> bool {
    const CODE: &[&str] = &[
        ".py", ".js", ".ts", ".mjs", ".sh", ".md", ".html", ".json", ".json5", ".hjson", ".toml", ".yml", ".yaml", ".ini", ".d",
        ".rst", ".tf",
    ];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    // A copy that was put aside holds what it held.
    let name = [".bak", ".old", ".orig", ".save", ".backup", "~"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let like = name == ".env"
        || name.starts_with(".env.")
        || name.starts_with(".env-")
        || name.starts_with(".env_")
        || name.rsplit_once('.').is_some_and(|(_, extension)| extension == "env")
        || name.starts_with("env.")
        || name.starts_with("env_sample")
        || name.starts_with("env-sample")
        || name.starts_with("env_example");
    like && !CODE.iter().any(|extension| name.ends_with(extension))
}

/// Whether the name of an env file says that it shows what to write rather than what is: `.env.example`, `sample.env`.
pub fn is_example(path: &str) -> bool {
    const WORDS: &[&str] =
        &["example", "examples", "sample", "template", "tpl", "dist", "default", "defaults", "schema", "skeleton"];
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(|character: char| !character.is_ascii_alphanumeric())
        .any(|word| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// What a file of environment variables is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvClass {
    /// Shows what to write: `.env.example`.
    Example,
    /// For work on the project, or its tests.
    Development,
    /// For continuous integration.
    Ci,
    /// For something deployed that is not production.
    Staging,
    /// For production.
    Production,
    /// Its path does not say.
    Unknown,
}

impl EnvClass {
    /// What the path of a file of environment variables says.
    pub fn of(path: &str) -> Self {
        const CI: &[&str] = &["ci", "github", "gitlab", "travis", "circleci", "workflows", "jenkins", "actions"];
        let mut words = path.split(|character: char| !character.is_ascii_alphanumeric());
        if is_example(path) {
            return Self::Example;
        }
        if words.any(|word| CI.iter().any(|known| known.eq_ignore_ascii_case(word))) {
            return Self::Ci;
        }
        match Stage::of(path) {
            Stage::Production => Self::Production,
            Stage::Staging => Self::Staging,
            Stage::Development => Self::Development,
            Stage::Neutral | Stage::Base => Self::Unknown,
        }
    }

    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Example => "example",
            Self::Development => "development",
            Self::Ci => "ci",
            Self::Staging => "staging",
            Self::Production => "production",
            Self::Unknown => "unknown",
        }
    }
}

/// Finds every declaration in the text of a file. `path` says what kind of file it is.
pub fn read(path: &str, text: &str, artifact: ArtifactId) -> Vec<Declaration> {
    let Some(weight) = weight(path) else { return Vec::new() };
    let name_stage = Stage::of(path);
    let mut declarations: Vec<Declaration> = Vec::new();
    for (start, _) in text.match_indices(VARIABLE) {
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let before = text[line_start..start].trim_start();
        let commented = before.starts_with('#') || before.starts_with(';') || before.starts_with("//");
        // A longer name that ends in ours, a reference to the variable, or a build step that uses it once.
        let part_of_name = before.ends_with(|last: char| last.is_ascii_alphanumeric() || matches!(last, '_' | '$' | '{'));
        let once = before.starts_with("RUN ") || before.starts_with("unset ");
        if commented || part_of_name || once || only_prepares(path, text, line_start, start) {
            continue;
        }
        let after = start + VARIABLE.len();
        let found = value(text, after).or_else(|| value_beside(text, after));
        if let Some((module, offset)) = found {
            let at = Region::new(artifact, offset as u32, (offset + module.len()) as u32);
            declarations.push(Declaration { module: module.into(), at, stage: name_stage, weight });
        }
    }
    declarations
}

/// Commands of `manage.py` that prepare files: settings that only they are given are not what serves.
const PREPARING: [&str; 6] =
    ["collectstatic", "collectstatic_js_reverse", "compilemessages", "compilescss", "compress", "makemessages"];

/// Whether the variable is given to commands that prepare files and to nothing else: on its own line, or in the item of a
/// list of YAML that runs `manage.py`.
fn only_prepares(path: &str, text: &str, line_start: usize, start: usize) -> bool {
    let line = &text[start..start + text[start..].find('\n').unwrap_or(text.len() - start)];
    if runs(line).is_some_and(|only| only) {
        return true;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    if ![".yml", ".yaml"].iter().any(|end| name.contains(end)) {
        return false;
    }
    // Outwards from item to item, until one runs something.
    let mut depth = indent(&text[line_start..]);
    let mut from = line_start;
    for (offset, line) in lines_before(text, line_start) {
        let own = indent(line);
        if line.trim().is_empty() || own > depth || !line.trim_start().starts_with("- ") {
            continue;
        }
        if own == depth && from != line_start {
            continue;
        }
        (depth, from) = (own, offset);
        let behind = text[offset..].find('\n').map_or(text.len(), |at| offset + at + 1);
        let mut end = behind;
        for line in text[behind..].split_inclusive('\n') {
            if !line.trim().is_empty() && indent(line) <= own {
                break;
            }
            end += line.len();
        }
        if let Some(only) = runs(&text[offset..end]) {
            return only;
        }
    }
    false
}

/// Whether all commands of `manage.py` in a text prepare files; `None` where there are none.
fn runs(text: &str) -> Option<bool> {
    let mut only = None;
    for program in ["manage.py", "django-admin"] {
        for (at, _) in text.match_indices(program) {
            let rest = &text[at + program.len()..];
            let command = rest.split(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | ']'));
            let command = command.into_iter().find(|word| !word.is_empty()).unwrap_or_default();
            only = Some(only.unwrap_or(true) && PREPARING.contains(&command));
        }
    }
    only
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The lines before a place, the nearest first, with where they start.
fn lines_before(text: &str, end: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut end = end;
    std::iter::from_fn(move || {
        let before = text[..end].strip_suffix('\n').unwrap_or(&text[..end]);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = (end > 0).then(|| (start, &before[start..]));
        end = start;
        line
    })
}

/// The module that follows the name on its line: `=x`, `: x`, `="x"`, ` x`, `=${DJANGO_SETTINGS_MODULE:-x}`.
fn value(text: &str, after: usize) -> Option<(&str, usize)> {
    let line = &text[after..after + text[after..].find(['\n', '\r']).unwrap_or(text.len() - after)];
    let rest = line.trim_start_matches(['"', '\'', ' ', '\t']);
    let unsigned = rest.trim_start_matches(['=', ':', '>']);
    if unsigned.len() == line.len() {
        return None;
    }
    let rest = unsigned.trim_start_matches(['"', '\'', ' ', '\t']);
    let rest = match rest.strip_prefix("${") {
        Some(reference) => reference[reference.find([':', '-'])?..].trim_start_matches([':', '-', '"', '\'']),
        None => rest,
    };
    let module = &rest
        [..rest.find(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | '.'))).unwrap_or(rest.len())];
    let module = module.trim_end_matches('.');
    is_module_name(module).then(|| (module, after + (line.len() - rest.len())))
}

/// The module in a `value` beside the name: Kubernetes' and render.yaml's `- name: X` / `value: x`, `{"name": "X", "value":
/// "x"}`, app.json's `"X": {"value": "x"}`.
fn value_beside(text: &str, after: usize) -> Option<(&str, usize)> {
    let mut offset = after;
    for line in text[after..].split_inclusive('\n').take(6) {
        let key = line.find("value").filter(|at| !line[..*at].ends_with(|last: char| last.is_alphanumeric()));
        if let Some(key) = key {
            return value(text, offset + key + "value".len());
        }
        let trimmed = line.trim_start();
        if offset > after && (trimmed.starts_with("- ") || trimmed.starts_with('}')) {
            return None;
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(path: &str, text: &str) -> Vec<String> {
        read(path, text, ArtifactId(0))
            .iter()
            .map(|it| {
                assert_eq!(&text[it.at.start as usize..it.at.end as usize], &*it.module);
                it.module.to_string()
            })
            .collect()
    }

    #[test]
    fn usual_forms() {
        for (path, text) in [
            ("Dockerfile", "FROM x\nENV A=1 \\\n    DJANGO_SETTINGS_MODULE=a.b \\\n    C=2\n"),
            ("Dockerfile", "ENV DJANGO_SETTINGS_MODULE a.b"),
            ("docker-compose.yml", "    environment:\n      - DJANGO_SETTINGS_MODULE=a.b\n"),
            ("compose.yaml", "    environment:\n      DJANGO_SETTINGS_MODULE: \"a.b\"\n"),
            ("compose.yaml", "      - DJANGO_SETTINGS_MODULE=${DJANGO_SETTINGS_MODULE:-a.b}\n"),
            ("compose.yaml", "      DJANGO_SETTINGS_MODULE: ${DJANGO_SETTINGS_MODULE-a.b}\n"),
            ("Procfile", "web: DJANGO_SETTINGS_MODULE=a.b gunicorn x.wsgi\n"),
            ("x.service", "Environment=\"DJANGO_SETTINGS_MODULE=a.b\"\n"),
            ("uwsgi.ini", "[uwsgi]\nenv = DJANGO_SETTINGS_MODULE=a.b\n"),
            ("deploy/start.sh", "export DJANGO_SETTINGS_MODULE='a.b'\n"),
            ("app.json", "{\"env\": {\"DJANGO_SETTINGS_MODULE\": \"a.b\"}}"),
            ("app.json", "{\"env\": {\"DJANGO_SETTINGS_MODULE\": {\n  \"description\": \"d\",\n  \"value\": \"a.b\"\n}}}"),
            ("fly.toml", "[env]\n  DJANGO_SETTINGS_MODULE = \"a.b\"\n"),
            ("render.yaml", "  - key: DJANGO_SETTINGS_MODULE\n    value: a.b\n"),
            ("k8s/web.yaml", "- name: DJANGO_SETTINGS_MODULE\n  value: a.b\n"),
            (".env", "DJANGO_SETTINGS_MODULE=a.b\n"),
            ("supervisord.conf", "environment=DJANGO_SETTINGS_MODULE=\"a.b\",X=\"1\"\n"),
            ("roles/web/templates/shop.env.j2", "DJANGO_SETTINGS_MODULE=a.b\nA={{ b }}\n"),
            (
                "ansible/tasks/main.yml",
                "- command: ./manage.py collectstatic\n- command: ./manage.py migrate\n  environment:\n    DJANGO_SETTINGS_MODULE: a.b\n",
            ),
        ] {
            assert_eq!(modules(path, text), ["a.b"], "{path}: {text}");
        }
    }

    #[test]
    fn what_declares_nothing() {
        for (path, text) in [
            ("Dockerfile", "# ENV DJANGO_SETTINGS_MODULE=a.b"),
            ("Dockerfile", "RUN DJANGO_SETTINGS_MODULE=a.b ./manage.py collectstatic"),
            ("compose.yaml", "      - DJANGO_SETTINGS_MODULE\n      - A=b\n"),
            ("compose.yaml", "      DJANGO_SETTINGS_MODULE: ${DJANGO_SETTINGS_MODULE}\n      A: b\n"),
            ("a.sh", "echo $DJANGO_SETTINGS_MODULE\n"),
            ("README.md", "DJANGO_SETTINGS_MODULE=a.b"),
            ("start.sh", "DJANGO_SETTINGS_MODULE=a.b python manage.py collectstatic --noinput\n"),
            (
                "ansible/tasks/main.yml",
                "- block:\n    - name: static\n      command:\n          cmd: ./manage.py collectstatic\n      environment:\n          DJANGO_SETTINGS_MODULE: a.b\n    - name: x\n      command: ./manage.py migrate\n",
            ),
            ("k8s/web.yaml", "- name: DJANGO_SETTINGS_MODULE\n  valueFrom:\n    secretKeyRef: a.b\n- name: B\n  value: c\n"),
        ] {
            assert_eq!(modules(path, text), [""; 0], "{path}: {text}");
        }
    }

    #[test]
    fn names_of_env_files() {
        for path in [".env", "a/.env.production", "prod.env", "env.example", "docker.env", ".env-sample"] {
            assert!(is_env_file(path), "{path}");
        }
        for path in ["env.py", ".envrc", "environment.yml", ".env.py", "venv", "env.html"] {
            assert!(!is_env_file(path), "{path}");
        }
        for (path, class) in [
            (".env", EnvClass::Unknown),
            (".env.example", EnvClass::Example),
            ("deploy/env.prod.sample", EnvClass::Example),
            (".env.local", EnvClass::Development),
            ("docker/.env.dev", EnvClass::Development),
            (".env.test", EnvClass::Development),
            (".github/.env", EnvClass::Ci),
            ("ci.env", EnvClass::Ci),
            (".envs/.production/.django", EnvClass::Production),
            ("deploy/prod.env", EnvClass::Production),
            ("staging.env", EnvClass::Staging),
        ] {
            assert_eq!(EnvClass::of(path), class, "{path}");
        }
        assert!(is_example(".env.example") && is_example("env/sample.env") && !is_example("example/.env"));
    }
}
