//! A front end that puts its root before the whole path looks for static files one folder too deep.

use shipworthy_model::{Datum, Facts, Findings, Kind, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "static-location-mismatch",
    topic: Topic::Static,
    severity: Severity::High,
    django: &[],
    summary: "the front end looks for static files where they are not",
    guide: include_str!("static_location_mismatch.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("STATIC_URL");
    let Some(url) = setting.value.as_str().filter(|url| !url.trim_matches('/').is_empty() && !url.contains("//")) else {
        findings.not_applicable("static files have no address on this site").at(setting.region());
        return;
    };
    let url = format!("/{}/", url.trim_matches('/'));
    let root = facts.setting("STATIC_ROOT");
    let own = match &root.value.datum {
        Datum::Str(text) | Datum::Path(text) => text.trim_end_matches('/').rsplit('/').next().map(str::to_owned),
        _ => None,
    };
    let mut seen: Vec<Region> = Vec::new();
    let mut served = None;
    // Where it really is twice, both agree.
    let twice = facts.path_of(&root.value).is_some_and(|folder| folder.ends_with(&format!("{url}{}", url.trim_matches('/'))));
    for folder in facts.front_folders(&url) {
        served = served.or(Some(folder.at));
        let last = url.trim_matches('/');
        let doubled = folder.looked.ends_with(&format!("/{last}/{last}"));
        if folder.files.strips || !doubled || twice || own.as_deref() != Some(last) || seen.contains(&folder.at) {
            continue;
        }
        seen.push(folder.at);
        findings
            .fail(format!("{} looks for static files in {}", folder.front.kind.name(), folder.looked))
            .at(folder.at)
            .label("`root` is put before the whole path, that of the location too")
            .see(root.region(), "where collectstatic puts them")
            .help(format!("write `alias {}/;`, or the folder around it as the root", folder.own.trim_end_matches('/')))
            .weighed(facts, folder.front);
    }
    match served {
        None => {
            findings.not_applicable(format!("no front end here serves {url}")).at(setting.region());
        }
        Some(at) if !findings.has(Kind::Fail) => {
            findings.pass(format!("a front end serves {url} as files")).at(at);
        }
        Some(_) => {}
    }
}
