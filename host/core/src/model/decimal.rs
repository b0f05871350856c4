//! Exact decimal numbers for money and quantities.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;
use wasmtime::component::{ComponentType, Lift, Lower};

/// Digits after the point that are kept: an `i64` has no more than 18 full decimal digits.
const MAX_SCALE: u8 = 18;

/// An exact decimal number: `mantissa × 10^-scale`. No floating-point number ever carries money or a quantity.
///
/// Two numbers that differ only in trailing zeros are equal, though each prints with the digits it has.
///
/// ```
/// use moulin_host::model::Decimal;
///
/// let sum = "0.1".parse::<Decimal>()?.checked_add("0.20".parse()?).ok_or("too large")?;
/// assert_eq!(sum, "0.3".parse()?);
/// assert_eq!(sum.to_string(), "0.30");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

/// Why a text is not a [`Decimal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// Not of the form `-12.50`.
    #[error("not a decimal number; write digits with a point, such as \"12.50\"")]
    Syntax,
    /// More digits than can be kept exactly.
    #[error("a decimal number with more than 18 digits")]
    Range,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// `mantissa × 10^-scale`; a scale over 18 is refused.
    pub const fn new(mantissa: i64, scale: u8) -> Result<Self, DecimalError> {
        if scale > MAX_SCALE { Err(DecimalError::Range) } else { Ok(Self { mantissa, scale }) }
    }

    /// The number without its point.
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// Digits after the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Whether the number is zero, whatever its scale.
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Whether the number is below zero.
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Whether the number is above zero.
    pub const fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// The exact sum, with the larger scale of the two; none if it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let sum = self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?;
        Some(Self { mantissa: i64::try_from(sum).ok()?, scale })
    }

    /// The exact difference; none if it does not fit.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { mantissa: other.mantissa.checked_neg()?, scale: other.scale })
    }

    /// The mantissa this number has at a larger scale.
    fn at_scale(self, scale: u8) -> Option<i128> {
        let factor = 10_i128.checked_pow(u32::from(scale.checked_sub(self.scale)?))?;
        i128::from(self.mantissa).checked_mul(factor)
    }

    /// Mantissa and scale without trailing zeros: the same for equal numbers.
    fn normalized(self) -> (i64, u8) {
        let (mut mantissa, mut scale) = (self.mantissa, self.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        (mantissa, scale)
    }
}

impl From<i64> for Decimal {
    fn from(whole: i64) -> Self {
        Self { mantissa: whole, scale: 0 }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.normalized() == other.normalized()
    }
}

impl Eq for Decimal {}

impl std::hash::Hash for Decimal {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.normalized().hash(state);
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        // i64 × 10^18 fits in an i128, so the comparison is exact for every pair the type allows; a scale beyond it can
        // come only from a guest, and then the sign decides.
        let scale = self.scale.max(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => self.mantissa.signum().cmp(&other.mantissa.signum()),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if scale == 0 { "" } else { "." };
        f.pad_integral(self.mantissa >= 0, "", &format!("{whole}{point}{fraction}"))
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || unsigned.ends_with('.') {
            return Err(DecimalError::Syntax);
        }
        let scale = u8::try_from(fraction.len()).map_err(|_| DecimalError::Range)?;
        let mut mantissa = 0_i64;
        for digit in whole.bytes().chain(fraction.bytes()).map(|byte| i64::from(byte - b'0')) {
            mantissa =
                mantissa.checked_mul(10).and_then(|shifted| shifted.checked_add(digit)).ok_or(DecimalError::Range)?;
        }
        Self::new(if negative { -mantissa } else { mantissa }, scale)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    /// Takes a decimal string, or a JSON number of at most 15 digits (more than that a number does not carry exactly).
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal number such as \"12.50\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Decimal, E> {
                Ok(Decimal::from(whole))
            }

            fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Decimal, E> {
                i64::try_from(whole).map(Decimal::from).map_err(|_| E::custom(DecimalError::Range))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Decimal, E> {
                // The shortest text that gives the same double is the text it was written as, up to 15 digits.
                let text = number.to_string();
                if text.bytes().filter(u8::is_ascii_digit).count() > 15 {
                    return Err(E::custom("a JSON number with more than 15 digits; write it as a string"));
                }
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
            "description": "An exact decimal number as a string.",
            "examples": ["12.50"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn text_survives_a_round_trip() {
        for text in ["0", "12.50", "-0.05", "0.000", "-7", "9223372036854775807", "0.000000000000000001"] {
            assert_eq!(decimal(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_decimal_number_is_refused() {
        for text in ["", "-", ".5", "5.", "1,5", "1e3", "+1", " 1", "1 ", "--1", "NaN", "0x10", "١"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::Syntax), "{text:?}");
        }
        for text in ["9223372036854775808", "0.0000000000000000001"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::Range), "{text:?}");
        }
    }

    #[test]
    fn sums_are_exact_and_keep_the_larger_scale() {
        let sum = decimal("0.1").checked_add(decimal("0.2")).unwrap();
        assert_eq!(sum.to_string(), "0.3");
        assert_eq!(decimal("1.250").checked_sub(decimal("2")).unwrap().to_string(), "-0.750");
        assert_eq!(decimal("9223372036854775807").checked_add(decimal("1")), None);
    }

    #[test]
    fn trailing_zeros_do_not_count_in_a_comparison() {
        assert_eq!(decimal("12.50"), decimal("12.5"));
        assert!(decimal("-1.01") < decimal("-1"));
        assert!(decimal("9223372036854775807") > decimal("0.000000000000000001"));
    }

    #[test]
    fn json_takes_strings_and_short_numbers_and_gives_strings() {
        assert_eq!(serde_json::to_string(&decimal("12.50")).unwrap(), "\"12.50\"");
        for (json, expected) in [("\"12.50\"", "12.50"), ("12.5", "12.5"), ("-3", "-3"), ("0.1", "0.1")] {
            assert_eq!(serde_json::from_str::<Decimal>(json).unwrap(), decimal(expected));
        }
        assert!(serde_json::from_str::<Decimal>("0.12345678901234567").is_err());
    }
}
