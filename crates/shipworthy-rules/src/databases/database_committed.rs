//! A database that git tracks gives its users and sessions to everybody who has the repository.

use shipworthy_model::{Facts, Family, Findings, Rule, Severity, Topic, path};

pub(crate) static RULE: Rule = Rule {
    id: "database-committed",
    topic: Topic::Databases,
    severity: Severity::High,
    django: &[],
    summary: "a database file is in the repository",
    guide: include_str!("database_committed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(files) = &facts.project.tracked_databases else {
        findings.not_applicable("which files git tracks is not to be seen");
        return;
    };
    let databases = facts.setting("DATABASES");
    for file in files {
        let place = facts.absolute(&file.path);
        let alias = databases.services().into_iter().find(|database| {
            let name = database.config.found("NAME").and_then(|name| facts.path_of(name));
            database.family() == Some(Family::Sqlite) && name.is_some_and(|name| path::absolute("", &name) == place)
        });
        let what = match (file.users, &alias) {
            (true, _) => " with its users and their password hashes",
            (false, Some(_)) => "",
            (false, None) if file.is_djangos => " made by Django",
            (false, None) => continue,
        };
        // A database that holds nobody yet will, once the site runs with it.
        let certain = alias.is_some() && databases.assumptions.iter().all(|assumption| !assumption.is_unsettled());
        let finding = findings.fail(format!("git tracks {}, a database{what}", file.path));
        finding.about(&*file.path).severity(if file.users || certain { Severity::High } else { Severity::Medium });
        finding.help("take it out of git (`git rm --cached`), ignore it, and change what it holds: the history keeps it");
        if let Some(alias) = alias {
            let at = alias.region("NAME").or(databases.region());
            finding.at(at).label(format!("DATABASES[\"{}\"] is this file{}", alias.alias, databases.unless()));
        }
    }
    if findings.is_clean() {
        findings.pass("git tracks no database of Django's");
    }
}
