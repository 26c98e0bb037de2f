//! What the parts of the executor do together.

#[cfg(interleavings)]
mod model;

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Wake, Waker};
use std::thread;
use std::time::Duration;

use workload::Workload;

use super::*;

const MS: Duration = Duration::from_millis(1);

/// Runs the future and says how often the executor was roused from its sleep.
fn times_roused(future: impl Future<Output = ()>) -> u32 {
    let mut executor = Executor::new();
    executor.spawn(future);
    executor.run();
    executor.woken.roused.load(Ordering::Relaxed)
}

#[test]
fn an_executor_does_not_rouse_itself_for_its_sleepers() {
    let roused = times_roused(async {
        for _ in 0..20 {
            Sleep::until(Moment::now() + MS).await;
            let mut sleep = Sleep::until(Moment::now() + MS);
            poll_fn(|context| {
                let waker = Waker::from(Arc::new(Through(context.waker().clone())));
                Pin::new(&mut sleep).poll(&mut Context::from_waker(&waker))
            })
            .await;
            Alarm::at(Moment::now() + MS).await;
        }
    });
    assert_eq!(roused, 0);
}

#[test]
#[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
fn an_executor_does_not_rouse_itself_for_its_sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut byte = [0];
        while stream.read(&mut byte).unwrap() > 0 {
            // Long enough for the executor to fall asleep, mostly.
            thread::sleep(MS);
            stream.write_all(&byte).unwrap();
        }
    });
    let roused = times_roused(async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        for _ in 0..20 {
            let mut byte = [7];
            poll_fn(|context| stream.poll_write(context, &byte)).await.unwrap();
            poll_fn(|context| stream.poll_read(context, &mut byte)).await.unwrap();
            // A socket is open, so it is the poller that is asleep.
            Alarm::at(Moment::now() + MS).await;
            Sleep::until(Moment::now() + MS).await;
        }
    });
    assert_eq!(roused, 0);
    server.join().unwrap();
}

/// A waker of somebody else's, as a join gives to what it joins.
struct Through(Waker);

impl Wake for Through {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

struct PanicsWhenDropped(bool);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if self.0 {
            std::panic::resume_unwind(Box::new("planted"));
        }
    }
}

#[test]
fn a_future_whose_drop_panics_takes_no_other_with_it() {
    const TASKS: u32 = 100;
    let ledger = Ledger::open(Workload::timer(TASKS, MS).with_synchronized_wakeup());
    let mut executor = Executor::new();
    for index in 0..TASKS {
        let mut handle = ledger.handle(index);
        let mut task = Box::pin(async move {
            handle.sign_in();
            Sleep::until(handle.next_wait().unwrap()).await;
            if index % 20 == 0 {
                std::panic::resume_unwind(Box::new("planted"));
            }
            let sum = handle.task().sum();
            handle.sign_out(sum);
        });
        let panics = PanicsWhenDropped(index % 10 == 0);
        executor.spawn(poll_fn(move |context| {
            let _held = &panics;
            task.as_mut().poll(context)
        }));
    }
    executor.run();
    let proof = ledger.proof();
    assert!(ledger.is_over());
    assert_eq!((proof.completed, proof.lost), (95, 5));
}

#[test]
fn a_waker_that_panics_takes_no_wake_with_it() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            std::panic::resume_unwind(Box::new("planted"));
        }
    }
    let ended = Cell::new(0);
    let mut executor = Executor::new();
    for _ in 0..3 {
        executor.spawn(async {
            let deadline = Moment::now() + A_WHILE;
            let panics = Waker::from(Arc::new(Panics));
            let mut theirs = (Sleep::until(deadline), Alarm::at(deadline));
            let mut context = Context::from_waker(&panics);
            assert!(Pin::new(&mut theirs.0).poll(&mut context).is_pending());
            assert!(Pin::new(&mut theirs.1).poll(&mut context).is_pending());
            let mut sleep = Sleep::until(deadline);
            poll_fn(|context| {
                let waker = Waker::from(Arc::new(Through(context.waker().clone())));
                Pin::new(&mut sleep).poll(&mut Context::from_waker(&waker))
            })
            .await;
            Alarm::at(deadline).await;
            ended.set(ended.get() + 1);
        });
    }
    executor.run();
    assert_eq!(ended.get(), 3);
}
