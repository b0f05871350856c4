//! The adapter against its simulated vendor, in process: every operation in both flavours, to the end of every list, and
//! broken answers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use lightspeed::Lightspeed;
use moulin_adapter::http::Response;
use moulin_adapter::pos::{
    DiscountValue, ListQuery, NewDiscount, Product, ProductPatch, ProductQuery, StockLevel, StockQuery, StockUpdate,
    Transaction, TransactionLookup, TransactionQuery, TransactionStatus,
};
use moulin_adapter::prelude::*;
use moulin_adapter::testing::Host;
use moulin_vendors::testing::InProcess;
use moulin_vendors::{LightspeedOptions, Options, World, lightspeed as simulated};

const FLAVORS: [&str; 2] = ["seed", "r-series-v3"];

/// Made once: it never changes.
fn world() -> World {
    static WORLD: LazyLock<World> = LazyLock::new(|| World::new(Options::default()));
    WORLD.clone()
}

fn host(flavor: &str) -> Host {
    Host::new(flavor).setting("account_id", "240117")
}

fn till_with(flavor: &str, token: &str) -> Host {
    let options = LightspeedOptions { limits: simulated::Limits::scaled(0), ..LightspeedOptions::default() };
    let router = simulated::Lightspeed::router(world(), options);
    let vendor = InProcess::new(router).header("authorization", &format!("Bearer {token}"));
    host(flavor).vendor(move |request| vendor.answer(request))
}

fn till(flavor: &str) -> Host {
    till_with(flavor, "demo-till-token")
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
    all(host, |cursor| {
        Lightspeed::list_transactions(period(with_lines, limit, cursor)).map(|page| (page.items, page.next))
    })
}

fn product_query(include_archived: bool, limit: Option<u32>, cursor: Option<String>) -> ProductQuery {
    ProductQuery { category_id: None, updated_since: None, include_archived, limit, cursor, include_raw: false }
}

fn products(host: &Host, include_archived: bool, limit: Option<u32>) -> Vec<Product> {
    all(host, |cursor| {
        Lightspeed::list_products(product_query(include_archived, limit, cursor)).map(|page| (page.items, page.next))
    })
}

fn stock(host: &Host, ids: &[String], limit: Option<u32>) -> Vec<StockLevel> {
    all(host, |cursor| {
        let query = StockQuery { product_ids: ids.to_vec(), location_id: None, limit, cursor, include_raw: false };
        Lightspeed::get_stock(query).map(|page| (page.items, page.next))
    })
}

fn list(limit: Option<u32>, cursor: Option<String>) -> ListQuery {
    ListQuery { limit, cursor, include_raw: false }
}

fn patch(id: &str) -> ProductPatch {
    ProductPatch {
        id: id.to_owned(),
        variation_id: None,
        name: None,
        description: None,
        price: None,
        cost: None,
        sku: None,
        barcode: None,
        category_id: None,
        taxable: None,
        idempotency_key: None,
        include_raw: false,
    }
}

#[test]
fn the_check_names_the_account() {
    for flavor in FLAVORS {
        assert_eq!(till(flavor).run(Lightspeed::check).unwrap().account.as_deref(), Some("Le Vieux Moulin"));
        let other = till(flavor).setting("account_id", "1");
        assert!(matches!(other.run(Lightspeed::check), Err(Error::Validation(_))), "{flavor}");
    }
}

#[test]
fn sales_of_a_week_are_all_read_once_and_the_same_in_both_flavours() {
    let mut found = Vec::new();
    for flavor in FLAVORS {
        let till = till(flavor);
        let first = sales(&till, false, None);
        let ids: BTreeSet<_> = first.iter().map(|sale| sale.id.clone()).collect();
        assert_eq!(ids.len(), first.len(), "{flavor}");
        let again: BTreeSet<_> = sales(&till, false, Some(40)).into_iter().map(|sale| sale.id).collect();
        assert_eq!(again, ids, "{flavor}");
        for status in [TransactionStatus::Completed, TransactionStatus::Refunded, TransactionStatus::Voided] {
            assert!(first.iter().any(|sale| sale.status == status), "{flavor} {status:?}");
        }
        found.push(first);
    }
    assert_eq!(found[0], found[1]);
    let query = period(false, None, None);
    let touched = |at: i64| at >= query.from && at < query.to;
    let inside = world().sales().iter().filter(|sale| touched(sale.touched().as_millisecond())).count();
    assert_eq!(found[0].len(), inside);
}

#[test]
fn lines_add_up_and_name_known_products() {
    for flavor in FLAVORS {
        let till = till(flavor);
        let known: BTreeSet<_> = products(&till, true, None).into_iter().map(|product| product.id).collect();
        let week = sales(&till, true, None);
        for sale in week.iter().filter(|sale| sale.status == TransactionStatus::Completed) {
            let sum = |sum: Decimal, line: &moulin_adapter::pos::TransactionLine| sum.checked_add(line.total).unwrap();
            assert_eq!(sale.lines.iter().fold(Decimal::ZERO, sum), sale.total, "{flavor} {}", sale.id);
            assert!(sale.lines.iter().all(|line| known.contains(line.product_id.as_deref().unwrap())));
            assert!(!sale.payments.is_empty());
        }
        let one = &week[0];
        let lookup = TransactionLookup { id: one.id.clone(), with_lines: true, include_raw: false };
        assert_eq!(till.run(|| Lightspeed::get_transaction(lookup)).unwrap(), *one);
        let missing = TransactionLookup { id: "99999999".into(), with_lines: false, include_raw: false };
        assert!(matches!(till.run(|| Lightspeed::get_transaction(missing)), Err(Error::NotFound(_))), "{flavor}");
    }
}

#[test]
fn products_are_all_read_once_and_changed() {
    for flavor in FLAVORS {
        let till = till(flavor);
        let sold = products(&till, false, None);
        let ids: BTreeSet<_> = sold.iter().map(|product| product.id.clone()).collect();
        assert_eq!(ids.len(), sold.len());
        assert_eq!(products(&till, false, Some(40)).len(), sold.len(), "{flavor}");
        assert!(products(&till, true, None).len() > sold.len(), "{flavor}");
        let since =
            ProductQuery { updated_since: sold[0].updated_at.map(|at| at - 250), ..product_query(false, None, None) };
        assert!(!till.run(|| Lightspeed::list_products(since)).unwrap().items.is_empty(), "{flavor}");
        let change =
            ProductPatch { price: Some("9.90".parse().unwrap()), name: Some("Essai".into()), ..patch(&sold[0].id) };
        let after = till.run(|| Lightspeed::update_product(change)).unwrap();
        assert_eq!((after.name.as_str(), after.price), ("Essai", Some("9.9".parse().unwrap())), "{flavor}");
        let clash = ProductPatch { sku: sold[1].sku.clone(), ..patch(&sold[0].id) };
        assert!(matches!(till.run(|| Lightspeed::update_product(clash)), Err(Error::Validation(_))), "{flavor}");
    }
}

#[test]
fn stock_is_read_once_for_each_shop_and_not_written() {
    for flavor in FLAVORS {
        let till = till(flavor);
        let levels = stock(&till, &[], None);
        assert_eq!(levels.len(), world().stock().len(), "{flavor}");
        assert_eq!(stock(&till, &[], Some(33)).len(), levels.len(), "{flavor}");
        let low = levels.iter().filter(|level| level.reorder_point.is_some_and(|point| level.quantity <= point));
        assert_eq!(low.count(), world().low_stock().count(), "{flavor}");
        let ids: Vec<String> = levels.iter().map(|level| level.product_id.clone()).collect();
        assert_eq!(stock(&till, &ids, None).len(), ids.len(), "{flavor}");
        let update = StockUpdate { changes: Vec::new(), idempotency_key: None, include_raw: false };
        assert!(matches!(till.run(|| Lightspeed::update_stock(update)), Err(Error::Unsupported(_))), "{flavor}");
    }
}

#[test]
fn categories_discounts_and_customers_are_read_to_the_end() {
    for flavor in FLAVORS {
        let till = till(flavor);
        for limit in [None, Some(7)] {
            let categories = all(&till, |cursor| {
                Lightspeed::list_categories(list(limit, cursor)).map(|page| (page.items, page.next))
            });
            let customers = all(&till, |cursor| {
                Lightspeed::list_customers(list(limit, cursor)).map(|page| (page.items, page.next))
            });
            assert_eq!((categories.len(), customers.len()), (24, 40), "{flavor}");
            assert!(customers.iter().all(|customer| customer.email.is_some()));
        }
        let value = DiscountValue::Percentage("12.5".parse().unwrap());
        let new = NewDiscount { name: "Anniversaire".into(), value, idempotency_key: None, include_raw: false };
        let made = till.run(|| Lightspeed::create_discount(new)).unwrap();
        assert_eq!(made.value, Some(value), "{flavor}");
        let discounts =
            all(&till, |cursor| Lightspeed::list_discounts(list(None, cursor)).map(|page| (page.items, page.next)));
        assert!(discounts.iter().any(|discount| discount.id == made.id), "{flavor}");
    }
}

type Call = (&'static str, fn() -> Result<()>);

/// Every operation that asks the vendor.
const CALLS: [Call; 10] = [
    ("check", || Lightspeed::check().map(drop)),
    ("list-transactions", || Lightspeed::list_transactions(period(true, None, None)).map(drop)),
    ("get-transaction", || {
        Lightspeed::get_transaction(TransactionLookup { id: "1".into(), with_lines: true, include_raw: true }).map(drop)
    }),
    ("list-products", || Lightspeed::list_products(product_query(false, None, None)).map(drop)),
    ("update-product", || Lightspeed::update_product(ProductPatch { name: Some("x".into()), ..patch("1") }).map(drop)),
    ("get-stock", || {
        let query =
            StockQuery { product_ids: Vec::new(), location_id: None, limit: None, cursor: None, include_raw: true };
        Lightspeed::get_stock(query).map(drop)
    }),
    ("list-categories", || Lightspeed::list_categories(list(None, None)).map(drop)),
    ("list-discounts", || Lightspeed::list_discounts(list(None, None)).map(drop)),
    ("create-discount", || {
        let value = DiscountValue::Percentage(10.into());
        let new = NewDiscount { name: "x".into(), value, idempotency_key: None, include_raw: false };
        Lightspeed::create_discount(new).map(drop)
    }),
    ("list-customers", || Lightspeed::list_customers(list(None, None)).map(drop)),
];

#[test]
fn broken_answers_are_typed_errors_and_never_empty_successes() {
    for flavor in FLAVORS {
        let refused = till_with(flavor, "stolen");
        for (name, call) in CALLS {
            for body in [
                "",
                "null",
                "[]",
                "{}",
                "<html>Maintenance</html>",
                r#"{"message":"busy"}"#,
                r#"{"@attributes":{},"Sale":[{"saleID""#,
            ] {
                let broken =
                    host(flavor).vendor(move |_| Ok(Response::new(200, &[("content-type", "text/html")], body)));
                assert!(matches!(broken.run(call), Err(Error::Api(_))), "{flavor} {name} {body}");
            }
            let latin = host(flavor).vendor(|_| Ok(Response::new(200, &[], vec![b'{', 0xE9, b'}'])));
            assert!(matches!(latin.run(call), Err(Error::Api(_))), "{flavor} {name}");
            for status in [500, 502, 503, 504] {
                let down = host(flavor).vendor(move |_| Ok(Response::new(status, &[], "<html>Bad Gateway</html>")));
                assert!(
                    matches!(down.run(call), Err(Error::Api(error)) if error.retryable),
                    "{flavor} {name} {status}"
                );
            }
            for header in [("retry-after", "3"), ("Retry-After", "Wed, 21 Oct 2065 07:28:00 GMT"), ("x-other", "")] {
                let busy = host(flavor).vendor(move |_| Ok(Response::new(429, &[header], "")));
                let Err(Error::RateLimit(error)) = busy.run(call) else { panic!("{flavor} {name}") };
                assert_eq!(error.retry_after_ms.is_some(), header.0 != "x-other", "{flavor} {name}");
            }
            assert!(matches!(refused.run(call), Err(Error::Authentication(_))), "{flavor} {name}");
        }
    }
}
