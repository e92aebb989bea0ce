//! The deployment picture of small projects, put together in memory.

#[path = "picture/fuzz.rs"]
mod fuzz;
#[path = "picture/servers.rs"]
mod servers;
#[path = "picture/starts.rs"]
mod starts;
#[path = "picture/variables.rs"]
mod variables;

use shipworthy_model::picture::{
    Action, Environment, FailLevel, MountKind, Picture, Platform, ProbeKind, Publishing, Role, Runs, Step, Unit, When,
};
use shipworthy_model::{Artifacts, Notice};
use shipworthy_source::MemoryTree;
use shipworthy_source::picture::{read_picture, wants};

/// Reads a project of these files.
fn picture(files: &[(&str, &str)]) -> (Picture, Vec<Notice>, Artifacts) {
    let mut tree = MemoryTree::default();
    for (path, text) in files {
        tree.insert(path, *text);
    }
    let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).filter(|path| wants(path).is_some()).collect();
    let mut artifacts = Artifacts::default();
    let (picture, notices) = read_picture(&tree, &paths, &mut artifacts);
    (picture, notices, artifacts)
}

fn of_platform(picture: &Picture, platform: Platform) -> Vec<&Environment> {
    picture.environments.iter().filter(|environment| environment.platform == platform).collect()
}

#[test]
fn a_process_is_found_behind_its_entrypoint() {
    let (picture, notices, artifacts) = picture(&[
        ("manage.py", ""),
        (
            "compose/production/Dockerfile",
            "FROM python:3.13 AS build\nFROM python:3.13\nWORKDIR /app\nCOPY ./compose/production/entrypoint /entrypoint\nCOPY compose/production/start /start\nCOPY . .\nENV PORT=5000\nUSER django\nENTRYPOINT [\"/entrypoint\"]\n",
        ),
        (
            "compose/production/entrypoint",
            "#!/bin/bash\nset -e\nexport DATABASE_URL=\"postgres://${POSTGRES_USER}@db/x\"\nuntil nc -z db 5432; do sleep 1; done\nexec \"$@\"\n",
        ),
        (
            "compose/production/start",
            "#!/bin/bash\npython manage.py collectstatic --noinput\npython manage.py migrate\nexec gosu app /usr/local/bin/gunicorn config.wsgi --bind 0.0.0.0:$PORT --chdir=/app\n",
        ),
        ("gunicorn.conf.py", "workers = 3\n"),
        (
            "production.yml",
            "services:\n  django:\n    build:\n      context: .\n      dockerfile: ./compose/production/Dockerfile\n    command: /start\n    env_file: [./.envs/.production/.django]\n    environment:\n      POSTGRES_USER: shop\n      DJANGO_SETTINGS_MODULE: config.settings.production\n  postgres:\n    image: postgres:17\n    volumes: [data:/var/lib/postgresql/data]\n",
        ),
        ("local.yml", "services:\n  django:\n    image: x\n    command: python manage.py runserver 0.0.0.0:8000\n"),
    ]);
    assert!(notices.is_empty(), "{notices:?}");
    let environments = of_platform(&picture, Platform::Compose);
    assert_eq!(
        environments.iter().map(|it| (&*it.name, it.class.name())).collect::<Vec<_>>(),
        [("production.yml", "production"), ("local.yml", "development")]
    );
    let django = environments[0].unit("django").unwrap();
    assert_eq!(django.role, Role::Web);
    assert!(!django.env_files[0].1);
    let [process] = django.processes.as_slice() else { panic!("{:?}", django.processes) };
    let server = process.runs.server().unwrap();
    assert_eq!(server.binds()[0].as_str(), Some("0.0.0.0:5000"));
    assert_eq!(server.workers(), Some(3));
    assert_eq!(process.user.as_ref().and_then(|user| user.as_str()), Some("app"));
    assert_eq!(process.via.len(), 2, "{:?}", process.via);
    assert_eq!(&*artifacts.get(process.at.artifact).path, "compose/production/start");
    assert!(process.variables.iter().any(|variable| &*variable.name == "DATABASE_URL"));
    assert!(django.user.as_ref().is_some_and(|user| user.is("django")));
    let steps: Vec<_> = picture.steps.iter().filter(|step| step.environment.as_deref() == Some("production.yml")).collect();
    assert!(steps.iter().any(|step| step.is_manage("migrate") && step.when == When::Start));
    let postgres = environments[0].unit("postgres").unwrap();
    assert_eq!((postgres.role, postgres.mounts[0].kind), (Role::Database, MountKind::Volume));
    let Runs::Server(server) = &environments[1].units[0].processes[0].runs else { panic!() };
    assert_eq!(server.program.name(), "runserver");
}

#[test]
fn compose_files_that_belong_together_are_merged() {
    let base = "services:\n  web:\n    build: .\n    command: ./manage.py runserver 0.0.0.0:8000\n";
    let above = "services:\n  web:\n    command: gunicorn shop.wsgi\n";
    let docker = "FROM x\nUSER a\n";
    let (found, ..) = picture(&[("docker-compose.yml", base), ("docker-compose.prod.yml", above), ("Dockerfile", docker)]);
    let shown: Vec<_> = found.environments.iter().map(|it| (&*it.name, it.class.name(), it.artifacts.len())).collect();
    assert_eq!(shown, [("docker-compose.prod.yml", "production", 2), ("docker-compose.yml", "development", 1)]);
    let (found, ..) = picture(&[("compose.yaml", base), ("compose.override.yaml", above), ("Dockerfile", docker)]);
    let shown: Vec<_> = found.environments.iter().map(|it| (&*it.name, it.class.name(), it.artifacts.len())).collect();
    assert_eq!(shown, [("compose.yaml", "unknown", 1), ("compose.yaml + compose.override.yaml", "development", 2)]);
    let whole = "services:\n  web:\n    image: shop\n    command: gunicorn shop.wsgi\n";
    let (found, ..) = picture(&[
        ("docker/base.yml", base),
        ("docker/docker-compose.live.yml", whole),
        ("Makefile", "up:\n\tdocker compose -f docker/base.yml -f docker/docker-compose.live.yml up -d\n"),
    ]);
    assert_eq!(found.environments[0].artifacts.len(), 2, "{:?}", found.environments);
}

#[test]
fn arguments_of_a_build_reach_the_process() {
    let docker = "ARG BASE=python\nFROM $BASE AS base\nARG DJANGO_ENV\nARG LEVEL=low\nENV DJANGO_ENV=${DJANGO_ENV} LEVEL=$LEVEL\nCOPY start /start\nENTRYPOINT [\"/start\"]\nFROM base AS shipped\nCOPY . /code\n";
    let base = "services:\n  web:\n    build: {context: ., args: {DJANGO_ENV: development}}\n";
    let above = "services:\n  web:\n    build:\n      target: shipped\n      args: [DJANGO_ENV=production]\n    command: gunicorn shop.wsgi\n";
    let (found, _, artifacts) = picture(&[
        ("docker-compose.yml", base),
        ("docker-compose.prod.yml", above),
        ("Dockerfile", docker),
        ("start", "#!/bin/sh\nreadonly cmd=\"$*\"\nexec $cmd\n"),
    ]);
    let web = found.environments[0].unit("web").unwrap();
    assert_eq!(web.role, Role::Web, "{web:?}");
    let given = &web.variable("DJANGO_ENV").unwrap().value;
    assert!(given.is("production") && web.variable("LEVEL").unwrap().value.is("low"), "{:?}", web.variables);
    assert_eq!(&*artifacts.get(given.at.artifact).path, "Dockerfile");
    assert!(found.environments[1].unit("web").unwrap().variable("DJANGO_ENV").unwrap().value.is("development"));
}

#[test]
fn an_image_run_by_its_name_is_what_another_file_builds() {
    let docker = "FROM python\nENV DJANGO_ENV=production\nUSER shop\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";
    let base = "services:\n  web:\n    image: ghcr.io/me/shop:${TAG:-dev}\n    environment: {A: a}\n  worker:\n    image: ghcr.io/me/shop:1\n    command: celery -A shop worker\n  db: {image: postgres}\n";
    let local = "services:\n  web:\n    build: {context: ., dockerfile: shop/Dockerfile, args: {DJANGO_ENV: local}}\n  db:\n    ports: [\"5432:5432\"]\n";
    let (found, ..) = picture(&[("docker-compose.yml", base), ("docker-compose.local.yml", local), ("shop/Dockerfile", docker)]);
    let environment = found.environments.iter().find(|it| &*it.name == "docker-compose.yml").unwrap();
    let web = environment.unit("web").unwrap();
    assert!(web.serves() && web.runs_by_name(), "{web:?}");
    assert!(web.variable("DJANGO_ENV").unwrap().value.is("production") && web.variable("A").unwrap().value.is("a"));
    assert!(web.user.as_ref().unwrap().is("shop"));
    let worker = environment.unit("worker").unwrap();
    assert_eq!((worker.role, worker.variable("DJANGO_ENV").is_some()), (Role::Worker, true), "{worker:?}");
    assert!(found.environments.iter().any(|it| it.unit("web").is_some_and(|web| web.build.is_some() && !web.runs_by_name())));
    // A service beside it that builds the image makes it this file's own.
    let beside = "services:\n  base: {image: shop_base, build: .}\n  web: {image: shop_base, command: gunicorn shop.wsgi}\n";
    let (found, ..) = picture(&[("docker-compose.yml", beside), ("Dockerfile", docker)]);
    let [environment] = &*found.environments.iter().filter(|it| it.unit("web").is_some()).collect::<Vec<_>>() else { panic!() };
    let (base, web) = (environment.unit("base").unwrap(), environment.unit("web").unwrap());
    assert!(base.builds(web) && web.runs_by_name() && !web.builds(base), "{environment:?}");
    // Two builds of one name, or one for developers under a tag of its own, tell nothing.
    let runs = |built: &str| {
        let base = "services:\n  web: {image: \"me/shop:1\"}\n";
        let (found, ..) = picture(&[
            ("docker-compose.yml", base),
            ("build/compose.yml", built),
            ("build/Dockerfile", docker),
            ("build/Dockerfile.dev", docker),
        ]);
        let base = found.environments.iter().find(|it| &*it.name == "docker-compose.yml").unwrap();
        base.unit("web").unwrap().serves()
    };
    assert!(runs("services:\n  web: {image: me/shop, build: .}\n"));
    assert!(runs("services:\n  web: {image: shop, build: .}\n"));
    assert!(!runs("services:\n  web: {image: you/shop, build: .}\n"));
    assert!(!runs("services:\n  web: {image: \"me/shop:dev\", build: {context: ., dockerfile: Dockerfile.dev}}\n"));
    assert!(runs("services:\n  web: {image: \"me/shop:1\", build: {context: ., dockerfile: Dockerfile.dev}}\n"));
    let two = "services:\n  a: {image: me/shop, build: .}\n  b: {image: me/shop, build: {context: ., dockerfile: other}}\n";
    assert!(!runs(two));
}

#[test]
fn the_image_that_the_project_publishes_is_its_own() {
    let runs = |image: &str, package: &str, workflow: &str| {
        let compose = format!("services:\n  app: {{image: {image}}}\n");
        let (found, ..) = picture(&[
            ("docker-compose.yml", &compose),
            ("Dockerfile", "FROM python:3.13\nCOPY . /srv\nCMD [\"gunicorn\", \"shop.wsgi\"]\n"),
            (package, ""),
            (".github/workflows/release.yml", workflow),
        ]);
        let environment = found.environments.iter().find(|it| &*it.name == "docker-compose.yml").unwrap();
        environment.unit("app").unwrap().serves()
    };
    let workflow = "on: push\njobs:\n  a:\n    steps:\n      - uses: docker/metadata-action@v5\n        with: {images: ghcr.io/me/store}\n      - uses: docker/build-push-action@v6\n";
    assert!(runs("ghcr.io/me/store:latest", "shop/wsgi.py", workflow));
    assert!(runs("me/shop:1.2", "shop/wsgi.py", ""));
    assert!(runs("me/shop", "src/shop/settings/__init__.py", ""));
    assert!(!runs("me/shop:dev", "shop/wsgi.py", ""));
    assert!(!runs("shop", "shop/wsgi.py", ""));
    assert!(!runs("me/chat", "shop/wsgi.py", workflow));
    assert!(!runs("ghcr.io/me/stores", "shop/wsgi.py", workflow));
    assert!(!runs("me/redis", "redis/wsgi.py", ""));
}

#[test]
fn ingress_nginx_answers_for_https_where_it_has_a_certificate() {
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: [{name: web, image: shop}]\n";
    let ingress = |annotations: &str, spec: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: shop\n  annotations:\n    a: b\n{annotations}spec:\n  rules: [{{host: shop.example}}]\n{spec}"
        )
    };
    let tls = "  tls: [{hosts: [shop.example], secretName: shop}]\n";
    let class = "  ingressClassName: nginx\n";
    let read = |ingress: &str, other: &str| {
        let (found, ..) = picture(&[
            ("chart/Chart.yaml", "name: x\n"),
            (
                "chart/values.yaml",
                "ingress:\n  annotations: {}\n  more: {a: b}\n  off: {nginx.ingress.kubernetes.io/ssl-redirect: \"false\"}\n",
            ),
            ("chart/templates/web.yaml", web),
            ("chart/templates/ingress.yaml", ingress),
            ("controller/configmap.yaml", other),
        ]);
        let shown = |truth: Option<(shipworthy_model::Truth, _)>| match truth.unwrap().0 {
            shipworthy_model::Truth::Yes => "yes",
            shipworthy_model::Truth::No => "no",
            shipworthy_model::Truth::Unknown(_) => "open",
        };
        (shown(found.ingress_redirects()), shown(found.ingress_hsts()))
    };
    let own = "    nginx.ingress.kubernetes.io/limit-rps: \"5\"\n";
    assert_eq!(read(&ingress("", &format!("{class}{tls}")), ""), ("yes", "yes"));
    assert_eq!(read(&ingress(own, &format!("  ingressClassName: modsec\n{tls}")), ""), ("yes", "yes"));
    assert_eq!(read(&ingress("    kubernetes.io/ingress.class: nginx-internal\n", tls), ""), ("yes", "yes"));
    assert_eq!(read(&ingress("", tls), ""), ("no", "no"));
    assert_eq!(read(&ingress(own, class), ""), ("no", "no"));
    let off = "    nginx.ingress.kubernetes.io/ssl-redirect: \"false\"\n";
    assert_eq!(read(&ingress(off, tls), ""), ("no", "yes"));
    let added = |key: &str| {
        format!("    {{{{- with .Values.ingress.{key} }}}}\n    {{{{- toYaml . | nindent 4 }}}}\n    {{{{- end }}}}\n")
    };
    assert_eq!(read(&ingress(&added("more"), &format!("{class}{tls}")), ""), ("yes", "yes"));
    assert_eq!(read(&ingress(&added("off"), &format!("{class}{tls}")), ""), ("no", "yes"));
    let helper = "    {{- include \"shop.annotations\" . | nindent 4 }}\n";
    assert_eq!(read(&ingress(helper, &format!("{class}{tls}")), ""), ("open", "yes"));
    assert_eq!(read(&ingress(&added("annotations"), &format!("{class}{tls}")), ""), ("yes", "yes"));
    let told = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ingress-nginx-controller}\ndata: {ssl-redirect: \"false\", hsts: \"false\"}\n";
    assert_eq!(read(&ingress("", &format!("{class}{tls}")), told), ("no", "no"));
}

#[test]
fn what_a_template_gives_under_a_condition_is_open() {
    let web = "{{- if .Values.web }}\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: shop\n    envFrom: [{configMapRef: {name: shop}}]\n    env:\n    {{- if .Values.debug }}\n    - name: DEBUG\n      value: 'True'\n    {{- end }}\n    - name: LEVEL\n      value: low\n{{- end }}\n";
    let map = "{{- if .Values.web }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata:\n  A: a\n  {{- with .Values.b }}\n  B: b\n  {{- end }}\n{{- end }}\n";
    let (found, ..) =
        picture(&[("chart/Chart.yaml", "name: x\n"), ("chart/templates/web.yaml", web), ("chart/templates/map.yaml", map)]);
    let unit = found.environments[0].unit("web").unwrap();
    let shown = |name: &str| unit.variable(name).and_then(|variable| variable.value.as_str());
    assert_eq!(["A", "B", "DEBUG", "LEVEL"].map(shown), [Some("a"), None, None, Some("low")]);
    assert_eq!(unit.variables.len(), 4);
}

#[test]
fn a_file_of_uwsgi_that_nothing_names_runs_only_where_nothing_else_serves() {
    let ini = ("etc/uwsgi.ini", "[uwsgi]\nhttp = :8000\nmodule = shop.wsgi\n");
    let serving = |files: &[(&str, &str)]| {
        let (found, ..) = picture(files);
        let units = found.environments.iter().flat_map(|environment| environment.units.clone());
        units.filter(Unit::serves).map(|unit| unit.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(serving(&[ini]), ["uwsgi.ini"]);
    assert_eq!(serving(&[ini, ("shop.service", "[Service]\nExecStart=/srv/bin/gunicorn shop.wsgi\n")]), ["shop"]);
    assert_eq!(serving(&[ini, ("Procfile", "web: gunicorn shop.wsgi\n")]), ["web"]);
    // What a program of the project's own does is not to be seen; a worker serves nobody.
    assert!(serving(&[ini, ("shop.service", "[Service]\nExecStart=/srv/bin/shop server\n")]).is_empty());
    assert_eq!(serving(&[ini, ("work.service", "[Service]\nExecStart=/srv/bin/celery -A shop worker\n")]), ["uwsgi.ini"]);
    // systemd starts nothing of what stands in the file of a socket.
    assert_eq!(serving(&[ini, ("shop.socket", "[Service]\nExecStart=/srv/bin/gunicorn shop.wsgi\n")]), ["uwsgi.ini"]);
    assert_eq!(serving(&[ini, ("Procfile", "web: python manage.py runserver\n")]).len(), 2);
}

#[test]
fn what_a_manifest_includes_belongs_to_its_container() {
    let web = "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        - name: side\n          image: side\n        - name: web\n          image: shop\n          command: [gunicorn, shop.wsgi]\n          ports:\n            - containerPort: 80\n{% include 'web.env.yaml.j2' %}\n";
    let env = "          env:\n            - name: LEVEL\n              value: low\n            - name: HSTS\n              value: \"{{ HSTS }}\"\n            - name: KEY\n              valueFrom: {secretKeyRef: {name: shop, key: key}}\n";
    let (found, ..) = picture(&[("k8s/app.web.yaml.j2", web), ("k8s/web.env.yaml.j2", env)]);
    let unit = found.environments[0].unit("web/web").unwrap();
    assert!(unit.variable("LEVEL").unwrap().value.is("low"));
    assert!(["HSTS", "KEY"].iter().all(|name| unit.variable(name).unwrap().value.as_unknown().is_some()));
    assert!(found.environments[0].unit("web/side").unwrap().variables.is_empty());
}

#[test]
fn manifests_join() {
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      initContainers:\n      - {name: migrate, image: shop, command: [python, manage.py, migrate]}\n      containers:\n      - name: web\n        image: shop:1\n        command: [\"gunicorn\", \"--bind=0.0.0.0:$(PORT)\", \"shop.wsgi\"]\n        env:\n        - {name: PORT, value: \"8000\"}\n        - name: SECRET_KEY\n          valueFrom: {secretKeyRef: {name: shop, key: key}}\n        envFrom: [{configMapRef: {name: shop}}]\n        readinessProbe:\n          httpGet: {path: /health, port: 8000, httpHeaders: [{name: Host, value: shop.example}]}\n        securityContext: {runAsNonRoot: true}\n        volumeMounts: [{name: media, mountPath: /media}]\n      volumes: [{name: media, persistentVolumeClaim: {claimName: media}}]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: LoadBalancer\n  selector: {app: web}\n  ports: [{port: 80, targetPort: 8000}]\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: shop}\ndata: {key: aHVudGVyMg==}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {DEBUG: \"True\", DJANGO_SETTINGS_MODULE: shop.dev}\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: clean}\nspec:\n  schedule: '0 3 * * *'\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers: [{name: c, image: shop, args: [./manage.py, clearsessions]}]\n";
    let (found, notices, _) = picture(&[("k8s/all.yaml", web)]);
    assert!(notices.is_empty(), "{notices:?}");
    let environment = &found.environments[0];
    let unit = environment.unit("web").unwrap();
    assert_eq!(unit.processes[0].runs.server().unwrap().binds()[0].as_str(), Some("0.0.0.0:8000"));
    assert_eq!(unit.ports[0].how, Publishing::LoadBalancer);
    assert_eq!(unit.variable("SECRET_KEY").unwrap().value.expose(), Some("hunter2"));
    assert!(unit.variable("DEBUG").unwrap().value.is("True"));
    assert!(
        matches!(&unit.probes[0].kind, ProbeKind::Http(probe) if probe.host.as_ref().is_some_and(|host| host.is("shop.example")))
    );
    assert_eq!(unit.mounts[0].kind, MountKind::Volume);
    assert!(found.steps.iter().any(|step| step.is_manage("migrate") && step.when == When::Start));
    assert!(
        found
            .steps
            .iter()
            .any(|step| step.is_manage("clearsessions") && matches!(&step.when, When::Scheduled(text) if text.is("0 3 * * *")))
    );
}

#[test]
fn overlays_and_charts() {
    let base = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: shop\n        args: [gunicorn, shop.wsgi]\n        envFrom: [{configMapRef: {name: env}}]\n";
    let change = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 4\n  template:\n    spec:\n      containers:\n      - name: web\n        env: [{name: A, value: b}]\n";
    let (found, notices, _) = picture(&[
        ("k8s/base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("k8s/base/web.yaml", base),
        (
            "k8s/overlays/production/kustomization.yaml",
            "resources: [../../base]\npatches:\n- path: change.yaml\nconfigMapGenerator:\n- name: env\n  literals: [DEBUG=0]\nimages:\n- {name: shop, newTag: '7'}\n",
        ),
        ("k8s/overlays/production/change.yaml", change),
    ]);
    assert!(notices.is_empty(), "{notices:?}");
    assert_eq!(found.environments.len(), 1, "{:?}", found.environments.iter().map(|it| &it.name).collect::<Vec<_>>());
    let unit = &found.environments[0].units[0];
    assert!(unit.image.as_ref().unwrap().is("shop:7") && unit.replicas.as_ref().unwrap().is("4"));
    assert!(unit.variable("A").unwrap().value.is("b") && unit.variable("DEBUG").unwrap().value.is("0"));
    let template = "{{- if .Values.on }}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include \"x\" . }}\nspec:\n  replicas: {{ .Values.replicas }}\n  template:\n    spec:\n      containers:\n        - name: web\n          image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"\n          {{- with .Values.resources }}\n          resources:\n            {{- toYaml . | nindent 12 }}\n          {{- end }}\n          command: [\"daphne\", \"x.asgi:application\"]\n{{- end }}\n";
    let (found, notices, _) = picture(&[
        ("chart/Chart.yaml", "name: shop\n"),
        ("chart/values.yaml", "replicas: 3\non: true\ndatabase:\n  enabled: false\n"),
        ("chart/values-production.yaml", "replicas: 4\n"),
        ("chart/templates/web.yaml", template),
        ("chart/templates/db.yaml", &template.replace(".Values.on", ".Values.database.enabled").replace("daphne", "postgres")),
    ]);
    assert!(notices.is_empty(), "{notices:?}");
    let unit = &found.environments[0].units[0];
    assert!(unit.replicas.as_ref().unwrap().is("4"), "{:?}", unit.replicas);
    assert_eq!(found.environments[0].units.len(), 1, "the values turn the database off");
    assert!(!found.environments[0].complete);
    assert_eq!(unit.role, Role::Web);
}

/// What a template makes of a value that the chart leaves empty, and puts into quotes, is not known.
#[test]
fn templates_in_quotes_are_not_their_text() {
    let template = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: shop\n        env:\n        - {name: A, value: '{{ template \"port\" . }}'}\n        - {name: B, value: '{{ .Values.url | default \"x\" }}'}\n        - {name: C, value: '{{ .Values.url }}'}\n        - {name: D, value: '{{ if .Values.url }}a{{ end }}'}\n";
    let (found, notices, _) = picture(&[
        ("chart/Chart.yaml", "name: shop\n"),
        ("chart/values.yaml", "url: ''\n"),
        ("chart/templates/web.yaml", template),
    ]);
    assert!(notices.is_empty(), "{notices:?}");
    let unit = &found.environments[0].units[0];
    let told = |name: &str| unit.variable(name).and_then(|variable| variable.value.expose().map(str::to_owned));
    assert_eq!([told("A"), told("B"), told("C"), told("D")], [None, None, None, None]);
}

#[test]
fn pipelines_and_schedules() {
    let workflow = "on:\n  push:\n    branches: [main]\njobs:\n  test:\n    runs-on: x\n    env: {SECRET_KEY: '${{ secrets.KEY }}'}\n    steps:\n    - uses: actions/checkout@v4\n    - run: |\n        pip install -r requirements.txt\n        python manage.py check --deploy --fail-level WARNING\n    - run: docker compose run --rm web ./manage.py test\n";
    let (found, notices, _) = picture(&[
        (".github/workflows/ci.yml", workflow),
        (".gitlab-ci.yml", "test:\n  script:\n    - ./manage.py check --deploy\n"),
        ("deploy/crontab", "0 3 * * * root pg_dump shop > /backup/x\n@daily /app/manage.py clearsessions\n"),
        ("Procfile", "release: python manage.py migrate --noinput\nweb: gunicorn shop.wsgi --log-file -\n"),
        (
            "app.json",
            "{\"env\": {\"DJANGO_SETTINGS_MODULE\": {\"value\": \"shop.prod\"}, \"SECRET_KEY\": {\"generator\": \"secret\"}}}",
        ),
    ]);
    assert!(notices.is_empty(), "{notices:?}");
    let levels: Vec<_> = found.steps.iter().filter_map(Step::deploy_check).collect();
    assert_eq!(levels, [Some(FailLevel::Warning), Some(FailLevel::Error)]);
    assert!(found.steps.iter().any(|step| step.backup() == Some("pg_dump") && matches!(step.when, When::Scheduled(_))));
    assert!(found.steps.iter().any(|step| step.is_manage("clearsessions")));
    assert!(found.steps.iter().any(|step| step.is_manage("test") && matches!(step.action, Action::Manage(_))));
    assert!(found.steps.iter().any(|step| step.is_manage("migrate") && step.when == When::Release));
    let web = &found.environments[0].units[0];
    assert!(web.variable("DJANGO_SETTINGS_MODULE").unwrap().value.is("shop.prod"));
    assert!(web.processes[0].runs.server().unwrap().binds()[0].as_unknown().is_some());
    assert!(found.environments[0].platform.has_router());
}

#[test]
fn machines_are_one_environment() {
    let (found, notices, _) = picture(&[
        (
            "deploy/shop.service",
            "[Service]\nUser=shop\nWorkingDirectory=/srv/shop\nEnvironment=DJANGO_SETTINGS_MODULE=shop.prod\nExecStartPre=/srv/shop/venv/bin/python manage.py migrate\nExecStart=/srv/shop/venv/bin/gunicorn --config deploy/gunicorn.conf.py shop.wsgi\n",
        ),
        ("deploy/clean.service", "[Service]\nType=oneshot\nExecStart=/srv/shop/manage.py clearsessions\n"),
        ("deploy/clean.timer", "[Timer]\nOnCalendar=daily\n"),
        ("deploy/gunicorn.conf.py", "bind = 'unix:/run/shop.sock'\n"),
        ("deploy/supervisor.conf", "[program:worker]\ncommand=celery -A shop worker\n"),
        ("uwsgi.ini", "[uwsgi]\nhttp = :8000\nmodule = shop.wsgi\n"),
        ("conf/redis.conf", "bind 0.0.0.0\n"),
    ]);
    assert!(notices.is_empty(), "{notices:?}");
    let [environment] = found.environments.as_slice() else { panic!("{:?}", found.environments) };
    assert_eq!(environment.class.name(), "production");
    let web = environment.unit("shop").unwrap();
    assert_eq!(web.processes[0].runs.server().unwrap().binds()[0].as_str(), Some("unix:/run/shop.sock"));
    assert_eq!(environment.unit("worker").unwrap().role, Role::Worker);
    assert!(environment.unit("uwsgi.ini").is_none());
    assert!(
        found
            .steps
            .iter()
            .any(|step| step.is_manage("clearsessions") && matches!(&step.when, When::Scheduled(text) if text.is("daily")))
    );
    assert_eq!(found.confs.len(), 1);
}

#[test]
fn kustomizations_change_objects_by_operations_and_targets() {
    let (picture, notices, _) = picture(&[
        (
            "k8s/base/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template:\n    spec:\n      containers:\n        \
             - name: web\n          image: shop\n          command: [gunicorn, shop.wsgi]\n          env:\n            - {name: DEBUG, value: '1'}\n",
        ),
        ("k8s/base/kustomization.yaml", "resources: [web.yaml]\n"),
        (
            "k8s/production/kustomization.yaml",
            "resources: [../base]\npatches:\n  - target: {kind: Deployment, name: web}\n    patch: |-\n      - op: replace\n        \
             path: /spec/replicas\n        value: 3\n      - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: A, value: b}}\n      \
             - {op: remove, path: /spec/template/spec/containers/0/env/0}\n  - target: {kind: Deployment}\n    path: mark.yaml\n",
        ),
        ("k8s/production/mark.yaml", "spec:\n  template:\n    spec:\n      securityContext: {runAsUser: 1000}\n"),
    ]);
    assert!(notices.is_empty(), "{notices:?}");
    let environments = of_platform(&picture, Platform::Kubernetes);
    let [environment] = environments.as_slice() else { panic!("{environments:?}") };
    let web = environment.unit("web").unwrap();
    let variables: Vec<String> = web.variables.iter().map(|it| format!("{}={}", it.name, it.value.shown())).collect();
    assert_eq!((web.replicas.as_ref().unwrap().shown(), variables), ("3", vec!["A=b".to_owned()]));
    assert!(environment.complete && web.user.as_ref().is_some_and(|user| user.is("1000")), "{web:?}");
}

#[test]
fn an_operation_that_cannot_be_followed_leaves_the_whole_open() {
    let (picture, _, _) = picture(&[
        (
            "k8s/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        - {name: web, image: shop}\n",
        ),
        (
            "k8s/kustomization.yaml",
            "resources: [web.yaml]\npatches:\n  - target: {kind: Deployment}\n    patch: '[{op: replace, path: /spec/nothing/here, value: 1}]'\n",
        ),
    ]);
    assert!(!of_platform(&picture, Platform::Kubernetes)[0].complete);
}

#[test]
fn values_for_production_lie_on_top_of_a_charts_own() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: {{ .Values.replicas }}\n  template:\n    \
        spec:\n      containers:\n        - name: web\n          image: shop\n          command: [gunicorn, shop.wsgi]\n          env:\n            \
        - name: DEBUG\n              value: {{ .Values.debug | quote }}\n";
    let (picture, _, _) = picture(&[
        ("chart/Chart.yaml", "name: shop\n"),
        ("chart/values.yaml", "replicas: 1\ndebug: 'True'\n"),
        ("chart/values-production.yaml", "debug: 'False'\n"),
        ("chart/templates/web.yaml", deployment),
    ]);
    let web = of_platform(&picture, Platform::Kubernetes)[0].unit("web").unwrap();
    assert_eq!((web.replicas.as_ref().unwrap().shown(), web.variable("DEBUG").unwrap().value.shown()), ("1", "False"));
}

/// The socket of a service's name is what its server serves on.
#[test]
fn a_socket_of_systemd_is_where_gunicorn_listens() {
    let service = "[Service]\nExecStart=/srv/venv/bin/gunicorn3 shop.wsgi\n[Install]\nWantedBy=multi-user.target\n";
    let binds = |files: &[(&str, &str)]| {
        let (picture, ..) = picture(files);
        let environment = of_platform(&picture, Platform::Machine)[0];
        let server = environment.units[0].processes[0].runs.server().unwrap();
        server.binds().iter().map(|bind| bind.shown().to_owned()).collect::<Vec<_>>()
    };
    let socket = |at: &'static str| format!("[Socket]\nListenStream={at}\n");
    assert_eq!(binds(&[("deploy/shop.service", service)]), ["127.0.0.1:8000"]);
    for (written, read) in [("/run/shop.sock", "unix:/run/shop.sock"), ("8001", "0.0.0.0:8001"), ("10.0.0.1:80", "10.0.0.1:80")] {
        let files = [("deploy/shop.service", service), ("deploy/shop.socket", &*socket(written))];
        assert_eq!(binds(&files), [read]);
        let other = [("deploy/shop.service", service), ("deploy/other.socket", &*socket(written))];
        assert_eq!(binds(&other), ["127.0.0.1:8000"]);
    }
}
