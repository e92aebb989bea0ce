//! Content security policies: what the settings tell browsers to load and run, for Django's middleware and django-csp's.

use std::sync::Arc;

use crate::{Datum, Facts, Item, Lookup, Region, Truth, Unknown, Value, Version, Why};

/// The token that Django replaces by a fresh nonce in every response.
pub const NONCE: &str = "<CSP_NONCE_SENTINEL>";

const DJANGO: &str = "django.middleware.csp.ContentSecurityPolicyMiddleware";
const DJANGO_CSP: &str = "csp.middleware.CSPMiddleware";

/// A content security policy that the settings define.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The setting that holds it; for django-csp before 4.0 the one about scripts, or the first of several.
    pub setting: Arc<str>,
    /// Whether browsers enforce it or only report.
    pub enforced: bool,
    /// Its directives.
    pub directives: Vec<Directive>,
    /// Set where directives may be missing from [`Policy::directives`].
    pub rest: Option<Unknown>,
    /// The setting's place.
    pub at: Option<Region>,
    /// The middleware that sends it.
    pub middleware: &'static str,
}

/// One directive of a policy.
#[derive(Clone, Debug)]
pub struct Directive {
    /// Its name: `script-src`.
    pub name: Arc<str>,
    /// The setting that holds it.
    pub setting: Arc<str>,
    /// Its tokens, each as it will stand in the header, a nonce as [`NONCE`].
    pub sources: Vec<Arc<str>>,
    /// Set where tokens may be missing from [`Directive::sources`].
    pub rest: Option<Unknown>,
    /// Its place.
    pub at: Option<Region>,
}

impl Policy {
    /// The directive of this name.
    pub fn directive(&self, name: &str) -> Option<&Directive> {
        self.directives.iter().find(|directive| &*directive.name == name)
    }

    /// The directive that governs scripts: `script-src`, or `default-src` in its absence.
    pub fn scripts(&self) -> Option<&Directive> {
        self.directive("script-src").or_else(|| self.directive("default-src"))
    }
}

impl Directive {
    /// Whether this token certainly stands in it.
    pub fn has(&self, token: &str) -> bool {
        self.sources.iter().any(|source| source.eq_ignore_ascii_case(token))
    }

    fn read(name: &str, setting: &str, value: &Value) -> Option<Self> {
        let mut directive = Self { name: name.into(), setting: setting.into(), sources: Vec::new(), rest: None, at: value.at };
        match &value.datum {
            Datum::None | Datum::Bool(false) => return None,
            Datum::Bool(true) => {}
            Datum::List(items) | Datum::Tuple(items) | Datum::Set(items) => {
                for item in items {
                    match item {
                        Item::One(value) => directive.add(value),
                        Item::Perhaps(_, condition) => {
                            directive.rest = Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at));
                        }
                        Item::Many(why) => directive.rest = Some(why.clone()),
                    }
                }
            }
            _ => directive.add(value),
        }
        Some(directive)
    }

    fn add(&mut self, value: &Value) {
        match &value.datum {
            Datum::Str(text) => self.sources.extend(text.split_whitespace().map(Arc::from)),
            Datum::Ref(name) => match constant(name) {
                Some(token) => self.sources.push(token.into()),
                None => self.rest = Some(Unknown::new(Why::Import(name.clone()), value.at)),
            },
            Datum::Unknown(Unknown { why: Why::Import(name), at }) => match constant(name) {
                Some(token) => self.sources.push(token.into()),
                None => self.rest = Some(Unknown::new(Why::Import(name.clone()), *at)),
            },
            _ => {
                let unsupported = || Unknown::new(Why::Unsupported("a source that is no text".into()), value.at);
                self.rest = Some(value.as_unknown().unwrap_or_else(unsupported));
            }
        }
    }
}

/// The token behind a constant of `django.utils.csp.CSP` or `csp.constants`.
fn constant(name: &str) -> Option<&'static str> {
    let constant = name.strip_prefix("csp.constants.").or_else(|| name.strip_prefix("django.utils.csp.CSP."))?;
    Some(match constant {
        "NONE" => "'none'",
        "NONCE" => NONCE,
        "REPORT_SAMPLE" => "'report-sample'",
        "SELF" => "'self'",
        "STRICT_DYNAMIC" => "'strict-dynamic'",
        "UNSAFE_EVAL" => "'unsafe-eval'",
        "UNSAFE_HASHES" => "'unsafe-hashes'",
        "UNSAFE_INLINE" => "'unsafe-inline'",
        "WASM_UNSAFE_EVAL" => "'wasm-unsafe-eval'",
        _ => return None,
    })
}

impl Facts {
    /// What the pinned django-csp reads, if it is not the setting that holds the policy: 4.0 exchanged one for the other.
    pub fn reads_instead(&self, policy: &Policy) -> Option<&'static str> {
        let package = self.project.dependencies.iter().find(|dependency| &*dependency.name == "django-csp")?;
        let version = Version::parse(package.version.as_deref()?)?;
        match (version.at_least(4, 0), policy.setting.starts_with("CSP_"), policy.setting.starts_with("CONTENT_")) {
            (true, true, _) => Some("CONTENT_SECURITY_POLICY"),
            (false, _, true) => Some("settings of the form CSP_SCRIPT_SRC"),
            _ => None,
        }
    }

    /// Every non-empty policy of the settings that this version of Django, or django-csp, understands, whether or not
    /// the middleware that sends it is installed.
    pub fn policies(&self) -> Vec<Policy> {
        let mut policies = Vec::new();
        if self.django.version.at_least(6, 0) {
            for (name, enforced) in [("SECURE_CSP", true), ("SECURE_CSP_REPORT_ONLY", false)] {
                let setting = self.setting(name);
                policies.extend(Policy::read(name, enforced, &setting.value, setting.region(), DJANGO));
            }
        }
        let before = policies.len();
        for (name, enforced) in [("CONTENT_SECURITY_POLICY", true), ("CONTENT_SECURITY_POLICY_REPORT_ONLY", false)] {
            let setting = self.setting(name);
            if let Lookup::Found(directives) = setting.value.get("DIRECTIVES") {
                policies.extend(Policy::read(name, enforced, directives, setting.region(), DJANGO_CSP).map(with_default));
            }
        }
        if policies.len() == before {
            policies.extend(self.flat_policy());
        }
        policies
    }

    /// The policy in django-csp's settings before its version 4.0: one setting for each directive.
    fn flat_policy(&self) -> Option<Policy> {
        let mut policy = Policy {
            setting: "".into(),
            enforced: !self.truth("CSP_REPORT_ONLY").is_yes(),
            directives: Vec::new(),
            rest: None,
            at: None,
            middleware: DJANGO_CSP,
        };
        for (name, setting) in &self.settings.explicit {
            let Some(directive) = name.strip_prefix("CSP_").filter(|rest| FLAT.contains(rest)) else { continue };
            let Some(mut directive) = Directive::read(&directive.replace('_', "-").to_lowercase(), name, &setting.value) else {
                continue;
            };
            if self.lists("CSP_INCLUDE_NONCE_IN", &directive.name).is_yes() {
                directive.sources.push(NONCE.into());
            }
            directive.at = setting.origin.last().copied();
            if policy.directives.is_empty() {
                policy.setting = name.clone();
                policy.at = directive.at;
            }
            policy.directives.push(directive);
        }
        if let Some(scripts) = policy.scripts().cloned() {
            (policy.setting, policy.at) = (scripts.setting, scripts.at);
        }
        (!policy.directives.is_empty()).then(|| with_default(policy))
    }

    /// Whether an enforced policy that is certainly sent says who may frame the pages.
    pub fn frame_ancestors(&self) -> Truth {
        Truth::from(self.framed_by().iter().any(|directive| !directive.has("*")))
    }

    /// What enforced policies that are certainly sent say of who may frame the pages.
    pub fn framed_by(&self) -> Vec<Directive> {
        let sent = |policy: &Policy| policy.enforced && self.has_middleware(policy.middleware).is_yes();
        self.policies()
            .iter()
            .filter(|policy| sent(policy))
            .filter_map(|policy| policy.directive("frame-ancestors").cloned())
            .collect()
    }
}

impl Policy {
    fn read(name: &str, enforced: bool, value: &Value, at: Option<Region>, middleware: &'static str) -> Option<Self> {
        let entries = value.entries().filter(|entries| !entries.is_empty())?;
        let mut policy = Self { setting: name.into(), enforced, directives: Vec::new(), rest: None, at, middleware };
        for entry in entries {
            match entry {
                crate::Entry::One(key, value) => match key.as_str() {
                    Some(key) => policy.directives.extend(Directive::read(key, name, value)),
                    None => policy.rest = key.as_unknown(),
                },
                crate::Entry::Perhaps(_, _, condition) => {
                    policy.rest = Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at));
                }
                crate::Entry::Many(why) => policy.rest = Some(why.clone()),
            }
        }
        Some(policy)
    }
}

/// django-csp sends `default-src 'self'` where nothing else is said.
fn with_default(mut policy: Policy) -> Policy {
    if policy.rest.is_none() && policy.directive("default-src").is_none() {
        let sources = vec!["'self'".into()];
        policy.directives.push(Directive {
            name: "default-src".into(),
            setting: policy.setting.clone(),
            sources,
            rest: None,
            at: policy.at,
        });
    }
    policy
}

/// The directives that django-csp before 4.0 has a setting for, without `CSP_`.
const FLAT: [&str; 20] = [
    "DEFAULT_SRC",
    "SCRIPT_SRC",
    "SCRIPT_SRC_ATTR",
    "SCRIPT_SRC_ELEM",
    "STYLE_SRC",
    "STYLE_SRC_ATTR",
    "STYLE_SRC_ELEM",
    "IMG_SRC",
    "OBJECT_SRC",
    "MEDIA_SRC",
    "FRAME_SRC",
    "FONT_SRC",
    "CONNECT_SRC",
    "CHILD_SRC",
    "MANIFEST_SRC",
    "WORKER_SRC",
    "BASE_URI",
    "FORM_ACTION",
    "FRAME_ANCESTORS",
    "SANDBOX",
];
