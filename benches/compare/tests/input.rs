//! Records of every kind, good and bad, and the standard streams in their place. Every line is read in 80
//! columns.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{
    assert_narrow, assert_refused, compare, flat, record_file, run, scratch, stderr, stdout,
};
use record::synthetic::{Bill, Synthetic, small_run};
use record::{Record, Status, read_from};

fn claims_of(path: &Path) -> Output {
    compare().arg("claims").arg("--record").arg(path).output().unwrap()
}

/// Every command that reads one record and prints.
fn readers(path: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["claims", "--record", path],
        vec!["claims", "--all", "--record", path],
        vec!["plan", "--tasks", "2k", "--record", path],
        vec!["plan", "--memory", "1GiB", "--record", path],
        vec!["proof", "--record", path],
        vec!["diff", path, path, "--all"],
        vec!["repeat", "--all", "--of", path],
    ]
}

#[test]
fn a_record_with_little_in_it_has_an_honest_smaller_report() {
    let mut one = Synthetic::new();
    one.line("coroutines/smol", &[1, 1_000], Bill::of(300).with_kernel(40));
    let mut failures = Synthetic::new();
    failures.without("coroutines/smol", 10, Status::Failed, "it died");
    failures.without("threads/per-task", 40_000, Status::Wall, "no thread");
    let folder = scratch();
    let records: [(&str, Record, i32); 3] = [
        ("nothing", Synthetic::new().record(), 1),
        ("one", one.record(), 0),
        ("failures", failures.record(), 1),
    ];
    for (name, record, proof) in records {
        let path = record_file(&folder, &format!("{name}.jsonl"), record);
        let claims = claims_of(&path);
        assert!(claims.status.success(), "{name}: {}", stderr(&claims));
        assert!(stdout(&claims).contains("not measured"), "{name}: {}", stdout(&claims));
        let out = folder.path().join(name);
        let mut tables = compare();
        let tables = tables.arg("tables").arg("--record").arg(&path).arg("--out").arg(&out);
        let tables = tables.output().unwrap();
        assert!(tables.status.success(), "{name}: {}", stderr(&tables));
        assert!(out.join("README.md").is_file() && out.join("all.md").is_file(), "{name}");
        let proven = compare().arg("proof").arg("--record").arg(&path).output().unwrap();
        assert_eq!(proven.status.code(), Some(proof), "{name}: {}", stdout(&proven));
        for command in readers(path.to_str().unwrap()) {
            let output = compare().args(&command).output().unwrap();
            assert!(
                matches!(output.status.code(), Some(0..=2)),
                "{command:?}: {}",
                stderr(&output)
            );
            assert!(stderr(&output).lines().count() <= 1, "{command:?}: {}", stderr(&output));
            assert_narrow(&stdout(&output));
        }
    }
}

#[test]
fn what_is_no_record_is_one_line_and_exit_two() {
    let folder = scratch();
    let empty = folder.path().join("empty.jsonl");
    fs::write(&empty, "").unwrap();
    assert_refused(&claims_of(&empty), &["empty.jsonl is empty"]);
    assert_refused(&claims_of(folder.path()), &["cannot be read: is a directory"]);
    let other = record_file(&folder, "other.jsonl", small_run());
    let text = fs::read_to_string(&other).unwrap();
    fs::write(&other, text.replacen("\"schema\":1", "\"schema\":2", 1)).unwrap();
    assert_refused(&claims_of(&other), &["schema 2; this program reads schema 1"]);
    if Path::new("/dev/zero").exists() {
        assert_refused(&claims_of(Path::new("/dev/zero")), &["line 1: longer than 1048576 bytes"]);
    }
    if Path::new("/dev/null").exists() {
        assert_refused(&claims_of(Path::new("/dev/null")), &["/dev/null is empty"]);
    }
}

/// No cell is over before its waits are, and none starts for longer than it takes.
#[test]
fn times_that_cannot_be_are_no_proof() {
    let folder = scratch();
    type Change = fn(&mut record::Time);
    let changes: [(&str, Change); 3] = [
        ("less than the waits of one task", |time| time.wall_ns = 1),
        ("its start took", |time| time.start_ns = time.wall_ns + 1),
        ("ns of CPU", |time| time.start_cpu_ns = time.user_ns + time.system_ns + 1),
    ];
    for (expected, change) in changes {
        let mut record = small_run();
        let timed =
            record.cells.iter_mut().find(|cell| cell.status == Status::Ok && cell.time.is_some());
        change(timed.unwrap().time.as_mut().unwrap());
        let path = record_file(&folder, "record.jsonl", record);
        let proof = compare().arg("proof").arg("--record").arg(&path).output().unwrap();
        assert_eq!(proof.status.code(), Some(1), "{expected}");
        assert!(flat(&stdout(&proof)).contains(expected), "{}", stdout(&proof));
    }
}

/// A folder is in the way of one page, whichever it is: nothing new is left, and nothing old is lost.
#[test]
fn pages_are_written_all_or_none() {
    let folder = scratch();
    let record = record_file(&folder, "record.jsonl", small_run());
    let out = folder.path().join("pages");
    let tables = || {
        compare()
            .arg("tables")
            .arg("--record")
            .arg(&record)
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap()
    };
    for page in ["README.md", "all.md", "walls.md"] {
        let in_the_way = out.join(page);
        fs::create_dir_all(in_the_way.join("something")).unwrap();
        fs::write(out.join("memory.md"), "old").unwrap();
        assert_refused(&tables(), &[page, "there is a folder of that name"]);
        let left: Vec<_> = fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_file())
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(left, ["memory.md"], "{page}");
        assert_eq!(fs::read_to_string(out.join("memory.md")).unwrap(), "old");
        let charts = fs::read_dir(out.join("charts"));
        assert_eq!(charts.into_iter().flatten().count(), 0, "{page}");
        fs::remove_dir_all(&out).unwrap();
    }
    assert!(tables().status.success());
}

/// `-` is the standard input of what reads, and the standard output of what runs.
#[test]
fn a_record_goes_through_a_pipe() {
    let folder = scratch();
    let output = compare()
        .args(["run", "--only", "callbacks/*,coroutines/bare", "--tasks", "2,3", "--no-heap"])
        .args(["--record", "-"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no file is named `-`");
    let text = stdout(&output);
    assert_eq!(read_from(Path::new("-"), text.as_bytes()).unwrap().cells.len(), 4);
    let path = folder.path().join("record.jsonl");
    fs::write(&path, &text).unwrap();

    let piped = |arguments: &[&str]| {
        compare().args(arguments).write_stdin(text.clone()).current_dir(&folder).output().unwrap()
    };
    for command in [&["claims"][..], &["proof"], &["plan", "--tasks", "10"]] {
        let from_file = compare().args(command).arg("--record").arg(&path).output().unwrap();
        let from_pipe = piped(&[command, &["--record", "-"]].concat());
        assert_eq!(stdout(&from_pipe), stdout(&from_file), "{command:?}");
        assert_eq!(from_pipe.status, from_file.status, "{command:?}: {}", stderr(&from_pipe));
    }
    let file = path.to_str().unwrap();
    for sides in [["-", file], [file, "-"]] {
        let diff = piped(&["diff", sides[0], sides[1]]);
        assert!(diff.status.success(), "{}", stderr(&diff));
    }
    assert_refused(&piped(&["diff", "-", "-"]), &["standard input", "once"]);
    assert_refused(&piped(&["repeat", "--of", "-,-"]), &["standard input", "once"]);
    assert!(piped(&["tables", "--record", "-", "--out", "pages"]).status.success());
    assert!(folder.path().join("pages/README.md").is_file());
    assert_refused(&piped(&["tables", "--record", "-"]), &["--out"]);
    let of_several = ["repeat", "2", "--only", "callbacks/*", "--tasks", "1", "--record", "-"];
    assert_refused(&piped(&of_several), &["`--record -` is for one record"]);
    assert_refused(&piped(&["run", "--resume", "-"]), &["- is no ordinary file"]);
    let again = piped(&["claims", "--record", "-", "--json"]);
    assert!(serde_json::from_slice::<serde_json::Value>(&again.stdout).is_ok());
}

#[test]
fn everything_that_is_printed_fits_eighty_columns() {
    let commands =
        [&[][..], &["list"], &["run"], &["repeat"], &["diff"], &["tables"], &["claims"], &["plan"]];
    for command in commands {
        for help in ["--help", "-h"] {
            let output = compare().args(command).arg(help).output().unwrap();
            assert!(output.status.success(), "{command:?}");
            assert_narrow(&stdout(&output));
        }
    }
    assert_narrow(compare::bench::HELP);
    assert_narrow(&stdout(&compare().arg("list").output().unwrap()));

    let folder = scratch();
    let path = record_file(&folder, "record.jsonl", small_run());
    let path = path.to_str().unwrap();
    for command in readers(path) {
        assert_narrow(&stdout(&compare().args(&command).output().unwrap()));
    }
    let (output, _) = run(
        &folder,
        &["--only", "coroutines/*", "--tasks", "2,3", "--no-heap", "--overwrite", "--waits", "2"],
    );
    let text = stdout(&output);
    let (tables, _path) = text.trim_end().rsplit_once('\n').unwrap();
    assert_narrow(tables);
}

/// Options stand under what they are for, and under `Options` is only what every command has.
#[test]
fn help_groups_options() {
    for command in ["run", "repeat", "plan"] {
        let help = stdout(&compare().args([command, "--help"]).output().unwrap());
        let (_, options) = help.split_once("\nOptions:\n").unwrap();
        let ungrouped = options.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
        let names: Vec<_> = ungrouped.filter(|line| line.trim_start().starts_with('-')).collect();
        assert!(names.len() == 1 && names[0].contains("--help"), "{command}: {names:?}");
    }
    let run = stdout(&compare().args(["run", "--help"]).output().unwrap());
    let under = |heading: &str| {
        let (_, rest) = run.split_once(&format!("\n{heading}:\n")).unwrap();
        rest.split("\n\n").take_while(|part| part.starts_with(' ')).collect::<String>()
    };
    assert!(under("What is run").contains("--tasks <COUNT>"), "{run}");
    assert!(under("What each task does").contains("--state <SIZE>"), "{run}");
    assert!(under("The record").contains("--record <FILE>"), "{run}");
    let http = under("With --workload http or transfer");
    assert!(http.contains("--server <URL>") && !http.contains("--record"), "{run}");
}
