//! Works out each contestant's part of the answer.

use std::collections::BTreeMap;

use super::advice;
use super::case::{Asked, Case, PlanError};
use super::coefficients::Coefficients;
use super::curve::Curve;
use super::outcome::{Late, MEMORY_GIVEN, Outcome, Plan, Row, Stretch};
use crate::analysis::Analysis;
use crate::estimate::Estimate;
use crate::walls::Ceiling;

impl Analysis {
    /// What this case costs each compared contestant, on the machine of the record.
    ///
    /// # Errors
    /// If nothing is asked, no task or more state than memory; or if no contestant has a fit.
    pub fn plan(&self, case: &Case) -> Result<Plan, PlanError> {
        let memory = self.memory_limit(case.memory_bytes);
        if let Some(flaw) = case.flaw(memory.map(|(_, bytes)| bytes)) {
            return Err(flaw);
        }
        let all = Coefficients::all(self, case.work);
        if all.iter().all(|one| one.memory.is_none()) {
            return Err(PlanError::NoFits);
        }
        let waiting = case.waiting();
        let of_waiting = waiting.map(|waiting| waiting as f64 * (1e9 / case.wait_ns as f64));
        let per_second = case.rate.map(|rate| rate as f64).or(of_waiting);
        let asked = Asked {
            case,
            waiting,
            per_second,
            cores: self.run.host.cores,
            memory,
            largest_state: all.iter().filter_map(|one| one.state.largest()).max(),
        };
        let mut rows: Vec<Row> = all.iter().map(|one| asked.row(one)).collect();
        rank(&mut rows, waiting.is_some());
        let advice = advice::of(&asked, &rows);
        Ok(Plan { case: *case, waiting, per_second, cores: asked.cores, rows, advice })
    }

    /// The memory that there is in bytes, with the name of the limit: what is given, or what the machine of
    /// the record has, whichever is less.
    pub fn memory_limit(&self, given: Option<u64>) -> Option<(&'static str, u64)> {
        let limits = &self.run.host.limits;
        let known = |name: &'static str| Some((name, limits.get(name)?.number()?));
        let given = given.map(|bytes| (MEMORY_GIVEN, bytes));
        let of_host = self.run.host.memory_bytes.map(|bytes| ("memory_bytes", bytes));
        let all = [given, known("memory_cgroup"), known("memory_bytes"), of_host];
        all.into_iter().flatten().min_by_key(|(_, bytes)| *bytes)
    }
}

impl Asked<'_> {
    fn row(&self, of: &Coefficients) -> Row {
        let state = self.case.state_bytes;
        let ceilings = self.ceilings(of);
        let waiting = self.waiting.map(|waiting| if of.is_one_at_a_time { 1 } else { waiting });
        let cpu_ns = of.cpu_per_task(waiting.unwrap_or(u64::MAX).min(most_measured(of)), state);
        let cores = cpu_ns.zip(self.per_second).map(|(cpu, rate)| cpu.scaled(rate / 1e9));
        let (in_the_way, beyond): (Vec<Ceiling>, Vec<Ceiling>) =
            ceilings.iter().cloned().partition(|one| one.tasks < waiting.unwrap_or(1));
        let most = ceilings.first().map(|ceiling| ceiling.tasks);
        Row {
            contestant: of.contestant.clone(),
            is_on_one_thread: of.is_on_one_thread,
            outcome: self.outcome(of, in_the_way.first(), cores.as_ref()),
            memory: waiting.and_then(|waiting| of.memory_at(waiting, state)),
            cpu_ns,
            cores,
            late: self.late(of),
            next: beyond.into_iter().next(),
            in_the_way,
            most: if of.is_one_at_a_time { Some(1) } else { most },
            stretches: self.stretches(of, waiting),
            has_caution: of.has_caution,
        }
    }

    /// Every ceiling, memory's among them, the first one first.
    fn ceilings(&self, of: &Coefficients) -> Vec<Ceiling> {
        let mut ceilings = of.ceilings.clone();
        if let Some((limit, value)) = self.memory {
            let tasks = of.tasks_in(value, self.case.state_bytes);
            let per_task = of.memory.as_ref().map_or(0.0, |memory| memory.slope.value)
                + of.state.memory(self.case.state_bytes).value;
            let ceiling = |tasks| Ceiling { limit: limit.to_owned(), value, per_task, tasks };
            ceilings.extend(tasks.map(ceiling));
        }
        ceilings.sort_by_key(|ceiling| ceiling.tasks);
        ceilings
    }

    fn outcome(
        &self,
        of: &Coefficients,
        stopped: Option<&Ceiling>,
        cores: Option<&Estimate>,
    ) -> Outcome {
        let waiting = self.waiting.unwrap_or(2);
        if of.is_one_at_a_time && waiting > 1 {
            let all = u128::from(self.case.tasks.unwrap_or(waiting));
            return Outcome::OneAtATime { takes_ns: all * u128::from(self.case.wait_ns) };
        }
        let largest = of.state.largest().unwrap_or(0);
        if of.memory.is_none() && !of.is_one_at_a_time {
            return Outcome::NoFit;
        }
        let state = self.case.state_bytes;
        if state > largest && self.largest_state.is_some_and(|most| most >= state) {
            return Outcome::StateNotHeld { largest };
        }
        if let Some(ceiling) = stopped {
            return Outcome::Stopped(ceiling.clone());
        }
        let own = if of.is_on_one_thread { 1 } else { self.cores };
        let busy = cores.filter(|_| self.case.rate.is_some());
        let is_too_busy = busy.is_some_and(|busy| busy.value > f64::from(own));
        if is_too_busy { Outcome::TooBusy { cores: own } } else { Outcome::Fits }
    }

    /// The nearest there is: by how many times more or fewer.
    fn late(&self, of: &Coefficients) -> Option<Late> {
        let nearest = |known: &BTreeMap<u64, Estimate>, wanted: u64| {
            let away = |at: u64| (at as f64 / wanted.max(1) as f64).ln().abs();
            let nearest = known.iter().min_by(|(a, _), (b, _)| away(**a).total_cmp(&away(**b)));
            nearest.map(|(at, p99)| (*at, *p99))
        };
        let at_rate = self.case.rate.and_then(|rate| nearest(&of.late_at_rate, rate));
        let is_at_rate = at_rate.is_some();
        let (at, p99_ns) = at_rate.or_else(|| nearest(&of.late, self.waiting?))?;
        Some(Late { p99_ns, at, is_at_rate })
    }

    fn stretches(&self, of: &Coefficients, waiting: Option<u64>) -> Vec<Stretch> {
        let state = self.case.state_bytes;
        let mut stretches = Vec::new();
        let most = most_measured(of);
        stretches.extend(waiting.filter(|waiting| *waiting > most).map(|_| Stretch::Tasks(most)));
        match of.state.largest() {
            _ if state == 0 => {}
            None => stretches.push(Stretch::StateAssumed),
            Some(largest) => {
                stretches.extend((state > largest).then_some(Stretch::State(largest)));
                stretches.extend((of.state_of != self.case.work).then_some(Stretch::StateOfTimers));
            }
        }
        stretches
    }
}

/// The largest N that was measured of a contestant's memory.
fn most_measured(of: &Coefficients) -> u64 {
    of.memory.as_ref().map_or(1, Curve::largest)
}

/// Those that fit first, then by room where no number of tasks was asked, memory to a tenth, and CPU.
fn rank(rows: &mut [Row], has_tasks: bool) {
    let tenth = |estimate: Option<Estimate>| {
        estimate.map_or(i64::MAX, |of| (of.value.max(1.0).ln() / 1.1_f64.ln()).round() as i64)
    };
    let key = |row: &Row| {
        let is_out = row.outcome != Outcome::Fits;
        let most = if has_tasks { 0 } else { u64::MAX - row.most.unwrap_or(0) };
        let cpu = row.cpu_ns.map_or(u64::MAX, |cpu| cpu.value as u64);
        (is_out, most, tenth(row.memory), cpu)
    };
    rows.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.contestant.cmp(&b.contestant)));
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic};
    use record::{LimitValue, Record};

    use super::*;
    use crate::contestant::Id;
    use crate::plan::case::Work;
    use crate::plan::outcome::{Advice, Reason};

    /// A run of tasks of which everything is known: a thread of 37,000 bytes, a coroutine of 340 and
    /// one of 800, and what state adds to them.
    fn record() -> Record {
        let thread = Bill { threads: 1, ..Bill::of(10_000).with_kernel(27_000) };
        let smol = Bill::of(300).with_kernel(40);
        let mut made = Synthetic::new();
        made.line("threads/per-task", &[1, 100, 1_000, 10_000], thread)
            .line("coroutines/smol", &[1, 100, 1_000, 100_000], smol)
            .line("coroutines/tokio", &[1, 1_000, 100_000], Bill { rss: 760, ..smol })
            .line("coroutines/bare", &[1, 1_000, 100_000], Bill { rss: 10, ..smol })
            .line("coroutines/old", &[1, 1_000, 100_000], Bill { rss: 200, ..smol })
            .line("subroutine/sequential", &[1, 4], Bill { rss: 0, ..smol })
            .state(1_024)
            .line("threads/per-task", &[100, 1_000], thread)
            .line("coroutines/smol", &[1, 1_000], Bill { rss: 1_324, ..smol })
            .state(8_192)
            .line("threads/per-task", &[100, 1_000], Bill { rss: 18_192, ..thread })
            .line("coroutines/smol", &[1, 1_000], Bill { rss: 8_492, ..smol });
        let mut record = made.record();
        record.run.cautions.insert("coroutines/old".into(), "discontinued".into());
        record.run.host.limits.insert("pid_max".into(), LimitValue::Number(32_768));
        record
    }

    fn plan(case: Case) -> Plan {
        Analysis::of(&record(), None).plan(&case).unwrap()
    }

    fn row(plan: &Plan, id: &str) -> Row {
        plan.row(&Id::new(id)).unwrap().clone()
    }

    const WAIT: u64 = 200_000_000;

    #[test]
    fn memory_is_what_the_tasks_and_their_state_add() {
        let plan = plan(Case::timers(20_000, WAIT, 2_048));
        let smol = row(&plan, "coroutines/smol").memory.unwrap();
        // 2,100,000 without tasks, 340 a task, and a seventh of the way from 1,024 to 8,192 of state.
        let truth = 2_100_000.0 + 20_000.0 * (340.0 + 1_024.0 + (8_192.0 - 1_024.0) / 7.0);
        assert!((smol.value / truth - 1.0).abs() < 0.001, "{smol:?}");
        assert!(smol.low <= truth && truth <= smol.high && smol.is_bounded());
        let thread = row(&plan, "threads/per-task");
        let value = thread.memory.unwrap().value;
        assert!((value / (2_100_000.0 + 20_000.0 * (37_000.0 + 1_365.0)) - 1.0).abs() < 0.01);
        assert_eq!(thread.stretches, [Stretch::Tasks(10_000)]);
        let tokio = row(&plan, "coroutines/tokio");
        assert!(matches!(tokio.outcome, Outcome::StateNotHeld { largest: 0 }));
        assert!(row(&plan, "coroutines/smol").stretches.is_empty());
    }

    #[test]
    fn nothing_is_advised_where_not_even_one_task_fits() {
        let case = Case { tasks: None, memory_bytes: Some(1), ..Case::timers(1, WAIT, 0) };
        let plan = plan(case);
        assert_eq!(plan.advice, Advice::Nothing);
        assert!(matches!(row(&plan, "threads/per-task").outcome, Outcome::Stopped(_)));
    }

    #[test]
    fn threads_are_not_enough_where_ten_waits_would_take_more_than_the_cores() {
        assert!(matches!(plan(Case::timers(10, WAIT, 0)).advice, Advice::Threads { .. }));
        let busy = plan(Case::timers(10, 1, 0)).advice;
        let Advice::Runtime { reasons, .. } = busy else { panic!("{busy:?}") };
        assert!(reasons.iter().any(|reason| matches!(reason, Reason::Busy(_))), "{reasons:?}");
    }

    #[test]
    fn the_first_limit_stops_it_and_what_it_takes_is_said() {
        let plan = plan(Case::timers(50_000, WAIT, 0));
        let thread = row(&plan, "threads/per-task");
        let limits: Vec<_> = thread.in_the_way.iter().map(|one| one.limit.as_str()).collect();
        assert_eq!(limits, ["max_map_count", "pid_max"]);
        assert!(matches!(&thread.outcome, Outcome::Stopped(by) if by.tasks == 16_375));
        assert_eq!(thread.next.unwrap().limit, "memory_bytes");
        assert_eq!(plan.rows.first().unwrap().contestant.as_str(), "coroutines/bare");
        let Advice::Runtime { contestant, reasons } = plan.advice else { panic!() };
        assert_eq!(contestant.as_str(), "coroutines/smol", "not by hand, and not discontinued");
        assert!(matches!(&reasons[0], Reason::Stopped(by) if by.limit == "max_map_count"));
    }

    #[test]
    fn threads_are_enough_where_they_fit_with_room() {
        let few = plan(Case::timers(100, WAIT, 0));
        let Advice::Threads { contestant, lightest, saves } = few.advice else { panic!() };
        assert!(contestant.is_reference());
        assert_eq!(lightest.unwrap().as_str(), "coroutines/smol");
        assert!((saves.unwrap() - 100.0 * (37_000.0 - 340.0)).abs() < 20_000.0);
        let near = plan(Case::timers(10_000, WAIT, 0));
        let Advice::Runtime { reasons, .. } = near.advice else { panic!() };
        assert!(matches!(&reasons[..], [Reason::Near(by)] if by.tasks == 16_375));
        let tight = plan(Case { memory_bytes: Some(40 << 20), ..Case::timers(1_000, WAIT, 0) });
        let Advice::Runtime { reasons, .. } = tight.advice else { panic!() };
        assert!(matches!(&reasons[0], Reason::Near(by) if by.limit == MEMORY_GIVEN), "{reasons:?}");
    }

    #[test]
    fn a_rate_fixes_what_waits_and_how_busy_the_cores_are() {
        let case = Case { rate: Some(50_000), ..Case::timers(1_000_000, WAIT, 0) };
        let plan = plan(case);
        assert_eq!((plan.waiting, plan.per_second), (Some(10_000), Some(50_000.0)));
        // Twice 10,000 ns of CPU each.
        let busy = row(&plan, "threads/per-task").cores.unwrap().value;
        assert!((busy - 1.0).abs() < 0.01, "{busy}");
        let case = Case { rate: Some(200_000), ..case };
        let plan = Analysis::of(&record(), None).plan(&case).unwrap();
        assert!(matches!(row(&plan, "threads/per-task").outcome, Outcome::Stopped(_)));
        let case = Case { rate: Some(200_000), wait_ns: WAIT / 10, ..case };
        let plan = Analysis::of(&record(), None).plan(&case).unwrap();
        assert_eq!(row(&plan, "threads/per-task").outcome, Outcome::TooBusy { cores: 2 });
    }

    #[test]
    fn memory_alone_says_how_many_fit() {
        let case = Case { tasks: None, memory_bytes: Some(512 << 20), ..Case::timers(1, WAIT, 0) };
        let plan = plan(case);
        let smol = row(&plan, "coroutines/smol").most.unwrap() as f64;
        assert!((smol * 340.0 / ((512 << 20) as f64 - 2_100_000.0) - 1.0).abs() < 0.01, "{smol}");
        let thread = row(&plan, "threads/per-task");
        assert!((14_000..14_600).contains(&thread.most.unwrap()));
        assert_eq!(thread.next.unwrap().limit, MEMORY_GIVEN);
        assert_eq!(row(&plan, "subroutine/sequential").most, Some(1));
        let most: Vec<_> = plan.rows.iter().filter_map(|row| row.most).collect();
        let fit = plan.rows.iter().filter(|row| row.outcome == Outcome::Fits).count();
        assert!(most[..fit].is_sorted_by(|one, next| one >= next), "{most:?}");
    }

    #[test]
    fn where_every_runtime_is_stopped_a_limit_has_to_be_moved_first() {
        let mut record = record();
        record.run.host.limits.insert("pid_max".into(), LimitValue::Number(100));
        record.cells.iter_mut().filter(|cell| cell.contestant.contains("smol")).for_each(|cell| {
            let threads = cell.memory.waiting.as_mut().unwrap();
            threads.threads = Some(1 + cell.tasks);
        });
        record.cells.retain(|cell| !cell.contestant.contains("tokio"));
        let plan = Analysis::of(&record, None).plan(&Case::timers(50_000, WAIT, 0)).unwrap();
        assert!(matches!(row(&plan, "coroutines/smol").outcome, Outcome::Stopped(_)));
        let Advice::Runtime { contestant, .. } = plan.advice else { panic!() };
        assert_eq!(contestant.as_str(), "coroutines/smol");
    }

    #[test]
    fn one_task_at_a_time_takes_the_sum_of_the_waits() {
        let plan = plan(Case::timers(20_000, WAIT, 0));
        let takes_ns = 20_000 * u128::from(WAIT);
        let subroutine = row(&plan, "subroutine/sequential");
        assert_eq!(subroutine.outcome, Outcome::OneAtATime { takes_ns });
    }

    #[test]
    fn what_has_no_plan_says_why() {
        let plan = |record: &Record, case| Analysis::of(record, None).plan(&case).unwrap_err();
        let case = Case::timers(10, WAIT, 0);
        assert_eq!(plan(&Synthetic::new().record(), case), PlanError::NoFits);
        assert_eq!(plan(&record(), Case { work: Work::Http, ..case }), PlanError::NoFits);
        assert_eq!(plan(&record(), Case::timers(0, WAIT, 0)), PlanError::NoTasks);
        let much = Case { memory_bytes: Some(1 << 20), ..Case::timers(1_000, WAIT, 8_192) };
        assert!(matches!(plan(&record(), much), PlanError::StateAboveMemory { .. }));
    }
}
