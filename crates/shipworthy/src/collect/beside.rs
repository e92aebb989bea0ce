//! What is installed beside a package that is audited where it is installed.

use std::path::Path;

/// The names in the folder of installed packages that `root` lies in; none where it lies elsewhere.
pub(crate) fn packages_beside(root: &Path) -> Vec<String> {
    let is_library = |folder: &&Path| folder.file_name().is_some_and(|name| name == "site-packages" || name == "dist-packages");
    let Some(library) = root.parent().filter(is_library) else { return Vec::new() };
    let entries = std::fs::read_dir(library).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_of_installed_packages_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        for library in ["lib/site-packages", "lib/projects"] {
            std::fs::create_dir_all(folder.path().join(library).join("shop")).unwrap();
            std::fs::create_dir_all(folder.path().join(library).join("Django-5.2.dist-info")).unwrap();
        }
        let mut names = packages_beside(&folder.path().join("lib/site-packages/shop"));
        names.sort();
        assert_eq!(names, ["Django-5.2.dist-info", "shop"]);
        assert!(packages_beside(&folder.path().join("lib/projects/shop")).is_empty());
    }
}
