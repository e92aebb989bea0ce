//! Constants and plain objects of packages that settings import: task queues, security headers, directories, monitoring.

use shipworthy_model::{Region, Why};

use super::Library;
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library = Library {
    roots: &[
        "celery",
        "corsheaders",
        "csp",
        "debug_toolbar",
        "django_auth_ldap",
        "kombu",
        "ldap",
        "rest_framework",
        "sentry_sdk",
        "storages",
        "whitenoise",
    ],
    call,
    attribute,
    methods: &[],
};

/// Classes whose objects stand in settings for what they are: where they are imported from, and where they live.
const OBJECTS: [(&str, &str); 26] = [
    ("celery.schedules.crontab", "celery.schedules.crontab"),
    ("celery.schedules.schedule", "celery.schedules.schedule"),
    ("celery.schedules.solar", "celery.schedules.solar"),
    ("kombu.Queue", "kombu.entity.Queue"),
    ("kombu.Exchange", "kombu.entity.Exchange"),
    ("kombu.entity.Queue", "kombu.entity.Queue"),
    ("kombu.entity.Exchange", "kombu.entity.Exchange"),
    ("kombu.common.Broadcast", "kombu.common.Broadcast"),
    ("django_auth_ldap.config.LDAPSearch", "django_auth_ldap.config.LDAPSearch"),
    ("django_auth_ldap.config.LDAPSearchUnion", "django_auth_ldap.config.LDAPSearchUnion"),
    ("django_auth_ldap.config.LDAPGroupQuery", "django_auth_ldap.config.LDAPGroupQuery"),
    ("django_auth_ldap.config.PosixGroupType", "django_auth_ldap.config.PosixGroupType"),
    ("django_auth_ldap.config.GroupOfNamesType", "django_auth_ldap.config.GroupOfNamesType"),
    ("django_auth_ldap.config.GroupOfUniqueNamesType", "django_auth_ldap.config.GroupOfUniqueNamesType"),
    ("django_auth_ldap.config.ActiveDirectoryGroupType", "django_auth_ldap.config.ActiveDirectoryGroupType"),
    ("django_auth_ldap.config.NestedGroupOfNamesType", "django_auth_ldap.config.NestedGroupOfNamesType"),
    ("django_auth_ldap.config.NestedGroupOfUniqueNamesType", "django_auth_ldap.config.NestedGroupOfUniqueNamesType"),
    ("django_auth_ldap.config.NestedActiveDirectoryGroupType", "django_auth_ldap.config.NestedActiveDirectoryGroupType"),
    ("django_auth_ldap.config.OrganizationalRoleGroupType", "django_auth_ldap.config.OrganizationalRoleGroupType"),
    ("django_auth_ldap.config.NestedOrganizationalRoleGroupType", "django_auth_ldap.config.NestedOrganizationalRoleGroupType"),
    ("csp.constants.Nonce", "csp.constants.Nonce"),
    ("environ.Path", "environ.environ.Path"),
    ("environ.Env", "environ.environ.Env"),
    ("environ.FileAwareEnv", "environ.environ.FileAwareEnv"),
    ("environs.Env", "environs.Env"),
    ("decouple.AutoConfig", "decouple.AutoConfig"),
];

/// The class that an object's dotted name is, where the object is as good as its class.
pub(super) fn class_of(interp: &Interp<'_>, object: &Val) -> Option<Val> {
    let Kind::Instance(id) = object.kind else { return None };
    let Cell::Instance(Val { kind: Kind::Extern(class), .. }, _) = interp.heap.cell(id) else { return None };
    let (_, home) = OBJECTS.iter().find(|(name, _)| *name == &**class)?;
    Some(Val { kind: Kind::Extern((*home).into()), ..object.clone() })
}

fn call(interp: &mut Interp<'_>, name: &str, _args: &Args, at: Region) -> Option<Res<Val>> {
    if OBJECTS.iter().any(|(known, _)| *known == name) {
        return Some(Ok(interp.native_instance(name, Vec::new())));
    }
    Some(match name {
        // They listen; nothing that settings hold changes.
        "sentry_sdk.init"
        | "sentry_sdk.set_tag"
        | "sentry_sdk.set_level"
        | "sentry_sdk.set_context"
        | "sentry_sdk.integrations.logging.ignore_logger"
        | "ldap.set_option"
        | "celery.signals.setup_logging.connect" => Ok(Val::none()),
        _ if name.starts_with("sentry_sdk.") => Ok(Val::unknown(Why::Call(name.into()), Some(at))),
        _ => return None,
    })
}

fn attribute(interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    let texts = |texts: &[&str]| Val::tuple(texts.iter().map(|text| Val::str(*text)).collect());
    if let Some(constant) = name.strip_prefix("csp.constants.") {
        return csp(interp, name, constant);
    }
    if let Some(constant) = name.strip_prefix("ldap.") {
        return ldap(constant).map(Val::int);
    }
    match name {
        "corsheaders.defaults.default_methods" => Some(texts(&["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"])),
        "corsheaders.defaults.default_headers" => {
            // Before 4.0 `accept-encoding`, `dnt` and `origin` were among them.
            let names = ["accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with"];
            Some(interp.assumed("django-cors-headers is 4.0 or later", texts(&names)))
        }
        _ => None,
    }
}

/// csp/constants.py of django-csp 4.0.
fn csp(interp: &mut Interp<'_>, name: &str, constant: &str) -> Option<Val> {
    Some(Val::str(match constant {
        "HEADER" => "Content-Security-Policy",
        "HEADER_REPORT_ONLY" => "Content-Security-Policy-Report-Only",
        "NONE" => "'none'",
        "REPORT_SAMPLE" => "'report-sample'",
        "SELF" => "'self'",
        "STRICT_DYNAMIC" => "'strict-dynamic'",
        "UNSAFE_ALLOW_REDIRECTS" => "'unsafe-allow-redirects'",
        "UNSAFE_EVAL" => "'unsafe-eval'",
        "UNSAFE_HASHES" => "'unsafe-hashes'",
        "UNSAFE_INLINE" => "'unsafe-inline'",
        "WASM_UNSAFE_EVAL" => "'wasm-unsafe-eval'",
        "NONCE" => {
            let nonce = interp.native_instance("csp.constants.Nonce", Vec::new());
            interp.patch(name, nonce.clone());
            return Some(nonce);
        }
        _ => return None,
    }))
}

/// `OpenLDAP`'s `ldap.h`, as python-ldap shows it.
fn ldap(constant: &str) -> Option<i128> {
    Some(match constant {
        "SCOPE_BASE" | "OPT_X_TLS_NEVER" => 0,
        "SCOPE_ONELEVEL" | "OPT_X_TLS_HARD" => 1,
        "SCOPE_SUBTREE" | "OPT_X_TLS_DEMAND" => 2,
        "OPT_X_TLS_ALLOW" => 3,
        "OPT_X_TLS_TRY" => 4,
        "OPT_REFERRALS" => 0x08,
        "OPT_DEBUG_LEVEL" => 0x5001,
        "OPT_TIMEOUT" => 0x5002,
        "OPT_NETWORK_TIMEOUT" => 0x5005,
        "OPT_X_TLS_CACERTFILE" => 0x6002,
        "OPT_X_TLS_CACERTDIR" => 0x6003,
        "OPT_X_TLS_CERTFILE" => 0x6004,
        "OPT_X_TLS_KEYFILE" => 0x6005,
        "OPT_X_TLS_REQUIRE_CERT" => 0x6006,
        "OPT_X_TLS_NEWCTX" => 0x600f,
        _ => return None,
    })
}
