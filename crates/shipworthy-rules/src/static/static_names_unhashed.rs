//! Hashed file names let browsers keep static files forever and still see every new version.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "static-names-unhashed",
    topic: Topic::Static,
    severity: Severity::Info,
    django: &[],
    summary: "static files keep their names when their content changes",
    guide: include_str!("static_names_unhashed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if !findings.needs_app(facts, "django.contrib.staticfiles") {
        return;
    }
    let storage = facts.storage("staticfiles");
    let class = storage.backend.show();
    match storage.is_hashing() {
        Truth::Yes => {
            findings.pass(format!("static files are stored by {class}, which hashes names")).at(storage.at);
        }
        Truth::No if storage.backend.is_none().is_yes() => {
            findings.not_applicable("no storage for static files is defined").at(storage.at);
        }
        Truth::No => {
            findings.fail(format!("static files are stored by {class}, which keeps their names")).at(storage.at).help(
                "use django.contrib.staticfiles.storage.ManifestStaticFilesStorage, or WhiteNoise's or the CDN's form of it",
            );
        }
        Truth::Unknown(why) => {
            findings.undecided("whether static files get hashed names", &why).at(why.at.or(storage.at));
        }
    }
}
