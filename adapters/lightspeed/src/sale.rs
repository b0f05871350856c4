//! A sale as Lightspeed sends it, and the contract's transaction made of it.
//!
//! Every scalar is text in reality, and a number or boolean in the specification's samples; both are read. Amounts have
//! no currency in the body: it is the connection's.

use moulin_adapter::pos::{Payment, PaymentMethod, Transaction, TransactionLine, TransactionPage, TransactionStatus};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use crate::page;

/// Reads a page of sales: the body of `GET Sale`, in UTF-8. `currency` (ISO 4217) is that of all amounts.
///
/// Fails when the body is not such a page, or an amount or a time in it cannot be read.
pub fn parse_sales_page(body: &[u8], currency: &str, include_raw: bool) -> Result<TransactionPage> {
    let page = page::read::<Sale<'_>>(read::utf8(body)?, &["Sale"], include_raw)?;
    let items = page.rows.iter().map(|row| transaction(row, currency)).collect::<Result<_>>()?;
    Ok(TransactionPage { items, next: page.next })
}

/// Reads the one sale of a body.
pub(crate) fn parse_sale(body: &str, currency: &str, include_raw: bool) -> Result<Transaction> {
    transaction(&page::read_one(body, "Sale", include_raw)?, currency)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Sale<'a> {
    #[serde(borrow, rename = "saleID")]
    id: Scalar<'a>,
    #[serde(rename = "timeStamp")]
    time_stamp: Scalar<'a>,
    // The vendor writes this one with a small t.
    updatetime: Scalar<'a>,
    #[serde(rename = "completeTime")]
    complete_time: Scalar<'a>,
    completed: Scalar<'a>,
    voided: Scalar<'a>,
    total: Scalar<'a>,
    #[serde(rename = "calcTotal")]
    calc_total: Scalar<'a>,
    #[serde(rename = "calcSubtotal")]
    subtotal: Scalar<'a>,
    #[serde(rename = "calcTax1")]
    tax1: Scalar<'a>,
    #[serde(rename = "calcTax2")]
    tax2: Scalar<'a>,
    #[serde(rename = "calcTips")]
    tips: Scalar<'a>,
    #[serde(rename = "calcDiscount")]
    discount: Scalar<'a>,
    #[serde(rename = "shopID")]
    shop: Scalar<'a>,
    #[serde(rename = "registerID")]
    register: Scalar<'a>,
    #[serde(rename = "employeeID")]
    employee: Scalar<'a>,
    #[serde(rename = "customerID")]
    customer: Scalar<'a>,
    #[serde(rename = "ticketNumber")]
    ticket: Scalar<'a>,
    #[serde(rename = "referenceNumber")]
    reference: Scalar<'a>,
    #[serde(rename = "SaleLines")]
    lines: OneOrMany<SaleLines<'a>>,
    #[serde(rename = "SalePayments")]
    payments: OneOrMany<SalePayments<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SaleLines<'a> {
    #[serde(borrow, rename = "SaleLine")]
    lines: OneOrMany<SaleLine<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SaleLine<'a> {
    #[serde(borrow, rename = "itemID")]
    item_id: Scalar<'a>,
    #[serde(rename = "unitQuantity")]
    quantity: Scalar<'a>,
    #[serde(rename = "unitPrice")]
    unit_price: Scalar<'a>,
    #[serde(rename = "calcLineDiscount")]
    discount: Scalar<'a>,
    #[serde(rename = "calcTax1")]
    tax1: Scalar<'a>,
    #[serde(rename = "calcTax2")]
    tax2: Scalar<'a>,
    #[serde(rename = "calcTotal")]
    total: Scalar<'a>,
    #[serde(rename = "Item")]
    item: OneOrMany<LineItem<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LineItem<'a> {
    #[serde(borrow)]
    description: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SalePayments<'a> {
    #[serde(borrow, rename = "SalePayment")]
    payments: OneOrMany<SalePayment<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SalePayment<'a> {
    #[serde(borrow)]
    amount: Scalar<'a>,
    #[serde(rename = "tipAmount")]
    tip: Scalar<'a>,
    archived: Scalar<'a>,
    #[serde(rename = "PaymentType")]
    kind: OneOrMany<PaymentType<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PaymentType<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    code: Scalar<'a>,
}

fn transaction(row: &Row<'_, Sale<'_>>, currency: &str) -> Result<Transaction> {
    let sale = &row.record;
    let changed = match sale.updatetime.instant("Sale.updatetime")? {
        Some(at) => Some(at),
        None => sale.time_stamp.instant("Sale.timeStamp")?,
    };
    let occurred = match sale.complete_time.instant("Sale.completeTime")? {
        Some(at) => Some(at),
        None => sale.time_stamp.instant("Sale.timeStamp")?,
    };
    let total = match sale.total.decimal("Sale.total")? {
        Some(total) => total,
        None => sale.calc_total.required_decimal("Sale.calcTotal")?,
    };
    let lines: Vec<TransactionLine> =
        sale.lines.iter().flat_map(|group| &group.lines).map(line).collect::<Result<_>>()?;
    let payments = sale
        .payments
        .iter()
        .flat_map(|group| &group.payments)
        .filter(|payment| !payment.archived.is_true())
        .map(payment)
        .collect::<Result<_>>()?;
    let status = status(sale, total, &lines);
    Ok(Transaction {
        id: sale.id.required_id("Sale.saleID")?,
        occurred_at: occurred
            .or(changed)
            .ok_or_else(|| Error::unexpected("the vendor's answer lacks `Sale.completeTime` and `Sale.timeStamp`"))?,
        updated_at: changed,
        status,
        vendor_status: sale.completed.text().filter(|_| status == TransactionStatus::Unknown),
        currency: currency.to_owned(),
        total,
        subtotal: sale.subtotal.decimal("Sale.calcSubtotal")?,
        tax: sum(sale.tax1, sale.tax2, "Sale.calcTax")?,
        tip: sale.tips.decimal("Sale.calcTips")?,
        discount: sale.discount.decimal("Sale.calcDiscount")?,
        // A refund is a sale of its own here.
        refunded: None,
        location_id: sale.shop.id(),
        register_id: sale.register.id(),
        employee_id: sale.employee.id(),
        customer_id: sale.customer.id(),
        order_id: sale.ticket.id(),
        reference: sale.reference.text(),
        lines,
        payments,
        raw: row.raw(),
    })
}

/// A refund is a completed sale that gives money back: by its total, or by lines that are all taken back.
fn status(sale: &Sale<'_>, total: Decimal, lines: &[TransactionLine]) -> TransactionStatus {
    if sale.voided.is_true() {
        return TransactionStatus::Voided;
    }
    let taken_back = !lines.is_empty() && lines.iter().all(|line| line.quantity.is_negative());
    match sale.completed.bool() {
        Some(true) if total.is_negative() || taken_back => TransactionStatus::Refunded,
        Some(true) => TransactionStatus::Completed,
        Some(false) => TransactionStatus::Open,
        None => TransactionStatus::Unknown,
    }
}

fn line(line: &SaleLine<'_>) -> Result<TransactionLine> {
    let quantity = line.quantity.required_decimal("SaleLine.unitQuantity")?;
    let unit_price = line.unit_price.required_decimal("SaleLine.unitPrice")?;
    let discount = line.discount.nonzero_decimal("SaleLine.calcLineDiscount")?;
    let total = match line.total.decimal("SaleLine.calcTotal")? {
        Some(total) => total,
        None => quantity.checked_mul(unit_price)?.checked_sub(discount.unwrap_or(Decimal::ZERO))?,
    };
    Ok(TransactionLine {
        product_id: line.item_id.id(),
        name: line.item.iter().find_map(|item| item.description.text()),
        quantity,
        unit_price,
        discount,
        tax: sum(line.tax1, line.tax2, "SaleLine.calcTax")?,
        total,
    })
}

/// The sum of two amounts of which either may be absent.
fn sum(first: Scalar<'_>, second: Scalar<'_>, field: &str) -> Result<Option<Decimal>> {
    Ok(match (first.decimal(field)?, second.decimal(field)?) {
        (Some(a), Some(b)) if b.is_zero() => Some(a),
        (Some(a), Some(b)) => Some(a.checked_add(b)?),
        (one, None) | (None, one) => one,
    })
}

fn payment(payment: &SalePayment<'_>) -> Result<Payment> {
    let kind = payment.kind.iter().next();
    Ok(Payment {
        method: kind.map_or(PaymentMethod::Other, method),
        amount: payment.amount.required_decimal("SalePayment.amount")?,
        tip: payment.tip.nonzero_decimal("SalePayment.tipAmount")?,
    })
}

/// Payment types are named by the shop; the vendor's own codes go first.
fn method(kind: &PaymentType<'_>) -> PaymentMethod {
    match kind.code.str().as_deref() {
        Some("CC" | "DC") => return PaymentMethod::Card,
        Some("CA") => return PaymentMethod::Cash,
        Some("GC") => return PaymentMethod::Voucher,
        _ => {}
    }
    let name = kind.name.text().unwrap_or_default().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if says(&["gift", "voucher", "cadeau", "titre", "ticket resto", "chèque vacances"]) {
        PaymentMethod::Voucher
    } else if says(&["wallet", "apple pay", "google pay", "paypal", "lydia"]) {
        PaymentMethod::Wallet
    } else if says(&["card", "carte", "visa", "mastercard", "amex"]) {
        PaymentMethod::Card
    } else if says(&["cash", "espèces", "especes"]) {
        PaymentMethod::Cash
    } else {
        PaymentMethod::Other
    }
}

#[cfg(test)]
#[path = "sale_tests.rs"]
mod tests;
