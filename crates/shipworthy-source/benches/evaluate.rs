//! How long evaluating a settings module takes, without the disk: `cargo bench -p shipworthy-source`.

use divan::Bencher;
use shipworthy_model::{Artifacts, Settings, Version};
use shipworthy_source::MemoryTree;
use shipworthy_source::python::{self, Environment, Request, Shelf};

fn main() {
    divan::main();
}

const BASE: &str = include_str!("../../../examples/unfit/shop/settings/base.py");
const PRODUCTION: &str = include_str!("../../../examples/unfit/shop/settings/production.py");

/// The settings of the example deployment: two modules, an environment library, about forty settings.
#[divan::bench]
fn example(bencher: Bencher<'_, '_>) {
    let tree = tree(&[("shop/settings/base.py", BASE), ("shop/settings/production.py", PRODUCTION)]);
    bencher.bench_local(|| load(&tree, "shop.settings.production"));
}

/// A module in which every one of so many branches is undecided: the cost of joining.
#[divan::bench(args = [1, 10, 100])]
fn undecided_branches(bencher: Bencher<'_, '_>, count: usize) {
    let mut text = String::from("import somewhere\nNAMES = {}\n");
    for at in 0..count {
        text += &"if somewhere.flag(@):\n    SETTING_@ = @\n    NAMES['@'] = [@]\n".replace('@', &at.to_string());
    }
    let tree = tree(&[("settings.py", &text)]);
    bencher.bench_local(|| load(&tree, "settings"));
}

/// A loop of so many rounds that appends to a list: the cost of a step.
#[divan::bench(args = [100, 10_000])]
fn loop_rounds(bencher: Bencher<'_, '_>, count: usize) {
    let text = format!("FOUND = []\nfor number in range({count}):\n    FOUND.append(number * 2)\n");
    let tree = tree(&[("settings.py", &text)]);
    bencher.bench_local(|| load(&tree, "settings"));
}

fn tree(files: &[(&str, &str)]) -> MemoryTree {
    let mut tree = MemoryTree::default();
    for (path, text) in files {
        tree.insert(path, *text);
    }
    tree
}

fn load(tree: &MemoryTree, module: &str) -> Settings {
    let request = Request {
        tree,
        root: "/project",
        search_path: &[String::new()],
        module,
        environment: &Environment::default(),
        django: Version::LATEST,
        dependencies: None,
        shelf: &Shelf::default(),
    };
    python::evaluate(&request, &mut Artifacts::default())
}
