//! How dynaconf sets what a file or a variable says: replaced, merged, put in its place, or left for later.

use std::collections::{BTreeMap, BTreeSet};

use shipworthy_model::{Region, Why};

use super::casts::{self, Late, Parsed};
use crate::python::interp::{Interp, Res};
use crate::python::object::{Deps, Elem, Id, Kind, Val};

/// What `getattr` finds on a dictionary besides its keys.
const METHODS: [&str; 16] = [
    "items",
    "keys",
    "values",
    "get",
    "pop",
    "copy",
    "update",
    "clear",
    "popitem",
    "setdefault",
    "fromkeys",
    "box_settings",
    "to_dict",
    "to_json",
    "to_yaml",
    "to_toml",
];
/// How far texts that are formatted may lead from one to the next.
const MAX_DEPTH: usize = 10;

/// The settings module as dynaconf holds it.
pub(super) struct Store {
    space: Id,
    /// Whether dictionaries and lists are merged unless they say otherwise.
    merges: bool,
    late: BTreeMap<String, Late>,
    /// Lists that were to be merged into what was not there: they have the word until all is read.
    marked: BTreeSet<String>,
    /// What the module itself holds: where merging is the rule, that is merged once more in the end.
    own: Vec<(String, Val)>,
    at: Region,
}

impl Store {
    pub(super) fn new(space: Id, merges: bool, at: Region) -> Self {
        Self { space, merges, late: BTreeMap::new(), marked: BTreeSet::new(), own: Vec::new(), at }
    }

    /// Notes what the module itself holds.
    pub(super) fn keep(&mut self, name: &str, value: Val) {
        self.own.push((name.to_owned(), value));
    }

    fn unsure(&self) -> Val {
        Val::unknown(Why::Unsupported("a value that dynaconf merges".into()), Some(self.at))
    }

    fn put(&mut self, interp: &mut Interp<'_>, name: &str, value: Val) {
        self.late.remove(name);
        interp.bind(self.space, name, value.or_at(self.at));
    }

    /// `Settings.set`. A name with `__` in it means a part of a setting.
    pub(super) fn set(
        &mut self,
        interp: &mut Interp<'_>,
        name: &str,
        value: Parsed,
        merge: Option<bool>,
        deps: &Deps,
    ) -> Res<()> {
        let (top, path) = name.split_once("__").map_or((name, None), |(top, path)| (top, Some(path)));
        let top = top.to_uppercase();
        if top.contains(['.', '[']) || path.is_some_and(|path| path.contains(['.', '['])) {
            let top = top.split(['.', '[']).next().unwrap_or_default().to_owned();
            let unsure = self.unsure().with(deps);
            self.put(interp, &top, unsure);
            return Ok(());
        }
        let existing = if self.late.contains_key(&top) { Some(self.unsure()) } else { interp.lookup(self.space, &top) };
        let value = match path {
            Some(path) => {
                let path: Vec<&str> = path.split("__").collect();
                self.part(interp, existing.as_ref(), &path, value)?
            }
            None => match self.whole(interp, &top, existing, value, merge)? {
                Some(value) => value,
                None => return Ok(()),
            },
        };
        self.put(interp, &top, value.with(deps));
        Ok(())
    }

    /// What a whole setting becomes; nothing where that is told later, or nothing is to be set.
    fn whole(
        &mut self,
        interp: &mut Interp<'_>,
        name: &str,
        existing: Option<Val>,
        value: Parsed,
        merge: Option<bool>,
    ) -> Res<Option<Val>> {
        let there = existing.as_ref().filter(|value| !value.is_none());
        let value = match value {
            Parsed::Plain(value) => value,
            Parsed::Late(late) => {
                self.late.insert(name.to_owned(), late);
                return Ok(None);
            }
            // Django sees a default or nothing, the module keeps what it had.
            Parsed::Deleted => return Ok(existing.map(|_| self.unsure())),
            Parsed::Merged(value, unique) => {
                let Some(old) = there else { return Ok(Some(value)) };
                return Ok(Some(match interp.truth(old) {
                    _ if self.merges || self.marked.contains(name) || casts::has_markers(interp, &value, 0) => self.unsure(),
                    Some(true) => self.merge(interp, old, &value, unique, true, &[])?,
                    Some(false) => value,
                    None => self.unsure(),
                }));
            }
            Parsed::Inserted(index, value) => match there {
                Some(old) if matches!(old.kind, Kind::List(_)) && interp.truth(old) == Some(true) => {
                    let Some(mut items) = interp.certain_elements(old, self.at)? else { return Ok(Some(self.unsure())) };
                    let length = items.len() as i128;
                    let index = if index < 0 { (index + length).max(0) } else { index.min(length) };
                    items.insert(usize::try_from(index).unwrap_or_default(), value);
                    return Ok(Some(interp.list(items).with(&old.deps)));
                }
                Some(old) if old.as_unknown().is_some() => return Ok(Some(self.unsure())),
                _ => interp.list(vec![value]),
            },
        };
        let Some(old) = there else {
            let (stripped, marked) = self.without_marker(interp, &value)?;
            let is_list = matches!(value.kind, Kind::List(_));
            return Ok(Some(match marked {
                Some((_, false)) if is_list => {
                    self.marked.insert(name.to_owned());
                    stripped
                }
                Some((_, true)) => self.unsure(),
                // A dictionary keeps the word where there is nothing to merge it into.
                _ => value,
            }));
        };
        if merge == Some(true) {
            let merged = if casts::has_markers(interp, &value, 0) {
                self.unsure()
            } else {
                self.merge(interp, old, &value, false, true, &[])?
            };
            return Ok(Some(merged));
        }
        let (value, marked) = self.without_marker(interp, &value)?;
        if casts::has_markers(interp, &value, 0) {
            return Ok(Some(self.unsure()));
        }
        let container = matches!(value.kind, Kind::List(_) | Kind::Dict(_));
        Ok(Some(match marked {
            Some((merges, unique)) if merges => self.merge(interp, old, &value, unique, true, &[])?,
            None if container && merge.unwrap_or(self.merges) => self.merge(interp, old, &value, false, true, &[])?,
            _ => value,
        }))
    }

    /// A list or a dictionary without the word that says whether it is merged, and what that says: whether, and whether
    /// without what is there already.
    fn without_marker(&self, interp: &mut Interp<'_>, value: &Val) -> Res<(Val, Option<(bool, bool)>)> {
        const MARKER: &str = "dynaconf_merge";
        const UNIQUE: &str = "dynaconf_merge_unique";
        match value.kind {
            Kind::List(_) => {
                let Some(mut items) = interp.certain_elements(value, self.at)? else { return Ok((value.clone(), None)) };
                for (marker, unique) in [(MARKER, false), (UNIQUE, true)] {
                    if let Some(index) = items.iter().position(|item| item.as_str() == Some(marker)) {
                        items.remove(index);
                        return Ok((interp.list(items).with(&value.deps), Some((true, unique))));
                    }
                }
            }
            Kind::Dict(id) => {
                let Some(mut entries) = casts::entries(interp, id) else { return Ok((value.clone(), None)) };
                if let Some(index) = entries.iter().position(|(key, _)| key.as_str() == Some(MARKER))
                    && let Kind::Bool(flag) = entries[index].1.kind
                {
                    entries.remove(index);
                    return Ok((self.dictionary(interp, entries)?.with(&value.deps), Some((flag, false))));
                }
            }
            _ => {}
        }
        Ok((value.clone(), None))
    }

    fn dictionary(&self, interp: &mut Interp<'_>, entries: Vec<(Val, Val)>) -> Res<Val> {
        let made = interp.dict(Vec::new());
        for (key, value) in entries {
            interp.set_item(&made, &key, value, self.at)?;
        }
        Ok(made)
    }

    /// `Settings._dotted_set`: the setting with one of its parts replaced.
    fn part(&mut self, interp: &mut Interp<'_>, existing: Option<&Val>, path: &[&str], value: Parsed) -> Res<Val> {
        let Parsed::Plain(value) = value else { return Ok(self.unsure()) };
        let odd = |key: &&str| key.is_empty() || key.starts_with('_') || METHODS.contains(&&*key.to_lowercase());
        if self.merges || path.iter().any(odd) || casts::has_markers(interp, &value, 0) {
            return Ok(self.unsure());
        }
        let mut new = value;
        for key in path.iter().rev() {
            new = interp.dict(vec![(*key, new)]);
        }
        let Some(existing) = existing else { return Ok(new) };
        match interp.truth(existing) {
            Some(true) => self.merge(interp, existing, &new, false, false, path),
            Some(false) => Ok(new),
            None => Ok(self.unsure()),
        }
    }

    /// `object_merge`. At the end of a path the new value replaces the old one.
    fn merge(&self, interp: &mut Interp<'_>, old: &Val, new: &Val, unique: bool, lists: bool, path: &[&str]) -> Res<Val> {
        interp.burn(5)?;
        if old.is_none() || new.is_none() {
            return Ok(new.clone());
        }
        let made = match (&old.kind, &new.kind) {
            (Kind::List(_), Kind::List(_)) if !lists && !unique => return Ok(new.clone()),
            (Kind::List(_), Kind::List(_)) => {
                let (Some(olds), Some(mut items)) =
                    (interp.certain_elements(old, self.at)?, interp.certain_elements(new, self.at)?)
                else {
                    return Ok(interp.unknown_of(&[old, new], self.at));
                };
                match interp.equal(old, new) {
                    Some(true) => return Ok(new.clone()),
                    Some(false) => {}
                    None => return Ok(interp.unknown_of(&[old, new], self.at)),
                }
                for item in olds.into_iter().rev() {
                    if unique {
                        let among: Vec<Elem> = items.iter().cloned().map(Elem::One).collect();
                        match interp.among(&among, &item) {
                            Some(true) => continue,
                            Some(false) => {}
                            None => return Ok(interp.unknown_of(&[old, new], self.at)),
                        }
                    }
                    items.insert(0, item);
                }
                interp.list(items)
            }
            (Kind::Dict(from), Kind::Dict(to)) => {
                let (Some(olds), Some(mut news)) = (casts::entries(interp, *from), casts::entries(interp, *to)) else {
                    return Ok(interp.unknown_of(&[old, new], self.at));
                };
                if interp.equal(old, new) == Some(true) {
                    return Ok(new.clone());
                }
                // The spelling of a key that is there counts.
                for (key, _) in &mut news {
                    let Some(name) = key.as_str().map(str::to_lowercase) else { continue };
                    let mut known = olds.iter().filter_map(|(key, _)| key.as_str());
                    if known.clone().any(|known| Some(known) == key.as_str()) {
                        continue;
                    }
                    let same = known.find(|known| known.to_lowercase() == name || known.replace(' ', "_").to_lowercase() == name);
                    if let Some(same) = same {
                        *key = Val::str(same);
                    }
                }
                let mut made = Vec::new();
                for (key, value) in olds {
                    let place = news.iter().position(|(new, _)| interp.equal(new, &key) == Some(true));
                    let Some((_, item)) = place.map(|place| news.remove(place)) else {
                        made.push((key, value));
                        continue;
                    };
                    let leaf = path.len() == 1 && key.as_str().is_some_and(|key| key.eq_ignore_ascii_case(path[0]));
                    let rest = path.get(1..).unwrap_or_default();
                    let item = if leaf {
                        item
                    } else {
                        interp.deeper(self.at, |interp| self.merge(interp, &value, &item, false, lists, rest))?
                    };
                    made.push((key, item));
                }
                made.extend(news);
                self.dictionary(interp, made)?
            }
            _ if old.as_unknown().is_some() || new.as_unknown().is_some() => interp.unknown_of(&[old, new], self.at),
            _ => return Ok(new.clone()),
        };
        Ok(made.with(&old.deps).with(&new.deps))
    }

    /// Formats what was left for later, and gives the module what it is to hold.
    pub(super) fn finish(mut self, interp: &mut Interp<'_>) -> Res<()> {
        let names: Vec<String> = self.late.keys().cloned().collect();
        for name in names {
            if let Some(value) = self.formatted(interp, &name, 0)? {
                self.put(interp, &name, value);
            }
        }
        for (name, old) in std::mem::take(&mut self.own) {
            let Some(value) = interp.lookup(self.space, &name).filter(|_| self.merges) else { continue };
            let merged = match (&value.kind, interp.truth(&old)) {
                (Kind::List(_) | Kind::Dict(_), Some(true)) => self.merge(interp, &old, &value, false, true, &[])?,
                (Kind::List(_) | Kind::Dict(_), None) => interp.unknown_of(&[&old, &value], self.at),
                _ => continue,
            };
            interp.bind(self.space, &name, merged.or_at(self.at));
        }
        Ok(())
    }

    fn formatted(&mut self, interp: &mut Interp<'_>, name: &str, depth: usize) -> Res<Option<Val>> {
        let Some(late) = self.late.get(name).cloned() else { return Ok(interp.lookup(self.space, name)) };
        if depth > MAX_DEPTH {
            return Ok(Some(self.unsure()));
        }
        let at = self.at;
        let value = casts::formatted(interp, &late, &mut |interp, name| self.formatted(interp, name, depth + 1), at)?;
        Ok(Some(value))
    }
}
