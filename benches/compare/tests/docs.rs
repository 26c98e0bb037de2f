//! Keeps the documentation honest.

use std::fs;
use std::path::{Path, PathBuf};

use analysis::Analysis;
use compare::generated::Files;
use compare::project::Project;
use record::{Status, read_file};

fn project() -> Project {
    Project::find().unwrap()
}

fn root() -> PathBuf {
    project().readme().parent().unwrap().to_owned()
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs", "docs/ko", "docs/results"] {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        pages.extend(entries.map(|entry| entry.unwrap().path()));
    }
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages
}

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    assert!(pages.len() > 8, "{pages:?}");
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
            let (target, anchor) = link.0.split_once('#').unwrap_or((link.0, ""));
            if target.contains("://") {
                continue;
            }
            let target = match target {
                "" => page.clone(),
                _ => page.parent().unwrap().join(target),
            };
            assert!(target.exists(), "{} links to {}", page.display(), target.display());
            if !anchor.is_empty() {
                let anchors = anchors(&fs::read_to_string(&target).unwrap());
                assert!(anchors.iter().any(|a| a == anchor), "{}: {}", page.display(), link.0);
            }
        }
    }
}

/// What a code host names the headings of a page.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let headings = headings.filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
    let kept = |c: &char| c.is_alphanumeric() || ['-', '_', ' '].contains(c);
    headings
        .map(|it| it.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

#[test]
fn the_committed_results_are_what_their_record_yields() {
    let project = project();
    let record = read_file(&project.record()).unwrap();
    let previous = project.previous();
    let previous = previous.exists().then(|| read_file(&previous).unwrap());
    let analysis = Analysis::of(&record, previous.as_ref());
    let files = Files::of_project(&analysis, &project).unwrap();
    assert_eq!(files.stale(), Vec::<&Path>::new(), "run `compare tables`");
}

#[test]
fn the_committed_record_is_of_everything_without_failures() {
    let record = read_file(&project().record()).unwrap();
    assert!(record.run.extent.is_everything(), "{:?}", record.run.extent);
    assert!(!record.truncated);
    for cell in record.cells {
        assert_ne!(cell.status, Status::Failed, "{cell:?}");
        if cell.status == Status::Ok {
            assert_eq!(cell.flaw(), None, "{cell:?}");
        }
    }
}

/// The README shows commands; the flags and the contestants of each must exist.
#[test]
fn the_commands_of_the_readme_are_understood() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let help = |command: &str| {
        let help = std::process::Command::new(env!("CARGO_BIN_EXE_compare"))
            .args([command, "--help"])
            .output()
            .unwrap();
        String::from_utf8(help.stdout).unwrap()
    };
    let commands =
        ["run", "repeat", "diff", "walls"].map(|command| (format!("-- {command} "), help(command)));
    let shown = commands.iter().flat_map(|(name, help)| {
        let lines = readme.lines().filter(move |line| line.contains(name));
        lines.map(move |line| (line, name, help))
    });
    for (line, name, help) in shown {
        let command = line.split('#').next().unwrap();
        let flags = command.split(name).nth(1).unwrap().split_whitespace();
        for flag in flags.filter(|word| word.starts_with("--")) {
            assert!(help.split_whitespace().any(|word| word == flag), "{flag} of `{line}`");
        }
        let only = command.split("--only ").nth(1).and_then(|rest| rest.split_whitespace().next());
        let patterns: Vec<_> = only
            .iter()
            .flat_map(|patterns| patterns.trim_matches('\'').split(','))
            .map(str::to_owned)
            .collect();
        if command.contains("--contestants") {
            // The reader's own file says which there are.
            continue;
        }
        let elsewhere = compare::elsewhere::Elsewhere::usual().unwrap();
        if let Err(error) = compare::registry::select(&patterns, &elsewhere) {
            // In a build without a runtime, its contestant is known all the same.
            assert!(error.to_string().contains("compiled out"), "`{line}`: {error}");
        }
    }
}
