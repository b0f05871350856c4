//! The adapter against its simulated vendor, in process: every operation, to the end of every list, and broken answers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use moulin_adapter::http::Response;
use moulin_adapter::pos::{
    DiscountValue, ListQuery, NewDiscount, Product, ProductPatch, ProductQuery, StockChange, StockChangeKind,
    StockChangeReason, StockLevel, StockQuery, StockUpdate, Transaction, TransactionLookup, TransactionQuery,
    TransactionStatus,
};
use moulin_adapter::prelude::*;
use moulin_adapter::testing::Host;
use moulin_vendors::testing::InProcess;
use moulin_vendors::{Options, SquareOptions, World, square as simulated};
use square::Square;

/// Made once: it never changes.
fn world() -> World {
    static WORLD: LazyLock<World> = LazyLock::new(|| World::new(Options::default()));
    WORLD.clone()
}

fn options() -> SquareOptions {
    SquareOptions { limits: simulated::Limits::scaled(0), ..SquareOptions::default() }
}

fn host() -> Host {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    Host::new("v2").setting("location_id", "LLVMPARIS0001").now(i64::try_from(now).unwrap())
}

fn till_with(token: &str) -> Host {
    let router = simulated::Square::router(world(), options());
    let vendor = InProcess::new(router).header("authorization", &format!("Bearer {token}"));
    host().vendor(move |request| vendor.answer(request))
}

fn till() -> Host {
    till_with("demo-square-token")
}

/// Reads a list to its end.
fn all<T>(host: &Host, page: impl Fn(Option<String>) -> Result<(Vec<T>, Option<String>)>) -> Vec<T> {
    let (mut items, mut cursor, mut seen) = (Vec::new(), None, BTreeSet::new());
    loop {
        let (more, next) = host.run(|| page(cursor)).unwrap();
        items.extend(more);
        let Some(next) = next else { return items };
        assert!(seen.insert(next.clone()), "the cursor {next} came twice");
        cursor = Some(next);
    }
}

fn period(with_lines: bool, limit: Option<u32>, cursor: Option<String>) -> TransactionQuery {
    TransactionQuery {
        from: time::parse_instant("2025-04-01T00:00:00+02:00").unwrap(),
        to: time::parse_instant("2025-04-08T00:00:00+02:00").unwrap(),
        status: None,
        location_id: None,
        with_lines,
        limit,
        cursor,
        include_raw: false,
    }
}

fn sales(host: &Host, with_lines: bool, limit: Option<u32>) -> Vec<Transaction> {
    all(host, |cursor| Square::list_transactions(period(with_lines, limit, cursor)).map(|page| (page.items, page.next)))
}

fn product_query(limit: Option<u32>, cursor: Option<String>) -> ProductQuery {
    ProductQuery { category_id: None, updated_since: None, include_archived: false, limit, cursor, include_raw: false }
}

fn products(host: &Host, limit: Option<u32>, include_archived: bool) -> Vec<Product> {
    all(host, |cursor| {
        let query = ProductQuery { include_archived, ..product_query(limit, cursor) };
        Square::list_products(query).map(|page| (page.items, page.next))
    })
}

fn levels(host: &Host, ids: &[&str], limit: Option<u32>) -> Vec<StockLevel> {
    all(host, |cursor| {
        let product_ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let query = StockQuery { product_ids, location_id: None, limit, cursor, include_raw: false };
        Square::get_stock(query).map(|page| (page.items, page.next))
    })
}

fn list(limit: Option<u32>, cursor: Option<String>) -> ListQuery {
    ListQuery { limit, cursor, include_raw: false }
}

#[test]
fn the_check_names_the_restaurant() {
    let health = till().run(Square::check).unwrap();
    assert_eq!((health.account.as_deref(), health.message), (Some("Le Vieux Moulin SARL, Le Vieux Moulin"), None));
    let elsewhere = till().setting("location_id", "LNOWHERE");
    assert!(matches!(elsewhere.run(Square::check), Err(Error::Validation(_))));
}

#[test]
fn payments_of_a_week_are_all_read_once_oldest_first() {
    let (till, world) = (till(), world());
    let first = sales(&till, false, None);
    let ids: BTreeSet<_> = first.iter().map(|sale| sale.id.clone()).collect();
    assert_eq!(ids.len(), first.len());
    assert!(first.windows(2).all(|pair| pair[0].occurred_at <= pair[1].occurred_at));
    assert_eq!(sales(&till, false, Some(40)).iter().map(|sale| sale.id.clone()).collect::<BTreeSet<_>>(), ids);
    let query = period(false, None, None);
    let paid = world.sales().iter().filter(|sale| sale.total() >= 0).flat_map(|sale| {
        let touched = sale.touched().as_millisecond();
        sale.payments.iter().map(move |payment| (touched, payment))
    });
    // Payments at the very edges of the period would need the vendor's own milliseconds.
    let inside = paid.filter(|(at, _)| *at >= query.from && *at < query.to).count();
    let failed = first.iter().filter(|sale| sale.status == TransactionStatus::Failed).count();
    assert!(failed > 0 && first.len() - failed == inside, "{} {failed} {inside}", first.len());
    for status in [TransactionStatus::Voided, TransactionStatus::PartiallyRefunded, TransactionStatus::Completed] {
        let asked = TransactionQuery { status: Some(status), ..period(false, None, None) };
        let page = till.run(|| Square::list_transactions(asked)).unwrap();
        assert!(page.items.iter().all(|sale| sale.status == status));
        assert!(first.iter().any(|sale| sale.status == status), "{status:?}");
    }
    let request = &till.requests()[0];
    assert_eq!((request.target(), request.query_value("sort_order")), ("/v2/payments", Some("ASC")));
    assert_eq!(request.query_value("begin_time"), Some("2025-03-31T22:00:00Z"));
    assert_eq!(request.query_value("location_id"), Some("LLVMPARIS0001"));
}

#[test]
fn lines_add_up_to_what_was_paid_and_name_known_products() {
    let till = till();
    let known: BTreeSet<_> = products(&till, None, true).into_iter().map(|product| product.id).collect();
    let week = sales(&till, true, None);
    let mut orders: BTreeMap<String, (Decimal, Decimal)> = BTreeMap::new();
    for sale in week.iter().filter(|sale| sale.status != TransactionStatus::Failed) {
        let (lines, paid) = orders.entry(sale.order_id.clone().unwrap()).or_insert((Decimal::ZERO, Decimal::ZERO));
        for line in &sale.lines {
            assert!(known.contains(line.product_id.as_deref().unwrap()), "{line:?}");
            *lines = lines.checked_add(line.total).unwrap();
        }
        *paid = paid.checked_add(sale.subtotal.unwrap()).unwrap();
    }
    assert!(orders.len() > 100);
    for (order, (lines, paid)) in orders {
        assert_eq!(lines, paid, "{order}");
    }
    let sold = week.iter().find(|sale| !sale.lines.is_empty() && sale.tax.is_some()).unwrap();
    let lookup = TransactionLookup { id: sold.id.clone(), with_lines: true, include_raw: false };
    assert_eq!(till.run(|| Square::get_transaction(lookup)).unwrap(), *sold);
    let missing = TransactionLookup { id: "../x".into(), with_lines: false, include_raw: false };
    assert!(matches!(till.run(|| Square::get_transaction(missing)), Err(Error::NotFound(_))));
}

#[test]
fn products_are_all_read_once_whatever_the_limit() {
    let till = till();
    let key = |product: &Product| (product.id.clone(), product.variation_id.clone());
    let sold = products(&till, None, false);
    let keys: BTreeSet<_> = sold.iter().map(key).collect();
    assert_eq!(keys.len(), sold.len());
    assert_eq!(
        products(&till, Some(7), false).iter().map(key).collect::<Vec<_>>(),
        sold.iter().map(key).collect::<Vec<_>>()
    );
    let everything = products(&till, None, true);
    assert!(everything.len() > sold.len() && everything.iter().any(|product| product.archived));
    let glasses = sold.iter().filter(|product| product.name.ends_with(" – Verre 12 cl")).count();
    assert!(glasses > 0 && sold.iter().any(|product| product.price.is_none()));
    let one = &sold[0];
    let of_category = ProductQuery { category_id: Some(one.category_ids[0].clone()), ..product_query(None, None) };
    let page = till.run(|| Square::list_products(of_category)).unwrap();
    assert!(!page.items.is_empty() && page.items.iter().all(|product| product.category_ids == one.category_ids));
    let since = one.updated_at.unwrap();
    let unchanged = ProductQuery { updated_since: Some(since + 1), ..product_query(None, None) };
    assert!(till.run(|| Square::list_products(unchanged)).unwrap().items.is_empty());
    let at_least = ProductQuery { updated_since: Some(since), ..product_query(None, None) };
    assert!(!till.run(|| Square::list_products(at_least)).unwrap().items.is_empty());
}

fn patch(product: &Product) -> ProductPatch {
    ProductPatch {
        id: product.id.clone(),
        variation_id: product.variation_id.clone(),
        name: None,
        description: None,
        price: None,
        cost: None,
        sku: None,
        barcode: None,
        category_id: None,
        taxable: None,
        idempotency_key: Some("change-1".into()),
        include_raw: false,
    }
}

#[test]
fn a_product_is_changed_once_however_often_it_is_asked() {
    let till = till();
    let before = products(&till, None, false).into_iter().find(|product| product.name.contains("Verre")).unwrap();
    let change = ProductPatch {
        price: Some("7.35".parse().unwrap()),
        sku: Some("VERRE".into()),
        description: Some("Au verre".into()),
        ..patch(&before)
    };
    let after = till.run(|| Square::update_product(change.clone())).unwrap();
    assert_eq!((after.price, after.sku.as_deref()), (Some("7.35".parse().unwrap()), Some("VERRE")));
    assert_eq!(after.description.as_deref(), Some("Au verre"));
    assert!(after.version > before.version);
    let again = till.run(|| Square::update_product(change)).unwrap();
    assert_eq!(again.version, after.version);
    let now = products(&till, None, false);
    let kept = now.iter().filter(|product| product.id == before.id).collect::<Vec<_>>();
    assert_eq!(kept.len(), 2, "the other variation is still there");
    assert!(kept.iter().any(|product| product.price == after.price));
    let unknown = ProductPatch {
        category_id: Some("NOWHERE".into()),
        idempotency_key: Some("change-2".into()),
        ..patch(&before)
    };
    let Err(Error::Validation(error)) = till.run(|| Square::update_product(unknown)) else { panic!() };
    assert_eq!(error.fields[0].field, "category_id");
    let missing = ProductPatch { id: "NOTHING".into(), name: Some("x".into()), ..patch(&before) };
    assert!(matches!(till.run(|| Square::update_product(missing)), Err(Error::NotFound(_))));
}

#[test]
fn stock_is_read_with_its_alerts_whatever_the_page() {
    let (till, world) = (till(), world());
    let stock = levels(&till, &[], None);
    let keys: BTreeSet<_> = stock.iter().map(|level| level.variation_id.clone()).collect();
    assert_eq!((stock.len(), keys.len()), (world.stock().len(), world.stock().len()));
    let low = stock.iter().filter(|level| level.reorder_point.is_some_and(|point| level.quantity <= point)).count();
    assert_eq!(low, world.low_stock().count());
    assert_eq!(levels(&till, &[], Some(17)).len(), stock.len());
    let two = [stock[0].product_id.as_str(), stock[5].product_id.as_str(), "NOTHING"];
    let found: BTreeSet<_> = levels(&till, &two, None).into_iter().map(|level| level.product_id).collect();
    assert_eq!(found, two[..2].iter().map(|id| (*id).to_owned()).collect());
    let ids: Vec<&str> = stock.iter().map(|level| level.product_id.as_str()).collect();
    assert_eq!(levels(&till, &ids, None).len(), stock.len());
}

#[test]
fn stock_is_booked_once_for_one_key() {
    let till = till();
    let level = levels(&till, &[], None).into_iter().find(|level| level.quantity > 5.into()).unwrap();
    let change = |kind, quantity: &str, reason| StockChange {
        product_id: level.product_id.clone(),
        variation_id: None,
        location_id: None,
        kind,
        quantity: quantity.parse().unwrap(),
        reason,
        occurred_at: None,
        reference: Some("inventaire".into()),
    };
    let update = |key: &str, changes| StockUpdate { changes, idempotency_key: Some(key.into()), include_raw: false };
    let removed = update("k1", vec![change(StockChangeKind::Remove, "2", StockChangeReason::Waste)]);
    let after = level.quantity.checked_sub(2.into()).unwrap();
    for _ in 0..2 {
        let booked = till.run(|| Square::update_stock(removed.clone())).unwrap();
        assert_eq!((booked.len(), booked[0].quantity), (1, after));
        assert_eq!((&booked[0].product_id, booked[0].reorder_point), (&level.product_id, level.reorder_point));
    }
    // In their order: counted, then something came and something was sold.
    let several = vec![
        change(StockChangeKind::Set, "10", StockChangeReason::Correction),
        change(StockChangeKind::Add, "2.5", StockChangeReason::Received),
        change(StockChangeKind::Remove, "1", StockChangeReason::Sold),
    ];
    let booked = till.run(|| Square::update_stock(update("k2", several))).unwrap();
    assert_eq!((booked.len(), booked[0].quantity), (1, "11.5".parse().unwrap()));
    let same = vec![change(StockChangeKind::Set, "11.5", StockChangeReason::Correction)];
    assert_eq!(till.run(|| Square::update_stock(update("k3", same))).unwrap()[0].quantity, "11.5".parse().unwrap());
    let other = vec![change(StockChangeKind::Set, "3", StockChangeReason::Correction)];
    assert!(matches!(till.run(|| Square::update_stock(update("k3", other))), Err(Error::Validation(error))
        if error.message.starts_with("IDEMPOTENCY_KEY_REUSED")));
    let nowhere = StockChange {
        location_id: Some("LNOWHERE".into()),
        ..change(StockChangeKind::Set, "1", StockChangeReason::Correction)
    };
    let Err(Error::Validation(error)) = till.run(|| Square::update_stock(update("k4", vec![nowhere]))) else {
        panic!()
    };
    assert_eq!(error.fields[0].field, "changes[0].location_id");
}

#[test]
fn categories_discounts_and_customers_are_read_to_the_end() {
    let till = till();
    for limit in [None, Some(5)] {
        let categories =
            all(&till, |cursor| Square::list_categories(list(limit, cursor)).map(|page| (page.items, page.next)));
        assert_eq!(categories.len(), 24);
        let ids: BTreeSet<_> = categories.iter().map(|category| category.id.as_str()).collect();
        assert!(categories.iter().filter_map(|category| category.parent_id.as_deref()).all(|id| ids.contains(id)));
        let customers =
            all(&till, |cursor| Square::list_customers(list(limit, cursor)).map(|page| (page.items, page.next)));
        assert_eq!(customers.iter().map(|customer| &customer.id).collect::<BTreeSet<_>>().len(), 40);
        assert!(customers.iter().any(|customer| customer.phone.is_none() && customer.email.is_some()));
    }
    let new = NewDiscount {
        name: "Anniversaire".into(),
        value: DiscountValue::Percentage("12.5".parse().unwrap()),
        idempotency_key: Some("d1".into()),
        include_raw: true,
    };
    let made = till.run(|| Square::create_discount(new.clone())).unwrap();
    assert_eq!(till.run(|| Square::create_discount(new.clone())).unwrap(), made);
    let amount = NewDiscount { value: DiscountValue::Amount(5.into()), idempotency_key: Some("d2".into()), ..new };
    assert_eq!(till.run(|| Square::create_discount(amount)).unwrap().value, Some(DiscountValue::Amount(5.into())));
    let discounts = all(&till, |cursor| Square::list_discounts(list(None, cursor)).map(|page| (page.items, page.next)));
    assert_eq!(discounts.len(), 6);
    assert!(discounts.iter().any(|discount| discount.id == made.id && discount.value == made.value));
}

type Call = (&'static str, fn() -> Result<()>);

fn a_product() -> Product {
    Product {
        id: "I".into(),
        variation_id: None,
        name: String::new(),
        description: None,
        sku: None,
        barcode: None,
        category_ids: Vec::new(),
        currency: "EUR".into(),
        price: None,
        cost: None,
        taxable: None,
        tracked: None,
        archived: false,
        version: None,
        updated_at: None,
        raw: None,
    }
}

fn stock_update() -> StockUpdate {
    let change = StockChange {
        product_id: "I".into(),
        variation_id: None,
        location_id: None,
        kind: StockChangeKind::Set,
        quantity: 1.into(),
        reason: StockChangeReason::Correction,
        occurred_at: None,
        reference: None,
    };
    StockUpdate { changes: vec![change], idempotency_key: Some("k".into()), include_raw: false }
}

/// Every operation, ended by the first answer that makes no sense.
const CALLS: [Call; 11] = [
    ("check", || Square::check().map(drop)),
    ("list-transactions", || Square::list_transactions(period(true, None, None)).map(drop)),
    ("get-transaction", || {
        Square::get_transaction(TransactionLookup { id: "P".into(), with_lines: true, include_raw: true }).map(drop)
    }),
    ("list-products", || Square::list_products(product_query(None, None)).map(drop)),
    ("update-product", || {
        Square::update_product(ProductPatch { name: Some("x".into()), ..patch(&a_product()) }).map(drop)
    }),
    ("get-stock", || {
        let query =
            StockQuery { product_ids: Vec::new(), location_id: None, limit: None, cursor: None, include_raw: true };
        Square::get_stock(query).map(drop)
    }),
    ("update-stock", || Square::update_stock(stock_update()).map(drop)),
    ("list-categories", || Square::list_categories(list(None, None)).map(drop)),
    ("list-discounts", || Square::list_discounts(list(None, None)).map(drop)),
    ("create-discount", || {
        let value = DiscountValue::Percentage(10.into());
        let new = NewDiscount { name: "x".into(), value, idempotency_key: Some("k".into()), include_raw: false };
        Square::create_discount(new).map(drop)
    }),
    ("list-customers", || Square::list_customers(list(None, None)).map(drop)),
];

#[test]
fn broken_answers_are_typed_errors_and_never_empty_successes() {
    let refused = till_with("stolen");
    for (name, call) in CALLS {
        for body in [
            "",
            " ",
            "null",
            "[]",
            "\"\"",
            "<html>Maintenance</html>",
            r#"{"message":"busy"}"#,
            r#"{"payments":[{"id""#,
        ] {
            for kind in ["application/json", "text/html"] {
                let broken = host().vendor(move |_| Ok(Response::new(200, &[("content-type", kind)], body)));
                assert!(matches!(broken.run(call), Err(Error::Api(_))), "{name} {body}");
            }
        }
        let inside = r#"{"errors":[{"category":"API_ERROR","code":"INTERNAL_SERVER_ERROR","detail":"x"}]}"#;
        let hidden = host().vendor(move |_| Ok(Response::new(200, &[], inside)));
        assert!(matches!(hidden.run(call), Err(Error::Api(error)) if error.retryable), "{name}");
        let latin = host().vendor(|_| Ok(Response::new(200, &[], vec![b'{', 0xE9, b'}'])));
        assert!(matches!(latin.run(call), Err(Error::Api(_))), "{name}");
        for status in [500, 502, 503, 504] {
            let down = host().vendor(move |_| Ok(Response::new(status, &[], "<html>Bad Gateway</html>")));
            assert!(matches!(down.run(call), Err(Error::Api(error)) if error.retryable), "{name} {status}");
        }
        for header in [("retry-after", "3"), ("Retry-After", "Wed, 21 Oct 2065 07:28:00 GMT"), ("x-other", "")] {
            let busy = host().vendor(move |_| Ok(Response::new(429, &[header], "")));
            let Err(Error::RateLimit(error)) = busy.run(call) else { panic!("{name}") };
            assert_eq!(error.retry_after_ms.is_some(), header.0 != "x-other", "{name}");
        }
        assert!(
            matches!(refused.run(call), Err(Error::Authentication(error)) if error.code.as_deref() == Some("UNAUTHORIZED"))
        );
        let gone = host().vendor(|_| Err(Error::connection("reset", true)));
        assert!(gone.run(call).unwrap_err().is_ambiguous(), "{name}");
    }
}

#[test]
fn foreign_cursors_are_refused_by_the_adapter_or_the_vendor() {
    let till = till();
    for cursor in ["x", "0:", "0:not-a-cursor"] {
        let refused = till.run(|| Square::list_transactions(period(false, None, Some(cursor.into()))));
        assert!(
            matches!(refused, Err(Error::Validation(error)) if error.message.contains("cursor") || error.fields[0].field == "cursor")
        );
    }
}
