//! Variables that the project is handed where it is deployed, apart from the definition of a unit.

use std::sync::Arc;

use super::{Class, Platform, Text, Variable};
use crate::{Region, Why};

/// What a command of a script hands the project (`gcloud run deploy --set-env-vars`), or a file of a platform that says
/// nothing of how the project is started.
#[derive(Clone, Debug)]
pub struct Handed {
    /// What hands them, for reports: `gcloud run deploy`.
    pub by: Arc<str>,
    /// The kinds of environments whose processes are given them. Empty for what is only spelt out on the way.
    pub to: &'static [Platform],
    /// Which stage it is for.
    pub class: Class,
    /// The variables.
    pub variables: Vec<Variable>,
    /// Where it is written.
    pub at: Region,
    /// Whether they go before what the definition of the unit says.
    pub over: bool,
}

impl Handed {
    /// What production is handed where its processes run on this platform, or on one that no file shows. What several
    /// commands put differently is nobody's to say.
    pub fn for_production(all: &[Self], platform: Option<Platform>, over: bool) -> Vec<Variable> {
        let fits = |it: &&Self| {
            let there = platform.is_none_or(|platform| it.to.contains(&platform));
            it.over == over && !it.to.is_empty() && it.class.may_be_production() && there
        };
        let said = all.iter().filter(fits).any(|it| it.class.is_production());
        let mut known: Vec<Variable> = Vec::new();
        // The settings are named by whoever starts them, and one name that is not known says nothing.
        let telling = |it: &&Variable| {
            it.value.expose().is_some() || !matches!(&*it.name, "DJANGO_SETTINGS_MODULE" | "DJANGO_CONFIGURATION")
        };
        for variable in
            all.iter().filter(fits).filter(|it| it.class.is_production() || !said).flat_map(|it| &it.variables).filter(telling)
        {
            match known.iter_mut().find(|it| it.name == variable.name) {
                Some(it) if it.value.expose() != variable.value.expose() => {
                    let why = Why::Unsupported("several commands give different ones".into());
                    it.value = Text::unknown("…", why, variable.value.at);
                }
                Some(_) => {}
                None => known.push(variable.clone()),
            }
        }
        known
    }
}
