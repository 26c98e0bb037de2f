//! The workload `relay`: a token goes round a ring of tasks, as often as each task waits.
//!
//! The token counts how often it was passed on. So each task knows what it must say, and a task that was
//! left out, or had it twice, is found out by the next one; see [`TaskHandle::took`].

use std::io::{self, PipeReader, PipeWriter, Write};

use crate::ledger::{Start, Starts, TaskHandle};
use crate::spec::{Medium, Wait};

/// Joins the tasks of a relay over this medium to a ring: each has the end of a link where the token comes in,
/// and that where it goes out to the next task. The token lies before the first of them. There are none where
/// the workload is another.
///
/// # Errors
/// If the operating system has no room for so many links.
pub fn ring<In, Out>(
    medium: Medium,
    starts: &mut Starts,
    link: impl Fn() -> io::Result<(Out, In)>,
    send: impl Fn(&Out, u64),
) -> io::Result<Vec<(TaskHandle, (In, Out))>> {
    let workload = starts.workload();
    if workload.wait != Wait::Relay(medium) {
        return Ok(Vec::new());
    }
    let links: io::Result<Vec<_>> = (0..workload.tasks).map(|_| link()).collect();
    let (mut outs, ins): (Vec<Out>, Vec<In>) = links?.into_iter().unzip();
    if let Some(first) = outs.first() {
        send(first, 0);
        outs.rotate_left(1);
    }
    let handles = starts.filter_map(|start| match start {
        Start::Now(handle) => Some(handle),
        Start::At(_) => None,
    });
    Ok(handles.zip(ins.into_iter().zip(outs)).collect())
}

/// A link that is a pipe.
///
/// # Errors
/// If there are no descriptors for it.
pub fn pipe() -> io::Result<(PipeWriter, PipeReader)> {
    io::pipe().map(|(reader, writer)| (writer, reader))
}

/// Writes the token into a pipe, which has room for it because there is no other. The first task has ended
/// when the last one passes the token on for the last time, and does not read it then.
pub fn write(mut pipe: &PipeWriter, token: u64) {
    let _ = pipe.write_all(&token.to_ne_bytes());
}

/// Reads the token from a pipe, with what `read` reads from that; `None` if it does not come any more. A token
/// is never there in part.
///
/// # Errors
/// What `read` says: that it would block, if the pipe does not.
pub fn read(read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<Option<u64>> {
    let mut token = [0; 8];
    let length = read(&mut token)?;
    Ok((length == token.len()).then(|| u64::from_ne_bytes(token)))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;
    use crate::ledger::{Ledger, Proof};
    use crate::spec::Workload;
    use crate::state::State;

    type Linked = (TaskHandle, (Receiver<u64>, SyncSender<u64>));

    fn linked(ledger: &'static Ledger) -> Vec<Linked> {
        let send = |out: &SyncSender<u64>, token| out.send(token).unwrap();
        ring(Medium::Channel, &mut ledger.starts(), || Ok(sync_channel(1)), send).unwrap()
    }

    /// One task after the other takes the token and passes on what `pass` makes of it.
    fn go_round(laps: u16, pass: impl Fn(u64) -> u64) -> Proof {
        let waits = NonZeroU16::new(laps).unwrap();
        let ledger = Ledger::open(Workload::relay(3, Medium::Channel).with_waits(waits));
        let mut tasks = linked(ledger);
        tasks.iter_mut().for_each(|(handle, _)| handle.sign_in());
        for _ in 0..laps {
            for (handle, (comes_in, goes_out)) in &mut tasks {
                assert!(handle.next_turn());
                let token = handle.took(comes_in.recv().unwrap(), &State::<0>::empty());
                goes_out.send(pass(token)).unwrap();
            }
        }
        for (mut handle, _) in tasks {
            assert!(!handle.next_turn());
            let sum = handle.task().sum();
            handle.sign_out(sum);
        }
        ledger.proof()
    }

    #[test]
    fn a_token_that_every_task_had_in_its_turn_is_proof() {
        for laps in [1, 2, 7] {
            assert!(go_round(laps, |token| token).is_whole(3), "{laps}");
        }
    }

    #[test]
    fn a_token_that_skipped_a_task_or_came_twice_is_none() {
        let wrongs: [fn(u64) -> u64; 2] = [|token| token + 1, |token| token.saturating_sub(1)];
        for wrong in wrongs {
            let proof = go_round(2, wrong);
            assert!(proof.damaged > 0 && !proof.is_whole(3), "{proof:?}");
        }
    }

    #[test]
    fn a_ring_is_of_its_medium_alone_and_fails_without_links() {
        let none = || Err::<(u8, u8), _>(io::Error::from_raw_os_error(24));
        let ring = |medium, workload| {
            ring(medium, &mut Ledger::open(workload).starts(), none, |_, _| {})
                .map(|ring| ring.len())
        };
        assert!(ring(Medium::Pipe, Workload::relay(5, Medium::Pipe)).is_err());
        assert_eq!(ring(Medium::Pipe, Workload::relay(0, Medium::Pipe)).unwrap(), 0);
        assert_eq!(ring(Medium::Pipe, Workload::relay(5, Medium::Channel)).unwrap(), 0);
        assert!(linked(Ledger::open(Workload::relay(0, Medium::Channel))).is_empty());
    }
}
