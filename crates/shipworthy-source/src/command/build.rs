//! `docker build`: the image that a command builds, and its name.

use shipworthy_model::picture::Text;

use super::{Found, handing};

/// An image that a command builds under a name.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    /// Its name.
    pub(crate) name: Text,
    /// The Dockerfile, where one is named.
    pub(crate) file: Option<Text>,
    /// The folder that it is built in.
    pub(crate) context: Text,
    /// The stage that is built.
    pub(crate) target: Option<Text>,
}

/// Keeps what `docker build`, `docker buildx build` or `docker image build` names, if that is what the words say.
pub(super) fn named(tail: &[Text], found: &mut Found) -> bool {
    const SWITCHES: [&str; 10] =
        ["--no-cache", "--pull", "--push", "--load", "--quiet", "-q", "--rm", "--force-rm", "--squash", "--compress"];
    let Some(at) = tail.iter().take(2).position(|word| word.is("build")) else { return false };
    if at == 1 && !["buildx", "image", "builder"].iter().any(|word| tail[0].is(word)) {
        return false;
    }
    let (mut names, mut file, mut target, mut context) = (Vec::new(), None, None, None);
    let mut words = tail[at + 1..].iter();
    while let Some(word) = words.next() {
        let shown = word.shown();
        if let Some((option, value)) = shown.split_once('=').filter(|_| shown.starts_with("--")) {
            let value = Text::known(value, word.at);
            match option {
                "--tag" => names.push(value),
                "--file" => file = Some(value),
                "--target" => target = Some(value),
                "--build-arg" => found.spell(handing::pair(&value).as_slice()),
                _ => {}
            }
        } else if shown.starts_with('-') && shown != "-" {
            if SWITCHES.contains(&shown) {
                continue;
            }
            let value = words.next().cloned();
            if shown == "--build-arg" {
                found.spell(value.as_ref().and_then(handing::pair).as_slice());
            }
            match shown {
                "-t" | "--tag" => names.extend(value),
                "-f" | "--file" => file = value,
                "--target" => target = value,
                _ => {}
            }
        } else {
            context = Some(word.clone());
        }
    }
    if let Some(context) = context {
        for name in names {
            found.built.push(Built { name, file: file.clone(), context: context.clone(), target: target.clone() });
        }
    }
    true
}
