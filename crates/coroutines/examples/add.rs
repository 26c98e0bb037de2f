//! The program of `docs/models.md` as a coroutine, on whichever runtime is compiled in:
//!
//! ```text
//! cargo run -p coroutines --example add                                         # tokio
//! cargo run -p coroutines --example add --no-default-features --features smol
//! cargo run -p coroutines --example add --no-default-features                   # bare
//! ```

use std::io;
use std::time::Duration;

use coroutines::Runtime;
use workload::Moment;

#[cfg(feature = "tokio")]
type Chosen = coroutines::tokio::CurrentThread;
#[cfg(all(feature = "async-std", not(feature = "tokio")))]
type Chosen = coroutines::async_std::AsyncStd;
#[cfg(all(feature = "smol", not(any(feature = "tokio", feature = "async-std"))))]
type Chosen = coroutines::smol::Local;
#[cfg(not(any(feature = "tokio", feature = "async-std", feature = "smol")))]
type Chosen = coroutines::bare::Bare;

fn main() -> io::Result<()> {
    Chosen::new()?.block_on(print_add(1, 2));
    Ok(())
}

async fn print_add(a: u32, b: u32) {
    let sum = add(a, b).await;
    println!("print_add: {a} + {b} = {sum}");
}

async fn add(a: u32, b: u32) -> u32 {
    println!("add: {a} + {b}");
    Chosen::sleep_until(Moment::now() + Duration::from_secs(1)).await;
    a + b
}
