//! `docs/protocol.md` says what the code does: every field of every line, and a session that is replayed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use compare::project::Project;
use protocol::wide::FIELDS;
use protocol::{
    AllWaiting, Begin, Drained, ErrorLine, Event, HttpLine, LatenessLine, Order, Profile,
    ServerLine, Step, TraceLine, WorkloadLine, profile::WANTS,
};
use serde_json::{Value, json};

fn page() -> String {
    let root = Project::find().unwrap().readme().parent().unwrap().to_owned();
    fs::read_to_string(root.join("docs/protocol.md")).unwrap()
}

/// A row of a table: its cells.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let is_it = |line: &str| line.trim_start_matches('#').trim().trim_matches('`') == heading;
    let from = page.lines().position(|line| line.starts_with("##") && is_it(line));
    let section = page.lines().skip(from.unwrap_or_else(|| panic!("{heading}")) + 1);
    let rows = section.take_while(|line| !line.starts_with('#'));
    let rows = rows.filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

fn word(cell: &str) -> &str {
    cell.trim_matches('`')
}

fn lateness() -> LatenessLine {
    LatenessLine { p50: 1, p90: 2, p99: 3, p999: 4, max: 5 }
}

fn http() -> HttpLine {
    HttpLine {
        bytes: 1,
        keep_alive: true,
        rate_limit: Some(2),
        connect_timeout_ns: 3,
        read_timeout_ns: 4,
        total_timeout_ns: 5,
    }
}

fn error() -> ErrorLine {
    ErrorLine { kind: "reset".into(), tasks: 1, first: "gone".into() }
}

fn server() -> ServerLine {
    let address = "127.0.0.1:80".parse().unwrap();
    ServerLine { address, addresses: 1.try_into().unwrap(), group: 7 }
}

fn workload() -> WorkloadLine {
    WorkloadLine {
        synchronized_wakeup: true,
        depth_bytes: 16_384,
        job_rounds: 1,
        ending: Some("panics".into()),
        rising: true,
        trace: true,
        one_core: true,
        http: Some(http()),
        cancelled_per_mille: Some(2),
        ..plain()
    }
}

fn plain() -> WorkloadLine {
    serde_json::from_value(json!({
        "wait": "http", "duration_ns": 1, "spread_ns": 2, "state_bytes": 3, "waits_per_task": 4,
        "arrival": "burst",
    }))
    .unwrap()
}

fn profile() -> Profile {
    let map = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    let some = |text: &str| Some(text.to_owned());
    let least = json!({
        "id": "x/y", "model": "m", "summary": "s", "ceiling": "all", "workloads": ["timer"],
    });
    Profile {
        language: "C".into(),
        role: protocol::RoleLine::Control,
        of: some("a/b"),
        holds_bytes: Some(1),
        timer: some("t"),
        caution: some("c"),
        largest_state_bytes: Some(2),
        most_tasks: Some(3),
        most_requests: Some(4),
        one_thread: true,
        floor: true,
        as_written: true,
        versions: map.clone(),
        build: map.clone(),
        build_id: some("i"),
        allocator: some("malloc"),
        env: map,
        ..serde_json::from_value(least).unwrap()
    }
}

fn drained() -> Drained {
    Drained {
        in_flight_after_weighing: Some(1),
        completed: 2,
        checksum: 3,
        peak_in_flight: 4,
        errors: vec![error()],
        lost: 5,
        wall_ns: 6,
        user_ns: 7,
        system_ns: 8,
        voluntary_switches: 9,
        involuntary_switches: 10,
        lateness_ns: Some(lateness()),
        heap_bytes: Some(11),
        trace: vec![TraceLine { task: 1, step: Step::Woke, thread: 2, at_ns: 3 }],
    }
}

/// The line of this, as it is sent.
fn line(body: impl serde::Serialize) -> Value {
    let mut line = Vec::new();
    protocol::write(&mut line, body).unwrap();
    serde_json::from_slice(&line).unwrap()
}

/// Whether this is read as an order or an event.
fn is_read(line: &Value, is_order: bool) -> bool {
    let line = format!("{line}\n");
    match is_order {
        true => protocol::read::<Order>(&mut line.as_bytes()).is_ok(),
        false => protocol::read::<Event>(&mut line.as_bytes()).is_ok(),
    }
}

/// A full example of each table's object: its line, and the way from the line to it.
fn examples() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    let waiting = AllWaiting { in_flight: 1, start_ns: 2, start_cpu_ns: 3, heap_bytes: Some(4) };
    let begin = line(Order::Begin(Box::new(Begin {
        contestant: "x/y".into(),
        workload: workload(),
        tasks: 1,
        pool_workers: 2,
        server: Some(server()),
        unweighed: true,
    })));
    let over = line(Event::Drained(drained()));
    vec![
        ("hello", line(Event::Hello(Box::new(profile()))), vec![]),
        ("idle", line(Event::Idle { heap_bytes: Some(1) }), vec![]),
        ("parked", line(Event::AllWaiting(waiting)), vec![]),
        ("drained", over.clone(), vec![]),
        ("A step", over.clone(), vec!["trace", "0"]),
        ("An error", over.clone(), vec!["errors", "0"]),
        ("A lateness", over, vec!["lateness_ns"]),
        ("refused", line(Event::Refused { reason: "no".into(), threads: Some(1) }), vec![]),
        ("begin", begin.clone(), vec![]),
        ("waves", line(Order::Waves { count: 3 }), vec![]),
        ("A workload", begin.clone(), vec!["workload"]),
        ("A request", begin.clone(), vec!["workload", "http"]),
        ("A server", begin, vec!["server"]),
    ]
}

fn object<'a>(line: &'a mut Value, way: &[&str]) -> &'a mut Value {
    way.iter().fold(line, |value, step| match step.parse::<usize>() {
        Ok(index) => &mut value[index],
        Err(_) => &mut value[*step],
    })
}

#[test]
fn every_field_of_every_line_is_in_its_table() {
    let page = page();
    let mut wide = BTreeSet::new();
    let mut narrow = BTreeSet::new();
    for (heading, example, way) in examples() {
        let is_order = example.get("order").is_some();
        assert!(is_read(&example, is_order), "{heading}: {example}");
        let mut fields = object(&mut example.clone(), &way).as_object().unwrap().clone();
        fields.retain(|name, _| !["v", "order", "event"].contains(&name.as_str()));
        let rows = rows(&page, heading);
        let told: BTreeSet<&str> = rows.iter().map(|row| word(row[0])).collect();
        assert_eq!(told, fields.keys().map(String::as_str).collect(), "{heading}");
        assert_eq!(told.len(), rows.len(), "{heading}");
        for row in &rows {
            let (name, kind, may_be_left_out) = (word(row[0]), row[1], row[row.len() - 1]);
            let value = &fields[name];
            let is_of_kind = match kind {
                "digits" => value.as_str().is_some_and(|text| text.parse::<u64>().is_ok()),
                "number" => value.is_u64(),
                "text" => value.is_string(),
                "flag" => value.is_boolean(),
                "list of text" | "list of errors" | "list of steps" => value.is_array(),
                _ => value.is_object(),
            };
            assert!(is_of_kind, "{heading}: {name} is no {kind}: {value}");
            match kind {
                "digits" => wide.insert(name),
                _ => narrow.insert(name),
            };
            let mut without = example.clone();
            object(&mut without, &way).as_object_mut().unwrap().remove(name);
            let is_left_out = is_read(&without, is_order);
            assert_eq!(
                may_be_left_out,
                if is_left_out { "yes" } else { "no" },
                "{heading}: {name}"
            );
        }
    }
    // `tasks` is wide within an error alone.
    assert!(wide.remove("tasks"));
    assert_eq!(wide, FIELDS.iter().copied().collect());
    assert_eq!(wide.intersection(&narrow).count(), 0);
}

#[test]
fn every_word_of_a_workload_is_told() {
    let page = page();
    let told: BTreeSet<&str> = rows(&page, "Workloads").iter().map(|row| word(row[0])).collect();
    assert_eq!(told, WANTS.iter().map(|(word, _)| *word).collect());
}

/// The kinds of values in a line, without the values.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect()
        }
        Value::Array(all) => all.iter().map(shape).collect(),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => "digits".into(),
        other => other.clone(),
    }
}

#[test]
fn the_session_of_the_page_is_what_a_contestant_says() {
    let page = page();
    let session = page.split("## A session").nth(1).unwrap().split("```").nth(1).unwrap();
    let mut cell = Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["cell", "coroutines/bare"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut orders = cell.stdin.take().unwrap();
    let mut events = BufReader::new(cell.stdout.take().unwrap());
    let mut count = 0;
    for told in session.lines().skip(1).filter(|line| !line.is_empty()) {
        let (side, told) = told.split_once(' ').unwrap();
        let with_end = format!("{told}\n");
        count += 1;
        if side == ">" {
            protocol::read::<Order>(&mut with_end.as_bytes()).unwrap();
            orders.write_all(with_end.as_bytes()).unwrap();
            continue;
        }
        let event = protocol::read::<Event>(&mut with_end.as_bytes()).unwrap();
        let mut said = String::new();
        events.read_line(&mut said).unwrap();
        let said_event = protocol::read::<Event>(&mut said.as_bytes()).unwrap();
        let (told, said): (Value, Value) =
            (serde_json::from_str(told).unwrap(), serde_json::from_str(&said).unwrap());
        match (event, said_event) {
            // Who it is depends on how it was built.
            (Event::Hello(told), Event::Hello(said)) => {
                assert_eq!(
                    (told.id, told.model, told.ceiling),
                    (said.id, said.model, said.ceiling)
                );
                assert!(told.workloads.iter().all(|word| said.workloads.contains(word)));
            }
            _ => assert_eq!(shape(&told), shape(&said)),
        }
        for exact in
            ["in_flight", "in_flight_after_weighing", "completed", "checksum", "peak_in_flight"]
        {
            assert_eq!(told.get(exact), said.get(exact), "{exact}");
        }
    }
    assert_eq!(count, 8);
    assert!(cell.wait().unwrap().success());
}
