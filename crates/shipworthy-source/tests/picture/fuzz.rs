//! Every reader is fed broken files, and never panics or points outside a file.

use shipworthy_model::picture::{Picture, Text};
use shipworthy_model::{Artifacts, Region};
use shipworthy_source::MemoryTree;
use shipworthy_source::picture::{read_picture, wants};

/// Small files of every kind, with the constructs that are hard to read.
const SEEDS: [(&str, &str); 24] = [
    (
        "Dockerfile",
        "# escape=\\\nARG V=1\nFROM a:${V:-2} AS b\nENV A=\"x $V\" B='y'\nRUN <<EOF\nx\nEOF\nCOPY --from=b [\"a\", \"b\"]\nFROM b\nHEALTHCHECK --x=1 CMD [\"a\", \"ü\"]\nENTRYPOINT [\"/start\"]\nCMD gunicorn -b :$PORT a:b\n",
    ),
    (".dockerignore", "*\n!src/**\n[a-z]?.env\n"),
    (
        "compose.yaml",
        "x: &x {A: 1, <<: *y}\ninclude: [other.yaml]\nservices:\n  web:\n    <<: *x\n    build: {context: ., args: [A=b]}\n    command: sh -c \"gunicorn 'a b' $${X}\"\n    ports: ['127.0.0.1:${P:-8000}:80/tcp', {target: 80, published: \"1-2\"}]\n    volumes: ['./ü:/a:ro']\n    env_file: .env\n    extends: {file: compose.yaml, service: web}\n    environment: [A=ü, 'B=${A:?x}']\n",
    ),
    ("compose.override.yaml", "services:\n  web:\n    ports: !reset []\n    environment: !override {C: \"\\u00fc\"}\n"),
    (".env", "A=1\nB=\"${A} ü\"\n"),
    (
        "k8s/web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: ü}\nspec:\n  containers:\n  - name: a\n    args: ['$(A)', {{ .x }}]\n    env: [{name: A, value: '$(B)'}]\n---\napiVersion: v1\nkind: Secret\ndata: {a: '////'}\n",
    ),
    (
        "k8s/kustomization.yaml",
        "resources: [web.yaml, ../k8s]\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Pod\n    metadata: {name: ü}\nsecretGenerator: [{name: s, literals: [a=b], envs: [../.env]}]\nimages: [{name: a, newTag: b}]\n",
    ),
    ("chart/Chart.yaml", "name: x\n"),
    (
        "chart/templates/a.yaml",
        "{{- range .x }}\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {{ .Values.a | quote }}\n{{- end }}\n",
    ),
    ("chart/values.yaml", "a: ü\n"),
    ("Procfile", "web: A=b gunicorn a:b -b 0.0.0.0:$PORT & celery -A x worker\nrelease: ./start web\n"),
    ("app.json", "{\"env\": {\"A\": {\"value\": \"ü\"}, \"B\": \"c\"}}"),
    (
        "heroku.yml",
        "build:\n  docker: {web: Dockerfile}\nrun:\n  web: {command: [a b]}\nrelease: {command: [./manage.py migrate]}\n",
    ),
    (
        "fly.toml",
        "app = 'ü'\n[env]\nA = 1\n[processes]\nweb = \"gunicorn\"\n[[services]]\ninternal_port = 1\n[[services.http_checks]]\npath = '/'\n",
    ),
    (
        "render.yaml",
        "services:\n- {type: web, name: ü, startCommand: gunicorn x, envVars: [{key: A, value: b}, {fromGroup: g}]}\nenvVarGroups: [{name: g, envVars: [{key: C, value: d}]}]\n",
    ),
    ("app.yaml", "runtime: python312\nentrypoint: gunicorn -b :$PORT x\nenv_variables: {A: ü}\n"),
    ("railway.toml", "[deploy]\nstartCommand = 'uvicorn x:y'\n"),
    (
        ".github/workflows/ci.yml",
        "on: {push: {branches: [\n  a\n]}}\njobs:\n  a:\n    steps:\n    - run: |\n        ./manage.py check --deploy\n        cat <<X\n        ü\n        X\n    - run: >-\n        a &&\n        b ${{ x }}\n",
    ),
    (".gitlab-ci.yml", "a:\n  script:\n  - !reference [x, script]\n  - [./manage.py test, ü]\n"),
    ("deploy/a.service", "[Service]\nEnvironment=\"A=ü b\" C=%i\nExecStart=-/a/gunicorn \\\n # x\n  -w 2 $A ${B} x\n"),
    (
        "supervisord.conf",
        "[program:ü]\ncommand=uwsgi --ini uwsgi.ini\nenvironment=A=\"1,2\",\n  B=%(ENV_X)s\n[include]\nfiles=supervisord.conf\n",
    ),
    ("uwsgi.ini", "[uwsgi]\nx = %(x)\nhttp = :$(PORT)\nif-env = A\nenv = B=ü\nini = uwsgi.ini\nendif =\n"),
    (
        "start",
        "#!/bin/sh\nset -- \"$@\" x\ncase \"$1\" in a|b*) shift;; *) exec \"$@\";; esac\nif [ \"${A:-ü}\" ]; then . ./start; fi\nf() { make up; }\nf; su -c 'honcho start' ü\nsupervisord -c supervisord.conf\n",
    ),
    (
        "Makefile",
        "up: up down\n\t@docker compose -f compose.yaml -f compose.override.yaml run web ./start \\\n\t  ü\ndown:\n\tmake up\n",
    ),
];

/// Xorshift: the same broken files on every run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

fn broken(text: &str, random: &mut Random) -> Vec<u8> {
    const SCRAPS: [&str; 28] = [
        "{{", "}}", "${", "}", "\"", "'", "\\", "\n", "\r\n", "\t", "[", "]", ":", "- ", "&a ", "*a", "<<EOF\n", "$(", "`",
        "|\n", "ü", "\u{0}", "#", "=", "%(", "!reset ", ">", "𝄞",
    ];
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.next(4) {
        let at = random.next(bytes.len() + 1);
        match random.next(5) {
            0 => bytes.truncate(at),
            1 => {
                let end = (at + random.next(12)).min(bytes.len());
                bytes.drain(at..end);
            }
            2 => {
                let scrap = SCRAPS[random.next(SCRAPS.len())];
                bytes.splice(at..at, scrap.bytes());
            }
            3 => {
                let end = (at + random.next(40)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = random.next(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.next(256) as u8;
                }
            }
        }
    }
    bytes
}

fn inside(region: Region, artifacts: &Artifacts, what: &str) {
    let artifact = artifacts.get(region.artifact);
    let text = &artifact.text;
    assert!(region.start <= region.end, "{what}: {region:?}");
    assert!((region.end as usize) <= text.len(), "{what}: {region:?} is outside {} of {} bytes", artifact.path, text.len());
}

fn regions(picture: &Picture, artifacts: &Artifacts) {
    let text = |text: &Text| inside(text.at, artifacts, text.shown());
    for environment in &picture.environments {
        for unit in &environment.units {
            inside(unit.at, artifacts, &unit.name);
            unit.variables.iter().for_each(|variable| text(&variable.value));
            unit.image.iter().chain(&unit.user).chain(&unit.exposes).chain(&unit.depends_on).for_each(text);
            unit.ports.iter().for_each(|port| inside(port.at, artifacts, "port"));
            unit.mounts.iter().for_each(|mount| inside(mount.at, artifacts, "mount"));
            for process in &unit.processes {
                inside(process.at, artifacts, process.runs.name());
                process.words.iter().for_each(text);
                process.via.iter().for_each(|at| inside(*at, artifacts, "via"));
                process.variables.iter().for_each(|variable| text(&variable.value));
                if let Some(server) = process.runs.server() {
                    server.options.values().flat_map(|choice| &choice.texts).for_each(text);
                }
            }
        }
    }
    for step in &picture.steps {
        inside(step.at, artifacts, "step");
        step.words.iter().for_each(text);
    }
}

#[test]
fn broken_files_are_read() {
    let rounds = std::env::var("SHIPWORTHY_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let run = move || {
        for seed in 1..=rounds {
            let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ u64::wrapping_mul(seed, 0x2545_f491_4f6c_dd1d));
            let mut tree = MemoryTree::default();
            for (path, text) in SEEDS {
                let bytes = if random.next(3) == 0 { text.as_bytes().to_vec() } else { broken(text, &mut random) };
                tree.insert(path, bytes);
            }
            let paths: Vec<String> =
                SEEDS.iter().map(|(path, _)| (*path).to_owned()).filter(|path| wants(path).is_some()).collect();
            let mut artifacts = Artifacts::default();
            let (picture, notices) = read_picture(&tree, &paths, &mut artifacts);
            regions(&picture, &artifacts);
            for notice in notices.iter().filter_map(|notice| notice.at) {
                inside(notice, &artifacts, "notice");
            }
        }
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap().join().unwrap();
}
