//! Folders that settings name: which they are, and whether they are there.

use std::collections::BTreeSet;

use crate::{Facts, Item, Truth, Unknown, Value, Why, path};

impl Facts {
    /// The absolute paths, as written, of folders that rules ask about: whoever has a file system at hand looks them up and
    /// puts the answer into [`crate::Project::folders`].
    pub fn folders_asked(&self) -> BTreeSet<String> {
        let mut folders = BTreeSet::new();
        let mut add = |value: &Value| {
            for (value, _) in value.alternatives() {
                if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
                    folders.insert(self.placed(text));
                }
            }
        };
        add(&self.setting("FILE_UPLOAD_TEMP_DIR").value);
        add(&self.setting("STATIC_ROOT").value);
        self.setting("LOCALE_PATHS").value.known_items().for_each(&mut add);
        for folder in self.setting("STATICFILES_DIRS").value.known_items() {
            match folder.items() {
                Some([_, Item::One(folder)]) => add(folder),
                Some(_) => {}
                None => add(folder),
            }
        }
        folders
    }

    /// A path of the settings as Django's processes see it when they are started in the project's folder.
    pub fn absolute(&self, path: &str) -> String {
        path::absolute(&self.project.root, path)
    }

    /// A folder as messages name it: in the project by its place there, elsewhere as it is written.
    pub fn show_folder(&self, path: &str) -> String {
        let (root, absolute) = (self.absolute(""), self.absolute(path));
        let inside = absolute.strip_prefix(root.trim_end_matches('/')).and_then(|inside| inside.strip_prefix('/'));
        match inside.filter(|inside| !inside.is_empty() && !self.project.root.is_empty()) {
            Some(inside) => format!("{inside}/"),
            None => format!("\"{path}\""),
        }
    }

    /// A path of the settings below the project's folder, with every `..` left for the file system to follow.
    fn placed(&self, text: &str) -> String {
        if path::is_absolute(text) || self.project.root.is_empty() {
            text.to_owned()
        } else {
            format!("{}/{text}", self.project.root)
        }
    }

    /// Whether there is a folder at a path of the settings.
    pub fn is_folder(&self, path: &str) -> Truth {
        let path = self.placed(path);
        match self.project.folders.get(path.as_str()) {
            Some(there) => Truth::from(*there),
            None => Truth::Unknown(Unknown::new(Why::File(path.into()), None)),
        }
    }

    /// Whether a build makes the folder at a path of the settings: git ignores it, or an image copies it from another stage.
    pub fn is_built_folder(&self, path: &str) -> bool {
        let folder = path::absolute("", &self.placed(path));
        let root = path::absolute("", &self.project.root);
        let inside = folder.strip_prefix(root.trim_end_matches('/')).filter(|inside| inside.len() > 1);
        let copied = |target: &str| {
            let target = target.trim_start_matches("./").trim_end_matches('/');
            inside.is_some_and(|inside| target.ends_with(inside) || target == inside.trim_start_matches('/'))
        };
        let stages = self.picture.images.iter().flat_map(|image| &image.stages);
        let mut outputs = stages.flat_map(|stage| &stage.copies).filter(|copy| copy.from.is_some());
        self.project.ignored_folders.contains(&*folder) || outputs.any(|copy| copy.target.as_str().is_some_and(copied))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_by_their_place_in_the_project() {
        let mut facts = Facts::default();
        assert_eq!(facts.show_folder("/srv/shop/static"), "\"/srv/shop/static\"");
        facts.project.root = "/srv/shop".into();
        assert_eq!(facts.show_folder("/srv/shop/static"), "static/");
        assert_eq!(facts.show_folder("/srv/shopping/static"), "\"/srv/shopping/static\"");
        assert_eq!(facts.show_folder("static/dist"), "static/dist/");
    }
}
