//! The site's own language has to be one of those it offers.
use shipworthy_model::{Datum, Effective, Facts, Findings, Item, Rule, Severity, Topic, Truth, Unknown, Why, django};

pub(crate) static RULE: Rule = Rule {
    id: "language-unsupported",
    topic: Topic::Internationalization,
    severity: Severity::Medium,
    django: &["translation.E004"],
    summary: "LANGUAGE_CODE is not one of LANGUAGES",
    guide: include_str!("language_unsupported.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("LANGUAGE_CODE");
    match facts.truth("USE_I18N") {
        Truth::Yes => {}
        Truth::No => {
            findings.not_applicable("USE_I18N is off: no language is looked up").at(facts.setting("USE_I18N").region());
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("USE_I18N", &why);
            return;
        }
    }
    if let Some(why) = setting.value.as_unknown() {
        findings.undecided("LANGUAGE_CODE", &why).at(why.at.or(setting.region()));
        return;
    }
    let Some(code) = setting.value.as_str() else {
        empty(findings, &setting);
        return;
    };
    if code.is_empty() {
        empty(findings, &setting);
        return;
    }
    match is_supported(facts, code) {
        Truth::Yes if has_catalogue(facts, code).is_no() => {
            findings
                .fail(format!("no translation exists for LANGUAGE_CODE \"{code}\"{}", setting.unless()))
                .severity(Severity::High)
                .at(setting.region())
                .label("Django stops when it loads the site's own language")
                .help("choose a language that Django is translated into, or add a catalogue to LOCALE_PATHS");
        }
        Truth::Yes => {
            findings.pass(format!("LANGUAGE_CODE \"{code}\" is one of LANGUAGES")).at(setting.region());
        }
        Truth::No => {
            findings
                .fail(format!("LANGUAGE_CODE \"{code}\" is not one of LANGUAGES, nor a form of one{}", setting.unless()))
                .at(setting.region())
                .see(facts.setting("LANGUAGES").region(), "the languages the site offers")
                .django("translation.E004")
                .help("add it to LANGUAGES, or choose one of them");
        }
        Truth::Unknown(why) => {
            findings.undecided("whether LANGUAGE_CODE is one of LANGUAGES", &why).at(setting.region());
        }
    }
}

/// Empty values are looked up in vain; other things that are no text stop the check with an exception.
fn empty(findings: &mut Findings, setting: &Effective) {
    let finding = findings.fail(format!("LANGUAGE_CODE is {}, which is no language", setting.value.show()));
    finding.at(setting.region()).help("write a code such as \"en-us\"");
    if setting.truth().is_no() {
        finding.django("translation.E004");
    }
}

/// What Django's `get_supported_language_variant` finds: the code, its fallback, its more general forms, its siblings.
fn is_supported(facts: &Facts, code: &str) -> Truth {
    let (offered, doubt) = offered(facts);
    let mut candidates = vec![code];
    candidates.extend(django::language_fallback(code));
    candidates.extend(code.rmatch_indices('-').map(|(at, _)| &code[..at]));
    let mut answer = Truth::No;
    for candidate in &candidates {
        if offered.contains(&candidate.to_lowercase()) {
            answer = answer.or(has_catalogue(facts, candidate));
        }
    }
    let general = format!("{}-", candidates.last().copied().unwrap_or(code));
    answer = answer.or(offered.iter().any(|language| language.starts_with(&general)).into());
    match doubt {
        Some(why) => answer.or(Truth::Unknown(why)),
        None => answer,
    }
}

/// The codes of LANGUAGES in lower case, and what hides others.
fn offered(facts: &Facts) -> (Vec<String>, Option<Unknown>) {
    let setting = facts.setting("LANGUAGES");
    match &setting.explicit {
        Truth::No => (django::languages(facts.django.version).map(str::to_owned).collect(), None),
        Truth::Unknown(why) => (Vec::new(), Some(why.clone())),
        Truth::Yes => {
            let mut doubt = setting.value.as_unknown();
            if !matches!(setting.value.datum, Datum::List(_) | Datum::Tuple(_)) && doubt.is_none() {
                doubt = Some(Unknown::new(Why::Unsupported("this form of LANGUAGES".into()), setting.region()));
            }
            let mut codes = Vec::new();
            for item in setting.value.items().unwrap_or_default() {
                match item {
                    Item::One(language) => match language.items() {
                        Some([Item::One(code), _]) if code.as_str().is_some() => {
                            codes.extend(code.as_str().map(str::to_lowercase));
                        }
                        _ => doubt = language.as_unknown().or(doubt),
                    },
                    Item::Perhaps(_, condition) => {
                        doubt = Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at));
                    }
                    Item::Many(why) => doubt = Some(why.clone()),
                }
            }
            (codes, doubt)
        }
    }
}

/// Whether a translation for a code exists: Django's own, or one of the project or of an app, which are not read.
fn has_catalogue(facts: &Facts, code: &str) -> Truth {
    if django::has_catalogue(facts.django.version, code) {
        return Truth::Yes;
    }
    let apps = facts.setting("INSTALLED_APPS").value;
    // The admin alone speaks Amharic.
    let only_django = |app: &str| app.starts_with("django.contrib.") && (!code.starts_with("am") || !app.contains(".admin"));
    let others = apps.any(|app| app.decide(|app| !app.as_str().is_some_and(only_django))).unwrap_or(Truth::No);
    let paths = facts.truth("LOCALE_PATHS");
    match others.or(paths) {
        Truth::No => Truth::No,
        Truth::Yes => Truth::Unknown(Unknown::new(Why::File(format!("a catalogue for \"{code}\"").into()), None)),
        Truth::Unknown(why) => Truth::Unknown(why),
    }
}
