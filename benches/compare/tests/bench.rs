//! How the bench targets are called: every flag and every name is checked before anything runs.

mod common;

use std::process::Output;

use common::{assert_refused, compare, stderr, stdout};

const TARGETS: [&str; 2] = ["memory", "throughput"];

/// What a bench target starts, as cargo calls it in a folder without a checkout: what got as far as
/// running something would fail there in another way.
fn bench(target: &str, arguments: &str) -> Output {
    let mut command = compare();
    command.arg("bench").arg(target).args(arguments.split_whitespace());
    command.env("CARGO_MANIFEST_DIR", "/").env_remove("CRITERION_HOME").output().unwrap()
}

#[test]
fn a_value_that_is_not_allowed_is_refused_before_anything_runs() {
    for (flags, expected) in [
        ("--sample-size 0", "`--sample-size` takes a whole number from 10 to 10000, not `0`"),
        ("--sample-size=ten", "not `ten`"),
        ("--warm-up-time 0", "`--warm-up-time` takes a number from 0.001 to 86400, not `0`"),
        ("--measurement-time 0", "`--measurement-time` takes a number from 0.001 to 86400"),
        ("--measurement-time 1e300", "not `1e300`"),
        ("--nresamples 0", "`--nresamples` takes a whole number from 1 to 10000000, not `0`"),
        ("--noise-threshold=-1", "`--noise-threshold` takes a number from"),
        ("--confidence-level 1.5", "a number above 0 and below 1, not `1.5`"),
        ("--significance-level 0", "a number above 0 and below 1, not `0`"),
        ("--profile-time 0", "`--profile-time` takes a number from 1 to 86400, not `0`"),
        ("--color blue", "auto, always, never, not `blue`"),
        ("--plotting-backend lines", "gnuplot, plotters, not `lines`"),
        ("--output-format xml", "criterion, bencher, not `xml`"),
        ("--format json", "pretty, terse, not `json`"),
        ("--save-baseline ../x", "`--save-baseline` takes a name"),
        ("--baseline nope", "`--baseline nope`: no such baseline was saved of timer-1ms/"),
        ("--load-baseline nope --baseline nope", "no such baseline was saved"),
        ("--load-baseline nope", "`--load-baseline` wants `--baseline`"),
        ("--baseline a --save-baseline b", "exclude each other"),
        ("--sample-size", "`--sample-size` wants a value after it"),
        ("--seed", "`--seed` wants a value after it"),
        ("--seed 5 --seed x", "`x` is not a seed"),
        ("--verbose=yes", "`--verbose` takes nothing, not `yes`"),
        ("--quick --thorough", "exclude each other"),
        ("--quik", "`--quik` is no flag here"),
        ("nope", "`nope` matches nothing: give a name of --list"),
        ("bare nope", "`nope` matches nothing"),
        ("--exact coroutines/bare", "`coroutines/bare` matches nothing"),
        ("--only nope/*", "nope/*"),
    ] {
        for target in TARGETS {
            assert_refused(&bench(target, &format!("{flags} --bench")), &[expected, target]);
        }
    }
}

#[test]
fn help_and_version_run_nothing() {
    for flags in ["-V", "--version", "-h", "--help"] {
        let said = bench("memory", &format!("{flags} --bench"));
        assert!(said.status.success() && stdout(&said).contains("compare"), "{flags}");
        let other = bench("throughput", &format!("{flags} --bench"));
        assert!(other.status.success() && stderr(&other).is_empty(), "{}", stderr(&other));
    }
}

/// As a runner of tests asks: what is there, what of it is ignored, and then each by its name.
#[test]
fn every_name_of_the_list_runs_that_one_and_none_is_ignored() {
    for target in TARGETS {
        let ignored = bench(target, "--list --format terse --ignored");
        assert!(ignored.status.success() && ignored.stdout.is_empty(), "{}", stdout(&ignored));
    }
    let list = stdout(&bench("memory", "--list --format terse"));
    let names: Vec<_> =
        list.lines().map(|line| line.strip_suffix(": benchmark").unwrap()).collect();
    assert!(names.contains(&"memory/coroutines/bare") && names.len() > 10, "{list}");
    for name in names {
        let output = bench("memory", &format!("{name} --exact --nocapture"));
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        assert_eq!(stdout(&output), "memory: small cells that ran with proof: 1\n", "{name}");
        let id = name.strip_prefix("memory/").unwrap();
        assert!(stderr(&output).contains(&format!("{id} × 10: ok")), "{}", stderr(&output));
    }
}
