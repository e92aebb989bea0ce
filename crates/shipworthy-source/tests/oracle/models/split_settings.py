"""Settings that django-split-settings puts together: files, optional ones, patterns, files that include others."""

import posixpath

FILES = ["components/base.py", "components/apps.py", "components/nested/deep.py", "environments/prod.py", "environments/dev.py", "local.py", "extra/more.py"]


def make(sheet):
    there = sheet.rng.sample(FILES, sheet.rng.randint(1, len(FILES)))
    names = ["A", "B", "C", "D"]
    sheet.head.append("import os")
    sheet.head.append("from split_settings.tools import include, optional" if sheet.chance(0.8) else "import split_settings.tools\nfrom split_settings import tools\ninclude, optional = tools.include, tools.optional")
    sheet.add("A = 1\nB = ['b']\nC = 'c'\nD = {'d': 1}")
    mode = repr(sheet.variable("word"))
    for path in there:
        body = []
        for _ in range(sheet.rng.randint(1, 4)):
            name = sheet.rng.choice(names)
            body.append(
                sheet.weighted(
                    (3, f"{name} = {sheet.rng.choice(['5', repr(sheet.text('text')), '[1]', '{}', 'A', 'B'])}"),
                    (2, "B += [__file__.rsplit('/', 1)[-1]]"),
                    (1, "B = B + [__name__]"),
                    (1, f"E = os.environ.get({sheet.variable('text')!r}, 'none')"),
                    (1, "D['x'] = A"),
                    (1, "try:\n    F\nexcept NameError:\n    F = 1\nelse:\n    F += 1"),
                    (1, "F = 1"),
                    (1, "from settings_helper import *"),
                    (1, "raise ValueError('no')" if sheet.chance(0.1) else "H = dir().count('A')"),
                    (2, include(sheet, path, there, mode)),
                )
            )
        sheet.files[path] = "\n".join(body) + "\n"
    sheet.files["settings_helper.py"] = "HELP = 5\n"
    for _ in range(sheet.rng.randint(1, 3)):
        statement = include(sheet, "settings.py", there, mode)
        if sheet.bare:
            sheet.add(statement)
        else:
            sheet.add(f"try:\n    {statement}\nexcept Exception as error:\n    X{len(sheet.lines)} = type(error).__name__")
    sheet.add("LAST = A, B, C")


def include(sheet, here, there, mode):
    relative = lambda path: posixpath.relpath(path, posixpath.dirname(here) or ".")
    parts = []
    for _ in range(sheet.rng.randint(1, 3)):
        path = relative(sheet.rng.choice(there if sheet.chance(0.8) else FILES))
        parts.append(
            sheet.weighted(
                (5, repr(path)),
                (3, f"optional({path!r})"),
                (1, "optional(None)"),
                (2, f"optional({relative('environments')!r} + '/' + os.environ.get({mode}, 'prod') + '.py')"),
                (2, repr(relative("components/b*.py"))),
                (1, repr(relative("environments/[pq]rod.py"))),
                (1, repr(relative("local.p?"))),
                (1, f"optional({relative('*/none*.py')!r})"),
                (1, repr("nope.py")),
                (1, f"os.path.join(os.path.dirname(__file__), {path!r})"),
                (1, f"optional(os.environ.get({mode}))"),
            )
        )
    if sheet.chance(0.2):
        parts.append("scope=globals()")
    return f"include({', '.join(parts)})"
