//! Discounts: `POST /v2/catalog/search`, `POST /v2/catalog/object`.

use moulin_adapter::pos::{Discount, DiscountPage, DiscountValue, ListQuery, NewDiscount};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::{Deserialize, Serialize};

use crate::money::{self, Money, Sent};
use crate::page::{self, Place};
use crate::{api, directory};

pub(crate) fn list(query: &ListQuery) -> Result<DiscountPage> {
    let place = Place::of(query.cursor.as_deref())?;
    let answer = directory::objects("DISCOUNT", query, &place)?;
    let found = page::read::<Object<'_>>(&answer, "objects", query.include_raw)?;
    let all = found.rows.iter().map(|row| discount(row, &connection::currency())).collect::<Result<_>>()?;
    let (items, next) = place.cut(all, query.limit, found.next)?;
    Ok(DiscountPage { items, next })
}

pub(crate) fn create(new: &NewDiscount) -> Result<Discount> {
    let currency = connection::currency();
    let upsert = Upsert {
        idempotency_key: api::required_key(new.idempotency_key.as_deref())?,
        // Square replaces an id that begins like this by its own.
        object: NewObject { kind: "DISCOUNT", id: "#discount", discount_data: NewData::of(new, &currency)? },
    };
    let answer = api::send(api::write("/v2/catalog/object", &upsert)?)?;
    discount(&read::row(api::one(&answer, "catalog_object")?, new.include_raw)?, &currency)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Object<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    is_deleted: Scalar<'a>,
    discount_data: Option<Data<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    discount_type: Scalar<'a>,
    percentage: Scalar<'a>,
    amount_money: Option<Money<'a>>,
}

fn discount(row: &Row<'_, Object<'_>>, currency: &str) -> Result<Discount> {
    let id = row.record.id.required_id("object.id")?;
    let missing = || Error::unexpected(format!("discount {id} of the vendor's answer lacks `discount_data`"));
    let data = row.record.discount_data.as_ref().ok_or_else(missing)?;
    let theirs = data.amount_money.and_then(|money| money.currency());
    let currency = theirs.unwrap_or_else(|| currency.to_owned());
    // Of the variable ones Square asks at the till.
    let value = match data.discount_type.str().as_deref() {
        Some("FIXED_PERCENTAGE") => data.percentage.decimal("percentage")?.map(DiscountValue::Percentage),
        Some("FIXED_AMOUNT") => money::amount(data.amount_money, &currency, "amount_money")?.map(DiscountValue::Amount),
        _ => None,
    };
    Ok(Discount {
        name: data.name.text().unwrap_or_else(|| id.clone()),
        currency,
        value,
        archived: row.record.is_deleted.is_true(),
        raw: row.raw(),
        id,
    })
}

#[derive(Serialize)]
struct Upsert<'a> {
    idempotency_key: &'a str,
    object: NewObject<'a>,
}

#[derive(Serialize)]
struct NewObject<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'static str,
    discount_data: NewData<'a>,
}

#[derive(Serialize)]
struct NewData<'a> {
    name: &'a str,
    discount_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentage: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_money: Option<Sent>,
}

impl<'a> NewData<'a> {
    fn of(new: &'a NewDiscount, currency: &str) -> Result<Self> {
        if new.name.trim().is_empty() {
            return Err(Error::invalid("name", "must not be empty"));
        }
        let (discount_type, percentage, amount_money) = match new.value {
            DiscountValue::Amount(amount) if amount > Decimal::ZERO => {
                ("FIXED_AMOUNT", None, Some(Sent::of(amount, currency, "value")?))
            }
            DiscountValue::Percentage(percent) if percent > Decimal::ZERO && percent <= Decimal::from(100) => {
                ("FIXED_PERCENTAGE", Some(percent.normalized()), None)
            }
            DiscountValue::Amount(_) => return Err(Error::invalid("value", "must be more than 0")),
            DiscountValue::Percentage(_) => return Err(Error::invalid("value", "must be more than 0 and at most 100")),
        };
        Ok(Self { name: &new.name, discount_type, percentage, amount_money })
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::{Idempotency, Response};
    use moulin_adapter::testing::Host;

    use super::*;

    fn host(body: &'static str) -> Host {
        Host::new("v2").setting("location_id", "L1").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    #[test]
    fn fixed_discounts_have_a_value_and_variable_ones_none() {
        let till = host(
            r#"{"objects":[
            {"type":"DISCOUNT","id":"D1","discount_data":{"name":"Fidélité","discount_type":"FIXED_PERCENTAGE","percentage":"10.0"}},
            {"type":"DISCOUNT","id":"D2","is_deleted":true,"discount_data":{"discount_type":"FIXED_AMOUNT","amount_money":{"amount":260,"currency":"CHF"}}},
            {"type":"DISCOUNT","id":"D3","discount_data":{"name":"Geste","discount_type":"VARIABLE_AMOUNT","amount_money":{"amount":0,"currency":"EUR"}}},
            {"type":"DISCOUNT","id":"D4","discount_data":{"name":"?","discount_type":"VARIABLE_PERCENTAGE","percentage":"0"}}]}"#,
        );
        let found = till.run(|| list(&ListQuery { limit: None, cursor: None, include_raw: false })).unwrap().items;
        assert_eq!(found[0].value, Some(DiscountValue::Percentage(10.into())));
        assert_eq!(
            (found[1].value, found[1].currency.as_str()),
            (Some(DiscountValue::Amount("2.6".parse().unwrap())), "CHF")
        );
        assert_eq!((found[1].name.as_str(), found[1].archived), ("D2", true));
        assert_eq!((found[2].value, found[3].value), (None, None));
    }

    #[test]
    fn a_new_discount_has_one_of_the_two_values() {
        let till = host(
            r##"{"catalog_object":{"type":"DISCOUNT","id":"D9","discount_data":{"name":"Dix","discount_type":"FIXED_PERCENTAGE","percentage":"12.5"}},"id_mappings":[{"client_object_id":"#discount","object_id":"D9"}]}"##,
        );
        let new =
            |value| NewDiscount { name: "Dix".into(), value, idempotency_key: Some("k".into()), include_raw: false };
        let made = till.run(|| create(&new(DiscountValue::Percentage("12.50".parse().unwrap())))).unwrap();
        assert_eq!((made.id.as_str(), made.value), ("D9", Some(DiscountValue::Percentage("12.5".parse().unwrap()))));
        till.run(|| create(&new(DiscountValue::Amount("2.60".parse().unwrap())))).unwrap();
        let sent = till.requests();
        let body = |index: usize| String::from_utf8(sent[index].body_bytes().unwrap().to_vec()).unwrap();
        assert_eq!(
            body(0),
            r##"{"idempotency_key":"k","object":{"type":"DISCOUNT","id":"#discount","discount_data":{"name":"Dix","discount_type":"FIXED_PERCENTAGE","percentage":"12.5"}}}"##
        );
        assert!(body(1).contains(r#""discount_type":"FIXED_AMOUNT","amount_money":{"amount":260,"currency":"EUR"}"#));
        assert_eq!(sent[0].idempotency_value(), Idempotency::Keyed);
        for value in [
            DiscountValue::Percentage(101.into()),
            DiscountValue::Percentage(0.into()),
            DiscountValue::Amount((-1).into()),
            DiscountValue::Amount("0.005".parse().unwrap()),
        ] {
            assert!(matches!(till.run(|| create(&new(value))), Err(Error::Validation(_))));
        }
    }
}
