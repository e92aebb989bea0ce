//! 500.html is rendered without any context: what it expects from one is not there.
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, TemplateFile, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "error-page-needs-context",
    topic: Topic::ErrorPages,
    severity: Severity::Low,
    django: &[],
    summary: "the page 500.html relies on a context that it does not get",
    guide: include_str!("error_page_needs_context.md"),
    check,
};

/// Variables that come from a request or a context processor, and so are empty here.
const CONTEXT: [&str; 8] = ["request", "user", "perms", "messages", "csrf_token", "debug", "STATIC_URL", "MEDIA_URL"];

fn check(facts: &Facts, findings: &mut Findings) {
    if !facts.project.seen {
        findings.not_applicable("500.html cannot be seen without the project's files");
        return;
    }
    if let Some((_, at)) = facts.project.error_handlers.iter().find(|(name, _)| **name == *"handler500") {
        findings.not_applicable("the URLconf names a handler500 of its own, which may give 500.html a context").at(*at);
        return;
    }
    let pages: Vec<&TemplateFile> = facts.project.templates.iter().filter(|template| &*template.name == "500.html").collect();
    if pages.is_empty() {
        findings.not_applicable("there is no template 500.html");
        return;
    }
    for page in &pages {
        let mut printed: Vec<&str> = Vec::new();
        let mut conditions = 0_usize;
        for tag in tags(facts.artifacts.text(page.region)) {
            // What stands under a condition is not printed where there is no context.
            match tag.name() {
                "if" if !tag.is_variable => conditions += 1,
                "endif" if !tag.is_variable => conditions = conditions.saturating_sub(1),
                _ => {}
            }
            if tag.is_variable && conditions > 0 {
                continue;
            }
            // Each variable is worth one line, however often it is printed.
            if tag.is_variable && printed.contains(&tag.name()) {
                continue;
            }
            printed.push(tag.name());
            judge(facts, findings, page, &tag);
        }
    }
    if findings.is_clean() {
        findings.pass("500.html needs no context").at(pages[0].region);
    }
}

/// A tag or variable of a template: its text without braces, and where it stands.
struct Tag<'t> {
    text: &'t str,
    start: usize,
    end: usize,
    is_variable: bool,
}

impl<'t> Tag<'t> {
    /// The tag's own name, or the variable's without attributes and filters.
    fn name(&self) -> &'t str {
        let first = self.text.split_whitespace().next().unwrap_or_default();
        if self.is_variable { first.split(['.', '|']).next().unwrap_or_default() } else { first }
    }
}

fn judge(facts: &Facts, findings: &mut Findings, page: &TemplateFile, tag: &Tag<'_>) {
    let begin = page.region.start + tag.start as u32;
    let at = Region::new(page.region.artifact, begin, page.region.start + tag.end as u32);
    let name = tag.name();
    let subject = tag.text.split_whitespace().nth(1).unwrap_or("a template");
    if tag.is_variable {
        if CONTEXT.contains(&name) {
            findings
                .fail(format!("500.html prints {name}, which is empty there"))
                .severity(Severity::Info)
                .at(at)
                .label("the page is rendered without a request and without context processors")
                .help("say what has to be said without it, or name a handler500 in the URLconf that gives it");
        }
        return;
    }
    match name {
        "extends" => {
            findings
                .open(format!("500.html extends {subject}, which is then rendered without a context"))
                .at(at)
                .label("what raised the first error may raise it again in here")
                .help("make 500.html a page that stands alone");
        }
        "static" if facts.storage("staticfiles").is_hashing().is_yes() => {
            findings
                .open("500.html links a static file by its hashed name, which fails where the manifest lacks the file")
                .at(at)
                .help("put the styles into the page itself");
        }
        "render_block" | "include" => {
            findings
                .open(format!("500.html includes {subject}, which is then rendered without a context"))
                .at(at)
                .help("make 500.html a page that stands alone");
        }
        _ => {}
    }
}

/// The tags and variables of a template, in order. Comments are skipped; what is not closed ends the search.
fn tags(text: &str) -> Vec<Tag<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut hidden: Option<String> = None;
    while let Some(open) = text[from..].find('{').map(|open| from + open) {
        let closing = match text.as_bytes().get(open + 1) {
            Some(b'%') => "%}",
            Some(b'{') => "}}",
            Some(b'#') => "#}",
            Some(_) => {
                from = open + 1;
                continue;
            }
            None => break,
        };
        let Some(length) = text[open + 2..].find(closing) else { break };
        let (inner, end) = (text[open + 2..open + 2 + length].trim(), open + 2 + length + 2);
        from = end;
        if let Some(word) = &hidden {
            if closing == "%}" && inner == word {
                hidden = None;
            }
        } else if closing == "%}" && matches!(inner.split_whitespace().next(), Some("comment" | "verbatim")) {
            hidden = Some(format!("end{inner}").split_whitespace().next().unwrap_or_default().to_owned());
        } else if closing != "#}" {
            found.push(Tag { text: inner, start: open, end, is_variable: closing == "}}" });
        }
    }
    found
}
