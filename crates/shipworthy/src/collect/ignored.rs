//! Whether git ignores a path that need not be there: what a build makes is kept out of the tree on purpose.

use std::path::Path;

use ignore::Match;
use ignore::gitignore::Gitignore;

/// Whether a `.gitignore` between the root and a folder, given relative to it, names the folder or whatever is put into it.
/// The nearest file decides.
pub(crate) fn is_ignored(root: &Path, folder: &str) -> bool {
    let folder = Path::new(folder);
    for around in folder.ancestors().skip(1) {
        let Ok(own) = folder.strip_prefix(around) else { continue };
        let file = root.join(around).join(".gitignore");
        if own.as_os_str().is_empty() || !file.is_file() {
            continue;
        }
        let (rules, _) = Gitignore::new(file);
        let matched = match rules.matched_path_or_any_parents(root.join(folder), true) {
            Match::None => rules.matched_path_or_any_parents(root.join(folder).join("file"), false),
            decided @ (Match::Ignore(_) | Match::Whitelist(_)) => decided,
        };
        match matched {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_decides() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("shop/kept")).unwrap();
        std::fs::write(root.path().join(".gitignore"), "/static\nassets/\nbuilt/*\nlocale\n").unwrap();
        std::fs::write(root.path().join("shop/.gitignore"), "!locale\n").unwrap();
        let ignored = |folder: &str| is_ignored(root.path(), folder);
        assert!(ignored("static") && ignored("static/js") && ignored("shop/assets") && ignored("built") && ignored("locale"));
        assert!(!ignored("shop/static") && !ignored("shop/locale") && !ignored("shop/kept"));
    }
}
