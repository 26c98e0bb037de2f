//! Has criterion time waves that `compare bench samples` runs. See `compare::bench` for the flags, and
//! `compare::bench::throughput` for the lines between the two.

#[path = "common/start.rs"]
mod start;

use std::io::{self, BufRead, BufReader, Lines, Write};
use std::process::{ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};

fn main() -> ExitCode {
    match std::env::var("COMPARE_BENCH_ARGUMENTS") {
        Err(_) => start::compare("throughput"),
        Ok(arguments) => run(&arguments).unwrap_or_else(|error| {
            eprintln!("throughput: {error}");
            ExitCode::from(2)
        }),
    }
}

fn run(arguments: &str) -> io::Result<ExitCode> {
    end_with_the_reader();
    let mut cells = Command::new(start::PROGRAM)
        .args(["bench", "samples"])
        .args(arguments.lines())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(to), Some(from)) = (cells.stdin.take(), cells.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let is_over = time(&mut Cells { to, from: BufReader::new(from).lines() })?;
    let code = cells.wait()?.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(if is_over { code } else { code.max(1) }))
}

/// Has criterion time all benchmarks; false if the cells came to an end before.
fn time(cells: &mut Cells) -> io::Result<bool> {
    let Some((group, settings)) = cells.settings() else { return Ok(false) };
    let [samples, warm_up_ms, measurement_ms] = settings;
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(samples as usize)
        .nresamples(10_000)
        .warm_up_time(Duration::from_millis(warm_up_ms))
        .measurement_time(Duration::from_millis(measurement_ms))
        .configure_from_args();
    let mut benchmarks = Vec::new();
    while let Some(line) = cells.line().filter(|line| !line.is_empty()) {
        benchmarks.push(line);
    }
    let mut group = criterion.benchmark_group(group);
    group.sampling_mode(SamplingMode::Flat);
    for (nth, benchmark) in benchmarks.iter().enumerate() {
        let Some((id, tasks)) = benchmark.rsplit_once(' ') else { return Ok(false) };
        let Some((contestant, _)) = id.rsplit_once('/') else { return Ok(false) };
        group.throughput(Throughput::Elements(tasks.parse().unwrap_or(1)));
        group.bench_function(BenchmarkId::new(contestant, tasks), |bencher| {
            bencher.iter_custom(|waves| cells.sample(nth, waves));
        });
    }
    group.finish();
    criterion.final_summary();
    writeln!(cells.to, "end")?;
    while let Some(line) = cells.line() {
        println!("{line}");
    }
    Ok(true)
}

/// The process that runs the cells.
struct Cells {
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Cells {
    fn line(&mut self) -> Option<String> {
        self.from.next()?.ok()
    }

    /// The name of the group, and how many samples, milliseconds of warming up and of measuring.
    fn settings(&mut self) -> Option<(String, [u64; 3])> {
        let line = self.line()?;
        let (group, numbers) = line.split_once(' ')?;
        let numbers: Option<Vec<u64>> = numbers.split(' ').map(|part| part.parse().ok()).collect();
        Some((group.to_owned(), numbers?.try_into().ok()?))
    }

    /// How long so many waves took. Without an answer there is nothing more to time, and the process that
    /// gave none has said why.
    fn sample(&mut self, nth: usize, waves: u64) -> Duration {
        let answer = writeln!(self.to, "{nth} {waves}").ok().and_then(|()| self.line());
        match answer.and_then(|answer| answer.parse().ok()) {
            Some(ns) => Duration::from_nanos(ns),
            None => std::process::exit(1),
        }
    }
}

/// Has this process end quietly when its reader does, as `head` does after its last line, and with a line
/// when its output cannot be written. Criterion would panic, and panic once more while it unwinds.
fn end_with_the_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if said.starts_with("failed printing to") {
            let _ = writeln!(io::stderr(), "throughput: {said}");
            std::process::exit(2);
        }
        usual(panic);
    }));
    // SAFETY: no other thread runs yet, and the default action calls no function of ours.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}
