//! Orders at the supplier what ran low at the till.
//!
//! `cargo xtask demo` starts a simulated till and supplier; then `cargo run -p moulin-host --example restock [FILE]`.

use std::collections::BTreeMap;
use std::error::Error;

use futures::TryStreamExt;
use moulin_host::model::pos::{ProductQuery, StockQuery, TransactionQuery, TransactionStatus};
use moulin_host::model::suppliers::{OrderItem, OrderLookup, OrderRequest, ProductSearch};
use moulin_host::model::{Decimal, Instant};
use moulin_host::{Host, config};

const WEEK_MS: i64 = 7 * 24 * 3_600 * 1_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "config/demo.toml".to_owned());
    let host = Host::start(config::load(&[file])?).await?;
    let (till, supplier) = (host.pos("till")?, host.suppliers("metro")?);

    let (from, to) = (Instant::from_millis(Instant::now().as_millis() - WEEK_MS), Instant::now());
    let mut sales = till.list_transactions(TransactionQuery { from, to, ..Default::default() });
    let (mut count, mut takings) = (0, Decimal::ZERO);
    while let Some(sale) = sales.try_next().await? {
        if !matches!(sale.status, TransactionStatus::Completed | TransactionStatus::Refunded) {
            continue;
        }
        count += 1;
        takings = takings.checked_add(sale.total).ok_or("an amount too large")?;
    }
    println!("{count} sales in the last week, {takings} in all");

    let mut low: Vec<_> = till.get_stock(StockQuery::default()).try_collect().await?;
    low.retain(|level| level.reorder_point.is_some_and(|point| level.quantity <= point));
    let products: Vec<_> = till.list_products(ProductQuery::default()).try_collect().await?;
    let products: BTreeMap<_, _> = products.into_iter().map(|product| (product.id.clone(), product)).collect();

    let mut items = Vec::new();
    for level in &low {
        let Some(product) = products.get(&level.product_id) else { continue };
        let Some(barcode) = product.barcode.clone() else { continue };
        let mut found = supplier.search_products(ProductSearch { text: barcode, ..Default::default() });
        let Some(offer) = found.try_next().await?.filter(|offer| offer.available) else { continue };
        let target = level.reorder_level.or(level.reorder_point).unwrap_or_default();
        let quantity = target.checked_sub(level.quantity).ok_or("a quantity too large")?;
        println!("{}: {} left, ordering {quantity} {} of {}", product.name, level.quantity, offer.unit, offer.name);
        items.push(OrderItem { product_id: offer.id, quantity, unit: Some(offer.unit) });
    }
    if items.is_empty() {
        println!("nothing to order");
        return Ok(());
    }

    let order = supplier.create_order(OrderRequest { items, ..Default::default() }).await?;
    println!("order {}: {} {}", order.id, order.total.unwrap_or_default(), order.currency);
    let order = supplier.get_order(OrderLookup { id: order.id, ..Default::default() }).await?;
    println!("it is {:?}, expected on {}", order.status, order.delivery_date.map_or("?".to_owned(), |d| d.to_string()));
    Ok(())
}
