//! Which programs there are: what serves, what works, what saves data, and what only talks.

use shipworthy_model::picture::Text;

/// The last part of a path.
pub(super) fn base_name(word: &str) -> &str {
    if word == "." { word } else { word.rsplit('/').next().unwrap_or(word) }
}

/// Whether a command of `manage.py` ends on its own.
pub(crate) fn is_short(command: &str) -> bool {
    matches!(
        command,
        "migrate"
            | "makemigrations"
            | "collectstatic"
            | "compress"
            | "check"
            | "clearsessions"
            | "compilemessages"
            | "makemessages"
            | "createsuperuser"
            | "createcachetable"
            | "loaddata"
            | "dumpdata"
            | "flush"
            | "test"
            | "shell"
            | "dbshell"
            | "showmigrations"
            | "diffsettings"
            | "sendtestemail"
            | "dbbackup"
            | "mediabackup"
            | "update_index"
            | "rebuild_index"
            | "wait_for_db"
            | "wait_for_database"
            | "collectmedia"
            | "remove_stale_contenttypes"
            | "setup"
            | "init"
            | "seed"
            | "syncdb"
            | "sqlflush"
            | "inspectdb"
            | "startapp"
            | "startproject"
            | "tailwind"
            | "help"
            | "version"
            | "ensure_superuser"
            | "create_superuser"
            | "initadmin"
            | "changepassword"
            | "runscript"
            | "runjobs"
            | "runjob"
            | "reset_db"
            | "spectacular"
            | "graphql_schema"
            | "waitdb"
            | "crontab"
    )
}

/// Whether a command of `manage.py` runs until it is stopped.
pub(crate) fn stays(command: &str) -> bool {
    matches!(
        command,
        "celery"
            | "celeryd"
            | "celerybeat"
            | "rqworker"
            | "rqscheduler"
            | "qcluster"
            | "run_huey"
            | "rundramatiq"
            | "db_worker"
            | "process_tasks"
            | "runworker"
            | "runapscheduler"
            | "runmailer"
            | "livereload"
            | "procrastinate"
    )
}

/// Whether a word is a command of Django's own, which names a project's own `manage.py` under any name.
pub(super) fn is_django_command(word: &str) -> bool {
    matches!(
        word,
        "runserver"
            | "runserver_plus"
            | "runsslserver"
            | "migrate"
            | "collectstatic"
            | "clearsessions"
            | "createsuperuser"
            | "makemigrations"
    )
}

/// The tool that saves data, where the command does.
pub(super) fn backup(name: &str, words: &[Text]) -> Option<&'static str> {
    const TOOLS: [&str; 20] = [
        "pg_dump",
        "pg_dumpall",
        "pg_basebackup",
        "mysqldump",
        "mariadb-dump",
        "mariabackup",
        "xtrabackup",
        "wal-g",
        "pgbackrest",
        "barman",
        "restic",
        "borg",
        "borgmatic",
        "litestream",
        "duplicity",
        "rclone",
        "velero",
        "rdiff-backup",
        "walg",
        "sqlite3",
    ];
    let own = TOOLS.iter().find(|tool| **tool == name).copied();
    // `docker exec db pg_dump …`
    let inner = || {
        let carries = matches!(name, "docker" | "kubectl" | "podman" | "ssh" | "heroku" | "fly" | "flyctl");
        carries
            .then(|| words.iter().find_map(|word| TOOLS.iter().find(|tool| **tool == base_name(word.shown())).copied()))
            .flatten()
    };
    match own {
        Some("sqlite3") => words.iter().any(|word| word.shown().contains(".backup")).then_some("sqlite3"),
        Some("restic" | "borg") => {
            words.iter().any(|word| matches!(word.shown(), "backup" | "create")).then(|| own.unwrap_or_default())
        }
        own => own.or_else(inner).filter(|tool| *tool != "sqlite3"),
    }
}

/// Whether a program serves an application of Python.
pub(super) fn is_server(name: &str) -> bool {
    matches!(name, "gunicorn" | "uwsgi" | "uvicorn" | "daphne" | "granian" | "hypercorn" | "waitress-serve" | "mod_wsgi-express")
}

/// Whether a program is a web server or proxy.
pub(super) fn is_front_end(name: &str) -> bool {
    matches!(
        name,
        "nginx"
            | "nginx-debug"
            | "openresty"
            | "caddy"
            | "traefik"
            | "haproxy"
            | "apache2"
            | "apachectl"
            | "apache2ctl"
            | "apache2-foreground"
            | "httpd"
            | "httpd-foreground"
            | "envoy"
            | "varnishd"
            | "lighttpd"
    )
}

/// Whether a path is more likely a script than a program of the image.
pub(super) fn looks_like_a_script(path: &str) -> bool {
    let name = base_name(path);
    name.ends_with("sh")
        || ["entrypoint", "start", "run", "boot", "init"].iter().any(|word| name.contains(word))
        || path.starts_with("./")
}

/// Whether a command only talks, looks, or prepares files: what no process of a deployment is.
pub(super) fn is_chatter(name: &str) -> bool {
    matches!(
        name,
        "" | "["
            | "[["
            | "test"
            | "echo"
            | "printf"
            | "set"
            | ":"
            | "true"
            | "false"
            | "sleep"
            | "mkdir"
            | "rm"
            | "cp"
            | "mv"
            | "ln"
            | "chmod"
            | "chown"
            | "cat"
            | "touch"
            | "ls"
            | "pwd"
            | "exit"
            | "return"
            | "break"
            | "continue"
            | "trap"
            | "wait"
            | "nc"
            | "ncat"
            | "netcat"
            | "until"
            | "if"
            | "fi"
            | "then"
            | "else"
            | "do"
            | "done"
            | "sed"
            | "awk"
            | "grep"
            | "egrep"
            | "cut"
            | "tr"
            | "head"
            | "find"
            | "xargs"
            | "tee"
            | "which"
            | "type"
            | "id"
            | "whoami"
            | "hostname"
            | "date"
            | "umask"
            | "ulimit"
            | "read"
            | "eval"
            | "getopts"
            | "let"
            | "pushd"
            | "popd"
            | "alias"
            | "kill"
            | "pkill"
            | "pg_isready"
            | "psql"
            | "mysqladmin"
            | "curl"
            | "wget"
            | "apt-get"
            | "apt"
            | "apk"
            | "yum"
            | "dnf"
            | "pip"
            | "pip3"
            | "npm"
            | "yarn"
            | "pnpm"
            | "tar"
            | "unzip"
            | "gzip"
            | "git"
            | "rsync"
            | "addgroup"
            | "adduser"
            | "groupadd"
            | "useradd"
            | "usermod"
            | "groupmod"
            | "getent"
            | "stat"
            | "basename"
            | "dirname"
            | "realpath"
            | "readlink"
            | "sort"
            | "uniq"
            | "wc"
            | "seq"
            | "jq"
            | "openssl"
            | "update-ca-certificates"
            | "ldconfig"
            | "locale-gen"
            | "envsubst"
            | "shopt"
            | "hash"
            | "python_version"
            | "export"
            | "local"
            | "declare"
            | "compgen"
            | "mktemp"
            | "install"
            | "dpkg"
            | "apt-key"
            | "add-apt-repository"
    )
}
