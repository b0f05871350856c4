//! `{"amount":4550,"currency":"EUR"}`: whole minor units of the currency.

use moulin_adapter::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Default, Clone, Copy, Debug)]
#[serde(default)]
pub(crate) struct Money<'a> {
    #[serde(borrow)]
    amount: Scalar<'a>,
    currency: Scalar<'a>,
}

impl Money<'_> {
    /// The currency, as ISO 4217 writes it.
    pub(crate) fn currency(&self) -> Option<String> {
        self.currency.text()
    }
}

/// The amount, in the currency of the record it stands in. Another one is an error: the record has but one.
pub(crate) fn amount(money: Option<Money<'_>>, currency: &str, field: &str) -> Result<Option<Decimal>> {
    let Some(money) = money else { return Ok(None) };
    let Some(units) = money.amount.integer(field)? else { return Ok(None) };
    match money.currency.str() {
        Some(theirs) if theirs != currency => {
            Err(Error::unexpected(format!("`{field}` of the vendor's answer is in {theirs}, the record in {currency}")))
        }
        _ => Ok(Some(Decimal::from_minor_units(units, currency))),
    }
}

/// The same, none when it is zero.
pub(crate) fn nonzero(money: Option<Money<'_>>, currency: &str, field: &str) -> Result<Option<Decimal>> {
    Ok(amount(money, currency, field)?.filter(|amount| !amount.is_zero()))
}

/// An amount to send.
#[derive(Serialize, Debug, PartialEq)]
pub(crate) struct Sent {
    amount: i64,
    currency: String,
}

impl Sent {
    /// `field` is the contract's name for it.
    pub(crate) fn of(amount: Decimal, currency: &str, field: &str) -> Result<Self> {
        let units = amount.to_minor_units(currency).map_err(|_| {
            Error::invalid(field, format!("must be a whole number of the smallest units of {currency}"))
        })?;
        Ok(Self { amount: units, currency: currency.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, currency: &str) -> Result<Option<Decimal>> {
        amount(Some(serde_json::from_str(json).unwrap()), currency, "price")
    }

    #[test]
    fn minor_units_follow_the_currency() {
        for (json, currency, amount) in [
            (r#"{"amount":4550,"currency":"EUR"}"#, "EUR", "45.50"),
            (r#"{"amount":4550,"currency":"JPY"}"#, "JPY", "4550"),
            (r#"{"amount":4550,"currency":"TND"}"#, "TND", "4.550"),
            (r#"{"amount":"-100"}"#, "EUR", "-1"),
        ] {
            assert_eq!(read(json, currency).unwrap(), Some(amount.parse().unwrap()), "{json}");
            let back = Sent::of(amount.parse().unwrap(), currency, "price").unwrap();
            assert_eq!(Decimal::from_minor_units(back.amount, currency), amount.parse().unwrap());
        }
        assert_eq!(read("{}", "EUR").unwrap(), None);
    }

    #[test]
    fn another_currency_and_half_a_cent_are_errors() {
        assert!(read(r#"{"amount":1,"currency":"CHF"}"#, "EUR").is_err());
        assert!(read(r#"{"amount":45.5,"currency":"EUR"}"#, "EUR").is_err());
        let half = Sent::of("0.005".parse().unwrap(), "EUR", "price");
        assert!(matches!(half, Err(Error::Validation(error)) if error.fields[0].field == "price"));
    }
}
