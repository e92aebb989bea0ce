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
    /// Who logs in with it and where, as far as the source says.
    pub(crate) login: (Option<&'a str>, Option<&'a str>),
    /// Where the value stands.
    pub(crate) at: Option<Region>,
    /// How bad it is that the source holds it.
    pub(crate) written: Severity,
    /// How bad it is that the source holds it for when a variable is not set.
    pub(crate) default: Severity,
    /// What to do about a written one, after "read it from the environment, and".
    pub(crate) change: &'static str,
}

/// What `str()` makes of a variable that nobody gives.
fn is_nothing(text: &str) -> bool {
    text == "None"
}

impl Password<'_> {
    /// Says who supplied it.
    pub(crate) fn judge(self, facts: &Facts, findings: &mut Findings) {
        let Self { name, at, .. } = &self;
        let at = *at;
        match facts.provenance_of(self.setting, self.value, self.text) {
            Provenance::Default(variable)
                if self.is_sample() || is_its_name(&variable.name, self.text) || is_nothing(self.text) =>
            {
                findings.open(format!("{name} is only to be filled in unless {} is set", variable.name)).at(at);
            }
            Provenance::Written if key::is_to_be_filled_in(self.text) || self.is_sample() || is_stub(self.text) => {
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

    /// Whether it shows the form that an address has, rather than being one: a host that nobody has, a user and a password
    /// that are called so.
    fn is_sample(&self) -> bool {
        // RFC 2606, section 3: reserved for examples.
        const NOBODYS: [&str; 3] = ["example.com", "example.org", "example.net"];
        let (user, host) = self.login;
        let nobodys = host.is_some_and(|host| NOBODYS.iter().any(|name| host.eq_ignore_ascii_case(name)));
        let word = |text: &str| text.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()).to_ascii_lowercase();
        let called_so = word(self.text) == "password" && user.is_some_and(|user| matches!(&*word(user), "user" | "username"));
        nobodys || called_so
    }
}

/// Whether a text is too short to be anybody's password: `xyz`, `***`.
fn is_stub(text: &str) -> bool {
    text.chars().count() < 4
}

/// Whether a text only repeats the name of the variable that it stands in for: `aws_secret_access_key`. One word alone may
/// well be somebody's password.
fn is_its_name(variable: &str, text: &str) -> bool {
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    text.contains(['_', '-']) && bare(text) == bare(variable)
}
