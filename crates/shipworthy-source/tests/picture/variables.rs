//! Variables that units, templates, pipelines and platforms give.

use shipworthy_model::picture::{Platform, When};

use crate::{of_platform, picture};

#[test]
fn units_read_the_files_of_variables_that_lie_in_the_project() {
    let unit = "[Service]\nWorkingDirectory=/srv/shop\nEnvironment=DEBUG=1 A=1\nEnvironmentFile=-/srv/shop/deploy/shop.conf.env\n\
        EnvironmentFile=/etc/shop.env\nExecStart=/srv/shop/venv/bin/gunicorn shop.wsgi\n";
    let (picture, _, _) =
        picture(&[("deploy/shop.service", unit), ("deploy/shop.conf.env", "DEBUG=0\nB=2\n"), ("etc/shop.env", "C=3\n")]);
    let shop = of_platform(&picture, Platform::Machine)[0].unit("shop").unwrap();
    let variables: Vec<String> = shop.variables.iter().map(|it| format!("{}={}", it.name, it.value.shown())).collect();
    assert_eq!(variables, ["DEBUG=0", "A=1", "B=2"]);
    assert_eq!(shop.env_files.iter().map(|(_, read)| *read).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn drop_ins_change_their_service() {
    let (picture, _, _) = picture(&[
        ("deploy/shop.service", "[Service]\nUser=shop\nEnvironment=DEBUG=0 A=1\nExecStart=/srv/bin/gunicorn shop.wsgi\n"),
        ("deploy/shop.service.d/10-more.conf", "[Service]\nUser=root\nEnvironment=DEBUG=1\n"),
        ("deploy/work.service.d/10-more.conf", "[Service]\nUser=nobody\n"),
        ("deploy/call.service.d/call.conf", "[Service]\nExecStart=\nExecStart=/srv/bin/call\n"),
    ]);
    let machine = of_platform(&picture, Platform::Machine)[0];
    let shop = machine.unit("shop").unwrap();
    let variables: Vec<String> = shop.variables.iter().map(|it| format!("{}={}", it.name, it.value.shown())).collect();
    assert_eq!((variables, shop.user.as_ref().unwrap().shown()), (vec!["DEBUG=1".to_owned(), "A=1".to_owned()], "root"));
    assert_eq!(machine.units.len(), 1, "a drop-in is no service");
}

#[test]
fn templates_of_ansible_give_variables() {
    let (picture, notices, _) = picture(&[
        (
            "ansible/roles/shop/templates/shop.service.j2",
            "[Service]\nUser=shop\nEnvironmentFile=/etc/shop/shop.env\nWorkingDirectory={{ app_root }}\nExecStart={{ venv }}/bin/gunicorn --bind {{ socket | default('x') }} shop.wsgi\n",
        ),
        ("ansible/roles/shop/templates/shop.env.j2", "# {{ ansible_managed }}\nDEBUG=0\nALLOWED_HOST={{ hostname }}\n"),
    ]);
    assert!(notices.is_empty(), "{notices:?}");
    let shop = picture.environments[0].unit("shop").unwrap();
    assert!(shop.serves() && shop.variable("DEBUG").unwrap().value.is("0") && shop.env_files[0].1, "{shop:?}");
    assert!(shop.variable("ALLOWED_HOST").unwrap().value.as_unknown().is_some());
}

#[test]
fn loops_of_templates_write_the_variables_of_the_machine() {
    let loops =
        "[uwsgi]\nmodule = shop.wsgi\n{% for key, val in django_environment.items() %}\nenv = {{key}}={{val}}\n{% endfor %}\n";
    let (picture, _, _) = picture(&[
        ("ansible/shop/templates/uwsgi.j2", loops),
        ("ansible/shop/defaults/main.yml", "django_environment:\n  DEBUG: true\n  GONE: 1\n"),
        (
            "ansible/inventory/host_vars/shop.org.yml",
            "other: 1\ndjango_environment:\n  DEBUG: false\n  SECRET_KEY: \"{{ lookup('x') }}\"\n",
        ),
        ("ansible/inventory/host_vars/staging.yml", "django_environment:\n  DEBUG: true\n"),
    ]);
    let unit = &picture.environments[0].units[0];
    let given: Vec<(&str, Option<&str>)> = unit.processes[0].variables.iter().map(|it| (&*it.name, it.value.expose())).collect();
    assert_eq!(given, [("DEBUG", Some("False")), ("SECRET_KEY", None)]);
}

#[test]
fn what_deploys_writes_the_variables_of_production() {
    let deploying = "on: push\njobs:\n  deploy:\n    steps:\n    - uses: appleboy/ssh-action@v1\n      with:\n        script: |\n          cd /srv/shop\n          mv .env .env-dev\n          echo \"# written\" > .env\n          echo \"COMPOSE_FILE=docker-compose.yml:docker/prod.yml\" >> .env\n          echo 'DEBUG=False' >> .env\n          echo \"SECRET_KEY=${{ secrets.KEY }}\" >> .env\n          printf 'HOST=%s\\nPORT=%s\\n' shop.example 80 >> .env\n          cat >> .env <<EOF\n          MAIL=smtp\n          DB=$DB\n          EOF\n          docker compose run web python manage.py migrate\n";
    let compose = "services:\n  web:\n    image: shop\n    environment: [DEBUG, SECRET_KEY, HOST, PORT, MAIL, DB, OTHER]\n    command: gunicorn shop.wsgi\n";
    let files = |workflow: &'static str| {
        vec![
            (".github/workflows/release.yml", workflow),
            ("docker-compose.yml", compose),
            ("docker/prod.yml", "services:\n  web:\n    restart: always\n"),
            (".env", "DEBUG=True\nSECRET_KEY=key\nOTHER=1\n"),
        ]
    };
    let (read, notices, _) = picture(&files(deploying));
    assert!(notices.is_empty(), "{notices:?}");
    let environment = &read.environments[0];
    assert_eq!((&*environment.name, environment.class.name()), ("docker/prod.yml", "production"));
    let web = environment.unit("web").unwrap();
    let given: Vec<(&str, Option<&str>)> = web.variables.iter().map(|it| (&*it.name, it.value.expose())).collect();
    let some = Some;
    assert_eq!(
        given,
        [
            ("DEBUG", some("False")),
            ("SECRET_KEY", None),
            ("HOST", some("shop.example")),
            ("PORT", some("80")),
            ("MAIL", some("smtp")),
            ("DB", None),
            ("OTHER", None)
        ]
    );
    assert!(read.rewritten.contains(".env") && read.runs_command("migrate").next().is_some());
    // What tests write is for tests.
    let (read, _, _) = picture(&files(
        "on: push\njobs:\n  test:\n    steps:\n    - run: |\n        echo DEBUG=False > .env\n        docker compose up\n",
    ));
    let web = read.environments.iter().find(|it| &*it.name == "docker-compose.yml").and_then(|it| it.unit("web")).unwrap();
    assert!(read.rewritten.is_empty() && web.variable("DEBUG").unwrap().value.is("True"));
}

#[test]
fn platforms_give_variables_of_their_own() {
    let (read, notices, _) = picture(&[
        ("render.yaml", "services:\n- type: web\n  name: shop\n  startCommand: gunicorn shop.wsgi\n"),
        (
            "fly.toml",
            "app = \"shop\"\n[build]\nimage = \"shop\"\n[processes]\nweb = \"gunicorn shop.wsgi\"\n[env]\nPRIMARY_REGION = \"ams\"\n",
        ),
        (
            ".do/app.yaml",
            "name: shop\nservices:\n- name: web\n  run_command: gunicorn shop.wsgi\n  envs:\n  - key: HOSTS\n    value: \"${APP_DOMAIN}\"\n  - key: DEBUG\n    value: \"False\"\n  - key: STATIC\n    value: \"1\"\n    scope: BUILD_TIME\njobs:\n- name: migrate\n  kind: PRE_DEPLOY\n  run_command: python manage.py migrate\n",
        ),
        (
            "cf/manifest.yml",
            "applications:\n- name: shop\n  env:\n    A: ((a))\n    B: 1\n- name: scanner\n  docker: {image: x}\n",
        ),
        ("cf/Procfile", "web: gunicorn shop.wsgi\nworker: celery -A shop worker\n"),
    ]);
    assert!(notices.is_empty(), "{notices:?}");
    let of = |platform: Platform| of_platform(&read, platform)[0].units.iter().find(|unit| unit.serves()).unwrap();
    let has = |platform: Platform, name: &str| of(platform).variable(name).map(|it| it.value.expose().map(str::to_owned));
    assert_eq!(has(Platform::Render, "RENDER"), Some(Some("true".into())));
    assert_eq!(has(Platform::Render, "RENDER_EXTERNAL_HOSTNAME"), Some(None));
    assert_eq!(has(Platform::Fly, "FLY_APP_NAME"), Some(Some("shop".into())));
    assert_eq!(has(Platform::Fly, "PRIMARY_REGION"), Some(Some("ams".into())));
    assert_eq!(has(Platform::AppPlatform, "HOSTS"), Some(None));
    assert_eq!(has(Platform::AppPlatform, "DEBUG"), Some(Some("False".into())));
    assert_eq!(has(Platform::AppPlatform, "STATIC"), None);
    assert!(read.steps.iter().any(|step| step.is_manage("migrate") && step.when == When::Release));
    assert_eq!((has(Platform::CloudFoundry, "A"), has(Platform::CloudFoundry, "B")), (Some(None), Some(Some("1".into()))));
    assert_eq!(has(Platform::CloudFoundry, "VCAP_SERVICES"), Some(None));
    assert!(of_platform(&read, Platform::Heroku).is_empty() && of_platform(&read, Platform::CloudFoundry)[0].units.len() == 2);
}

#[test]
fn images_that_others_build_are_known_by_their_names() {
    let compose = |image: &str| format!("services:\n  web:\n    image: {image}\n    restart: always\n");
    let dockerfile = "FROM python:3.13 AS plain\nCMD [\"x\"]\nFROM plain AS server\nENV DEBUG=False\nCMD [\"gunicorn\", \"shop.wsgi\"]\nFROM plain AS other\n";
    let bake = "group \"default\" {\n  targets = [\"web\"]\n}\n\ntarget \"_common\" {\n  context    = \"..\"\n  dockerfile = \"docker/Dockerfile\"\n}\n\ntarget \"web\" {\n  inherits = [\"_common\"]\n  target   = \"server\"\n  tags     = [\n    \"shop:local\",\n  ]\n}\n";
    let json =
        "{\"target\": {\"web\": {\"dockerfile\": \"docker/Dockerfile\", \"target\": \"server\", \"tags\": [\"shop:local\"]}}}";
    let workflow = "on: push\njobs:\n  image:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        file: docker/Dockerfile\n        target: server\n        tags: registry.example/me/shop:latest\n";
    for (path, text) in [
        ("docker/docker-bake.hcl", bake),
        ("docker-bake.json", json),
        ("Makefile", "image:\n\tdocker build --no-cache -t shop:latest -f docker/Dockerfile --target server .\n"),
        (".github/workflows/image.yml", workflow),
    ] {
        let whole = compose("registry.example/me/shop:1.2");
        // The same build a second time is still the only one.
        let again = ("justfile", "image:\n    docker buildx build -f docker/Dockerfile --target=server --tag shop .\n");
        let (read, _, _) = picture(&[("docker/Dockerfile", dockerfile), ("docker-compose.yml", &whole), again, (path, text)]);
        let web = read.environments.iter().find_map(|it| it.unit("web")).unwrap();
        assert!(web.serves() && web.variable("DEBUG").unwrap().value.is("False"), "{path}: {web:?}");
    }
}

/// The variables of the unit that serves.
fn served(files: &[(&str, &str)]) -> Vec<String> {
    let (picture, _, _) = picture(files);
    let unit = picture.environments.iter().flat_map(|it| &it.units).find(|unit| unit.serves()).expect("something serves");
    let own = unit.variables.iter().chain(unit.processes.iter().flat_map(|process| &process.variables));
    own.map(|it| format!("{}={}", it.name, it.value.expose().unwrap_or("?"))).collect()
}

#[test]
fn scripts_source_files_and_export_lists() {
    let image = "FROM python:3.13\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"/app/entry.sh\"]\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";
    let files = |entry: &'static str| {
        served(&[("Dockerfile", image), ("entry.sh", entry), ("env.sh", "export A=1\nB=2\n"), ("prod.env", "C=3\nD=\"4\"\n")])
    };
    for (entry, expected) in [
        ("#!/bin/sh\n. /app/env.sh\nexec \"$@\"\n", "A=1"),
        ("#!/bin/sh\nset -a\nsource ./prod.env\nset +a\nexec \"$@\"\n", "C=3 D=4"),
        ("#!/bin/sh\nif [ -f prod.env ]; then\n  export $(grep -v '^#' prod.env | xargs)\nfi\nexec \"$@\"\n", "C=? D=?"),
        ("#!/bin/sh\nexport $(cat prod.env | xargs)\nexec \"$@\"\n", "C=3 D=4"),
        ("#!/bin/sh\nif [ -f env.sh ]; then\n  . ./env.sh\nfi\nexec \"$@\"\n", "A=1"),
        ("#!/bin/sh\nif [ x = \"$Y\" ]; then\n  . ./env.sh\nfi\nexec \"$@\"\n", "A=?"),
        ("#!/bin/sh\nexec env $(cat prod.env) \"$@\"\n", "C=3 D=4"),
        ("#!/bin/sh\n: \"${A:=5}\"\nexport A\nexec \"$@\"\n", "A=5"),
        ("#!/bin/sh\nexport A=\"${A:-\"6\"}\" B=\"${B:-$(openssl rand -hex 9)}\"\nexec \"$@\"\n", "A=6 B=?"),
    ] {
        assert_eq!(files(entry).join(" "), expected, "{entry}");
    }
}

#[test]
fn builds_leave_files_of_variables_in_their_image() {
    let image = |more: &str| format!("FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN {more}\nCMD [\"gunicorn\", \"shop.wsgi\"]\n");
    assert_eq!(served(&[("Dockerfile", &image("echo \"A=1\" > .env"))]), ["A=1"]);
    assert_eq!(served(&[("Dockerfile", &image("echo A=1 > .env && python manage.py collectstatic && rm .env"))]), [""; 0]);
}

#[test]
fn templates_are_filled_from_the_variables_of_groups() {
    let unit = "[Service]\nEnvironment=DEBUG={{ debug }} HOST={{ host | default('x') }} KEY={{ key }}\nExecStart=/srv/bin/gunicorn shop.wsgi\n";
    let given = served(&[
        ("ansible/templates/shop.service.j2", unit),
        ("ansible/group_vars/production.yml", "debug: true\nhost: a.example\n"),
        ("ansible/group_vars/all.yml", "debug: false\n"),
    ]);
    assert_eq!(given, ["DEBUG=True", "HOST=a.example", "KEY=?"]);
}

#[test]
fn what_commands_and_platforms_hand_out_is_kept() {
    let handed = |path: &str, text: &str| -> Vec<String> {
        let (picture, _, _) = picture(&[("Dockerfile", "FROM python:3.13\nCMD gunicorn shop.wsgi\n"), (path, text)]);
        let one = |it: &shipworthy_model::picture::Handed| {
            let names: Vec<&str> = it.variables.iter().map(|it| &*it.name).collect();
            format!("{} {} {}", it.by, it.class.name(), names.join(" "))
        };
        picture.handed.iter().filter(|it| !it.to.is_empty()).map(one).collect()
    };
    let makefile = "run:\n\tdocker run -e A=1 shop\ndeploy:\n\tdocker run -d -e A=1 -e B=2 shop\ncache:\n\tdocker run -d --restart always -e C=1 redis\n";
    assert_eq!(handed("Makefile", makefile), ["docker run production A B"]);
    let job = |name: &str, run: &str| format!("on: push\njobs:\n  {name}:\n    steps:\n    - run: {run}\n");
    let run = "gcloud run deploy shop-staging --set-env-vars A=1";
    assert_eq!(handed(".github/workflows/a.yml", &job("up", run)), ["gcloud run staging A"]);
    let run = "ssh -i key me@host 'cd /srv && docker run -d --restart always -e A=1 shop'";
    assert_eq!(handed(".github/workflows/a.yml", &job("up", run)), ["docker run unknown A"]);
    let run = "|\n        echo \"A=1\" >> .env\n        rsync -a . me@host:/srv";
    assert_eq!(handed(".github/workflows/a.yml", &job("up", run)), ["what writes .env production A"]);
    assert_eq!(handed("zappa_settings.json", r#"{"dev": {"environment_variables": {"A": "1"}}}"#), ["Zappa development A"]);
    assert_eq!(handed("infra/main.tf", "env {\n  name = \"A\"\n  value = \"1\"\n}\n"), ["Terraform production A"]);
}
