//! Availability: `POST availability`, or the catalogue's `in_stock` where a server does not offer that call.

use moulin_adapter::http::{self, Idempotency, Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use moulin_adapter::suppliers::{Availability, AvailabilityQuery};
use serde::{Deserialize, Serialize};

use crate::{catalogue, error};

/// Requests under way at once while products are read one by one.
const PARALLEL: u8 = 4;

#[derive(Serialize)]
struct Question<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_number: Option<String>,
    product_ids: &'a [String],
}

pub(crate) fn check(query: &AvailabilityQuery) -> Result<Vec<Availability>> {
    let question = Question { client_number: crate::client_number(), product_ids: &query.product_ids };
    let request = http::post("/api/v1/availability").json(&question)?;
    // A question by POST: asking twice changes nothing.
    let answer = request.idempotency(Idempotency::Repeatable).send()?;
    let found = match answer.status() {
        404 | 405 | 501 => from_catalogue(&query.product_ids)?,
        _ => from_answer(&answer.success(error::from_answer)?)?,
    };
    Ok(query.product_ids.iter().map(|id| on_the_day(pick(&found, id), query.date)).collect())
}

/// One answer for each product asked for; one that Metro does not name is not available.
fn pick(found: &[Availability], id: &str) -> Availability {
    found.iter().find(|row| row.product_id == id).cloned().unwrap_or_else(|| Availability {
        product_id: id.to_owned(),
        available: false,
        quantity: None,
        unit: None,
        next_delivery: None,
    })
}

/// Metro says what is there now and when it delivers next; a later delivery than the day asked for is too late.
fn on_the_day(row: Availability, day: Option<Date>) -> Availability {
    let late = matches!((row.next_delivery, day), (Some(next), Some(day))
        if (next.year, next.month, next.day) > (day.year, day.month, day.day));
    Availability { available: row.available && !late, ..row }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow, alias = "id")]
    product_id: Scalar<'a>,
    #[serde(alias = "in_stock")]
    available: Scalar<'a>,
    #[serde(alias = "stock_quantity", alias = "available_quantity")]
    quantity: Scalar<'a>,
    unit: Scalar<'a>,
    #[serde(alias = "next_delivery_date")]
    next_delivery: Scalar<'a>,
}

fn from_answer(answer: &Response) -> Result<Vec<Availability>> {
    let rows = match read::members(answer.text()?.trim(), ["data", "availability", "products", "items", "results"]) {
        Ok(names) => {
            let list = names.into_iter().flatten().next();
            list.ok_or_else(|| Error::unexpected("the vendor's answer has no list of availabilities under `data`"))?
        }
        Err(_) => answer.text()?.trim(),
    };
    read::rows::<Row<'_>>(rows, false)?.into_iter().map(|row| availability(&row.record)).collect()
}

fn availability(row: &Row<'_>) -> Result<Availability> {
    let quantity = row.quantity.decimal("quantity")?;
    Ok(Availability {
        product_id: row.product_id.required_id("product_id")?,
        available: row.available.bool().unwrap_or_else(|| quantity.is_some_and(|quantity| quantity > Decimal::ZERO)),
        quantity,
        unit: row.unit.text(),
        next_delivery: row.next_delivery.parse_with("next_delivery", local_date)?,
    })
}

/// A day, or the day of an instant at the restaurant.
pub(crate) fn local_date(text: &str) -> Result<Date> {
    time::parse_date(text).or_else(|_| time::parse_instant(text).map(|at| calendar::to_local(at).0))
}

fn from_catalogue(ids: &[String]) -> Result<Vec<Availability>> {
    let requests = ids.iter().map(|id| crate::get(&format!("products/{}", path_segment(id)))).collect();
    let mut found = Vec::with_capacity(ids.len());
    for answer in http::send_all(requests, Some(PARALLEL)) {
        match answer?.success(error::from_answer) {
            Ok(answer) => {
                let product = catalogue::one(&answer, false)?;
                found.push(Availability {
                    product_id: product.id,
                    available: product.available,
                    quantity: product.stock,
                    unit: Some(product.unit),
                    next_delivery: None,
                });
            }
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    fn query(ids: &[&str], date: Option<&str>) -> AvailabilityQuery {
        AvailabilityQuery {
            product_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            date: date.map(|text| time::parse_date(text).unwrap()),
        }
    }

    #[test]
    fn answers_come_in_the_order_asked_and_for_every_product() {
        let host = Host::new("v1").setting("client_number", "FR-778812").vendor(|_| {
            let body = r#"{"data":[{"product_id":"2","available":true,"quantity":"3.5","unit":"KG","next_delivery":"2025-04-14"},
                {"product_id":1,"available":false,"quantity":0}]}"#;
            Ok(Response::new(200, &[], body))
        });
        let found = host.run(|| check(&query(&["1", "2", "3"], None))).unwrap();
        assert_eq!(
            found.iter().map(|row| (row.product_id.as_str(), row.available)).collect::<Vec<_>>(),
            [("1", false), ("2", true), ("3", false)]
        );
        assert_eq!(found[1].quantity, Some("3.5".parse().unwrap()));
        let request = &host.requests()[0];
        assert_eq!(request.body_bytes(), Some(&br#"{"client_number":"FR-778812","product_ids":["1","2","3"]}"#[..]));
        assert_eq!(request.idempotency_value(), Idempotency::Repeatable);
    }

    #[test]
    fn a_delivery_after_the_day_asked_for_is_too_late() {
        let host = Host::new("v1").vendor(|_| {
            Ok(Response::new(200, &[], r#"[{"product_id":"2","available":true,"next_delivery":"2025-04-14"}]"#))
        });
        let on = |day| host.run(|| check(&query(&["2"], Some(day)))).unwrap()[0].available;
        assert_eq!((on("2025-04-13"), on("2025-04-14"), on("2025-12-01")), (false, true, true));
    }

    #[test]
    fn a_server_without_the_call_is_asked_for_the_products() {
        let host = Host::new("v1").vendor(|request| match request.target() {
            "/api/v1/products/1" => Ok(Response::new(
                200,
                &[],
                r#"{"data":{"product_id":"1","unit":"CT","in_stock":true,"stock_quantity":4}}"#,
            )),
            _ => Ok(Response::new(404, &[], r#"{"error":{"code":"NOT_FOUND","message":"no"}}"#)),
        });
        let found = host.run(|| check(&query(&["9", "1"], None))).unwrap();
        assert!(!found[0].available && found[1].available);
        assert_eq!((found[1].unit.as_deref(), found[1].quantity), (Some("CT"), Some(4.into())));
    }

    #[test]
    fn a_refused_key_is_not_an_empty_answer() {
        let host = Host::new("v1").vendor(|_| Ok(Response::new(401, &[], "")));
        assert!(matches!(host.run(|| check(&query(&["1"], None))), Err(Error::Authentication(_))));
        let odd = Host::new("v1").vendor(|_| Ok(Response::new(200, &[], "{}")));
        assert!(odd.run(|| check(&query(&["1"], None))).is_err());
    }
}
