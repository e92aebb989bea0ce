//! Without `CommonMiddleware` most requests are answered whatever host they name.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "allowed-hosts-unenforced",
    topic: Topic::Hosts,
    severity: Severity::Low,
    django: &[],
    summary: "nothing compares requests with ALLOWED_HOSTS",
    guide: include_str!("allowed_hosts_unenforced.md"),
    check,
};

const COMMON: &str = "django.middleware.common.CommonMiddleware";

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    let at = middleware.region();
    match facts.has_middleware(COMMON) {
        Truth::Yes => {
            findings.pass("CommonMiddleware compares every request with ALLOWED_HOSTS").at(at);
        }
        Truth::Unknown(why) => {
            findings.undecided("whether CommonMiddleware is in MIDDLEWARE", &why).at(why.at.or(at));
        }
        Truth::No => {
            // A class of the project may derive from it, or ask for the host in its own way.
            let likely = |path: &&str| ["Common", "Host", "Tenant", "Site"].iter().any(|word| path.contains(word));
            let stand_in = middleware.value.known_items().filter_map(|item| item.as_str()).find(likely).map(str::to_owned);
            match stand_in {
                Some(path) => findings.open(format!("CommonMiddleware is missing; whether {path} checks the host is not known")),
                None => {
                    findings.fail("CommonMiddleware is missing, so ALLOWED_HOSTS is compared only where code asks for the host")
                }
            }
            .at(at)
            .help(format!("put \"{COMMON}\" into MIDDLEWARE"));
        }
    }
}
