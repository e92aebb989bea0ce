//! An audit: what was judged, what was found, and the verdict.

use shipworthy_model::{Facts, Finding, Kind, Notice, Severity};

use crate::triage::Suppressed;

/// One environment of one project, judged.
#[derive(Debug)]
pub(crate) struct Audit {
    /// The audited folder, as the user wrote it.
    pub(crate) root: String,
    /// The deployment that was judged: `production` unless named otherwise.
    pub(crate) environment: String,
    /// Everything that was known.
    pub(crate) facts: Facts,
    /// What the rules concluded, in the order of the checklist, worst first within a rule.
    pub(crate) findings: Vec<Finding>,
    /// Findings that somebody answered for.
    pub(crate) suppressed: Vec<Suppressed>,
    /// What could not be read or followed.
    pub(crate) notices: Vec<Notice>,
    /// The file that holds every exchange with the running site, as the user wrote it.
    pub(crate) recording: Option<String>,
}

/// Whether the project is fit to ship, as far as it could be judged. The worst of several counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Everything that was asked is right.
    Fit,
    /// Nothing is proven broken, but something that matters could not be proven.
    Open,
    /// Something is proven broken.
    Unfit,
}

impl Verdict {
    /// The name used in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::Open => "open",
            Self::Unfit => "unfit",
        }
    }
}

impl Audit {
    /// The verdict. Findings milder than `fail_on` do not count; with `strict`, an open question counts as a failure.
    pub(crate) fn verdict(&self, fail_on: Severity, strict: bool) -> Verdict {
        self.findings
            .iter()
            .filter(|finding| finding.severity >= fail_on)
            .map(|finding| match finding.kind {
                Kind::Fail => Verdict::Unfit,
                Kind::Open if strict => Verdict::Unfit,
                Kind::Open => Verdict::Open,
                Kind::Pass | Kind::NotApplicable => Verdict::Fit,
            })
            .max()
            .unwrap_or(Verdict::Fit)
    }

    /// How many findings are of a kind.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.findings.iter().filter(|finding| finding.kind == kind).count()
    }

    /// How many findings failed with this severity.
    pub(crate) fn failed(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.kind == Kind::Fail && finding.severity == severity).count()
    }
}
