//! The specification's `sync_data`: from the till's sales and stock to an order at the wholesaler and its status.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use moulin_e2e::Folder;
use moulin_host::model::pos::{ProductQuery, StockQuery, TransactionQuery, TransactionStatus};
use moulin_host::model::suppliers::{OrderItem, OrderLookup, OrderQuery, OrderRequest, OrderStatus, ProductSearch};
use moulin_host::model::{Decimal, Instant};
use moulin_vendors::world::SaleState;
use moulin_vendors::{Lightspeed, LightspeedOptions, Metro, MetroOptions, Options, World};

#[tokio::test]
async fn what_ran_low_is_ordered_at_the_wholesaler() {
    let world = World::new(Options::default());
    let till = Lightspeed::start(world.clone(), LightspeedOptions::default()).await.unwrap();
    let metro = Metro::start(world.clone(), MetroOptions::default()).await.unwrap();
    let folder = Folder::with(&["shipped/lightspeed", "shipped/metro"]);
    let toml = format!(
        r#"
        [connections.till]
        adapter = "lightspeed"
        flavor = "r-series-v3"
        base_url = "{till}"
        grants = ["{till}"]
        settings = {{ account_id = 240117 }}
        auth = {{ method = "bearer_token", token = "demo-till-token" }}

        [connections.metro]
        adapter = "metro"
        base_url = "{metro}"
        grants = ["{metro}"]
        settings = {{ client_number = "FR-778812" }}
        auth = {{ method = "api_key", key = "demo-metro-key" }}
        "#,
        till = till.url(),
        metro = metro.url()
    );
    let host = folder.host("", &toml).await.unwrap_or_else(|error| panic!("{error}"));
    let (till, supplier) = (host.pos("till").unwrap(), host.suppliers("metro").unwrap());

    // Last week's takings, exact to the cent.
    let at = |text: &str| text.parse::<Instant>().unwrap();
    let week = TransactionQuery {
        from: at("2025-04-05T00:00:00Z"),
        to: at("2025-04-12T00:00:00Z"),
        with_lines: true,
        ..Default::default()
    };
    let sales: Vec<_> = till.list_transactions(week.clone()).try_collect().await.unwrap();
    let counts = |status| matches!(status, TransactionStatus::Completed | TransactionStatus::Refunded);
    let sum = |sum: Decimal, amount: Decimal| sum.checked_add(amount).unwrap();
    let takings = sales.iter().filter(|sale| counts(sale.status)).map(|sale| sale.total).fold(Decimal::ZERO, sum);
    let paid = world.sales().iter().filter(|sale| sale.state == SaleState::Completed);
    let known: i64 =
        paid.filter(|sale| (week.from..week.to).contains(&sale.touched().into())).map(|sale| sale.total()).sum();
    assert_eq!(takings, Decimal::new(known, 2).unwrap());

    // What is at or below its reorder point, with the barcode the wholesaler knows it by.
    let mut low: Vec<_> = till.get_stock(StockQuery::default()).try_collect().await.unwrap();
    low.retain(|level| level.reorder_point.is_some_and(|point| level.quantity <= point));
    let products: Vec<_> = till.list_products(ProductQuery::default()).try_collect().await.unwrap();
    let barcodes: BTreeMap<_, _> =
        products.into_iter().filter_map(|product| Some((product.id, product.barcode?))).collect();

    let mut items = Vec::new();
    for level in &low {
        let search = ProductSearch { text: barcodes[&level.product_id].clone(), ..Default::default() };
        let found: Vec<_> = supplier.search_products(search).try_collect().await.unwrap();
        let [product] = &found[..] else { panic!("{} products with one barcode", found.len()) };
        assert!(product.available);
        let quantity = level.reorder_level.unwrap().checked_sub(level.quantity).unwrap();
        items.push(OrderItem { product_id: product.id.clone(), quantity, unit: Some(product.unit.clone()) });
    }
    let order = supplier.create_order(OrderRequest { items, ..Default::default() }).await.unwrap();

    // The world's own arithmetic, in cents.
    let lines = world.low_stock().map(|stock| {
        let ean = world.item(stock.item).unwrap().ean.as_deref().unwrap();
        let product = world.products().iter().find(|product| product.ean == ean).unwrap();
        (product.id.clone(), stock.reorder_level - stock.on_hand, product.price)
    });
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 12);
    let ordered: Vec<_> = order.items.iter().map(|item| (item.product_id.clone(), item.quantity)).collect();
    assert_eq!(ordered, lines.iter().map(|(id, quantity, _)| (id.clone(), (*quantity).into())).collect::<Vec<_>>());
    let total: i64 = lines.iter().map(|(_, quantity, price)| quantity * price).sum();
    assert_eq!((order.total, order.currency.as_str()), (Some(Decimal::new(total, 2).unwrap()), "EUR"));

    let status = supplier.get_order(OrderLookup { id: order.id.clone(), ..Default::default() }).await.unwrap();
    assert_eq!((status.status, status.items), (OrderStatus::Processing, order.items));
    let booked = OrderQuery { client_reference: order.client_reference, ..Default::default() };
    let booked: Vec<_> = supplier.list_orders(booked).try_collect().await.unwrap();
    assert_eq!(booked.iter().map(|found| &found.id).collect::<Vec<_>>(), [&order.id]);
}
