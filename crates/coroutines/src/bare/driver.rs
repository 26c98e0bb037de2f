//! The sockets of a thread, and where its executor waits for them.
//!
//! They are there from the first socket on: a thread that only sleeps never has a poller. They go
//! with the last executor of the thread.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::task::Waker;
use std::time::Duration;

use reactor::{Notifier, Socket, Sockets};

use super::waker::wake_all;

/// What the executors of a thread share.
#[derive(Default)]
pub(super) struct Driver {
    sockets: RefCell<Option<Sockets<Waker>>>,
    /// What was found ready; kept so that its memory is.
    ready: RefCell<Vec<Waker>>,
}

impl Driver {
    /// This thread's.
    pub(super) fn of_this_thread() -> Rc<Self> {
        DRIVER.with_borrow_mut(|known| {
            known.upgrade().unwrap_or_else(|| {
                let new = Rc::default();
                *known = Rc::downgrade(&new);
                new
            })
        })
    }

    /// Begins to connect to `address`.
    ///
    /// # Errors
    /// When there is no poller, no descriptor or no connection to be had.
    pub(super) fn connect(&self, address: SocketAddr) -> io::Result<Socket<Waker>> {
        let mut sockets = self.sockets.borrow_mut();
        match &*sockets {
            Some(sockets) => sockets.connect(address),
            None => sockets.insert(Sockets::new()?).connect(address),
        }
    }

    /// What ends a wait in [`poll`](Self::poll) from another thread; `None` while there is no
    /// socket to wait for.
    pub(super) fn notifier(&self) -> Option<Notifier> {
        let sockets = self.sockets.borrow();
        sockets.as_ref().filter(|sockets| !sockets.is_empty()).map(Sockets::notifier)
    }

    /// Waits until a socket is ready, at most for `timeout`. Says whether those found were all that
    /// are.
    ///
    /// # Panics
    /// When the operating system's poller fails.
    pub(super) fn poll(&self, timeout: Option<Duration>) -> bool {
        match &mut *self.sockets.borrow_mut() {
            Some(sockets) if !sockets.is_empty() => {
                let ready = &mut self.ready.borrow_mut();
                sockets.poll(timeout, ready).expect("the poller waits")
            }
            _ => true,
        }
    }

    /// Wakes what waits for the sockets that were found ready.
    pub(super) fn wake_ready(&self) {
        let mut ready = self.ready.take();
        wake_all(ready.drain(..));
        self.ready.replace(ready);
    }
}

thread_local! {
    static DRIVER: RefCell<Weak<Driver>> = const { RefCell::new(Weak::new()) };
}
