//! Reads a root URL configuration for one thing: which error views it names itself.

use std::sync::Arc;

use shipworthy_model::{ArtifactId, Region};

/// The names by which Django asks the root URL configuration for error views.
const HANDLERS: [&str; 4] = ["handler400", "handler403", "handler404", "handler500"];

/// The error views that the text of a URL configuration mentions in its code, each with the first place. However they come there,
/// by assignment or import, a name that is written there is there.
pub fn error_handlers(text: &str, artifact: ArtifactId) -> Vec<(Arc<str>, Region)> {
    let mut found: Vec<(Arc<str>, Region)> = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or(line);
        for name in HANDLERS {
            let is_word = |at: usize| {
                let is_part = |character: char| character == '_' || character.is_alphanumeric();
                !code[..at].ends_with(is_part) && !code[at + name.len()..].starts_with(is_part)
            };
            let at = code.match_indices(name).map(|(at, _)| at).find(|at| is_word(*at));
            if let Some(at) = at.filter(|_| found.iter().all(|(known, _)| **known != *name)) {
                let start = (offset + at) as u32;
                found.push((name.into(), Region::new(artifact, start, start + name.len() as u32)));
            }
        }
        offset += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_are_found_where_code_names_them() {
        let text = "urlpatterns = []\n# handler400 = x\nhandler404 = handler500 = \"shop.views.sorry\"\nmy_handler403 = 1\n";
        let found = error_handlers(text, ArtifactId(0));
        let names: Vec<&str> = found.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["handler404", "handler500"]);
        let (start, end) = (found[1].1.start as usize, found[1].1.end as usize);
        assert_eq!(&text[start..end], "handler500");
        assert_eq!(error_handlers("from .errors import handler404\n", ArtifactId(0)).len(), 1);
    }
}
