//! Tests of the reports on the small project.

use serde_json::Value as Json;
use shipworthy_model::{Datum, Findings, Region, Secret, Setting, Severity, Value, Variable};

use super::*;
use crate::fixture;
use crate::triage::{Policy, Suppression};

const FORMATS: [Format; 5] = [Format::Text, Format::Json, Format::Sarif, Format::Github, Format::Django];

/// Rules that say what a test needs.
static CARELESS: Rule = Rule { check: careless, ..fixture::RULE };
static HOSTILE: Rule = Rule { check: hostile, ..fixture::RULE };
static LONG: Rule = Rule { check: long, ..fixture::RULE };
static MANY: Rule = Rule { check: many, ..fixture::RULE };
static SHARED: Rule = Rule { id: "shared", check: shared, ..fixture::RULE };

fn style(width: usize) -> Style {
    Style { color: false, width, show_secrets: false, verbose: false, fail_on: Severity::Medium, strict: false }
}

fn audit() -> Audit {
    let suppression = Suppression { rule: "hsts-short".to_owned(), paths: Vec::new(), reason: "raised in stages".to_owned() };
    fixture::audit(&Policy { suppressions: vec![suppression], ..Policy::default() })
}

/// Every output there is, in every style.
fn everything(audits: &[Audit]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (color, verbose) in [(false, false), (true, true)] {
        let style = Style { color, verbose, ..style(100) };
        for format in FORMATS {
            all.push((format!("{format:?}"), check(audits, format, &style)));
        }
        for audit in audits {
            let names: Vec<String> = audit.facts.settings.explicit.keys().map(ToString::to_string).collect();
            for format in [SettingsFormat::Text, SettingsFormat::Json] {
                all.push((format!("settings {format:?}"), settings(audit, &[], format, &style)));
                all.push((format!("settings NAMES {format:?}"), settings(audit, &names, format, &style)));
            }
        }
    }
    all
}

#[test]
fn text() {
    insta::assert_snapshot!(check(&[audit()], Format::Text, &style(100)));
}

#[test]
fn text_is_laid_out_for_narrow_readers() {
    let text = check(&[audit()], Format::Text, &style(60));
    insta::assert_snapshot!(text);
}

#[test]
fn text_in_colour_says_the_same() {
    let colored = check(&[audit()], Format::Text, &Style { color: true, ..style(100) });
    let plain = check(&[audit()], Format::Text, &style(100));
    assert_ne!(colored, plain);
    let stripped = anstream::adapter::strip_str(&colored).to_string();
    let lines = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(lines(&stripped), lines(&plain));
}

#[test]
fn several_projects_end_in_one_overview() {
    let text = check(&[audit(), audit()], Format::Text, &style(80));
    assert!(
        text.ends_with("2 projects\n  unfit  shop (shop.settings.production)\n  unfit  shop (shop.settings.production)\n"),
        "{text}"
    );
    let json: Json = serde_json::from_str(&check(&[audit(), audit()], Format::Json, &style(80))).expect("is JSON");
    assert_eq!((json["verdict"].as_str(), json["audits"].as_array().map(Vec::len)), (Some("unfit"), Some(2)));
}

#[test]
fn json() {
    insta::assert_snapshot!(check(&[audit()], Format::Json, &style(100)));
}

#[test]
fn github() {
    insta::assert_snapshot!(check(&[audit()], Format::Github, &style(100)));
}

#[test]
fn django() {
    insta::assert_snapshot!(check(&[audit()], Format::Django, &style(100)));
}

#[test]
fn sarif() {
    let text = check(&[audit()], Format::Sarif, &style(100));
    let mut log: serde_json::Value = serde_json::from_str(&text).unwrap();
    // The table of rules grows with every rule, and the version with every release.
    let driver = &mut log["runs"][0]["tool"]["driver"];
    driver["semanticVersion"] = "VERSION".into();
    let rules = std::mem::take(driver["rules"].as_array_mut().unwrap());
    assert!(rules.len() >= shipworthy_rules::RULES.len());
    for result in log["runs"][0]["results"].as_array_mut().unwrap() {
        result.as_object_mut().unwrap().remove("ruleIndex");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}

#[test]
fn settings_are_listed_and_told() {
    let audit = audit();
    insta::assert_snapshot!("settings_list", settings(&audit, &[], SettingsFormat::Text, &style(100)));
    let names = ["DEBUG", "DATABASES", "SECRET_KEY", "SECURE_SSL_REDIRECT", "X_FRAME_OPTIONS", "NO_SUCH"].map(str::to_owned);
    insta::assert_snapshot!("settings_told", settings(&audit, &names, SettingsFormat::Text, &style(60)));
    insta::assert_snapshot!("settings_json", settings(&audit, &names, SettingsFormat::Json, &style(100)));
}

#[test]
fn secrets_are_shown_to_who_asks() {
    let audit = audit();
    let style = Style { show_secrets: true, ..style(100) };
    for format in [SettingsFormat::Text, SettingsFormat::Json] {
        let shown = settings(&audit, &["SECRET_KEY".to_owned(), "DATABASES".to_owned()], format, &style);
        assert!(shown.contains("p1anted-ünsafe-key-0123456789") && shown.contains("hunter-of-databases"), "{shown}");
    }
    for format in FORMATS {
        assert!(!check(std::slice::from_ref(&audit), format, &style).contains("p1anted"), "only `settings` shows secrets");
    }
}

#[test]
fn guides_are_shown() {
    insta::assert_snapshot!(explain(Some(&fixture::DEBUG), &style(80)));
    assert!(explain(None, &style(80)).ends_with("shipworthy explain RULE shows a rule's guide\n"));
    insta::assert_snapshot!("rules", guide::list(&fixture::RULES, paint::Paint::new(&style(80))));
}

/// The picture of a small deployment.
fn picture() -> (Picture, Artifacts, Vec<Notice>) {
    let mut tree = shipworthy_source::MemoryTree::default();
    tree.insert(
        "compose.prod.yaml",
        "services:\n  web:\n    build: .\n    ports: [\"127.0.0.1:8000:8000\"]\n    depends_on: [db]\n    environment:\n      DEBUG: 0\n      SECRET_KEY: hunter2hunter2\n  db:\n    image: postgres:17\n    volumes: [data:/var/lib/postgresql/data]\n",
    );
    tree.insert(
        "Dockerfile",
        "FROM python:3.13\nRUN ./manage.py collectstatic\nUSER app\nWHAT\nCMD gunicorn -w 2 --bind :8000 shop.wsgi\n",
    );
    tree.insert("crontab", "@daily ./manage.py clearsessions\n");
    let files: Vec<String> = ["compose.prod.yaml", "Dockerfile", "crontab"].map(str::to_owned).to_vec();
    let mut artifacts = Artifacts::default();
    let (picture, notices) = shipworthy_source::picture::read_picture(&tree, &files, &mut artifacts);
    (picture, artifacts, notices)
}

#[test]
fn a_deployment_is_shown() {
    let (picture, artifacts, notices) = picture();
    let text = deployment(&picture, &artifacts, &notices, DeploymentFormat::Text, &style(100));
    for line in [
        "compose.prod.yaml  compose, production: its path says so\n",
        "  web (web)  built from Dockerfile, as app\n",
        "    runs gunicorn shop.wsgi on :8000, 2 workers  Dockerfile:5\n",
        "    reachable: 127.0.0.1 8000\n",
        "    DEBUG=0  compose.prod.yaml:7\n",
        "    mounts: volume data at /var/lib/postgresql/data\n",
        "  on building: ./manage.py collectstatic  Dockerfile:2\n",
        "  at @daily: ./manage.py clearsessions  crontab:1\n",
        "note: this line of the Dockerfile is no instruction Dockerfile:4\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    let drawn = deployment(&picture, &artifacts, &notices, DeploymentFormat::Mermaid, &style(100));
    for line in ["flowchart LR\n", "    e0u1[(\"db\")]\n", "  e0u0 --> e0u1\n", "([this machine])"] {
        assert!(drawn.contains(line), "{line}{drawn}");
    }
    let json = deployment(&picture, &artifacts, &notices, DeploymentFormat::Json, &style(100));
    assert!(!format!("{text}{drawn}{json}").contains("hunter2"));
}

fn validate(schema: &str, instance: &str) {
    let schema: Json = serde_json::from_str(schema).expect("a schema is JSON");
    let instance: Json = serde_json::from_str(instance).expect("the output is JSON");
    let validator = jsonschema::validator_for(&schema).expect("is a schema");
    let errors: Vec<String> =
        validator.iter_errors(&instance).map(|error| format!("{} at {}", error, error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn outputs_follow_their_schemas() {
    let check_schema = include_str!("../../../../schemas/check.schema.json");
    let audits = [audit(), audit()];
    validate(check_schema, &check(&audits[..1], Format::Json, &style(100)));
    validate(check_schema, &check(&audits, Format::Json, &style(100)));
    validate(check_schema, &check(&[], Format::Json, &style(100)));
    let settings_schema = include_str!("../../../../schemas/settings.schema.json");
    validate(settings_schema, &settings(&audits[0], &[], SettingsFormat::Json, &style(100)));
    let deployment_schema = include_str!("../../../../schemas/deployment.schema.json");
    let (picture, artifacts, notices) = picture();
    validate(deployment_schema, &deployment(&picture, &artifacts, &notices, DeploymentFormat::Json, &style(100)));
    validate(deployment_schema, &deployment(&Picture::default(), &artifacts, &[], DeploymentFormat::Json, &style(100)));
    // One pattern of the official schema, of a property that we do not use, is no regular expression: a bracket too many.
    let sarif_schema = include_str!("../../tests/data/sarif-schema-2.1.0.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    validate(&sarif_schema, &check(&audits, Format::Sarif, &style(100)));
    validate(&sarif_schema, &check(&[], Format::Sarif, &style(100)));
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let prints = |audit: &Audit| {
        let json: Json = serde_json::from_str(&check(std::slice::from_ref(audit), Format::Sarif, &style(100))).expect("is JSON");
        let results = json["runs"][0]["results"].as_array().cloned().unwrap_or_default();
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect::<Vec<_>>()
    };
    let before = audit();
    let mut after = audit();
    let mut moved = shipworthy_model::Artifacts::default();
    for (_, artifact) in after.facts.artifacts.iter() {
        moved.add(&artifact.path, format!("#\n#\n{}", artifact.text));
    }
    after.facts.artifacts = moved;
    for finding in &mut after.findings {
        if let Some(at) = &mut finding.at {
            *at = Region::new(at.artifact, at.start + 4, at.end + 4);
        }
    }
    let moved_suppressed = &mut after.suppressed[0].finding.at;
    *moved_suppressed = moved_suppressed.map(|at| Region::new(at.artifact, at.start + 4, at.end + 4));
    assert_eq!(prints(&before), prints(&after));
}

/// Credentials of every kind, and what of each must never be seen.
fn planted() -> Audit {
    let mut facts = fixture::facts();
    let text = "\
API_KEY = 'plant-one-api'  # AUTH_TOKEN=plant-two-comment
BROKER = 'amqp://user:plant-three-url@mq//'
AWS = 'AKIAPLANTFOURPLANT00'
STRIPE = 'sk_live_plantfiveplantfive'
PEM = '''-----BEGIN RSA PRIVATE KEY-----
plant-six-pem-body-line
-----END RSA PRIVATE KEY-----'''
JOINED = 'plant-seven-a' 'plant-seven-b'
DSN = 'https://plant8plant8plant8plant8@sentry.example/1'
CONF = {'nested': [{'password': 'plant-nine-nested'}]}
";
    let id = facts.artifacts.add("shop/settings/secrets.py", text);
    let at = |part: &str| {
        let start = text.find(part).expect("is there") as u32;
        Region::new(id, start, start + part.len() as u32)
    };
    let mut set = |name: &str, value: Value, origin: Region| {
        facts
            .settings
            .explicit
            .insert(name.into(), Setting { value, origin: vec![origin], assumptions: std::collections::BTreeSet::new() });
    };
    let secret = |text: &str| Value::of(Datum::Secret(Secret::new(text)));
    set("API_KEY", secret("plant-one-api"), at("API_KEY = 'plant-one-api'"));
    set("BROKER", secret("amqp://user:plant-three-url@mq//"), at("BROKER = 'amqp://user:plant-three-url@mq//'"));
    set("AWS", Value::text("AKIAPLANTFOURPLANT00"), at("AWS = 'AKIAPLANTFOURPLANT00'"));
    set("STRIPE", Value::text("sk_live_plantfiveplantfive"), at("STRIPE = 'sk_live_plantfiveplantfive'"));
    let pem = &text[text.find("-----BEGIN").expect("is there")..text.find("'''\nJOINED").expect("is there")];
    set("PEM", Value::text(pem), at("PEM = '''-----BEGIN RSA PRIVATE KEY-----\nplant-six-pem-body-line"));
    let joined = Value::at(Datum::Secret(Secret::new("plant-seven-aplant-seven-b")), at("'plant-seven-a' 'plant-seven-b'"));
    set("JOINED", joined, at("JOINED = 'plant-seven-a' 'plant-seven-b'"));
    set("DSN", Value::text("https://plant8plant8plant8plant8@sentry.example/1"), at("DSN = 'https"));
    let nested = Datum::Dict(vec![shipworthy_model::Entry::One(Value::text("password"), secret("plant-nine-nested"))]);
    set("CONF", Value::of(nested), at("CONF = {'nested': [{'password': 'plant-nine-nested'}]}"));
    facts.settings.variables.push(Variable {
        name: "MAIL_PASSWORD".into(),
        cast: "str".into(),
        default: Some(Value::text("plant-ten-default")),
        required: false,
        called: Vec::new(),
        within: None,
        reads: Vec::new(),
        given: None,
    });
    facts.settings.what_if.push(shipworthy_model::WhatIf {
        setting: "DEBUG".into(),
        variable: "ADMIN_PASSWORD".into(),
        text: Some("plant-eleven-whatif".into()),
        value: Some(secret("plant-twelve-whatif")),
    });
    let mut findings = fixture::findings(&facts);
    // A careless rule that tells everything at every place.
    findings.extend(Findings::of([&CARELESS], &facts));
    let mut notices: Vec<_> =
        text.lines().map(|line| shipworthy_model::Notice::file("x.py", format!("cannot read: {line}"))).collect();
    notices.push(shipworthy_model::Notice::file(".env", "cannot read: planted-in-env-file"));
    crate::triage::triage("shop".to_owned(), "production".to_owned(), facts, findings, notices, &Policy::default())
}

fn careless(facts: &shipworthy_model::Facts, findings: &mut Findings) {
    for (id, artifact) in facts.artifacts.iter() {
        let mut start = 0;
        for line in artifact.text.split_inclusive('\n') {
            let region = Region::new(id, start, start + line.len() as u32);
            start += line.len() as u32;
            let finding = findings.fail(format!("see {}", line.trim())).at(region);
            finding.label(line.trim()).see(region, line.trim()).help(format!("replace {}", line.trim()));
            finding.fix = Some(shipworthy_model::Fix {
                title: format!("drop {}", line.trim()),
                safe: false,
                edits: vec![(region, line.to_owned())],
            });
        }
    }
}

#[test]
fn no_output_holds_a_credential() {
    let audit = planted();
    let plants = [
        "plant-one-api",
        "plant-three-url",
        "PLANTFOUR",
        "plantfive",
        "plant-six",
        "plant-seven",
        "plant8plant8",
        "plant-nine",
        "plant-ten",
        "plant-eleven",
        "plant-twelve",
        "planted-in-env-file",
        "hunter-of-databases",
        "p1anted",
    ];
    for (name, output) in everything(&[audit]) {
        for plant in plants {
            assert!(!output.contains(plant), "{name} shows {plant}:\n{output}");
        }
    }
    // A comment is masked where it is quoted, by the name in it.
    let text = check(&[planted()], Format::Text, &Style { verbose: true, ..style(100) });
    let quotes = |line: &str| line.split_once(" │ ").is_some_and(|(number, _)| number.trim().parse::<u32>().is_ok());
    assert!(text.lines().any(quotes));
    assert!(!text.lines().any(|line| quotes(line) && line.contains("plant-two")), "{text}");
}

#[test]
fn no_output_steers_the_terminal() {
    let mut facts = fixture::facts();
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}2J\u{202e}";
    let text = format!("NAME = '{evil}'  # é\r\nx = 'é");
    let id = facts.artifacts.add(&format!("shop/{evil}\n.py"), text.as_str());
    let value = Value::text(evil);
    let origin = vec![Region::new(id, 0, 9_999)];
    facts
        .settings
        .explicit
        .insert(format!("X{evil}").into(), Setting { value, origin, assumptions: std::collections::BTreeSet::new() });
    facts.settings.module = evil.into();
    facts.project.choice.reason = evil.to_owned();
    facts.project.choice.others = vec![evil.into()];
    facts.django.from = evil.to_owned();
    let findings = Findings::of([&HOSTILE], &facts);
    let notices = vec![shipworthy_model::Notice::file(evil, evil), shipworthy_model::Notice::at(Region::new(id, 9, 99), evil)];
    let audit = crate::triage::triage(evil.to_owned(), evil.to_owned(), facts, findings, notices, &Policy::default());
    for (name, output) in everything(&[audit]) {
        let plain = anstream::adapter::strip_str(&output).to_string();
        let painted = output.replace("\u{1b}[", "").chars().any(|character| character == '\u{1b}');
        assert!(!painted, "{name} holds a bare escape");
        assert!(!output.contains("\u{1b}[31m\u{9b}"), "{name} repeats the project's colour");
        let steering = plain
            .chars()
            .find(|character| (character.is_control() && !matches!(character, '\n' | '\t')) || *character == '\u{202e}');
        assert_eq!(steering, None, "{name}:\n{plain}");
    }
}

fn hostile(facts: &shipworthy_model::Facts, findings: &mut Findings) {
    let evil = "\u{1b}[31m\u{9b}\n::error::x";
    for (id, artifact) in facts.artifacts.iter() {
        let length = artifact.text.len() as u32;
        // Every pair of offsets near characters of several bytes, ends of lines and the end of the file.
        for start in (0..length.min(80)).chain([length, length + 1, u32::MAX - 1]) {
            for end in [start, start + 1, start.saturating_add(17), length + 9, u32::MAX] {
                findings.fail(evil).at(Region::new(id, start, end)).label(evil).see(Region::new(id, end, end), evil).help(evil);
            }
        }
    }
}

#[test]
fn long_lines_are_cut_around_what_matters() {
    let mut facts = fixture::facts();
    let text = format!("a = 1\nx = '{}NEEDLE{}'\n", "é".repeat(300_000), "y".repeat(400_000));
    facts.artifacts.add("long.py", text.as_str());
    let findings = Findings::of([&LONG], &facts);
    let audit = crate::triage::triage(".".to_owned(), "production".to_owned(), facts, findings, Vec::new(), &Policy::default());
    let text = check(&[audit], Format::Text, &style(100));
    assert!(text.len() < 10_000, "{} bytes", text.len());
    assert!(text.contains("long.py:2:300006"), "the column is that of the file:\n{text}");
    let drawn = text.lines().position(|line| line.contains("NEEDLE")).expect("the place is drawn");
    let column = |line: &str, of: &str| line.find(of).map(|at| line[..at].chars().count());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(column(lines[drawn], "NEEDLE"), column(lines[drawn + 1], "━━━━━━"));
}

fn long(facts: &shipworthy_model::Facts, findings: &mut Findings) {
    findings.fail("it is here").at(fixture::region(facts, "NEEDLE"));
}

#[test]
fn what_repeats_is_told_once() {
    let facts = fixture::facts();
    let findings = Findings::of([&MANY, &SHARED], &facts);
    let audit = crate::triage::triage(".".to_owned(), "production".to_owned(), facts, findings, Vec::new(), &Policy::default());
    insta::assert_snapshot!(check(&[audit], Format::Text, &style(80)));
}

fn many(facts: &shipworthy_model::Facts, findings: &mut Findings) {
    for number in 0..9 {
        let at = fixture::region(facts, "MIDDLEWARE = [");
        findings.fail(format!("the setting OLD_{number} does nothing")).at(at).help("remove it");
    }
}

fn shared(facts: &shipworthy_model::Facts, findings: &mut Findings) {
    for name in ["SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"] {
        let at = fixture::region(facts, "is_production()");
        findings.open(format!("{name} could not be decided: `is_production` is code outside the project")).at(at);
    }
}
