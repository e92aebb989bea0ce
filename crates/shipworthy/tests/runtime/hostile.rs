//! Projects that hang, end, flood, fork and close: each costs a clear word, and nothing of it stays.

use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::project::{Project, alive, check, command, pythons};

/// A text that nothing else on the machine holds.
fn mark(test: &str) -> String {
    format!("shipworthy-{test}-{}", std::process::id())
}

fn run(settings: &str, test: &str, more: &[&str]) -> Option<(Project, crate::project::Said)> {
    let python = pythons().pop()?;
    let project = Project::new(settings);
    let before = project.files();
    let mark = mark(test);
    let variable = format!("--env=MARK={mark}");
    let said = project.check(&python, &[&[variable.as_str()], more].concat());
    assert_eq!(project.files(), before, "a file of the project was written or changed");
    assert_eq!(alive(&mark), Vec::<String>::new(), "processes live on");
    Some((project, said))
}

#[test]
fn nothing_is_written_into_the_project() {
    let Some((_, said)) = run("", "writes", &[]) else { return };
    assert_eq!(said.report["runtime"]["complete"], true, "{}", said.told);
}

#[test]
fn settings_that_hang() {
    let Some((_, said)) = run("import time\ntime.sleep(3600)\n", "hang", &["--runtime-timeout", "8"]) else { return };
    assert!(said.notices().contains("had not ended after 8 seconds, and was ended while loading the settings"), "{}", said.told);
    assert_eq!(said.one("settings-load-failure")["kind"], "open", "{}", said.told);
    assert_eq!(said.report["runtime"]["complete"], false);
}

/// A loop inside of the interpreter's own code, with every signal blocked.
#[test]
fn settings_that_do_not_want_to_end() {
    let settings = "import os, signal\nfor number in range(1, 30):\n    try:\n        signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError):\n        pass\n\
        for _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        os.fork()\n        while True:\n            pass\nwhile True:\n    pass\n";
    let Some((_, said)) = run(settings, "stubborn", &["--runtime-timeout", "8"]) else { return };
    assert!(said.notices().contains("had not ended after 8 seconds"), "{}", said.told);
}

#[test]
fn settings_that_end_the_process() {
    let Some((_, said)) = run("import os\nos._exit(7)\n", "exit", &[]) else { return };
    assert!(said.notices().contains("ended itself with code 7 while loading the settings"), "{}", said.told);
    assert_eq!(said.one("settings-load-failure")["kind"], "open", "{}", said.told);
    let Some((_, said)) = run("raise SystemExit(0)\n", "leave", &[]) else { return };
    assert_eq!(said.one("settings-load-failure")["kind"], "fail", "{}", said.told);
    let Some((_, said)) = run("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "killed", &[]) else { return };
    assert!(said.notices().contains("was ended by a signal while loading the settings"), "{}", said.told);
}

/// What is printed goes nowhere, however much it is.
#[test]
fn settings_that_print_without_end() {
    let settings = "import os, sys\nfor _ in range(1000):\n    os.write(1, b'x' * 1000000)\n    os.write(2, b'{\"stage\": \"end\"}\\n' * 1000)\nprint('y' * 1000000)\n";
    let Some((_, said)) = run(settings, "flood", &[]) else { return };
    assert_eq!(said.report["runtime"]["complete"], true, "{}", said.told);
    assert!(!said.notices().contains("Python"), "{}", said.told);
}

/// The one way out is found, and written to without end.
#[test]
fn settings_that_write_where_we_listen() {
    let settings = "import os\nfor descriptor in range(3, 30):\n    try:\n        while True:\n            os.write(descriptor, b'x' * 1000000)\n    except OSError:\n        pass\n";
    let Some((_, said)) = run(settings, "noise", &["--runtime-timeout", "300"]) else { return };
    assert!(said.notices().contains("told more than is read"), "{}", said.told);
}

#[test]
fn settings_that_close_everything() {
    let Some((_, said)) = run("import os\nos.closerange(0, 4096)\n", "close", &[]) else { return };
    assert!(said.notices().contains("while loading the settings"), "{}", said.told);
    assert_eq!(said.report["runtime"]["complete"], false, "{}", said.told);
}

#[test]
fn settings_that_leave_processes_behind() {
    let settings = "import os, subprocess, sys, threading, time\n\
        subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'])\n\
        subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'], start_new_session=True)\n\
        if os.fork() == 0:\n    os.setsid()\n    if os.fork():\n        os._exit(0)\n    time.sleep(3600)\n\
        threading.Thread(target=time.sleep, args=(3600,)).start()\n";
    let Some((_, said)) = run(settings, "daemons", &[]) else { return };
    assert_eq!(said.report["runtime"]["complete"], true, "{}", said.told);
}

/// A copy of the process that goes on like the original tells nothing a second time.
#[test]
fn settings_that_fork_and_go_on() {
    let Some((_, said)) = run("import os\nDEBUG = os.fork() == 0\n", "fork", &[]) else { return };
    assert_eq!(said.report["runtime"]["complete"], true, "{}", said.told);
    assert!(said.passes("debug-enabled"), "{}", said.told);
}

#[test]
fn files_named_like_the_standard_library() {
    let Some(python) = pythons().pop() else { return };
    let project = Project::new("");
    for name in ["json", "hashlib", "faulthandler", "datetime"] {
        project.write(&format!("{name}.py"), "raise RuntimeError('mine')\n");
    }
    let said = project.check(&python, &[]);
    assert_eq!(said.report["runtime"]["complete"], true, "{}", said.told);
}

#[test]
fn nobody_runs_a_project_unasked() {
    let Some(python) = pythons().pop() else { return };
    let project = Project::new("import pathlib\npathlib.Path(__file__).with_name('was-here').touch()\n");
    let said = check(project.folder.path(), &["--python", &python]);
    assert_eq!(said.code, Some(2));
    assert!(said.text.contains("nobody has said that it may") && said.text.contains("--i-trust-this"), "{}", said.told);
    assert!(!project.folder.path().join("shop/was-here").exists());
    project.write("shipworthy.toml", &format!("[runtime]\npython = \"{python}\"\ntrusted = true\n"));
    let said = check(project.folder.path(), &[]);
    assert_eq!(said.report["runtime"]["complete"], true, "{}", said.told);
    assert!(project.folder.path().join("shop/was-here").exists());
}

#[test]
fn a_python_that_is_none_or_lacks_django() {
    let Some(python) = pythons().pop() else { return };
    let project = Project::new("");
    let said = check(project.folder.path(), &["--i-trust-this"]);
    assert_eq!(said.code, Some(2));
    assert!(said.text.contains("no Python of this project was found") && said.text.contains("--python PATH"), "{}", said.told);
    let script = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        project.write(name, text);
        let path = project.folder.path().join(name);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_string_lossy().into_owned()
    };
    let real = std::path::absolute(&python).unwrap();
    let bare = script("bare", &format!("#!/bin/sh\nexec {} -S \"$@\"\n", real.display()));
    for (python, words) in [
        (bare.as_str(), "has no Django that can be imported"),
        ("/bin/true", "ended with code 0 and told nothing"),
        ("/bin/cat", "told nothing"),
        (&script("silent", "#!/bin/sh\nsleep 3600\n"), "told nothing within 2 seconds"),
        (&script("loud", "#!/bin/sh\nyes\n"), "told nothing that can be read"),
        (&script("text", "no program at all"), "cannot"),
        ("/nonexistent/python", "is no Python"),
    ] {
        // Only who stays silent has to be waited for.
        let limit = if words.contains("within 2") { "2" } else { "300" };
        let said = project.check(python, &["--runtime-timeout", limit]);
        assert_eq!(said.code, Some(2), "{python}: {}", said.told);
        assert!(said.text.contains(words), "{python}: {}", said.told);
    }
}

/// Us, running a project whose settings touch `was-here` first, for `limit` seconds at most.
fn running(project: &Project, python: &str, limit: &str, mark: &str) -> Child {
    let variable = format!("--env=MARK={mark}");
    let mut child = command(project.folder.path())
        .args(["--i-trust-this", "--python", python, "--runtime-timeout", limit, &variable])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !project.folder.path().join("shop/was-here").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it ran anything");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child
}

/// Told to end, we end what we run first.
#[test]
fn an_interruption_ends_everything() {
    let Some(python) = pythons().pop() else { return };
    let project = Project::new("import pathlib, time\npathlib.Path(__file__).with_name('was-here').touch()\ntime.sleep(3600)\n");
    let mark = mark("interrupt");
    let mut child = running(&project, &python, "600", &mark);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let status = child.wait().unwrap();
    assert!(!status.success());
    assert_eq!(alive(&mark), Vec::<String>::new());
}

/// Ended so that we cannot end anything, we leave a process that ends itself.
#[test]
fn a_run_that_nobody_waits_for_ends_itself() {
    let Some(python) = pythons().pop() else { return };
    let project = Project::new("import pathlib\npathlib.Path(__file__).with_name('was-here').touch()\nwhile True:\n    pass\n");
    let mark = mark("orphan");
    let mut child = running(&project, &python, "8", &mark);
    child.kill().unwrap();
    child.wait().unwrap();
    for _ in 0..600 {
        if alive(&mark).is_empty() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it runs on: {:?}", alive(&mark));
}
