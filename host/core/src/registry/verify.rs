//! From the bytes of a file to an adapter that fits the contract.

use std::collections::HashMap;

use ring::digest::{SHA256, digest};
use serde::Serialize;
use wasmtime::component::{Component, ComponentExportIndex};

use super::Refusal;
use crate::config::Limits;
use crate::contract::v1::exports;
use crate::engine::{Ceiling, Engine, Fault, Prepared, Typecheck};
use crate::imports::{CONTRACT_PACKAGES, CallLabels, CallState, WASI_PACKAGES};
use crate::model::VendorError;
use crate::model::adapter::{Description, Health};
use crate::telemetry::scrub::Scrubber;

/// A function an adapter of some domain must export, and the proof that its types are right.
#[derive(Clone, Copy)]
pub struct ExportCheck {
    /// The domain's interface.
    pub interface: &'static str,
    /// The function.
    pub function: &'static str,
    /// Its types.
    pub typecheck: Typecheck,
}

/// A verified adapter.
pub(super) struct Verified {
    pub(super) description: Description,
    pub(super) interfaces: Vec<&'static str>,
    pub(super) prepared: Prepared,
    pub(super) exports: HashMap<(&'static str, &'static str), ComponentExportIndex>,
}

/// What a `.wasm` file is, for a person who thinks of installing it.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// What it says of itself.
    pub description: Description,
    /// Domains it exports.
    pub domains: Vec<String>,
    /// Interfaces it imports.
    pub imports: Vec<String>,
    /// Interfaces it exports.
    pub exports: Vec<String>,
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks form, imports and exports, and asks the adapter to describe itself, with nothing within its reach.
pub(super) async fn verify(
    engine: &Engine,
    wasm: &[u8],
    file: &str,
    limits: &Limits,
    scrubber: &Scrubber,
    checks: &[ExportCheck],
) -> Result<Verified, Refusal> {
    check_form(wasm)?;
    let component = engine.compile(wasm).map_err(|error| uncompiled(&error.root_cause().to_string(), limits))?;
    check_imports(engine, &component)?;
    let pre = engine.link(&component).map_err(|error| Refusal::WrongType(format!("{error:#}")))?;
    let prepared = Prepared::new(pre);
    let interfaces = interfaces(&prepared, checks)?;

    let mut found = HashMap::new();
    let mut typechecks: Vec<(String, ComponentExportIndex, Typecheck)> = Vec::new();
    let own: [(&'static str, Typecheck); 2] = [
        ("describe", |instance, store, export| instance.get_typed_func::<(), (Description,)>(store, export).map(drop)),
        ("check", |instance, store, export| {
            instance.get_typed_func::<(), (Result<Health, VendorError>,)>(store, export).map(drop)
        }),
    ];
    let own = own.map(|(function, typecheck)| ExportCheck { interface: exports::ADAPTER, function, typecheck });
    for check in own.iter().chain(checks.iter().filter(|check| interfaces.contains(&check.interface))) {
        let name = format!("{}#{}", check.interface, check.function);
        let index =
            prepared.export(check.interface, check.function).ok_or_else(|| Refusal::MissingExport(name.clone()))?;
        typechecks.push((name, index, check.typecheck));
        found.insert((check.interface, check.function), index);
    }
    let describe = found.get(&(exports::ADAPTER, "describe")).copied();
    let describe = describe.ok_or_else(|| Refusal::MissingExport(format!("{}#describe", exports::ADAPTER)))?;

    let labels = CallLabels { adapter: file.to_owned(), operation: "describe".to_owned(), ..CallLabels::default() };
    let state = || CallState::new(None, labels.clone(), limits, scrubber.clone());
    engine.typecheck(&prepared, state(), typechecks).await.map_err(|fault| match fault {
        Fault::Contract(reason) => Refusal::WrongType(reason),
        fault => Refusal::Describe(fault),
    })?;
    let (description,) =
        engine.call::<(), (Description,)>(&prepared, &describe, state(), ()).await.map_err(Refusal::Describe)?;
    check_description(&description).map_err(Refusal::Description)?;
    Ok(Verified { description, interfaces, prepared, exports: found })
}

/// What the file is, from its first bytes.
fn check_form(wasm: &[u8]) -> Result<(), Refusal> {
    // Component Model binary format: magic, version 0x0d, layer 1. Core modules: version 1, layer 0.
    match wasm.first_chunk::<8>() {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(()),
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => Err(Refusal::CoreModule),
        Some([0, b'a', b's', b'm', ..]) => Err(Refusal::Damaged("unknown WebAssembly version".to_owned())),
        None if wasm.starts_with(b"\0asm".get(..wasm.len().min(4)).unwrap_or_default()) => {
            Err(Refusal::Damaged("it ends within the header".to_owned()))
        }
        _ => Err(Refusal::NotWasm),
    }
}

/// Why there is no machine code. The pool of memories refuses one that begins too large before anything runs, with a
/// text only.
fn uncompiled(reason: &str, limits: &Limits) -> Refusal {
    if reason.starts_with("memory") && reason.contains("exceeds the limit") {
        return Refusal::Describe(Ceiling::Memory(limits.memory_mib).into());
    }
    Refusal::Damaged(reason.to_owned())
}

/// Interfaces the component imports.
pub(super) fn import_names(engine: &Engine, component: &Component) -> Vec<String> {
    component.component_type().imports(engine.wasmtime()).map(|(name, _)| name.to_owned()).collect()
}

fn check_imports(engine: &Engine, component: &Component) -> Result<(), Refusal> {
    for name in import_names(engine, component) {
        let (interface, version) = name.split_once('@').unwrap_or((&name, ""));
        let package = interface.split_once('/').map_or(interface, |(package, _)| package);
        if let Some((_, has)) = CONTRACT_PACKAGES.iter().find(|(known, _)| *known == package) {
            if newer(version, *has) {
                return Err(Refusal::NewerContract { needed: name.clone(), has: format!("{}.{}", has.0, has.1) });
            }
        } else if !WASI_PACKAGES.contains(&package) {
            return Err(Refusal::ForbiddenImport(name));
        }
    }
    Ok(())
}

/// Whether `version` (`major.minor.patch`) is beyond what the host has.
fn newer(version: &str, has: (u64, u64)) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<u64>().unwrap_or(u64::MAX));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) > has
}

/// The domains it exports: at least one.
fn interfaces(prepared: &Prepared, checks: &[ExportCheck]) -> Result<Vec<&'static str>, Refusal> {
    if !prepared.exports(exports::ADAPTER) {
        return Err(Refusal::MissingExport(exports::ADAPTER.to_owned()));
    }
    let mut interfaces: Vec<_> = checks.iter().map(|check| check.interface).collect();
    interfaces.dedup();
    interfaces.retain(|interface| prepared.exports(interface));
    if interfaces.is_empty() {
        return Err(Refusal::MissingExport("any of the domains pos, suppliers, booking and crm".to_owned()));
    }
    Ok(interfaces)
}

/// What everything else relies on.
fn check_description(description: &Description) -> Result<(), String> {
    let id = &description.id;
    let id_is_good = (1..=64).contains(&id.len())
        && id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && id.starts_with(|first: char| first.is_ascii_lowercase());
    if !id_is_good {
        return Err(format!("its id {id:?} must be lower-case letters, digits and hyphens, starting with a letter"));
    }
    let version = &description.version;
    if version
        .split(['-', '+'])
        .next()
        .unwrap_or_default()
        .split('.')
        .filter(|part| part.parse::<u64>().is_ok())
        .count()
        != 3
    {
        return Err(format!("its version {version:?} is not a semantic version such as 1.0.0"));
    }
    if description.flavors.is_empty() {
        return Err("it has no flavour; a vendor with one API has one flavour".to_owned());
    }
    for setting in &description.settings {
        let key = &setting.key;
        if key.is_empty() || !key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
            return Err(format!("its setting {key:?} must be lower-case letters, digits and underscores"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_first_bytes() {
        assert_eq!(check_form(b"\0asm\x0d\0\x01\0"), Ok(()));
        assert_eq!(check_form(b"\0asm\x01\0\0\0"), Err(Refusal::CoreModule));
        assert_eq!(check_form(b"hello, world"), Err(Refusal::NotWasm));
        assert_eq!(check_form(b"hi"), Err(Refusal::NotWasm));
        assert!(matches!(check_form(b"\0asm\x09\0\x09\0"), Err(Refusal::Damaged(_))));
        assert!(matches!(check_form(b"\0as"), Err(Refusal::Damaged(_))));
        assert!(matches!(check_form(b""), Err(Refusal::Damaged(_))));
    }

    #[test]
    fn a_newer_contract_is_one_with_a_larger_major_or_minor() {
        for (version, expected) in
            [("1.0.0", false), ("1.0.9", false), ("1.1.0", true), ("2.0.0", true), ("0.9.0", false), ("x", true)]
        {
            assert_eq!(newer(version, (1, 0)), expected, "{version}");
        }
    }
}
