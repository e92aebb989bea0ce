//! The story: configure ▶ discover ▶ read ▶ evaluate ▶ judge ▶ triage ▶ report.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use shipworthy_model::wire::Failure;
use shipworthy_model::{Evidence, Facts, Finding, Findings, Notice, Runtime, Severity};
use shipworthy_rules::RULES;
use shipworthy_source::tagged;

use crate::audit::{Audit, Verdict};
use crate::classes::Classes;
use crate::cli::{
    CheckArgs, Cli, Color, Command, DeploymentPictureArgs, DisplayArgs, ExplainArgs, JudgeArgs, ProbeArgs, SettingsArgs,
};
use crate::code::Code;
use crate::config::{Config, today};
use crate::deployment::{Deployment, Named};
use crate::discover::{Ground, Project, discover};
use crate::error::Error;
use crate::evidence::{Gathered, facts};
use crate::look::Look;
use crate::report::{self, Style};
use crate::runtime::Stand;
use crate::triage::{Policy, Suppression, confront, reconcile, triage};

/// What the process ends with when nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exit code 0.
    Fit,
    /// Exit code 1.
    Unfit,
}

/// The evaluator recurses over the syntax of settings; its own limits assume this much room.
const STACK: usize = 256 << 20;

/// Carries out what the command line asks for.
pub(crate) fn run(cli: Cli) -> Result<Outcome, Error> {
    match cli.command {
        None => check(&cli.check),
        Some(Command::Check(arguments)) => check(&arguments),
        Some(Command::Settings(arguments)) => settings(&arguments),
        Some(Command::Deployment(arguments)) => deployment(&arguments),
        Some(Command::Probe(arguments)) => probe(&arguments),
        Some(Command::Explain(arguments)) => explain(&arguments),
    }
}

fn check(arguments: &CheckArgs) -> Result<Outcome, Error> {
    let config = Config::find(&arguments.path)?;
    let (policy, mut expired) = policy(&config, &arguments.judge)?;
    let mut audits = if let Some(dump) = &arguments.settings_json {
        vec![judge_dump(dump, arguments, &policy)?]
    } else {
        let look = Look { url: arguments.url.as_deref(), arguments: &arguments.look, config: &config };
        let look = (arguments.url.is_some() || arguments.look.from.is_some()).then_some(look);
        let stand = arguments.run.runtime.then_some(Stand { arguments: &arguments.run, config: &config });
        let names = Deployment::names(&arguments.deployment, &config)?;
        if look.is_some() && names.len() > 1 {
            let help = Some(format!("choose one with --environment: {}", names.join(", ")));
            return Err(Error::Option { option: "--url", message: "a site is one deployment's".to_owned(), help });
        }
        let mut audits = Vec::new();
        for name in names {
            let deployment = Deployment::of(&name, &arguments.deployment, &config, &arguments.path)?;
            let module = deployment.settings.as_ref().map(|wish| wish.module.as_str());
            let (ground, projects) = discover(&arguments.path, module)?;
            audits.extend(audit(
                &ground,
                &projects,
                &deployment,
                &root(&ground, &arguments.path),
                &policy,
                Means { look: look.as_ref(), stand: stand.as_ref() },
            )?);
        }
        audits
    };
    if let Some(first) = audits.first_mut() {
        first.notices.append(&mut expired);
        first.recording = arguments.look.recording();
    }
    if arguments.judge.verbose {
        for audit in &audits {
            tell(&story(audit));
        }
    }
    conclude(&audits, &arguments.judge, &config)
}

/// Looks at a running site alone.
fn probe(arguments: &ProbeArgs) -> Result<Outcome, Error> {
    let config = Config::find(Path::new("."))?;
    let (policy, mut notices) = policy(&config, &arguments.judge)?;
    let look = Look { url: arguments.url.as_deref(), arguments: &arguments.look, config: &config };
    if arguments.dry_run {
        print(&look.plan()?);
        return Ok(Outcome::Fit);
    }
    let (wire, trouble) = look.look(None)?;
    notices.extend(trouble);
    let unseen = wire.all_answers().next().is_none();
    if unseen && arguments.look.from.is_none() {
        let reason = wire.exchanges.iter().find_map(|exchange| exchange.failure()).map_or_else(String::new, Failure::reason);
        return Err(Error::Silent { host: wire.site.host.to_string(), reason });
    }
    let url = wire.site.url();
    let facts = Facts { wire: Some(wire.into()), ..Facts::default() };
    let mut audit = guard(&url, || {
        let mut findings = Findings::of(RULES.iter().copied(), &facts);
        findings.retain(|finding| finding.evidence == Evidence::Wire);
        triage(url.clone(), "production".to_owned(), facts.clone(), findings, notices.clone(), &policy)
    })?;
    audit.recording = arguments.look.recording();
    conclude(&[audit], &arguments.judge, &config)
}

/// Reports, and concludes.
fn conclude(audits: &[Audit], arguments: &JudgeArgs, config: &Config) -> Result<Outcome, Error> {
    let (fail_on, strict) = (arguments.fail_on(config), arguments.strict || config.strict);
    let style = style(&arguments.display, fail_on, strict, arguments.verbose, arguments.output_file.is_none());
    let report = report::check(audits, arguments.output_format, &style);
    match &arguments.output_file {
        Some(path) => {
            std::fs::write(path, report)
                .map_err(|error| Error::Write { path: path.clone(), reason: error.kind().to_string() })?;
        }
        None if arguments.quiet => {}
        None => print(&report),
    }
    let verdict = audits.iter().map(|audit| audit.verdict(style.fail_on, style.strict)).max().unwrap_or(Verdict::Fit);
    Ok(match verdict {
        Verdict::Fit | Verdict::Open => Outcome::Fit,
        Verdict::Unfit => Outcome::Unfit,
    })
}

fn settings(arguments: &SettingsArgs) -> Result<Outcome, Error> {
    let config = Config::find(&arguments.path)?;
    let style = style(&arguments.display, Severity::Medium, false, false, true);
    let report = if let [a, b] = arguments.diff.as_slice() {
        let (a, b) = (one_audit(arguments, &config, Some(a))?, one_audit(arguments, &config, Some(b))?);
        report::difference(&a, &b, &arguments.names, arguments.output_format, &style)
    } else {
        let audit = one_audit(arguments, &config, None)?;
        let show = if arguments.env_vars { report::env_vars } else { report::settings };
        show(&audit, &arguments.names, arguments.output_format, &style)
    };
    print(&report);
    Ok(Outcome::Fit)
}

/// The one project that `shipworthy settings` is about, under its own settings module or the one that is named.
fn one_audit(arguments: &SettingsArgs, config: &Config, module: Option<&str>) -> Result<Audit, Error> {
    let [name] = Deployment::names(&arguments.deployment, config)?.try_into().map_err(|names: Vec<String>| Error::Option {
        option: "--environment",
        message: format!("`shipworthy settings` shows one deployment, and {} are named", names.len()),
        help: Some(format!("choose one of {}", names.join(", "))),
    })?;
    let mut deployment = Deployment::of(&name, &arguments.deployment, config, &arguments.path)?;
    if let Some(module) = module {
        deployment.settings = Some(Named { module: module.to_owned(), reason: "--diff names it".to_owned(), span: None });
    }
    let (ground, projects) = discover(&arguments.path, deployment.settings.as_ref().map(|wish| wish.module.as_str()))?;
    let mut audits =
        audit(&ground, &projects, &deployment, &root(&ground, &arguments.path), &Policy::default(), Means::default())?;
    match (audits.pop(), audits.is_empty()) {
        (Some(audit), true) => Ok(audit),
        (last, _) => {
            audits.extend(last);
            let modules = audits.iter().map(|audit| audit.facts.settings.module.to_string()).collect();
            Err(Error::Several { modules })
        }
    }
}

fn deployment(arguments: &DeploymentPictureArgs) -> Result<Outcome, Error> {
    let classes = Classes::of(&Config::find(&arguments.path)?)?;
    let (ground, _) = discover(&arguments.path, None)?;
    let display = DisplayArgs { show_secrets: false, color: arguments.color };
    let style = style(&display, Severity::Medium, false, false, true);
    let report = on_a_large_stack("the deployment", || {
        let files: Vec<String> =
            ground.listing.files.iter().filter(|path| shipworthy_source::picture::wants(path).is_some()).cloned().collect();
        let mut artifacts = shipworthy_model::Artifacts::default();
        let (picture, notices) =
            shipworthy_source::picture::read_picture_as(&ground.tree, &files, &|path| classes.class(path), &mut artifacts);
        report::deployment(&picture, &artifacts, &notices, arguments.output_format, &style)
    })?;
    print(&report);
    Ok(Outcome::Fit)
}

/// Runs what may recurse deeply, on a thread with the room for it.
fn on_a_large_stack<T: Send>(what: &str, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(STACK).build();
    match pool {
        Ok(pool) => pool.install(|| guard(what, work)),
        Err(_) => guard(what, work),
    }
}

fn explain(arguments: &ExplainArgs) -> Result<Outcome, Error> {
    let rule = match &arguments.rule {
        Some(id) => Some(*RULES.iter().find(|rule| rule.id == id).ok_or_else(|| Error::Option {
            option: "explain",
            message: format!("no rule is called {id}"),
            help: Some(like(id)),
        })?),
        None => None,
    };
    let display = DisplayArgs { show_secrets: false, color: arguments.color };
    print(&report::explain(rule, &style(&display, Severity::Medium, false, false, true)));
    Ok(Outcome::Fit)
}

/// By what more than the files a project is judged.
#[derive(Clone, Copy, Default)]
struct Means<'m> {
    look: Option<&'m Look<'m>>,
    stand: Option<&'m Stand<'m>>,
}

/// Audits every project of the tree, several at a time.
fn audit(
    ground: &Ground,
    projects: &[Project],
    deployment: &Deployment,
    root: &str,
    policy: &Policy,
    means: Means<'_>,
) -> Result<Vec<Audit>, Error> {
    if means.look.is_some() && projects.len() > 1 {
        let modules = projects.iter().map(Project::name).collect();
        return Err(Error::SeveralAtOnce { modules });
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let code = Code::new(ground);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build();
    let each = |project: &Project| {
        let name = project.name();
        let mut gathered = guard(&name, || facts(ground, project, deployment, &code))?;
        if let Some(look) = means.look {
            let (wire, trouble) = look.look(Some(&gathered.facts))?;
            gathered.facts.wire = Some(wire.into());
            gathered.judged = None;
            gathered.notices.extend(trouble);
        }
        Ok(gathered)
    };
    let gathered: Vec<Gathered> = match &pool {
        Ok(pool) => pool.install(|| projects.par_iter().map(each).collect::<Result<_, Error>>())?,
        Err(_) => projects.iter().map(each).collect::<Result<_, Error>>()?,
    };
    let known = match means.stand {
        Some(stand) => load(stand, ground, gathered)?,
        None => gathered
            .into_iter()
            .map(|Gathered { facts, judged, notices, .. }| Known { facts, judged, runtime: None, notices })
            .collect(),
    };
    let one = |known: Known| {
        let name = known.facts.settings.module.to_string();
        guard(&name, || judge(root.to_owned(), deployment.name.clone(), known, policy))
    };
    match pool {
        Ok(pool) => pool.install(|| known.into_par_iter().map(one).collect()),
        Err(_) => known.into_iter().map(one).collect(),
    }
}

/// What is known of a project when it is judged.
struct Known {
    facts: Facts,
    /// What the rules said of the facts at first, where they were asked already.
    judged: Option<Vec<Finding>>,
    runtime: Option<Arc<Runtime>>,
    notices: Vec<Notice>,
}

/// Loads every project in its own Python, one after the other.
fn load(stand: &Stand<'_>, ground: &Ground, gathered: Vec<Gathered>) -> Result<Vec<Known>, Error> {
    let mut runs = Vec::new();
    for Gathered { facts, notices, variables, .. } in gathered {
        let orders = stand.orders(ground, &facts, variables)?;
        runs.push((orders, facts, notices));
    }
    stand.ask(&runs.iter().map(|(orders, ..)| orders).collect::<Vec<_>>())?;
    let mut known = Vec::new();
    for (orders, mut facts, mut notices) in runs {
        let (runtime, trouble) = orders.run(ground, &mut facts)?;
        notices.extend(trouble);
        known.push(Known { facts, judged: None, runtime: Some(Arc::new(runtime)), notices });
    }
    Ok(known)
}

/// Judges settings that something else has loaded.
fn judge_dump(path: &Path, arguments: &CheckArgs, policy: &Policy) -> Result<Audit, Error> {
    let wrong = |reason: String| Error::Read { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.kind().to_string()))?;
    // The parser's own words may quote the text.
    let dump = serde_json::from_str(&text).map_err(|error| wrong(format!("it is no JSON at line {}", error.line())))?;
    let mut facts = Facts { settings: tagged::settings_from_dump(&dump, "settings").map_err(wrong)?, ..Facts::default() };
    if let Some(version) = &arguments.deployment.django_version {
        facts.django = crate::deployment::django(version, "--django-version", None)
            .ok_or_else(|| crate::deployment::no_version("--django-version"))?;
    }
    let known = Known { facts, judged: None, runtime: None, notices: Vec::new() };
    guard("the dump", || judge(shown(&arguments.path), "production".to_owned(), known, policy))
}

fn judge(root: String, environment: String, known: Known, policy: &Policy) -> Audit {
    let Known { mut facts, judged, runtime, notices } = known;
    let judged = judged.unwrap_or_else(|| Findings::at_first(RULES.iter().copied(), &facts));
    let mut findings = Findings::settled(judged, &facts);
    let mut answered = Vec::new();
    if let Some(runtime) = runtime {
        let ran = Findings::of(RULES.iter().copied(), &facts.refined(Arc::clone(&runtime)));
        (findings, answered) = confront(findings, ran, &runtime);
        facts.runtime = Some(runtime);
    }
    let (mut findings, mut discharged) = reconcile(findings);
    findings.iter_mut().for_each(Finding::shorten_conditions);
    let mut audit = triage(root, environment, facts, findings, notices, policy);
    audit.suppressed.append(&mut answered);
    audit.suppressed.append(&mut discharged);
    audit
}

/// Where a thread panicked last: work is shared out among threads, so it need not be the one that hears of it.
static PANICKED_AT: Mutex<String> = Mutex::new(String::new());

/// Keeps the words of a panic, which could hold a credential, from the terminal; its place is remembered.
pub(crate) fn quieten_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        *PANICKED_AT.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
}

fn guard<T>(module: &str, work: impl FnOnce() -> T) -> Result<T, Error> {
    let place = || PANICKED_AT.lock().unwrap_or_else(PoisonError::into_inner).clone();
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Error::Bug { module: module.to_owned(), place: place() })
}

/// What the configuration and the command line want judged, and notices of suppressions that have ended.
fn policy(config: &Config, arguments: &JudgeArgs) -> Result<(Policy, Vec<Notice>), Error> {
    for entry in config.select.iter().chain(&config.ignore).chain(config.suppress.iter().map(|suppress| &suppress.rule)) {
        if !is_known(entry.get_ref()) {
            return Err(
                config.error(entry, format!("no rule or topic is called `{}`; {}", entry.get_ref(), like(entry.get_ref())))
            );
        }
    }
    for (option, ids) in [("--select", &arguments.select), ("--ignore", &arguments.ignore)] {
        if let Some(id) = ids.iter().find(|id| !is_known(id)) {
            return Err(Error::Option { option, message: format!("no rule or topic is called {id}"), help: Some(like(id)) });
        }
    }
    let mut notices = Vec::new();
    let mut suppressions = Vec::new();
    for suppress in &config.suppress {
        if suppress.reason.get_ref().trim().is_empty() {
            return Err(config.error(&suppress.reason, "a suppression needs its reason".to_owned()));
        }
        if let Some(until) = &suppress.until {
            let day =
                until.get_ref().iso().ok_or_else(|| config.error(until, "`until` is a day such as 2027-01-31".to_owned()))?;
            if day < today() {
                let file = config.place().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                notices.push(Notice::file(file, format!("the suppression of {} ended on {day}", suppress.rule.get_ref())));
                continue;
            }
        }
        suppressions.push(Suppression {
            rule: suppress.rule.get_ref().clone(),
            paths: suppress.path.all(),
            reason: suppress.reason.get_ref().clone(),
        });
    }
    let every = || RULES.iter().map(|rule| rule.topic.id().to_owned()).collect();
    let configured = || config.select.iter().map(|it| it.get_ref().clone()).collect();
    let mut select: Vec<String> = if arguments.select.is_empty() { configured() } else { arguments.select.clone() };
    if select.iter().any(|id| id == "all") {
        select.clear();
    }
    let configured = config.ignore.iter().map(|it| it.get_ref().clone());
    let mut ignore: Vec<String> = arguments.ignore.iter().cloned().chain(configured).collect();
    if ignore.iter().any(|id| id == "all") {
        ignore = every();
    }
    Ok((Policy { select, ignore, suppressions }, notices))
}

fn is_known(id: &str) -> bool {
    id == "all" || RULES.iter().any(|rule| rule.id == id || rule.topic.id() == id)
}

/// The rules that an unknown name may mean.
fn like(id: &str) -> String {
    let words: Vec<&str> = id.split(['-', '_', ' ']).filter(|word| word.len() > 2).collect();
    let mut near: Vec<(usize, &str)> = RULES
        .iter()
        .map(|rule| (words.iter().filter(|word| rule.id.contains(&word.to_lowercase())).count(), rule.id))
        .filter(|(shared, _)| *shared > 0)
        .collect();
    near.sort_by_key(|(shared, id)| (std::cmp::Reverse(*shared), *id));
    near.truncate(3);
    match near.as_slice() {
        [] => "`shipworthy explain` lists all rules".to_owned(),
        near => format!("similar: {}", near.iter().map(|(_, id)| *id).collect::<Vec<_>>().join(", ")),
    }
}

fn style(display: &DisplayArgs, fail_on: Severity, strict: bool, verbose: bool, to_terminal: bool) -> Style {
    let stdout = std::io::stdout();
    let color = match display.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => to_terminal && anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
    };
    let width = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
    let columns = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let width = width.or_else(columns).unwrap_or(100).max(40);
    Style { color, width, show_secrets: display.show_secrets, verbose, fail_on, strict }
}

/// What was judged, in a line.
fn story(audit: &Audit) -> String {
    let facts = &audit.facts;
    let choice = &facts.project.choice;
    let module = if choice.module.is_empty() { &facts.settings.module } else { &choice.module };
    let reason = if choice.reason.is_empty() { String::new() } else { format!(" ({})", choice.reason) };
    let django = &facts.django;
    format!(
        "{}: {module}{reason}, Django {} ({}), {} files read",
        audit.root,
        django.version,
        django.from,
        facts.artifacts.iter().count()
    )
}

/// The audited folder as the user would write it: the one they wrote, or one above it.
fn root(ground: &Ground, path: &Path) -> String {
    let canonical = std::fs::canonicalize(path).unwrap_or_default();
    let above = canonical.strip_prefix(&ground.root).map_or(0, |inside| inside.components().count());
    let up = vec![".."; above].join("/");
    if above == 0 {
        shown(path)
    } else if path == Path::new(".") {
        up
    } else {
        shown(&path.join(up))
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Writes to standard output. A reader that has gone away is no trouble of ours.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn tell(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_without_its_words() {
        let error = guard("a.b", || panic!("{}", "p1anted")).map(|(): ()| ()).unwrap_err().to_string();
        assert!(error.starts_with("the audit of a.b failed at ") && !error.contains("p1anted"), "{error}");
    }

    #[test]
    fn the_root_is_shown_as_the_user_would_write_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.py"), "INSTALLED_APPS = []\n").unwrap();
        std::fs::create_dir_all(folder.path().join("a/b/.git")).unwrap();
        let (ground, _) = discover(folder.path(), Some("settings")).unwrap();
        let shown = root(&ground, &folder.path().join("a/b"));
        assert_eq!(shown, folder.path().join("a/b/../..").to_string_lossy());
        assert_eq!(root(&ground, folder.path()), folder.path().to_string_lossy());
    }
}
