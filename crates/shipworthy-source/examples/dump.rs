//! Evaluates a settings module on disk and prints it.
use shipworthy_source::python::{Environment, Request, evaluate};
use shipworthy_source::{Node, ReadError, Tree, tagged};
use std::collections::BTreeMap;
struct Disk(String);
impl Tree for Disk {
    fn node(&self, p: &str) -> Node {
        match std::fs::metadata(format!("{}/{p}", self.0)) {
            Ok(m) if m.is_file() => Node::File,
            Ok(m) if m.is_dir() => Node::Folder,
            Ok(_) => Node::Other,
            Err(_) => Node::Absent,
        }
    }
    fn read(&self, p: &str) -> Result<Vec<u8>, ReadError> {
        std::fs::read(format!("{}/{p}", self.0)).map_err(|_| ReadError::Absent)
    }
    fn list(&self, p: &str) -> Option<Vec<String>> {
        let mut v: Vec<_> =
            std::fs::read_dir(format!("{}/{p}", self.0)).ok()?.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
        v.sort();
        Some(v)
    }
}
fn main() {
    let mut a = std::env::args().skip(1);
    let (root, module, version) = (a.next().unwrap(), a.next().unwrap(), a.next().unwrap_or("6.1".into()));
    let mut env = Environment::default();
    for kv in a {
        let (k, v) = kv.split_once('=').unwrap();
        env.variables.insert(k.into(), (v.into(), shipworthy_model::Given::CommandLine));
    }
    let tree = Disk(root.clone());
    let search = vec![String::new()];
    let request = Request {
        tree: &tree,
        root: &root,
        search_path: &search,
        module: &module,
        environment: &env,
        django: shipworthy_model::Version::parse(&version).unwrap(),
        dependencies: None,
    };
    let mut arts = shipworthy_model::Artifacts::default();
    let s = std::thread::Builder::new().stack_size(256 << 20).spawn_scoped_hack(|| evaluate(&request, &mut arts));
    let m: BTreeMap<_, _> = s.explicit.iter().map(|(k, v)| (k.to_string(), tagged::to_json(&v.value, true))).collect();
    println!("{}", serde_json::to_string_pretty(&m).unwrap());
    eprintln!(
        "load errors: {:#?}\nnotices: {:?} open: {:?} vars: {:?} whatif {:?}",
        s.load_errors,
        s.notices,
        s.open,
        s.variables.iter().map(|v| (&v.name, v.required)).collect::<Vec<_>>(),
        s.what_if
    );
}
trait Hack {
    fn spawn_scoped_hack<T>(self, f: impl FnOnce() -> T) -> T;
}
impl Hack for std::thread::Builder {
    fn spawn_scoped_hack<T>(self, f: impl FnOnce() -> T) -> T {
        f()
    }
}
