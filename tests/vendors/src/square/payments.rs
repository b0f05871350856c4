//! Payments and the orders they pay: the world's sales as the vendor keeps them.
//!
//! A ticket is an order with lines; each payment of it is a record of its own. A refund is no record of its own here: it
//! stands on the payments it gives back. Every forty-first payment was tried once in vain before.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::catalog::{LOCATION, money, time, variation_id};
use crate::world::{Payment, PaymentKind, Sale, SaleLine, SaleState, World};

fn payment_id(payment: &Payment) -> String {
    format!("pMnt7QkLvm{:06}ExAmPlE42TbzZY", payment.id)
}

fn order_id(sale: &Sale) -> String {
    format!("oRdr7QkLvm{:06}ExAmPlE42TbzZY", sale.id)
}

pub(super) fn customer_id(number: u32) -> String {
    format!("CUSTLVM{number:04}EXAMPLE42TBZYX")
}

fn after(at: Timestamp, milliseconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_millis(milliseconds)).unwrap_or(at)
}

/// A payment and what it is sorted by.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) amount: i64,
    pub(super) json: Value,
}

/// All payments of the world and the orders by id.
pub(super) fn books(world: &World) -> (Vec<Paid>, BTreeMap<String, Value>) {
    let refunds: Vec<&Sale> = world.sales().iter().filter(|sale| sale.total() < 0).collect();
    let mut payments = Vec::new();
    let mut orders = BTreeMap::new();
    for sale in world.sales().iter().filter(|sale| sale.total() >= 0) {
        let given_back = refunds
            .iter()
            .filter(|refund| refund.lines.iter().any(|line| sale.lines.iter().any(|sold| sold.id == line.parent)));
        let mut refunded: i64 = given_back.map(|refund| -refund.total()).sum();
        let mut kept = Vec::new();
        for (index, payment) in (0_i64..).zip(&sale.payments) {
            let back = refunded.min(payment.amount);
            refunded -= back;
            let created = after(sale.touched(), index * 20_000 + i64::from(payment.id) * 137 % 1_000);
            if payment.id % 41 == 0 && payment.kind == PaymentKind::Card {
                payments.push(paid(sale, payment, after(created, -4_000), "FAILED", 0));
            }
            let status = if sale.state == SaleState::Voided { "CANCELED" } else { "COMPLETED" };
            let made = paid(sale, payment, created, status, back);
            kept.push(tender(payment, &made));
            payments.push(made);
        }
        orders.insert(order_id(sale), order(sale, world, kept));
    }
    payments.sort_by_key(|paid| (paid.created, paid.json.get("id").map(Value::to_string)));
    (payments, orders)
}

fn paid(sale: &Sale, payment: &Payment, created: Timestamp, status: &str, refunded: i64) -> Paid {
    let failed = status == "FAILED";
    let updated = after(created, if refunded > 0 { 945_000 } else { 1_577 });
    let total = payment.amount + payment.tip;
    let id = payment_id(payment);
    let mut json = json!({
        "id": if failed { id.replace("ExAmPlE", "FaIlEd0") } else { id },
        "created_at": time(created), "updated_at": time(updated),
        "amount_money": money(payment.amount), "total_money": money(total),
        "status": status, "location_id": LOCATION, "order_id": order_id(sale),
        "reference_id": format!("TICKET-{}", sale.id), "team_member_id": format!("TMLVM{:04}", sale.employee),
        "device_details": { "device_id": format!("DEVICE:LVM{:04}", sale.register), "device_name": "Caisse" },
        "version_token": format!("lvmVersionToken{:06}", payment.id),
    });
    let Some(members) = json.as_object_mut() else { return Paid { created, updated, amount: total, json } };
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    if payment.tip > 0 {
        put("tip_money", money(payment.tip));
    }
    if sale.customer > 0 {
        put("customer_id", customer_id(sale.customer).into());
    }
    if refunded > 0 {
        put("refunded_money", money(refunded));
        put("refund_ids", json!([format!("rFnd7QkLvm{:06}ExAmPlE42TbzZY", payment.id)]));
    }
    if status == "COMPLETED" {
        put("approved_money", money(total));
        put("receipt_number", format!("{:04}", payment.id % 10_000).into());
    }
    let state = if failed { "FAILED" } else { "CAPTURED" };
    match payment.kind {
        PaymentKind::Card => {
            put("source_type", "CARD".into());
            let card = json!({ "card_brand": "VISA", "last_4": "1111", "exp_month": 11, "exp_year": 2027 });
            put("card_details", json!({ "status": state, "card": card, "entry_method": "EMV" }));
        }
        PaymentKind::Wallet => {
            put("source_type", "WALLET".into());
            put("wallet_details", json!({ "status": state, "brand": "ALIPAY" }));
        }
        PaymentKind::Cash => {
            put("source_type", "CASH".into());
            let given = json!({ "buyer_supplied_money": money(total), "change_back_money": money(0) });
            put("cash_details", given);
        }
        PaymentKind::Cheque => {
            put("source_type", "EXTERNAL".into());
            put("external_details", json!({ "type": "CHECK", "source": "Chèque" }));
        }
        PaymentKind::MealVoucher => {
            put("source_type", "EXTERNAL".into());
            put("external_details", json!({ "type": "FOOD_VOUCHER", "source": "Titre-restaurant" }));
        }
    }
    Paid { created, updated, amount: total, json }
}

fn tender(payment: &Payment, paid: &Paid) -> Value {
    let kind = match payment.kind {
        PaymentKind::Card => "CARD",
        PaymentKind::Cash => "CASH",
        PaymentKind::Wallet => "WALLET",
        PaymentKind::Cheque | PaymentKind::MealVoucher => "OTHER",
    };
    json!({
        "id": payment_id(payment), "payment_id": payment_id(payment), "type": kind,
        "created_at": time(paid.created), "amount_money": money(paid.amount), "tip_money": money(payment.tip),
    })
}

fn order(sale: &Sale, world: &World, tenders: Vec<Value>) -> Value {
    let state = match sale.state {
        SaleState::Completed => "COMPLETED",
        SaleState::Open => "OPEN",
        SaleState::Voided => "CANCELED",
    };
    let lines: Vec<Value> = sale.lines.iter().map(|line| order_line(line, world)).collect();
    let sum = |of: fn(&SaleLine) -> i64| money(sale.lines.iter().map(of).sum());
    let mut order = json!({
        "id": order_id(sale), "location_id": LOCATION, "state": state, "version": 3,
        "reference_id": format!("TICKET-{}", sale.id), "source": { "name": "Square Point of Sale" }, "line_items": lines,
        "created_at": time(sale.opened), "updated_at": time(sale.touched()),
        "total_money": money(sale.total() + sale.tips()), "total_tax_money": sum(SaleLine::tax),
        "total_discount_money": sum(|line| line.discount), "total_tip_money": money(sale.tips()),
    });
    if let (false, Some(members)) = (tenders.is_empty(), order.as_object_mut()) {
        members.insert("tenders".to_owned(), tenders.into());
        members.insert("closed_at".to_owned(), time(sale.touched()).into());
    }
    order
}

fn order_line(line: &SaleLine, world: &World) -> Value {
    let name = world.item(line.item).map_or("", |item| item.name.as_str());
    json!({
        "uid": format!("lInE{:06}", line.id), "catalog_object_id": variation_id(line.item), "catalog_version": 1,
        "quantity": line.quantity.to_string(), "name": name, "variation_name": "Regular", "item_type": "ITEM",
        "base_price_money": money(line.unit_price), "gross_sales_money": money(line.quantity * line.unit_price),
        "variation_total_price_money": money(line.quantity * line.unit_price),
        "total_tax_money": money(line.tax()), "total_discount_money": money(line.discount),
        "total_money": money(line.total()),
    })
}
