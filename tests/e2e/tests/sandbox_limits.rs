//! An adapter that goes over a limit ends its own call, with an error that names the adapter and the limit; the host
//! and the next call go on.

use moulin_e2e::{Folder, vendor::Vendor};
use moulin_host::engine::{Ceiling, Fault};
use moulin_host::model::suppliers::ProductLookup;
use moulin_host::{AdapterFault, Error, Host};

async fn host(vendor: &Vendor, folder: &Folder, mode: &str) -> Host {
    let toml = format!(
        r#"
        [connections.good]
        adapter = "hostile"
        base_url = "{url}"
        grants = ["{url}"]
        auth = {{ method = "bearer_token", token = "t0ken-of-the-test" }}
        settings = {{ mode = "echo" }}

        [connections.bad]
        adapter = "hostile"
        base_url = "{url}"
        grants = ["{url}"]
        auth = {{ method = "bearer_token", token = "t0ken-of-the-test" }}
        settings = {{ mode = "{mode}" }}
        "#,
        url = vendor.url()
    );
    let limits = r#"limits = { deadline = "5s", cpu = "500ms", memory_mib = 64, response_mib = 4, requests = 100, log_lines = 500 }"#;
    let host = folder.host(limits, &toml).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(host.adapters().iter().all(|adapter| adapter.refusal.is_none()), "{:?}", host.adapters());
    host
}

fn product(id: &str) -> ProductLookup {
    ProductLookup { id: id.to_owned(), ..Default::default() }
}

/// Runs the mode, then proves that the next call is served.
async fn fault(mode: &str, id: &str) -> Fault {
    let vendor = Vendor::start(|_| None).await;
    let folder = Folder::with(&["test/hostile"]);
    let host = host(&vendor, &folder, mode).await;
    let error = host.suppliers("bad").unwrap().get_product(product(id)).await.unwrap_err();
    let text = error.to_string();
    let Error::Adapter(AdapterFault { adapter, operation, connection, fault, .. }) = error else {
        panic!("not a fault of the adapter: {error}");
    };
    assert_eq!(
        (adapter.as_str(), operation.as_str(), connection.as_str()),
        ("hostile", "suppliers.get-product", "bad")
    );
    assert!(text.contains("hostile") && text.contains(&fault.to_string()), "{text}");
    let next = host.suppliers("good").unwrap().get_product(product("next")).await.unwrap();
    assert_eq!(next.id, "next");
    fault
}

fn ceiling(fault: &Fault) -> &'static str {
    match fault {
        Fault::Ceiling(ceiling) => ceiling.name(),
        fault => panic!("not a ceiling: {fault}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_loop_ends_at_the_cpu_limit() {
    assert_eq!(ceiling(&fault("loop", "x").await), "cpu");
}

#[tokio::test]
async fn an_endless_loop_leaves_other_tasks_of_its_thread_their_turn() {
    // One thread: the other call can only finish if the loop yields.
    let vendor = Vendor::start(|_| None).await;
    let folder = Folder::with(&["test/hostile"]);
    let host = host(&vendor, &folder, "loop").await;
    let (bad, good) = (host.suppliers("bad").unwrap(), host.suppliers("good").unwrap());
    let (ended, mut order) = tokio::sync::mpsc::unbounded_channel();
    let first = ended.clone();
    let looping = tokio::spawn(async move {
        let answer = bad.get_product(product("x")).await;
        first.send("loop").unwrap();
        answer
    });
    let next = tokio::spawn(async move {
        let answer = good.get_product(product("next")).await;
        ended.send("next").unwrap();
        answer
    });
    assert!(looping.await.unwrap().is_err());
    assert_eq!(next.await.unwrap().unwrap().id, "next");
    assert_eq!(order.recv().await, Some("next"), "the loop kept the thread to itself");
}

#[tokio::test]
async fn unbounded_allocation_ends_at_the_memory_limit() {
    let fault = fault("alloc", "x").await;
    assert_eq!(fault, Fault::Ceiling(Ceiling::Memory(64)));
}

#[tokio::test]
async fn deep_recursion_ends_at_the_stack_limit() {
    assert_eq!(ceiling(&fault("recurse", "x").await), "stack");
}

#[tokio::test]
async fn a_gigabyte_of_answer_ends_at_the_response_limit() {
    assert_eq!(fault("big-response", "x").await, Fault::Ceiling(Ceiling::Response(4 << 20)));
}

#[tokio::test]
async fn a_million_log_lines_end_at_the_log_limit() {
    assert_eq!(fault("log-flood", "x").await, Fault::Ceiling(Ceiling::LogLines(500)));
}

#[tokio::test]
async fn a_million_printed_lines_end_at_the_log_limit() {
    assert_eq!(fault("stdout-flood", "x").await, Fault::Ceiling(Ceiling::LogLines(500)));
}

#[tokio::test]
async fn ten_thousand_requests_end_at_the_request_limit() {
    assert_eq!(fault("request-flood", "x").await, Fault::Ceiling(Ceiling::Requests(100)));
}

#[tokio::test]
async fn waiting_for_the_vendor_past_the_deadline_ends_the_call() {
    assert_eq!(ceiling(&fault("wait", "x").await), "deadline");
}

#[tokio::test]
async fn sleeping_past_the_deadline_ends_the_call() {
    assert_eq!(ceiling(&fault("sleep", "3600000").await), "deadline");
}

#[tokio::test]
async fn a_panic_is_a_fault_of_its_call() {
    assert!(matches!(fault("trap", "x").await, Fault::Trap(_)));
}

#[tokio::test]
async fn exit_is_a_fault_of_its_call() {
    // WASI 0.2 has success and failure only.
    assert_eq!(fault("exit", "x").await, Fault::Exit(1));
}
