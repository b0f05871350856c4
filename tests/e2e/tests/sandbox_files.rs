//! Whatever lies in the adapters' folder, the host starts, says of each file what is wrong with it and what to do, and
//! serves calls of the good ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use moulin_e2e::{Folder, adapter};
use moulin_host::contract::v1::exports;
use moulin_host::model::suppliers::ProductLookup;
use moulin_host::operations::{self, Domain};
use moulin_host::{AdapterStatus, ConnectionState, Host};

const LIMITS: &str = r#"watch = false
limits = { deadline = "5s", cpu = "300ms", memory_mib = 64 }"#;

const GOOD: &str = r#"
    [connections.good]
    adapter = "hostile"
    auth = { method = "bearer_token", token = "t0ken-of-the-test" }
    settings = { mode = "echo" }
"#;

async fn host(folder: &Folder) -> Host {
    folder.host(LIMITS, GOOD).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn assert_serves(host: &Host) {
    let lookup = ProductLookup { id: "42".to_owned(), ..Default::default() };
    let answer = host.suppliers("good").unwrap().get_product(lookup).await;
    assert_eq!(answer.unwrap_or_else(|error| panic!("{error}")).name, "42");
}

fn status(host: &Host, file: &str) -> AdapterStatus {
    let all = host.adapters();
    let found = all.iter().find(|status| status.file.file_name().is_some_and(|name| name == file));
    found.unwrap_or_else(|| panic!("nothing of {file}: {all:?}")).clone()
}

/// Why a file with this content is refused, beside a good adapter that serves.
async fn refused(content: &[u8]) -> String {
    let folder = Folder::with(&["test/hostile"]);
    fs::write(folder.adapters().join("bad.wasm"), content).unwrap();
    let host = host(&folder).await;
    let bad = status(&host, "bad.wasm");
    assert_eq!((bad.id, bad.version), (None, None));
    assert!(status(&host, "hostile.wasm").refusal.is_none());
    assert_serves(&host).await;
    bad.refusal.expect("it is refused").reason
}

fn assert_says(reason: &str, words: &[&str]) {
    for word in words {
        assert!(reason.contains(word), "{word:?} is not in: {reason}");
    }
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A component that exports the supplier interfaces with every function they need, all of the type `func()`, from a
/// core module with this in it.
fn shell(module: &str, leave_out: Option<&str>) -> Vec<u8> {
    let functions: String = operations::all()
        .iter()
        .filter(|operation| operation.domain == Domain::Suppliers && Some(operation.function) != leave_out)
        .map(|operation| format!("(export {:?} (func $f))", operation.function))
        .collect();
    component(&format!(
        r#"(component
            (core module $m (func (export "f")) {module})
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $adapter (export "describe" (func $f)) (export "check" (func $f)))
            (instance $domain {functions})
            (export {:?} (instance $adapter))
            (export {:?} (instance $domain)))"#,
        exports::ADAPTER,
        exports::SUPPLIERS,
    ))
}

#[tokio::test]
async fn an_empty_file_is_refused() {
    assert_says(&refused(b"").await, &["truncated or damaged", "copy it again"]);
}

#[tokio::test]
async fn a_text_file_is_refused() {
    assert_says(&refused(b"(component)\n").await, &["not WebAssembly", "wasm32-wasip2"]);
}

#[tokio::test]
async fn a_core_module_is_refused() {
    assert_says(&refused(&component("(module)")).await, &["core module, not a component", "wasm-tools component new"]);
}

#[tokio::test]
async fn a_component_cut_off_anywhere_is_refused() {
    let whole = fs::read(adapter("test/hostile")).unwrap();
    let folder = Folder::with(&["test/hostile"]);
    let lengths = [4, 7, 9, 100, whole.len() / 3, whole.len() / 2, whole.len() - 1];
    for length in lengths {
        fs::write(folder.adapters().join(format!("cut-{length}.wasm")), &whole[..length]).unwrap();
    }
    let host = host(&folder).await;
    for length in lengths {
        let refusal = status(&host, &format!("cut-{length}.wasm")).refusal.expect("it is refused");
        assert_says(&refusal.reason, &["truncated or damaged", "copy it again"]);
    }
    assert_serves(&host).await;
}

#[tokio::test]
async fn a_component_with_a_damaged_middle_is_refused() {
    let mut content = fs::read(adapter("test/hostile")).unwrap();
    let middle = content.len() / 2;
    content[middle..middle + 4096].fill(0xff);
    assert_says(&refused(&content).await, &["truncated or damaged", "copy it again"]);
}

#[tokio::test]
async fn a_component_that_is_no_adapter_is_refused() {
    assert_says(&refused(&component("(component)")).await, &["does not export moulin:adapter/adapter@1.0.0", "SDK"]);
}

#[tokio::test]
async fn an_adapter_without_a_domain_is_refused() {
    let text = format!("(component (instance $i) (export {:?} (instance $i)))", exports::ADAPTER);
    assert_says(
        &refused(&component(&text)).await,
        &["does not export any of the domains pos, suppliers, booking and crm"],
    );
}

#[tokio::test]
async fn an_adapter_that_lacks_an_operation_is_refused() {
    let reason = refused(&shell("", Some("list-catalog"))).await;
    assert_says(&reason, &["does not export moulin:suppliers/suppliers@1.0.0#list-catalog", "SDK"]);
}

#[tokio::test]
async fn an_export_of_another_type_is_refused() {
    let reason = refused(&shell("", None)).await;
    assert_says(&reason, &["does not fit the contract", "moulin:adapter/adapter@1.0.0#describe", "released WIT files"]);
}

#[tokio::test]
async fn a_foreign_import_is_refused() {
    let text = r#"(component (import "evil:net/raw@1.0.0" (instance (export "open" (func)))))"#;
    assert_says(&refused(&component(text)).await, &["imports evil:net/raw@1.0.0", "may import moulin:* and WASI 0.2"]);
    // Of WASI only what every adapter may have.
    let text = r#"(component (import "wasi:nn/graph@0.2.0" (instance (export "load" (func)))))"#;
    assert_says(&refused(&component(text)).await, &["imports wasi:nn/graph@0.2.0"]);
}

#[tokio::test]
async fn a_newer_contract_is_refused() {
    for version in ["1.1.0", "2.0.0"] {
        let text = format!(r#"(component (import "moulin:host/http@{version}" (instance (export "stream" (func)))))"#);
        let reason = refused(&component(&text)).await;
        assert_says(&reason, &[&format!("needs moulin:host/http@{version}"), "this host has 1.0", "update Moulin"]);
    }
}

#[tokio::test]
async fn an_import_of_another_type_is_refused() {
    let text = r#"(component (import "moulin:host/http@1.0.0" (instance (export "send" (func (param "x" u8))))))"#;
    assert_says(&refused(&component(text)).await, &["does not fit the contract", "moulin:host/http@1.0.0"]);
}

#[tokio::test]
async fn a_trap_at_the_start_is_refused() {
    let reason = refused(&shell("(func $start unreachable) (start $start)", None)).await;
    assert_says(&reason, &["failed to describe itself", "crashed", "unreachable"]);
}

#[tokio::test]
async fn an_endless_loop_at_the_start_is_refused() {
    let reason = refused(&shell("(func $start (loop $again (br $again))) (start $start)", None)).await;
    assert_says(&reason, &["failed to describe itself", "limits.cpu"]);
}

#[tokio::test]
async fn too_much_memory_at_the_start_is_refused() {
    // 65 MiB, in pages of 64 KiB, where 64 MiB are allowed.
    let reason = refused(&shell("(memory 1040)", None)).await;
    assert_says(&reason, &["64 MiB", "limits.memory_mib"]);
}

#[tokio::test]
async fn of_two_files_with_one_adapter_the_second_is_refused() {
    let folder = Folder::with(&["test/hostile"]);
    fs::copy(adapter("test/hostile"), folder.adapters().join("zz-copy.wasm")).unwrap();
    let host = host(&folder).await;
    let reason = status(&host, "zz-copy.wasm").refusal.expect("it is refused").reason;
    assert_says(&reason, &["is the adapter hostile", "hostile.wasm", "remove one of the two files"]);
    assert_eq!(status(&host, "hostile.wasm").id.as_deref(), Some("hostile"));
    assert_serves(&host).await;
}

#[tokio::test]
async fn files_of_another_kind_are_left_alone() {
    let folder = Folder::with(&["test/hostile"]);
    fs::write(folder.adapters().join("README.md"), "Adapters go here.").unwrap();
    fs::write(folder.adapters().join("metro.wasm.partial"), "half of it").unwrap();
    let host = host(&folder).await;
    assert_eq!(host.adapters().len(), 1, "{:?}", host.adapters());
    assert_serves(&host).await;
}

#[tokio::test]
async fn a_connection_whose_adapter_is_refused_waits_for_a_good_file() {
    let folder = Folder::with(&[]);
    let file = folder.adapters().join("hostile.wasm");
    fs::write(&file, "not yet").unwrap();
    let host = host(&folder).await;
    let [connection] = &host.connections()[..] else { panic!("{:?}", host.connections()) };
    assert_eq!(connection.state, ConnectionState::Unavailable);
    assert_says(connection.reason.as_deref().unwrap(), &["hostile", "moulin adapter list", "good file"]);
    let error = host.suppliers("good").unwrap_err();
    assert_eq!(error.class(), "unavailable");
    assert_says(&error.to_string(), &["\"good\"", "adapter hostile is not in service"]);

    fs::copy(adapter("test/hostile"), &file).unwrap();
    assert!(host.rescan().await.unwrap());
    assert_eq!(host.connections()[0].state, ConnectionState::Ready);
    assert_serves(&host).await;
}

#[tokio::test]
async fn an_adapter_in_service_stays_when_its_file_is_damaged() {
    let folder = Folder::with(&["test/hostile"]);
    let file = folder.adapters().join("hostile.wasm");
    let host = host(&folder).await;
    let before = status(&host, "hostile.wasm");

    fs::write(&file, "garbage").unwrap();
    assert!(host.rescan().await.unwrap());
    let damaged = status(&host, "hostile.wasm");
    assert_eq!(
        (&damaged.version, &damaged.sha256, damaged.generation),
        (&before.version, &before.sha256, before.generation)
    );
    assert_says(&damaged.refusal.expect("it is refused").reason, &["not WebAssembly"]);
    assert_serves(&host).await;
    assert!(!host.rescan().await.unwrap(), "nothing changed since");

    // The same good file again: as if nothing had been.
    fs::copy(adapter("test/hostile"), &file).unwrap();
    host.rescan().await.unwrap();
    let healed = status(&host, "hostile.wasm");
    assert!(healed.refusal.is_none());
    assert_eq!(healed.generation, before.generation);
    assert_serves(&host).await;
}

#[tokio::test]
async fn a_new_version_heals_a_damaged_file() {
    let folder = Folder::with(&["test/hostile"]);
    let file = folder.adapters().join("hostile.wasm");
    let host = host(&folder).await;
    let before = status(&host, "hostile.wasm");
    fs::write(&file, &fs::read(adapter("test/hostile")).unwrap()[..1000]).unwrap();
    host.rescan().await.unwrap();
    assert!(status(&host, "hostile.wasm").refusal.is_some());

    fs::copy(adapter("test/hostile-1.0.1"), &file).unwrap();
    assert!(host.rescan().await.unwrap());
    let healed = status(&host, "hostile.wasm");
    assert!(healed.refusal.is_none());
    assert_eq!(healed.version.as_deref(), Some("1.0.1"));
    assert!(healed.generation > before.generation);
    assert_serves(&host).await;
}

#[tokio::test]
async fn a_removed_file_stays_in_service() {
    let folder = Folder::with(&["test/hostile"]);
    let host = host(&folder).await;
    fs::remove_file(folder.adapters().join("hostile.wasm")).unwrap();
    host.rescan().await.unwrap();
    assert_serves(&host).await;
}

/// Starts a host, which compiles the adapter; spoils the compiled file; starts again from the same folder.
async fn after(spoil: impl FnOnce(&PathBuf)) {
    let folder = Folder::alone(&["test/hostile"]);
    assert_serves(&host(&folder).await).await;
    let compiled = folder.path().join("data/compiled");
    let files: Vec<_> = fs::read_dir(&compiled).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    spoil(file);
    let spoilt = (fs::read(file).unwrap(), fs::metadata(file).unwrap().permissions().mode());

    assert_serves(&host(&folder).await).await;
    // It was not believed: another took its place.
    let now = (fs::read(file).unwrap(), fs::metadata(file).unwrap().permissions().mode());
    assert!(now != spoilt, "the spoilt file is still there");
    assert_eq!(now.1 & 0o777, 0o600);
    assert!(now.0.len() > 1000);
}

#[tokio::test]
async fn a_compiled_file_with_a_flipped_bit_is_compiled_again() {
    after(|file| {
        let mut content = fs::read(file).unwrap();
        let middle = content.len() / 2;
        content[middle] ^= 1;
        fs::write(file, content).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_truncated_compiled_file_is_compiled_again() {
    after(|file| {
        let content = fs::read(file).unwrap();
        fs::write(file, &content[..content.len() / 2]).unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_empty_compiled_file_is_compiled_again() {
    after(|file| fs::write(file, "").unwrap()).await;
}

#[tokio::test]
async fn a_compiled_file_that_is_no_machine_code_is_compiled_again() {
    // SHA-256 of nothing (FIPS 180-4), as if a file of no code were whole.
    const NOTHING: [u8; 32] = [
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
        0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ];
    after(|file| fs::write(file, NOTHING).unwrap()).await;
}

#[tokio::test]
async fn a_compiled_file_that_others_may_write_is_compiled_again() {
    after(|file| fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap()).await;
}
