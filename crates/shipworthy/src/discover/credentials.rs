//! Files of the tree whose kind it is to hold a credential, and whether git tracks them.

use std::collections::BTreeSet;

use shipworthy_model::picture::Picture;
use shipworthy_model::{Artifacts, CredentialFile, Region};
use shipworthy_source::stage::Stage;
use shipworthy_source::{credentials, declarations};

use super::{Ground, read};
use crate::collect;

/// Password files of programs, private keys, and the files that compose files name under `secrets`.
pub(crate) fn credential_files(ground: &Ground, picture: &Picture, artifacts: &mut Artifacts) -> Vec<CredentialFile> {
    const MOST: usize = 60;
    const LARGEST: usize = 64 * 1024;
    let named: BTreeSet<&str> = picture.secret_files.iter().map(|it| &*it.path).collect();
    let is_one = |path: &str| named.contains(path) || credentials::is_credential_file(path);
    let usual = |path: &str| Stage::of(path) != Stage::Development && !declarations::is_example(path);
    // What git tracks although it is told to ignore it is not among the files of the tree.
    let tracked = collect::tracked_where(&ground.root, is_one);
    let mut paths: BTreeSet<String> = ground.listing.files.iter().filter(|path| is_one(path)).cloned().collect();
    paths.extend(tracked.iter().flatten().cloned());
    let file = |path: String| {
        let text = read(&ground.tree, &path).filter(|text| text.len() <= LARGEST)?;
        let trimmed = text.trim();
        let (what, at) = if named.contains(&*path) {
            let start = text.len() - text.trim_start().len();
            ("a secret of its containers", start..start + trimmed.len())
        } else {
            credentials::credential(&path, &text)?
        };
        let tracked = tracked.as_ref().map(|tracked| tracked.contains(&path));
        let artifact = artifacts.add(&path, text.as_str());
        let at = Region::new(artifact, at.start as u32, at.end as u32);
        Some(CredentialFile { stage: Stage::of(&path), path: path.into(), tracked, what, at })
    };
    paths.into_iter().filter(|path| usual(path)).take(MOST).filter_map(file).collect()
}
