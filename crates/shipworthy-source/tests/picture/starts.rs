//! How servers are started, and which files pipelines deploy.

use shipworthy_model::picture::{Chance, Picture, Platform};

use crate::picture;

fn classes(picture: &Picture) -> Vec<(&str, &str)> {
    picture.environments.iter().map(|it| (&*it.name, it.class.name())).collect()
}

/// What each process of the first environment runs, and how sure that is.
fn runs(files: &[(&str, &str)]) -> Vec<String> {
    let (found, ..) = picture(files);
    let processes = found.environments[0].units.iter().flat_map(|unit| &unit.processes);
    processes.map(|process| format!("{:?} {}", process.chance, process.runs.name())).collect()
}

const WEB: &str = "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n";

#[test]
fn what_a_pipeline_deploys_is_productions() {
    let deploy = |command: &str| {
        format!("jobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: ssh shop@example.org 'cd /srv && {command}'\n")
    };
    let of = |command: &str| {
        let pipeline = deploy(command);
        let files = [("compose.yml", WEB), ("compose.server.yml", WEB), (".github/workflows/ci.yml", &*pipeline)];
        let (found, ..) = picture(&files);
        classes(&found).into_iter().map(|(name, class)| format!("{name} {class}")).collect::<Vec<_>>()
    };
    assert_eq!(of("docker compose -f compose.yml -f compose.server.yml up -d"), ["compose.server.yml production"]);
    assert_eq!(of("docker compose up -d"), ["compose.yml production", "compose.server.yml unknown"]);
    assert_eq!(of("docker compose -f compose.yml logs"), ["compose.server.yml unknown", "compose.yml unknown"]);
}

#[test]
fn what_lasts_on_a_server_is_productions_where_nothing_else_is() {
    let lasting = "services:\n  web:\n    build: .\n    restart: always\n    ports: [\"80:8000\"]\n";
    let mounted = "services:\n  web:\n    build: .\n    restart: always\n    ports: [\"80:8000\"]\n    volumes: [.:/app]\n";
    let (found, ..) = picture(&[("docker-compose.yml", lasting)]);
    assert_eq!(classes(&found), [("docker-compose.yml", "production")]);
    assert!(found.environments[0].class.is_by_conduct());
    assert!(found.class(found.environments[0].artifacts[0]).is_production());
    let (found, ..) = picture(&[("docker-compose.yml", mounted)]);
    assert_eq!(classes(&found), [("docker-compose.yml", "unknown")]);
    let (found, ..) = picture(&[("one/docker-compose.yml", lasting), ("two/docker-compose.yml", lasting)]);
    assert_eq!(classes(&found)[0].1, "unknown", "a choice is nobody's production");
    let (found, ..) = picture(&[("docker-compose.yml", lasting), ("Procfile", "web: gunicorn shop.wsgi\n")]);
    assert_eq!(classes(&found), [("Procfile", "production"), ("docker-compose.yml", "unknown")]);
}

#[test]
fn branches_of_entrypoints_are_judged_by_what_their_conditions_ask() {
    let start = "#!/bin/sh\nif [ \"$MODE\" = worker ]; then\n  exec celery -A x worker\nfi\nserve() {\n  exec gunicorn \"$@\"\n}\nserve shop.wsgi\n";
    let docker = "FROM python\nCOPY start.sh /start.sh\nCMD [\"/start.sh\"]\n";
    let given = |mode: &str| format!("services:\n  web:\n    build: .\n    environment:\n      OTHER: 1\n{mode}");
    let of = |mode: &str| runs(&[("compose.prod.yml", &given(mode)), ("start.sh", start), ("Dockerfile", docker)]);
    assert_eq!(of(""), ["Unlikely celery", "Certain gunicorn"]);
    assert_eq!(of("      MODE: worker\n"), ["Certain celery"]);
    assert_eq!(of("      MODE: web\n"), ["Certain gunicorn"]);
}

#[test]
fn a_chart_names_the_published_image_of_the_project() {
    let template = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"\n";
    let (found, ..) = picture(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("chart/values.yaml", "image:\n  repository: me/shop\n  tag: \"\"\n"),
        ("chart/templates/deployment.yaml", template),
        ("shop/settings.py", ""),
        ("Dockerfile", "FROM python\nCMD [\"gunicorn\", \"shop.wsgi\"]\n"),
    ]);
    let web = &found.environments[0].units[0];
    assert_eq!(found.environments[0].platform, Platform::Kubernetes);
    assert_eq!((web.image.as_ref().and_then(|image| image.as_str()), web.serves()), (Some("me/shop"), true));
}

#[test]
fn wrappers_and_watchers_start_what_they_are_handed() {
    let of = |line: &str| runs(&[("Procfile", line), ("gunicorn.conf", "workers = 2\n")]);
    assert_eq!(of("web: bin/start-nginx gunicorn -c gunicorn.conf shop.wsgi\n"), ["Certain gunicorn"]);
    // A word that a script knows is no server with the options that servers have of themselves.
    assert_eq!(of("web: ./docker-entrypoint.sh gunicorn\n"), ["Certain ./docker-entrypoint.sh"]);
    assert_eq!(of("web: nodemon --exec \"gunicorn shop.wsgi\"\n"), ["Certain gunicorn"]);
    assert_eq!(of("web: hupper -m gunicorn shop.wsgi\n"), ["Certain gunicorn"]);
    assert_eq!(of("web: python -m shop.serve\n"), ["Certain python"]);
    let (found, ..) = picture(&[("Procfile", "web: watchmedo auto-restart -R -d . gunicorn shop.wsgi\n")]);
    let process = &found.environments[0].units[0].processes[0];
    assert!(process.chance == Chance::Certain && process.runs.server().unwrap().reloads().is_yes());
}
