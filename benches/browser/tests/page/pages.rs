//! Records, and the pages that `compare` makes of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use record::synthetic::{Synthetic, apart_run, small_run};
use record::{Line, Record, Status, Writer};
use serde_json::Value;

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The committed page.
pub fn committed() -> PathBuf {
    root().join("docs/results/index.html")
}

/// What `compare` prints with these arguments, in the checkout.
pub fn compare(arguments: &[&str]) -> Output {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let manifest = root().join("Cargo.toml");
        let built = Command::new(env!("CARGO"))
            .args([
                "build",
                "-p",
                "compare",
                "--bin",
                "compare",
                "--message-format=json",
                "--manifest-path",
            ])
            .arg(manifest)
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let messages = String::from_utf8(built.stdout).unwrap();
        let program = messages.lines().find_map(|line| {
            let message: Value = serde_json::from_str(line).ok()?;
            Some(PathBuf::from(message["executable"].as_str()?))
        });
        program.expect("cargo says where the program is")
    });
    let output = Command::new(program).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The page of this record, in this folder.
pub fn page_of(record: &Path, folder: &Path) -> PathBuf {
    let page = folder.join("page.html");
    compare(&["report", "--record", record.to_str().unwrap(), "--out", page.to_str().unwrap()]);
    page
}

/// The file with this record.
pub fn written(record: &Record, folder: &Path) -> PathBuf {
    let path = folder.join("record.jsonl");
    let mut writer = Writer::create(&path, record.run.clone()).unwrap();
    for cell in &record.cells {
        writer.append(&Line::Cell(Box::new(cell.clone()))).unwrap();
    }
    path
}

/// Records of which there is little to say: nothing, one contestant, failures alone, those from elsewhere.
pub fn odd() -> Vec<(&'static str, Record)> {
    let mut failed = small_run();
    for cell in &mut failed.cells {
        (cell.status, cell.reason) = (Status::Failed, Some("killed by signal 9".into()));
        (cell.proof, cell.time) = (None, None);
    }
    let mut one = small_run();
    one.cells.retain(|cell| cell.contestant == "coroutines/smol");
    vec![
        ("nothing", Synthetic::new().record()),
        ("one contestant", one),
        ("failures alone", failed),
        ("those from elsewhere", apart_run()),
    ]
}

/// What each string of a hostile record is.
const HOSTILE: &str = "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>\
                       \u{202e}--><!--{{data}}`${document.title='owned'}` [x](javascript:document.title='owned')";

/// A record in which every string that a person could have put there is hostile.
pub fn hostile(folder: &Path) -> PathBuf {
    let path = written(&apart_run(), folder);
    let mut lines = String::new();
    for line in fs::read_to_string(&path).unwrap().lines() {
        let mut value: Value = serde_json::from_str(line).unwrap();
        poison(&mut value, "");
        lines += &format!("{value}\n");
    }
    let path = folder.join("hostile.jsonl");
    fs::write(&path, lines).unwrap();
    path
}

/// Makes hostile what is under the keys that hold words, ids or names.
fn poison(value: &mut Value, key: &str) {
    const WORDS: [&str; 12] = [
        "reason",
        "cpu",
        "kernel",
        "clock",
        "rustc",
        "cgroup_note",
        "summary",
        "language",
        "allocator",
        "started",
        "timer",
        "of",
    ];
    const NAMES: [&str; 5] = ["versions", "contestants", "system", "env", "cautions"];
    let poisoned = |text: &str| format!("{text}{HOSTILE}");
    match value {
        Value::String(text)
            if key == "contestant" || WORDS.contains(&key) || NAMES.contains(&key) =>
        {
            *text = poisoned(text);
        }
        Value::Object(map) => {
            let all = std::mem::take(map);
            for (name, mut inner) in all {
                let name = if NAMES.contains(&key) { poisoned(&name) } else { name };
                let under = if NAMES.contains(&key) && inner.is_string() { key } else { &name };
                poison(&mut inner, under);
                map.insert(name, inner);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| poison(one, key)),
        _ => {}
    }
}

/// The committed record again and again, until it has so many cells.
pub fn huge(cells: usize, folder: &Path) -> PathBuf {
    let text = fs::read_to_string(root().join("docs/results/record.jsonl")).unwrap();
    let (run, rest) = text.split_once('\n').unwrap();
    let of_cells: Vec<Value> = rest
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["kind"] == "cell")
        .collect();
    let mut huge = format!("{run}\n");
    for (index, cell) in of_cells.iter().cycle().take(cells).enumerate() {
        let mut cell = cell.clone();
        let again = index / of_cells.len();
        cell["repeat"] = (cell["repeat"].as_u64().unwrap() + 100 * again as u64).into();
        huge += &format!("{cell}\n");
    }
    let path = folder.join("huge.jsonl");
    fs::write(&path, huge).unwrap();
    path
}
