//! What a reservation book does whatever its API looks like: entries, guests, places.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use crate::world::{BookingState, Channel, World, paris_instant, seatings};

/// Covers that can be seated at each time of a day, unless set otherwise.
const PLACES: u32 = 24;

/// A reservation as it is now.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) number: u32,
    pub(crate) guest: u32,
    pub(crate) start: DateTime,
    pub(crate) party: u32,
    pub(crate) state: BookingState,
    pub(crate) note: String,
    pub(crate) table: Option<u32>,
    pub(crate) made: Timestamp,
    pub(crate) updated: Timestamp,
    /// Times it was changed, from 1.
    pub(crate) sequence: u32,
}

/// A guest as the book knows them.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub(crate) number: u32,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) notes: String,
    pub(crate) made: Timestamp,
}

/// Whoever comes, as a request names them.
#[derive(Debug)]
pub(crate) struct Newcomer<'a> {
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) phone: &'a str,
}

/// The book. Rebuilt from the world on reset.
#[derive(Debug)]
pub(crate) struct Diary {
    world: World,
    pub(crate) entries: Vec<Entry>,
    pub(crate) guests: Vec<Guest>,
    set: BTreeMap<(Date, Time), u32>,
    ticks: u32,
}

impl Diary {
    pub(crate) fn new(world: &World, channel: Channel) -> Self {
        let mine = world.bookings().iter().filter(|booking| booking.channel == channel);
        let entries: Vec<Entry> = mine
            .map(|booking| Entry {
                number: booking.number,
                guest: booking.customer,
                start: booking.start,
                party: booking.party,
                state: booking.state,
                note: booking.note.to_owned(),
                table: booking.table,
                made: booking.made,
                updated: booking.updated,
                sequence: 1,
            })
            .collect();
        let made = |number| entries.iter().filter(|entry| entry.guest == number).map(|entry| entry.made).min();
        let guests = world.customers().iter().map(|customer| Guest {
            number: customer.id,
            first_name: customer.first_name.to_owned(),
            last_name: customer.last_name.to_owned(),
            email: customer.email.clone(),
            phone: customer.phone.clone(),
            notes: String::new(),
            made: made(customer.id).unwrap_or_else(|| paris_instant(world.options().today.at(9, 0, 0, 0))),
        });
        Self { world: world.clone(), guests: guests.collect(), entries, set: BTreeMap::new(), ticks: 0 }
    }

    /// The time of the next event.
    pub(crate) fn now(&mut self) -> Timestamp {
        self.ticks = self.ticks.saturating_add(1);
        self.world.now(self.ticks)
    }

    pub(crate) fn today(&self) -> Date {
        self.world.options().today
    }

    pub(crate) fn find(&self, number: u32) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.number == number)
    }

    pub(crate) fn guest(&self, number: u32) -> Option<&Guest> {
        self.guests.iter().find(|guest| guest.number == number)
    }

    /// How often a guest came.
    pub(crate) fn visits(&self, guest: u32) -> usize {
        let came = |entry: &&Entry| entry.guest == guest && entry.state == BookingState::Left;
        self.entries.iter().filter(came).count()
    }

    /// The guests whose name, e-mail or phone has this text in it, whatever its case.
    pub(crate) fn search(&self, text: &str) -> Vec<&Guest> {
        let text = text.to_lowercase();
        let fits = |guest: &&Guest| {
            let name = format!("{} {}", guest.first_name, guest.last_name).to_lowercase();
            name.contains(&text) || guest.email.to_lowercase().contains(&text) || guest.phone.contains(&text)
        };
        self.guests.iter().filter(fits).collect()
    }

    /// Changes a reservation and gives what became of it.
    pub(crate) fn change(&mut self, number: u32, change: impl FnOnce(&mut Entry)) -> Option<&Entry> {
        let now = self.now();
        let entry = self.entries.iter_mut().find(|entry| entry.number == number)?;
        change(entry);
        entry.updated = now;
        entry.sequence += 1;
        Some(entry)
    }

    /// Whether this guest is expected at this time already, under another number than `except`.
    pub(crate) fn is_double(&self, guest: u32, start: DateTime, except: Option<u32>) -> bool {
        self.entries.iter().any(|entry| {
            entry.guest == guest
                && entry.start == start
                && Some(entry.number) != except
                && entry.state != BookingState::Cancelled
        })
    }

    /// The guest with this e-mail, whatever its case.
    pub(crate) fn known(&self, email: &str) -> Option<u32> {
        self.guests.iter().find(|guest| guest.email.eq_ignore_ascii_case(email)).map(|guest| guest.number)
    }

    /// Books for a guest, who is known by the e-mail or becomes known.
    pub(crate) fn book(
        &mut self,
        who: &Newcomer<'_>,
        start: DateTime,
        party: u32,
        note: &str,
        state: BookingState,
    ) -> u32 {
        let now = self.now();
        let guest = self.known(who.email).unwrap_or_else(|| {
            let number = self.guests.iter().map(|guest| guest.number).max().unwrap_or(0) + 1;
            self.guests.push(Guest {
                number,
                first_name: who.first_name.to_owned(),
                last_name: who.last_name.to_owned(),
                email: who.email.to_owned(),
                phone: who.phone.to_owned(),
                notes: String::new(),
                made: now,
            });
            number
        });
        let number = 10_000 + u32::try_from(self.entries.len()).unwrap_or(0);
        let note = note.to_owned();
        let entry =
            Entry { number, guest, start, party, state, note, table: None, made: now, updated: now, sequence: 1 };
        self.entries.push(entry);
        number
    }

    /// The times of a day with the covers still free.
    pub(crate) fn places(&self, date: Date) -> Vec<(Time, u32)> {
        let also = self.set.keys().filter(|(day, _)| *day == date).map(|(_, time)| *time);
        let times: BTreeSet<Time> = seatings(date).into_iter().chain(also).collect();
        let taken = |time: Time| -> u32 {
            let here = |entry: &&Entry| {
                entry.start == date.to_datetime(time)
                    && !matches!(entry.state, BookingState::Cancelled | BookingState::NoShow)
            };
            self.entries.iter().filter(here).map(|entry| entry.party).sum()
        };
        let free = |time| match self.set.get(&(date, time)) {
            Some(places) => *places,
            None => PLACES.saturating_sub(taken(time)),
        };
        times.into_iter().map(|time| (time, free(time))).collect()
    }

    /// Sets the free covers of one time.
    pub(crate) fn set(&mut self, date: Date, time: Time, places: u32) {
        self.set.insert((date, time), places);
    }

    /// Takes back what was set for the times of a day that lie in a range, so that they are open again.
    pub(crate) fn open(&mut self, date: Date, times: impl Fn(Time) -> bool) {
        self.set.retain(|(day, time), _| *day != date || !times(*time));
    }
}
