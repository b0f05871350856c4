//! The whole adapter against the simulated vendor, natively: what is on the wire and what comes of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;

use common::{
    at, catalog, customer, day, decimal, ean, from_to, host, lines, order, rate_limited, search, supplier, with,
};
use moulin_adapter::http::Method;
use moulin_adapter::prelude::*;
use moulin_adapter::suppliers::{
    AccountQuery, AvailabilityQuery, CatalogProduct, DeliveryQuery, OrderCancellation, OrderLookup, OrderPatch,
    OrderQuery, OrderStatus, PriceBasis, ProductLookup, SupplierOrder,
};
use moulin_adapter::testing::Host;
use transgourmet::Transgourmet as Supplier;

fn whole_catalog(host: &Host, limit: Option<u32>) -> Vec<CatalogProduct> {
    let mut products = Vec::new();
    let mut query = catalog(limit);
    loop {
        let page = host.run(|| Supplier::list_catalog(query.clone())).unwrap();
        products.extend(page.items);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return products,
        }
    }
}

fn all_orders(host: &Host, mut query: OrderQuery) -> Vec<SupplierOrder> {
    let mut orders = Vec::new();
    loop {
        let page = host.run(|| Supplier::list_orders(query.clone())).unwrap();
        orders.extend(page.items);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return orders,
        }
    }
}

#[test]
fn the_catalogue_is_the_same_twice_and_has_no_product_twice() {
    let (world, host) = supplier();
    let (first, second) = (whole_catalog(&host, None), whole_catalog(&host, Some(37)));
    assert_eq!(first, second);
    let ids: BTreeSet<_> = first.iter().map(|product| &product.id).collect();
    assert_eq!((first.len(), ids.len()), (1_000, 1_000));
    assert_eq!(host.requests().len(), 10 + 28);
    for low in world.low_stock() {
        let ean = world.item(low.item).unwrap().ean.clone();
        let found: Vec<_> = first.iter().filter(|product| product.barcode == ean).collect();
        assert!(found.len() == 1 && found[0].available, "{ean:?}");
    }
    assert!(first.iter().any(|product| !product.available));
    assert!(first.iter().all(|product| product.price_basis == PriceBasis::Package && product.pack_size.is_some()));
    assert!(first.iter().all(|product| product.price.unwrap() > Decimal::ZERO && product.raw.is_none()));
}

#[test]
fn words_barcodes_and_categories_find_products() {
    let (world, host) = supplier();
    let found = host.run(|| Supplier::search_products(search("creme LIQUIDE", None))).unwrap();
    assert_eq!((found.items.len(), found.next), (4, None));
    assert_eq!(found.items[0].category.as_deref(), Some("DAIRY"));
    let code = ean(&world, 0);
    let found = host.run(|| Supplier::search_products(search(&code, None))).unwrap();
    assert_eq!(found.items[0].barcode.as_deref(), Some(code.as_str()));
    let fish = host.run(|| Supplier::search_products(search("kg", Some("FISH")))).unwrap();
    assert!(!fish.items.is_empty() && fish.items.iter().all(|product| product.category.as_deref() == Some("FISH")));
    let wrong = host.run(|| Supplier::search_products(search("kg", Some("SHOES"))));
    assert!(matches!(wrong, Err(Error::Validation(found)) if found.fields[0].field == "category"));
    let raw = moulin_adapter::suppliers::ProductSearch { include_raw: true, ..search("creme", None) };
    let found = host.run(|| Supplier::search_products(raw)).unwrap();
    assert!(found.items[0].raw.as_ref().unwrap().contains(&found.items[0].id));
}

#[test]
fn one_product_is_the_one_of_the_catalogue() {
    let (_, host) = supplier();
    let listed = host.run(|| Supplier::list_catalog(catalog(Some(1)))).unwrap().items.remove(0);
    let lookup = |id: &str| ProductLookup { id: id.to_owned(), include_raw: false };
    assert_eq!(host.run(|| Supplier::get_product(lookup(&listed.id))).unwrap(), listed);
    assert!(matches!(host.run(|| Supplier::get_product(lookup("nobody"))), Err(Error::NotFound(_))));
}

#[test]
fn availability_answers_for_every_product_in_the_order_asked() {
    let (_, host) = supplier();
    let products = whole_catalog(&host, None);
    let gone = products.iter().find(|product| !product.available).unwrap();
    let there = products.iter().find(|product| product.available).unwrap();
    let ask = |date: Option<&str>| AvailabilityQuery {
        product_ids: vec![gone.id.clone(), "nobody".into(), there.id.clone()],
        date: date.map(day),
    };
    let found = host.run(|| Supplier::check_availability(ask(None))).unwrap();
    let shown: Vec<_> = found.iter().map(|row| (row.product_id.as_str(), row.available)).collect();
    assert_eq!(shown, [(gone.id.as_str(), false), ("nobody", false), (there.id.as_str(), true)]);
    assert!(found[2].quantity.unwrap() > Decimal::ZERO && found[1].quantity.is_none());
    assert_eq!(found[2].next_delivery, Some(day("2025-04-14")), "nobody delivers on Sunday the 13th");
    let on = |date| host.run(|| Supplier::check_availability(ask(Some(date)))).unwrap()[2].available;
    assert_eq!((on("2025-04-13"), on("2025-04-14")), (false, true));
    let many = AvailabilityQuery { product_ids: products.iter().take(100).map(|p| p.id.clone()).collect(), date: None };
    assert_eq!(host.run(|| Supplier::check_availability(many)).unwrap().len(), 100);
}

#[test]
fn an_order_is_placed_once_followed_changed_and_cancelled() {
    let (world, host) = supplier();
    let products = whole_catalog(&host, None);
    let find = |place| products.iter().find(|product| product.barcode.as_deref() == Some(&ean(&world, place))).unwrap();
    let (first, second) = (find(0), find(1));
    let placed = order(&[(&first.id, "2.5", Some("CT")), (&second.id, "3", Some("CT"))], "lvm-2025-000301", "key-1");
    let booked = host.run(|| Supplier::create_order(placed.clone())).unwrap();
    assert_eq!((booked.status, booked.client_reference.as_deref()), (OrderStatus::Pending, Some("lvm-2025-000301")));
    assert_eq!((booked.delivery_date, booked.notes.as_deref()), (Some(day("2025-04-14")), Some("Quai arrière")));
    assert_eq!(lines(&booked), [(first.id.clone(), decimal("2.5")), (second.id.clone(), decimal("3"))]);
    let sum = booked.items.iter().fold(Decimal::ZERO, |sum, line| sum.checked_add(line.total.unwrap()).unwrap());
    assert_eq!((booked.total, booked.currency.as_str()), (Some(sum), "EUR"));
    assert_eq!(booked.created_at, Some(at("2025-04-12T10:30:01Z")));

    let again = host.run(|| Supplier::create_order(placed.clone())).unwrap();
    assert_eq!(again.id, booked.id);
    let other = order(&[(&first.id, "1", Some("CT"))], "lvm-2025-000302", "key-1");
    assert!(matches!(host.run(|| Supplier::create_order(other)), Err(Error::Validation(_))));
    let mine = OrderQuery { client_reference: Some("lvm-2025-000301".into()), ..from_to(None, None) };
    assert_eq!(all_orders(&host, mine).len(), 1);

    let lookup = |raw| OrderLookup { id: booked.id.clone(), include_raw: raw };
    let read = host.run(|| Supplier::get_order(lookup(true))).unwrap();
    assert!(read.raw.as_ref().unwrap().contains("lvm-2025-000301"));
    assert_eq!(SupplierOrder { raw: None, ..read }, booked);

    let patch = OrderPatch {
        id: booked.id.clone(),
        items: Some(order(&[(&second.id, "1", Some("CT"))], "", "").items),
        delivery_date: Some(day("2025-04-15")),
        notes: None,
        priority: None,
        idempotency_key: Some("key-2".into()),
        include_raw: false,
    };
    let changed = host.run(|| Supplier::update_order(patch)).unwrap();
    assert_eq!(lines(&changed), [(second.id.clone(), decimal("1"))]);
    assert_eq!((changed.delivery_date, changed.notes.as_deref()), (Some(day("2025-04-15")), Some("Quai arrière")));

    let cancel = |key: &str| OrderCancellation {
        id: booked.id.clone(),
        reason: Some("fermé".into()),
        idempotency_key: Some(key.to_owned()),
        include_raw: false,
    };
    assert_eq!(host.run(|| Supplier::cancel_order(cancel("key-3"))).unwrap().status, OrderStatus::Cancelled);
    assert_eq!(host.run(|| Supplier::cancel_order(cancel("key-3"))).unwrap().status, OrderStatus::Cancelled);
    let Err(Error::Validation(late)) = host.run(|| Supplier::cancel_order(cancel("key-4"))) else { panic!("locked") };
    assert!(late.message.starts_with("ORDER_LOCKED"), "{}", late.message);
    assert!(matches!(
        host.run(|| Supplier::get_order(OrderLookup { id: "nobody".into(), include_raw: false })),
        Err(Error::NotFound(_))
    ));
    let methods: Vec<_> = host.requests().iter().skip(10).map(moulin_adapter::http::Request::method).collect();
    assert_eq!(methods, common::METHODS);
}

#[test]
fn past_orders_are_listed_by_period_and_status_newest_first() {
    let (_, host) = supplier();
    let all = all_orders(&host, OrderQuery { limit: Some(3), ..from_to(None, None) });
    assert_eq!(all.len(), 8);
    assert!(all.is_sorted_by(|a, b| a.created_at > b.created_at));
    assert_eq!((all[0].status, all[7].status), (OrderStatus::Shipped, OrderStatus::Delivered));
    let shipped = OrderQuery { status: Some(OrderStatus::Shipped), ..from_to(None, None) };
    assert_eq!(all_orders(&host, shipped).len(), 1);
    let (first, last) = (all[4].created_at.unwrap(), all[2].created_at.unwrap());
    let some = all_orders(&host, from_to(Some(first), Some(last)));
    assert_eq!(some.iter().map(|order| &order.id).collect::<Vec<_>>(), [&all[3].id, &all[4].id]);
    assert_eq!(all_orders(&host, from_to(Some(first), Some(last + 1))).len(), 3);
}

#[test]
fn a_wrong_order_names_its_fields() {
    let (_, host) = supplier();
    let product = host.run(|| Supplier::list_catalog(catalog(Some(1)))).unwrap().items.remove(0);
    for (number, quantity, unit, field) in [
        ("nobody", "1", None, "items[0].product_id"),
        (product.id.as_str(), "100000", Some("CT"), "items[0].quantity"),
        (product.id.as_str(), "-1", Some("CT"), "items[0].quantity"),
        (product.id.as_str(), "1", Some("BUCKET"), "items[0].unit"),
    ] {
        let wrong = order(&[(number, quantity, unit)], "lvm-1", "k");
        let Err(Error::Validation(found)) = host.run(|| Supplier::create_order(wrong)) else { panic!("{field}") };
        assert_eq!(found.fields[0].field, field, "{}", found.message);
    }
    let past = moulin_adapter::suppliers::OrderRequest {
        delivery_date: Some(day("2025-04-11")),
        ..order(&[(&product.id, "1", Some("CT"))], "lvm-1", "k")
    };
    let Err(Error::Validation(found)) = host.run(|| Supplier::create_order(past)) else { panic!("past") };
    assert_eq!(found.fields[0].field, "delivery_date");
}

#[test]
fn an_order_whose_answer_gets_lost_is_found_and_not_placed_twice() {
    for lost in [Some(Error::connection("reset", true)), None] {
        let (_, host) = with(|vendor| {
            move |request: &http::Request| {
                let answer = vendor.answer(request)?;
                match (request.method(), &lost) {
                    (Method::Post, Some(error)) if answer.status() == 201 => Err(error.clone()),
                    (Method::Post, None) if answer.status() == 201 => Ok(http::Response::new(504, &[], "<html>")),
                    _ => Ok(answer),
                }
            }
        });
        let product = host.run(|| Supplier::list_catalog(catalog(Some(1)))).unwrap().items.remove(0);
        let placed = order(&[(&product.id, "1", Some("CT"))], "lvm-2025-000777", "k");
        let found = host.run(|| Supplier::create_order(placed)).unwrap();
        assert_eq!(found.client_reference.as_deref(), Some("lvm-2025-000777"));
        let mine = OrderQuery { client_reference: found.client_reference, ..from_to(None, None) };
        assert_eq!(all_orders(&host, mine).len(), 1);
    }
}

#[test]
fn deliveries_account_and_check_answer() {
    let (_, host) = supplier();
    let query = |from, to| DeliveryQuery { from, to, include_raw: false };
    let slots = host.run(|| Supplier::get_delivery_schedule(query(None, None))).unwrap().slots;
    assert_eq!((slots.len(), slots[0].date, slots[0].available), (14, day("2025-04-13"), false));
    assert_eq!(slots[1].order_before, Some(at("2025-04-13T16:00:00Z")));
    assert!(slots[1].available && slots[1].from.is_some() && slots[1].to.is_some());
    let some = query(Some(day("2025-04-14")), Some(day("2025-04-15")));
    assert_eq!(host.run(|| Supplier::get_delivery_schedule(some)).unwrap().slots.len(), 2);
    let account = host.run(|| Supplier::get_account(AccountQuery { include_raw: true })).unwrap();
    assert_eq!((account.id.as_str(), account.name.as_deref()), (customer(), Some("Le Vieux Moulin")));
    assert!(account.balance.unwrap() > Decimal::ZERO && account.credit_limit.is_some() && account.raw.is_some());
    assert_eq!(host.run(Supplier::check).unwrap().account.as_deref(), Some("Le Vieux Moulin"));
}

#[test]
fn every_credential_of_the_sheet_opens_and_no_other() {
    for (name, value) in common::CREDENTIALS {
        assert!(host("v1", customer(), &[(name, value)]).run(Supplier::check).is_ok(), "{name} {value}");
    }
    for headers in [&[][..], &[("authorization", "Bearer nobody")], &[("authorization", "Basic bm9ib2R5Og==")]] {
        let refused = host("v1", customer(), headers).run(Supplier::check);
        let Err(Error::Authentication(found)) = refused else { panic!("{headers:?}") };
        assert_eq!((found.status, found.code.as_deref()), (Some(401), Some("ACCESS_DENIED")));
    }
    let foreign = host("v1", "SOMEBODY", &common::CREDENTIALS[..1]).run(Supplier::check);
    assert!(matches!(foreign, Err(Error::Authentication(found)) if found.status == Some(403)));
}

#[test]
fn too_many_requests_say_how_long_to_wait() {
    let host = rate_limited(2);
    assert!(host.run(Supplier::check).is_ok() && host.run(Supplier::check).is_ok());
    let Err(Error::RateLimit(found)) = host.run(Supplier::check) else { panic!("limited") };
    assert!((1_000..=60_000).contains(&found.retry_after_ms.unwrap()));
}
