//! Whether what a file declares is all there is: packages of the index, with nothing brought from elsewhere.

use super::Format;

/// Whether a file declares packages of the public index and nothing else: no address, no path, no index of somebody's own,
/// no list that is put together when it is built. What such packages bring along in turn is another question.
pub fn is_plain(format: Format, text: &str) -> bool {
    let lines = || text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    match format {
        Format::Requirements => lines().all(|line| {
            let line = line.split(" #").next().unwrap_or(line);
            let elsewhere = ["-e", "--editable", "-i", "--index", "--extra-index", "-f", "--find", "git+", ".", "/", "file:"];
            !elsewhere.iter().any(|start| line.starts_with(start)) && !line.contains("://") && !line.contains(" @ ")
        }),
        Format::Pyproject => {
            let dynamic = lines().any(|line| line.starts_with("dynamic") && line.contains("dependencies"));
            let elsewhere = ["git =", "path =", "url =", "workspace =", "[[tool.uv.index]]", "[[tool.poetry.source]]", "://"];
            let names_others = lines().filter(|line| !line.starts_with("Homepage")).any(|line| {
                elsewhere[..6].iter().any(|word| line.contains(word)) || line.contains("://") && line.contains(" @ ")
            });
            !dynamic && !names_others
        }
        Format::Pipfile => !["git =", "path =", "file ="].iter().any(|word| text.contains(word)),
        Format::UvLock | Format::PoetryLock | Format::PdmLock | Format::PyLock | Format::PipfileLock => true,
        Format::SetupCfg | Format::SetupPy | Format::Conda | Format::Metadata => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_may_come_from_elsewhere() {
        for text in ["django==5.2\n# see https://x.example\nredis  # https://x\n", "-r base.txt\n-c c.txt\n"] {
            assert!(is_plain(Format::Requirements, text), "{text}");
        }
        for text in ["git+https://x/y.git\n", "-e .\n", "./lib\n", "a @ https://x/a.whl\n", "--extra-index-url https://x\na\n"] {
            assert!(!is_plain(Format::Requirements, text), "{text}");
        }
        let project = "[project]\ndependencies = [\"django\"]\n[project.urls]\nHomepage = \"https://x.example\"\n";
        assert!(is_plain(Format::Pyproject, project));
        assert!(!is_plain(Format::Pyproject, "[project]\ndynamic = [\"version\", \"dependencies\"]\n"));
        assert!(!is_plain(Format::Pyproject, "[tool.poetry.dependencies]\nshop = {path = \"../shop\"}\n"));
    }
}
