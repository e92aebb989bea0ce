//! Who supplied a password: one question, asked of databases, caches, task queues and mail accounts.

use shipworthy_model::{Effective, Facts, Findings, Provenance, Region, Severity, Value, key};

/// A password of the settings, and how a finding about it is said.
pub(crate) struct Password<'a> {
    /// Whose it is, as the subject of a clause: `the password of DATABASES["default"]`.
    pub(crate) name: String,
    /// The setting that holds it.
    pub(crate) setting: &'a Effective,
    /// The value that holds it.
    pub(crate) value: &'a Value,
    /// The password itself: all of the value, or a part of it where that is an address.
    pub(crate) text: &'a str,
    /// Where the value stands.
    pub(crate) at: Option<Region>,
    /// How bad it is that the source holds it.
    pub(crate) written: Severity,
    /// How bad it is that the source holds it for when a variable is not set.
    pub(crate) default: Severity,
    /// What to do about a written one, after "read it from the environment, and".
    pub(crate) change: &'static str,
}

impl Password<'_> {
    /// Says who supplied it.
    pub(crate) fn judge(self, facts: &Facts, findings: &mut Findings) {
        let Self { name, at, .. } = &self;
        let at = *at;
        match facts.provenance_of(self.setting, self.value, self.text) {
            Provenance::Written if key::is_to_be_filled_in(self.text) => {
                findings.open(format!("{name} is one to be filled in; the real one is not to be seen")).at(at);
            }
            Provenance::Written => {
                let finding = findings.fail(format!("{name} is written in the source"));
                finding.at(at).severity(self.written).help(format!("read it from the environment, and {}", self.change));
            }
            Provenance::Default(variable) => {
                let finding = findings.fail(format!("{name} comes from the source unless {} is set", variable.name));
                finding.at(at).severity(self.default).help("let the variable have no default");
            }
            Provenance::Given(variable) => {
                findings.pass(format!("{name} comes from {}", variable.name)).at(at);
            }
            Provenance::Unseen => {
                findings.open(format!("where {name} was written cannot be seen")).at(at);
            }
        }
    }
}
