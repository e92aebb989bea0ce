//! SARIF 2.1.0, for code scanning: rules with their guides, every result of the checklist, suppressions, notices.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};
use shipworthy_model::{Finding, Kind, Notice, Region, Rule, Severity};

use super::json::print;
use super::view::{View, is_whole};
use super::{Style, guide, web};
use crate::audit::Audit;
use crate::triage::{By, Suppressed};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The base of every address: the folder that the command was given in.
const BASE: &str = "PROJECTROOT";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    automation_details: AutomationDetails,
    column_kind: &'static str,
    original_uri_base_ids: BTreeMap<&'static str, UriBase>,
    invocations: Vec<Invocation>,
    results: Vec<SarifResult>,
    properties: RunProperties,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    name: String,
    short_description: Message,
    full_description: Message,
    help: Help,
    default_configuration: Configuration,
    properties: DescriptorProperties,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct DescriptorProperties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

#[derive(Serialize)]
struct AutomationDetails {
    id: String,
}

#[derive(Serialize)]
struct UriBase {
    description: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<SarifSuppression>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_request: Option<web::Request>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_response: Option<web::Response>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<web::Attachment>,
    properties: ResultProperties,
}

#[derive(Serialize)]
struct ResultProperties {
    severity: &'static str,
    topic: &'static str,
    evidence: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    django: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

#[derive(Serialize)]
struct SarifSuppression {
    kind: &'static str,
    justification: String,
}

#[derive(Serialize)]
struct RunProperties {
    verdict: &'static str,
    settings: String,
    django: String,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names)] // SARIF's names
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<SarifRegion>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// All audits, a run each.
pub(super) fn render(audits: &[Audit], style: &Style) -> String {
    print(&Log { schema: SCHEMA, version: "2.1.0", runs: audits.iter().map(|audit| run(audit, style)).collect() })
}

fn run(audit: &Audit, style: &Style) -> Run {
    let view = View::new(audit);
    let mut rules: Vec<&'static Rule> = shipworthy_rules::RULES.to_vec();
    for finding in audit.findings.iter().chain(audit.suppressed.iter().map(|suppressed| &suppressed.finding)) {
        if !rules.iter().any(|rule| rule.id == finding.rule.id) {
            rules.push(finding.rule);
        }
    }
    let mut seen = BTreeMap::new();
    let mut results: Vec<SarifResult> = Vec::new();
    for finding in &audit.findings {
        results.push(result(&view, &rules, finding, None, &mut seen));
    }
    for suppressed in &audit.suppressed {
        results.push(result(&view, &rules, &suppressed.finding, Some(suppressed), &mut seen));
    }
    let module = view.path(&audit.facts.settings.module);
    Run {
        tool: Tool {
            driver: Driver {
                name: "shipworthy",
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules: rules.iter().map(|rule| descriptor(rule)).collect(),
            },
        },
        automation_details: AutomationDetails { id: format!("shipworthy/{}/{module}/", view.path(&audit.root)) },
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: BTreeMap::from([(
            BASE,
            UriBase { description: Message { text: "The folder from which the project is audited.".to_owned() } },
        )]),
        invocations: vec![Invocation {
            execution_successful: true,
            tool_execution_notifications: audit.notices.iter().map(|notice| notification(&view, notice)).collect(),
        }],
        results,
        properties: RunProperties {
            verdict: audit.verdict(style.fail_on, style.strict).name(),
            settings: module,
            django: audit.facts.django.version.to_string(),
        },
    }
}

fn descriptor(rule: &Rule) -> Descriptor {
    let name = rule.id.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    let mut tags = vec!["security".to_owned(), "django".to_owned(), rule.topic.id().to_owned()];
    tags.extend(rule.django.iter().map(|id| (*id).to_owned()));
    Descriptor {
        id: rule.id,
        name: name.collect(),
        short_description: Message { text: rule.summary.to_owned() },
        full_description: Message { text: guide::lead(rule.guide) },
        help: Help { text: rule.summary.to_owned(), markdown: guide::markdown(rule.guide) },
        default_configuration: Configuration { level: level(rule.severity) },
        properties: DescriptorProperties {
            tags,
            precision: "very-high",
            problem_severity: match rule.severity {
                Severity::Critical | Severity::High => "error",
                Severity::Medium => "warning",
                Severity::Low | Severity::Info => "recommendation",
            },
            // The middle of the bands that code scanning calls critical, high, medium and low.
            security_severity: match rule.severity {
                Severity::Critical => "9.5",
                Severity::High => "8.0",
                Severity::Medium => "5.5",
                Severity::Low => "2.0",
                Severity::Info => "0.0",
            },
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn result(
    view: &View<'_>,
    rules: &[&'static Rule],
    finding: &Finding,
    suppressed: Option<&Suppressed>,
    seen: &mut BTreeMap<String, u32>,
) -> SarifResult {
    // A result without a place is refused by code scanning; the settings module stands for the project.
    let at = finding.at.or_else(|| view.settings_file().map(Region::whole));
    let label = finding.label.as_deref().map(|label| view.words(label));
    SarifResult {
        rule_id: finding.rule.id,
        rule_index: rules.iter().position(|rule| rule.id == finding.rule.id).unwrap_or_default(),
        kind: match finding.kind {
            Kind::Fail => "fail",
            Kind::Open => "open",
            Kind::Pass => "pass",
            Kind::NotApplicable => "notApplicable",
        },
        level: if finding.kind == Kind::Fail { level(finding.severity) } else { "none" },
        message: Message { text: view.words(&finding.message) },
        locations: at.map(|at| location(view, at, None, label)).into_iter().collect(),
        related_locations: finding
            .related
            .iter()
            .enumerate()
            .map(|(index, related)| location(view, related.at, Some(index + 1), Some(view.words(&related.label))))
            .collect(),
        partial_fingerprints: BTreeMap::from([("shipworthy/v1", fingerprint(view, finding, seen))]),
        suppressions: suppressed.map(suppression(view)).into_iter().collect(),
        web_request: finding.exchanges.first().and_then(|id| web::Request::of(view, *id)),
        web_response: finding.exchanges.first().and_then(|id| web::Response::of(view, *id)),
        attachments: web::Attachment::of(view, finding, percent_encoded).into_iter().collect(),
        properties: ResultProperties {
            severity: finding.severity.name(),
            topic: finding.rule.topic.id(),
            evidence: finding.evidence.name(),
            django: finding.django.iter().map(|django| view.words(&django.id)).collect(),
            help: finding.help.as_deref().map(|help| view.words(help)),
        },
    }
}

fn suppression<'v>(view: &'v View<'_>) -> impl Fn(&Suppressed) -> SarifSuppression + use<'v> {
    move |suppressed| SarifSuppression {
        kind: match suppressed.by {
            By::Comment => "inSource",
            By::Configuration | By::Silenced | By::Evidence => "external",
        },
        justification: view.words(&suppressed.reason),
    }
}

/// What stays the same when lines move: the rule, the file, the line's own words, and which of several alike it is.
fn fingerprint(view: &View<'_>, finding: &Finding, seen: &mut BTreeMap<String, u32>) -> String {
    let place = finding.at.map(|at| (view.place(at), at.artifact));
    let line = place.as_ref().map(|(place, artifact)| view.line(*artifact, place.line)).unwrap_or_default();
    let path = place.map(|(place, _)| place.path).unwrap_or_default();
    let objects: Vec<&str> = finding.django.iter().filter_map(|django| django.obj.as_deref()).collect();
    let key = [finding.rule.id, finding.kind.name(), &path, line.trim(), &objects.join(",")].join("\0");
    let count = seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(1);
    let mut print = String::new();
    for byte in Sha256::digest(key.as_bytes()).iter().take(12) {
        print.push_str(&format!("{byte:02x}"));
    }
    format!("{print}:{count}")
}

fn notification(view: &View<'_>, notice: &Notice) -> Notification {
    let locations = match (notice.at, &notice.path) {
        (Some(at), _) => vec![location(view, at, None, None)],
        (None, Some(path)) => vec![Location {
            id: None,
            physical_location: PhysicalLocation { artifact_location: artifact(view, &view.path(path)), region: None },
            message: None,
        }],
        (None, None) => Vec::new(),
    };
    Notification { level: "warning", message: Message { text: view.words(&notice.message) }, locations }
}

fn location(view: &View<'_>, at: Region, id: Option<usize>, message: Option<String>) -> Location {
    let place = view.place(at);
    let region = SarifRegion {
        start_line: place.line,
        start_column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
    };
    Location {
        id,
        physical_location: PhysicalLocation {
            artifact_location: artifact(view, &place.path),
            region: (!is_whole(at)).then_some(region),
        },
        message: message.map(|text| Message { text }),
    }
}

fn artifact(view: &View<'_>, path: &str) -> ArtifactLocation {
    ArtifactLocation { uri: percent_encoded(&view.seen_from_here(path)), uri_base_id: BASE }
}

/// A path as a relative reference: everything but unreserved characters and slashes is encoded.
fn percent_encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
