//! An `X_FRAME_OPTIONS` that browsers do not know allows every frame.

use shipworthy_model::{Datum, Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "frame-options-lax",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &["security.W019"],
    summary: "X_FRAME_OPTIONS does not forbid frames",
    guide: include_str!("frame_options_lax.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let options = facts.setting("X_FRAME_OPTIONS");
    let installed = facts.has_middleware("django.middleware.clickjacking.XFrameOptionsMiddleware");
    if installed.is_no() {
        findings.not_applicable("X_FRAME_OPTIONS has no effect: XFrameOptionsMiddleware is not installed").at(options.region());
        return;
    }
    let state = options.state("X_FRAME_OPTIONS");
    match installed.and(!options.value.equals("DENY")) {
        Truth::No => {
            findings.pass(state).at(options.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("X_FRAME_OPTIONS", &why);
        }
        Truth::Yes => {
            let finding = match &options.value.datum {
                Datum::Str(text) if text.eq_ignore_ascii_case("DENY") => {
                    findings.fail(format!("{state}, which Django sends in capitals")).severity(Severity::Info)
                }
                Datum::Str(text) if text.eq_ignore_ascii_case("SAMEORIGIN") => findings
                    .fail(format!("{state}: pages of this site may show each other in frames"))
                    .severity(Severity::Info)
                    .help("set X_FRAME_OPTIONS = \"DENY\" unless the site frames its own pages"),
                Datum::Str(_) if facts.frame_ancestors().is_yes() => findings
                    .fail(format!("{state}, which browsers ignore in favour of the policy's frame-ancestors"))
                    .severity(Severity::Info),
                Datum::Str(_) => findings
                    .fail(format!("{state}, which browsers ignore"))
                    .label("any site may show these pages in a frame and catch clicks on them")
                    .help("set X_FRAME_OPTIONS to \"DENY\" or \"SAMEORIGIN\"; exempt single views with @xframe_options_exempt"),
                _ => findings
                    .fail(format!("{state}, not text"))
                    .severity(Severity::High)
                    .label("Django raises an error on every response")
                    .help("set X_FRAME_OPTIONS = \"DENY\""),
            };
            finding.at(options.region()).django("security.W019");
        }
    }
}
