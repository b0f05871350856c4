//! The account, the delivery schedule, and the check of a connection.

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use moulin_adapter::suppliers::{Account, DeliveryQuery, DeliverySchedule, DeliverySlot};
use serde::Deserialize;

use crate::envelope::{self, Page};

/// Reads the account; a server without that call is asked for one product.
pub(crate) fn check() -> Result<Health> {
    let answer = crate::get("customer/account")?.send()?;
    if matches!(answer.status(), 404 | 405 | 501) {
        let answer = crate::send(crate::get("catalog")?.query("limit", 1).query("page", 1))?;
        // Whatever is for sale: the answer must be a catalogue.
        envelope::list::<Record<'_>>(&answer, "products", Page { number: 1, limit: 1 }, false)?;
        return Ok(Health { account: Some(crate::customer()?), message: None });
    }
    let account = from_answer(&answer.success(crate::error::from_answer)?, false)?;
    Ok(Health { account: account.name.or(Some(account.id)), message: None })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow, alias = "id", alias = "accountId")]
    customer_id: Scalar<'a>,
    #[serde(alias = "companyName")]
    name: Scalar<'a>,
    email: Scalar<'a>,
    phone: Scalar<'a>,
    currency: Scalar<'a>,
    credit_limit: Scalar<'a>,
    #[serde(alias = "currentBalance")]
    balance: Scalar<'a>,
    payment_terms: Scalar<'a>,
}

pub(crate) fn get(include_raw: bool) -> Result<Account> {
    from_answer(&crate::send(crate::get("customer/account")?)?, include_raw)
}

fn from_answer(answer: &Response, include_raw: bool) -> Result<Account> {
    let row = read::row::<Record<'_>>(envelope::single(answer, "account")?, include_raw)?;
    let record = &row.record;
    let (id, name) = (record.customer_id.text(), record.name.text());
    if id.is_none() && name.is_none() {
        return Err(Error::unexpected("the vendor's answer is not an account"));
    }
    Ok(Account {
        id: id.map_or_else(crate::customer, Ok)?,
        name,
        email: record.email.text(),
        phone: record.phone.text(),
        currency: record.currency.text().unwrap_or_else(connection::currency),
        credit_limit: record.credit_limit.decimal("creditLimit")?,
        balance: record.balance.decimal("balance")?,
        payment_terms: record.payment_terms.text(),
        raw: row.raw(),
    })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Slot<'a> {
    #[serde(borrow)]
    date: Scalar<'a>,
    #[serde(alias = "startTime", alias = "start")]
    from: Scalar<'a>,
    #[serde(alias = "endTime", alias = "end")]
    to: Scalar<'a>,
    #[serde(alias = "cutoff", alias = "orderDeadline")]
    order_before: Scalar<'a>,
    available: Scalar<'a>,
}

pub(crate) fn delivery_schedule(query: &DeliveryQuery) -> Result<DeliverySchedule> {
    let answer = crate::send(crate::get("delivery/schedule")?)?;
    let json = envelope::single(&answer, "schedule")?;
    // The list itself, or an object with the list in it.
    let list = match read::members(json, ["slots", "deliveries", "schedule", "data"]) {
        Ok(names) => names.into_iter().flatten().next(),
        Err(_) => Some(json),
    };
    let list = list.ok_or_else(|| Error::unexpected("the vendor's answer has no delivery slots"))?;
    let mut slots = Vec::new();
    for row in read::rows::<Slot<'_>>(list, false)? {
        let slot = slot(&row.record)?;
        let day = key(slot.date);
        if query.from.is_none_or(|from| day >= key(from)) && query.to.is_none_or(|to| day <= key(to)) {
            slots.push(slot);
        }
    }
    Ok(DeliverySchedule { slots, raw: query.include_raw.then(|| json.to_owned()) })
}

fn key(date: Date) -> (u16, u8, u8) {
    (date.year, date.month, date.day)
}

fn slot(record: &Slot<'_>) -> Result<DeliverySlot> {
    let date = record.date.parse_with("date", crate::availability::local_date)?;
    Ok(DeliverySlot {
        date: date.ok_or_else(|| Error::unexpected("a delivery slot without `date`"))?,
        from: record.from.local_time("from")?,
        to: record.to.local_time("to")?,
        order_before: record.order_before.parse_with("orderBefore", calendar::parse_instant_or_date)?,
        available: record.available.bool().unwrap_or(true),
    })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    fn answers(status: u16, body: &'static str) -> Host {
        Host::new("v1").setting("customer_id", "C-42").vendor(move |_| Ok(Response::new(status, &[], body)))
    }

    #[test]
    fn the_account_is_mapped() {
        let host = answers(
            200,
            r#"{"account":{"customerId":"C-42","name":"Le Vieux Moulin","email":"","creditLimit":5000,"balance":"1234.50","paymentTerms":"30 jours"}}"#,
        );
        let account = host.run(|| get(true)).unwrap();
        assert_eq!((account.id.as_str(), account.email, account.credit_limit), ("C-42", None, Some(5_000.into())));
        assert_eq!((account.balance, account.currency.as_str()), (Some("1234.5".parse().unwrap()), "EUR"));
        assert!(account.raw.unwrap().starts_with("{\"customerId\""));
        assert_eq!(host.run(check).unwrap().account.as_deref(), Some("Le Vieux Moulin"));
        assert_eq!(host.requests()[0].target(), "/api/customer/account");
        assert_eq!(host.requests()[0].query_value("customerId"), Some("C-42"));
    }

    #[test]
    fn the_check_says_what_is_wrong_and_does_without_the_account_call() {
        assert!(matches!(answers(403, "").run(check), Err(Error::Authentication(_))));
        assert!(matches!(answers(503, "").run(check), Err(Error::Api(_))));
        for body in ["", "{}", "<html>", r#"{"account":{}}"#] {
            assert!(answers(200, body).run(check).is_err(), "{body}");
        }
        let host = Host::new("v1").setting("customer_id", "C-42").vendor(|request| match request.target() {
            "/api/catalog" => Ok(Response::new(200, &[], r#"{"products":[]}"#)),
            _ => Ok(Response::new(404, &[], "")),
        });
        assert_eq!(host.run(check).unwrap().account.as_deref(), Some("C-42"));
    }

    #[test]
    fn slots_are_read_and_held_to_the_period() {
        let body = r#"{"schedule":[{"date":"2025-04-14","from":"06:00","to":"10:00","orderBefore":"2025-04-13T16:00:00+02:00","available":true},
            {"date":"2025-04-16","available":false}]}"#;
        let query = |from: Option<&str>, to: Option<&str>| DeliveryQuery {
            from: from.map(|text| time::parse_date(text).unwrap()),
            to: to.map(|text| time::parse_date(text).unwrap()),
            include_raw: true,
        };
        let host = answers(200, body);
        let all = host.run(|| delivery_schedule(&query(None, None))).unwrap();
        assert!(all.raw.unwrap().starts_with('['));
        let slots = all.slots;
        assert_eq!((slots.len(), slots[0].from.unwrap().to_string()), (2, "06:00".to_owned()));
        assert_eq!(slots[0].order_before, Some(time::parse_instant("2025-04-13T14:00:00Z").unwrap()));
        assert!(!slots[1].available && slots[1].from.is_none());
        let one = host.run(|| delivery_schedule(&query(Some("2025-04-15"), Some("2025-04-16")))).unwrap().slots;
        assert_eq!(one.len(), 1);
        let nested = answers(200, r#"{"schedule":{"slots":[{"date":"2025-04-14"}]}}"#);
        assert_eq!(nested.run(|| delivery_schedule(&query(None, None))).unwrap().slots.len(), 1);
        for body in ["{}", "", r#"{"schedule":[{"from":"06:00"}]}"#] {
            assert!(answers(200, body).run(|| delivery_schedule(&query(None, None))).is_err(), "{body}");
        }
    }
}
