//! Guests: `GET customers/{id}`, `GET restaurants/{id}/customers/phone/{phone}`.

use std::collections::{BTreeMap, BTreeSet};

use moulin_adapter::booking::{Customer, CustomerLookup, CustomerPage, CustomerSearch, Guest};
use moulin_adapter::http::{self, CachePolicy, Request, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use super::{PARALLEL, of_restaurant};
use crate::api;
use crate::guest::phone;

/// How long a guest's name may be taken from the host's cache while lists are read, in milliseconds.
const FRESH: u64 = 10 * 60_000;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    customer_uuid: Scalar<'a>,
    first_name: Scalar<'a>,
    last_name: Scalar<'a>,
    email: Scalar<'a>,
    phone: Scalar<'a>,
    notes: Scalar<'a>,
    is_vip: Scalar<'a>,
    creation_date: Scalar<'a>,
    last_update_date: Scalar<'a>,
}

fn request(id: &str) -> Request {
    http::get(format!("/manager/v1/customers/{}", path_segment(id)))
}

pub(crate) fn get(query: &CustomerLookup) -> Result<Customer> {
    let answer = api::send(request(&query.id))?;
    customer(&read::row(answer.text()?.trim(), query.include_raw)?)
}

/// The guests of reservations, by identifier. One that TheFork has no more, as after an erasure, is not there.
pub(super) fn guests(ids: Vec<String>) -> Result<BTreeMap<String, Guest>> {
    let ids: Vec<String> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let requests = ids.iter().map(|id| request(id).cache(CachePolicy::TtlMs(FRESH))).collect();
    let answers = http::send_all(requests, Some(PARALLEL));
    let mut found = BTreeMap::new();
    for (id, answer) in ids.into_iter().zip(answers) {
        let read = answer
            .and_then(api::accepted)
            .and_then(|answer| Ok(guest(&read::row::<Record<'_>>(answer.text()?.trim(), false)?.record)));
        match read {
            Ok(guest) => {
                found.insert(id.clone(), Guest { id: Some(id), ..guest });
            }
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error.about(&format!("guest {id}"))),
        }
    }
    Ok(found)
}

pub(super) fn guest(record: &Record<'_>) -> Guest {
    Guest {
        id: record.customer_uuid.id(),
        first_name: record.first_name.text(),
        last_name: record.last_name.text(),
        full_name: None,
        email: record.email.text(),
        phone: record.phone.text(),
    }
}

fn customer(row: &Row<'_, Record<'_>>) -> Result<Customer> {
    let record = &row.record;
    Ok(Customer {
        id: record.customer_uuid.required_id("customerUuid")?,
        first_name: record.first_name.text(),
        last_name: record.last_name.text(),
        full_name: None,
        email: record.email.text(),
        phone: record.phone.text(),
        notes: record.notes.text(),
        vip: record.is_vip.bool(),
        visits: None,
        created_at: record.creation_date.parse_with("creationDate", calendar::parse_instant_or_date)?,
        updated_at: record.last_update_date.parse_with("lastUpdateDate", calendar::parse_instant_or_date)?,
        raw: row.raw(),
    })
}

/// TheFork finds guests by their phone number alone; there is one page.
pub(crate) fn search(query: &CustomerSearch) -> Result<CustomerPage> {
    if query.cursor.is_some() {
        return Err(Error::invalid("cursor", "is not one that this adapter gave"));
    }
    let wanted = phone(&query.text).ok_or_else(|| {
        Error::invalid("text", "must be a phone number, such as +33612345678: TheFork finds guests by nothing else")
    })?;
    let target = of_restaurant(&format!("customers/phone/{}", path_segment(&wanted)))?;
    let items = match api::send(http::get(target)) {
        Ok(answer) => vec![customer(&read::row(answer.text()?.trim(), query.include_raw)?)?],
        Err(Error::NotFound(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(CustomerPage { items, next: None })
}

/// A reservation ahead of a guest, as the search by phone lists it.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Ahead<'a> {
    #[serde(borrow)]
    reservation_uuid: Scalar<'a>,
    meal_date: Scalar<'a>,
    status: Scalar<'a>,
}

/// Identifier of the reservation that the guest with this number has at this time, if it is not called off.
pub(super) fn reservation_at(phone: &str, starts_at: Instant) -> Result<Option<String>> {
    let answer = api::send(http::get(of_restaurant(&format!("customers/phone/{}", path_segment(phone)))?))?;
    let [list] = read::members(answer.text()?, ["nextReservationsList"])?;
    let rows = read::rows::<Ahead<'_>>(list.unwrap_or("[]"), false)?;
    for row in rows {
        let off = row.record.status.str().is_some_and(|word| matches!(word.as_ref(), "CANCELED" | "REFUSED"));
        if !off && row.record.meal_date.instant("mealDate")? == Some(starts_at) {
            return Ok(row.record.reservation_uuid.id());
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    fn search_for(text: &str) -> CustomerSearch {
        CustomerSearch { text: text.into(), limit: None, cursor: None, include_raw: false }
    }

    fn answers(status: u16, body: &'static str) -> Host {
        Host::new("b2b-v1").setting("restaurant_id", "r-1").vendor(move |_| Ok(Response::new(status, &[], body)))
    }

    #[test]
    fn a_guest_is_found_by_phone_and_nobody_is_an_empty_page() {
        let body = r#"{"customerUuid":"u-9","firstName":"Jeanne","lastName":"Martin","phone":"+33612345678","email":"j@example.org","nextReservationsList":[]}"#;
        let host = answers(200, body);
        let page = host.run(|| search(&search_for("06 12 34 56 78"))).unwrap();
        assert_eq!((page.items[0].id.as_str(), page.items[0].visits, page.next), ("u-9", None, None));
        assert_eq!(host.requests()[0].target(), "/manager/v1/restaurants/r-1/customers/phone/%2B33612345678");
        let nobody = answers(404, r#"{"statusCode":404,"error":"Not Found","data":{"code":"PHONE_NUMBER_NOT_FOUND"}}"#);
        assert!(nobody.run(|| search(&search_for("+33612345678"))).unwrap().items.is_empty());
        let wrong = answers(404, r#"{"statusCode":404,"error":"Not Found","data":{"code":"RESTAURANT_NOT_FOUND"}}"#);
        assert!(matches!(wrong.run(|| search(&search_for("+33612345678"))), Err(Error::Validation(_))));
    }

    #[test]
    fn another_text_is_refused_before_any_request() {
        let host = answers(200, "{}");
        for text in ["Martin", "j@example.org"] {
            let Err(Error::Validation(error)) = host.run(|| search(&search_for(text))) else { panic!("{text}") };
            assert_eq!(error.fields[0].field, "text");
        }
        let cursor = CustomerSearch { cursor: Some("2".into()), ..search_for("+33612345678") };
        assert!(matches!(host.run(|| search(&cursor)), Err(Error::Validation(_))));
        assert!(host.requests().is_empty());
    }

    #[test]
    fn a_guest_is_mapped_with_days_as_times() {
        let body = r#"{"customerUuid":"u-9","email":null,"firstName":"Jeanne","lastName":"","notes":"habituée","isVip":false,"creationDate":"2022-09-02","lastUpdateDate":null}"#;
        let host = answers(200, body);
        let found = host.run(|| get(&CustomerLookup { id: "u-9".into(), include_raw: true })).unwrap();
        assert_eq!((found.email, found.last_name, found.vip), (None, None, Some(false)));
        assert_eq!(found.created_at, Some(time::parse_instant("2022-09-01T22:00:00Z").unwrap()));
        assert_eq!((found.notes.as_deref(), found.raw.as_deref()), (Some("habituée"), Some(body)));
    }

    #[test]
    fn the_reservation_at_a_time_is_found_unless_it_is_off() {
        let host = answers(
            200,
            r#"{"customerUuid":"u","nextReservationsList":[{"reservationUuid":"a","mealDate":"2025-04-15T18:00:00.000Z","status":"CANCELED"},
            {"reservationUuid":"b","mealDate":"2025-04-15T18:00:00.000Z","status":"RECORDED"},{"reservationUuid":"c","mealDate":null,"status":"RECORDED"}]}"#,
        );
        let at = |text| time::parse_instant(text).unwrap();
        assert_eq!(host.run(|| reservation_at("+33", at("2025-04-15T18:00:00Z"))).unwrap().as_deref(), Some("b"));
        assert_eq!(host.run(|| reservation_at("+33", at("2025-04-15T19:00:00Z"))).unwrap(), None);
    }
}
