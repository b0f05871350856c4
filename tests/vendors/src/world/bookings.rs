//! The reservation book: a fortnight behind today and three weeks ahead, some by each channel.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{Timestamp, ToSpan};

use super::Options;
use super::clock::{after, paris_instant};
use super::dice::Dice;

/// Name of the restaurant.
pub const RESTAURANT: &str = "Le Vieux Moulin";

/// Where a reservation was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// TheFork.
    TheFork,
    /// OpenTable.
    OpenTable,
}

/// How far a reservation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingState {
    /// Asked for, not yet confirmed by the restaurant.
    Requested,
    /// Expected.
    Confirmed,
    /// At the table.
    Seated,
    /// Gone.
    Left,
    /// Called off.
    Cancelled,
    /// Never came.
    NoShow,
}

/// A reservation.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Number, from 1, over both channels.
    pub number: u32,
    /// Where it was made.
    pub channel: Channel,
    /// When the meal begins, by the clock in Paris.
    pub start: DateTime,
    /// How many come.
    pub party: u32,
    /// Number of the regular who comes.
    pub customer: u32,
    /// What the guest wrote; empty for most.
    pub note: &'static str,
    /// The table, once it is given.
    pub table: Option<u32>,
    /// How far it has come at the world's half past twelve.
    pub state: BookingState,
    /// When it was made.
    pub made: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

const NOTES: &[&str] = &[
    "Allergie aux arachides",
    "Chaise haute",
    "Près de la fenêtre si possible",
    "Anniversaire: un gâteau est prévu",
    "Sans gluten",
];

const LUNCH: [(i8, i8); 5] = [(12, 0), (12, 30), (13, 0), (13, 30), (14, 0)];
const DINNER: [(i8, i8); 7] = [(19, 0), (19, 30), (20, 0), (20, 30), (21, 0), (21, 30), (22, 0)];

/// The times at which guests can be seated on a day: none on Mondays, lunch only on Sundays.
#[must_use]
pub fn seatings(date: Date) -> Vec<Time> {
    let dinner = if date.weekday() == Weekday::Sunday { &[][..] } else { &DINNER };
    let all = LUNCH.iter().chain(dinner).map(|(hour, minute)| Time::constant(*hour, *minute, 0, 0));
    if date.weekday() == Weekday::Monday { Vec::new() } else { all.collect() }
}

/// All reservations, by the time of the meal.
pub(super) fn bookings(options: &Options, customers: usize) -> Vec<Booking> {
    let mut dice = Dice::new(options.seed, 6);
    let customers = u32::try_from(customers).unwrap_or(0);
    let now = options.today.at(12, 30, 0, 0);
    let mut all = Vec::new();
    for ahead in -14..=21i64 {
        let Ok(date) = options.today.checked_add(ahead.days()) else { continue };
        let seatings = seatings(date);
        if seatings.is_empty() {
            continue;
        }
        let count = dice.between(9, 16);
        let mut times: Vec<Time> = (0..count).filter_map(|_| dice.pick(&seatings).copied()).collect();
        times.sort_unstable();
        for time in times {
            let number = u32::try_from(all.len()).unwrap_or(u32::MAX).saturating_add(1);
            all.push(booking(&mut dice, number, date.to_datetime(time), now, customers));
        }
    }
    all
}

fn booking(dice: &mut Dice, number: u32, start: DateTime, now: DateTime, customers: u32) -> Booking {
    let began = paris_instant(start);
    let state = match (start <= now, dice.below(100)) {
        (_, 0..8) => BookingState::Cancelled,
        (true, 8..13) => BookingState::NoShow,
        (true, _) if start.date() == now.date() => BookingState::Seated,
        (true, _) => BookingState::Left,
        (false, 8..16) => BookingState::Requested,
        (false, _) => BookingState::Confirmed,
    };
    let made = after(began.min(paris_instant(now)), -dice.between(3_600, 12 * 86_400));
    let updated = match state {
        BookingState::Left => after(began, 95 * 60),
        BookingState::Seated | BookingState::NoShow => after(began, 15 * 60),
        _ => after(made, 60),
    };
    Booking {
        number,
        channel: if dice.chance(60) { Channel::TheFork } else { Channel::OpenTable },
        start,
        party: *dice.pick(&[1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6]).unwrap_or(&2),
        customer: 1 + dice.below(customers),
        note: if dice.chance(20) { dice.pick(NOTES).copied().unwrap_or_default() } else { "" },
        table: (state != BookingState::Requested && dice.chance(70)).then(|| 1 + dice.below(22)),
        state,
        made,
        updated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_is_the_same_every_time_and_never_on_a_monday() {
        let options = Options::default();
        let (one, two) = (bookings(&options, 40), bookings(&options, 40));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        assert!(one.len() > 300 && one.iter().all(|booking| booking.start.weekday() != Weekday::Monday));
        assert!(one.windows(2).all(|pair| pair[0].start <= pair[1].start));
        for channel in [Channel::TheFork, Channel::OpenTable] {
            assert!(one.iter().filter(|booking| booking.channel == channel).count() > 100);
        }
    }

    #[test]
    fn what_lies_ahead_has_not_happened() {
        let options = Options::default();
        let now = options.today.at(12, 30, 0, 0);
        for booking in bookings(&options, 40) {
            let past = booking.start <= now;
            let happened = matches!(booking.state, BookingState::Seated | BookingState::Left | BookingState::NoShow);
            assert!(past || !happened, "{booking:?}");
            assert!(booking.made <= booking.updated && booking.made < paris_instant(now), "{booking:?}");
        }
    }
}
