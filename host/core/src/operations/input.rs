//! What an operation takes: completed and checked by the host before an adapter runs, the same for every vendor.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use wasmtime::component::{ComponentType, Lower};

use crate::model::{Date, Decimal, FieldError, Instant, booking, crm, pos, suppliers};

/// Longest notes of an order, in characters (the specification's rule).
const NOTES: usize = 500;

/// Parameters of an operation.
pub(crate) trait Input:
    ComponentType + Lower + DeserializeOwned + JsonSchema + Clone + Send + Sync + 'static
{
    /// Fills what the host fills when the caller does not: idempotency keys and our own numbers.
    fn complete(&mut self) {}

    /// Notes every field that breaks a rule. `today` is the restaurant's date.
    fn check(&self, _today: Date, _wrong: &mut Wrong) {}
}

/// Parameters of a list that comes in pages.
pub(crate) trait Paged: Input {
    /// Where to go on.
    fn set_cursor(&mut self, cursor: Option<String>);

    /// Where the caller wants to begin.
    fn cursor(&self) -> Option<&str>;
}

/// The fields that break a rule.
#[derive(Debug, Default)]
pub(crate) struct Wrong(Vec<FieldError>);

impl Wrong {
    pub(crate) fn into_fields(self) -> Vec<FieldError> {
        self.0
    }

    fn field(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    fn unless(&mut self, good: bool, field: impl Into<String>, message: &str) {
        if !good {
            self.field(field, message);
        }
    }

    fn filled(&mut self, field: &str, text: &str) {
        self.unless(!text.trim().is_empty(), field, "must not be empty");
    }

    fn limit(&mut self, limit: Option<u32>) {
        self.unless(limit != Some(0), "limit", "must be more than zero");
    }

    fn period(&mut self, from: Option<Instant>, to: Option<Instant>) {
        if let (Some(from), Some(to)) = (from, to) {
            self.unless(from < to, "to", "must be later than `from`; `to` itself is not part of the period");
        }
    }

    fn days(&mut self, from: Option<Date>, to: Option<Date>) {
        if let (Some(from), Some(to)) = (from, to) {
            self.unless(from <= to, "to", "must not be before `from`");
        }
    }

    fn not_past(&mut self, field: &str, date: Option<Date>, today: Date) {
        if let Some(date) = date.filter(|date| *date < today) {
            self.field(field, format!("{date} is in the past; today is {today} at the restaurant"));
        }
    }

    fn positive(&mut self, field: String, quantity: Decimal) {
        self.unless(quantity.is_positive(), field, "must be more than zero");
    }

    fn notes(&mut self, notes: Option<&String>) {
        let length = notes.map_or(0, |notes| notes.chars().count());
        if length > NOTES {
            self.field("notes", format!("has {length} characters; at most {NOTES} are allowed"));
        }
    }

    fn items(&mut self, items: &[suppliers::OrderItem]) {
        self.unless(!items.is_empty(), "items", "must have at least one item");
        for (index, item) in items.iter().enumerate() {
            self.filled(&format!("items[{index}].product_id"), &item.product_id);
            self.positive(format!("items[{index}].quantity"), item.quantity);
        }
    }

    fn some_change(&mut self, any: bool) {
        self.unless(any, "", "changes nothing; give at least one field besides the id");
    }
}

fn fill_key(key: &mut Option<String>) {
    key.get_or_insert_with(|| Uuid::new_v4().to_string());
}

/// Lists in pages: cursor and limit, and further rules.
macro_rules! paged {
    ($($type:ty $(, |$input:ident, $wrong:ident| $rules:block)?;)*) => { $(
        impl Input for $type {
            fn check(&self, _today: Date, wrong: &mut Wrong) {
                wrong.limit(self.limit);
                $( let ($input, $wrong) = (self, &mut *wrong); $rules )?
            }
        }

        impl Paged for $type {
            fn set_cursor(&mut self, cursor: Option<String>) {
                self.cursor = cursor;
            }

            fn cursor(&self) -> Option<&str> {
                self.cursor.as_deref()
            }
        }
    )* };
}

paged! {
    pos::TransactionQuery, |query, wrong| { wrong.period(Some(query.from), Some(query.to)) };
    pos::ProductQuery;
    pos::StockQuery;
    pos::ListQuery;
    suppliers::CatalogQuery;
    suppliers::ProductSearch, |query, wrong| { wrong.filled("text", &query.text) };
    suppliers::OrderQuery, |query, wrong| { wrong.period(query.from, query.to) };
    booking::ReservationQuery, |query, wrong| { wrong.days(Some(query.from), Some(query.to)) };
    booking::CustomerSearch, |query, wrong| { wrong.filled("text", &query.text) };
    crm::ListQuery;
    crm::ContactSearch, |query, wrong| {
        let given = [&query.email, &query.phone, &query.text];
        let given = given.iter().filter(|text| text.as_ref().is_some_and(|text| !text.trim().is_empty())).count();
        wrong.unless(given == 1, "", "give exactly one of email, phone and text");
    };
    crm::CrmTransactionQuery, |query, wrong| { wrong.period(query.from, query.to) };
    crm::NoteQuery, |query, wrong| { wrong.filled("contact_id", &query.contact_id) };
}

/// What names one record.
macro_rules! lookup {
    ($($type:ty)*) => { $(
        impl Input for $type {
            fn check(&self, _today: Date, wrong: &mut Wrong) {
                wrong.filled("id", &self.id);
            }
        }
    )* };
}

lookup! {
    pos::TransactionLookup suppliers::ProductLookup suppliers::OrderLookup booking::ReservationLookup
    booking::CustomerLookup crm::Lookup
}

/// What only asks and has no rules.
macro_rules! free {
    ($($type:ty)*) => { $( impl Input for $type {} )* };
}

free! { suppliers::AccountQuery booking::RestaurantQuery }

/// Writes: an idempotency key is filled in, then the rules.
macro_rules! write {
    ($($type:ty, |$input:ident, $today:ident, $wrong:ident| $rules:block;)*) => { $(
        impl Input for $type {
            fn complete(&mut self) {
                fill_key(&mut self.idempotency_key);
            }

            fn check(&self, $today: Date, $wrong: &mut Wrong) {
                let $input = self;
                $rules
            }
        }
    )* };
}

write! {
    pos::ProductPatch, |patch, _today, wrong| {
        wrong.filled("id", &patch.id);
        let pos::ProductPatch { name, description, price, cost, sku, barcode, category_id, taxable, .. } = patch;
        let texts = [name, description, sku, barcode, category_id];
        let any = texts.iter().any(|text| text.is_some()) || price.is_some() || cost.is_some() || taxable.is_some();
        wrong.some_change(any);
        for (field, amount) in [("price", price), ("cost", cost)] {
            wrong.unless(!amount.is_some_and(Decimal::is_negative), field, "must not be negative");
        }
    };
    pos::StockUpdate, |update, _today, wrong| {
        wrong.unless(!update.changes.is_empty(), "changes", "must have at least one change");
        for (index, change) in update.changes.iter().enumerate() {
            wrong.filled(&format!("changes[{index}].product_id"), &change.product_id);
            let quantity = format!("changes[{index}].quantity");
            wrong.unless(!change.quantity.is_negative(), quantity, "must not be negative; the direction is in `kind`");
        }
    };
    pos::NewDiscount, |discount, _today, wrong| {
        wrong.filled("name", &discount.name);
        let (pos::DiscountValue::Percentage(value) | pos::DiscountValue::Amount(value)) = &discount.value;
        wrong.positive("value".to_owned(), *value);
    };
    suppliers::OrderPatch, |patch, today, wrong| {
        wrong.filled("id", &patch.id);
        let suppliers::OrderPatch { items, delivery_date, notes, priority, .. } = patch;
        wrong.some_change(items.is_some() || delivery_date.is_some() || notes.is_some() || priority.is_some());
        if let Some(items) = items {
            wrong.items(items);
        }
        wrong.not_past("delivery_date", *delivery_date, today);
        wrong.notes(notes.as_ref());
    };
    suppliers::OrderCancellation, |cancellation, _today, wrong| { wrong.filled("id", &cancellation.id) };
    booking::NewReservation, |reservation, _today, wrong| {
        wrong.unless(reservation.party_size > 0, "party_size", "must be more than zero");
        wrong.unless(reservation.starts_at > Instant::now(), "starts_at", "must be in the future");
    };
    booking::ReservationPatch, |patch, _today, wrong| {
        wrong.filled("id", &patch.id);
        let booking::ReservationPatch { starts_at, party_size, status, notes, .. } = patch;
        wrong.some_change(starts_at.is_some() || party_size.is_some() || status.is_some() || notes.is_some());
        wrong.unless(*party_size != Some(0), "party_size", "must be more than zero");
    };
    booking::ReservationCancellation, |cancellation, _today, wrong| { wrong.filled("id", &cancellation.id) };
    booking::AvailabilityUpdate, |update, today, wrong| {
        wrong.unless(!update.slots.is_empty(), "slots", "must have at least one slot");
        wrong.not_past("date", Some(update.date), today);
    };
    crm::NewContact, |contact, _today, wrong| {
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        wrong.unless(given(&contact.email) || given(&contact.phone), "", "give an email or a phone");
    };
    crm::ContactPatch, |patch, _today, wrong| {
        wrong.filled("id", &patch.id);
        let crm::ContactPatch { email, first_name, last_name, phone, company, loyalty_points, last_visit, extra, .. } = patch;
        let texts = [email, first_name, last_name, phone, company];
        let any = texts.iter().any(|text| text.is_some()) || loyalty_points.is_some() || last_visit.is_some();
        wrong.some_change(any || !extra.is_empty());
    };
    crm::DeleteRequest, |request, _today, wrong| { wrong.filled("id", &request.id) };
    crm::NewLoyaltyEntry, |entry, _today, wrong| {
        wrong.filled("contact_id", &entry.contact_id);
        let adjusts = entry.kind == crm::LoyaltyKind::Adjust;
        wrong.unless(entry.points > 0 || (adjusts && entry.points != 0), "points", "must be more than zero");
    };
    crm::NewCrmTransaction, |transaction, _today, wrong| { wrong.filled("name", &transaction.name) };
    crm::NewNote, |note, _today, wrong| {
        wrong.filled("contact_id", &note.contact_id);
        wrong.filled("text", &note.text);
    };
    crm::NewCampaign, |campaign, _today, wrong| {
        wrong.filled("name", &campaign.name);
        wrong.days(campaign.starts_on, campaign.ends_on);
    };
}

impl Input for suppliers::OrderRequest {
    fn complete(&mut self) {
        fill_key(&mut self.idempotency_key);
        // Made from the key, so that a repetition with the same key is the same order in the supplier's books too.
        let key = self.idempotency_key.clone().unwrap_or_default();
        self.client_reference.get_or_insert(key);
    }

    fn check(&self, today: Date, wrong: &mut Wrong) {
        wrong.items(&self.items);
        wrong.not_past("delivery_date", self.delivery_date, today);
        wrong.notes(self.notes.as_ref());
    }
}

impl Input for suppliers::AvailabilityQuery {
    fn check(&self, today: Date, wrong: &mut Wrong) {
        wrong.unless(!self.product_ids.is_empty(), "product_ids", "must name at least one product");
        wrong.not_past("date", self.date, today);
    }
}

impl Input for suppliers::DeliveryQuery {
    fn check(&self, _today: Date, wrong: &mut Wrong) {
        wrong.days(self.from, self.to);
    }
}

impl Input for booking::AvailabilityQuery {
    fn check(&self, _today: Date, wrong: &mut Wrong) {
        wrong.unless(self.party_size != Some(0), "party_size", "must be more than zero");
        if let (Some(from), Some(to)) = (self.from, self.to) {
            wrong.unless(from <= to, "to", "must not be before `from`");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date { year: 2025, month: 4, day: 14 };

    fn fields(input: &impl Input) -> Vec<String> {
        let mut wrong = Wrong::default();
        input.check(TODAY, &mut wrong);
        wrong.into_fields().into_iter().map(|wrong| wrong.field).collect()
    }

    fn order(json: serde_json::Value) -> suppliers::OrderRequest {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn an_order_follows_the_specification() {
        let good = order(serde_json::json!({
            "items": [{"product_id": "418207", "quantity": "0.5"}], "delivery_date": "2025-04-14", "notes": "é".repeat(500)
        }));
        assert_eq!(fields(&good), Vec::<String>::new());
        let bad = order(serde_json::json!({
            "items": [{"product_id": " ", "quantity": "0"}, {"product_id": "1", "quantity": "-5"}],
            "delivery_date": "2025-04-13", "notes": "é".repeat(501)
        }));
        let expected = ["items[0].product_id", "items[0].quantity", "items[1].quantity", "delivery_date", "notes"];
        assert_eq!(fields(&bad), expected);
        assert_eq!(fields(&order(serde_json::json!({"items": []}))), ["items"]);
    }

    #[test]
    fn a_key_is_filled_once_and_the_callers_is_kept() {
        let mut input = order(serde_json::json!({"items": []}));
        input.complete();
        let first = input.clone();
        input.complete();
        assert_eq!(input, first);
        assert_eq!(first.idempotency_key, first.client_reference);
        let mut input = order(serde_json::json!({"items": [], "idempotency_key": "mine", "client_reference": "42"}));
        input.complete();
        assert_eq!((input.idempotency_key.as_deref(), input.client_reference.as_deref()), (Some("mine"), Some("42")));
    }

    #[test]
    fn a_period_ends_after_it_begins() {
        let at = Instant::from_millis;
        let query = pos::TransactionQuery { from: at(2), to: at(2), limit: Some(0), ..Default::default() };
        assert_eq!(fields(&query), ["limit", "to"]);
        let query = pos::TransactionQuery { from: at(1), to: at(2), ..Default::default() };
        assert_eq!(fields(&query), Vec::<String>::new());
    }

    #[test]
    fn a_patch_changes_something() {
        let patch = pos::ProductPatch { id: "48".to_owned(), ..Default::default() };
        assert_eq!(fields(&patch), [""]);
        let patch = pos::ProductPatch { taxable: Some(false), ..patch };
        assert_eq!(fields(&patch), Vec::<String>::new());
    }
}
