//! Readers of front ends over many files: nothing panics, every region lies in its file, and real files are understood.
//!
//! `SHIPWORTHY_FUZZ_COUNT` is the number of damaged files per fixture (default 40), `SHIPWORTHY_FUZZ_SEED` the first seed.
//! `SHIPWORTHY_FRONTS` names a folder of real configurations to be read: what is not understood of them is printed.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shipworthy_model::front::{Front, FrontKind, Request, Scheme};
use shipworthy_model::{Artifacts, Region};
use shipworthy_source::fronts::{self, Reading};
use shipworthy_source::{MemoryTree, text};

fn fixtures() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fronts");
    walk(&folder, &mut |path| {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        found.push((name, std::fs::read_to_string(path).unwrap()));
    });
    found.sort();
    assert!(!found.is_empty());
    found
}

fn walk(folder: &Path, found: &mut dyn FnMut(&PathBuf)) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { walk(&path, found) } else { found(&path) }
    }
}

fn read(kind: FrontKind, path: &str, text: &str) -> (Artifacts, Reading) {
    let mut artifacts = Artifacts::default();
    let artifact = artifacts.add(path, text);
    let reading = fronts::read(kind, &MemoryTree::default(), &mut artifacts, artifact);
    (artifacts, reading)
}

#[test]
fn fixtures_are_recognised_and_read_without_notices() {
    for (path, text) in fixtures() {
        let kind = fronts::program(&path, &text);
        let folder = path.split('/').next().unwrap();
        assert_eq!(kind.map(|kind| format!("{kind:?}").to_lowercase()).as_deref(), Some(folder), "{path}");
        let (_, reading) = read(kind.unwrap(), &path, &text);
        assert_eq!(reading.notices, [], "{path}");
        assert!(reading.fronts.iter().any(|front| !front.sites.is_empty()), "{path} has no site");
    }
}

#[test]
fn damaged_files_do_no_harm() {
    let number = |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().expect(name));
    let (count, seed) = (number("SHIPWORTHY_FUZZ_COUNT", 40), number("SHIPWORTHY_FUZZ_SEED", 1));
    let kinds = [FrontKind::Nginx, FrontKind::Apache, FrontKind::Caddy, FrontKind::HaProxy, FrontKind::Traefik];
    for (index, (path, text)) in fixtures().into_iter().enumerate() {
        let own = fronts::program(&path, &text).unwrap();
        let mut state = (seed + index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for round in 0..count {
            let damaged = damage(&text, &mut state);
            // Every tenth goes to a reader it was never meant for.
            let kind = if round % 10 == 9 { kinds[(round / 10) as usize % kinds.len()] } else { own };
            let (artifacts, reading) = read(kind, &path, &damaged);
            for front in &reading.fronts {
                ask(front);
                let shown = format!("{front:?}");
                for region in regions(&shown, &reading) {
                    let file = &artifacts.get(region.artifact).text;
                    let inside = file.is_char_boundary(region.start as usize) && file.is_char_boundary(region.end as usize);
                    assert!(inside && region.end as usize <= file.len(), "{region:?} of {kind:?} {path}\n{damaged}");
                }
            }
        }
    }
}

/// Every region in a front end, by its printed form: no field is forgotten that way.
fn regions(shown: &str, reading: &Reading) -> Vec<Region> {
    let mut found: Vec<Region> = reading.notices.iter().filter_map(|notice| notice.at).collect();
    for piece in shown.split("Region { artifact: ArtifactId(").skip(1) {
        let numbers: Vec<u32> = piece
            .split(|it: char| !it.is_ascii_digit())
            .filter(|it| !it.is_empty())
            .take(3)
            .map(|it| it.parse().unwrap())
            .collect();
        found.push(Region::new(shipworthy_model::ArtifactId(numbers[0]), numbers[1], numbers[2]));
    }
    found
}

/// Every question, so that none of them panics either.
fn ask(front: &Front) {
    for request in [Request::http("shop.example", "/static/a.css?x=1"), Request::https("x.example", "/")] {
        for answer in front.answers(&request) {
            if let Some(traffic) = answer.traffic {
                let _ = traffic.forwards("X-Forwarded-Proto").arrives(&request, "X-Forwarded-Proto");
                let _ = traffic.forwards("Host").is_clients_for(&request);
            }
        }
    }
    let _ = (front.stranger(Scheme::Http, 80), front.stranger(Scheme::Https, 443), front.is_whole());
    for site in &front.sites {
        let _ = (site.redirects_to_https(), site.route_for("/media/x.php"), site.speaks_plain());
        for route in site.all_routes() {
            let _ = (route.handler.ends(site).len(), route.path.stem());
        }
    }
}

fn damage(text: &str, state: &mut u64) -> String {
    let mut next = |limit: usize| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 20) as usize % limit.max(1)
    };
    let mut characters: Vec<char> = text.chars().collect();
    const PIECES: &[&str] = &[
        "{",
        "}",
        "\"",
        "'",
        "`",
        ";",
        "\\",
        "#",
        "\n",
        "{{",
        "}}",
        "{%",
        "${",
        "$",
        "<",
        ">",
        "</",
        "(",
        ")",
        "é",
        "\0",
        "[",
        "*",
        "include *;",
        "import *",
        "%{",
    ];
    for _ in 0..1 + next(6) {
        let (from, length) = (next(characters.len() + 1), next(30));
        let until = (from + length).min(characters.len());
        match next(4) {
            0 => drop(characters.drain(from..until)),
            1 => {
                let piece: Vec<char> = PIECES[next(PIECES.len())].chars().collect();
                characters.splice(from..from, piece);
            }
            2 => {
                let copy = characters[from..until].to_vec();
                let place = next(characters.len() + 1);
                characters.splice(place..place, copy);
            }
            _ => characters.truncate(if next(4) == 0 { from } else { characters.len() }),
        }
    }
    characters.into_iter().collect()
}

#[test]
fn real_files_are_understood() {
    let Ok(folder) = std::env::var("SHIPWORTHY_FRONTS") else { return };
    let mut counts: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    walk(Path::new(&folder), &mut |path| {
        let content = text::decode(std::fs::read(path).unwrap());
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        let label = name.split('/').next().unwrap().to_owned();
        let Some(kind) = fronts::program(&name, &content) else {
            println!("? {name}");
            counts.entry(label).or_default()[3] += 1;
            return;
        };
        let (artifacts, reading) = read(kind, &name, &content);
        let count = counts.entry(format!("{label} as {kind:?}")).or_default();
        count[0] += 1;
        count[1] += usize::from(reading.notices.is_empty());
        count[2] += usize::from(reading.fronts.iter().any(|front| !front.sites.is_empty()));
        reading.fronts.iter().for_each(ask);
        for notice in reading.notices.iter().take(3) {
            let shown = notice.at.map(|at| artifacts.text(at).chars().take(100).collect::<String>());
            println!("! {name}: {}: {shown:?}", notice.message);
        }
        let unknown = reading.fronts.iter().map(|front| format!("{front:?}").matches("Unsupported(").count()).sum::<usize>();
        println!(
            "= {name}: {} sites, {unknown} unsupported",
            reading.fronts.iter().map(|front| front.sites.len()).sum::<usize>()
        );
    });
    for (label, [files, whole, sited, unread]) in counts {
        println!("# {label}: {files} files, {whole} without notices, {sited} with sites, {unread} not recognised");
    }
}
