//! Machines: systemd units and timers, supervisor's programs, crontabs.

use shipworthy_model::picture::{Command, Source, Text, Variable};
use shipworthy_model::{ArtifactId, Region};

use crate::ini::{self, Entry};
use crate::piece::Piece;
use crate::references::{self, Dialect, Look};
use crate::{shell, yaml};

/// A program that supervisor runs.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: Piece,
    pub(crate) at: Region,
    pub(crate) words: Vec<Text>,
    pub(crate) user: Option<Text>,
    pub(crate) folder: Option<Text>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) autostart: bool,
    /// Where its error output goes, if that is nowhere.
    pub(crate) discards: Option<Text>,
    pub(crate) stop_signal: Option<Text>,
}

/// The programs of a supervisor configuration.
pub(crate) fn programs(entries: &[Entry], given: &[Variable]) -> Vec<Program> {
    let mut programs: Vec<Program> = Vec::new();
    let look = |name: &str| match given.iter().find(|variable| &*variable.name == name) {
        Some(variable) => Look::Set(variable.value.clone()),
        None => Look::Open,
    };
    let expand = |piece: &Piece| references::expand(&piece.text, piece.at, Dialect::Supervisor, &look);
    let mut everywhere: Vec<Variable> = Vec::new();
    for entry in entries {
        let Some(value) = &entry.value else { continue };
        if matches!(&*entry.section.text, "supervisord") && &*entry.key.text == "environment" {
            everywhere.extend(environment(value, &look));
        }
        let Some(name) = entry.section.text.strip_prefix("program:") else { continue };
        let known = programs.iter().position(|program| &*program.name.text == name);
        let index = known.unwrap_or_else(|| {
            let skip = "program:".len();
            let name = entry.section.slice(skip..entry.section.text.len());
            programs.push(Program {
                at: name.at,
                name,
                words: Vec::new(),
                user: None,
                folder: None,
                variables: everywhere.clone(),
                autostart: true,
                discards: None,
                stop_signal: None,
            });
            programs.len() - 1
        });
        let program = &mut programs[index];
        match &*entry.key.text {
            "command" => {
                program.words = shell::words(value).iter().map(&expand).collect();
                program.at = value.at;
            }
            "user" => program.user = Some(expand(value)),
            "directory" => program.folder = Some(expand(value)),
            "environment" => Variable::overlay(&mut program.variables, environment(value, &look)),
            "stderr_logfile" if is_nowhere(&value.text) => program.discards = Some(expand(value)),
            // What goes to the same place shares its fate, whichever of the two lines stands first.
            "stdout_logfile" if is_nowhere(&value.text) && redirects(entries, &entry.section.text) => {
                program.discards = Some(expand(value));
            }
            "stopsignal" => program.stop_signal = Some(expand(value)),
            "autostart" => program.autostart = !value.text.eq_ignore_ascii_case("false"),
            _ => {}
        }
    }
    programs.retain(|program| !program.words.is_empty());
    programs
}

/// Whether a file of supervisor's keeps nothing.
fn is_nowhere(file: &str) -> bool {
    file == "/dev/null" || file.eq_ignore_ascii_case("none")
}

/// Whether a program sends its errors to where its output goes.
fn redirects(entries: &[Entry], section: &str) -> bool {
    let mut own = entries.iter().filter(|entry| &*entry.section.text == section && &*entry.key.text == "redirect_stderr");
    own.any(|entry| entry.value.as_ref().is_some_and(|value| value.text.eq_ignore_ascii_case("true")))
}

/// `A="1",B=2`
fn environment(value: &Piece, look: &dyn Fn(&str) -> Look) -> Vec<Variable> {
    let mut variables = Vec::new();
    let text = &value.text;
    let mut start = 0;
    let mut quote: Option<char> = None;
    let mut parts = Vec::new();
    for (index, character) in text.char_indices() {
        match (character, quote) {
            (',' | '\n', None) => {
                parts.push(start..index);
                start = index + 1;
            }
            ('"' | '\'', None) => quote = Some(character),
            (_, Some(open)) if character == open => quote = None,
            _ => {}
        }
    }
    parts.push(start..text.len());
    for part in parts {
        let part = value.slice(part).trim();
        if let Some((name, value)) = part.split_once('=') {
            let value = ini::unquoted(&value.trim());
            let value = references::expand(&value.text, value.at, Dialect::Supervisor, look);
            variables.push(Variable::new(name.trim().text, value, Source::Definition));
        }
    }
    variables
}

/// A unit of systemd.
#[derive(Debug, Default)]
pub(crate) struct Systemd {
    /// `ExecStart`
    pub(crate) start: Vec<Command>,
    /// `ExecStartPre`
    pub(crate) before: Vec<Command>,
    pub(crate) user: Option<Text>,
    pub(crate) folder: Option<Text>,
    pub(crate) variables: Vec<Variable>,
    /// `EnvironmentFile`, without the `-` that lets it be missing.
    pub(crate) env_files: Vec<Text>,
    pub(crate) restart: Option<Text>,
    /// `Type=oneshot`
    pub(crate) once: bool,
    /// `WantedBy`: systems have other targets than the sessions of users.
    pub(crate) wanted_by: Option<Text>,
    /// `After`, `Requires`, `Wants`, `BindsTo`
    pub(crate) needs: Vec<Text>,
    /// `StandardOutput` and `StandardError`.
    pub(crate) output: Option<Text>,
    pub(crate) errors: Option<Text>,
    /// `KillSignal`
    pub(crate) kill_signal: Option<Text>,
    /// `OnCalendar`, `OnUnitActiveSec`, `OnBootSec` of a timer.
    pub(crate) schedule: Option<Text>,
    /// `Unit` of a timer.
    pub(crate) unit: Option<Text>,
    /// Everything of `[Service]` and `[Socket]` that names where output goes or where it listens.
    pub(crate) listens: Vec<Text>,
}

impl Systemd {
    /// Who runs it: a service of the system that names nobody is run by root (systemd.exec, `User`).
    pub(crate) fn runs_as(&self) -> Option<Text> {
        let of_the_system = self.wanted_by.as_ref().is_some_and(|target| target.is("multi-user.target"));
        let root = || self.start.first().filter(|_| of_the_system).map(|start| Text::known("root", start.at));
        self.user.clone().or_else(root)
    }

    /// Takes over what a drop-in says: lists are added to, the rest is replaced (systemd.unit, "unit drop-in directories").
    pub(crate) fn drop_in(&mut self, more: Self) {
        let Self { start, before, user, folder, variables, env_files, restart, needs, output, errors, kill_signal, .. } = more;
        if !start.is_empty() {
            // A service has one command, unless it runs once: the drop-in must take the other away before it names its own.
            self.start = start;
        }
        self.before.extend(before);
        Variable::overlay(&mut self.variables, variables);
        self.env_files.extend(env_files);
        self.needs.extend(needs);
        for (own, other) in [
            (&mut self.user, user),
            (&mut self.folder, folder),
            (&mut self.restart, restart),
            (&mut self.output, output),
            (&mut self.errors, errors),
            (&mut self.kill_signal, kill_signal),
        ] {
            *own = other.or(own.take());
        }
    }

    /// What throws its error output away. What says nothing of it goes where the output goes (systemd.exec).
    pub(crate) fn discards(&self) -> Option<Text> {
        let place = match &self.errors {
            Some(errors) if !errors.is("inherit") => errors,
            Some(_) | None => self.output.as_ref()?,
        };
        (place.is("null") || place.shown().ends_with(":/dev/null")).then(|| place.clone())
    }
}

/// Reads a unit.
pub(crate) fn systemd(text: &str, artifact: ArtifactId) -> (Systemd, Vec<Piece>) {
    let (entries, strange) = ini::read(text, artifact, ini::Dialect::Systemd);
    let mut unit = Systemd::default();
    for entry in &entries {
        let Some(value) = &entry.value else { continue };
        if &*entry.key.text == "Environment" {
            for word in shell::words(value) {
                if let Some((name, value)) = word.split_once('=') {
                    let value = specifiers(&ini::unquoted(&value));
                    Variable::overlay(&mut unit.variables, [Variable::new(name.text, value, Source::Definition)]);
                }
            }
        }
    }
    let given = unit.variables.clone();
    let command = |value: &Piece| {
        let trimmed = value.text.trim_start_matches(['@', '-', ':', '+', '!', '|']);
        let own = value.slice(value.text.len() - trimmed.len()..value.text.len());
        let look = |name: &str| match given.iter().find(|variable| &*variable.name == name) {
            Some(variable) => Look::Set(variable.value.clone()),
            None => Look::Open,
        };
        let mut words: Vec<Text> = Vec::new();
        let mut in_tag = false;
        for word in shell::words(&own) {
            // A condition of a template is no word of the command.
            in_tag |= word.text.starts_with("{%");
            if in_tag {
                in_tag = !word.text.ends_with("%}");
                continue;
            }
            if word.text.contains("{{") {
                words.push(yaml::template(&word));
                continue;
            }
            let text = references::expand(&word.text, word.at, Dialect::Systemd, &look);
            // A word that is one reference without braces becomes as many words as its value has.
            let splits = word.text.starts_with('$') && !word.text.starts_with("${");
            match text.as_str() {
                Some(known) if splits => words.extend(known.split_whitespace().map(|part| Text::known(part, word.at))),
                Some(known) if known.contains('%') => words.push(specifiers(&word)),
                Some(_) | None => words.push(text),
            }
        }
        Command { words, shell: false, at: own.at }
    };
    for entry in &entries {
        let Some(value) = &entry.value else { continue };
        let text = || Some(specifiers(value)).filter(|text| !text.is(""));
        match (&*entry.section.text, &*entry.key.text) {
            ("Service", "ExecStart") if value.text.is_empty() => unit.start.clear(),
            ("Service", "ExecStart") => unit.start.push(command(value)),
            ("Service", "ExecStartPre" | "ExecCondition") if !value.text.is_empty() => unit.before.push(command(value)),
            ("Service", "User") => unit.user = text(),
            ("Service", "WorkingDirectory") => unit.folder = text(),
            ("Service", "EnvironmentFile") if !value.text.is_empty() => {
                let own = value.slice(usize::from(value.text.starts_with('-'))..value.text.len());
                unit.env_files.push(specifiers(&own));
            }
            ("Service", "Restart") => unit.restart = text(),
            ("Service", "StandardOutput") => unit.output = text(),
            ("Service", "StandardError") => unit.errors = text(),
            ("Service", "KillSignal") => unit.kill_signal = text(),
            ("Service", "Type") => unit.once = &*value.text == "oneshot",
            ("Unit", "After" | "Requires" | "Wants" | "BindsTo") => {
                unit.needs.extend(shell::words(value).iter().map(Piece::known));
            }
            ("Timer", "OnCalendar" | "OnUnitActiveSec" | "OnBootSec" | "OnUnitInactiveSec") => unit.schedule = text(),
            ("Install", "WantedBy") => unit.wanted_by = text(),
            ("Service", "DynamicUser") if matches!(&*value.text, "yes" | "true" | "1" | "on") => {
                unit.user.get_or_insert_with(|| Text::known("a user of its own", value.at));
            }
            ("Timer", "Unit") => unit.unit = text(),
            ("Socket", "ListenStream" | "ListenDatagram") => unit.listens.extend(text()),
            _ => {}
        }
    }
    (unit, strange)
}

/// A value with systemd's specifiers: `%i`, `%h`; `%%` is a percent sign.
fn specifiers(value: &Piece) -> Text {
    if value.text.contains("{{") {
        return yaml::template(value);
    }
    if !value.text.contains('%') {
        return value.known();
    }
    let plain = value.text.replace("%%", "\u{0}");
    if plain.contains('%') {
        return Text::unknown(value.text.clone(), shipworthy_model::Why::Machine("a specifier of systemd".into()), value.at);
    }
    Text::known(plain.replace('\u{0}', "%"), value.at)
}

/// A line of a crontab.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) schedule: Piece,
    pub(crate) command: Piece,
}

/// Reads a crontab: its variables and its jobs.
pub(crate) fn crontab(path: &str, text: &str, artifact: ArtifactId) -> (Vec<Variable>, Vec<Job>) {
    const USERS: [&str; 12] =
        ["root", "www-data", "app", "django", "nginx", "ubuntu", "deploy", "web", "postgres", "nobody", "user", "apache"];
    let mut variables = Vec::new();
    let mut jobs = Vec::new();
    let system = path.contains("cron.d/");
    for line in Piece::file(text, artifact).lines() {
        let line = line.trim();
        if line.text.is_empty() || line.text.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = line.split_once('=').filter(|(name, _)| references::is_name(name.text.trim())) {
            let value = ini::unquoted(&value.trim());
            variables.push(Variable::new(name.trim().text, value.known(), Source::Definition));
            continue;
        }
        let fields = if line.text.starts_with('@') { 1 } else { 5 };
        let mut index = 0;
        let mut taken = 0;
        let mut words = Vec::new();
        while taken < fields + 1 {
            let start = index + (line.text[index..].len() - line.text[index..].trim_start().len());
            let end = line.text[start..].find(char::is_whitespace).map_or(line.text.len(), |at| start + at);
            if start == end {
                break;
            }
            words.push(start..end);
            index = end;
            taken += 1;
        }
        if words.len() < fields + 1 {
            continue;
        }
        let is_time = |range: &std::ops::Range<usize>| {
            line.text[range.clone()].chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '*' | '/' | ',' | '-' | '@' | '~'))
        };
        if !words[..fields].iter().all(is_time) {
            continue;
        }
        let schedule = line.slice(words[0].start..words[fields - 1].end);
        let next = line.slice(words[fields].clone());
        let has_user = (system || USERS.contains(&&*next.text)) && line.text.len() > words[fields].end;
        let start = if has_user { words[fields].end } else { words[fields].start };
        let command = line.slice(start..line.text.len()).trim();
        jobs.push(Job { schedule, command });
    }
    (variables, jobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let text = "[Unit]\nAfter=network.target\n[Service]\nUser=app\nEnvironment=\"A=1 2\" B=3\nEnvironmentFile=-/etc/x\nWorkingDirectory=/srv\nExecStartPre=/bin/a\nExecStart=/srv/bin/gunicorn \\\n  --bind unix:/run/x $OPTS ${B} shop.wsgi\nRestart=always\n";
        let (unit, strange) = systemd(text, ArtifactId(0));
        assert!(strange.is_empty());
        let words: Vec<&str> = unit.start[0].words.iter().map(Text::shown).collect();
        assert_eq!(words, ["/srv/bin/gunicorn", "--bind", "unix:/run/x", "$OPTS", "3", "shop.wsgi"]);
        assert_eq!(unit.variables.len(), 2);
        assert!(unit.variables[0].value.is("1 2") && unit.env_files[0].is("/etc/x"));
    }

    #[test]
    fn an_expression_of_a_template_is_no_more_than_one_word() {
        let text = "[Service]\nExecStart={{ venv }}/bin/python -m gunicorn --config {{ config | default('x') }} shop.wsgi\n";
        let (unit, _) = systemd(text, ArtifactId(0));
        let words: Vec<&str> = unit.start[0].words.iter().map(Text::shown).collect();
        let config = "{{ config | default('x') }}";
        assert_eq!(words, ["{{ venv }}/bin/python", "-m", "gunicorn", "--config", config, "shop.wsgi"]);
        assert!(unit.start[0].words[4].as_unknown().is_some());
    }

    #[test]
    fn conditions_of_templates_are_no_words() {
        let text = "[Service]\nExecStart=gunicorn \\\n{% if many %}\n --workers 3 \\\n{% endif %}\n shop.wsgi\n";
        let (unit, strange) = systemd(text, ArtifactId(0));
        let words: Vec<&str> = unit.start[0].words.iter().map(Text::shown).collect();
        assert_eq!((words, strange.len()), (vec!["gunicorn", "--workers", "3", "shop.wsgi"], 0));
    }

    #[test]
    fn supervisor() {
        let text = "[program:web]\ncommand=gunicorn -b :%(ENV_PORT)s x\nenvironment=A=\"1,2\",B=3\nuser=app\n[eventlistener:x]\ncommand=y\n";
        let (entries, _) = ini::read(text, ArtifactId(0), ini::Dialect::Supervisor);
        let given = [Variable::new("PORT", Text::known("9", Region::whole(ArtifactId(0))), Source::Image)];
        let programs = programs(&entries, &given);
        assert_eq!(programs.len(), 1);
        assert!(programs[0].words[2].is(":9") && programs[0].variables[0].value.is("1,2"));
    }

    #[test]
    fn crontabs() {
        let (variables, jobs) = crontab(
            "deploy/crontab",
            "SHELL=/bin/sh\n# x\n0 3 * * * root /a b\n@daily ./manage.py clearsessions\n*/5 * * * 1-5 cd /x && y\nhello world\n",
            ArtifactId(0),
        );
        assert_eq!((variables.len(), jobs.len()), (1, 3));
        assert_eq!(&*jobs[0].command.text, "/a b");
        assert_eq!((&*jobs[1].schedule.text, &*jobs[1].command.text), ("@daily", "./manage.py clearsessions"));
        assert_eq!(&*jobs[2].command.text, "cd /x && y");
    }
}
