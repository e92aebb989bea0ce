

"""The second half: loads a Django project and tells what Django sees. Writes nothing but its answer.

`shipworthy check --runtime` runs both halves with `python -B -c`, its orders as JSON in the first argument. Each line of the answer
is the order's `mark`, a blank and a JSON object; later lines add to earlier ones, so that a project that ends or hangs the process
takes only what would have come after.
"""

# Packages of tools for developers that have addresses of their own.
TOOLS = {"debug_toolbar", "silk", "django_browser_reload", "kolo", "livereload"}


class Answer:
    """The private way out: a copy of standard output, made before the project can print anything."""

    def __init__(self, mark):
        self.start = (mark + " ").encode()
        self.owner = os.getpid()
        self.channel = os.dup(1)
        sink = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(sink, descriptor)
        # Whatever the project imports may replace what it finds.
        self.dumps, self.write, self.pid = json.dumps, os.write, os.getpid

    def tell(self, **part):
        if self.pid() != self.owner:
            os._exit(0)  # a copy of this process, made by the project, has nothing to tell
        data = self.start + self.dumps(part).encode() + b"\n"
        while data:
            data = data[self.write(self.channel, data) :]


def view_name(callback):
    """The dotted name of a view, behind partials and decorators."""
    for _ in range(20):
        if isinstance(callback, functools.partial):
            callback = callback.func
        elif getattr(callback, "view_class", None) is not None:
            callback = callback.view_class
        elif getattr(callback, "__wrapped__", None) is not None:
            callback = callback.__wrapped__
        else:
            break
    return dotted(callback)


# Exceptions whose words name things and quote no values.
NAMING = ("ImproperlyConfigured", "ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "UndefinedValueError")


def describe(stage, error, root):
    """What was raised, where in the project, and its words as far as they quote nothing."""
    chain, frames, place = error, [], None
    while chain is not None and place is None:
        frames = project_frames(chain, root)
        if isinstance(chain, SyntaxError) and chain.filename and is_own(chain.filename, root):
            frames.append((chain.filename, chain.lineno or 1, None))
        place = frames[-1] if frames else None
        chain = chain.__cause__ or chain.__context__
    tagger = Tagger()
    for _, _, frame in frames:
        for name, value in [] if frame is None else [*frame.f_globals.items(), *frame.f_locals.items()]:
            if isinstance(value, (str, list, dict, tuple)) and not name.startswith("__"):
                tagger.value(value, privacy(name))
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if isinstance(error, SyntaxError):
        words = error.msg
    elif isinstance(error, KeyError):
        key = error.args[0] if error.args else ""
        words = repr(key) if isinstance(key, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,60}", key) else ""
    else:
        try:
            words = str(error)
        except Exception:
            words = ""
        if not any(kind in NAMING for kind in kinds):
            words = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "'" + MASK + "'", words)
    told = {"stage": stage, "exception": type(error).__name__, "kinds": kinds[:-2], "message": scrub(words, 300)}
    if isinstance(error, ImportError) and isinstance(error.name, str):
        told["module"] = scrub(error.name)
    if place is not None:
        told.update(path=os.path.abspath(place[0]), line=place[1])
    return told


def is_own(path, root):
    """Whether a file belongs to the project: not to the interpreter, nor to what is installed."""
    path = os.path.abspath(path)
    installed = "site-packages" in path or "dist-packages" in path or path.startswith(sysconfig.get_path("stdlib"))
    return not installed and path.startswith(root.rstrip(os.sep) + os.sep) and os.path.isfile(path)


def project_frames(error, root):
    frames, trace = [], error.__traceback__
    while trace is not None:
        if is_own(trace.tb_frame.f_code.co_filename, root):
            frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace.tb_frame))
        trace = trace.tb_next
    return frames


class Reached(BaseException):
    """`manage.py` has come to where it hands over to Django."""


def prepare(path):
    """Runs what `manage.py` does before it hands over: environment files, `sys.path`, patches."""
    from django.core import management

    def reached(*_, **__):
        raise Reached

    saved = management.execute_from_command_line, management.ManagementUtility.execute
    management.execute_from_command_line = management.ManagementUtility.execute = reached
    sys.argv = [path, "check", "--deploy"]
    try:
        runpy.run_path(path, run_name="__main__")
    except Reached:
        pass
    finally:
        management.execute_from_command_line, management.ManagementUtility.execute = saved


def load(module):
    """Loads the settings, of this module whatever has been loaded before."""
    from django.conf import settings
    from django.utils.functional import empty

    os.environ["DJANGO_SETTINGS_MODULE"] = module
    if settings.configured and getattr(settings, "SETTINGS_MODULE", module) != module:
        settings._wrapped = empty
    if os.environ.get("DJANGO_CONFIGURATION"):
        import configurations

        configurations.setup()
    settings.INSTALLED_APPS


def explicit():
    """What the module sets, as Django sees it: tagged."""
    from django.conf import settings

    wrapped = settings._wrapped
    names = set(getattr(wrapped, "_explicit_settings", ())) or {name for name in dir(wrapped) if name.isupper()}
    found = {}
    names = sorted(name for name in names if isinstance(name, str) and name.isupper())
    # Once to know every credential, and once more for those that stand in another place too.
    for name, tagger in [(name, tagger) for tagger in (Tagger(), Tagger()) for name in names]:
        try:
            value = vars(wrapped)[name] if name in vars(wrapped) else getattr(wrapped, name)
            found[name] = tagger.value(value, privacy(name))
        except Exception:
            found[name] = {"$unknown": "reading it raises an exception"}
    return found


def messages(root, database):
    """What Django's checks and those of the applications say with `--deploy`; and the checks that raise."""
    from django.core.checks import Tags, registry

    told, broken = [], []
    for check in registry.registry.get_checks(include_deployment_checks=True):
        if Tags.database in check.tags and not database:
            continue
        try:
            for message in check(app_configs=None, databases=["default"] if database else None):
                told.append(
                    {
                        "id": message.id if re.fullmatch(r"[\w.-]{1,60}", message.id or "") else "",
                        "level": int(message.level),
                        "obj": None if message.obj is None else scrub(object_name(message.obj), 200),
                        "text": scrub(str(message.msg)),
                        "silenced": bool(message.is_silenced()),
                    }
                )
        except BaseException as error:
            broken.append(dict(describe("checks", error, root), check=dotted(check)))
    return told, broken


def object_name(found):
    """As Django names it in its own output."""
    if isinstance(found, type) and hasattr(found, "_meta"):
        return found._meta.label
    try:
        return str(found)
    except Exception:
        return dotted(found)


def addresses(root):
    """Where the admin is, which views are for developers, which error views there are."""
    from django.conf import settings
    from django.shortcuts import resolve_url
    from django.urls import NoReverseMatch, Resolver404, URLPattern, get_resolver, resolve

    def written(pattern, file):
        own = scrub(str(pattern.pattern), 200)
        return {"file": file, "own": own} if file and is_own(file, root) else {}

    resolver = get_resolver()
    views, admin, pending, seen = [], [], [(resolver, "", 0, None)], 0
    while pending:
        parent, prefix, depth, file = pending.pop()
        # What is included as a list is written where it is included.
        file = getattr(parent.urlconf_module, "__file__", None) or file
        for pattern in parent.url_patterns:
            seen += 1
            if seen > 50000:
                break
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                name, arguments = view_name(pattern.callback), pattern.default_args or {}
                if name in ("django.views.static.serve", "django.contrib.staticfiles.views.serve") or name.split(".")[0] in TOOLS:
                    indexes = bool(arguments.get("show_indexes"))
                    views.append({"route": scrub(route, 200), "view": name, "indexes": indexes, **written(pattern, file)})
            elif depth < 20:
                if getattr(pattern, "app_name", None) == "admin":
                    admin.append({"route": scrub(route, 200), **written(pattern, file)})
                pending.append((pattern, route, depth + 1, file))
    urlconf = resolver.urlconf_module
    handlers = {str(code): str(getattr(urlconf, "handler%d" % code, None) or "") for code in (400, 403, 404, 500)}
    login = {"path": None, "problem": None}
    try:
        path = resolve_url(settings.LOGIN_URL)
        login["path"] = scrub(path, 200)
        if path.startswith("/") and not path.startswith("//"):
            path = path.partition("?")[0]
            try:
                resolve(path)
            except Resolver404:
                if not settings.APPEND_SLASH or path.endswith("/"):
                    raise
                resolve(path + "/")
    except NoReverseMatch:
        login["problem"] = "no-name"
    except Resolver404:
        login["problem"] = "no-route"
    views.sort(key=lambda view: (view["view"], len(view["route"])))
    handlers = {code: scrub(name) for code, name in handlers.items() if name}
    return {"admin": sorted(admin, key=lambda place: place["route"]), "views": views[:200], "handlers": handlers, "login": login, "count": seen}


def templates(root):
    """Which file Django takes for each error page; None where it finds none."""
    from django.template import TemplateDoesNotExist
    from django.template.loader import get_template

    found = {}
    for name in ("400.html", "403.html", "404.html", "500.html"):
        try:
            origin = getattr(get_template(name), "origin", None)
            found[name] = {"path": plain(str(getattr(origin, "name", "") or ""))}
        except TemplateDoesNotExist:
            found[name] = None
        except Exception as error:
            found[name] = {"path": "", "failure": describe("templates", error, root)}
    return found


def middleware(root):
    """Which middleware loads, and which does not want to be used."""
    from django.conf import settings
    from django.core.exceptions import MiddlewareNotUsed
    from django.http import HttpResponse
    from django.utils.module_loading import import_string

    def answer(request):
        return HttpResponse()

    told = []
    for path in settings.MIDDLEWARE:
        one = {"path": scrub(path, 200), "state": "loaded"}
        try:
            if import_string(path)(answer) is None:
                one["state"] = "failed"
        except MiddlewareNotUsed:
            one["state"] = "unused"
        except BaseException as error:
            one.update(state="failed", failure=describe("middleware", error, root))
        told.append(one)
    return told


def is_there():
    """Whether the default database can be opened without making it: SQLite would write an empty file."""
    from django.db import connections

    name = str(connections["default"].settings_dict.get("NAME"))
    return connections["default"].vendor != "sqlite" or ":" in name or os.path.exists(name)


def migrations():
    """Migrations that the default database has not seen."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    if not is_there():
        raise FileNotFoundError("the file of the database is not there")
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {"pending": [[step.app_label, step.name] for step, backwards in plan if not backwards]}


def packages():
    """Every installed distribution and its version."""
    from importlib import metadata

    found = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if isinstance(name, str):
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), str(distribution.version))
    return found


def main(orders):
    answer = Answer(orders["mark"])
    # Ends the process whatever it does, also when nobody is left to end it.
    faulthandler.dump_traceback_later(orders["limit"] + 2, exit=True, file=1)
    root, module = orders["root"], orders["module"]
    for name, text in os.environ.items():
        if is_hidden(text, privacy(name)):
            hide(text)
    answer.tell(stage="django", python="%d.%d.%d" % sys.version_info[:3], prefix=sys.prefix)
    sys.path[:0] = [os.getcwd()] + [folder for folder in orders["search_path"] if folder != os.getcwd()]

    def attempt(stage, work, needed=False):
        answer.tell(stage=stage)
        try:
            work()
            return True
        except BaseException as error:
            told = describe(stage, error, root)
            answer.tell(**({"failure": told} if needed else {"troubles": [told]}))
            return False

    def versions():
        import django

        answer.tell(django=django.get_version())

    def checked():
        told, broken = messages(root, orders["migrations"] and is_there())
        answer.tell(messages=told, troubles=broken)

    if attempt("django", versions, needed=True):
        attempt("packages", lambda: answer.tell(packages=packages()))
        if orders["manage"]:
            attempt("manage", lambda: prepare(orders["manage"]))
        # The arguments of a server, which are none of the words that settings look for.
        sys.argv = ["shipworthy"]
        if attempt("settings", lambda: load(module), needed=True):
            answer.tell(module=module, settings=explicit())
            if attempt("setup", lambda: __import__("django").setup(), needed=True):
                answer.tell(settings=explicit())
                attempt("checks", checked)
                attempt("urls", lambda: answer.tell(urls=addresses(root)))
                attempt("templates", lambda: answer.tell(templates=templates(root)))
                attempt("middleware", lambda: answer.tell(middleware=middleware(root)))
                if orders["migrations"]:
                    attempt("migrations", lambda: answer.tell(migrations=migrations()))
    answer.tell(stage="end")
    # Threads and exit handlers of the project are not waited for.
    os._exit(0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
