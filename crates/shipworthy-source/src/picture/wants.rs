//! Which reader a file wants, by its path and its first bytes.

use crate::stage::Stage;
use crate::text::is_set_aside;

/// What kind of file of the deployment a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reader {
    /// A Dockerfile.
    Dockerfile,
    /// `.dockerignore`
    DockerIgnore,
    /// A compose file, or YAML that may be one.
    Compose,
    /// Manifests of Kubernetes, or YAML that may be some.
    Kubernetes,
    /// `kustomization.yaml`
    Kustomize,
    /// `Chart.yaml` of Helm.
    HelmChart,
    /// `Procfile`
    Procfile,
    /// `app.json` of Heroku.
    AppJson,
    /// `heroku.yml`
    Heroku,
    /// `fly.toml`
    Fly,
    /// `render.yaml`
    Render,
    /// `app.yaml` of Google App Engine.
    AppEngine,
    /// `railway.json`, `railway.toml`, `nixpacks.toml`
    Railway,
    /// `.do/app.yaml` of the App Platform of `DigitalOcean`.
    AppPlatform,
    /// A manifest of Cloud Foundry, or YAML of that name.
    CloudFoundry,
    /// A workflow of GitHub.
    GithubWorkflow,
    /// `.gitlab-ci.yml`
    GitlabPipeline,
    /// `docker-bake.hcl`, `docker-bake.json`
    Bake,
    /// A file of a platform that says which variables the project is handed, and not how it is started.
    Handing,
    /// `*.tf`
    Terraform,
    /// A service, timer or socket of systemd.
    Systemd,
    /// A configuration of supervisor.
    Supervisor,
    /// A crontab.
    Crontab,
    /// A configuration of uWSGI.
    Uwsgi,
    /// A Makefile or justfile.
    Recipes,
    /// A shell script.
    Script,
    /// `redis.conf`
    Redis,
    /// `memcached.conf`
    Memcached,
    /// `pg_hba.conf`
    PostgresAccess,
    /// `postgresql.conf`
    Postgres,
    /// `my.cnf`
    MySql,
}

/// The reader that a file wants by its path. Files whose name does not decide are confirmed by [`Reader::confirms`].
pub fn wants(path: &str) -> Option<Reader> {
    let lower = path.to_ascii_lowercase();
    let (folder, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let name = [".j2", ".jinja", ".jinja2", ".template", ".tmpl", ".tpl", ".dist", ".example", ".sample", ".in"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let in_folder = |words: &[&str]| folder.split('/').any(|part| words.contains(&part));
    let foreign = folder.split('/').any(|part| matches!(part, "node_modules" | "site-packages" | "vendor" | "locale"));
    if foreign || is_set_aside(path) {
        return None;
    }
    if name.starts_with("dockerfile") || name.starts_with("containerfile") || matches!(extension, "dockerfile" | "containerfile")
    {
        let other = matches!(extension, "md" | "py" | "txt" | "rst" | "sh" | "yml" | "yaml" | "json" | "html" | "dockerignore");
        // `dockerfiles.puml` only begins like one.
        let rest = name.strip_prefix("dockerfile").or_else(|| name.strip_prefix("containerfile")).unwrap_or_default();
        let code = other || rest.starts_with(|it: char| it.is_ascii_alphanumeric()) && rest.contains('.') || extension == "puml";
        return (!code).then_some(Reader::Dockerfile).or_else(|| (extension == "dockerignore").then_some(Reader::DockerIgnore));
    }
    match name {
        ".dockerignore" => return Some(Reader::DockerIgnore),
        "makefile" | "gnumakefile" | "justfile" | ".justfile" => return Some(Reader::Recipes),
        "app.json" => return Some(Reader::AppJson),
        "zappa_settings.json"
        | "zappa_settings.yml"
        | "zappa_settings.yaml"
        | "apprunner.yaml"
        | "serverless.yml"
        | "serverless.yaml" => return Some(Reader::Handing),
        "heroku.yml" => return Some(Reader::Heroku),
        "render.yaml" | "render.yml" => return Some(Reader::Render),
        "railway.json" | "railway.toml" | "nixpacks.toml" => return Some(Reader::Railway),
        "kustomization.yaml" | "kustomization.yml" => return Some(Reader::Kustomize),
        "chart.yaml" => return Some(Reader::HelmChart),
        ".gitlab-ci.yml" | ".gitlab-ci.yaml" => return Some(Reader::GitlabPipeline),
        "pg_hba.conf" => return Some(Reader::PostgresAccess),
        "postgresql.conf" => return Some(Reader::Postgres),
        "memcached.conf" => return Some(Reader::Memcached),
        "my.cnf" | "mysqld.cnf" | "mysql.cnf" | "mariadb.cnf" => return Some(Reader::MySql),
        "crontab" | "crontab.txt" | "cronjobs" => return Some(Reader::Crontab),
        _ => {}
    }
    if name.starts_with("procfile") && !matches!(extension, "md" | "py") {
        return Some(Reader::Procfile);
    }
    if name.starts_with("fly.") && extension == "toml" {
        return Some(Reader::Fly);
    }
    if in_folder(&["cron.d", "crontabs", "cron"]) && matches!(extension, "" | "cron" | "crontab" | "txt") {
        return Some(Reader::Crontab);
    }
    if name.starts_with("docker-bake.") && matches!(extension, "hcl" | "json") {
        return Some(Reader::Bake);
    }
    match extension {
        "yml" | "yaml" if lower.starts_with(".github/workflows/") || lower.contains("/.github/workflows/") => {
            Some(Reader::GithubWorkflow)
        }
        "config" if in_folder(&[".ebextensions"]) => Some(Reader::Handing),
        "yml" | "yaml" if in_folder(&["copilot"]) && stem == "manifest" => Some(Reader::Handing),
        "json" if stem.contains("task") && stem.contains("def") || in_folder(&["ecs", ".aws", "task-definitions"]) => {
            Some(Reader::Handing)
        }
        "tf" => Some(Reader::Terraform),
        "yml" | "yaml" if in_folder(&["cloudformation", "cfn", "ecs"]) || stem.contains("cloudformation") => {
            Some(Reader::Handing)
        }
        "yml" | "yaml" if stem == "template" => Some(Reader::Handing),
        "yml" | "yaml" if in_folder(&[".do"]) => Some(Reader::AppPlatform),
        "yml" | "yaml" if stem.starts_with("manifest") => Some(Reader::CloudFoundry),
        "yml" | "yaml" if name.contains("compose") => Some(Reader::Compose),
        "yml" | "yaml"
            if (matches!(stem, "app") || stem.starts_with("app.") || stem.starts_with("app-"))
                && !["k8s", "kube", "manifest", "openshift"].iter().any(|word| folder.contains(word)) =>
        {
            Some(Reader::AppEngine)
        }
        "yml" | "yaml" if name.contains("uwsgi") => Some(Reader::Uwsgi),
        "yml" | "yaml"
            if [
                "k8s",
                "kube",
                "helm",
                "chart",
                "manifest",
                "deploy",
                "openshift",
                "kubernetes",
                "kustomize",
                "overlays",
                "base",
            ]
            .iter()
            .any(|word| folder.contains(word)) =>
        {
            Some(Reader::Kubernetes)
        }
        "yml" | "yaml"
            if matches!(
                stem,
                "local"
                    | "production"
                    | "prod"
                    | "staging"
                    | "dev"
                    | "development"
                    | "stack"
                    | "swarm"
                    | "base"
                    | "common"
                    | "services"
                    | "test"
                    | "ci"
            ) =>
        {
            Some(Reader::Compose)
        }
        "yml" | "yaml"
            if ["deployment", "ingress", "cronjob", "configmap", "statefulset", "kube", "k8s"]
                .iter()
                .any(|word| stem.contains(word)) =>
        {
            Some(Reader::Kubernetes)
        }
        "service" | "timer" | "socket" => Some(Reader::Systemd),
        "conf" if folder.ends_with(".service.d") => Some(Reader::Systemd),
        "conf" | "ini" | "cfg"
            if stem.contains("supervisor") || in_folder(&["supervisor", "supervisord", "supervisor.d", "supervisord.d"]) =>
        {
            Some(Reader::Supervisor)
        }
        "ini" | "uwsgi" | "skel" | "xml" if stem.contains("uwsgi") || extension == "uwsgi" || in_folder(&["uwsgi"]) => {
            Some(Reader::Uwsgi)
        }
        "ini" if in_folder(&["docker", "deploy", "etc", "conf", "config"]) || folder.is_empty() => Some(Reader::Uwsgi),
        "conf" | "cfg" if stem.contains("uwsgi") => Some(Reader::Uwsgi),
        "conf" | "ini" | "cfg" if in_folder(&["conf.d"]) => Some(Reader::Supervisor),
        "conf" if stem.contains("redis") || stem.contains("valkey") => Some(Reader::Redis),
        "cnf" => Some(Reader::MySql),
        "mk" | "just" => Some(Reader::Recipes),
        "crontab" | "cron" => Some(Reader::Crontab),
        "sh" | "bash" => Some(Reader::Script),
        // A template that is put where the distribution of uWSGI looks.
        "" if stem == "uwsgi" && name.len() < lower.rsplit('/').next().unwrap_or(&lower).len() => Some(Reader::Uwsgi),
        "" if in_folder(&["docker", "bin", "scripts", "deploy", "compose"])
            && ["start", "entrypoint", "run", "release", "post_compile", "deploy", "backup"]
                .iter()
                .any(|word| name.contains(word)) =>
        {
            Some(Reader::Script)
        }
        _ => None,
    }
}

/// The reader that a file wants whose text is not what its path made us think: templates of `CloudFormation` have any name.
pub(super) fn another(path: &str, content: &str) -> Option<Reader> {
    let lower = path.to_ascii_lowercase();
    let ends = [".yml", ".yaml"].iter().any(|end| lower.ends_with(end));
    let foreign = lower.split('/').any(|part| matches!(part, "node_modules" | "site-packages" | "vendor" | "locale"));
    (ends && !foreign && !is_set_aside(path) && content.contains("AWS::ECS::")).then_some(Reader::Handing)
}

impl Reader {
    /// Whether the text of a file is what its path made us think: its first bytes, or all of them.
    pub fn confirms(self, text: &str) -> bool {
        let has = |start: &str| text.lines().any(|line| line.starts_with(start));
        match self {
            Self::Compose => has("services:") || has("include:") || has("\"services\"") || has("version:"),
            Self::Kubernetes => text.contains("kind:") && text.contains("apiVersion:"),
            Self::AppEngine => has("runtime:"),
            Self::AppPlatform => has("services:") || has("spec:"),
            Self::CloudFoundry => has("applications:"),
            Self::Supervisor => text.contains("[program:") || text.contains("[supervisord]") || text.contains("[include]"),
            Self::Uwsgi => has("[uwsgi") || has("uwsgi:") || text.contains("<uwsgi"),
            Self::Systemd => text.contains("[Service]") || text.contains("[Timer]") || text.contains("[Socket]"),
            Self::AppJson => ["\"env\"", "\"buildpacks\"", "\"formation\"", "\"dokku\""].iter().any(|key| text.contains(key)),
            Self::MySql => text.contains('['),
            Self::Handing => {
                const STARTS: [&str; 5] = ["option_settings:", "container_commands:", "run:", "variables:", "provider:"];
                text.lines().any(|line| STARTS.iter().any(|start| line.starts_with(start)))
                    || ["containerDefinitions", "AWS::ECS::TaskDefinition", "environment_variables", "\"image\""]
                        .iter()
                        .any(|key| text.contains(key))
            }
            Self::Terraform => {
                ["environment", "app_settings", "env ", "value", "password", "secret"].iter().any(|key| text.contains(key))
            }
            Self::Script => !text.starts_with("#!") || text.lines().next().is_some_and(|line| line.contains("sh")),
            Self::Dockerfile
            | Self::DockerIgnore
            | Self::Kustomize
            | Self::HelmChart
            | Self::Procfile
            | Self::Heroku
            | Self::Fly
            | Self::Render
            | Self::Railway
            | Self::GithubWorkflow
            | Self::GitlabPipeline
            | Self::Bake
            | Self::Crontab
            | Self::Recipes
            | Self::Redis
            | Self::Memcached
            | Self::PostgresAccess
            | Self::Postgres => true,
        }
    }

    /// The stage that a path says for a file of this kind: platforms' own files and units of machines are production's
    /// unless they say otherwise.
    pub(super) fn stage(self, path: &str) -> Stage {
        let stage = Stage::of(path);
        let own = matches!(
            self,
            Self::Procfile
                | Self::AppJson
                | Self::Heroku
                | Self::Fly
                | Self::Render
                | Self::AppEngine
                | Self::Railway
                | Self::AppPlatform
                | Self::CloudFoundry
                | Self::Handing
                | Self::Terraform
                | Self::Systemd
                | Self::Supervisor
                | Self::Uwsgi
                | Self::Kubernetes
                | Self::Kustomize
                | Self::HelmChart
        );
        // The platform reads the one file; others beside it are for whoever names them.
        let name = path.rsplit('/').next().unwrap_or(path);
        let another = self == Self::Procfile && !name.eq_ignore_ascii_case("procfile");
        match stage {
            Stage::Neutral if another => Stage::Development,
            Stage::Neutral | Stage::Base if own => Stage::Production,
            stage => stage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (path, reader) in [
            ("Dockerfile.prod", Reader::Dockerfile),
            ("docker/web.dockerfile", Reader::Dockerfile),
            ("docker-compose.prod.yml", Reader::Compose),
            ("production.yml", Reader::Compose),
            ("k8s/web.yaml", Reader::Kubernetes),
            ("overlays/prod/kustomization.yaml", Reader::Kustomize),
            (".github/workflows/ci.yml", Reader::GithubWorkflow),
            ("Procfile", Reader::Procfile),
            ("deploy/app.service.j2", Reader::Systemd),
            ("uwsgi.ini", Reader::Uwsgi),
            ("etc/uwsgi.conf", Reader::Uwsgi),
            ("etc/supervisord.d/web.ini", Reader::Supervisor),
            ("deploy/docker/supervisord_gunicorn.ini", Reader::Supervisor),
            ("bin/entrypoint", Reader::Script),
            ("deploy/cron.d/backup", Reader::Crontab),
            (".do/app.yaml", Reader::AppPlatform),
            ("manifest-prod.yml", Reader::CloudFoundry),
        ] {
            assert_eq!(wants(path), Some(reader), "{path}");
        }
        for path in [
            "README.md",
            "a/views.py",
            "node_modules/x/Dockerfile",
            "mkdocs.yml",
            "Dockerfile.md",
            "Dockerfile.bak",
            "docs/dockerfiles.puml",
            "Procfile.old",
        ] {
            assert_eq!(wants(path), None, "{path}");
        }
    }
}
