//! Language codes have a form: anything else is never matched by a browser or a catalogue.
use shipworthy_model::{Datum, Facts, Findings, Item, Region, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "language-code-invalid",
    topic: Topic::Internationalization,
    severity: Severity::Medium,
    django: &["translation.E001", "translation.E002", "translation.E003"],
    summary: "a language code has the wrong form",
    guide: include_str!("language_code_invalid.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let code = facts.setting("LANGUAGE_CODE");
    if code.value.decide(stops_as_code).is_yes() {
        stops(findings, "LANGUAGE_CODE", &code.value, "no text", code.region());
    } else {
        judge(findings, "LANGUAGE_CODE", &code.value, code.region(), "translation.E001");
    }
    let languages = facts.setting("LANGUAGES");
    if languages.explicit.is_yes() {
        if languages.value.decide(stops_as_languages).is_yes() {
            stops(findings, "LANGUAGES", &languages.value, "no list of pairs", languages.region());
        }
        for language in languages.value.certain_items() {
            let at = language.at.or(languages.region());
            match language.items() {
                Some([Item::One(code), Item::One(_)]) if code.decide(|code| !is_text(code)).is_yes() => {
                    stops(findings, "a code of LANGUAGES", code, "no text", code.at.or(at));
                }
                Some([Item::One(code), _]) => judge(findings, "LANGUAGES", code, code.at.or(at), "translation.E002"),
                Some(items) if items.len() != 2 && items.iter().all(|item| matches!(item, Item::One(_))) => {
                    stops(findings, "a language of LANGUAGES", language, "no pair of a code and a name", at);
                }
                None if language.decide(stops_as_pair).is_yes() => {
                    stops(findings, "a language of LANGUAGES", language, "no pair of a code and a name", at);
                }
                Some(_) | None => {}
            }
        }
    }
    if let Some(why) = languages.value.as_unknown() {
        findings.undecided("LANGUAGES", &why).at(why.at.or(languages.region()));
    }
    let leftward = facts.setting("LANGUAGES_BIDI");
    for code in leftward.value.certain_items() {
        judge(findings, "LANGUAGES_BIDI", code, code.at.or(leftward.region()), "translation.E003");
    }
    if let Some(why) = leftward.value.as_unknown() {
        findings.undecided("LANGUAGES_BIDI", &why).at(why.at.or(leftward.region()));
    }
    if findings.is_clean() {
        findings
            .pass(format!("LANGUAGE_CODE {} and the codes of LANGUAGES are well formed", code.value.show()))
            .at(code.region());
    }
}

/// What Django's lookup of languages, and with it every check, ends at: an exception instead of a message.
fn stops(findings: &mut Findings, name: &str, value: &Value, what: &str, at: Option<Region>) {
    findings
        .fail(format!("{name} is {}, which is {what}", value.show()))
        .severity(Severity::High)
        .at(at)
        .label("whatever looks a language up stops with an exception, and so do Django's checks")
        .help("write a code such as \"de\", and LANGUAGES as a list of codes with their names");
}

fn is_text(value: &Value) -> bool {
    matches!(value.datum, Datum::Str(_) | Datum::Secret(_) | Datum::Lazy(_) | Datum::Bytes(_) | Datum::Path(_))
}

/// A code that is looked up and has no methods of text. What is empty is not looked up.
fn stops_as_code(value: &Value) -> bool {
    matches!(value.datum, Datum::Int(_) | Datum::Float(_) | Datum::Bool(_) | Datum::Tuple(_)) && value.truth().is_yes()
}

/// Languages that cannot be taken apart one by one.
fn stops_as_languages(value: &Value) -> bool {
    let text = matches!(value.datum, Datum::Str(_)) && value.truth().is_yes();
    text || matches!(value.datum, Datum::None | Datum::Int(_) | Datum::Float(_) | Datum::Bool(_))
}

/// A language that cannot be taken apart into two.
fn stops_as_pair(value: &Value) -> bool {
    match &value.datum {
        Datum::Str(text) => text.chars().count() != 2,
        _ => matches!(value.datum, Datum::None | Datum::Int(_) | Datum::Float(_) | Datum::Bool(_)),
    }
}

fn judge(findings: &mut Findings, name: &str, code: &Value, at: Option<Region>, id: &'static str) {
    let valid =
        |value: &Value| matches!(value.datum, Datum::Str(_) | Datum::Secret(_)) && value.expose_str().is_some_and(is_code);
    match code.decide(valid) {
        Truth::Yes => {}
        Truth::No => {
            findings
                .fail(format!("{name} holds {}, which is no language code", code.show()))
                .at(at)
                .django(id)
                .help("write a code such as \"de\", \"pt-br\" or \"zh-hans\": parts of letters and digits, joined by hyphens");
        }
        Truth::Unknown(why) => {
            findings.undecided(name, &why).at(why.at.or(at));
        }
    }
}

/// A language of one to eight letters, parts of up to eight letters and digits, perhaps a variant behind `@`. Python's `$`
/// lets a line feed stand at the end.
fn is_code(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let (code, variant) = text.split_once('@').map_or((text, None), |(code, variant)| (code, Some(variant)));
    let is_part = |part: &str, longest: usize, digits: bool| {
        !part.is_empty()
            && part.chars().count() <= longest
            && part.chars().all(|letter| is_letter(letter) || digits && letter.is_ascii_digit())
    };
    let mut parts = code.split('-');
    parts.next().is_some_and(|language| is_part(language, 8, false))
        && parts.all(|part| is_part(part, 8, true))
        && variant.is_none_or(|variant| is_part(variant, 20, true))
}

/// A letter as `[a-z]` matches it when case is ignored: Python folds four more into it.
fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(letter, '\u{130}' | '\u{131}' | '\u{17f}' | '\u{212a}')
}
