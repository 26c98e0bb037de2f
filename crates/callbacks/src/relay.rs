//! The task that waits for a token, as a chain of callbacks: each wait is handed the rest of the task.

use std::cell::Cell;
use std::io::{ErrorKind, PipeReader, PipeWriter};
use std::rc::Rc;
use std::time::Duration;

use reactor::Socket;
use workload::{Moment, State, TaskHandle, relay};

use crate::event_loop::{EventLoop, Received, Waiting};

/// Takes the token as often as it comes, and passes it on. Returns at once; the rest happens in callbacks.
pub(crate) fn pass<const N: usize>(event_loop: &mut EventLoop, mut handle: TaskHandle, link: Link) {
    handle.sign_in();
    let mut state = State::<N>::empty();
    state.fill(handle.task());
    wait_or_end(event_loop, handle, state, Rc::new(link));
}

fn wait_or_end<const N: usize>(
    event_loop: &mut EventLoop,
    mut handle: TaskHandle,
    state: State<N>,
    link: Rc<Link>,
) {
    if !handle.next_turn() {
        let sum = handle.task().sum();
        return handle.sign_out(sum);
    }
    let kept = link.clone();
    let received = move |event_loop: &mut EventLoop, token| {
        send(event_loop, &kept, handle.took(token, &state));
        wait_or_end(event_loop, handle, state, kept);
    };
    take(event_loop, link, Box::new(received));
}

/// Where the token comes in and where it goes out.
pub(crate) enum Link {
    /// By the queue of the event loop.
    Queued { from: Rc<Place>, to: Rc<Place> },
    /// By two pipes.
    Piped { from: Socket<Waiting, PipeReader>, to: PipeWriter },
}

/// What lies between two tasks: the token, or what waits for it.
#[derive(Default)]
pub(crate) struct Place {
    pub(crate) token: Cell<Option<u64>>,
    waiting: Cell<Option<Received>>,
}

/// How long the token may take. What waits for a socket has to say that.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Has `received` called with the token when that is there.
fn take(event_loop: &mut EventLoop, link: Rc<Link>, received: Received) {
    match &*link {
        Link::Queued { from, .. } => match from.token.take() {
            Some(token) => event_loop.soon(received, token),
            None => from.waiting.set(Some(received)),
        },
        Link::Piped { from, .. } => match relay::read(|buffer| from.try_read(buffer)) {
            Ok(Some(token)) => event_loop.soon(received, token),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let place = from.place();
                let again = move |event_loop: &mut EventLoop, _| take(event_loop, link, received);
                event_loop.wait(place, Moment::now() + LONGEST, Box::new(again));
            }
            // It does not come any more, and the task is lost.
            Ok(None) | Err(_) => {}
        },
    }
}

/// Passes the token on.
fn send(event_loop: &mut EventLoop, link: &Link, token: u64) {
    match link {
        Link::Piped { to, .. } => relay::write(to, token),
        Link::Queued { to, .. } => match to.waiting.take() {
            Some(received) => event_loop.soon(received, token),
            None => to.token.set(Some(token)),
        },
    }
}
