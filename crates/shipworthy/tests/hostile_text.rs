//! Text of a project that tries to steer the terminal, or to break the report, is shown and nothing more.

use assert_cmd::Command;

#[test]
fn names_and_lines_are_shown_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[31m";
    let package = if cfg!(windows) { "shop".to_owned() } else { format!("shop{evil}") };
    std::fs::create_dir_all(root.join(&package)).expect("a folder");
    let settings = format!(
        "SECRET_KEY = 'é{evil}\u{9b}2J\u{202e}'\nDEBUG = True  # {evil}\nALLOWED_HOSTS = ['*', '{evil}', 'é']\nX = '{}'; DEBUG = True\n",
        "é".repeat(500_000),
    );
    std::fs::write(root.join(&package).join("settings.py"), settings).expect("a file");
    std::fs::write(root.join("settings.py"), format!("DEBUG = True # {evil}\n{}", "x".repeat(1_000_000))).expect("a file");
    std::fs::write(root.join("manage.py"), "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n")
        .expect("a file");
    std::fs::write(root.join(format!("{}.env", if cfg!(windows) { "" } else { evil })), "DEBUG=1\n").expect("a file");
    for format in ["text", "json", "sarif", "github", "django"] {
        let output = Command::cargo_bin("shipworthy")
            .expect("the program is built")
            .current_dir(root)
            .args(["check", "--verbose", "--color", "never", "--output-format", format])
            .output()
            .expect("the program runs");
        let shown = String::from_utf8(output.stdout).expect("is UTF-8") + &String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0..=2)), "{format}: {:?}\n{shown}", output.status);
        let steers = |character: &char| (character.is_control() && !matches!(character, '\n' | '\t')) || *character == '\u{202e}';
        assert_eq!(shown.chars().find(steers), None, "{format}");
        assert!(shown.len() < 2_000_000, "{format}: {} bytes", shown.len());
    }
}
