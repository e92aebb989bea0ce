//! Where a setting is said to be made.

use shipworthy_source::MemoryTree;

use crate::evaluated;

/// A statement that sets many names and spells none is not where anybody looks for one of them.
#[test]
fn settings_from_a_mapping_are_made_where_their_values_are_written() {
    let base = "import os\nDEBUG = True\nHOSTS = ['*']\nKEY = os.environ.get('KEY', 'insecure')\n";
    let module = "import copy\nimport base\nEXTRA = {'FRAME': 'DENY', 'SITE': 1}\n\
                  settings = copy.deepcopy({name: value for name, value in vars(base).items() if name.isupper()})\n\
                  globals().update(settings)\n\
                  for name, value in EXTRA.items():\n    globals()[name] = value\n\
                  globals()['SPELLED'] = EXTRA['SITE']\nlocals().update(ZONE='UTC')\nglobals().update({\n    'MODE': 3,\n})\n";
    let mut tree = MemoryTree::default();
    tree.insert("base.py", base.as_bytes());
    tree.insert("settings.py", module.as_bytes());
    let settings = evaluated(&tree, "settings");
    assert!(settings.load_errors.is_empty(), "{:?}", settings.load_errors);
    for (name, text, written) in [
        ("DEBUG", base, "True"),
        ("HOSTS", base, "['*']"),
        ("KEY", base, "'insecure'"),
        ("FRAME", module, "'DENY'"),
        ("SPELLED", module, "globals()['SPELLED'] = EXTRA['SITE']"),
        ("ZONE", module, "'UTC'"),
        ("MODE", module, "3"),
    ] {
        let at = settings.effective(name, None).and_then(|effective| effective.at).expect(name);
        assert_eq!(text.get(at.start as usize..at.end as usize), Some(written), "{name}");
    }
}
