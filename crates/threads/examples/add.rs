//! The program of `docs/models.md` in a thread: the caller goes on, and joins the thread for the
//! sum.

use std::thread;
use std::time::Duration;

use subroutine::sleep::sleep_until;
use workload::Moment;

fn main() {
    print_add(1, 2);
}

fn print_add(a: u32, b: u32) {
    let sum = thread::spawn(move || add(a, b)).join().expect("adding does not panic");
    println!("print_add: {a} + {b} = {sum}");
}

fn add(a: u32, b: u32) -> u32 {
    println!("add: {a} + {b}");
    sleep_until(Moment::now() + Duration::from_secs(1));
    a + b
}
