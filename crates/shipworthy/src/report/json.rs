//! The report for programs: the published contract, version 1.

use schemars::JsonSchema;
use serde::Serialize;
use shipworthy_model::{Finding, Kind, Notice, Region, Severity};

use super::environment::{self, EnvFileReport, StateName};
use super::runtime::RuntimeReport;
use super::view::View;
use super::{Style, clean};
use crate::audit::Audit;

/// The version of the contract. It changes when something is removed or means something else.
const SCHEMA: u32 = 1;

/// What `check --output-format json` prints: one audit, or several when the folder holds several projects.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "shipworthy check")]
pub(super) enum Report {
    /// The folder is one project.
    One(Box<AuditReport>),
    /// The folder holds several.
    Several(Reports),
}

/// Several audits.
#[derive(Serialize, JsonSchema)]
pub(super) struct Reports {
    /// The version of this contract.
    #[schemars(extend("const" = 1))]
    schema: u32,
    /// The worst of all verdicts.
    verdict: VerdictName,
    /// Each project.
    audits: Vec<AuditReport>,
}

/// One environment of one project, judged.
#[derive(Serialize, JsonSchema)]
pub(super) struct AuditReport {
    /// The version of this contract.
    #[schemars(extend("const" = 1))]
    schema: u32,
    /// Whether the project is fit to ship.
    verdict: VerdictName,
    /// The audited folder, as it was given.
    path: String,
    /// What was judged.
    environment: EnvironmentReport,
    /// The version of Django.
    django: DjangoReport,
    /// The run of the project's own Python, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runtime: Option<RuntimeReport>,
    /// Every item of the checklist that was asked, in its order.
    findings: Vec<FindingReport>,
    /// What could not be read or followed.
    notices: Vec<NoticeReport>,
    /// Findings that somebody answered for.
    suppressed: Vec<SuppressedReport>,
    /// How many there are of what.
    summary: SummaryReport,
}

/// Whether a project is fit to ship: `open` where nothing is proven broken and something that matters is not proven right.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum VerdictName {
    Fit,
    Open,
    Unfit,
}

/// What was judged.
#[derive(Serialize, JsonSchema)]
struct EnvironmentReport {
    /// The name of the deployment.
    name: String,
    /// The dotted name of the settings module.
    settings: String,
    /// Why this module.
    reason: String,
    /// Where the reason stands.
    location: Option<LocationReport>,
    /// The project's other settings modules.
    others: Vec<String>,
    /// The environment variables that the settings read.
    variables: Vec<VariableReport>,
    /// The files of environment variables that lie in the project. None is applied unless the deployment is said to have
    /// it, or the settings read it themselves.
    env_files: Vec<EnvFileReport>,
}

/// An environment variable that the settings read.
#[derive(Serialize, JsonSchema)]
struct VariableReport {
    /// Its name.
    name: String,
    /// Whether the settings fail to load without it.
    required: bool,
    /// Whether a value was given; otherwise it is taken to be unset.
    given: bool,
    /// What is known of its value.
    state: StateName,
    /// The line that gives the value, where a file does.
    location: Option<LocationReport>,
}

/// The version of Django.
#[derive(Serialize, JsonSchema)]
struct DjangoReport {
    /// The version.
    version: String,
    /// How it is known.
    from: String,
    /// Whether it is only assumed.
    assumed: bool,
    /// The line that says so.
    location: Option<LocationReport>,
}

/// What a rule concluded.
#[derive(Serialize, JsonSchema)]
struct FindingReport {
    /// The rule's id.
    rule: &'static str,
    /// The section of the checklist.
    topic: &'static str,
    /// The verdict.
    kind: KindName,
    /// How bad it is; for passes it says nothing.
    severity: SeverityName,
    /// One clause.
    message: String,
    /// The messages of Django's own checks that this answers.
    django: Vec<DjangoIdReport>,
    /// Where the evidence comes from.
    evidence: EvidenceName,
    /// The place that decides.
    location: Option<LocationReport>,
    /// Other places that matter.
    related: Vec<RelatedReport>,
    /// What was asked of the running site and answered, where that shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exchanges: Vec<ExchangeReport>,
    /// The next step.
    help: Option<String>,
    /// A change that repairs it.
    fix: Option<FixReport>,
}

/// A rule's verdict: proven broken, not proven, proven right, not asked.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum KindName {
    Fail,
    Open,
    Pass,
    NotApplicable,
}

/// How bad a failure is.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SeverityName {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// Where evidence comes from: a file, the project's own Python, a response.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum EvidenceName {
    Source,
    Runtime,
    Wire,
}

/// A message of Django's own `check`.
#[derive(Serialize, JsonSchema)]
struct DjangoIdReport {
    /// The check's id.
    id: String,
    /// What Django names as its object.
    obj: Option<String>,
    /// How many messages of this id and object Django prints.
    count: u32,
    /// The check's own words, where it was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A stretch of a file. Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Serialize, JsonSchema)]
struct LocationReport {
    /// The path, relative to the audited folder, with forward slashes.
    path: String,
    /// The first line.
    line: usize,
    /// The first column.
    column: usize,
    /// The last line.
    end_line: usize,
    /// The column after the last character.
    end_column: usize,
}

/// Another place that matters.
#[derive(Serialize, JsonSchema)]
struct RelatedReport {
    /// The place.
    #[serde(flatten)]
    location: LocationReport,
    /// What is to be seen there.
    label: String,
}

/// A request to the running site, and what came of it.
#[derive(Serialize, JsonSchema)]
struct ExchangeReport {
    /// Why it was sent.
    probe: &'static str,
    /// Its method and address.
    request: String,
    /// The host that it named.
    host: String,
    /// The status of the response.
    status: Option<u16>,
    /// Why there was no response.
    failure: Option<String>,
}

/// A change of text that repairs a finding.
#[derive(Serialize, JsonSchema)]
struct FixReport {
    /// What the change does.
    title: String,
    /// Whether it can alter nothing but the defect.
    safe: bool,
    /// Replacements, none overlapping.
    edits: Vec<EditReport>,
}

/// A replacement.
#[derive(Serialize, JsonSchema)]
struct EditReport {
    /// What is replaced.
    #[serde(flatten)]
    location: LocationReport,
    /// By what.
    text: String,
}

/// Something that could not be read or followed.
#[derive(Serialize, JsonSchema)]
pub(super) struct NoticeReport {
    /// One clause.
    message: String,
    /// The file concerned.
    path: Option<String>,
    /// The place.
    location: Option<LocationReport>,
}

/// A finding that somebody answered for.
#[derive(Serialize, JsonSchema)]
struct SuppressedReport {
    /// The finding.
    #[serde(flatten)]
    finding: FindingReport,
    /// What suppresses it: `comment`, `configuration`, `silenced-system-checks`, or `evidence` that has answered it.
    by: &'static str,
    /// Why.
    reason: String,
}

/// How many findings there are of what.
#[derive(Serialize, JsonSchema)]
struct SummaryReport {
    fail: usize,
    open: usize,
    pass: usize,
    not_applicable: usize,
    suppressed: usize,
    notices: usize,
    /// The failures by severity.
    severity: SeverityReport,
}

/// Failures by severity.
#[derive(Serialize, JsonSchema)]
struct SeverityReport {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
}

/// All audits as JSON.
pub(super) fn render(audits: &[Audit], style: &Style) -> String {
    let report = match audits {
        [audit] => Report::One(Box::new(AuditReport::of(audit, style))),
        _ => Report::Several(Reports {
            schema: SCHEMA,
            verdict: audits
                .iter()
                .map(|audit| audit.verdict(style.fail_on, style.strict))
                .max()
                .map_or(VerdictName::Fit, VerdictName::of),
            audits: audits.iter().map(|audit| AuditReport::of(audit, style)).collect(),
        }),
    };
    print(&report)
}

/// Any report as JSON text that no terminal obeys.
pub(super) fn print<T: Serialize>(report: &T) -> String {
    // Serialising plain structs into a string has nothing that can fail.
    let mut text = clean::json(serde_json::to_string_pretty(report).unwrap_or_default());
    text.push('\n');
    text
}

impl AuditReport {
    fn of(audit: &Audit, style: &Style) -> Self {
        let view = View::new(audit);
        let facts = &audit.facts;
        let failed = |severity| audit.failed(severity);
        Self {
            schema: SCHEMA,
            verdict: VerdictName::of(audit.verdict(style.fail_on, style.strict)),
            path: view.path(&audit.root),
            environment: EnvironmentReport {
                name: view.words(&audit.environment),
                settings: view.path(&facts.settings.module),
                reason: view.words(&facts.project.choice.reason),
                location: facts.project.choice.at.map(|at| location(&view, at)),
                others: facts.project.choice.others.iter().map(|other| view.path(other)).collect(),
                variables: facts
                    .settings
                    .variables
                    .iter()
                    .map(|variable| VariableReport {
                        name: view.path(&variable.name),
                        required: variable.required,
                        given: variable.given.is_some(),
                        state: environment::state(variable),
                        location: environment::given(variable).map(|at| location(&view, at)),
                    })
                    .collect(),
                env_files: environment::files(&view),
            },
            django: DjangoReport {
                version: facts.django.version.to_string(),
                from: view.words(&facts.django.from),
                assumed: facts.django.assumed,
                location: facts.django.at.map(|at| location(&view, at)),
            },
            runtime: RuntimeReport::of(&view),
            findings: audit.findings.iter().map(|finding| FindingReport::of(&view, finding)).collect(),
            notices: audit.notices.iter().map(|notice| NoticeReport::of(&view, notice)).collect(),
            suppressed: audit
                .suppressed
                .iter()
                .map(|suppressed| SuppressedReport {
                    finding: FindingReport::of(&view, &suppressed.finding),
                    by: suppressed.by.name(),
                    reason: view.words(&suppressed.reason),
                })
                .collect(),
            summary: SummaryReport {
                fail: audit.count(Kind::Fail),
                open: audit.count(Kind::Open),
                pass: audit.count(Kind::Pass),
                not_applicable: audit.count(Kind::NotApplicable),
                suppressed: audit.suppressed.len(),
                notices: audit.notices.len(),
                severity: SeverityReport {
                    critical: failed(Severity::Critical),
                    high: failed(Severity::High),
                    medium: failed(Severity::Medium),
                    low: failed(Severity::Low),
                    info: failed(Severity::Info),
                },
            },
        }
    }
}

impl FindingReport {
    fn of(view: &View<'_>, finding: &Finding) -> Self {
        Self {
            rule: finding.rule.id,
            topic: finding.rule.topic.id(),
            kind: match finding.kind {
                Kind::Fail => KindName::Fail,
                Kind::Open => KindName::Open,
                Kind::Pass => KindName::Pass,
                Kind::NotApplicable => KindName::NotApplicable,
            },
            severity: match finding.severity {
                Severity::Info => SeverityName::Info,
                Severity::Low => SeverityName::Low,
                Severity::Medium => SeverityName::Medium,
                Severity::High => SeverityName::High,
                Severity::Critical => SeverityName::Critical,
            },
            message: view.words(&finding.message),
            django: finding
                .django
                .iter()
                .map(|django| DjangoIdReport {
                    id: view.words(&django.id),
                    obj: django.obj.as_deref().map(|obj| view.words(obj)),
                    count: django.count,
                    text: django.text.as_deref().map(|text| view.words(text)),
                })
                .collect(),
            evidence: match finding.evidence {
                shipworthy_model::Evidence::Source => EvidenceName::Source,
                shipworthy_model::Evidence::Runtime => EvidenceName::Runtime,
                shipworthy_model::Evidence::Wire => EvidenceName::Wire,
            },
            location: finding.at.map(|at| location(view, at)),
            related: finding
                .related
                .iter()
                .map(|related| RelatedReport { location: location(view, related.at), label: view.words(&related.label) })
                .collect(),
            exchanges: exchanges(view, finding),
            help: finding.help.as_deref().map(|help| view.words(help)),
            fix: finding.fix.as_ref().map(|fix| FixReport {
                title: view.words(&fix.title),
                safe: fix.safe,
                edits: fix
                    .edits
                    .iter()
                    .map(|(at, text)| EditReport { location: location(view, *at), text: view.words(text) })
                    .collect(),
            }),
        }
    }
}

impl NoticeReport {
    /// Of a notice.
    pub(super) fn of(view: &View<'_>, notice: &Notice) -> Self {
        let location = notice.at.map(|at| location(view, at));
        let path = notice.path.as_deref().map(|path| view.path(path));
        Self {
            message: view.words(&notice.message),
            path: path.or_else(|| location.as_ref().map(|at| at.path.clone())),
            location,
        }
    }
}

impl VerdictName {
    fn of(verdict: crate::audit::Verdict) -> Self {
        match verdict {
            crate::audit::Verdict::Fit => Self::Fit,
            crate::audit::Verdict::Open => Self::Open,
            crate::audit::Verdict::Unfit => Self::Unfit,
        }
    }
}

fn exchanges(view: &View<'_>, finding: &Finding) -> Vec<ExchangeReport> {
    let wire = view.audit.facts.wire();
    let report = |exchange: &shipworthy_model::Exchange| ExchangeReport {
        probe: exchange.probe.name(),
        request: view.words(&exchange.request.line()),
        host: view.words(&exchange.request.host),
        status: exchange.response().map(|response| response.status),
        failure: exchange.failure().map(|failure| view.words(&failure.reason())),
    };
    finding.exchanges.iter().filter_map(|id| wire?.exchange(*id).map(report)).collect()
}

fn location(view: &View<'_>, region: Region) -> LocationReport {
    let place = view.place(region);
    LocationReport {
        path: place.path,
        line: place.line,
        column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
    }
}
