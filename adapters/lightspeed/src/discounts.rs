//! Discounts: `GET Discount`, `POST Discount`. The vendor writes a percentage as a fraction of one: 0.05 is 5 %.
//!
//! The `Sale/Discount` of the original connector is not in the vendor's documentation.

use moulin_adapter::http;
use moulin_adapter::pos::{Discount, DiscountPage, DiscountValue, ListQuery, NewDiscount};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde::{Deserialize, Serialize};

use crate::{api, page};

pub(crate) fn list(query: &ListQuery) -> Result<DiscountPage> {
    let cursor = query.cursor.as_deref();
    let answer = api::send(page::request("Discount", query.limit, cursor, |request| request)?)?;
    let found = page::read::<Record<'_>>(answer.text()?, &["Discount"], query.include_raw)?;
    let currency = connection::currency();
    let items = found.rows.iter().map(|row| discount(row, &currency)).collect::<Result<_>>()?;
    Ok(DiscountPage { items, next: page::forward(cursor, found.next)? })
}

pub(crate) fn create(new: &NewDiscount) -> Result<Discount> {
    let answer = api::send(http::post(api::path("Discount")?).json(&Body::of(new)?)?)?;
    discount(&page::read_one(answer.text()?, "Discount", new.include_raw)?, &connection::currency())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow, rename = "discountID")]
    id: Scalar<'a>,
    name: Scalar<'a>,
    #[serde(rename = "discountAmount")]
    amount: Scalar<'a>,
    #[serde(rename = "discountPercent")]
    fraction: Scalar<'a>,
    archived: Scalar<'a>,
}

fn discount(row: &Row<'_, Record<'_>>, currency: &str) -> Result<Discount> {
    let record = &row.record;
    let id = record.id.required_id("Discount.discountID")?;
    let fraction = record.fraction.nonzero_decimal("Discount.discountPercent")?;
    let amount = record.amount.nonzero_decimal("Discount.discountAmount")?;
    let value = match (fraction, amount) {
        (Some(fraction), _) => Some(DiscountValue::Percentage(fraction.checked_mul(Decimal::from(100))?.normalized())),
        (None, Some(amount)) => Some(DiscountValue::Amount(amount)),
        (None, None) => None,
    };
    Ok(Discount {
        name: record.name.text().unwrap_or_else(|| id.clone()),
        id,
        currency: currency.to_owned(),
        value,
        archived: record.archived.is_true(),
        raw: row.raw(),
    })
}

#[derive(Serialize)]
struct Body<'a> {
    name: &'a str,
    #[serde(rename = "discountAmount", skip_serializing_if = "Option::is_none")]
    amount: Option<Decimal>,
    #[serde(rename = "discountPercent", skip_serializing_if = "Option::is_none")]
    fraction: Option<Decimal>,
}

impl<'a> Body<'a> {
    fn of(new: &'a NewDiscount) -> Result<Self> {
        if new.name.trim().is_empty() {
            return Err(Error::invalid("name", "must not be empty"));
        }
        let (amount, fraction) = match new.value {
            DiscountValue::Amount(amount) if amount > Decimal::ZERO => (Some(amount), None),
            DiscountValue::Percentage(percent) if percent > Decimal::ZERO && percent <= Decimal::from(100) => {
                let percent = percent.normalized();
                (None, Some(Decimal::new(percent.mantissa, percent.scale + 2)?.normalized()))
            }
            DiscountValue::Amount(_) => return Err(Error::invalid("value", "must be more than 0")),
            DiscountValue::Percentage(_) => return Err(Error::invalid("value", "must be more than 0 and at most 100")),
        };
        Ok(Self { name: &new.name, amount, fraction })
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    #[test]
    fn fractions_become_percentages() {
        let body = r#"{"@attributes":{"next":"","previous":""},"Discount":[
            {"discountID":"1","name":"Whole Sale","discountAmount":"0","discountPercent":"0.5","requireCustomer":"false","archived":"false","timeStamp":"2021-06-13T14:22:24+00:00"},
            {"discountID":"2","name":"Dollar Discount","discountAmount":"100","discountPercent":"0","archived":"true"},
            {"discountID":"3","name":"At the till","discountAmount":"0","discountPercent":"0"}]}"#;
        let till = Host::new("seed").setting("account_id", "1").vendor(move |_| Ok(Response::new(200, &[], body)));
        let found = till.run(|| list(&ListQuery { limit: None, cursor: None, include_raw: false })).unwrap().items;
        assert_eq!(found[0].value, Some(DiscountValue::Percentage(50.into())));
        assert_eq!(found[1].value, Some(DiscountValue::Amount(100.into())));
        assert_eq!((found[2].value, found[1].archived, found[0].archived), (None, true, false));
    }

    #[test]
    fn a_new_discount_has_one_of_the_two_values() {
        let body = r#"{"@attributes":{"count":"1"},"Discount":{"discountID":"5","name":"10 Percent","discountAmount":"0","discountPercent":"0.1","archived":"false"}}"#;
        let till =
            Host::new("r-series-v3").setting("account_id", "1").vendor(move |_| Ok(Response::new(200, &[], body)));
        let new = |value| NewDiscount { name: "10 Percent".into(), value, idempotency_key: None, include_raw: false };
        let made = till.run(|| create(&new(DiscountValue::Percentage("10.0".parse().unwrap())))).unwrap();
        assert_eq!(made.value, Some(DiscountValue::Percentage(10.into())));
        till.run(|| create(&new(DiscountValue::Amount("2.60".parse().unwrap())))).unwrap();
        let bodies: Vec<_> = till.requests().iter().map(|request| request.body_bytes().unwrap().to_vec()).collect();
        assert_eq!(bodies[0], br#"{"name":"10 Percent","discountPercent":"0.1"}"#);
        assert_eq!(bodies[1], br#"{"name":"10 Percent","discountAmount":"2.60"}"#);
        assert_eq!(till.requests()[0].target(), "/API/V3/Account/1/Discount.json");
        for value in [
            DiscountValue::Percentage(101.into()),
            DiscountValue::Percentage(0.into()),
            DiscountValue::Amount((-1).into()),
        ] {
            assert!(matches!(till.run(|| create(&new(value))), Err(Error::Validation(_))));
        }
    }
}
