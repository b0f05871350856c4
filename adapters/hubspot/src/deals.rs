//! Purchases: deals in the stage of paid ones. `objects/deals`, associated with the contact by type 3.

use moulin_adapter::crm::{CrmTransaction, CrmTransactionPage, CrmTransactionQuery, NewCrmTransaction};
use moulin_adapter::http::{self, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde_json::{Map, Value};

use crate::api::{self, Object};
use crate::describe;
use crate::page::{self, Association, Filter, Record, Write};

/// Association of a deal with a contact.
const TO_CONTACT: u16 = 3;

/// Names of the restaurant's own properties of deals.
struct Names {
    items: Option<String>,
    transaction_id: Option<String>,
}

impl Names {
    fn configured() -> Self {
        Self {
            items: api::optional_property(describe::ITEMS),
            transaction_id: api::optional_property(describe::TRANSACTION_ID),
        }
    }

    fn all(&self) -> Vec<String> {
        let fixed = ["dealname", "amount", "deal_currency_code", "closedate", "dealstage", "description"];
        let own = [&self.items, &self.transaction_id].into_iter().flatten().cloned();
        fixed.into_iter().map(str::to_owned).chain(own).collect()
    }
}

/// Records a purchase.
///
/// When no answer came, the deal is looked for by the till's number, if it has one: a property with unique values can
/// be read at once, while searches show new records some seconds later.
pub(crate) fn record(new: NewCrmTransaction) -> Result<CrmTransaction> {
    let names = Names::configured();
    let at = new.occurred_at.unwrap_or_else(calendar::now);
    let currency = new.currency.clone().unwrap_or_else(connection::currency);
    let mut properties = Map::new();
    let mut put = |name: &str, value: &str| properties.insert(name.to_owned(), Value::from(value));
    put("dealname", &new.name);
    put("amount", &new.amount.to_string());
    put("dealstage", &api::setting(describe::STAGE));
    put("pipeline", &api::setting(describe::PIPELINE));
    put("closedate", &iso_millis(at));
    put("deal_currency_code", &currency);
    if let Some(text) = &new.description {
        put("description", text);
    }
    if let (Some(name), Some(text)) = (&names.items, &new.items_text) {
        put(name, text);
    }
    if let (Some(name), Some(id)) = (&names.transaction_id, &new.external_id) {
        put(name, id);
    }
    let contact = new.contact_id.as_deref();
    let associations = contact.map(|id| Association::contact(id, TO_CONTACT)).into_iter().collect();
    let body = Write { properties, associations: Some(associations) };
    let answer = match api::send(http::post(api::objects(Object::Deals)).json(&body)?) {
        Ok(answer) => answer,
        Err(lost) if lost.is_ambiguous() => recorded(&new, &names).ok_or(lost)?,
        Err(error) => return Err(error),
    };
    let row = page::one(&answer, new.include_raw)?;
    let made = Made { at, currency, new };
    made.transaction(&row)
}

/// The deal with the till's number, if the vendor has it. A failure of this look is no better to know than the first.
fn recorded(new: &NewCrmTransaction, names: &Names) -> Option<Response> {
    let (name, id) = (names.transaction_id.as_ref()?, new.external_id.as_ref()?);
    log::warn!(external_id = id.as_str(); "no answer to a purchase, looking whether it was recorded");
    let look =
        http::get(api::object(Object::Deals, id)).query("idProperty", name).query("properties", names.all().join(","));
    match api::send(look) {
        Ok(answer) => Some(answer),
        Err(error) => {
            log::warn!("the look for the purchase failed: {error}");
            None
        }
    }
}

/// What was sent; the answer adds the number.
struct Made {
    at: Instant,
    currency: String,
    new: NewCrmTransaction,
}

impl Made {
    fn transaction(self, row: &Row<'_, Record<'_>>) -> Result<CrmTransaction> {
        let Self { at, currency, new } = self;
        Ok(CrmTransaction {
            id: row.record.id.required_id("id")?,
            contact_id: new.contact_id,
            name: new.name,
            currency,
            amount: row.record.get("amount").decimal("amount")?.unwrap_or(new.amount),
            occurred_at: row.record.get("closedate").parse_with("closedate", moment)?.unwrap_or(at),
            description: new.description,
            items_text: new.items_text,
            external_id: new.external_id,
            raw: row.raw(),
        })
    }
}

/// Purchases of a contact, or of all.
pub(crate) fn list(query: &CrmTransactionQuery) -> Result<CrmTransactionPage> {
    let (names, cursor) = (Names::configured(), query.cursor.as_deref());
    let mut filters = vec![Filter::new("dealstage", "EQ", api::setting(describe::STAGE))];
    if let Some(id) = &query.contact_id {
        filters.push(Filter::new("associations.contact", "EQ", id));
    }
    if let Some(from) = query.from {
        filters.push(Filter::new("closedate", "GTE", from));
    }
    if let Some(to) = query.to {
        filters.push(Filter::new("closedate", "LT", to));
    }
    let request = page::search(Object::Deals, vec![filters], None, &names.all(), query.limit, cursor)?;
    let answer = api::send(request)?;
    let page = page::read(&answer, cursor, query.include_raw)?;
    let contact = query.contact_id.as_deref();
    let items = page.rows.iter().map(|row| transaction(row, contact, &names)).collect::<Result<_>>()?;
    Ok(CrmTransactionPage { items, next: page.next })
}

/// A deal. A search tells nothing of associations: the contact is the one that was asked for.
fn transaction(row: &Row<'_, Record<'_>>, contact: Option<&str>, names: &Names) -> Result<CrmTransaction> {
    let record = &row.record;
    let id = record.id.required_id("id")?;
    let own = |name: &Option<String>| name.as_deref().and_then(|name| record.get(name).text());
    let closed = record.get("closedate").parse_with("closedate", moment)?;
    let created = record.created_at.instant("createdAt")?;
    Ok(CrmTransaction {
        contact_id: contact.map(str::to_owned),
        name: record.get("dealname").text().unwrap_or_else(|| id.clone()),
        currency: record.get("deal_currency_code").text().unwrap_or_else(connection::currency),
        amount: record.get("amount").decimal("amount")?.unwrap_or(Decimal::ZERO),
        occurred_at: closed.or(created).ok_or_else(|| Error::unexpected(format!("deal {id} has no date")))?,
        description: record.get("description").text(),
        items_text: own(&names.items),
        external_id: own(&names.transaction_id),
        raw: row.raw(),
        id,
    })
}

/// A time property: ISO 8601, a day, or epoch milliseconds.
pub(crate) fn moment(text: &str) -> Result<Instant> {
    match text.parse::<i64>() {
        Ok(at) => Ok(at),
        Err(_) => calendar::parse_instant_or_date(text),
    }
}

/// `2025-04-01T12:30:05.000Z`.
pub(crate) fn iso_millis(at: Instant) -> String {
    let text = time::format_instant(at);
    match text.strip_suffix('Z') {
        Some(whole) if !whole.contains('.') => format!("{whole}.000Z"),
        _ => text,
    }
}
