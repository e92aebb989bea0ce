//! Template engines: the entries of TEMPLATES, as far as they are known.

use crate::{Condition, Facts, Item, Lookup, Region, Truth, Unknown, Value, Why};

/// Django's own backend.
const DJANGO: &str = "django.template.backends.django.DjangoTemplates";
/// Backends that are certainly not Django's own.
const OTHERS: [&str; 3] =
    ["django.template.backends.jinja2.Jinja2", "django.template.backends.dummy.TemplateStrings", "django_jinja.backend.Jinja2"];

/// The entries of TEMPLATES.
#[derive(Clone, Debug)]
pub struct Engines {
    /// Those that are certainly there, in order.
    pub list: Vec<Engine>,
    /// Set when there may be others, or these only under a condition.
    pub doubt: Option<Unknown>,
    /// Where TEMPLATES is set.
    pub at: Option<Region>,
}

/// One entry of TEMPLATES.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The entry as a dictionary.
    pub value: Value,
    /// Where it stands.
    pub at: Option<Region>,
}

impl Engine {
    /// What the entry says under a key: `APP_DIRS`, `DIRS`.
    pub fn get(&self, key: &str) -> Lookup<'_> {
        self.value.get(key)
    }

    /// What its OPTIONS say under a key.
    pub fn option(&self, key: &str) -> Lookup<'_> {
        match self.value.get("OPTIONS") {
            Lookup::Found(options) => options.get(key),
            Lookup::Absent => Lookup::Absent,
            Lookup::Unknown(why) => Lookup::Unknown(why),
        }
    }

    /// Whether it is Django's template language. Classes nobody knows may derive from it.
    pub fn is_django(&self) -> Truth {
        match self.get("BACKEND") {
            Lookup::Found(backend) => match backend.as_str() {
                Some(DJANGO) => Truth::Yes,
                Some(path) if OTHERS.contains(&path) => Truth::No,
                Some(path) => Truth::Unknown(Unknown::new(Why::Import(path.into()), backend.at)),
                None => backend.as_unknown().map_or(Truth::No, Truth::Unknown),
            },
            Lookup::Absent => Truth::No,
            Lookup::Unknown(why) => Truth::Unknown(why),
        }
    }

    /// Whether it is Jinja2 through Django's own backend.
    pub fn is_jinja(&self) -> Truth {
        match self.get("BACKEND") {
            Lookup::Found(backend) => backend.equals("django.template.backends.jinja2.Jinja2"),
            Lookup::Absent => Truth::No,
            Lookup::Unknown(why) => Truth::Unknown(why),
        }
    }
}

/// Applications that give the engine loaders of their own, around the cached one, and remove `APP_DIRS` when Django has
/// loaded them (their `apps.py`; `SimpleAppConfig` of each does not).
const LOADING: [&str; 4] =
    ["template_partials", "template_partials.apps.LoaderAppConfig", "django_cotton", "django_cotton.apps.LoaderAppConfig"];

impl Facts {
    /// The installed application that sets the loaders of the engine itself, whatever TEMPLATES says of them.
    pub fn sets_loaders(&self) -> Option<&'static str> {
        let apps = self.setting("INSTALLED_APPS").value;
        LOADING.into_iter().find(|app| apps.contains(app).is_yes()).and_then(|app| app.split('.').next())
    }

    /// Whether templates are configured in the way of Django before 1.10 (`TEMPLATE_DIRS`, `TEMPLATE_LOADERS`), which has no
    /// use for `TEMPLATES` (django/template/utils.py of 1.8: where it is empty, the old settings are taken).
    pub fn has_old_templates(&self) -> bool {
        self.django.version.feature() < (1, 10) && self.setting("TEMPLATES").explicit.is_no()
    }

    /// The entries of TEMPLATES.
    pub fn engines(&self) -> Engines {
        let templates = self.setting("TEMPLATES");
        let at = templates.region();
        let mut engines = Engines { list: Vec::new(), doubt: templates.value.as_unknown(), at };
        let branch = |condition: &Condition| Unknown::new(Why::Branch(condition.text.clone()), condition.at);
        for item in templates.value.items().unwrap_or_default() {
            match item {
                Item::One(value) => match value.as_unknown() {
                    Some(why) => engines.doubt = Some(why),
                    None => engines.list.push(Engine { at: value.at.or(at), value: value.clone() }),
                },
                Item::Perhaps(_, condition) => engines.doubt = Some(branch(condition)),
                Item::Many(why) => engines.doubt = Some(why.clone()),
            }
        }
        engines
    }
}
