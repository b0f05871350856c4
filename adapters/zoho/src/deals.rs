//! Purchases: deals in the stage of paid ones, of a contact. The module `Deals`.

use moulin_adapter::crm::{CrmTransaction, CrmTransactionPage, CrmTransactionQuery, NewCrmTransaction};
use moulin_adapter::http;
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;

use crate::labels::Labelled;
use crate::record::{self, At, Record};
use crate::write::{self, Field, Fields};
use crate::{api, describe};

const FIELDS: &str = "Deal_Name,Amount,Closing_Date,Stage,Contact_Name,Description,Created_Time";
const DAY_MS: i64 = 86_400_000;

/// Records a purchase. A deal's date has no time of day: that stands in the description, with what was bought and the
/// till's number.
pub(crate) fn record(new: NewCrmTransaction) -> Result<CrmTransaction> {
    let home = connection::currency();
    let currency = new.currency.clone().unwrap_or_else(|| home.clone());
    let several = has_currencies();
    if !several && currency != home {
        let message = format!("must be {home}: settings.multi_currency says that the organisation has no other");
        return Err(Error::invalid("currency", message));
    }
    let at = new.occurred_at.unwrap_or_else(calendar::now);
    let labelled = Labelled {
        description: new.description.clone(),
        items: new.items_text.clone(),
        reference: new.external_id.clone(),
        at: Some(at),
    };
    let mut fields = Fields::default();
    fields.text("Deal_Name", Some(&new.name));
    fields.put("Amount", Field::Number(new.amount));
    fields.day("Closing_Date", Some(calendar::to_local(at).0));
    fields.text("Stage", Some(&api::setting(describe::STAGE)));
    if let Some(id) = &new.contact_id {
        fields.put("Contact_Name", Field::Id(id.clone()));
    }
    fields.text("Description", Some(&labelled.write()));
    if several {
        fields.text("Currency", Some(&currency));
    }
    let written = write::send(write::request(http::post(api::path("Deals")), fields, None)?, new.include_raw)?;
    Ok(CrmTransaction {
        id: written.id,
        contact_id: new.contact_id,
        name: new.name,
        currency,
        amount: new.amount,
        occurred_at: at,
        description: new.description,
        items_text: new.items_text,
        external_id: new.external_id,
        raw: written.raw,
    })
}

/// Only organisations with several currencies have the field `Currency`.
fn has_currencies() -> bool {
    api::setting(describe::MULTI_CURRENCY) == "true"
}

/// Purchases of a contact, or of all. The vendor's search knows no periods: a page is read and what does not belong to
/// the question is left out, so that a page may be short or empty before the last.
pub(crate) fn list(query: &CrmTransactionQuery) -> Result<CrmTransactionPage> {
    let (at, limit) = (At::of(query.cursor.as_deref())?, record::limit(query.limit));
    let path = match &query.contact_id {
        Some(id) => format!("{}/Deals", api::contact(id)),
        None => api::path("Deals"),
    };
    let fields = if has_currencies() { format!("{FIELDS},Currency") } else { FIELDS.to_owned() };
    let answer = api::send(at.on(http::get(path), limit).query("fields", fields))?;
    let page = record::page(&answer, &at, limit, query.include_raw)?;
    let (stage, currency) = (api::setting(describe::STAGE), connection::currency());
    let mut items = Vec::new();
    for row in &page.rows {
        let deal = deal(row, query.contact_id.as_deref(), &currency)?;
        let paid = row.record.get("Stage").str().is_none_or(|have| have == stage.as_str());
        if paid && deal.within(query.from, query.to) {
            items.push(deal.transaction);
        }
    }
    Ok(CrmTransactionPage { items, next: page.next })
}

/// A deal, and how long after its moment the purchase may have been: the whole day where only that is known.
struct Deal {
    transaction: CrmTransaction,
    vague_ms: i64,
}

impl Deal {
    fn within(&self, from: Option<Instant>, to: Option<Instant>) -> bool {
        let at = self.transaction.occurred_at;
        from.is_none_or(|from| at + self.vague_ms >= from) && to.is_none_or(|to| at < to)
    }
}

fn deal(row: &Row<'_, Record<'_>>, contact: Option<&str>, currency: &str) -> Result<Deal> {
    let record = &row.record;
    let id = record.id()?;
    let labelled = Labelled::read(&record.get("Description").text().unwrap_or_default());
    let day = record.get("Closing_Date").parse_with("Closing_Date", calendar::parse_instant_or_date)?;
    let created = record.get("Created_Time").instant("Created_Time")?;
    let (occurred_at, vague_ms) = match (labelled.at, day, created) {
        (Some(at), ..) => (at, 0),
        (None, Some(day), _) => (day, DAY_MS - 1),
        (None, None, Some(created)) => (created, 0),
        (None, None, None) => return Err(Error::unexpected(format!("deal {id} has no date"))),
    };
    let transaction = CrmTransaction {
        contact_id: record.lookup_id("Contact_Name").or_else(|| contact.map(str::to_owned)),
        name: record.get("Deal_Name").text().unwrap_or_else(|| id.clone()),
        currency: record.get("Currency").text().unwrap_or_else(|| currency.to_owned()),
        amount: record.get("Amount").decimal("Amount")?.unwrap_or(Decimal::ZERO),
        occurred_at,
        description: labelled.description,
        items_text: labelled.items,
        external_id: labelled.reference,
        raw: row.raw(),
        id,
    };
    Ok(Deal { transaction, vague_ms })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    const SUCCESS: &str =
        r#"{"data":[{"code":"SUCCESS","details":{"id":"9"},"message":"record added","status":"success"}]}"#;

    fn purchase(currency: &str) -> NewCrmTransaction {
        NewCrmTransaction {
            contact_id: None,
            name: "Transaction 7".into(),
            currency: Some(currency.into()),
            amount: "1.125".parse().unwrap(),
            occurred_at: Some(0),
            description: None,
            items_text: None,
            external_id: None,
            idempotency_key: None,
            include_raw: false,
        }
    }

    #[test]
    fn the_currency_is_sent_where_there_are_several() {
        let host =
            Host::new("vendor").setting("multi_currency", "true").vendor(|_| Ok(Response::new(201, &[], SUCCESS)));
        host.run(|| record(purchase("TND"))).unwrap();
        let body = String::from_utf8(host.requests()[0].body_bytes().unwrap().to_vec()).unwrap();
        assert!(body.contains(r#""Amount":1.125"#) && body.contains(r#""Currency":"TND""#), "{body}");
        let single = Host::new("vendor");
        let Err(Error::Validation(error)) = single.run(|| record(purchase("TND"))) else { panic!() };
        assert_eq!((error.fields[0].field.as_str(), single.requests().len()), ("currency", 0));
    }

    #[test]
    fn a_deal_without_its_moment_is_of_a_whole_day() {
        let body = r#"{"data":[{"id":"1","Amount":"45.5","Closing_Date":"2025-04-01","Stage":"Closed Won","Contact_Name":{"name":"M","id":"7"}},
            {"id":"2","Amount":null,"Closing_Date":"2025-04-01","Stage":"Qualification"}]}"#;
        let host = Host::new("vendor").vendor(move |_| Ok(Response::new(200, &[], body)));
        let found = |from: &str, to: &str| {
            let at = |text: &str| Some(time::parse_instant(text).unwrap());
            let query = CrmTransactionQuery {
                contact_id: None,
                from: at(from),
                to: at(to),
                limit: None,
                cursor: None,
                include_raw: false,
            };
            host.run(|| list(&query)).unwrap().items
        };
        let lunch = found("2025-04-01T10:00:00Z", "2025-04-01T12:00:00Z");
        assert_eq!(
            (lunch.len(), lunch[0].contact_id.as_deref(), lunch[0].amount),
            (1, Some("7"), "45.50".parse().unwrap())
        );
        assert_eq!(lunch[0].occurred_at, time::parse_instant("2025-03-31T22:00:00Z").unwrap(), "midnight in Paris");
        assert!(found("2025-04-01T22:00:00Z", "2025-04-03T00:00:00Z").is_empty());
        assert!(found("2025-03-01T00:00:00Z", "2025-03-31T22:00:00Z").is_empty());
    }
}
