//! What the wholesalers Transgourmet and Pomona share behind their own paths, names and forms: the world's goods under
//! their own numbers and prices, stock, orders, bodies read strictly, and errors.

mod book;
mod desk;
mod error;
mod front;
mod goods;
mod guard;
mod intake;
mod lists;

pub(crate) use book::{Book, Order, Way};
pub(crate) use desk::{Desk, Write};
pub(crate) use error::{ApiError, json};
pub(crate) use front::{Vendor, router, serve};
pub(crate) use goods::{Goods, Ware};
pub(crate) use guard::Guard;
pub(crate) use intake::{Line, Names, Reader};
pub(crate) use lists::{Period, allow, day, in_paris, number, slots, words_of};
