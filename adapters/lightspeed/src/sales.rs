//! Asking for sales: `GET Sale`, `GET Sale/{saleID}`.

use moulin_adapter::http::{self, Request};
use moulin_adapter::pos::{Transaction, TransactionLookup, TransactionPage, TransactionQuery, TransactionStatus};
use moulin_adapter::prelude::*;

use crate::{api, page, sale};

/// Lines and payments come only when asked for; every relation costs drips of the bucket.
const RELATIONS: &str = r#"["SaleLines","SaleLines.Item","SalePayments","SalePayments.PaymentType"]"#;

pub(crate) fn list(query: &TransactionQuery) -> Result<TransactionPage> {
    let cursor = query.cursor.as_deref();
    let answer = api::send(page::request("Sale", query.limit, cursor, |request| filters(request, query))?)?;
    let mut found = sale::parse_sales_page(answer.body(), &connection::currency(), query.include_raw)?;
    found.next = page::forward(cursor, found.next)?;
    found.items.retain(|sale| query.status.is_none_or(|status| sale.status == status));
    if let Some(shop) = &query.location_id {
        found.items.retain(|sale| sale.location_id.as_ref() == Some(shop));
    }
    Ok(found)
}

pub(crate) fn get(query: &TransactionLookup) -> Result<Transaction> {
    let relations = query.with_lines.then_some(RELATIONS);
    let request = http::get(api::record_path("Sale", &query.id)?).query_opt("load_relations", relations);
    let answer = api::send(request)?;
    sale::parse_sale(answer.text()?, &connection::currency(), query.include_raw)
}

fn filters(request: Request, query: &TransactionQuery) -> Request {
    // Refunds are completed sales too; voided ones cannot be asked for and are told apart in the answer.
    let completed = match query.status {
        Some(TransactionStatus::Completed | TransactionStatus::Refunded) => Some("true"),
        Some(TransactionStatus::Open) => Some("false"),
        _ => None,
    };
    request
        .query("timeStamp", period(query.from, query.to))
        .query_opt("completed", completed)
        .query_opt("shopID", query.location_id.as_deref())
        .query_opt("load_relations", query.with_lines.then_some(RELATIONS))
        .query("sort", "timeStamp")
}

/// The vendor's times are whole seconds and its "between" takes both ends in; the contract's period ends before `to`.
fn period(from: Instant, to: Instant) -> String {
    let whole_second_from = |at: Instant| -(-at).div_euclid(1_000) * 1_000;
    let first = time::format_with_offset(whole_second_from(from), 0);
    let last = time::format_with_offset(whole_second_from(to) - 1_000, 0);
    // The specification writes "between" in a way of its own.
    if api::is_v3() { format!("><,{first},{last}") } else { format!(">,[{first},{last}]") }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    const EMPTY: &str = r#"{"@attributes":{"next":"","previous":""}}"#;

    fn query() -> TransactionQuery {
        TransactionQuery {
            from: time::parse_instant("2025-04-01T00:00:00Z").unwrap(),
            to: time::parse_instant("2025-04-02T00:00:00Z").unwrap(),
            status: None,
            location_id: None,
            with_lines: false,
            limit: None,
            cursor: None,
            include_raw: false,
        }
    }

    fn host(flavor: &str, body: &'static str) -> Host {
        Host::new(flavor).setting("account_id", "240117").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    #[test]
    fn each_flavour_asks_in_its_own_words() {
        let seed = host("seed", EMPTY);
        seed.run(|| list(&TransactionQuery { status: Some(TransactionStatus::Completed), ..query() })).unwrap();
        let request = &seed.requests()[0];
        assert_eq!(request.target(), "/api/v1/Account/240117/Sale");
        assert_eq!(request.query_value("timeStamp"), Some(">,[2025-04-01T00:00:00+00:00,2025-04-01T23:59:59+00:00]"));
        assert_eq!((request.query_value("completed"), request.query_value("sort")), (Some("true"), Some("timeStamp")));
        assert_eq!((request.query_value("limit"), request.query_value("load_relations")), (Some("100"), None));

        let v3 = host("r-series-v3", EMPTY);
        v3.run(|| list(&TransactionQuery { with_lines: true, limit: Some(10), ..query() })).unwrap();
        let request = &v3.requests()[0];
        assert_eq!(request.target(), "/API/V3/Account/240117/Sale.json");
        assert_eq!(request.query_value("timeStamp"), Some("><,2025-04-01T00:00:00+00:00,2025-04-01T23:59:59+00:00"));
        assert_eq!(
            (request.query_value("load_relations"), request.query_value("limit")),
            (Some(RELATIONS), Some("10"))
        );
        assert_eq!(request.query_value("completed"), None);
    }

    #[test]
    fn a_period_between_two_seconds_takes_whole_seconds_inside_it() {
        Host::new("r-series-v3").run(|| {
            assert_eq!(period(500, 2_001), "><,1970-01-01T00:00:01+00:00,1970-01-01T00:00:02+00:00");
            assert_eq!(period(-1, 1_000), "><,1970-01-01T00:00:00+00:00,1970-01-01T00:00:00+00:00");
        });
    }

    #[test]
    fn only_the_status_and_place_asked_for_come_back() {
        let body = r#"{"@attributes":{"next":""},"Sale":[
            {"saleID":1,"timeStamp":"2025-04-01T12:00:00Z","completed":"true","total":"1","shopID":"1"},
            {"saleID":2,"timeStamp":"2025-04-01T12:00:00Z","completed":"true","total":"-1","shopID":"1"},
            {"saleID":3,"timeStamp":"2025-04-01T12:00:00Z","completed":"true","total":"-1","shopID":"2"},
            {"saleID":4,"timeStamp":"2025-04-01T12:00:00Z","completed":"false","voided":"true","total":"1","shopID":"1"}]}"#;
        let till = host("r-series-v3", body);
        let ids = |query: TransactionQuery| -> Vec<String> {
            till.run(|| list(&query)).unwrap().items.into_iter().map(|sale| sale.id).collect()
        };
        assert_eq!(ids(TransactionQuery { status: Some(TransactionStatus::Refunded), ..query() }), ["2", "3"]);
        assert_eq!(ids(TransactionQuery { status: Some(TransactionStatus::Voided), ..query() }), ["4"]);
        assert_eq!(ids(TransactionQuery { location_id: Some("2".into()), ..query() }), ["3"]);
        assert_eq!(ids(query()).len(), 4);
    }

    #[test]
    fn pages_are_followed_and_a_circle_is_an_error() {
        let url = "https://api.lightspeedapp.com/API/V3/Account/240117/Sale.json?after=x";
        let body = r#"{"@attributes":{"next":"https://api.lightspeedapp.com/API/V3/Account/240117/Sale.json?after=x"},"Sale":[]}"#;
        let till = host("r-series-v3", body);
        let first = till.run(|| list(&query())).unwrap();
        assert_eq!(first.next.as_deref(), Some(format!("next:{url}").as_str()));
        assert!(till.run(|| list(&TransactionQuery { cursor: first.next, ..query() })).is_err());
        assert_eq!(till.requests()[1].target(), url);
    }

    #[test]
    fn one_sale_is_asked_for_with_or_without_its_lines() {
        let body = r#"{"Sale":{"saleID":"4711","timeStamp":"2025-04-01T12:00:00Z","completed":"true","total":"1"}}"#;
        let till = host("r-series-v3", body);
        let lookup = |with_lines| TransactionLookup { id: "4711".into(), with_lines, include_raw: false };
        assert_eq!(till.run(|| get(&lookup(true))).unwrap().id, "4711");
        till.run(|| get(&lookup(false))).unwrap();
        let requests = till.requests();
        assert_eq!(requests[0].target(), "/API/V3/Account/240117/Sale/4711.json");
        assert_eq!(
            (requests[0].query_value("load_relations"), requests[1].query_value("load_relations")),
            (Some(RELATIONS), None)
        );
    }
}
