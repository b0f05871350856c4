//! Readers for what vendors really send: numbers as text, `"true"`, `"0"` for nothing, one object instead of a list.
//!
//! A record of a vendor is a struct of [`Scalar`]s that borrow from the body: nothing is copied or converted until the
//! mapping asks for it, and fields nobody asked for cost only their skipping.

use core::fmt;
use core::marker::PhantomData;
use std::borrow::Cow;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{Date, Decimal, Error, Instant, LocalTime, time};

/// A JSON value of whatever type, as it stands in the body; absent by default.
///
/// The readers take numbers and booleans as such or as text. `null`, `""` and an absent field are nothing.
#[derive(Clone, Copy, Default)]
pub struct Scalar<'a>(&'a str);

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    // One copy for all fields of all records: inlined, it makes the code several times as large and no faster.
    #[inline(never)]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'de RawValue>::deserialize(deserializer).map(|raw| Self(raw.get()))
    }
}

impl fmt::Debug for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "absent" } else { self.0 })
    }
}

impl<'a> Scalar<'a> {
    /// The JSON text of a value.
    pub const fn from_json(json: &'a str) -> Self {
        Self(json)
    }

    /// The text between the quotes when it holds no escape, or a number or boolean as written; `""` for nothing.
    fn plain(self) -> Result<Cow<'a, str>, Error> {
        match self.0.as_bytes().first() {
            None | Some(b'n') => Ok(Cow::Borrowed("")),
            Some(b'"') => {
                let inner = self.0.get(1..self.0.len() - 1).unwrap_or_default();
                if inner.contains('\\') {
                    return Ok(Cow::Owned(serde_json::from_str::<String>(self.0)?));
                }
                Ok(Cow::Borrowed(inner))
            }
            Some(b'{' | b'[') => {
                Err(Error::unexpected("an object or a list where the vendor documents a single value"))
            }
            Some(_) => Ok(Cow::Borrowed(self.0)),
        }
    }

    fn some(self) -> Result<Option<Cow<'a, str>>, Error> {
        Ok(Some(self.plain()?).filter(|text| !text.trim().is_empty()))
    }

    /// Text; none when it is empty or blank, or not a single value.
    #[inline(never)]
    pub fn text(self) -> Option<String> {
        self.some().ok().flatten().map(Cow::into_owned)
    }

    /// Text without copying where it holds no escapes.
    #[inline(never)]
    pub fn str(self) -> Option<Cow<'a, str>> {
        self.some().ok().flatten()
    }

    /// An identifier, from text or a number; `"0"` is none.
    #[inline(never)]
    pub fn id(self) -> Option<String> {
        self.str().filter(|id| id != "0").map(Cow::into_owned)
    }

    /// An identifier that must be there.
    #[inline(never)]
    pub fn required_id(self, field: &str) -> Result<String, Error> {
        self.id().ok_or_else(|| missing(field))
    }

    /// A decimal, exact to the last digit.
    #[inline(never)]
    pub fn decimal(self, field: &str) -> Result<Option<Decimal>, Error> {
        self.parse_with(field, |text| text.parse())
    }

    /// A decimal that must be there.
    #[inline(never)]
    pub fn required_decimal(self, field: &str) -> Result<Decimal, Error> {
        self.decimal(field)?.ok_or_else(|| missing(field))
    }

    /// A decimal that is worth mentioning: none when it is zero.
    #[inline(never)]
    pub fn nonzero_decimal(self, field: &str) -> Result<Option<Decimal>, Error> {
        Ok(self.decimal(field)?.filter(|value| !value.is_zero()))
    }

    /// A whole number.
    #[inline(never)]
    pub fn integer(self, field: &str) -> Result<Option<i64>, Error> {
        self.parse_with(field, |text| text.parse().map_err(|_| Error::unexpected("not a whole number")))
    }

    /// A boolean: `true`, `"true"`, `1`, `"1"`, `"yes"`, and their opposites; none for anything else.
    #[inline(never)]
    pub fn bool(self) -> Option<bool> {
        match self.str()?.as_ref() {
            "true" | "True" | "TRUE" | "1" | "yes" => Some(true),
            "false" | "False" | "FALSE" | "0" | "no" => Some(false),
            _ => None,
        }
    }

    /// True only if the vendor says so.
    pub fn is_true(self) -> bool {
        self.bool() == Some(true)
    }

    /// An instant with its offset.
    #[inline(never)]
    pub fn instant(self, field: &str) -> Result<Option<Instant>, Error> {
        self.parse_with(field, time::parse_instant)
    }

    /// A day.
    #[inline(never)]
    pub fn date(self, field: &str) -> Result<Option<Date>, Error> {
        self.parse_with(field, time::parse_date)
    }

    /// A time of day.
    pub fn local_time(self, field: &str) -> Result<Option<LocalTime>, Error> {
        self.parse_with(field, time::parse_local_time)
    }

    /// Any other reading of the text, by a function of the caller's.
    pub fn parse_with<T>(self, field: &str, parse: impl FnOnce(&str) -> Result<T, Error>) -> Result<Option<T>, Error> {
        let text = self.plain().map_err(|error| at(field, &error))?;
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Ok(None);
        }
        parse(trimmed).map(Some).map_err(|error| at(field, &error))
    }
}

fn missing(field: &str) -> Error {
    Error::unexpected(format!("the vendor's answer lacks `{field}`"))
}

fn at(field: &str, error: &Error) -> Error {
    let message = match error {
        Error::Api(error) => error.message.as_str(),
        _ => "unreadable",
    };
    Error::unexpected(format!("`{field}` of the vendor's answer: {message}"))
}

/// A list that some vendors send as a single object when it has one element, and as `""`, `null` or nothing when it has
/// none.
///
/// For records of named fields. The elements of a list of plain values are read with `Vec<Scalar>`.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    /// The elements.
    pub fn iter(&self) -> core::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T> IntoIterator for OneOrMany<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a OneOrMany<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, one object, or nothing")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(OneOrMany(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                if text.is_empty() { Ok(OneOrMany::default()) } else { Err(E::custom("text where a list is expected")) }
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(OneOrMany::default())
            }
        }

        deserializer.deserialize_any(Elements(PhantomData))
    }
}

/// A record of the vendor, with its own JSON text when that was asked for.
#[derive(Clone, Debug)]
pub struct Row<'a, T> {
    /// The record as read.
    pub record: T,
    /// The vendor's JSON of it.
    pub raw: Option<&'a str>,
}

impl<T> Row<'_, T> {
    /// What goes into the contract's `raw`.
    pub fn raw(&self) -> Option<String> {
        self.raw.map(str::to_owned)
    }
}

/// Reads a list that stands in a body as JSON text `json`: an array, one object, or nothing.
pub fn rows<'a, T: Deserialize<'a>>(json: &'a str, include_raw: bool) -> Result<Vec<Row<'a, T>>, Error> {
    if !include_raw {
        let records = serde_json::from_str::<OneOrMany<T>>(json)?;
        return Ok(records.into_iter().map(|record| Row { record, raw: None }).collect());
    }
    let elements: Vec<&RawValue> = match json.as_bytes().first() {
        Some(b'[') => serde_json::from_str(json)?,
        Some(b'{') => vec![serde_json::from_str(json)?],
        // Nothing, or an error: the same as without the raw text.
        _ => {
            serde_json::from_str::<OneOrMany<IgnoredAny>>(json)?;
            Vec::new()
        }
    };
    elements.into_iter().map(|raw| Ok(Row { record: serde_json::from_str(raw.get())?, raw: Some(raw.get()) })).collect()
}

/// One record that stands in a body as JSON text `json`: an object. (A derived reader would take a list too, as the
/// record's fields in their order.)
pub fn row<'a, T: Deserialize<'a>>(json: &'a str, include_raw: bool) -> Result<Row<'a, T>, Error> {
    if json.trim_start().starts_with('[') {
        return Err(Error::unexpected("the vendor's answer is a list where one record is documented"));
    }
    Ok(Row { record: serde_json::from_str(json)?, raw: include_raw.then_some(json) })
}

/// The body as text; JSON is UTF-8 (RFC 8259 section 8.1). Reading JSON from text is faster than from bytes: it is
/// checked once.
pub fn utf8(body: &[u8]) -> Result<&str, Error> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    core::str::from_utf8(body).map_err(|_| Error::unexpected("the vendor's answer is not UTF-8"))
}

/// The first members of an object that one is interested in, as JSON text, in the order of `names`; the others are
/// skipped. Members that are absent are none.
pub fn members<'a, const N: usize>(json: &'a str, names: [&str; N]) -> Result<[Option<&'a str>; N], Error> {
    struct Members<'n, const N: usize>([&'n str; N]);

    impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
        type Value = [Option<&'de str>; N];

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = [None; N];
            while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                let place = self.0.iter().position(|name| *name == key);
                match place.and_then(|place| found.get_mut(place)) {
                    Some(slot) => *slot = Some(map.next_value::<&'de RawValue>()?.get()),
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
            }
            Ok(found)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = deserializer.deserialize_map(Members(names))?;
    deserializer.end()?;
    Ok(found)
}

/// For `#[serde(serialize_with)]`: a decimal as a JSON number with all its digits, never through floating point.
pub fn json_number<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(value.to_string())
        .map_err(|_| serde::ser::Error::custom("not a number"))?
        .serialize(serializer)
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
