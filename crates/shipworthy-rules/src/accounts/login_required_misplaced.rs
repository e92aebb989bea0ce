//! `LoginRequiredMiddleware` asks for a user that `AuthenticationMiddleware` has to have brought.

use shipworthy_model::{Facts, Findings, Item, Rule, Severity, Topic, Truth, Unknown, Value, Why};

pub(crate) static RULE: Rule = Rule {
    id: "login-required-misplaced",
    topic: Topic::Accounts,
    severity: Severity::High,
    django: &["auth.E013"],
    summary: "LoginRequiredMiddleware comes before the user is known",
    guide: include_str!("login_required_misplaced.md"),
    check,
};

const LOGIN: &str = "django.contrib.auth.middleware.LoginRequiredMiddleware";
const AUTHENTICATION: &str = "django.contrib.auth.middleware.AuthenticationMiddleware";

/// What a reading from top to bottom came to.
enum Order<'a> {
    Right,
    Wrong(&'a Value),
    Doubtful(Unknown),
    NotInUse,
}

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    if !facts.django.version.at_least(5, 1) || facts.has_app("django.contrib.auth").is_no() {
        findings.not_applicable("LoginRequiredMiddleware needs Django 5.1 and django.contrib.auth").at(middleware.region());
        return;
    }
    if let Some(why) = middleware.value.as_unknown() {
        findings.undecided("MIDDLEWARE", &why);
        return;
    }
    match order(middleware.value.items().unwrap_or_default()) {
        Order::NotInUse => {
            findings.not_applicable("LoginRequiredMiddleware is not installed").at(middleware.region());
        }
        Order::Right => {
            findings.pass("the user is known where a login is required").at(middleware.region());
        }
        Order::Doubtful(why) => {
            findings.undecided("whether the user is known where a login is required", &why);
        }
        Order::Wrong(login) => match facts.has_app("django.contrib.auth") {
            Truth::Yes => {
                findings
                    .fail("MIDDLEWARE has LoginRequiredMiddleware without AuthenticationMiddleware before it")
                    .at(login.at.or(middleware.region()))
                    .django("auth.E013")
                    .label("it asks for request.user, which is not there yet: every request fails")
                    .help(format!("put '{AUTHENTICATION}' above it"));
            }
            Truth::Unknown(why) => {
                findings.undecided("whether django.contrib.auth is installed", &why);
            }
            Truth::No => {}
        },
    }
}

/// Reads the list as Django does, which also counts subclasses: by what their names say, since we do not import them.
fn order(items: &[Item]) -> Order<'_> {
    let mut doubt: Option<Unknown> = None;
    let mut login_doubtful = false;
    for item in items {
        let value = match item {
            Item::One(value) => value,
            Item::Perhaps(value, condition) => {
                login_doubtful |= value.as_str().is_none_or(|path| path == LOGIN);
                doubt = Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at));
                continue;
            }
            Item::Many(why) => {
                login_doubtful = true;
                doubt = Some(why.clone());
                continue;
            }
        };
        let Some(path) = value.as_str() else { continue };
        let class = path.rsplit('.').next().unwrap_or(path);
        match path {
            LOGIN => return doubt.map_or(Order::Wrong(value), Order::Doubtful),
            AUTHENTICATION if !login_doubtful => return if after(items, value) { Order::Right } else { Order::NotInUse },
            AUTHENTICATION => break,
            _ if path.starts_with("django.") => {}
            _ if class.contains("LoginRequired") => {
                login_doubtful = true;
                doubt = Some(Unknown::new(Why::Import(path.into()), value.at));
            }
            _ if class.contains("Auth") => doubt = Some(Unknown::new(Why::Import(path.into()), value.at)),
            _ => {}
        }
    }
    match doubt.filter(|_| login_doubtful) {
        Some(why) => Order::Doubtful(why),
        None => Order::NotInUse,
    }
}

/// Whether a middleware that requires a login may follow.
fn after(items: &[Item], authentication: &Value) -> bool {
    items.iter().skip_while(|item| !matches!(item, Item::One(value) if value == authentication)).any(|item| match item {
        Item::One(value) | Item::Perhaps(value, _) => value.as_str().is_some_and(|path| path.contains("LoginRequired")),
        Item::Many(_) => false,
    })
}
