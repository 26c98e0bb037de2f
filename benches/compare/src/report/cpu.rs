//! The part of `memory.md` on time and CPU: what a task costs to start, to wait and to finish.

use super::format::{self, NONE};
use super::memory::{bar_word, section, weighed_series};
use super::table::{Align, Table};
use super::{detectable, machine_line};
use crate::fit::{self, Estimate, Figure, Sampled, Series, Shape, fit, per_task_at, readings};
use record::Record;

/// Few tasks, and many: whether a task costs more CPU where there are more of them.
const FEW: u64 = 10_000;
const MANY: u64 = 1_000_000;

/// The most that anybody runs. It is shown without a bar: caches and page tables are far too small
/// for it, whoever holds the tasks.
const MOST: u64 = 10_000_000;

/// How many times the CPU of one of few a task of many may take.
const GROWTH_BAR: f64 = 2.5;

/// The sections of the page.
pub(super) fn sections(record: &Record) -> String {
    let mut text = String::new();
    section(&mut text, "Start and finish", &start_table(record));
    text.push_str(&format!(
        "\nSlopes per task. Start is the time from the first task's start until all were in flight;\n\
         for requests, until the server had all of them. Finish is what is left of the whole time\n\
         without the start and the wait: near zero where tasks end as fast as they were started,\n\
         and below it where they end faster. Start CPU is what was used until all were in flight,\n\
         finish CPU what was used from then on. {}\n",
        machine_line(record)
    ));
    text.push_str(&told(record, "start cost", Figure::Start));
    section(&mut text, "CPU and switches", &cpu_table(record));
    text.push_str(&format!(
        "\nSlopes per task, from the first task's start until all were over. A switch is voluntary\n\
         where a thread had to wait, and involuntary where another got its core. {}\n",
        machine_line(record)
    ));
    text.push_str(&told(record, "CPU", Figure::Cpu));
    let growth = growth_table(record);
    if !growth.is_empty() {
        section(&mut text, "CPU as tasks get more", &growth);
        text.push_str(&format!(
            "\nCPU per task in µs: (median at this N − median at the smallest N) ÷ tasks between. The\n\
             ratio is that of {} tasks to {}, and its bar is met where the whole interval is at most\n\
             {}×. {}\n",
            format::count(MANY),
            format::count(FEW),
            format::number(GROWTH_BAR, 1),
            machine_line(record)
        ));
    }
    text
}

/// What difference could have been told, of timers and of requests.
fn told(record: &Record, what: &str, figure: Figure) -> String {
    let timers = detectable::of_slopes(record, what, figure, Shape::is_timer);
    let of_a_request = format!("{what} of a request");
    let requests = detectable::of_slopes(record, &of_a_request, figure, Shape::is_http);
    timers.into_iter().chain(requests).collect()
}

fn start_table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("Start (ns)", Align::Right),
        ("Start CPU (ns)", Align::Right),
        ("Finish (ns)", Align::Right),
        ("Finish CPU (ns)", Align::Right),
    ]);
    for series in weighed_series(record) {
        push(
            &mut table,
            &series,
            |figure| plain(record, &series, figure),
            &[Figure::Start, Figure::StartCpu, Figure::Finish, Figure::FinishCpu],
        );
    }
    table
}

fn cpu_table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("User CPU (µs)", Align::Right),
        ("System CPU (µs)", Align::Right),
        ("All CPU (µs)", Align::Right),
        ("Voluntary switches", Align::Right),
        ("Involuntary switches", Align::Right),
        ("Threads", Align::Right),
        ("Mappings", Align::Right),
    ]);
    for series in weighed_series(record) {
        push(
            &mut table,
            &series,
            |figure| fine(record, &series, figure),
            &[
                Figure::UserCpu,
                Figure::SystemCpu,
                Figure::Cpu,
                Figure::VoluntarySwitches,
                Figure::InvoluntarySwitches,
                Figure::Threads,
                Figure::Mappings,
            ],
        );
    }
    table
}

/// Adds the row of a series, unless none of the figures is known.
fn push(table: &mut Table, series: &Series, show: impl Fn(Figure) -> String, figures: &[Figure]) {
    let mut row = vec![series.to_string()];
    row.extend(figures.iter().map(|figure| show(*figure)));
    if row[1..].iter().any(|cell| cell != NONE) {
        table.push(row);
    }
}

fn plain(record: &Record, series: &Series, figure: Figure) -> String {
    slope(record, series, figure).map_or_else(|| NONE.into(), |slope| format::estimate(&slope))
}

/// CPU in µs and everything else as it is, with two digits after the point.
fn fine(record: &Record, series: &Series, figure: Figure) -> String {
    let per_unit = match figure {
        Figure::UserCpu | Figure::SystemCpu | Figure::Cpu => 1e3,
        _ => 1.0,
    };
    slope(record, series, figure)
        .map_or_else(|| NONE.into(), |slope| format::estimate_fine(&divided(&slope, per_unit)))
}

fn slope(record: &Record, series: &Series, figure: Figure) -> Option<Estimate> {
    fit(record, series, figure).map(|fit| fit.slope.estimate)
}

fn divided(estimate: &Estimate, by: f64) -> Estimate {
    Estimate { value: estimate.value / by, low: estimate.low / by, high: estimate.high / by }
}

fn growth_table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant".to_owned(), Align::Left),
        (format!("CPU at N = {} (µs)", format::count(FEW)), Align::Right),
        (format!("CPU at N = {} (µs)", format::count(MANY)), Align::Right),
        ("Ratio".to_owned(), Align::Right),
        ("Bar".to_owned(), Align::Left),
        (format!("CPU at N = {} (µs)", format::count(MOST)), Align::Right),
    ]);
    for series in weighed_series(record) {
        let all = readings(record, &series, Figure::Cpu);
        let at = |tasks| -> Option<Sampled> {
            per_task_at(&all, tasks, fit::bootstrap(record, &series, Figure::Cpu))
        };
        let Some((few, many)) = at(FEW).zip(at(MANY)) else { continue };
        let ratio = many.over(&few);
        let show = |cost: &Sampled| format::estimate_fine(&divided(&cost.estimate, 1e3));
        table.push(vec![
            series.to_string(),
            show(&few),
            show(&many),
            ratio.map_or_else(|| NONE.into(), |ratio| format::ratio(&ratio)),
            bar_word(ratio, GROWTH_BAR).into(),
            at(MOST).map_or_else(|| NONE.into(), |most| show(&most)),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::series;
    use record::WorkloadLine;
    use record::synthetic::{Bill, Synthetic, asking_run};

    fn two() -> Synthetic {
        let mut made = Synthetic::new();
        made.line("threads/per-task", &[1, 100, 1_000], Bill { threads: 1, ..Bill::of(10_000) })
            .line("coroutines/smol", &[1, 100, 10_000], Bill { noise: 3_000, ..Bill::of(300) });
        made
    }

    #[test]
    fn time_and_cpu_are_taken_apart() {
        let mut record = two().record();
        for cell in &mut record.cells {
            let tasks = cell.tasks;
            let time = cell.time.as_mut().unwrap();
            // A quarter of the CPU is the system's, and the end of a task takes 7 ns.
            time.system_ns = time.user_ns / 4;
            time.user_ns -= time.system_ns;
            time.wall_ns = time.start_ns + cell.workload.duration_ns + 7 * tasks;
            time.voluntary_switches = 9 + 2 * tasks;
            time.involuntary_switches = tasks / 4;
        }
        insta::assert_snapshot!(start_table(&record).markdown(), @r#"
        | Contestant       |         Start (ns) |     Start CPU (ns) |       Finish (ns) |    Finish CPU (ns) |
        | ---------------- | -----------------: | -----------------: | ----------------: | -----------------: |
        | threads/per-task | 10,000 ± 0 (0.0 %) | 10,000 ± 0 (0.0 %) | 7.0 ± 0.0 (0.0 %) | 10,000 ± 0 (0.0 %) |
        | coroutines/smol  |    300 ± 0 (0.1 %) |    300 ± 0 (0.1 %) | 7.0 ± 0.0 (0.0 %) |    300 ± 0 (0.0 %) |
        "#);
        insta::assert_snapshot!(cpu_table(&record).markdown(), @r#"
        | Contestant       |        User CPU (µs) |     System CPU (µs) |         All CPU (µs) |  Voluntary switches | Involuntary switches |             Threads |            Mappings |
        | ---------------- | -------------------: | ------------------: | -------------------: | ------------------: | -------------------: | ------------------: | ------------------: |
        | threads/per-task | 15.00 ± 0.00 (0.0 %) | 5.00 ± 0.00 (0.0 %) | 20.00 ± 0.00 (0.0 %) | 2.00 ± 0.00 (0.0 %) |  0.25 ± 0.00 (0.0 %) | 1.00 ± 0.00 (0.0 %) | 4.00 ± 0.00 (0.0 %) |
        | coroutines/smol  |  0.45 ± 0.00 (0.1 %) | 0.15 ± 0.00 (0.1 %) |  0.60 ± 0.00 (0.1 %) | 2.00 ± 0.00 (0.0 %) |  0.25 ± 0.00 (0.0 %) |         0.00 ± 0.00 |         0.00 ± 0.00 |
        "#);
    }

    #[test]
    fn of_requests_neither_finish_nor_the_parts_of_cpu_by_phase_are_known() {
        let record = asking_run();
        let text = start_table(&record).markdown();
        let row = text.lines().find(|line| line.contains("smol, http")).unwrap();
        assert_eq!(row.matches(NONE).count(), 3, "{row}");
        assert!(!text.contains("transfer"));
    }

    #[test]
    fn waits_that_do_not_each_end_after_their_own_start_have_no_finish() {
        let finishes = |change: fn(&mut WorkloadLine)| {
            let mut record = two().record();
            for cell in &mut record.cells {
                change(&mut cell.workload);
            }
            let finish = |series: &Series| fit(&record, series, Figure::Finish);
            series(&record).iter().filter_map(finish).count()
        };
        assert_eq!(finishes(|_| ()), 2);
        assert_eq!(finishes(|workload| workload.spread_ns = 1), 0);
        assert_eq!(finishes(|workload| workload.synchronized_wakeup = true), 0);
        assert_eq!(finishes(|workload| workload.arrival = "rate:5/s".into()), 0);
    }

    #[test]
    fn a_task_of_many_that_costs_more_than_one_of_few_misses_the_bar() {
        let grown = |ns_per_task: u64| {
            let mut made = Synthetic::new();
            made.line("coroutines/bare", &[1, 10_000, 1_000_000], Bill::of(100));
            let mut record = made.record();
            for cell in record.cells.iter_mut().filter(|cell| cell.tasks == MANY) {
                cell.time.as_mut().unwrap().user_ns = ns_per_task * MANY;
            }
            growth_table(&record).markdown()
        };
        // One of few takes 200 ns.
        assert!(grown(400).contains("| met "), "{}", grown(400));
        assert!(grown(400).lines().last().unwrap().contains(NONE), "{}", grown(400));
        assert!(grown(600).contains("| missed "), "{}", grown(600));
        assert!(growth_table(&two().record()).is_empty());
    }

    #[test]
    fn what_could_be_told_stands_below_each_table() {
        let text = sections(&two().record());
        assert!(text.contains("a difference in start cost between two contestants"), "{text}");
        assert!(text.contains("a difference in CPU between two contestants"), "{text}");
        assert!(!text.contains("as tasks get more"), "{text}");
    }
}
