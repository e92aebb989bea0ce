//! Session files hold logins: in a served folder they are public, in a shared one others may delete or plant them.

use shipworthy_model::{Facts, Findings, Rule, SessionStore, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "session-files-exposed",
    topic: Topic::Sessions,
    severity: Severity::Low,
    django: &[],
    summary: "session files lie in a folder that is not private",
    guide: include_str!("session_files_exposed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    match facts.session_store() {
        Ok(SessionStore::Files) => {}
        Ok(
            SessionStore::Database
            | SessionStore::Cache
            | SessionStore::CachedDatabase
            | SessionStore::Cookies
            | SessionStore::Other,
        )
        | Err(_) => {
            findings.not_applicable("sessions are not known to be kept in files").at(facts.setting("SESSION_ENGINE").region());
            return;
        }
    }
    let engine = facts.setting("SESSION_ENGINE");
    let folder = facts.setting("SESSION_FILE_PATH");
    let at = folder.region().or(engine.region());
    let own = facts.path_of(&folder.value).filter(|_| !folder.truth().is_no());
    let served = own.as_ref().and_then(|path| facts.served_around(path)).filter(|folder| folder.is_served().is_yes());
    if let Some(served) = served {
        let finding = findings.fail(format!(
            "SESSION_FILE_PATH lies in {}, where anybody can fetch sessions{}",
            served.setting,
            folder.unless()
        ));
        finding.at(at).see(served.at, "every file in here is served").severity(Severity::Critical);
        finding.help("keep session files in a folder below /var/lib that only the server's user may read");
        return;
    }
    match (folder.truth(), own) {
        (Truth::No, _) => {
            findings
                .fail(format!("session files go to the machine's temporary folder{}", folder.unless()))
                .at(at)
                .help("set SESSION_FILE_PATH to a folder that only the server's user may write");
        }
        (Truth::Yes, Some(path)) if facts.is_temporary(&path) => {
            findings
                .fail(format!("SESSION_FILE_PATH lies in a folder for everybody{}", folder.unless()))
                .at(at)
                .help("set SESSION_FILE_PATH to a folder that only the server's user may write");
        }
        (Truth::Yes, Some(_)) => {
            findings.pass("session files have a folder of their own").at(at);
        }
        (Truth::Yes, None) => {
            findings.open("where session files are kept could not be decided").at(at);
        }
        (Truth::Unknown(why), _) => {
            findings.open(format!("SESSION_FILE_PATH could not be decided: {}", why.reason())).at(why.at.or(at));
        }
    }
}
