//! What the kit makes against the conformance suite, as far as it goes.

use std::hint::black_box;
use std::process::ExitCode;

use contestant::workload::{Contestant, Ledger, Moment, Start, conformance};
use tokio::runtime::Builder;
use tokio::time::sleep_until;

fn main() -> ExitCode {
    // None of them asks a server, so none is there.
    conformance::main(vec![plain(), nested(), tokio()], ([127, 0, 0, 1], 9).into())
}

fn plain() -> Box<dyn Contestant> {
    contestant::own("own/holds-1000", "a future that holds 1,000 B", |gate| async move {
        let state = black_box([1_u8; 1000]);
        gate.wait().await;
        black_box(&state);
    })
}

/// It waits for something else too, and a second time.
fn nested() -> Box<dyn Contestant> {
    contestant::own("own/yields", "a boxed future that awaits something else first", |gate| {
        Box::pin(async move {
            tokio::task::yield_now().await;
            gate.wait().await;
            tokio::task::yield_now().await;
            gate.wait().await;
        })
    })
}

fn tokio() -> Box<dyn Contestant> {
    contestant::on_runtime("coroutines/tokio", "tasks on one thread", || {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(move |ledger: &'static Ledger| {
            let at = |moment: Moment| sleep_until(moment.instant().into());
            runtime.block_on(async {
                for start in ledger.starts() {
                    match start {
                        Start::Now(handle) => drop(tokio::spawn(contestant::task(handle, at))),
                        Start::At(moment) => at(moment).await,
                    }
                }
                ledger.over().await;
            });
        })
    })
}
