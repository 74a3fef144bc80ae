//! No file of this suite is forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_file_beside_main_is_a_module_of_it() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let main = fs::read_to_string(dir.join("main.rs")).expect("main.rs can be read");
    // What has a path of its own lies elsewhere.
    let elsewhere = |before: &str| before.starts_with("#[path");
    let modules: BTreeSet<String> = std::iter::once("")
        .chain(main.lines())
        .zip(main.lines())
        .filter_map(|(before, line)| line.strip_prefix("mod ")?.strip_suffix(';').filter(|_| !elsewhere(before)))
        .map(|name| format!("{name}.rs"))
        .chain(["main.rs".to_owned()])
        .collect();
    let files: BTreeSet<String> = fs::read_dir(&dir)
        .expect("the suite's directory can be read")
        .map(|entry| entry.expect("the suite's directory can be read").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".rs"))
        .collect();
    assert_eq!(files, modules);
}
