//! Limits in words: what stopped a contestant, what would, and what moves it.

use analysis::plan::outcome::MEMORY_GIVEN;
use analysis::walls::{Ceiling, Resource, Wall, resource_of};

use super::names;
use crate::format;

/// A limit with its value: `vm.max_map_count 65,530`, `the machine's memory 23.5 GiB`.
pub fn with_value(limit: &str, value: u64) -> String {
    format!("{} {}", names::limit(limit), written(limit, value))
}

/// The value of a limit alone: a size for memory, else a count.
pub fn written(limit: &str, value: u64) -> String {
    match resource(limit) {
        Some(Resource::Memory | Resource::Addresses) => format::size(value as f64),
        _ => format::count(value),
    }
}

/// How much of a limit one task uses: `4 mappings a task`, `448 B a task`.
pub fn per_task(limit: &str, per_task: f64) -> String {
    let one = |one: &str, many: &str| {
        let noun = if (per_task - 1.0).abs() < 1e-9 { one } else { many };
        format!("{} {noun} a task", format::plain(per_task))
    };
    match resource(limit) {
        Some(Resource::Mappings) => one("mapping", "mappings"),
        Some(Resource::Threads) => one("thread", "threads"),
        Some(Resource::Descriptors) => one("open file", "open files"),
        Some(Resource::Memory) => format!("{} a task", format::bytes(per_task)),
        Some(Resource::Addresses) => format!("{} of addresses a task", format::bytes(per_task)),
        None if limit == "ports" => one("port", "ports"),
        None => one("unit", "units"),
    }
}

/// What stopped a contestant, in one line: `vm.max_map_count 65,530, 4 mappings a task`.
pub fn of_wall(wall: &Wall) -> String {
    let each = wall.per_task.map(|each| format!(", {}", per_task(&wall.limit.name, each as f64)));
    with_value(&wall.limit.name, wall.limit.value) + &each.unwrap_or_default()
}

/// A ceiling in one line, like [`of_wall`].
pub fn of_ceiling(ceiling: &Ceiling) -> String {
    let each = per_task(&ceiling.limit, ceiling.per_task);
    format!("{}, {each}", with_value(&ceiling.limit, ceiling.value))
}

/// The command that makes room for so many tasks; `None` where none does. The value is rounded up,
/// because a process has more than its tasks.
pub fn command_for(ceiling: &Ceiling, tasks: u64) -> Option<String> {
    names::command_for(&ceiling.limit, room_for(ceiling, tasks))
}

/// What the limit has to be for so many tasks, rounded up.
pub fn room_for(ceiling: &Ceiling, tasks: u64) -> u64 {
    round_up(ceiling.needed_for(tasks))
}

/// The next number with two digits and zeros.
fn round_up(value: u64) -> u64 {
    let step = 10_u64.pow(value.checked_ilog10().unwrap_or(0).saturating_sub(1));
    value.div_ceil(step).saturating_mul(step)
}

fn resource(limit: &str) -> Option<Resource> {
    if limit == MEMORY_GIVEN { Some(Resource::Memory) } else { resource_of(limit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_says_what_a_task_takes_of_it_and_what_moves_it() {
        let ceiling = |limit: &str, value, per_task, tasks| Ceiling {
            limit: limit.into(),
            value,
            per_task,
            tasks,
        };
        let maps = ceiling("max_map_count", 65_530, 4.0, 16_370);
        assert_eq!(of_ceiling(&maps), "vm.max_map_count 65,530, 4 mappings a task");
        let command = command_for(&maps, 50_000).unwrap();
        assert_eq!(command, "sysctl -w vm.max_map_count=210000");
        let memory = ceiling("memory_bytes", 24 << 30, 448.0, 56_000_000);
        assert_eq!(of_ceiling(&memory), "the machine's memory 24 GiB, 448 B a task");
        assert_eq!(command_for(&memory, 100_000_000), None);
        let addresses = ceiling("address_space", 7_000_000 << 10, 2_109_440.0, 3_300);
        assert_eq!(of_ceiling(&addresses), "ulimit -v 6.68 GiB, 2.11 MB of addresses a task");
        assert_eq!(command_for(&addresses, 10_000).as_deref(), Some("ulimit -v 21484375"));
        let given = ceiling(MEMORY_GIVEN, 512 << 20, 1.0, 5);
        assert_eq!(with_value(&given.limit, given.value), "the memory given 512 MiB");
        assert_eq!(per_task("nofile", 1.0), "1 open file a task");
        assert_eq!(per_task("ports", 0.5), "0.5 ports a task");
        assert_eq!((round_up(0), round_up(7), round_up(200_001)), (0, 7, 210_000));
    }
}
