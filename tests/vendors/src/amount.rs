//! Exact decimal amounts and quantities: no binary fraction ever carries money here.

use std::fmt;

use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

/// An exact decimal number, kept without trailing zeros after the point.
///
/// Written as text (`45.5`) it is what Lightspeed sends inside a string; serialised with `serde_json` it is a bare
/// JSON number, as Metro sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// `mantissa × 10^-scale`.
    #[must_use]
    pub fn new(mantissa: i128, scale: u32) -> Self {
        let (mut mantissa, mut scale) = (mantissa, scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// An amount in minor units of a currency with two decimals.
    #[must_use]
    pub fn cents(cents: i64) -> Self {
        Self::new(i128::from(cents), 2)
    }

    /// A quantity in thousandths.
    #[must_use]
    pub fn milli(thousandths: i64) -> Self {
        Self::new(i128::from(thousandths), 3)
    }

    /// Reads `[-]digits[.digits]`, at most 18 digits; anything else (exponent, blank, sign `+`) is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || whole.len() + fraction.len() > 18 {
            return None;
        }
        let value: i128 = format!("{whole}{fraction}").parse().ok()?;
        let signed = if digits.len() == text.len() { value } else { -value };
        Some(Self::new(signed, u32::try_from(fraction.len()).ok()?))
    }

    /// The exact product.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self::new(self.mantissa * other.mantissa, self.scale + other.scale)
    }

    /// The exact difference.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        let widen = |value: Self| value.mantissa * 10i128.pow(scale - value.scale);
        Self::new(widen(self) - widen(other), scale)
    }

    /// Rounds to cents, half away from zero.
    #[must_use]
    pub fn to_cents(self) -> i64 {
        let cents = if self.scale <= 2 {
            self.mantissa * 10i128.pow(2 - self.scale)
        } else {
            let unit = 10i128.pow(self.scale - 2);
            let half = unit / 2 * self.mantissa.signum();
            (self.mantissa + half) / unit
        };
        i64::try_from(cents).unwrap_or(if cents < 0 { i64::MIN } else { i64::MAX })
    }

    /// The value in thousandths, or `None` when it has more than three decimals or does not fit.
    #[must_use]
    pub fn to_milli(self) -> Option<i64> {
        let factor = 10i128.checked_pow(3u32.checked_sub(self.scale)?)?;
        i64::try_from(self.mantissa.checked_mul(factor)?).ok()
    }

    /// Number of decimals that are really used.
    #[must_use]
    pub fn decimals(self) -> u32 {
        self.scale
    }

    /// Whether the value is more than zero.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// Whether the value is less than zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let scale = self.scale.max(other.scale);
        let widen = |value: &Self| value.mantissa.saturating_mul(10i128.saturating_pow(scale - value.scale));
        widen(self).cmp(&widen(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs();
        if self.scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let unit = 10u128.pow(self.scale);
        let width = usize::try_from(self.scale).unwrap_or(usize::MAX);
        write!(f, "{sign}{}.{:0width$}", digits / unit, digits % unit)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// The tax that is inside a gross amount, rounded half away from zero to the cent.
///
/// `rate` in per mille: 100 is 10 %.
#[must_use]
pub fn tax_inside(gross_cents: i64, rate: i64) -> i64 {
    let divisor = 1000 + rate;
    let twice = 2 * gross_cents.abs() * rate + divisor;
    twice / (2 * divisor) * gross_cents.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_and_written_exactly() {
        for (text, written) in [("45.50", "45.5"), ("-0.05", "-0.05"), ("31.00", "31"), ("0", "0"), ("1000", "1000")] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), written);
        }
        for wrong in ["", "-", "1.", ".5", "1e3", "+1", " 1", "1,5", "1234567890123456789"] {
            assert_eq!(Decimal::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_decimal_is_a_bare_json_number() {
        assert_eq!(serde_json::to_string(&[Decimal::cents(495), Decimal::cents(-10)]).unwrap(), "[4.95,-0.1]");
    }

    #[test]
    fn differences_are_exact() {
        let minus = |a: &str, b: &str| Decimal::parse(a).unwrap().minus(Decimal::parse(b).unwrap()).to_string();
        assert_eq!(
            (minus("0.3", "0.1"), minus("1", "1.005"), minus("5", "-2.5")),
            ("0.2".into(), "-0.005".into(), "7.5".into())
        );
    }

    #[test]
    fn products_round_half_away_from_zero() {
        let price = Decimal::parse("0.333").unwrap();
        assert_eq!(price.times(Decimal::parse("1.5").unwrap()).to_cents(), 50);
        assert_eq!(Decimal::parse("0.005").unwrap().to_cents(), 1);
        assert_eq!(Decimal::parse("-0.005").unwrap().to_cents(), -1);
        assert_eq!(Decimal::parse("0.0049").unwrap().to_cents(), 0);
    }

    #[test]
    fn tax_is_taken_out_of_the_gross_amount() {
        assert_eq!(tax_inside(4550, 100), 414);
        assert_eq!(tax_inside(-4550, 100), -414);
        assert_eq!(tax_inside(1200, 200), 200);
        assert_eq!(tax_inside(0, 55), 0);
    }
}
