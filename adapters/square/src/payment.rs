//! A payment as Square sends it, and the contract's transaction made of it.
//!
//! A refund is no record of its own: it stands on the payment it gives back.

use moulin_adapter::pos::{Payment as Paid, PaymentMethod, Transaction, TransactionStatus};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde::Deserialize;

use crate::money::{self, Money};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Payment<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    created_at: Scalar<'a>,
    updated_at: Scalar<'a>,
    amount_money: Option<Money<'a>>,
    tip_money: Option<Money<'a>>,
    total_money: Option<Money<'a>>,
    refunded_money: Option<Money<'a>>,
    status: Scalar<'a>,
    source_type: Scalar<'a>,
    card_details: Option<CardDetails<'a>>,
    external_details: Option<ExternalDetails<'a>>,
    location_id: Scalar<'a>,
    order_id: Scalar<'a>,
    reference_id: Scalar<'a>,
    customer_id: Scalar<'a>,
    team_member_id: Scalar<'a>,
    // The name before team members.
    employee_id: Scalar<'a>,
    device_details: Option<Device<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CardDetails<'a> {
    #[serde(borrow)]
    card: Option<Card<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Card<'a> {
    #[serde(borrow)]
    card_brand: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ExternalDetails<'a> {
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Device<'a> {
    #[serde(borrow)]
    device_id: Scalar<'a>,
}

pub(crate) fn transaction(row: &Row<'_, Payment<'_>>) -> Result<Transaction> {
    let payment = &row.record;
    let id = payment.id.required_id("payment.id")?;
    let absent = |field: &str| Error::unexpected(format!("payment {id} of the vendor's answer lacks `{field}`"));
    let whole = payment.total_money.or(payment.amount_money).ok_or_else(|| absent("total_money"))?;
    let currency = whole.currency().ok_or_else(|| absent("total_money.currency"))?;
    let total = money::amount(Some(whole), &currency, "payment.total_money")?;
    let total = total.ok_or_else(|| absent("total_money.amount"))?;
    let subtotal = money::amount(payment.amount_money, &currency, "payment.amount_money")?;
    let tip = money::nonzero(payment.tip_money, &currency, "payment.tip_money")?;
    let refunded = money::nonzero(payment.refunded_money, &currency, "payment.refunded_money")?;
    let (status, vendor_status) = status(payment.status.text(), total, refunded);
    let paid = Paid { method: method(payment), amount: subtotal.unwrap_or(total), tip };
    Ok(Transaction {
        occurred_at: payment.created_at.instant("payment.created_at")?.ok_or_else(|| absent("created_at"))?,
        updated_at: payment.updated_at.instant("payment.updated_at")?,
        id,
        status,
        vendor_status,
        currency,
        total,
        subtotal,
        // Taxes and discounts stand on the order.
        tax: None,
        tip,
        discount: None,
        refunded,
        location_id: payment.location_id.id(),
        register_id: payment.device_details.as_ref().and_then(|device| device.device_id.id()),
        employee_id: payment.team_member_id.id().or_else(|| payment.employee_id.id()),
        customer_id: payment.customer_id.id(),
        order_id: payment.order_id.id(),
        reference: payment.reference_id.text(),
        lines: Vec::new(),
        payments: vec![paid],
        raw: row.raw(),
    })
}

/// Square has no status for what was given back.
fn status(vendors: Option<String>, total: Decimal, refunded: Option<Decimal>) -> (TransactionStatus, Option<String>) {
    let status = match (vendors.as_deref(), refunded) {
        (Some("COMPLETED"), Some(back)) if back >= total => TransactionStatus::Refunded,
        (Some("COMPLETED"), Some(_)) => TransactionStatus::PartiallyRefunded,
        (Some("COMPLETED"), None) => TransactionStatus::Completed,
        (Some("APPROVED" | "PENDING"), _) => TransactionStatus::Open,
        (Some("CANCELED"), _) => TransactionStatus::Voided,
        (Some("FAILED"), _) => TransactionStatus::Failed,
        _ => return (TransactionStatus::Unknown, vendors),
    };
    (status, None)
}

fn method(payment: &Payment<'_>) -> PaymentMethod {
    let brand = || payment.card_details.as_ref()?.card.as_ref()?.card_brand.str();
    let external = || payment.external_details.as_ref()?.kind.str();
    match payment.source_type.str().as_deref() {
        Some("CARD") if brand().as_deref() == Some("SQUARE_GIFT_CARD") => PaymentMethod::Voucher,
        Some("CARD") => PaymentMethod::Card,
        Some("CASH") => PaymentMethod::Cash,
        Some("WALLET" | "SQUARE_ACCOUNT") => PaymentMethod::Wallet,
        Some("EXTERNAL") => match external().as_deref() {
            Some("CARD") => PaymentMethod::Card,
            Some("FOOD_VOUCHER" | "OTHER_GIFT_CARD") => PaymentMethod::Voucher,
            Some("SQUARE_CASH" | "EMONEY" | "SOCIAL") => PaymentMethod::Wallet,
            _ => PaymentMethod::Other,
        },
        _ => PaymentMethod::Other,
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::read;

    use super::*;

    const SHEET: &str = r#"{"id":"pMnt7QkLvm0001ExAmPlE42TbzZY","created_at":"2025-04-01T12:30:00.533Z","updated_at":"2025-04-01T12:30:02.110Z",
  "amount_money":{"amount":4550,"currency":"EUR"},"tip_money":{"amount":200,"currency":"EUR"},"total_money":{"amount":4750,"currency":"EUR"},
  "approved_money":{"amount":4750,"currency":"EUR"},"processing_fee":[{"effective_at":"2025-04-01T14:30:02.000Z","type":"INITIAL","amount_money":{"amount":78,"currency":"EUR"}}],
  "status":"COMPLETED","source_type":"CARD","card_details":{"status":"CAPTURED","card":{"card_brand":"VISA","last_4":"1111","exp_month":11,"exp_year":2027},"entry_method":"EMV"},
  "location_id":"LLVMPARIS0001","order_id":"oRdr7QkLvm0001ExAmPlE42TbzZY","customer_id":"CUSTLVM0001EXAMPLE42TBZYXW","reference_id":"TABLE-12",
  "receipt_number":"LVM1","receipt_url":"https://squareup.com/receipt/preview/LVM1","version_token":"lvmVersionTokenExample0001"}"#;

    fn read_one(json: &str) -> Result<Transaction> {
        transaction(&read::row(json, false)?)
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_payment_is_mapped_field_by_field() {
        let instant = |text| time::parse_instant(text).unwrap();
        assert_eq!(
            read_one(SHEET).unwrap(),
            Transaction {
                id: "pMnt7QkLvm0001ExAmPlE42TbzZY".into(),
                occurred_at: instant("2025-04-01T12:30:00.533Z"),
                updated_at: Some(instant("2025-04-01T12:30:02.110Z")),
                status: TransactionStatus::Completed,
                vendor_status: None,
                currency: "EUR".into(),
                total: decimal("47.50"),
                subtotal: Some(decimal("45.50")),
                tax: None,
                tip: Some(decimal("2")),
                discount: None,
                refunded: None,
                location_id: Some("LLVMPARIS0001".into()),
                register_id: None,
                employee_id: None,
                customer_id: Some("CUSTLVM0001EXAMPLE42TBZYXW".into()),
                order_id: Some("oRdr7QkLvm0001ExAmPlE42TbzZY".into()),
                reference: Some("TABLE-12".into()),
                lines: Vec::new(),
                payments: vec![Paid { method: PaymentMethod::Card, amount: decimal("45.50"), tip: Some(decimal("2")) }],
                raw: None,
            }
        );
        assert_eq!(transaction(&read::row(SHEET, true).unwrap()).unwrap().raw.as_deref(), Some(SHEET));
    }

    #[test]
    fn a_status_is_read_together_with_what_was_given_back() {
        let of = |status: &str, refunded: &str| {
            let json = format!(
                r#"{{"id":"p","created_at":"2025-04-01T12:30:00Z","status":{status},"total_money":{{"amount":1000,"currency":"EUR"}}{refunded}}}"#
            );
            let sale = read_one(&json).unwrap();
            (sale.status, sale.vendor_status, sale.refunded)
        };
        let back = |amount: u32| format!(r#","refunded_money":{{"amount":{amount},"currency":"EUR"}}"#);
        for (vendors, status) in [
            ("APPROVED", TransactionStatus::Open),
            ("PENDING", TransactionStatus::Open),
            ("COMPLETED", TransactionStatus::Completed),
            ("CANCELED", TransactionStatus::Voided),
            ("FAILED", TransactionStatus::Failed),
        ] {
            assert_eq!(of(&format!("\"{vendors}\""), ""), (status, None, None));
        }
        assert_eq!(of("\"COMPLETED\"", &back(400)).0, TransactionStatus::PartiallyRefunded);
        assert_eq!(of("\"COMPLETED\"", &back(1000)), (TransactionStatus::Refunded, None, Some(decimal("10"))));
        assert_eq!(of("\"COMPLETED\"", &back(0)), (TransactionStatus::Completed, None, None));
        assert_eq!(of("\"HELD\"", ""), (TransactionStatus::Unknown, Some("HELD".into()), None));
        assert_eq!(of("null", ""), (TransactionStatus::Unknown, None, None));
    }

    #[test]
    fn every_source_is_a_method() {
        let of = |json: &str| {
            let json = format!(
                r#"{{"id":"p","created_at":"2025-04-01T12:30:00Z","amount_money":{{"amount":1,"currency":"JPY"}},{json}}}"#
            );
            read_one(&json).unwrap().payments[0].method
        };
        for (json, method) in [
            (r#""source_type":"CASH""#, PaymentMethod::Cash),
            (r#""source_type":"WALLET","wallet_details":{"brand":"ALIPAY"}"#, PaymentMethod::Wallet),
            (
                r#""source_type":"CARD","card_details":{"card":{"card_brand":"SQUARE_GIFT_CARD"}}"#,
                PaymentMethod::Voucher,
            ),
            (r#""source_type":"CARD","card_details":null"#, PaymentMethod::Card),
            (r#""source_type":"EXTERNAL","external_details":{"type":"FOOD_VOUCHER"}"#, PaymentMethod::Voucher),
            (r#""source_type":"EXTERNAL","external_details":{"type":"CHECK"}"#, PaymentMethod::Other),
            (r#""source_type":"BANK_ACCOUNT""#, PaymentMethod::Other),
            (r#""source_type":null"#, PaymentMethod::Other),
        ] {
            assert_eq!(of(json), method, "{json}");
        }
    }

    #[test]
    fn what_a_payment_cannot_do_without_is_named() {
        for (json, names) in [
            (r#"{"created_at":"2025-04-01T12:30:00Z"}"#, "payment.id"),
            (r#"{"id":"p","created_at":"2025-04-01T12:30:00Z"}"#, "payment p"),
            (r#"{"id":"p","total_money":{"amount":1,"currency":"EUR"}}"#, "created_at"),
            (r#"{"id":"p","created_at":"soon","total_money":{"amount":1,"currency":"EUR"}}"#, "payment.created_at"),
            (
                r#"{"id":"p","created_at":"2025-04-01T12:30:00Z","total_money":{"amount":1,"currency":"EUR"},"tip_money":{"amount":1,"currency":"USD"}}"#,
                "tip_money",
            ),
        ] {
            let Err(Error::Api(error)) = read_one(json) else { panic!("{json}") };
            assert!(error.message.contains(names), "{}", error.message);
        }
    }
}
