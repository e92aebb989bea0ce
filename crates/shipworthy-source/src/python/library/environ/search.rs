//! Search engines from a URL: `Env.search_url_config`.

use shipworthy_model::Region;

use super::super::url::{Url, below, query, unquote_plus};
use super::schemes::{Made, put, scheme_of, unknown_scheme};
use super::{unsure, value};
use crate::python::interp::Interp;
use crate::python::object::Val;

pub(super) const SEARCH: [(&str, &str); 8] = [
    ("elasticsearch", "haystack.backends.elasticsearch_backend.ElasticsearchSearchEngine"),
    ("elasticsearch2", "haystack.backends.elasticsearch2_backend.Elasticsearch2SearchEngine"),
    ("elasticsearch5", "haystack.backends.elasticsearch5_backend.Elasticsearch5SearchEngine"),
    ("elasticsearch7", "haystack.backends.elasticsearch7_backend.Elasticsearch7SearchEngine"),
    ("solr", "haystack.backends.solr_backend.SolrEngine"),
    ("whoosh", "haystack.backends.whoosh_backend.WhooshEngine"),
    ("xapian", "haystack.backends.xapian_backend.XapianEngine"),
    ("simple", "haystack.backends.simple_backend.SimpleEngine"),
];

pub(super) fn search(
    interp: &mut Interp<'_>,
    env: Option<&Val>,
    url: &Url,
    engine: Option<Val>,
    value: &Val,
    at: Region,
) -> Made {
    let elastic = url.scheme.starts_with("elasticsearch");
    let secure = elastic && url.scheme.ends_with('s');
    let scheme = if secure { &url.scheme[..url.scheme.len() - 1] } else { &*url.scheme };
    let Some(known) = scheme_of(interp, env, "SEARCH_SCHEMES", scheme, at)? else {
        return Err(unknown_scheme(interp, "search", url, value, at));
    };
    let mut entries = vec![("ENGINE".to_owned(), known)];
    let params = query(&url.query);
    let param = |name: &str| params.iter().find(|(known, _)| known == name).and_then(|(_, values)| values.first());
    let number = |interp: &mut Interp<'_>, text: &str| {
        value::parse(interp, env, &Val::str(text).with(&value.deps), &Val::external("builtins.int"), at)
    };
    if let Some(indexes) = param("EXCLUDED_INDEXES") {
        let indexes = interp.list(indexes.split(',').map(Val::str).collect());
        put(&mut entries, "EXCLUDED_INDEXES", indexes);
    }
    if let Some(spelling) = param("INCLUDE_SPELLING") {
        let spelling = value::parse(interp, env, &Val::str(spelling.as_str()), &Val::external("builtins.bool"), at)?;
        put(&mut entries, "INCLUDE_SPELLING", spelling);
    }
    if let Some(size) = param("BATCH_SIZE") {
        let size = number(interp, size)?;
        put(&mut entries, "BATCH_SIZE", size);
    }
    if url.scheme == "simple" {
        return Ok(Ok(entries));
    }
    let path = unquote_plus(below(&url.path).split('?').next().unwrap_or_default());
    let path = path.strip_suffix('/').unwrap_or(&path);
    let address = |scheme: &str, path: &str| {
        let url = Url { scheme: scheme.to_owned(), netloc: url.netloc.clone(), path: path.to_owned(), ..Url::default() };
        url.text()
    };
    let taken: &[&str] = match scheme {
        "solr" => {
            let Some(address) = address("http", path) else { return Ok(Err(unsure("this URL", at))) };
            put(&mut entries, "URL", Val::str(address));
            &["TIMEOUT", "KWARGS"]
        }
        _ if elastic => {
            let (folder, index) = path.rsplit_once('/').unwrap_or(("", path));
            let Some(address) = address(if secure { "https" } else { "http" }, folder) else {
                return Ok(Err(unsure("this URL", at)));
            };
            put(&mut entries, "URL", Val::str(address));
            put(&mut entries, "INDEX_NAME", Val::str(index));
            &["TIMEOUT", "KWARGS"]
        }
        _ => {
            put(&mut entries, "PATH", Val::str(format!("/{path}")));
            if let Some(engine) = engine {
                put(&mut entries, "ENGINE", engine);
            }
            if scheme == "whoosh" { &["STORAGE", "POST_LIMIT"] } else { &["FLAGS"] }
        }
    };
    for name in taken {
        let Some(text) = param(name) else { continue };
        let item = if matches!(*name, "TIMEOUT" | "POST_LIMIT") { number(interp, text)? } else { Val::str(text.as_str()) };
        put(&mut entries, name, item);
    }
    Ok(Ok(entries))
}
