//! Bodies: what is recognised in them, and how much of them may be kept.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use shipworthy_model::Sign;
use shipworthy_model::wire::Response;

/// So many links of a page are looked at.
const MOST_LINKS: usize = 80;
/// So long a title is kept.
const LONGEST_TITLE: usize = 120;
/// The bare pages that Django has for when a project has none: their title, and what they are.
const STOCK: [(&str, Sign); 4] = [
    ("Not Found", Sign::StockNotFound),
    ("403 Forbidden", Sign::StockForbidden),
    ("Bad Request (400)", Sign::StockBadRequest),
    ("Server Error (500)", Sign::StockServerError),
];
/// What front ends and application servers write into their own pages, in lower case.
const FRONT_ENDS: [&str; 14] = [
    "<center><h1>",
    "welcome to nginx!",
    "<hr><center>nginx",
    "<hr><center>openresty",
    "<address>apache",
    "<h1>it works!</h1>",
    "apache2 debian default page",
    "apache2 ubuntu default page",
    "\"-//ietf//dtd html 2.0//en\"",
    "<html><body><h1>4",
    "<html><body><h1>5",
    "<h1><p>bad request</p></h1>",
    "cf-error-details",
    "error code: 1",
];

static TITLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?is)<title[^>]*>(.*?)</title>").ok());
static LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)(?:href|src)\s*=\s*(?:"([^"<>\s]+)"|'([^'<>\s]+)')"#).ok());
static TOKEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)(csrfmiddlewaretoken["'][^>]*value=["'])[^"']*"#).ok());
static ASSIGNMENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^(?:export )?[A-Z][A-Z0-9_]{2,}=\S").ok());
static SETTING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^(?:SECRET_KEY|INSTALLED_APPS|MIDDLEWARE|DATABASES|ROOT_URLCONF|ALLOWED_HOSTS|TEMPLATES)\s*(?::\s*\w+\s*)?=")
        .ok()
});

/// Reads a body into the response: its signs, title and links, and the text if it may be kept. `strange` is the host that was
/// made up for the request.
pub(crate) fn read(response: &mut Response, bytes: &[u8], strange: Option<&str>) {
    response.length = bytes.len() as u64;
    let encoded = response.header("content-encoding").is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    let text = String::from_utf8_lossy(bytes);
    response.signs = signs(bytes, &text, strange);
    if encoded {
        return;
    }
    let html = is_html(&text);
    if html {
        response.title = title(&text);
        response.links = links(&text);
    }
    let readable = !bytes.contains(&0) && (html || response.content_type().starts_with("text/"));
    if readable && !response.signs.iter().any(|sign| sign.is_leak()) {
        response.text = Some(keep(&text).into());
    }
}

fn signs(bytes: &[u8], text: &str, strange: Option<&str>) -> BTreeSet<Sign> {
    let mut signs = BTreeSet::new();
    let lower = text.to_lowercase();
    let html = is_html(text);
    let has = |needle: &str| text.contains(needle);
    // One of the pages breaks the line inside these words.
    let developer = ["<code>DEBUG = True</code>", "<code>DEBUG =\n  True</code>", "you have DEBUG = True"].into_iter().any(has);
    let mut add = |sign: Sign, is: bool| {
        if is {
            signs.insert(sign);
        }
    };
    add(Sign::DebugException, developer && has("Exception Value") && has("Request Method"));
    add(Sign::DebugNotFound, developer && has("Page not found") || has("Django tried these URL patterns"));
    add(Sign::DebugWelcome, has("The install worked successfully! Congratulations!"));
    let unforged = html && has("<span>(403)</span></h1>") && has("<div id=\"summary\">");
    add(Sign::DebugCsrf, developer && unforged);
    add(Sign::Toolbar, html && (has("id=\"djDebug\"") || has("djdt-") || has("<title>Silky")));
    add(Sign::StockCsrf, unforged);
    add(Sign::CsrfField, has("csrfmiddlewaretoken"));
    add(Sign::AdminLogin, html && has("admin/css/login."));
    for (title, sign) in STOCK {
        add(sign, is_stock(text, title));
    }
    add(Sign::FrontEnd, FRONT_ENDS.iter().any(|needle| lower.contains(needle)));
    let listing = ["<title>index of ", "<h1>index of ", "<title>directory listing for "].iter().any(|it| lower.contains(it))
        || lower.contains("id=\"summary\"") && lower.contains("class=\"meta-item\"");
    add(Sign::Listing, html && listing);
    let matches = |regex: &LazyLock<Option<Regex>>| regex.as_ref().is_some_and(|regex| regex.is_match(text));
    add(Sign::EnvFile, !html && matches(&ASSIGNMENT));
    add(Sign::Git, !html && (text.starts_with("ref: refs/") || is_commit(text)));
    add(Sign::ManagePy, !html && has("DJANGO_SETTINGS_MODULE") && has("import"));
    add(Sign::Settings, !html && matches(&SETTING));
    add(Sign::Sqlite, bytes.starts_with(b"SQLite format 3\0"));
    add(Sign::Reflected, strange.is_some_and(|strange| lower.contains(&strange.to_lowercase())));
    signs
}

fn is_html(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let start: String = start.chars().take(400).collect::<String>().to_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<!--") || start.contains("<head")
}

/// Whether it is Django's bare page of this title and nothing more, byte by byte around its sentence.
fn is_stock(text: &str, title: &str) -> bool {
    let head =
        format!("<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  <h1>{title}</h1><p>");
    let rest = text.trim_start().strip_prefix(&head).and_then(|rest| rest.trim_end().strip_suffix("</p>\n</body>\n</html>"));
    rest.is_some_and(|sentence| sentence.len() < 80 && !sentence.contains('<'))
}

fn is_commit(text: &str) -> bool {
    let text = text.trim();
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn title(text: &str) -> Option<Arc<str>> {
    let found = TITLE.as_ref()?.captures(text)?.get(1)?.as_str();
    let title: String = found.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_TITLE).collect();
    (!title.is_empty()).then(|| title.into())
}

fn links(text: &str) -> Vec<Arc<str>> {
    let Some(regex) = LINK.as_ref() else { return Vec::new() };
    let mut links: Vec<Arc<str>> = Vec::new();
    for found in regex.captures_iter(text).filter_map(|found| found.get(1).or_else(|| found.get(2))) {
        let link = found.as_str().replace("&amp;", "&");
        let path = link.split(['?', '#']).next().unwrap_or_default();
        let file = path.rsplit('/').next().unwrap_or_default();
        if file.contains('.') && !links.iter().any(|known| **known == *link) {
            links.push(link.into());
        }
        if links.len() == MOST_LINKS {
            break;
        }
    }
    links
}

fn keep(text: &str) -> String {
    TOKEN.as_ref().map_or_else(String::new, |token| token.replace_all(text, "${1}…").into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(body: &str) -> Response {
        let mut response = Response { headers: vec![("content-type".into(), "text/html".into())], ..Response::default() };
        read(&mut response, body.as_bytes(), Some("x.shipworthy.invalid"));
        response
    }

    #[test]
    fn what_leaks_is_recognised_and_not_kept() {
        for (body, sign) in [
            ("SECRET_KEY=abc\nDEBUG=1\n", Sign::EnvFile),
            ("ref: refs/heads/main\n", Sign::Git),
            ("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.b')\n", Sign::ManagePy),
            ("SECRET_KEY = 'abc'\n", Sign::Settings),
            ("SQLite format 3\0\u{1}", Sign::Sqlite),
            ("<html><head><title>Index of /static/</title>", Sign::Listing),
        ] {
            let response = response(body);
            assert!(response.shows(sign) && response.text.is_none(), "{body}");
        }
    }

    #[test]
    fn a_page_that_speaks_of_such_files_is_no_leak() {
        let page = "<!doctype html><html><pre>\nSECRET_KEY=abc\nSECRET_KEY = 'x'\nimport DJANGO_SETTINGS_MODULE</pre>";
        assert!(response(page).signs.is_empty());
    }

    #[test]
    fn tokens_are_left_out() {
        let kept = response("<!doctype html><input type=hidden name=\"csrfmiddlewaretoken\" value=\"T0ken\">").text.unwrap();
        assert!(!kept.contains("T0ken") && kept.contains("csrfmiddlewaretoken"));
    }

    #[test]
    fn stock_pages_are_known_exactly() {
        let page = |title: &str, text: &str| {
            format!(
                "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  <h1>{title}</h1><p>{text}</p>\n</body>\n</html>\n"
            )
        };
        assert!(response(&page("Bad Request (400)", "")).shows(Sign::StockBadRequest));
        assert!(response(&page("Not Found", "Nothing here.")).shows(Sign::StockNotFound));
        assert!(!response(&page("Not Found", "<a href=/>Home</a>")).shows(Sign::StockNotFound));
        assert!(!response("<!doctype html>\n<title>404 Not Found</title>").shows(Sign::StockNotFound));
    }

    #[test]
    fn links_to_files_are_found_once() {
        let links =
            response("<html><link href='/s/a.css'><script src=\"b.js?x=1&amp;y\"></script><a href='/s/a.css'><a href='/no'>")
                .links;
        assert_eq!(links.iter().map(|link| &**link).collect::<Vec<_>>(), ["/s/a.css", "b.js?x=1&y"]);
    }
}
