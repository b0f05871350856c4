//! What the sandbox costs: a call, a page of sales, loading an adapter. `cargo xtask bench` prints the ratios.
//!
//! The network is left out: answers come from memory. Times are processor time. The page is as
//! wordy as the real vendor's; the native side parses the same bytes with the adapter's own code into the same records.

#![allow(clippy::expect_used, missing_docs)]

mod cpu_time;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use cpu_time::CpuTime;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures::StreamExt;
use futures::future::BoxFuture;
use moulin_host::egress::{Budget, EgressError, Outgoing, Response, Transport};
use moulin_host::engine::Engine;
use moulin_host::model::pos::{StockChange, StockChangeKind, StockChangeReason, StockUpdate, TransactionQuery};
use moulin_host::{Host, config};
use tokio::runtime::Runtime;

/// Sales of a page, and lines of a sale.
const PAGE: (usize, usize) = (100, 10);

fn adapters() -> PathBuf {
    let built = std::env::var_os("MOULIN_TEST_ADAPTERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/adapters"), PathBuf::from);
    let shipped = built.join("shipped");
    assert!(shipped.join("lightspeed.wasm").is_file(), "run `cargo xtask build` first");
    shipped
}

/// Answers every request with the same page.
struct OnePage(Bytes);

impl Transport for OnePage {
    fn exchange<'a>(&'a self, _: Outgoing, budget: &'a Budget) -> BoxFuture<'a, Result<Response, EgressError>> {
        Box::pin(async move {
            budget.count_bytes(self.0.len())?;
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Ok(Response { status: 200, headers, body: self.0.clone() })
        })
    }
}

fn host(runtime: &Runtime, data: &Path, page: &Bytes) -> Host {
    let config = format!(
        r#"
        [host]
        adapters = {:?}
        data = {data:?}
        watch = false

        [connections.till]
        adapter = "lightspeed"
        flavor = "r-series-v3"
        rate_limits = false
        auth = {{ method = "bearer_token", token = "not-sent-anywhere" }}
        settings = {{ account_id = "240117" }}
        "#,
        adapters()
    );
    let config = config::parse(&config).expect("a good configuration");
    let builder = Host::builder(config).transport(Arc::new(OnePage(page.clone())));
    runtime.block_on(builder.start()).expect("a host")
}

fn calls(criterion: &mut Criterion<CpuTime>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let data = tempfile::tempdir().expect("a folder");
    let page = Bytes::from(moulin_vendors::lightspeed::wordy_sales_page(PAGE.0, PAGE.1));
    let host = host(&runtime, data.path(), &page);
    let till = host.pos("till").expect("a till");

    let mut group = criterion.benchmark_group("call");
    group.bench_function("instantiate", |bencher| {
        bencher.to_async(&runtime).iter(|| async { till.connection().instantiate().await.expect("an instance") });
    });
    // The adapter answers `unsupported` without a request: what is measured is the call itself.
    let update = StockUpdate {
        changes: vec![StockChange {
            product_id: "48".to_owned(),
            variation_id: None,
            location_id: None,
            kind: StockChangeKind::Set,
            quantity: 1.into(),
            reason: StockChangeReason::Correction,
            occurred_at: None,
            reference: None,
        }],
        ..Default::default()
    };
    group.bench_function("empty", |bencher| {
        bencher.to_async(&runtime).iter(|| async { till.update_stock(update.clone()).await.expect_err("unsupported") });
    });
    group.finish();

    let query = TransactionQuery {
        from: "2025-04-01T00:00:00Z".parse().expect("a moment"),
        to: "2025-04-02T00:00:00Z".parse().expect("a moment"),
        with_lines: true,
        ..Default::default()
    };
    let read = || async {
        // One page: the vendor names a next one, which is not waited for.
        let sales: Vec<_> = till.list_transactions(query.clone()).take(PAGE.0).collect().await;
        assert_eq!(sales.len(), PAGE.0);
        let lines: usize = sales.iter().map(|sale| sale.as_ref().map_or(0, |sale| sale.lines.len())).sum();
        assert_eq!(lines, PAGE.0 * PAGE.1);
        sales
    };
    let mut group = criterion.benchmark_group("page");
    group.bench_function("adapter", |bencher| bencher.to_async(&runtime).iter(read));
    group.bench_function("native", |bencher| {
        bencher.iter(|| lightspeed::parse_sales_page(black_box(&page), "EUR", false).expect("a page"));
    });
    group.finish();
}

fn load(criterion: &mut Criterion<CpuTime>) {
    let wasm = std::fs::read(adapters().join("lightspeed.wasm")).expect("the adapter");
    let data = tempfile::tempdir().expect("a folder");
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10);
    let compiling = Engine::new(64, None).expect("an engine");
    group.bench_function("compile", |bencher| {
        bencher.iter_batched(|| (), |()| compiling.compile(&wasm).expect("a component"), BatchSize::PerIteration);
    });
    let caching = Engine::new(64, Some(data.path())).expect("an engine");
    caching.compile(&wasm).expect("compiled and kept");
    group.bench_function("aot", |bencher| {
        bencher.iter(|| caching.compile(&wasm).expect("a component"));
    });
    group.finish();
}

criterion_group!(name = benches; config = Criterion::default().with_measurement(CpuTime); targets = calls, load);
criterion_main!(benches);
