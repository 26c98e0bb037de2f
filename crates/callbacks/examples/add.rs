//! The program of `docs/models.md` in callbacks: the sum goes to the function that was handed over.

use std::time::Duration;

use callbacks::event_loop::EventLoop;
use workload::Moment;

fn main() -> std::io::Result<()> {
    let mut event_loop = EventLoop::new()?;
    print_add(&mut event_loop, 1, 2);
    event_loop.run()
}

fn print_add(event_loop: &mut EventLoop, a: u32, b: u32) {
    add(event_loop, a, b, move |sum| println!("print_add: {a} + {b} = {sum}"));
}

fn add(event_loop: &mut EventLoop, a: u32, b: u32, then: impl FnOnce(u32) + 'static) {
    println!("add: {a} + {b}");
    let deadline = Moment::now() + Duration::from_secs(1);
    event_loop.at(deadline, Box::new(move |_, _| then(a + b)));
}
