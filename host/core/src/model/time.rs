//! Moments, dates and times of day.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;
use wasmtime::component::{ComponentType, Lift, Lower};

/// Why a text is not a moment, a date or a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TimeError {
    /// Not an RFC 3339 time stamp.
    #[error("not a moment; write it as RFC 3339 with a zone, such as \"2025-04-01T12:30:00Z\"")]
    Instant,
    /// Not a date.
    #[error("not a date; write it as YYYY-MM-DD, such as \"2025-04-01\"")]
    Date,
    /// Not a time of day.
    #[error("not a time of day; write it as HH:MM, such as \"19:30\"")]
    LocalTime,
}

/// A moment: milliseconds since 1970-01-01T00:00:00Z. In JSON RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The present, by the system's clock.
    pub fn now() -> Self {
        Self(Timestamp::now().as_millisecond())
    }
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_millisecond())
    }
}

impl TryFrom<Instant> for Timestamp {
    type Error = jiff::Error;

    fn try_from(instant: Instant) -> Result<Self, jiff::Error> {
        Self::from_millisecond(instant.0)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::try_from(*self) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            // Beyond the year 9999, which only a faulty adapter gives.
            Err(_) => write!(f, "{} ms after 1970", self.0),
        }
    }
}

impl FromStr for Instant {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse::<Timestamp>().map(Self::from).map_err(|_| TimeError::Instant)
    }
}

/// A day, on the restaurant's calendar unless said otherwise. In JSON `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Date {
    /// 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl From<civil::Date> for Date {
    fn from(date: civil::Date) -> Self {
        Self { year: date.year().unsigned_abs(), month: date.month().unsigned_abs(), day: date.day().unsigned_abs() }
    }
}

impl TryFrom<Date> for civil::Date {
    type Error = TimeError;

    fn try_from(date: Date) -> Result<Self, TimeError> {
        let narrow = || {
            Self::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
        };
        narrow().ok_or(TimeError::Date)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        if text.len() != "2025-04-01".len() {
            return Err(TimeError::Date);
        }
        text.parse::<civil::Date>().map(Self::from).map_err(|_| TimeError::Date)
    }
}

/// A time of day on the restaurant's clock. In JSON `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ComponentType, Lift, Lower)]
#[component(record)]
pub struct LocalTime {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

impl From<civil::Time> for LocalTime {
    fn from(time: civil::Time) -> Self {
        Self { hour: time.hour().unsigned_abs(), minute: time.minute().unsigned_abs() }
    }
}

impl TryFrom<LocalTime> for civil::Time {
    type Error = TimeError;

    fn try_from(time: LocalTime) -> Result<Self, TimeError> {
        let narrow = || Self::new(i8::try_from(time.hour).ok()?, i8::try_from(time.minute).ok()?, 0, 0).ok();
        narrow().ok_or(TimeError::LocalTime)
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl FromStr for LocalTime {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (hour, minute) = text.split_once(':').ok_or(TimeError::LocalTime)?;
        let number = |part: &str, below: u8| {
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<u8>().ok().filter(|value| *value < below))
                .flatten()
                .ok_or(TimeError::LocalTime)
        };
        Ok(Self { hour: number(hour, 24)?, minute: number(minute, 60)? })
    }
}

/// JSON as text, by `Display` and `FromStr`.
macro_rules! text_in_json {
    ($type:ty, $format:literal, $example:literal, $description:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "format": $format,
                    "description": $description,
                    "examples": [$example],
                })
            }
        }
    };
}

text_in_json!(Instant, "date-time", "2025-04-01T12:30:00Z", "A moment, RFC 3339 in UTC.");
text_in_json!(Date, "date", "2025-04-01", "A day on the restaurant's calendar.");
text_in_json!(LocalTime, "local-time", "19:30", "A time of day on the restaurant's clock.");

/// `Instant` crosses into an adapter as the contract's `s64`.
///
/// wasmtime's derive macros make records of structs, so the three traits are written out. Each method hands over to
/// `i64`, whose layout `Lower` repeats.
#[allow(unsafe_code)]
mod component {
    use std::mem::MaybeUninit;

    use wasmtime::Result;
    use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext};
    use wasmtime::component::{ComponentType, Lift, Lower};

    use super::Instant;

    // SAFETY: layout, ABI and type check are those of `i64`.
    unsafe impl ComponentType for Instant {
        type Lower = <i64 as ComponentType>::Lower;

        const ABI: CanonicalAbiInfo = <i64 as ComponentType>::ABI;
        const MAY_REQUIRE_REALLOC: bool = <i64 as ComponentType>::MAY_REQUIRE_REALLOC;

        fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
            <i64 as ComponentType>::typecheck(ty, types)
        }
    }

    // SAFETY: lowers the `i64` inside, with its `Lower` and ABI.
    unsafe impl Lower for Instant {
        fn linear_lower_to_flat<T>(
            &self,
            cx: &mut LowerContext<'_, T>,
            ty: InterfaceType,
            dst: &mut MaybeUninit<Self::Lower>,
        ) -> Result<()> {
            self.0.linear_lower_to_flat(cx, ty, dst)
        }

        fn linear_lower_to_memory<T>(
            &self,
            cx: &mut LowerContext<'_, T>,
            ty: InterfaceType,
            offset: usize,
        ) -> Result<()> {
            self.0.linear_lower_to_memory(cx, ty, offset)
        }
    }

    // SAFETY: lifts an `i64`, every value of which is an `Instant`.
    unsafe impl Lift for Instant {
        fn linear_lift_from_flat(cx: &mut LiftContext<'_>, ty: InterfaceType, src: &Self::Lower) -> Result<Self> {
            i64::linear_lift_from_flat(cx, ty, src).map(Instant)
        }

        fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
            i64::linear_lift_from_memory(cx, ty, bytes).map(Instant)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_rfc_3339_in_utc() {
        let instant: Instant = "2025-04-01T14:30:05.25+02:00".parse().unwrap();
        assert_eq!(instant.as_millis(), 1_743_510_605_250);
        assert_eq!(serde_json::to_string(&instant).unwrap(), "\"2025-04-01T12:30:05.25Z\"");
        assert_eq!("2025-04-01T14:30:05".parse::<Instant>(), Err(TimeError::Instant));
        assert_eq!("yesterday".parse::<Instant>(), Err(TimeError::Instant));
    }

    #[test]
    fn dates_and_times_of_day_are_checked() {
        assert_eq!("2024-02-29".parse::<Date>().unwrap(), Date { year: 2024, month: 2, day: 29 });
        for text in ["2025-02-29", "2025-4-1", "20250401", "2025-04-01T00:00", ""] {
            assert_eq!(text.parse::<Date>(), Err(TimeError::Date), "{text:?}");
        }
        assert_eq!("09:05".parse::<LocalTime>().unwrap(), LocalTime { hour: 9, minute: 5 });
        for text in ["24:00", "9:05", "09:60", "0905", "+9:05", ""] {
            assert_eq!(text.parse::<LocalTime>(), Err(TimeError::LocalTime), "{text:?}");
        }
    }
}
