//! A day's work, told step by step with its figures.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::client::Client;
use super::decimal::Decimal;
use super::restock::{self, CatalogProduct, Low, Order, Plan, Product, StockLevel};
use super::sales::{Sale, Summary, Total};
use super::table::{self, Side, row};
use crate::failure::{Context, Failure, Result};

/// The restaurant's clock.
const ZONE: &str = "Europe/Paris";

/// Days of sales that are read.
const DAYS: i64 = 7;

/// The connection to the till in `config/demo.toml`.
pub(crate) const TILL: &str = "till";

/// The connection to the supplier in `config/demo.toml`.
pub(crate) const SUPPLIER: &str = "metro";

/// What the examples after the story need to know.
pub(crate) struct Told {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) order: String,
}

/// Tells the story against a running service.
///
/// # Errors
/// A step fails or finds something that cannot be right.
pub(crate) fn tell(client: &Client) -> Result<Told> {
    adapters(client)?;
    let (from, to) = sales(client)?;
    let low = stock(client)?;
    let plans = catalog(client, &low)?;
    let order = place(client, &plans)?;
    read_back(client, &order)?;
    Ok(Told { from, to, order: order.id })
}

fn heading(number: u32, title: &str) {
    println!("\n{number}. {title}");
}

fn adapters(client: &Client) -> Result<()> {
    heading(1, "What runs: sandboxed adapters, one WebAssembly component for each vendor");
    for line in client.text(&["adapter", "list"])?.lines() {
        println!("    {line}");
    }
    Ok(())
}

fn sales(client: &Client) -> Result<(String, String)> {
    let zone = TimeZone::get(ZONE).context(|| format!("no time zone {ZONE}"))?;
    let now = Timestamp::now();
    let to = rfc3339(now);
    let from =
        rfc3339(now.checked_sub(SignedDuration::from_hours(24 * DAYS)).context(|| "the clock is off".to_owned())?);
    heading(2, &format!("Sales of the last {DAYS} days, from the till"));
    let sales: Vec<Sale> =
        client.all("pos.list-transactions", TILL, &["--from", &from, "--to", &to, "--with-lines", "--all"])?;
    if sales.is_empty() {
        return Err(Failure::new(format!("the till has no sales from {from} to {to}")));
    }
    let summary = Summary::of(&sales, &zone)?;
    println!("    {} records from {from} to {to}", sales.len());
    let money = |amount: Decimal| format!("{} {}", amount.as_amount(), summary.currency);
    let line = |name: &str, total: Total| vec![name.to_owned(), total.count.to_string(), money(total.amount)];
    table::print(
        &[Side::Left, Side::Right, Side::Right],
        &[
            line("sales", summary.sales),
            line("refunds", Total { amount: summary.refunds.amount.negated(), ..summary.refunds }),
            vec!["turnover".to_owned(), String::new(), money(summary.turnover()?)],
            vec!["tips".to_owned(), String::new(), money(summary.tips)],
            line("lunch", summary.lunch),
            line("dinner", summary.dinner),
        ],
    );
    if summary.left_out > 0 {
        println!("    left out: {} open or voided", summary.left_out);
    }
    println!("    best sellers");
    let best: Vec<_> = summary
        .sellers
        .iter()
        .take(5)
        .map(|seller| vec![seller.name.clone(), seller.quantity.trimmed().to_string(), money(seller.amount)])
        .collect();
    table::print(&[Side::Left, Side::Right, Side::Right], &best);
    Ok((from, to))
}

/// A moment to the second, as a person would type it.
fn rfc3339(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn stock(client: &Client) -> Result<Vec<Low>> {
    heading(3, "Stock at or below its reorder point, from the till");
    let stock: Vec<StockLevel> = client.all("pos.get-stock", TILL, &["--all"])?;
    let products: Vec<Product> = client.all("pos.list-products", TILL, &["--all"])?;
    let low = restock::low(&stock, &products)?;
    println!("    {} of {} stock levels are low", low.len(), stock.len());
    let mut rows = vec![row(["product", "in stock", "reorder at", "needed"])];
    rows.extend(low.iter().map(|low| {
        let number = |number: Decimal| number.trimmed().to_string();
        vec![low.name.clone(), number(low.quantity), number(low.reorder_point), number(low.needed)]
    }));
    table::print(&[Side::Left, Side::Right, Side::Right, Side::Right], &rows);
    if low.is_empty() { Err(Failure::new("nothing ran low, so there is nothing to order")) } else { Ok(low) }
}

fn catalog(client: &Client, low: &[Low]) -> Result<Vec<Plan>> {
    heading(4, "The same products at Metro, found by barcode");
    let catalog: Vec<CatalogProduct> = client.all("suppliers.list-catalog", SUPPLIER, &["--all"])?;
    let plans = restock::plan(low, &catalog)?;
    println!("    {} products in the catalogue", catalog.len());
    let mut rows = vec![row(["product at Metro", "price", "", "order", ""])];
    for (low, plan) in low.iter().zip(&plans) {
        rows.push(match plan {
            Plan::Order(product, quantity) => vec![
                product.name.clone(),
                product.price.map_or_else(
                    || "on request".to_owned(),
                    |price| format!("{} {}", price.as_amount(), product.currency),
                ),
                format!("/ {}", product.unit),
                quantity.to_string(),
                product.unit.clone(),
            ],
            Plan::Leave(reason) => {
                vec![low.name.clone(), String::new(), String::new(), "-".to_owned(), (*reason).to_owned()]
            }
        });
    }
    table::print(&[Side::Left, Side::Right, Side::Left, Side::Right, Side::Left], &rows);
    Ok(plans)
}

fn place(client: &Client, plans: &[Plan]) -> Result<Order> {
    heading(5, "The order, placed at Metro");
    let request = restock::order(plans, "Livraison avant 10h si possible")
        .ok_or_else(|| Failure::new("Metro has none of what ran low, so there is nothing to order"))?;
    let order: Order = client.send("suppliers.create-order", SUPPLIER, &request)?;
    show(&order);
    Ok(order)
}

fn read_back(client: &Client, order: &Order) -> Result<()> {
    heading(6, "The order, read back from Metro");
    let found: Order = client.one("suppliers.get-order", SUPPLIER, &["--id", &order.id])?;
    show(&found);
    let items = |order: &Order| {
        let mut items: Vec<_> = order.items.iter().map(|item| (item.product_id.clone(), item.quantity)).collect();
        items.sort();
        items
    };
    if found.id != order.id || items(&found) != items(order) || found.total != order.total {
        return Err(Failure::new(format!("order {} is not the one that was placed", found.id)));
    }
    Ok(())
}

fn show(order: &Order) {
    let total = order
        .total
        .map_or_else(|| "not known yet".to_owned(), |total| format!("{} {}", total.as_amount(), order.currency));
    table::print(
        &[],
        &[
            row(["order", &order.id]),
            row(["status", &order.status]),
            row(["items", &order.items.len().to_string()]),
            row(["total", &total]),
            row(["delivery", order.delivery_date.as_deref().unwrap_or("not known yet")]),
        ],
    );
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::process::script;

    /// A command line that answers from memory and notes what it was asked.
    const MOULIN: &str = r#"#!/bin/sh
folder=$(dirname "$0")
echo "$@" >> "$folder/asked"
case "$2" in
  list) echo "lightspeed  1.0.0" ;;
  pos.list-transactions)
    echo '{"id":"1","occurred_at":"2025-04-10T11:00:00Z","status":"completed","currency":"EUR","total":"20.10","tip":"1","lines":[]}'
    echo '{"id":"2","occurred_at":"2025-04-10T19:00:00Z","status":"refunded","currency":"EUR","total":"-5","lines":[]}' ;;
  pos.get-stock) echo '{"product_id":"7","location_id":"1","quantity":"1","reorder_point":"4","reorder_level":"13"}' ;;
  pos.list-products) echo '{"id":"7","name":"Tomate","barcode":"376"}' ;;
  suppliers.list-catalog)
    echo '{"id":"418207","name":"Tomate 5 kg","barcode":"376","unit":"KG","currency":"EUR","price":"4.95","pack_size":"5","available":true}' ;;
  suppliers.create-order)
    cat > "$folder/order"
    echo '{"id":"MET-1","status":"pending","currency":"EUR","total":"74.25","delivery_date":"2025-04-14","items":[{"product_id":"418207","quantity":"15"}]}' ;;
  suppliers.get-order)
    echo '{"id":"MET-1","status":"confirmed","currency":"EUR","total":"74.250","items":[{"product_id":"418207","quantity":"15.0"}]}' ;;
  *) echo "no such command: $*" >&2; exit 2 ;;
esac
"#;

    fn client(name: &str, text: &str) -> (PathBuf, Client) {
        let folder = std::env::temp_dir().join(format!("xtask-story-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let program = script(&folder, "moulin", text);
        (folder, Client { program, url: "http://127.0.0.1:1".to_owned(), interrupted: Arc::default() })
    }

    fn ordered(folder: &Path) -> Value {
        serde_json::from_slice(&fs::read(folder.join("order")).unwrap()).unwrap()
    }

    #[test]
    fn what_ran_low_is_ordered_and_read_back() {
        let (folder, client) = client("whole", MOULIN);
        let told = tell(&client).unwrap();
        assert_eq!(told.order, "MET-1");
        assert_eq!(
            ordered(&folder).get("items"),
            Some(&json!([{"product_id": "418207", "quantity": "15", "unit": "KG"}]))
        );
        let asked = fs::read_to_string(folder.join("asked")).unwrap();
        let lines: Vec<_> = asked.lines().collect();
        assert_eq!(lines.len(), 7, "{asked}");
        assert!(lines.iter().all(|line| line.ends_with("--url http://127.0.0.1:1")), "{asked}");
        let sales = format!(
            "call pos.list-transactions --connection till --from {} --to {} --with-lines --all --json",
            told.from, told.to
        );
        assert!(asked.contains(&sales), "{asked}");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn an_order_that_reads_back_differently_fails_the_story() {
        let (folder, client) = client("other", &MOULIN.replace("\"15.0\"", "\"14\""));
        let failure = tell(&client).err().unwrap().to_string();
        assert!(failure.contains("MET-1 is not the one that was placed"), "{failure}");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_step_that_fails_ends_the_story_with_its_reason() {
        let (folder, client) = client(
            "fails",
            &MOULIN.replace("pos.get-stock)", "pos.get-stock) echo 'the till is closed' >&2; exit 1;;\n  x)"),
        );
        let failure = tell(&client).err().unwrap().to_string();
        assert!(failure.contains("pos.get-stock") && failure.contains("the till is closed"), "{failure}");
        assert!(!folder.join("order").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
