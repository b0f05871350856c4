//! Availability: `GET availability`, at most fifty products in one question.

use std::collections::BTreeMap;

use moulin_adapter::http::{self, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use moulin_adapter::suppliers::{Availability, AvailabilityQuery};
use serde::Deserialize;

use crate::{envelope, error};

/// Products in one question.
const ASKED_AT_ONCE: usize = 50;
/// Questions under way at once.
const PARALLEL: u8 = 4;

pub(crate) fn check(query: &AvailabilityQuery) -> Result<Vec<Availability>> {
    // Numbers are apart by commas: one with a comma in it cannot be a number of theirs.
    let mut asked: Vec<&str> = query.product_ids.iter().map(String::as_str).filter(|id| !id.contains(',')).collect();
    asked.sort_unstable();
    asked.dedup();
    let question = |ids: &[&str]| {
        let request = crate::get("availability")?.query("productIds", ids.join(","));
        Ok(request.query_opt("date", query.date.map(|date| date.to_string())))
    };
    let questions = asked.chunks(ASKED_AT_ONCE).map(question).collect::<Result<Vec<_>>>()?;
    let mut found = BTreeMap::new();
    for answer in http::send_all(questions, Some(PARALLEL)) {
        for row in from_answer(&answer?.success(error::from_answer)?)? {
            found.insert(row.product_id.clone(), on_the_day(row, query.date));
        }
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

/// A server that does not look at `date` says what is there now and when it delivers next: later is too late.
fn on_the_day(row: Availability, day: Option<Date>) -> Availability {
    let late = matches!((row.next_delivery, day), (Some(next), Some(day))
        if (next.year, next.month, next.day) > (day.year, day.month, day.day));
    Availability { available: row.available && !late, ..row }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow, alias = "id")]
    product_id: Scalar<'a>,
    available: Scalar<'a>,
    #[serde(alias = "stockQuantity")]
    quantity: Scalar<'a>,
    unit: Scalar<'a>,
    next_delivery: Scalar<'a>,
}

/// A list of rows, bare or under `availability`, or there an object keyed by the products' numbers.
fn from_answer(answer: &Response) -> Result<Vec<Availability>> {
    let json = envelope::single(answer, "availability")?;
    let wrapped = json.len() < answer.text()?.trim().len();
    if let Ok([None, None]) = read::members(json, ["productId", "id"]) {
        if !wrapped {
            return Err(Error::unexpected("the vendor's answer has no list under `availability`"));
        }
        let rows: BTreeMap<String, Row<'_>> = serde_json::from_str(json)?;
        return rows.iter().map(|(id, row)| availability(row, Some(id))).collect();
    }
    read::rows::<Row<'_>>(json, false)?.iter().map(|row| availability(&row.record, None)).collect()
}

fn availability(row: &Row<'_>, key: Option<&str>) -> Result<Availability> {
    let quantity = row.quantity.decimal("quantity")?;
    Ok(Availability {
        product_id: match key {
            Some(id) => id.to_owned(),
            None => row.product_id.required_id("productId")?,
        },
        available: row.available.bool().unwrap_or_else(|| quantity.is_some_and(|quantity| quantity > Decimal::ZERO)),
        quantity,
        unit: row.unit.text(),
        next_delivery: row.next_delivery.parse_with("nextDelivery", local_date)?,
    })
}

/// A day, or the day of an instant at the restaurant.
pub(crate) fn local_date(text: &str) -> Result<Date> {
    time::parse_date(text).or_else(|_| time::parse_instant(text).map(|at| calendar::to_local(at).0))
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Method;
    use moulin_adapter::testing::Host;

    use super::*;

    const ANSWER: &str = r#"{"availability":[{"productId":"TG-001","available":true,"quantity":340.0,"unit":"KG","nextDelivery":"2025-04-14"},{"productId":"TG-002","available":false,"quantity":0.0,"unit":"L","nextDelivery":"2025-04-16"}]}"#;

    fn query(ids: &[&str], date: Option<&str>) -> AvailabilityQuery {
        AvailabilityQuery {
            product_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            date: date.map(|text| time::parse_date(text).unwrap()),
        }
    }

    fn host(body: &'static str) -> Host {
        Host::new("v1").setting("customer_id", "C-42").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    #[test]
    fn the_question_and_the_answer_are_those_of_the_sheet() {
        let host = host(ANSWER);
        let found = host.run(|| check(&query(&["TG-002", "TG-9", "TG-001"], Some("2025-04-14")))).unwrap();
        assert_eq!(
            found.iter().map(|row| (row.product_id.as_str(), row.available)).collect::<Vec<_>>(),
            [("TG-002", false), ("TG-9", false), ("TG-001", true)]
        );
        assert_eq!((found[2].quantity, found[2].unit.as_deref()), (Some(340.into()), Some("KG")));
        assert_eq!(found[2].next_delivery, Some(time::parse_date("2025-04-14").unwrap()));
        assert_eq!((found[1].quantity, found[1].next_delivery), (None, None));
        let request = &host.requests()[0];
        assert_eq!((request.method(), request.target()), (Method::Get, "/api/availability"));
        assert_eq!(
            request.query_pairs().collect::<Vec<_>>(),
            [("customerId", "C-42"), ("productIds", "TG-001,TG-002,TG-9"), ("date", "2025-04-14")]
        );
    }

    #[test]
    fn an_object_keyed_by_product_and_a_single_row_are_taken() {
        for body in [
            r#"{"availability":{"TG-001":{"available":true,"quantity":"3.5"},"TG-002":{"available":false}}}"#,
            r#"{"availability":{"productId":"TG-001","available":"true","quantity":3.5}}"#,
            r#"[{"productId":"TG-001","quantity":3.5}]"#,
            r#"{"data":[{"id":"TG-001","available":1,"quantity":3.50}]}"#,
        ] {
            let found = host(body).run(|| check(&query(&["TG-001"], None))).unwrap();
            assert!(found[0].available, "{body}");
            assert_eq!(found[0].quantity, Some("3.5".parse().unwrap()), "{body}");
        }
    }

    #[test]
    fn more_than_fifty_products_are_several_questions_and_each_is_asked_once() {
        let host = host(r#"{"availability":[]}"#);
        let ids: Vec<String> = (0..120).map(|n| format!("TG-{:03}", n % 110)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).chain(["a,b"]).collect();
        assert_eq!(host.run(|| check(&query(&ids, None))).unwrap().len(), 121);
        let requests = host.requests();
        let asked: Vec<usize> =
            requests.iter().map(|request| request.query_value("productIds").unwrap().split(',').count()).collect();
        assert_eq!(asked, [50, 50, 10]);
        assert!(requests.iter().all(|request| request.query_value("date").is_none()));
    }

    #[test]
    fn a_delivery_after_the_day_asked_for_is_too_late() {
        let host = host(ANSWER);
        let on = |day| host.run(|| check(&query(&["TG-001"], Some(day)))).unwrap()[0].available;
        assert_eq!((on("2025-04-13"), on("2025-04-14"), on("2025-12-01")), (false, true, true));
    }

    #[test]
    fn what_is_not_an_answer_is_an_error() {
        for body in [
            "",
            "{}",
            "<html>",
            r#"{"availability":null}"#,
            r#"{"availability":7}"#,
            r#"{"availability":[{"available":true}]}"#,
            r#"{"message":"x"}"#,
        ] {
            assert!(host(body).run(|| check(&query(&["1"], None))).is_err(), "{body}");
        }
        let refused = Host::new("v1").setting("customer_id", "C-42").vendor(|_| Ok(Response::new(401, &[], "")));
        assert!(matches!(refused.run(|| check(&query(&["1"], None))), Err(Error::Authentication(_))));
    }
}
