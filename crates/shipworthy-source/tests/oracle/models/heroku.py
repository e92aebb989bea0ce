"""Settings that django-heroku changes last."""


def make(sheet):
    sheet.head.append("import os\nimport django_heroku")
    if sheet.chance(0.9):
        sheet.add(sheet.pick("BASE_DIR = os.path.dirname(os.path.abspath(__file__))", "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent"))
    if sheet.chance(0.9):
        sheet.add(sheet.pick("MIDDLEWARE = ['a', 'b']", "MIDDLEWARE = ()", "MIDDLEWARE_CLASSES = ['old']", "MIDDLEWARE = ['a']\nMIDDLEWARE_CLASSES = ('old',)"))
    for line in ["SECRET_KEY = 'x'", "ALLOWED_HOSTS = ['a']", "DATABASES = {'default': {'ENGINE': 'e'}, 'other': {}}", "TEST_RUNNER = 't'", "STATIC_URL = 's/'", "LOGGING = {}", "DATABASES = {}"]:
        if sheet.chance(0.4):
            sheet.add(line)
    sheet.variable("database", name="DATABASE_URL")
    sheet.variable("text", name="SECRET_KEY")
    if sheet.chance(0.3):
        sheet.variable("bool", name="CI")
    if sheet.chance(0.2):
        sheet.variable("database", name="HEROKU_POSTGRESQL_BLUE_URL")
    options = [f"{name}={sheet.pick('True', 'False', 'False', '0')}" for name in ["databases", "test_runner", "staticfiles", "allowed_hosts", "logging", "secret_key", "db_colors"] if sheet.chance(0.2)]
    scope = sheet.pick("locals()", "globals()", "vars()")
    call = f"django_heroku.settings({', '.join([scope, *options])})"
    sheet.add(call if sheet.bare else f"try:\n    {call}\nexcept Exception as error:\n    X = type(error).__name__")
    if sheet.chance(0.6):
        # A dictionary that holds itself has no JSON.
        sheet.add("if 'TEST' in (globals().get('DATABASES', {}).get('default') or {}):\n    del DATABASES['default']['TEST']\n    TESTED = True")
    else:
        sheet.env.pop("CI", None)
    if sheet.chance(0.3):
        sheet.add("if DATABASES.get('default'):\n    DATABASES['default'].get('OPTIONS', {}).pop('sslmode', None)" if "databases" not in call and sheet.chance(0.5) else "AFTER = globals().get('ALLOWED_HOSTS')")
