//! Lines of a record in which nothing special happened.

use std::collections::BTreeMap;

use crate::{
    CeilingLine, CgroupKind, Extent, Host, LimitValue, Profile, ProofLine, RoleLine, Run, SCHEMA,
    Status, Throughput, WorkloadLine,
};

pub(super) const WAIT_NS: u64 = 1_000_000;

/// A run on a machine with a control group.
pub(super) fn run() -> Run {
    let host = Host {
        cpu: Some("Example CPU".into()),
        cores: 2,
        memory_bytes: Some(24 << 30),
        kernel: Some("Linux 6.1.0".into()),
        clock: Some("tsc".into()),
        page_bytes: Some(4096),
        thp: Some("madvise".into()),
        allocator: "glibc 2.36".into(),
        rustc: "rustc 1.95.0".into(),
        limits: BTreeMap::from([
            ("max_map_count".into(), LimitValue::from(Some(65_530))),
            ("nproc".into(), LimitValue::from(None)),
        ]),
        cgroup: CgroupKind::V2,
        system: BTreeMap::from([("SMT".into(), Some("off".into())), ("governor".into(), None)]),
        ..Host::default()
    };
    Run {
        schema: SCHEMA,
        started: "2026-01-02T03:04:05Z".into(),
        seed: 42,
        extent: Extent::Full,
        host,
        versions: BTreeMap::from([("tokio".into(), "1.54.0".into())]),
        contestants: BTreeMap::new(),
        cautions: BTreeMap::new(),
        timers: BTreeMap::new(),
        arguments: None,
        program: None,
        task_code: BTreeMap::new(),
        build: BTreeMap::from([("RUSTFLAGS".into(), "none".into())]),
    }
}

/// One timer a task, in a burst.
pub(super) fn workload() -> WorkloadLine {
    WorkloadLine {
        wait: "timer".into(),
        duration_ns: WAIT_NS,
        spread_ns: 0,
        state_bytes: 0,
        depth_bytes: 0,
        waits_per_task: 1,
        arrival: "burst".into(),
        synchronized_wakeup: false,
        job_rounds: 0,
        ending: None,
        rising: false,
        trace: false,
        one_core: false,
        http: None,
        cancelled_per_mille: None,
    }
}

/// A compared contestant, whose model is in its id.
pub(super) fn profile(id: &str) -> Profile {
    let kind = id.split('/').next().unwrap_or_default();
    Profile {
        id: id.into(),
        model: kind.into(),
        language: "Rust".into(),
        role: RoleLine::Compared,
        of: None,
        holds_bytes: None,
        summary: "made up".into(),
        timer: None,
        caution: None,
        ceiling: if kind == "subroutine" { CeilingLine::One } else { CeilingLine::All },
        workloads: vec!["timer".into()],
        largest_state_bytes: None,
        most_tasks: None,
        most_requests: None,
        one_thread: false,
        floor: false,
        as_written: false,
        versions: BTreeMap::new(),
        build: BTreeMap::new(),
        build_id: None,
        allocator: None,
        elsewhere: false,
        env: BTreeMap::new(),
    }
}

/// The proof that so many tasks ended as they should, with so many in flight at once.
pub(super) fn proof(tasks: u64, in_flight: u64) -> ProofLine {
    ProofLine {
        completed: tasks,
        checksum: 7,
        expected_checksum: 7,
        peak_in_flight: in_flight,
        expected_in_flight: in_flight,
        before_weighing: in_flight,
        after_weighing: in_flight,
        lost: 0,
        unweighed: false,
    }
}

/// A wave without samples.
pub(super) fn throughput(id: &str, workload: &WorkloadLine, tasks: u64) -> Throughput {
    Throughput {
        contestant: id.into(),
        workload: workload.clone(),
        tasks,
        pool_workers: None,
        status: Status::Ok,
        reason: None,
        floor_ns: WAIT_NS,
        samples: Vec::new(),
        server_high_water: None,
        lateness_ns: None,
    }
}
