//! What holds over the table of rules as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use shipworthy_model::{Topic, django};
use shipworthy_rules::RULES;
use shipworthy_rules::guide::{Guide, Heading};

/// Families of checks whose answer is not in the settings: they look at models, URL patterns, commands or the machine.
const BEYOND_SETTINGS: [&str; 13] = [
    "2_0.",
    "admin.",
    "auth.",
    "commands.",
    "contenttypes.",
    "fields.",
    "gis.",
    "models.",
    "mysql.",
    "postgres.",
    "signals.",
    "sites.",
    "urls.",
];

/// Those among them that settings answer all the same.
const OF_SETTINGS: [&str; 13] = [
    "admin.E401",
    "admin.E402",
    "admin.E403",
    "admin.E404",
    "admin.E405",
    "admin.E406",
    "admin.E408",
    "admin.E409",
    "admin.E410",
    "admin.W411",
    "auth.E013",
    "sites.E101",
    "urls.E006",
];

#[test]
fn ids_are_names_of_files() {
    let mut seen = BTreeSet::new();
    for rule in RULES {
        assert!(seen.insert(rule.id), "two rules are called {}", rule.id);
        assert!(
            rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{} is not in kebab-case",
            rule.id
        );
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(rule.topic.id().replace('-', "_"));
        let guide = folder.join(rule.id.replace('-', "_")).with_extension("md");
        let text = std::fs::read_to_string(&guide).unwrap_or_else(|_| panic!("{} should have its guide at {guide:?}", rule.id));
        assert_eq!(text, rule.guide, "{} includes another guide than its own", rule.id);
    }
}

#[test]
fn summaries_are_clauses() {
    for rule in RULES {
        let first = rule.summary.split(' ').next().unwrap_or_default();
        let name = first.chars().filter(|character| character.is_uppercase()).count() > 1;
        let clause = name || first == "Django" || first.starts_with(char::is_lowercase);
        assert!(clause && !rule.summary.ends_with('.'), "{}: {:?} is no clause", rule.id, rule.summary);
    }
}

#[test]
fn guides_have_their_form() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let guide = Guide::parse(rule.guide);
        wrong.extend(guide.problems.iter().map(|problem| format!("{}: {problem}", rule.id)));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn checks_are_claimed_once_and_shown() {
    let mut claimed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for rule in RULES {
        let guide = Guide::parse(rule.guide);
        let cases = guide.cases();
        let shown: Vec<&str> = cases
            .iter()
            .filter(|case| matches!(case.heading, Heading::Fails | Heading::Fix))
            .flat_map(|case| case.option("ids"))
            .flat_map(|ids| ids.split(','))
            .map(|id| id.rsplit_once('x').filter(|(_, count)| count.parse::<u32>().is_ok()).map_or(id, |(id, _)| id))
            .collect();
        for id in rule.django {
            if let Some(other) = claimed.insert(id, rule.id) {
                wrong.push(format!("{id} is claimed by {other} and by {}", rule.id));
            }
            if django::CHECKS.iter().all(|check| check.id != *id) {
                wrong.push(format!("{} claims {id}, which Django does not have", rule.id));
            }
            if !shown.contains(id) {
                wrong.push(format!("{} claims {id}, and no failing case of its guide says `ids={id}`", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_topic_has_a_rule() {
    for topic in Topic::ALL {
        assert!(RULES.iter().any(|rule| rule.topic == *topic), "no rule answers for {}", topic.title());
    }
}

#[test]
fn every_check_over_settings_is_claimed() {
    let missing: Vec<&str> = django::CHECKS
        .iter()
        .map(|check| check.id)
        .filter(|id| OF_SETTINGS.contains(id) || BEYOND_SETTINGS.iter().all(|family| !id.starts_with(family)))
        .filter(|id| RULES.iter().all(|rule| !rule.django.contains(id)))
        .collect();
    assert!(missing.is_empty(), "no rule claims {missing:?}");
}
