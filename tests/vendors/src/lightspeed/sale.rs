//! Sales as the vendor writes them.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::filter::{Kind, Value};
use super::item::TillItem;
use super::list::{Field, Object, Relations, Table, field, object, put, put_many};
use crate::amount::Decimal;
use crate::world::{Customer, EMPLOYEES, PaymentKind, Sale, SaleLine, SaleState};

/// What the relations of a sale are looked up in.
pub(super) trait Lookup {
    fn item(&self, id: u32) -> Option<&TillItem>;
    fn customer(&self, id: u32) -> Option<&Customer>;
}

/// ISO 8601 in UTC with `+00:00`, as the vendor writes times.
pub(super) fn time(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// An amount without trailing zeros.
pub(super) fn cents(cents: i64) -> String {
    Decimal::cents(cents).to_string()
}

/// The rate of a tax in per mille as a fraction of one.
fn rate(per_mille: i64) -> String {
    Decimal::milli(per_mille).to_string()
}

const FIELDS: &[Field<Sale>] = &[
    field("saleID", Kind::Number, |sale| Value::Number(sale.id.into())),
    field("timeStamp", Kind::Time, |sale| Value::time(sale.touched())),
    field("createTime", Kind::Time, |sale| Value::time(sale.opened)),
    field("updatetime", Kind::Time, |sale| Value::time(sale.touched())),
    field("completeTime", Kind::Time, |sale| sale.closed.map_or(Value::Absent, Value::time)),
    field("completed", Kind::Flag, |sale| Value::Flag(sale.state != SaleState::Open)),
    field("voided", Kind::Flag, |sale| Value::Flag(sale.state == SaleState::Voided)),
    field("total", Kind::Amount, |sale| Value::Amount(Decimal::cents(sale.total()))),
    field("ticketNumber", Kind::Text, |sale| Value::Text(ticket(sale.id))),
    field("referenceNumber", Kind::Text, |_| Value::Text(String::new())),
    field("shopID", Kind::Number, |_| Value::Number(1)),
    field("registerID", Kind::Number, |sale| Value::Number(sale.register.into())),
    field("employeeID", Kind::Number, |sale| Value::Number(sale.employee.into())),
    field("customerID", Kind::Number, |sale| Value::Number(sale.customer.into())),
];

/// The resource `Sale`.
pub(super) const TABLE: Table<'static, Sale> = Table {
    name: "Sale",
    fields: FIELDS,
    sorts: &["saleID", "timeStamp", "completeTime", "updatetime"],
    relations: &[
        "SaleLines",
        "SaleLines.Item",
        "SaleLines.TaxClass",
        "SaleLines.Discount",
        "SalePayments",
        "SalePayments.PaymentType",
        "Customer",
        "TaxCategory",
    ],
    id: |sale| sale.id,
    archived: Some(|_| false),
};

fn ticket(id: u32) -> String {
    format!("22{id:010}")
}

/// Tax of the lines at 10 % and less (the vendor's first tax), and above (its second).
fn taxes(lines: &[SaleLine]) -> (i64, i64) {
    let sum = |first: bool| lines.iter().filter(|line| (line.vat <= 100) == first).map(SaleLine::tax).sum();
    (sum(true), sum(false))
}

/// A sale with the relations asked for.
///
/// Prices hold their tax. The documented sum is kept: total = calcSubtotal − calcDiscount + calcTax1 + calcTax2, so the
/// subtotal is net of tax and before discount.
pub(super) fn render(sale: &Sale, relations: &Relations, lookup: &impl Lookup) -> Json {
    let mut out = Object::new();
    let total = sale.total();
    let (tax1, tax2) = taxes(&sale.lines);
    let discount: i64 = sale.lines.iter().map(|line| line.discount).sum();
    let paid: i64 = sale.payments.iter().map(|payment| payment.amount).sum();
    let cost: i64 =
        sale.lines.iter().map(|line| line.quantity * lookup.item(line.item).map_or(0, |item| item.cost)).sum();
    put(&mut out, "saleID", sale.id);
    put(&mut out, "timeStamp", time(sale.touched()));
    put(&mut out, "discountPercent", 0);
    put(&mut out, "completed", sale.state != SaleState::Open);
    put(&mut out, "archived", false);
    put(&mut out, "voided", sale.state == SaleState::Voided);
    put(&mut out, "enablePromotions", true);
    put(&mut out, "isTaxInclusive", true);
    put(&mut out, "createTime", time(sale.opened));
    put(&mut out, "updatetime", time(sale.touched()));
    if let Some(closed) = sale.closed {
        put(&mut out, "completeTime", time(closed));
    }
    put(&mut out, "referenceNumber", "");
    put(&mut out, "referenceNumberSource", "");
    put(&mut out, "tax1Rate", "0.1");
    put(&mut out, "tax2Rate", "0.2");
    put(&mut out, "change", 0);
    put(&mut out, "tipEnabled", true);
    put(&mut out, "receiptPreference", "printed");
    put(&mut out, "displayableSubtotal", cents(total));
    put(&mut out, "ticketNumber", ticket(sale.id));
    put(&mut out, "calcDiscount", cents(discount));
    put(&mut out, "calcTotal", cents(total));
    put(&mut out, "calcSubtotal", cents(total + discount - tax1 - tax2));
    put(&mut out, "calcTaxable", cents(total - tax1 - tax2));
    put(&mut out, "calcNonTaxable", 0);
    put(&mut out, "calcAvgCost", cents(cost));
    put(&mut out, "calcFIFOCost", cents(cost));
    put(&mut out, "calcTax1", cents(tax1));
    put(&mut out, "calcTax2", cents(tax2));
    put(&mut out, "calcPayments", cents(paid));
    put(&mut out, "calcTips", cents(sale.tips()));
    put(&mut out, "total", cents(total));
    put(&mut out, "totalDue", cents(total));
    put(&mut out, "displayableTotal", cents(total));
    put(&mut out, "balance", cents(total - paid));
    put(&mut out, "customerID", sale.customer);
    put(&mut out, "discountID", 0);
    put(&mut out, "employeeID", sale.employee);
    put(&mut out, "tipEmployeeID", if sale.tips() == 0 { 0 } else { sale.employee });
    put(&mut out, "quoteID", 0);
    put(&mut out, "registerID", sale.register);
    put(&mut out, "shipToID", 0);
    put(&mut out, "shopID", 1);
    put(&mut out, "taxCategoryID", 1);
    put(&mut out, "taxTotal", cents(tax1 + tax2));
    render_relations(sale, relations, lookup, &mut out);
    Json::Object(out)
}

fn render_relations(sale: &Sale, relations: &Relations, lookup: &impl Lookup, out: &mut Object) {
    if relations.has("Customer")
        && let Some(customer) = lookup.customer(sale.customer)
    {
        let names = [("firstName", customer.first_name.to_owned()), ("lastName", customer.last_name.to_owned())];
        let [first, last] = names;
        out.insert("Customer".to_owned(), object([("customerID", customer.id.to_string()), first, last]));
    }
    if relations.has("TaxCategory") {
        let fields = [
            ("taxCategoryID", "1"),
            ("isTaxInclusive", "true"),
            ("tax1Name", "TVA 10 %"),
            ("tax2Name", "TVA 20 %"),
            ("tax1Rate", "0.1"),
            ("tax2Rate", "0.2"),
        ];
        out.insert("TaxCategory".to_owned(), object(fields.map(|(name, value)| (name, value.to_owned()))));
    }
    if relations.has("SaleLines") {
        let lines = sale.lines.iter().map(|line| render_line(sale, line, relations, lookup)).collect();
        let mut wrapper = Object::new();
        put_many(&mut wrapper, "SaleLine", lines);
        out.insert("SaleLines".to_owned(), Json::Object(wrapper));
    }
    // A sale that was not paid has no such key at all.
    if relations.has("SalePayments") && !sale.payments.is_empty() {
        let mut wrapper = Object::new();
        put_many(&mut wrapper, "SalePayment", payments(sale, relations));
        out.insert("SalePayments".to_owned(), Json::Object(wrapper));
    }
}

fn render_line(sale: &Sale, line: &SaleLine, relations: &Relations, lookup: &impl Lookup) -> Json {
    let mut out = Object::new();
    let (tax1, tax2) = taxes(std::slice::from_ref(line));
    let discounted = line.discount != 0;
    put(&mut out, "saleLineID", line.id);
    put(&mut out, "saleID", sale.id);
    put(&mut out, "itemID", line.item);
    put(&mut out, "unitQuantity", line.quantity);
    put(&mut out, "unitPrice", cents(line.unit_price));
    put(&mut out, "normalUnitPrice", 0);
    put(&mut out, "discountAmount", 0);
    put(&mut out, "discountPercent", if discounted { "0.1" } else { "0" });
    put(&mut out, "calcLineDiscount", cents(line.discount));
    put(&mut out, "calcSubtotal", cents(line.total() + line.discount - tax1 - tax2));
    put(&mut out, "calcTotal", cents(line.total()));
    put(&mut out, "calcTax1", cents(tax1));
    put(&mut out, "calcTax2", cents(tax2));
    put(&mut out, "tax", true);
    put(&mut out, "isLayaway", false);
    put(&mut out, "parentSaleLineID", line.parent);
    put(&mut out, "discountID", i32::from(discounted));
    if relations.has("SaleLines.Item")
        && let Some(item) = lookup.item(line.item)
    {
        let fields = [
            ("itemID", item.id.to_string()),
            ("description", item.name.clone()),
            ("customSku", item.sku.clone()),
            ("categoryID", item.category.to_string()),
        ];
        out.insert("Item".to_owned(), object(fields));
    }
    if relations.has("SaleLines.TaxClass") {
        let (id, name) = if line.vat > 100 { ("2", "Alcool") } else { ("1", "Restauration") };
        let fields = [("taxClassID", id.to_owned()), ("name", name.to_owned()), ("tax1Rate", rate(line.vat))];
        out.insert("TaxClass".to_owned(), object(fields));
    }
    if relations.has("SaleLines.Discount") && discounted {
        let fields = [("discountID", "1"), ("name", "Fidélité 10 %"), ("discountPercent", "0.1")];
        out.insert("Discount".to_owned(), object(fields.map(|(name, value)| (name, value.to_owned()))));
    }
    Json::Object(out)
}

fn payments(sale: &Sale, relations: &Relations) -> Vec<Json> {
    let rendered = sale.payments.iter().map(|payment| {
        let (id, name, code) = payment_type(payment.kind);
        let mut out = Object::new();
        put(&mut out, "salePaymentID", payment.id);
        put(&mut out, "amount", cents(payment.amount));
        put(&mut out, "tipAmount", cents(payment.tip));
        put(&mut out, "createTime", time(sale.touched()));
        put(&mut out, "archived", sale.state == SaleState::Voided);
        put(&mut out, "remoteReference", "");
        put(&mut out, "paymentID", "");
        put(&mut out, "saleID", sale.id);
        put(&mut out, "paymentTypeID", id);
        put(&mut out, "ccChargeID", 0);
        put(&mut out, "refPaymentID", 0);
        put(&mut out, "registerID", sale.register);
        put(&mut out, "employeeID", sale.employee.min(u32::try_from(EMPLOYEES.len()).unwrap_or(1)));
        put(&mut out, "creditAccountID", 0);
        if relations.has("SalePayments.PaymentType") {
            let fields = [
                ("paymentTypeID", id.to_string()),
                ("code", code.to_owned()),
                ("name", name.to_owned()),
                ("type", if code == "CC" { "credit card" } else { "user defined" }.to_owned()),
            ];
            out.insert("PaymentType".to_owned(), object(fields));
        }
        Json::Object(out)
    });
    rendered.collect()
}

/// Number, name and code of a payment type.
fn payment_type(kind: PaymentKind) -> (u32, &'static str, &'static str) {
    match kind {
        PaymentKind::Cash => (1, "Cash", "CASH"),
        PaymentKind::Cheque => (2, "Check", "CHK"),
        PaymentKind::Card => (3, "Credit Card", "CC"),
        PaymentKind::MealVoucher => (7, "Titre-restaurant", "TR"),
        PaymentKind::Wallet => (8, "Apple Pay", "WALLET"),
    }
}
