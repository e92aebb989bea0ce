//! Levels of nginx's configuration: what a block says itself, and what it takes from those around it.

use shipworthy_model::front::{Known, Limit, Stated};
use shipworthy_model::{Region, Unknown, Why};

use super::lexer::Directive;
use crate::fronts::template;

/// A block and those around it.
#[derive(Clone, Copy)]
pub(crate) struct Level<'a> {
    /// What the block says.
    pub(crate) own: &'a [Directive],
    /// The block around it.
    pub(crate) around: Option<&'a Level<'a>>,
}

impl<'a> Level<'a> {
    /// The level that decides a directive: the innermost that says it.
    pub(crate) fn deciding(&self, name: &str) -> Option<&Level<'a>> {
        if self.own.iter().any(|directive| directive.name == name) {
            return Some(self);
        }
        self.around.and_then(|around| around.deciding(name))
    }

    /// The directive that counts, where one replaces all further out.
    pub(crate) fn last(&self, name: &str) -> Option<&'a Directive> {
        self.deciding(name).and_then(|level| level.own.iter().rev().find(|directive| directive.name == name))
    }

    /// All directives of a name, where the innermost level that says one replaces all further out. (What nginx's merging of
    /// arrays does: `proxy_set_header`, `add_header`, `uwsgi_param`, `allow` …)
    pub(crate) fn list(&self, name: &str) -> Vec<&'a Directive> {
        self.deciding(name).map(|level| level.say(name)).unwrap_or_default()
    }

    /// The directives of a name that this level says itself.
    pub(crate) fn say(&self, name: &str) -> Vec<&'a Directive> {
        self.own.iter().filter(|directive| directive.name == name).collect()
    }

    /// Whether a switch is on; `None` where nobody says it or a template does.
    pub(crate) fn flag(&self, name: &str) -> Option<Stated<bool>> {
        let directive = self.last(name)?;
        match directive.word(0) {
            "on" => Some(Stated::at(true, directive.at)),
            "off" => Some(Stated::at(false, directive.at)),
            _ => None,
        }
    }
}

/// A size such as `10m`.
pub(crate) fn size(directive: &Directive) -> Limit {
    let text = directive.word(0).to_ascii_lowercase();
    let (digits, factor) = match text.strip_suffix(['k', 'm', 'g']) {
        Some(digits) if text.ends_with('k') => (digits, 1 << 10),
        Some(digits) if text.ends_with('m') => (digits, 1 << 20),
        Some(digits) => (digits, 1 << 30),
        None => (text.as_str(), 1),
    };
    match digits.parse::<u64>() {
        Ok(0) => Limit::None,
        Ok(number) => Limit::Bytes(number.saturating_mul(factor)),
        Err(_) => Limit::Unknown(unclear(&text, directive.at)),
    }
}

/// Why a text that should be a number or a name is not understood.
pub(crate) fn unclear(text: &str, at: Region) -> Unknown {
    template::unknown(text, at).unwrap_or_else(|| Unknown::new(Why::Unsupported(format!("`{text}`").into()), Some(at)))
}

/// A word as a name or path, unless a template or a variable makes it.
pub(crate) fn plain(text: &str, at: Region) -> Known<std::sync::Arc<str>> {
    if template::hole(text, 0).is_some() || text.contains('$') { Err(unclear(text, at)) } else { Ok(text.into()) }
}
