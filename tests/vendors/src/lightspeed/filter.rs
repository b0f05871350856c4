//! The vendor's filter grammar: `field=operator,value`.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::Flavor;
use super::error::ApiError;
use crate::amount::Decimal;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Amount,
    Time,
    Flag,
    Text,
}

/// A field's value, comparable with one of the same kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Absent,
    Number(i64),
    Amount(Decimal),
    Time(i64),
    Flag(bool),
    Text(String),
}

impl Value {
    pub(super) fn time(instant: Timestamp) -> Self {
        Self::Time(instant.as_second())
    }

    /// Text that [`Value::parse`] reads back.
    fn written(&self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Number(number) | Self::Time(number) => number.to_string(),
            Self::Amount(amount) => amount.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    fn parse(kind: Kind, text: &str, flavor: Flavor) -> Option<Self> {
        match kind {
            Kind::Number => text.parse().ok().map(Self::Number),
            Kind::Amount => Decimal::parse(text).map(Self::Amount),
            Kind::Time => time(text, flavor).map(|instant| Self::Time(instant.as_second())),
            Kind::Flag => text.parse().ok().map(Self::Flag),
            Kind::Text => Some(Self::Text(text.to_owned())),
        }
    }
}

/// `YYYY-MM-DDTHH:MM:SS` with `±HHMM` or `±HH:MM`; the seed's flavour also knows `Z`.
fn time(text: &str, flavor: Flavor) -> Option<Timestamp> {
    let (local, zone) = (text.get(..19)?, text.get(19..)?);
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let offset = match (zone.get(..1)?, zone.len()) {
        ("Z", 1) if flavor == Flavor::Seed => "+00:00".to_owned(),
        ("+" | "-", 5) => format!("{}:{}", zone.get(..3)?, zone.get(3..)?),
        ("+" | "-", 6) if zone.get(3..4) == Some(":") => zone.to_owned(),
        _ => return None,
    };
    let plain = local.get(10..11) == Some("T") && digits(offset.get(1..3)?) && digits(offset.get(4..)?);
    if plain { format!("{local}{offset}").parse().ok() } else { None }
}

/// A condition on one field.
#[derive(Debug)]
pub(super) enum Test {
    Is(Vec<Ordering>, Value),
    Between(Value, Value),
    In(Vec<Value>),
    Like { pattern: String, wanted: bool },
}

const OPERATORS: [&str; 10] = ["=", ">", ">=", "<", "<=", "><", "!=", "~", "!~", "IN"];

impl Test {
    /// Reads the decoded right side of `field=…`.
    pub(super) fn parse(field: &str, kind: Kind, text: &str, flavor: Flavor) -> Result<Self, ApiError> {
        let wrong = |why: &str| ApiError::bad_request(format!("Invalid filter for field '{field}': {why}"));
        let value = |text: &str| {
            Value::parse(kind, text, flavor).ok_or_else(|| wrong(&format!("'{text}' is not a valid value")))
        };
        let (operator, operand) = match text.split_once(',') {
            Some((operator, operand)) if OPERATORS.contains(&operator) => (operator, operand),
            _ if text.starts_with(['>', '<', '!', '~', '=']) => return Err(wrong("unknown operator")),
            _ => ("=", text),
        };
        let is = |orderings: &[Ordering]| Ok(Self::Is(orderings.to_vec(), value(operand)?));
        match operator {
            "><" if flavor == Flavor::V3 => {
                let (low, high) = operand.split_once(',').ok_or_else(|| wrong("'><' needs two values"))?;
                Ok(Self::Between(value(low)?, value(high)?))
            }
            "><" => Err(wrong("operator '><' is not known here; a period is '>,[start,end]'")),
            // The seed writes a period as `>,[start,end]`, which the vendor's V3 does not know.
            ">" if flavor == Flavor::Seed && operand.starts_with('[') => {
                let inner = operand.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let (low, high) = inner
                    .and_then(|inner| inner.split_once(','))
                    .ok_or_else(|| wrong("a period is '>,[start,end]'"))?;
                Ok(Self::Between(value(low)?, value(high)?))
            }
            "=" => is(&[Ordering::Equal]),
            "!=" => is(&[Ordering::Less, Ordering::Greater]),
            ">" => is(&[Ordering::Greater]),
            ">=" => is(&[Ordering::Greater, Ordering::Equal]),
            "<" => is(&[Ordering::Less]),
            "<=" => is(&[Ordering::Less, Ordering::Equal]),
            "IN" => {
                let inner = operand.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let values: Vec<_> = inner
                    .ok_or_else(|| wrong("IN needs a list in brackets"))?
                    .split(',')
                    .map(value)
                    .collect::<Result<_, _>>()?;
                if values.len() > 100 { Err(wrong("IN takes at most 100 values")) } else { Ok(Self::In(values)) }
            }
            _ if kind == Kind::Text => Ok(Self::Like { pattern: operand.to_lowercase(), wanted: operator == "~" }),
            _ => Err(wrong("'~' compares texts only")),
        }
    }

    pub(super) fn is_met(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Is(orderings, wanted), have) => *have != Value::Absent && orderings.contains(&have.cmp(wanted)),
            (Self::Between(low, high), have) => *have != Value::Absent && low <= have && have <= high,
            (Self::In(values), have) => values.contains(have),
            (Self::Like { pattern, wanted }, Value::Text(text)) => like(pattern, &text.to_lowercase()) == *wanted,
            (Self::Like { .. }, _) => false,
        }
    }
}

/// SQL's LIKE with `%` only.
fn like(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('%') else { return pattern == text };
    let Some(rest) = text.strip_prefix(head) else { return false };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| rest.get(at..).is_some_and(|rest| like(tail, rest)))
}

/// The place of a row in a sorted list, as the opaque text of `after` and `before`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) key: Value,
    pub(super) id: u32,
}

impl Place {
    pub(super) fn to_token(&self) -> String {
        STANDARD.encode(serde_json::json!([self.key.written(), self.id.to_string()]).to_string())
    }

    pub(super) fn from_token(token: &str, kind: Kind) -> Option<Self> {
        let (key, id): (String, String) = serde_json::from_slice(&STANDARD.decode(token).ok()?).ok()?;
        let key = match kind {
            _ if key.is_empty() => Value::Absent,
            Kind::Time => Value::Time(key.parse().ok()?),
            other => Value::parse(other, &key, Flavor::V3)?,
        };
        Some(Self { key, id: id.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(kind: Kind, text: &str, flavor: Flavor) -> Result<Test, ApiError> {
        Test::parse("f", kind, text, flavor)
    }

    #[test]
    fn a_period_is_written_differently_in_each_flavour() {
        let (a, b) = ("2025-04-01T00:00:00+0000", "2025-04-02T00:00:00+02:00");
        let at = |text: &str| Value::time(text.parse().unwrap());
        for (text, flavor) in [(format!("><,{a},{b}"), Flavor::V3), (format!(">,[{a},{b}]"), Flavor::Seed)] {
            let period = test(Kind::Time, &text, flavor).unwrap();
            assert!(period.is_met(&at("2025-04-01T00:00:00Z")) && period.is_met(&at("2025-04-01T22:00:00Z")));
            assert!(!period.is_met(&at("2025-04-01T22:00:01Z")) && !period.is_met(&Value::Absent));
            let other = if flavor == Flavor::V3 { Flavor::Seed } else { Flavor::V3 };
            assert!(test(Kind::Time, &text, other).is_err());
        }
    }

    #[test]
    fn what_the_vendor_refuses_is_refused() {
        for (kind, text) in [
            (Kind::Time, "><,2025-04-01T00:00:00+00:00"),
            (Kind::Time, ">=,2025-04-01"),
            (Kind::Time, ">=,2025-04-01T00:00:00 00:00"),
            (Kind::Time, ">=,2025-04-01T00:00:00Z"),
            (Kind::Time, ">=2025-04-01T00:00:00+00:00"),
            (Kind::Number, "IN,1,2"),
            (Kind::Number, "IN,[]"),
            (Kind::Number, "~,1"),
            (Kind::Flag, "yes"),
        ] {
            assert!(test(kind, text, Flavor::V3).is_err(), "{text}");
        }
    }

    #[test]
    fn operators_compare() {
        let met = |kind, text: &str, value: &Value| test(kind, text, Flavor::V3).unwrap().is_met(value);
        assert!(met(Kind::Number, "IN,[1,2]", &Value::Number(2)) && !met(Kind::Number, "IN,[1,2]", &Value::Number(3)));
        assert!(met(Kind::Number, "!=,3", &Value::Number(2)) && met(Kind::Number, "<=,2", &Value::Number(2)));
        assert!(met(Kind::Text, "~,%canard%", &Value::Text("Magret de Canard fumé".into())));
        assert!(!met(Kind::Text, "!~,%canard%", &Value::Text("Magret de Canard fumé".into())));
        assert!(met(Kind::Flag, "true", &Value::Flag(true)));
    }

    #[test]
    fn a_place_survives_its_token() {
        for (kind, key) in [
            (Kind::Time, Value::Time(1_743_500_000)),
            (Kind::Text, Value::Text("é".into())),
            (Kind::Time, Value::Absent),
        ] {
            let place = Place { key, id: 7 };
            assert_eq!(Place::from_token(&place.to_token(), kind), Some(place));
        }
        assert_eq!(Place::from_token("!", Kind::Text), None);
    }
}
