//! Folders that are not there because a build makes them: scripts and configurations of the project name them.

use shipworthy_source::{Tree, text};

use super::Ground;

/// What scripts and configurations of builds say, read when somebody asks.
pub(crate) struct Built<'g> {
    ground: &'g Ground,
    texts: Option<Vec<(String, String)>>,
}

impl<'g> Built<'g> {
    /// Knows nothing yet.
    pub(crate) fn new(ground: &'g Ground) -> Self {
        Self { ground, texts: None }
    }

    /// Whether a build makes a folder, given relative to the root: a `.gitignore` names what lies in it, or a script or the
    /// configuration of a build names it by more than one word.
    pub(crate) fn makes(&mut self, folder: &str) -> bool {
        let ground = self.ground;
        let texts = self.texts.get_or_insert_with(|| read(ground));
        let folder = folder.trim_matches('/');
        let ignored = |path: &str, text: &str| {
            let around = path.rsplit_once('/').map_or("", |(around, _)| around);
            let own = if around.is_empty() { Some(folder) } else { folder.strip_prefix(around).map(|own| own.trim_matches('/')) };
            own.filter(|own| !own.is_empty()).is_some_and(|own| {
                let inside = |line: &str| line.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
                text.lines().any(|line| inside(line.trim().trim_start_matches('/')))
            })
        };
        // The last two names of a path stand in scripts that change their folder first.
        let end = folder.rmatch_indices('/').nth(1).map_or(folder, |(at, _)| &folder[at + 1..]);
        let named = |text: &str| {
            end.contains('/')
                && text.match_indices(end).any(|(at, _)| {
                    let edge =
                        |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric() && !"-_".contains(letter));
                    edge(text[..at].chars().next_back()) && edge(text[at + end.len()..].chars().next())
                })
        };
        texts.iter().any(|(path, text)| if path.ends_with(".gitignore") { ignored(path, text) } else { named(text) })
    }
}

/// The files that say what a build makes.
fn read(ground: &Ground) -> Vec<(String, String)> {
    const MOST: usize = 200;
    const LARGEST: usize = 256 * 1024;
    let paths = ground.listing.files.iter().filter(|path| says(path)).take(MOST);
    let text = |path: &String| Some((path.clone(), text::decode(ground.tree.read(path).ok()?)));
    paths.filter_map(text).filter(|(_, text)| text.len() <= LARGEST).collect()
}

fn says(path: &str) -> bool {
    const CONFIGURATIONS: [&str; 8] =
        ["vite.config.", "webpack.", "rollup.config.", "gulpfile.", "gruntfile.", "tailwind.", "esbuild.", "postcss."];
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = name.to_ascii_lowercase();
    let script = lower.rsplit('.').next() == Some("sh") || folder == "bin" || folder.ends_with("/bin");
    let named =
        matches!(lower.as_str(), ".gitignore" | "package.json" | "makefile" | "justfile" | "angular.json" | "vue.config.js");
    script || named || CONFIGURATIONS.iter().any(|start| lower.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_names_it_makes() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(".gitignore", "theme/static/css/style.css\n");
        write("web/vite.config.js", "outDir: '../shop/assets/bundle',\n");
        write("bin/post_compile", "tar xf t.tar -C shop/locale\n");
        write("notes.txt", "shop/nothing/here\n");
        let ground = Ground::new(std::fs::canonicalize(root.path()).unwrap());
        let mut built = Built::new(&ground);
        assert!(built.makes("theme/static") && built.makes("shop/assets/bundle") && built.makes("shop/locale"));
        assert!(!built.makes("shop/nothing/here") && !built.makes("locale") && !built.makes("shop/assets/bundles"));
    }
}
