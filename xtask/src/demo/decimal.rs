//! Exact decimal numbers, as the command line prints them.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use crate::failure::Failure;

/// The most decimal places a number may have, as in the contract.
const MOST_PLACES: u32 = 18;

/// `mantissa × 10^-places`. No floating-point number ever stands for money or a quantity.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Decimal {
    mantissa: i128,
    places: u32,
}

impl Decimal {
    /// The sum, or none when it does not fit.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let places = self.places.max(other.places);
        let mantissa = self.at(places)?.checked_add(other.at(places)?)?;
        Some(Self { mantissa, places })
    }

    /// The difference, or none when it does not fit.
    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    /// The number with the other sign.
    pub(crate) fn negated(self) -> Self {
        // A mantissa comes from at most 38 digits, so it is never the one value without a counterpart.
        Self { mantissa: self.mantissa.saturating_neg(), places: self.places }
    }

    /// Whether it is more than zero.
    pub(crate) fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// Whether it is less than zero.
    pub(crate) fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The smallest multiple of `step` that is not less than this number; none for a step that is not positive, or when
    /// it does not fit.
    pub(crate) fn up_to_multiple_of(self, step: Self) -> Option<Self> {
        let places = self.places.max(step.places);
        let (number, step) = (self.at(places)?, step.at(places)?);
        if step <= 0 {
            return None;
        }
        let over = number.rem_euclid(step);
        let mantissa = if over == 0 { number } else { number.checked_add(step - over)? };
        Some(Self { mantissa, places })
    }

    /// The number with as few places as it needs.
    pub(crate) fn trimmed(mut self) -> Self {
        while self.places > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.places -= 1;
        }
        self
    }

    /// The number as an amount of money: two places or more, thousands apart, such as `12 345.60`.
    pub(crate) fn as_amount(self) -> String {
        let trimmed = self.trimmed();
        let shown = trimmed
            .at(trimmed.places.max(2))
            .map_or(trimmed, |mantissa| Self { mantissa, places: trimmed.places.max(2) });
        let text = shown.to_string();
        let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let mut grouped = String::from(sign);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                grouped.push(' ');
            }
            grouped.push(digit);
        }
        format!("{grouped}.{fraction}")
    }

    fn at(self, places: u32) -> Option<i128> {
        let factor = 10_i128.checked_pow(places.checked_sub(self.places)?)?;
        self.mantissa.checked_mul(factor)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let places = self.places.max(other.places);
        match (self.at(places), other.at(places)) {
            (Some(a), Some(b)) => a.cmp(&b),
            // One of them does not fit at the other's places, so it is the far greater in size.
            (None, _) => self.mantissa.cmp(&0),
            (_, None) => 0.cmp(&other.mantissa),
        }
    }
}

impl FromStr for Decimal {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::new(format!("`{text}` is not a decimal number"));
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let places = if digits.contains('.') { u32::try_from(fraction.len()).map_err(|_| wrong())? } else { 0 };
        if !plain(whole) || !plain(fraction) || places > MOST_PLACES {
            return Err(wrong());
        }
        let all = if places == 0 { whole.to_owned() } else { format!("{whole}{fraction}") };
        let mantissa: i128 = all.parse().map_err(|_| wrong())?;
        Ok(Self { mantissa: sign * mantissa, places })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let size = self.mantissa.unsigned_abs();
        let factor = 10_u128.checked_pow(self.places).unwrap_or(u128::MAX);
        if self.places == 0 {
            write!(f, "{sign}{size}")
        } else {
            write!(f, "{sign}{}.{:0places$}", size / factor, size % factor, places = self.places as usize)
        }
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn sums_are_exact_where_floating_point_is_not() {
        let sum = (0..1000).fold(Decimal::default(), |sum, _| sum.plus(decimal("0.10")).unwrap());
        assert_eq!(sum.to_string(), "100.00");
        assert_eq!(decimal("0.1").plus(decimal("0.25")).unwrap().to_string(), "0.35");
        assert_eq!(decimal("-3.05").plus(decimal("3")).unwrap().to_string(), "-0.05");
        assert_eq!(decimal("1").minus(decimal("0.001")).unwrap().to_string(), "0.999");
        assert!(
            decimal("99999999999999999999999999999999999999")
                .plus(decimal("99999999999999999999999999999999999999"))
                .is_none()
        );
    }

    #[test]
    fn trailing_zeros_make_no_difference() {
        assert_eq!(decimal("1.50"), decimal("1.5"));
        assert_eq!(decimal("12.000").trimmed().to_string(), "12");
        assert_eq!(decimal("-0"), decimal("0.00"));
        assert!(decimal("-2") < decimal("-1.99"));
        assert!(decimal("99999999999999999999999999999999999999") > decimal("0.000000000000000001"));
        assert!(decimal("-99999999999999999999999999999999999999") < decimal("0.000000000000000001"));
    }

    #[test]
    fn what_is_no_plain_decimal_number_is_refused() {
        for text in ["", "-", ".5", "5.", "1e3", "+1", "1,5", " 1", "--1", "0.0000000000000000001", "NaN"] {
            assert!(text.parse::<Decimal>().is_err(), "{text:?}");
        }
        assert!(serde_json::from_str::<Decimal>("1.5").is_err(), "a JSON number would have been a float on its way");
        assert_eq!(serde_json::from_str::<Decimal>("\"1.5\"").unwrap(), decimal("1.5"));
    }

    #[test]
    fn packages_are_ordered_whole() {
        let up = |number: &str, step: &str| {
            decimal(number).up_to_multiple_of(decimal(step)).map(|found| found.trimmed().to_string())
        };
        assert_eq!(up("12", "5").as_deref(), Some("15"));
        assert_eq!(up("10", "5.0").as_deref(), Some("10"));
        assert_eq!(up("0.3", "0.25").as_deref(), Some("0.5"));
        assert_eq!(up("-3", "5").as_deref(), Some("0"));
        assert_eq!(up("3", "0"), None);
    }

    #[test]
    fn amounts_have_two_places_and_grouped_thousands() {
        assert_eq!(decimal("1234567.5").as_amount(), "1 234 567.50");
        assert_eq!(decimal("-84").as_amount(), "-84.00");
        assert_eq!(decimal("999.990").as_amount(), "999.99");
        assert_eq!(decimal("-1000.125").as_amount(), "-1 000.125");
        assert_eq!(decimal("0").as_amount(), "0.00");
    }
}
