"""Settings with dj-email-url, django-cache-url and dj-database-url."""

MODULES = {"dj_email_url": ("email", "EMAIL_URL"), "django_cache_url": ("cache", "CACHE_URL"), "dj_database_url": ("database", "DATABASE_URL")}


def make(sheet):
    chosen = sheet.rng.sample(sorted(MODULES), sheet.rng.randint(1, 3))
    for module in chosen:
        sheet.head.append(f"import {module}")
    for _ in range(sheet.rng.randint(2, 8)):
        module = sheet.rng.choice(chosen)
        kind, usual = MODULES[module]
        sheet.variable(kind, name=usual)
        default = repr(sheet.text(kind)) if sheet.chance(0.8) else "None"
        other = repr(sheet.variable(kind))
        options = ""
        if module == "dj_database_url" and sheet.chance(0.5):
            options = sheet.pick(", conn_max_age=600", ", ssl_require=True", ", conn_health_checks=True", ", engine='my.engine'", ", disable_server_side_cursors=True", ", conn_max_age=None", ", test_options={'NAME': 't'}")
        sheet.value(
            sheet.weighted(
                (2, f"{module}.config({options[2:]})"),
                (3, f"{module}.config(default={default}{options})"),
                (2, f"{module}.config({other}{', ' + default if module != 'dj_database_url' or sheet.chance(0.9) else ''}{options})"),
                (1, f"{module}.config(env={other}, default={default}{options})"),
                (3, f"{module}.parse({sheet.text(kind)!r}{options})"),
                (1, f"{module}.config({module}.DEFAULT_ENV)"),
            )
        )
    if "dj_email_url" in chosen and sheet.chance(0.4):
        sheet.add(sheet.pick("mail = dj_email_url.config(default='smtp://u:p@mail?tls=1')\nvars().update(mail)", "globals().update(dj_email_url.config(default='console:'))"))
