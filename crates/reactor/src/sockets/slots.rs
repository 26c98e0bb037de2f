//! What is known of each socket, at the place that it was given.

use polling::Event;

const _: () = assert!(
    usize::BITS >= 64,
    "a socket's key in the poller is a place and a generation, 32 bits each"
);

/// What is known of each socket, at the place that it was given.
pub(super) struct Slots<W> {
    pub(super) slots: Vec<Slot<W>>,
    vacant: Vec<u32>,
}

pub(super) struct Slot<W> {
    pub(super) waiter: Option<W>,
    /// Which of the sockets that have this place one after another it is: an event that comes late
    /// is the event of a socket that is gone.
    pub(super) generation: u32,
    /// Where an operation is worth trying.
    pub(super) ready: Directions,
    /// Where an operation has failed because it would have blocked.
    pub(super) wanted: Directions,
}

impl<W> Slots<W> {
    /// A place for a socket, and its generation.
    pub(super) fn insert(&mut self) -> (u32, u32) {
        let place = self.vacant.pop().unwrap_or_else(|| {
            let place = u32::try_from(self.slots.len()).expect("a descriptor has 31 bits");
            self.slots.push(Slot {
                waiter: None,
                generation: 0,
                ready: Directions::default(),
                wanted: Directions::default(),
            });
            place
        });
        (place, self.get(place).generation)
    }

    pub(super) fn remove(&mut self, place: u32) -> Option<W> {
        self.vacant.push(place);
        let slot = self.get(place);
        slot.generation = slot.generation.wrapping_add(1);
        slot.ready = Directions::default();
        slot.wanted = Directions::default();
        slot.waiter.take()
    }

    pub(super) fn get(&mut self, place: u32) -> &mut Slot<W> {
        &mut self.slots[place as usize]
    }

    pub(super) fn take(&mut self, place: u32) -> Option<W> {
        let slot = self.slots.get_mut(place as usize)?;
        slot.wanted = Directions::default();
        slot.waiter.take()
    }

    /// Notes what the event says of its socket, and takes out what waits for that.
    pub(super) fn take_ready(&mut self, event: &Event) -> Option<W> {
        let (place, generation) = place_and_generation(event.key);
        let slot = self.slots.get_mut(place as usize)?;
        if slot.generation != generation {
            return None;
        }
        slot.ready.read |= event.readable;
        slot.ready.write |= event.writable;
        let is_wanted = event.readable && slot.wanted.read || event.writable && slot.wanted.write;
        if is_wanted { self.take(place) } else { None }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.vacant.len()
    }
}

impl<W> Default for Slots<W> {
    fn default() -> Self {
        Self { slots: Vec::new(), vacant: Vec::new() }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Direction {
    Read,
    Write,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Directions {
    pub(super) read: bool,
    pub(super) write: bool,
}

impl Directions {
    pub(super) fn has(self, direction: Direction) -> bool {
        match direction {
            Direction::Read => self.read,
            Direction::Write => self.write,
        }
    }

    pub(super) fn set(&mut self, direction: Direction, to: bool) {
        match direction {
            Direction::Read => self.read = to,
            Direction::Write => self.write = to,
        }
    }
}

pub(super) fn key(place: u32, generation: u32) -> usize {
    (generation as usize) << 32 | place as usize
}

#[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
fn place_and_generation(key: usize) -> (u32, u32) {
    (key as u32, (key >> 32) as u32)
}
