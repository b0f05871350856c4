//! Exact arithmetic on the contract's decimal numbers. What does not fit is an error, never another number.

use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

use serde::{Serialize, Serializer};

use crate::{Decimal, Error};

/// The largest scale of the contract.
const MAX_SCALE: u8 = 18;

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// `mantissa × 10^-scale`; an error if `scale` is above 18.
    pub fn new(mantissa: i64, scale: u8) -> Result<Self, Error> {
        if scale > MAX_SCALE {
            return Err(out_of_range(&format!("{mantissa}e-{scale}")));
        }
        Ok(Self { mantissa, scale })
    }

    /// A number of minor units, such as cents, in the currency's own scale (ISO 4217).
    pub fn from_minor_units(amount: i64, currency: &str) -> Self {
        Self { mantissa: amount, scale: currency_exponent(currency) }
    }

    /// The amount in minor units; an error if it has a finer part than the currency, or does not fit.
    pub fn to_minor_units(self, currency: &str) -> Result<i64, Error> {
        let exponent = currency_exponent(currency);
        let value = self.normalized();
        if value.scale > exponent {
            return Err(Error::validation(format!("{self} {currency} is finer than the currency's smallest unit")));
        }
        let units = i128::from(value.mantissa) * pow10(exponent - value.scale);
        i64::try_from(units).map_err(|_| out_of_range(&self.to_string()))
    }

    /// True for 0, 0.00, …
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The number with the other sign.
    pub fn checked_neg(self) -> Result<Self, Error> {
        let mantissa = self.mantissa.checked_neg().ok_or_else(|| out_of_range(&self.to_string()))?;
        Ok(Self { mantissa, ..self })
    }

    /// The sum, in the finer of the two scales.
    pub fn checked_add(self, other: Self) -> Result<Self, Error> {
        let (a, b, scale) = aligned(self, other);
        fit(a + b, i32::from(scale)).ok_or_else(|| out_of_range(&format!("{self} + {other}")))
    }

    /// The difference, in the finer of the two scales.
    pub fn checked_sub(self, other: Self) -> Result<Self, Error> {
        let (a, b, scale) = aligned(self, other);
        fit(a - b, i32::from(scale)).ok_or_else(|| out_of_range(&format!("{self} - {other}")))
    }

    /// The product.
    pub fn checked_mul(self, other: Self) -> Result<Self, Error> {
        fit(i128::from(self.mantissa) * i128::from(other.mantissa), i32::from(self.scale) + i32::from(other.scale))
            .ok_or_else(|| out_of_range(&format!("{self} × {other}")))
    }

    /// The same value without trailing zeros after the point.
    #[must_use]
    pub fn normalized(self) -> Self {
        let mut value = self;
        while value.scale > 0 && value.mantissa % 10 == 0 {
            value.mantissa /= 10;
            value.scale -= 1;
        }
        value
    }
}

/// Digits after the point of a currency (ISO 4217); 2 for those not listed here.
pub(crate) fn currency_exponent(currency: &str) -> u8 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

fn pow10(exponent: u8) -> i128 {
    10_i128.pow(u32::from(exponent))
}

fn aligned(a: Decimal, b: Decimal) -> (i128, i128, u8) {
    let scale = a.scale.max(b.scale);
    let lift = |value: Decimal| i128::from(value.mantissa) * pow10(scale - value.scale);
    (lift(a), lift(b), scale)
}

/// Brings `mantissa × 10^-scale` into the contract's range without changing the value.
fn fit(mut mantissa: i128, mut scale: i32) -> Option<Decimal> {
    if mantissa == 0 {
        scale = scale.clamp(0, i32::from(MAX_SCALE));
    }
    while scale < 0 {
        mantissa = mantissa.checked_mul(10)?;
        scale += 1;
    }
    while scale > 0 && (scale > i32::from(MAX_SCALE) || i64::try_from(mantissa).is_err()) && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    if scale > i32::from(MAX_SCALE) {
        return None;
    }
    Some(Decimal { mantissa: i64::try_from(mantissa).ok()?, scale: u8::try_from(scale).ok()? })
}

fn out_of_range(text: &str) -> Error {
    Error::unexpected(format!("{text} does not fit an exact decimal of 18 digits"))
}

/// Reads `12.50`, `-3`, `.5`, `+1.2e-3`: the grammar of JSON, and a leading `+` or point besides.
impl FromStr for Decimal {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text.as_bytes()).ok_or_else(|| {
            let short: String = text.chars().take(40).collect();
            Error::unexpected(format!("`{short}` is not a decimal number of at most 18 digits"))
        })
    }
}

/// Most numbers fit 18 digits and need no check for overflow, which WebAssembly has only as a 128-bit multiplication
/// (2 % of a page of sales); `slow` takes the others.
fn parse(text: &[u8]) -> Option<Decimal> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    // 18 digits and a point.
    if digits.len() > 19 {
        return slow(negative, digits);
    }
    let mut mantissa: i64 = 0;
    let mut scale: u8 = 0;
    let mut point = false;
    let mut seen: u8 = 0;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                // Below 10^19: it wraps only in the 19th digit, which `slow` reads.
                mantissa = mantissa.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
                scale += u8::from(point);
                seen += 1;
            }
            b'.' if !point => point = true,
            b'e' | b'E' => return slow(negative, digits),
            _ => return None,
        }
    }
    match seen {
        0 => None,
        1..=MAX_SCALE => Some(Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale }),
        _ => slow(negative, digits),
    }
}

/// Long digit strings and exponents.
fn slow(negative: bool, text: &[u8]) -> Option<Decimal> {
    let split = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (digits, exponent) = match split {
        Some(at) => {
            let exponent = core::str::from_utf8(text.get(at + 1..)?).ok()?;
            let sign_only = exponent.trim_start_matches(['+', '-']);
            if sign_only.is_empty() || !sign_only.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            // Beyond this no non-zero value of ours can lie; a saturated exponent then fails in `fit`.
            (text.get(..at)?, exponent.parse::<i32>().unwrap_or(i32::MAX).clamp(-10_000, 10_000))
        }
        None => (text, 0),
    };
    let mut mantissa: i128 = 0;
    let mut scale: i32 = 0;
    let mut zeros: i32 = 0;
    let (mut point, mut seen) = (false, false);
    for &byte in digits {
        match byte {
            // Zeros are held back until a digit follows, so that a long tail of them costs no digits.
            b'0' if mantissa != 0 => zeros += 1,
            b'0'..=b'9' => {
                for _ in 0..zeros {
                    mantissa = mantissa.checked_mul(10)?;
                }
                mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                zeros = 0;
            }
            b'.' if !point => {
                point = true;
                continue;
            }
            _ => return None,
        }
        seen = true;
        scale += i32::from(point);
    }
    if !seen {
        return None;
    }
    fit(if negative { -mantissa } else { mantissa }, scale - zeros - exponent)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if scale == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
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
        let (a, b, _) = aligned(*self, *other);
        a.cmp(&b)
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { mantissa: value, scale: 0 }
    }
}

/// As decimal text, `"12.50"`. For vendors that want a JSON number: [`json_number`](crate::read::json_number).
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn text_is_read_exactly() {
        for (text, mantissa, scale) in [
            ("12.50", 1250, 2),
            ("-0.1", -1, 1),
            ("0", 0, 0),
            (".5", 5, 1),
            ("+7", 7, 0),
            ("1.5e3", 1500, 0),
            ("25E-4", 25, 4),
            ("4.95", 495, 2),
            ("9223372036854775807", i64::MAX, 0),
            ("0.1000000000000000000000", 1, 1),
            ("1e18", 1_000_000_000_000_000_000, 0),
            ("0e99999", 0, 0),
            ("-12.340e1", -1234, 1),
        ] {
            let value = decimal(text);
            assert_eq!((value.mantissa, value.scale), (mantissa, scale), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        for text in [
            "",
            "-",
            ".",
            "1.2.3",
            "12,5",
            "1e",
            "e5",
            "1e19",
            "99999999999999999999",
            "1e-19",
            "NaN",
            " 1",
            "0x1",
            "1e+-3",
        ] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
        assert!(decimal("9223372036854775807").checked_add(decimal("1")).is_err());
        assert!(Decimal { mantissa: i64::MIN, scale: 0 }.checked_neg().is_err());
    }

    #[test]
    fn a_tenth_and_two_tenths_are_three_tenths() {
        assert_eq!(decimal("0.1").checked_add(decimal("0.2")).unwrap(), decimal("0.30"));
        assert_eq!(decimal("41.36").checked_sub(decimal("45.5")).unwrap().to_string(), "-4.14");
        assert_eq!(decimal("1.25").checked_mul(decimal("-4")).unwrap(), decimal("-5"));
    }

    #[test]
    fn trailing_zeros_do_not_matter_to_comparison() {
        assert_eq!(decimal("12.5"), decimal("12.500"));
        assert!(decimal("-1") < decimal("0.5"));
        assert!(decimal("2.5") > decimal("2.45"));
    }

    #[test]
    fn text_comes_back_as_it_went_in() {
        for text in ["12.50", "-0.05", "0.000000000000000001", "100", "-9223372036854775808"] {
            assert_eq!(decimal(text).to_string(), text);
        }
    }

    #[test]
    fn minor_units_follow_the_currency() {
        assert_eq!(Decimal::from_minor_units(1250, "EUR").to_string(), "12.50");
        assert_eq!(Decimal::from_minor_units(1250, "JPY").to_string(), "1250");
        assert_eq!(decimal("12.5").to_minor_units("TND").unwrap(), 12_500);
        assert_eq!(decimal("12.500").to_minor_units("EUR").unwrap(), 1_250);
        assert!(decimal("12.505").to_minor_units("EUR").is_err());
        assert!(decimal("92233720368547759").to_minor_units("EUR").is_err());
    }
}
