//! A file copied over another replaces the adapter while calls go on: none fails, each finishes on the version it began
//! with, and a bad file changes nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::Response;
use futures::stream;
use moulin_e2e::vendor::Vendor;
use moulin_e2e::{Folder, adapter};
use moulin_host::Host;
use moulin_host::model::suppliers::ProductLookup;
use tokio::sync::watch;

/// The builds of the test adapter and the version each claims.
const BUILDS: [(&str, &str); 3] =
    [("test/hostile-1.0.1", "1.0.1"), ("test/hostile-1.0.2", "1.0.2"), ("test/hostile", "1.0.0")];

struct Setup {
    vendor: Vendor,
    folder: Folder,
    host: Host,
}

impl Setup {
    /// A host with version 1.0.0 in service: the connection `echo` answers by itself, `version` asks the vendor and then
    /// answers with the version whose code runs.
    async fn new(vendor: Vendor) -> Self {
        let folder = Folder::with(&["test/hostile"]);
        let connection = |mode: &str| {
            let url = vendor.url();
            format!(
                "[connections.{mode}]\nadapter = \"hostile\"\nbase_url = \"{url}\"\ngrants = [\"{url}\"]\n\
                 auth = {{ method = \"bearer_token\", token = \"t0ken-of-the-test\" }}\nsettings = {{ mode = \"{mode}\" }}\n"
            )
        };
        let toml = connection("echo") + &connection("version");
        let host = folder.host("", &toml).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(version(&host), "1.0.0");
        Self { vendor, folder, host }
    }

    fn file(&self) -> PathBuf {
        self.folder.adapters().join("hostile.wasm")
    }

    /// Copies a build over the file as an operator would, and waits until the watch has taken it into service.
    async fn copy(&self, (build, expected): (&str, &str)) {
        fs::copy(adapter(build), self.file()).unwrap();
        until(&format!("{expected} in service"), || version(&self.host) == expected).await;
    }

    async fn call(&self, connection: &str, id: &str) -> Result<String, moulin_host::Error> {
        call(&self.host, connection, id).await
    }

    fn refusal(&self) -> Option<String> {
        self.host.adapters().into_iter().find_map(|status| Some(status.refusal?.reason))
    }
}

async fn call(host: &Host, connection: &str, id: &str) -> Result<String, moulin_host::Error> {
    let product = ProductLookup { id: id.to_owned(), ..Default::default() };
    Ok(host.suppliers(connection)?.get_product(product).await?.name)
}

fn version(host: &Host) -> String {
    host.adapters().into_iter().find_map(|status| status.version).unwrap()
}

/// Waits for something the host does by itself.
async fn until(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "waited too long: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_calls_a_second_do_not_notice_ten_swaps() {
    let setup = Setup::new(Vendor::start(|_| None).await).await;
    let (ended, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..4)
        .map(|caller| {
            let (host, ended, calls) = (setup.host.clone(), ended.clone(), calls.clone());
            tokio::spawn(async move {
                let mut answers = BTreeSet::new();
                let mut pace = tokio::time::interval(Duration::from_millis(20));
                while !ended.load(Ordering::Relaxed) {
                    pace.tick().await;
                    let connection = if caller % 2 == 0 { "echo" } else { "version" };
                    answers.insert(call(&host, connection, "/ping").await.unwrap());
                    calls.fetch_add(1, Ordering::Relaxed);
                }
                answers
            })
        })
        .collect();
    for swap in 0..10 {
        setup.copy(BUILDS[swap % BUILDS.len()]).await;
        let before = calls.load(Ordering::Relaxed);
        until("calls on the new version", || calls.load(Ordering::Relaxed) >= before + 8).await;
    }
    ended.store(true, Ordering::Relaxed);
    let mut answers = BTreeSet::new();
    for caller in callers {
        answers.append(&mut caller.await.expect("no call failed"));
    }
    assert_eq!(answers, ["/ping", "1.0.0", "1.0.1", "1.0.2"].map(str::to_owned).into());
    let generations: Vec<_> = setup.host.adapters().into_iter().filter_map(|status| status.generation).collect();
    assert_eq!(generations, [11], "one adapter, at its eleventh generation");
    until("the old generations are given back", || setup.host.retiring().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_file_is_refused_and_the_version_in_service_goes_on() {
    let setup = Setup::new(Vendor::start(|_| None).await).await;
    let good = fs::read(adapter("test/hostile-1.0.1")).unwrap();
    for (bad, says) in [(&good[..good.len() / 2], "truncated"), (&b"hello, world"[..], "not WebAssembly")] {
        fs::write(setup.file(), bad).unwrap();
        until(says, || setup.refusal().is_some_and(|reason| reason.contains(says))).await;
        assert_eq!(version(&setup.host), "1.0.0");
        assert_eq!(setup.call("echo", "7").await.unwrap(), "7");
        assert_eq!(setup.call("version", "/ping").await.unwrap(), "1.0.0");
    }
    // A good file mends it.
    setup.copy(BUILDS[0]).await;
    until("the refusal is gone", || setup.refusal().is_none()).await;
    assert_eq!(setup.call("version", "/ping").await.unwrap(), "1.0.1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_under_way_finishes_on_the_version_it_began_with() {
    let (open, gate) = watch::channel(false);
    let vendor = Vendor::start(move |seen| {
        let mut gate = gate.clone();
        let body = async move {
            gate.wait_for(|open| *open).await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>("late")
        };
        (seen.uri.path() == "/gate").then(|| Response::new(Body::from_stream(stream::once(body))))
    })
    .await;
    let setup = Setup::new(vendor).await;
    let host = setup.host.clone();
    let under_way = tokio::spawn(async move { call(&host, "version", "/gate").await });
    until("the vendor was asked", || !setup.vendor.seen().is_empty()).await;

    for build in [BUILDS[0], BUILDS[1]] {
        setup.copy(build).await;
        assert_eq!(setup.call("version", "/ping").await.unwrap(), build.1);
    }
    // What nothing uses goes; the version of the waiting call stays.
    let retiring = || setup.host.retiring().into_iter().map(|status| status.version).collect::<Vec<_>>();
    until("version 1.0.1 is given back", || retiring() == ["1.0.0"]).await;
    assert!(!under_way.is_finished());
    open.send(true).unwrap();
    assert_eq!(under_way.await.unwrap().unwrap(), "1.0.0");
    until("version 1.0.0 is given back", || retiring().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_file_stays_in_service_until_another_comes() {
    let setup = Setup::new(Vendor::start(|_| None).await).await;
    fs::remove_file(setup.file()).unwrap();
    setup.host.rescan().await.unwrap();
    assert_eq!(version(&setup.host), "1.0.0");
    assert_eq!(setup.call("version", "/ping").await.unwrap(), "1.0.0");
    setup.copy(BUILDS[1]).await;
    assert_eq!(setup.call("version", "/ping").await.unwrap(), "1.0.2");
}
