//! Availability: `POST stock/availability`, or the catalogue's `available` where a server does not offer that call.

use std::collections::BTreeMap;

use moulin_adapter::http::{self, Idempotency, Request, Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::suppliers::{Availability, AvailabilityQuery};
use serde::{Deserialize, Serialize};

use crate::{catalogue, envelope, error};

/// Products in one question.
const ASKED_AT_ONCE: usize = 100;
/// Requests under way at once.
const PARALLEL: u8 = 4;

#[derive(Serialize)]
struct Question<'a> {
    establishment: String,
    product_codes: &'a [&'a str],
}

pub(crate) fn check(query: &AvailabilityQuery) -> Result<Vec<Availability>> {
    let mut asked: Vec<&str> = query.product_ids.iter().map(String::as_str).collect();
    asked.sort_unstable();
    asked.dedup();
    let questions = asked.chunks(ASKED_AT_ONCE).map(question).collect::<Result<Vec<_>>>()?;
    let mut found = BTreeMap::new();
    for (answer, codes) in http::send_all(questions, Some(PARALLEL)).into_iter().zip(asked.chunks(ASKED_AT_ONCE)) {
        let answer = answer?;
        let rows = match answer.status() {
            404 | 405 | 501 => from_catalogue(codes)?,
            _ => from_answer(&answer.success(error::from_answer)?)?,
        };
        found.extend(rows.into_iter().map(|row| (row.product_id.clone(), on_the_day(row, query.date))));
    }
    let missing = |id: &String| Availability {
        product_id: id.clone(),
        available: false,
        quantity: None,
        unit: None,
        next_delivery: None,
    };
    Ok(query.product_ids.iter().map(|id| found.get(id).cloned().unwrap_or_else(|| missing(id))).collect())
}

/// A question by POST: asking twice changes nothing.
fn question(codes: &[&str]) -> Result<Request> {
    let question = Question { establishment: crate::establishment()?, product_codes: codes };
    Ok(http::post("/api/stock/availability").json(&question)?.idempotency(Idempotency::Repeatable))
}

/// Pomona says what is there now and when it delivers next; a later delivery than the day asked for is too late.
fn on_the_day(row: Availability, day: Option<Date>) -> Availability {
    let late = matches!((row.next_delivery, day), (Some(next), Some(day))
        if (next.year, next.month, next.day) > (day.year, day.month, day.day));
    Availability { available: row.available && !late, ..row }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow, alias = "product_id")]
    product_code: Scalar<'a>,
    available: Scalar<'a>,
    #[serde(alias = "stock_quantity", alias = "quantity")]
    available_quantity: Scalar<'a>,
    unit: Scalar<'a>,
    #[serde(alias = "next_delivery")]
    next_delivery_date: Scalar<'a>,
}

fn from_answer(answer: &Response) -> Result<Vec<Availability>> {
    let rows = envelope::rows::<Row<'_>>(answer, "availability")?;
    rows.iter().map(|row| availability(&row.record)).collect()
}

fn availability(row: &Row<'_>) -> Result<Availability> {
    let quantity = row.available_quantity.decimal("available_quantity")?;
    Ok(Availability {
        product_id: row.product_code.required_id("product_code")?,
        available: row.available.bool().unwrap_or_else(|| quantity.is_some_and(|quantity| quantity > Decimal::ZERO)),
        quantity,
        unit: row.unit.text(),
        next_delivery: row.next_delivery_date.parse_with("next_delivery_date", local_date)?,
    })
}

/// A day, or the day of an instant at the restaurant.
pub(crate) fn local_date(text: &str) -> Result<Date> {
    time::parse_date(text).or_else(|_| time::parse_instant(text).map(|at| calendar::to_local(at).0))
}

/// Reads the products one by one. Only a 404 in the vendor's own words means that a product does not exist: from a server
/// that lacks this call too it would turn everything into "not available".
fn from_catalogue(codes: &[&str]) -> Result<Vec<Availability>> {
    let requests = codes.iter().map(|code| crate::get(&format!("catalog/products/{}", path_segment(code))));
    let mut found = Vec::with_capacity(codes.len());
    for answer in http::send_all(requests.collect::<Result<_>>()?, Some(PARALLEL)) {
        let answer = answer?;
        if answer.status() == 404 && error::is_in_the_vendors_words(&answer) {
            continue;
        }
        let product = catalogue::one(&answer.success(error::from_answer)?, false)?;
        found.push(Availability {
            product_id: product.id,
            available: product.available,
            quantity: product.stock,
            unit: Some(product.unit),
            next_delivery: None,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    const ANSWER: &str = r#"{"items":[{"product_code":"POM-123","available":true,"available_quantity":150,"next_delivery_date":"2025-04-13"}]}"#;

    fn query(ids: &[&str], date: Option<&str>) -> AvailabilityQuery {
        AvailabilityQuery {
            product_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            date: date.map(|text| time::parse_date(text).unwrap()),
        }
    }

    fn host(answer: impl Fn(&Request) -> Response + 'static) -> Host {
        Host::new("v1").setting("establishment_code", "PAR-07").vendor(move |request| Ok(answer(request)))
    }

    #[test]
    fn the_question_and_the_answer_are_those_of_the_sheet() {
        let host = host(|_| Response::new(200, &[], ANSWER));
        let found = host.run(|| check(&query(&["POM-9", "POM-123"], None))).unwrap();
        assert_eq!(
            found.iter().map(|row| (row.product_id.as_str(), row.available)).collect::<Vec<_>>(),
            [("POM-9", false), ("POM-123", true)]
        );
        assert_eq!((found[1].quantity, found[1].unit.as_deref()), (Some(150.into()), None));
        assert_eq!(found[1].next_delivery, Some(time::parse_date("2025-04-13").unwrap()));
        let request = &host.requests()[0];
        assert_eq!(request.target(), "/api/stock/availability");
        assert_eq!(
            request.body_bytes(),
            Some(&br#"{"establishment":"PAR-07","product_codes":["POM-123","POM-9"]}"#[..])
        );
        assert_eq!(request.idempotency_value(), Idempotency::Repeatable);
    }

    #[test]
    fn the_other_names_are_taken() {
        for body in [
            r#"{"availability":[{"product_id":"1","stock_quantity":"3.5","next_delivery":"2025-04-14"}]}"#,
            r#"{"data":{"product_code":1,"available":"true","quantity":3.5,"next_delivery":"2025-04-13T23:00:00Z"}}"#,
            r#"[{"product_code":"1","available_quantity":3.50,"next_delivery_date":"2025-04-14"}]"#,
        ] {
            let host = host(move |_| Response::new(200, &[], body));
            let found = host.run(|| check(&query(&["1"], None))).unwrap();
            assert!(found[0].available, "{body}");
            assert_eq!(found[0].quantity, Some("3.5".parse().unwrap()), "{body}");
            assert_eq!(found[0].next_delivery, Some(time::parse_date("2025-04-14").unwrap()), "{body}");
        }
    }

    #[test]
    fn more_than_a_hundred_products_are_several_questions_and_each_is_asked_once() {
        let host = host(|_| Response::new(200, &[], r#"{"items":[]}"#));
        let ids: Vec<String> = (0..130).map(|n| format!("POM-{:03}", n % 110)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(host.run(|| check(&query(&ids, None))).unwrap().len(), 130);
        assert_eq!(host.requests().len(), 2);
    }

    #[test]
    fn a_delivery_after_the_day_asked_for_is_too_late() {
        let host = host(|_| Response::new(200, &[], ANSWER));
        let on = |day| host.run(|| check(&query(&["POM-123"], Some(day)))).unwrap()[0].available;
        assert_eq!((on("2025-04-12"), on("2025-04-13"), on("2025-12-01")), (false, true, true));
    }

    #[test]
    fn a_server_without_the_call_is_asked_for_the_products() {
        let host = host(|request| match request.target() {
            "/api/catalog/products/1" => Response::new(200, &[], r#"{"product":{"product_code":"1","unit":"CT"}}"#),
            "/api/catalog/products/9" => {
                Response::new(404, &[], r#"{"error":{"code":"NOT_FOUND","message":"no such product"}}"#)
            }
            _ => Response::new(404, &[], ""),
        });
        let found = host.run(|| check(&query(&["9", "1"], None))).unwrap();
        assert!(!found[0].available && found[1].available);
        assert_eq!((found[1].unit.as_deref(), found[1].quantity), (Some("CT"), None));
        // Without both calls nothing is known.
        assert!(matches!(host.run(|| check(&query(&["1", "2"], None))), Err(Error::NotFound(_))));
    }

    #[test]
    fn what_is_not_an_answer_is_an_error() {
        for body in ["", "{}", "<html>", r#"{"items":7}"#, r#"{"items":[{"available":true}]}"#, r#"{"message":"x"}"#] {
            let host = host(move |_| Response::new(200, &[], body));
            assert!(host.run(|| check(&query(&["1"], None))).is_err(), "{body}");
        }
        let refused = host(|_| Response::new(401, &[], ""));
        assert!(matches!(refused.run(|| check(&query(&["1"], None))), Err(Error::Authentication(_))));
    }
}
