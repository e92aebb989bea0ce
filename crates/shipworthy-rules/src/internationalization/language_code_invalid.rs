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
    judge(findings, "LANGUAGE_CODE", &code.value, code.region(), "translation.E001");
    let languages = facts.setting("LANGUAGES");
    if languages.explicit.is_yes() {
        for language in languages.value.certain_items() {
            if let Some([Item::One(code), _]) = language.items() {
                judge(findings, "LANGUAGES", code, code.at.or(language.at).or(languages.region()), "translation.E002");
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
