//! The program of `docs/models.md` as a subroutine: the caller stands still for a second.

use std::time::Duration;

use subroutine::sleep::sleep_until;
use workload::Moment;

fn main() {
    print_add(1, 2);
}

fn print_add(a: u32, b: u32) {
    let sum = add(a, b);
    println!("print_add: {a} + {b} = {sum}");
}

fn add(a: u32, b: u32) -> u32 {
    println!("add: {a} + {b}");
    sleep_until(Moment::now() + Duration::from_secs(1));
    a + b
}
