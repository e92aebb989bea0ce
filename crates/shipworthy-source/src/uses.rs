//! Reads Python for what it makes use of: word by word, without understanding more than the words around.

use std::sync::Arc;

use shipworthy_model::{Stage, Use, Uses};

/// Files that only start what other code is.
const ENTRY_POINTS: [&str; 3] = ["manage.py", "wsgi.py", "asgi.py"];

/// Looks through the code of a project: paths and texts of its modules, but for those of its settings.
/// Tests and migrations are passed over: they show what is tried, and what once was.
pub fn uses<'t>(modules: impl IntoIterator<Item = (&'t str, String)>) -> Uses {
    let mut together = Uses::default();
    for (path, text) in modules.into_iter().filter(|(path, _)| is_code(path)) {
        together.add(&uses_of(path, &text));
    }
    together
}

/// What one module makes use of.
fn uses_of(path: &str, text: &str) -> Uses {
    let mut uses = Uses::default();
    uses.seen = !ENTRY_POINTS.iter().any(|name| path.rsplit('/').next() == Some(name));
    uses.settings = settings_read(text).map(Arc::from).collect();
    for (route, guard) in routes(text) {
        let known = uses.routes.entry(route.into()).or_insert_with(|| guard.map(Arc::from));
        if guard.is_none() {
            *known = None;
        }
    }
    // A class that is called a model may be one of anything, in a file that tells of nothing else.
    let mut named = false;
    for (at, word) in words(text) {
        if word.ends_with("Model") && line(text, at).starts_with("class ") {
            named = true;
        } else if let Some(found) = of_word(path, text, at, word) {
            uses.found.entry(found).or_insert_with(|| Arc::from(path));
        }
    }
    if named && !uses.found.contains_key(&Use::Models) && tells(text) {
        uses.found.insert(Use::Models, Arc::from(path));
    }
    uses
}

/// The names in capitals that a text takes from a module of settings: `settings.NAME`, `getattr(settings, "NAME")`,
/// `from shop.settings import NAME`.
fn settings_read(text: &str) -> impl Iterator<Item = &str> {
    const WORD: &str = "settings";
    text.match_indices(WORD).flat_map(|(at, _)| {
        let rest = &text[at + WORD.len()..];
        let imported = rest.trim_start_matches([' ', '\t']).strip_prefix("import ");
        let named = rest.strip_prefix('.').or_else(|| rest.strip_prefix(',')?.trim_start().strip_prefix(['"', '\'']));
        let list = imported.map(|list| match list.trim_start().strip_prefix('(') {
            Some(list) => list.split(')').next().unwrap_or_default(),
            None => list.lines().next().unwrap_or_default(),
        });
        let is_part = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
        let several = list.unwrap_or_default().split(move |letter| !is_part(letter));
        let one = named.map(|rest| &rest[..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())]);
        let is_setting = |name: &&str| name.len() > 1 && name.starts_with(|letter: char| letter.is_ascii_uppercase());
        several.chain(one).filter(is_setting)
    })
}

/// The applications whose URLs a text includes, `include("shop.urls")` and `admin.site.urls`, and the setting behind which
/// it does so.
fn routes(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    text.match_indices(".urls").filter_map(|(at, found)| {
        let behind = text[at + found.len()..].chars().next();
        if behind.is_some_and(|letter| letter == '_' || letter.is_alphanumeric()) {
            return None;
        }
        let is_part = |letter: char| letter == '_' || letter == '.' || letter.is_ascii_alphanumeric();
        let start = text[..at].rfind(|letter| !is_part(letter)).map_or(0, |last| last + 1);
        let name = &text[start..at];
        let quoted = text[..start].ends_with(['"', '\'']);
        let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line = line(text, at).trim_start();
        // A comment, or the list of examples that Django writes into every module of URLs.
        if line.starts_with('#') || line.starts_with(|letter: char| letter.is_ascii_digit()) {
            return None;
        }
        let route = match name {
            _ if name.ends_with("admin_site") || name.rsplit('.').next() == Some("site") => "admin",
            _ if quoted && !name.is_empty() => name,
            _ => return None,
        };
        Some((route, guard(text, line_start)))
    })
}

/// The setting without which the `if` around a line does not let it run.
fn guard(text: &str, line_start: usize) -> Option<&str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut depth = indent(line(text, line_start));
    let mut end = line_start;
    while end > 0 && depth > 0 {
        let start = text[..end - 1].rfind('\n').map_or(0, |at| at + 1);
        let line = &text[start..end - 1];
        end = start;
        if line.trim().is_empty() || indent(line) >= depth {
            continue;
        }
        depth = indent(line);
        if let Some(asked) = line.trim().strip_prefix("if settings.") {
            let length = asked.find(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric()).unwrap_or(asked.len());
            // What is asked besides can only keep more from it.
            let rest = &asked[length..];
            let alone = rest == ":" || rest.starts_with(" and ") && !rest.contains(" or ");
            return alone.then_some(&asked[..length]);
        }
    }
    None
}

/// Whether a file has a part of any name that tells of a use.
fn tells(text: &str) -> bool {
    const PARTS: [&str; 17] = [
        "storage",
        "filefield",
        "imagefield",
        "media_root",
        "get_connection",
        "email_",
        "channel",
        "consumer",
        "select2",
        "password",
        "usercreationform",
        "auth.urls",
        "account.urls",
        "djoser.urls",
        "models.model",
        "model)",
        "abstract",
    ];
    let lower = text.to_ascii_lowercase();
    PARTS.iter().any(|part| lower.contains(part))
}

/// Whether a file's code is a part of the running project, by its path.
pub fn is_code(path: &str) -> bool {
    path.strip_suffix(".py").is_some() && !Stage::is_test(path) && !path.split('/').any(|part| part == "migrations")
}

fn of_word(path: &str, text: &str, at: usize, word: &str) -> Option<Use> {
    match word {
        "default_storage" | "DefaultStorage" | "get_storage_class" => Some(Use::Files),
        "storages" if line(text, at).contains("files.storage") => Some(Use::Files),
        _ if word.ends_with("FileField") || word.ends_with("ImageField") => is_stored(text, at, word).then_some(Use::Files),
        // What Django's `static()` shows of it is not kept by it.
        "MEDIA_ROOT" if line(text, at).contains("document_root") => None,
        "MEDIA_ROOT" | "FileSystemStorage" => Some(Use::MediaRoot),
        "get_connection" if arguments(text, at + word.len()).is_some_and(|inner| has_keyword(inner, "host")) => {
            Some(Use::MailServer)
        }
        "EMAIL_HOST" if is_asked(text, at) => Some(Use::MailSwitch),
        "EMAIL_HOST" | "EMAIL_BACKEND" if sends(path, text, at) => Some(Use::MailSettings),
        "get_channel_layer" | "channel_layer" | "AsyncConsumer" | "SyncConsumer" | "WebsocketConsumer" => Some(Use::Channels),
        "channels" if is_imported(text, at) => Some(Use::Channels),
        "HeavySelect2Mixin"
        | "HeavySelect2Widget"
        | "HeavySelect2MultipleWidget"
        | "HeavySelect2TagWidget"
        | "ModelSelect2Mixin"
        | "ModelSelect2Widget"
        | "ModelSelect2MultipleWidget"
        | "ModelSelect2TagWidget" => Some(Use::CachedWidgets),
        "django_select2" if text[at + word.len()..].starts_with(".urls") => Some(Use::CachedWidgets),
        "Model" if text[..at].ends_with("models.") => Some(Use::Models),
        "AbstractUser" | "AbstractBaseUser" => Some(Use::Models),
        "set_password"
        | "check_password"
        | "SetPasswordForm"
        | "PasswordChangeForm"
        | "PasswordResetForm"
        | "UserCreationForm"
        | "BaseUserCreationForm"
        | "PasswordChangeView"
        | "PasswordResetConfirmView" => Some(Use::Passwords),
        "urls"
            if ["django.contrib.auth.", "allauth.", "allauth.account.", "djoser.", "dj_rest_auth."]
                .iter()
                .any(|package| text[..at].ends_with(package)) =>
        {
            Some(Use::Passwords)
        }
        "Content" if text[at + word.len()..].starts_with("-Security-Policy") => Some(Use::PolicyHeader),
        "Strict" if sets_header(text, at, "Strict-Transport-Security") => Some(Use::HstsHeader),
        "DisallowedHost" if text[..at].ends_with("raise ") => Some(Use::HostCheck),
        "send_mail"
        | "send_mass_mail"
        | "mail_admins"
        | "mail_managers"
        | "email_user"
        | "EmailMessage"
        | "EmailMultiAlternatives" => Some(Use::Mail),
        "mail" if text[..at].ends_with("import django.core.") || text[..at].ends_with("from django.core import ") => {
            Some(Use::Mail)
        }
        "session" if text[..at].ends_with("request.") => Some(Use::Sessions),
        "SessionStore" | "SessionAuthentication" | "login_user" => Some(Use::Sessions),
        "login" if text[..at].ends_with("auth.") || is_of_auth(text, at) => Some(Use::Sessions),
        "LoginView" if text[..at].ends_with("auth_views.") || is_of_auth(text, at) => Some(Use::Sessions),
        "min_length" if line(text, at).trim_start().split(['=', ':']).next()?.contains("password") => Some(Use::PasswordRules),
        _ if word.len() > "password".len() && is_password_pattern(word) => Some(Use::PasswordRules),
        _ => None,
    }
}

/// The bytes that names are made of.
const IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte >= 0x80 || byte == b'_' as usize || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

/// The names of a text, each with its place; lines that are comments are left out.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| IN_NAMES[usize::from(byte)];
    let mut next = 0;
    // Whether only blanks stand between the start of the line and here.
    let mut fresh = true;
    std::iter::from_fn(move || {
        loop {
            let byte = *bytes.get(next)?;
            if is_part(byte) {
                break;
            }
            match byte {
                b'\n' => fresh = true,
                b' ' => {}
                b'#' if fresh => next += bytes[next..].iter().position(|byte| *byte == b'\n')? - 1,
                byte => fresh &= byte.is_ascii_whitespace() || byte == b'\x0b',
            }
            next += 1;
        }
        let start = next;
        next += bytes[start..].iter().take_while(|byte| is_part(**byte)).count();
        fresh = false;
        Some((start, &text[start..next]))
    })
}

/// The line around a place.
fn line(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    &text[start..end]
}

/// What stands between the parentheses that open at a place.
fn arguments(text: &str, at: usize) -> Option<&str> {
    let inner = text[at..].strip_prefix('(')?;
    let mut depth = 1;
    for (index, byte) in inner.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&inner[..index]);
        }
    }
    None
}

fn has_keyword(arguments: &str, name: &str) -> bool {
    arguments.split([',', '\n', '(']).any(|argument| {
        argument.trim_start().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('=') && !rest.contains("=="))
    })
}

/// Whether a name is that of a pattern for passwords: `PASSWORD_REGEX`.
fn is_password_pattern(word: &str) -> bool {
    let holds = |part: &str| word.as_bytes().windows(part.len()).any(|it| it.eq_ignore_ascii_case(part.as_bytes()));
    holds("password") && (holds("regex") || holds("pattern"))
}

/// Whether a field for files keeps them: those of forms and serializers only take them.
fn is_stored(text: &str, at: usize, word: &str) -> bool {
    let takes = |before: &str| ["forms.", "serializers."].iter().any(|module| before.ends_with(module));
    let made = format!("class {word}(");
    let is_own = text.find(&made).is_some_and(|start| {
        arguments(text, start + made.len() - 1)
            .is_some_and(|bases| ["forms.", "serializers."].iter().any(|module| bases.trim_start().starts_with(module)))
    });
    !takes(&text[..at]) && !is_own
}

/// Whether a condition asks for a setting that the module took from elsewhere: `if settings.EMAIL_HOST`, or by its name
/// where that was imported.
fn is_asked(text: &str, at: usize) -> bool {
    let line = line(text, at);
    let code = line.trim_start();
    let asks = ["if ", "elif ", "return bool("].iter().any(|start| code.starts_with(start)) || code.contains(" if ");
    let taken = text[..at].ends_with("settings.");
    let imported = || {
        text.lines()
            .any(|line| line.trim_start().starts_with("from ") && line.contains(" import ") && line.contains("EMAIL_HOST"))
    };
    asks && (taken || imported())
}

/// Whether the name of a header stands at a place as what something is set under: in an index, before a value.
fn sets_header(text: &str, at: usize, name: &str) -> bool {
    let before = &text[..at];
    let quoted = before.strip_suffix(['"', '\'']);
    let behind = text[at..].strip_prefix(name).and_then(|rest| rest.strip_prefix(['"', '\'']));
    let asked = quoted.is_some_and(|before| [".get(", "has_header(", " in "].iter().any(|ask| before.ends_with(ask)));
    let assigns = |rest: &str| rest.starts_with('=') && !rest.starts_with("==");
    let (Some(quoted), Some(behind)) = (quoted, behind.map(str::trim_start)) else { return false };
    let index = quoted.ends_with('[') && behind.strip_prefix(']').is_some_and(|rest| assigns(rest.trim_start()));
    !asked && (index || behind.starts_with(':') || (behind.starts_with(',') && quoted.ends_with('(')))
}

/// Whether a line of a settings module for something other than development gives mail a server, or a backend that is
/// not one for development.
fn sends(path: &str, text: &str, at: usize) -> bool {
    const KEPT: [&str; 5] = ["console", "dummy", "locmem", "filebased", "localhost"];
    let is_settings = path.contains("settings") && Stage::of(path) != Stage::Development;
    let line = line(text, at);
    let given = line.split_once('=').map(|(_, value)| value.trim());
    is_settings
        && line.starts_with("EMAIL_")
        && given
            .is_some_and(|value| !matches!(value, "" | "\"\"" | "''" | "None") && !KEPT.iter().any(|word| value.contains(word)))
}

/// Whether a name is one that is imported from `django.contrib.auth`, on the line of the import or in its parentheses.
fn is_of_auth(text: &str, at: usize) -> bool {
    let opened = text[..at].rfind('(').filter(|open| !text[*open..at].contains(')')).unwrap_or(at);
    let before = line(text, opened).trim_start();
    before.starts_with("from django.contrib.auth") && before.contains("import")
}

/// Whether a name stands as the package that an `import` is from.
fn is_imported(text: &str, at: usize) -> bool {
    let before = line(text, at)[..].trim_start();
    ["from channels", "import channels"]
        .iter()
        .any(|start| before.strip_prefix(start).is_some_and(|rest| rest.starts_with(['.', ' ']) || rest.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Vec<Use> {
        uses([(path, text.to_owned())]).found.into_keys().collect()
    }

    #[test]
    fn routes_are_read_with_their_guards() {
        let text = "\"\"\"\n    2. Add: path('blog/', include('blog.urls'))\n\"\"\"\nurlpatterns = [\n    path('', include('shop.api.urls')),\n    # path('', include('x.urls')),\n    path('', include(router.urls)),\n]\n\
                    if settings.ADMIN_ENABLED:\n    urlpatterns += [\n        path('admin/', admin.site.urls),\n    ]\n\
                    if settings.A and settings.B:\n    x = include('silk.urls')\n";
        let read = uses([("urls.py", text.to_owned())]).routes;
        let read: Vec<(&str, Option<&str>)> = read.iter().map(|(route, guard)| (&**route, guard.as_deref())).collect();
        assert_eq!(read, [("admin", Some("ADMIN_ENABLED")), ("shop.api", None), ("silk", Some("A"))]);
    }

    #[test]
    fn settings_are_read_by_name() {
        let text = "from shop.settings import (\n    A_ONE,\n    B_TWO as x,\n)\nfrom .settings import C_THREE, d\nsettings.D_FOUR\n\
                    getattr(settings, 'E_FIVE', 1)\nhasattr(settings, name)\nsettings.configure()\n";
        let read: Vec<String> = uses([("a.py", text.to_owned())]).settings.iter().map(ToString::to_string).collect();
        assert_eq!(read, ["A_ONE", "B_TWO", "C_THREE", "D_FOUR", "E_FIVE"]);
    }

    #[test]
    fn words_are_found_where_code_has_them() {
        assert_eq!(of("a.py", "class A:\n    x = models.ImageField()\n"), [Use::Files]);
        assert_eq!(of("a.py", "class OwnFileField(forms.FileField):\n    pass\nx = OwnFileField()\n"), []);
        assert_eq!(of("a.py", "# default_storage\nx = my_default_storage_\n"), []);
        assert_eq!(of("migrations/a.py", "x = models.ImageField()\n"), []);
        assert_eq!(of("a/test_mail.py", "get_connection(host=1)\n"), []);
        assert_eq!(of("a.py", "c = get_connection(\n    backend=x(1),\n    host=EMAIL_HOST,\n)\n"), [Use::MailServer]);
        assert_eq!(of("a.py", "c = get_connection(backend, x(hostname=1))\nhost=1\n"), []);
        assert_eq!(of("a.py", "from shop.settings import EMAIL_HOST\nif EMAIL_HOST != '':\n    pass\n"), [Use::MailSwitch]);
        assert_eq!(of("a.py", "if EMAIL_HOST:\n    pass\n"), []);
        assert_eq!(of("a.py", "from channels.db import x\n"), [Use::Channels]);
        assert_eq!(of("a.py", "channels = 1\n"), []);
        assert_eq!(of("shop/settings_live.py", "EMAIL_BACKEND = 'postmark.Backend'\n"), [Use::MailSettings]);
        assert_eq!(of("shop/settings_dev.py", "EMAIL_BACKEND = 'postmark.Backend'\n"), []);
        assert_eq!(of("shop/settings_live.py", "EMAIL_BACKEND = 'django.core.mail.backends.console.EmailBackend'\n"), []);
        assert_eq!(of("a.py", "class A(\n    models.Model,\n):\n"), [Use::Models]);
        assert_eq!(of("a.py", "class A(TimeStampedModel):\n"), [Use::Models]);
        assert_eq!(of("a.py", "x = make(AModel)\n"), []);
        assert_eq!(of("a.py", "    password = CharField(min_length=8)\n"), [Use::PasswordRules]);
        assert_eq!(of("a.py", "if not re.match(PASSWORD_REGEX, text):\n"), [Use::PasswordRules]);
        assert_eq!(of("urls.py", "path('', include('django.contrib.auth.urls'))\n"), [Use::Passwords]);
        assert_eq!(of("a.py", "from django.contrib.auth import (\n    login,\n)\n"), [Use::Sessions]);
        assert_eq!(of("a.py", "request.session['a'] = 1\n"), [Use::Sessions]);
        assert_eq!(of("a.py", "response['Content-Security-Policy'] = policy\n"), [Use::PolicyHeader]);
        assert_eq!(of("a.py", "response['Strict-Transport-Security'] = policy\n"), [Use::HstsHeader]);
        assert_eq!(of("a.py", "response.headers.setdefault('Strict-Transport-Security', policy)\n"), [Use::HstsHeader]);
        assert_eq!(of("a.py", "if response['Strict-Transport-Security'] == x or r.get('Strict-Transport-Security', 1):\n"), []);
        assert_eq!(of("a.py", "HEADERS = ['Strict-Transport-Security', 'X-Frame-Options']\n"), []);
        assert_eq!(of("a.py", "raise DisallowedHost(host)\n"), [Use::HostCheck]);
        assert_eq!(of("a.py", "except DisallowedHost:\n    send_mail(x)\n"), [Use::Mail]);
        assert_eq!(of("a.py", "x = self.session\nclient.login(name)\n"), []);
        assert_eq!(of("a.py", "from django.contrib.auth import get_user_model\n\ndef f(login):\n    pass\n"), []);
        assert_eq!(of("urls.py", "static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)\n"), []);
        assert!(!uses([("a/tests/b.py", String::new()), ("shop/asgi.py", String::new())]).seen);
        assert!(uses([("a/b.py", String::new())]).seen);
        let read =
            uses([("a.py", "x = settings.OWN_NAME.lower()\ny = getattr(settings, 'OTHER', 1)\nsettings.configure()\n".into())]);
        assert_eq!(read.settings.iter().map(|it| &**it).collect::<Vec<_>>(), ["OTHER", "OWN_NAME"]);
    }
}
