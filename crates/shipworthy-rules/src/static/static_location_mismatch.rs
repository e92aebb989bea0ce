//! A front end that puts its root before the whole path looks for static files one folder too deep.

use shipworthy_model::front::Handler;
use shipworthy_model::{Datum, Facts, Findings, Kind, Region, Rule, Severity, Topic, path};

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
    let folder = match &root.value.datum {
        Datum::Str(text) | Datum::Path(text) => text.trim_end_matches('/').rsplit('/').next().map(str::to_owned),
        _ => None,
    };
    let mut seen: Vec<Region> = Vec::new();
    let mut served = None;
    for entrance in facts.entrances() {
        let mut request = entrance.request.clone();
        request.path = format!("{url}base.css");
        for answer in entrance.site.answers(&request).iter().filter(|answer| answer.doubt.is_none()) {
            let Handler::Files(files) = &answer.handler else { continue };
            let (Some(own), Some(at)) = (files.folder.as_literal(), files.at) else { continue };
            served = served.or(Some(at));
            // `root /srv/shop/static` in `location /static/` looks in /srv/shop/static/static.
            let looked = path::absolute("", &format!("{own}{url}"));
            let last = url.trim_matches('/');
            let doubled = looked.ends_with(&format!("/{last}/{last}"));
            if files.strips || !doubled || folder.as_deref() != Some(last) || seen.contains(&at) {
                continue;
            }
            seen.push(at);
            findings
                .fail(format!("{} looks for static files in {looked}", entrance.front.kind.name()))
                .at(at)
                .label("`root` is put before the whole path, that of the location too")
                .see(root.region(), "where collectstatic puts them")
                .help(format!("write `alias {}/;`, or the folder around it as the root", own.trim_end_matches('/')))
                .weighed(facts, entrance.front);
        }
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
