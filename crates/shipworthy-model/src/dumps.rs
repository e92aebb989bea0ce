//! Dumps: files into which the deployment writes copies of the database, and whether a front end shows them.

use crate::picture::{Environment, Text, Unit};
use crate::{Facts, FrontFolder, Region, path};

/// A file into which a copy of the database is written.
#[derive(Clone, Debug)]
pub struct Dump<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// Who writes it.
    pub unit: &'a Unit,
    /// Its folder, as that unit sees it.
    pub folder: String,
    /// Where the command stands.
    pub at: Region,
}

/// Programs that write copies of a database.
const TOOLS: [&str; 6] = ["pg_dump", "pg_dumpall", "mysqldump", "mariadb-dump", "dumpdata", "mongodump"];

impl Facts {
    /// The copies of the database that commands of production's units write to files.
    pub fn dumps(&self) -> Vec<Dump<'_>> {
        let mut dumps = Vec::new();
        for environment in self.picture.production() {
            for unit in &environment.units {
                let words = unit.entrypoint.iter().chain(&unit.command).map(|command| {
                    let text = command.words.iter().map(Text::shown).collect::<Vec<_>>().join(" ");
                    (text, command.at)
                });
                let steps =
                    self.picture.steps.iter().filter(|step| step.backup().is_some() || TOOLS.iter().any(|it| step.is_manage(it)));
                let steps = steps.filter(|step| step.environment.as_ref() == Some(&environment.name));
                let steps = steps.filter(|step| step.unit.as_ref() == Some(&unit.name)).map(|step| {
                    let text = self.artifacts.get(step.at.artifact).text.get(step.at.start as usize..).unwrap_or_default();
                    (text.lines().next().unwrap_or_default().to_owned(), step.at)
                });
                for (text, at) in words.chain(steps) {
                    let own = |folder| Dump { environment, unit, folder, at };
                    dumps.extend(written(&text).map(own));
                }
            }
        }
        dumps
    }

    /// A folder out of which a front end serves what a unit writes into a folder, under one of these addresses.
    pub fn shown_by_front(&self, dump: &Dump<'_>, urls: &[String]) -> Option<FrontFolder<'_>> {
        let mut folders = urls.iter().flat_map(|url| self.front_folders(url));
        folders.find(|folder| {
            let within = |place: &str| place == folder.looked || path::is_below(&folder.looked, place);
            let homes = self.front_homes(folder.front);
            if homes.is_empty() {
                // Where nothing is contained, both see the same disk.
                return dump.unit.mounts.is_empty() && dump.unit.image.is_none() && within(&dump.folder);
            }
            homes.iter().filter(|(it, ..)| it.name == dump.environment.name).any(|(_, unit, _)| {
                unit.at == dump.unit.at && within(&dump.folder)
                    || dump.unit.seen_by(&dump.folder, unit).iter().any(|it| within(it))
            })
        })
    }
}

/// The folder of the file into which a command line writes a copy of a database: behind `>`, `-f` or `--file`.
fn written(text: &str) -> Option<String> {
    let starts = TOOLS.iter().filter_map(|tool| {
        let at = text.find(tool)?;
        let behind = text[at + tool.len()..].chars().next();
        behind.is_none_or(char::is_whitespace).then_some(at)
    });
    let rest = &text[starts.min()?..];
    let rest = &rest[..rest.find([';', '\n', '&']).unwrap_or(rest.len())];
    let mut words = rest.split_whitespace().peekable();
    let mut target = None;
    while let Some(word) = words.next() {
        let own = match word {
            ">" | ">>" | "-f" | "--file" | "-o" | "--output" | "-r" | "--result-file" => words.peek().copied(),
            _ => ["--file=", "--output=", "--result-file=", ">"].iter().find_map(|start| word.strip_prefix(start)),
        };
        target = own.or(target);
    }
    let place = target?.trim_matches(['"', '\'']);
    let (folder, _) = place.rsplit_once('/')?;
    // What a variable names is not to be seen.
    (folder.starts_with('/') && !folder.contains(['$', '`', '{'])).then(|| path::absolute("", folder))
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn the_folder_of_a_dump_is_found() {
        let folder = |text: &str| written(text);
        assert_eq!(folder("while :; do pg_dump -Fc shop > /srv/media/shop.dump; sleep 1; done").as_deref(), Some("/srv/media"));
        assert_eq!(folder("pg_dump shop | gzip >/backup/$(date +%F).gz && ls").as_deref(), Some("/backup"));
        assert_eq!(folder("mysqldump --result-file=/b/a.sql shop").as_deref(), Some("/b"));
        assert_eq!(folder("python manage.py dumpdata -o /srv/static/all.json").as_deref(), Some("/srv/static"));
        assert_eq!(folder("pg_dump shop > $DIR/shop.dump"), None);
        assert_eq!(folder("pg_dump_all > /x/y"), None);
        assert_eq!(folder("ls > /x/y"), None);
    }
}
