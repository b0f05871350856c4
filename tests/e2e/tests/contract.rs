//! The shipped adapters keep to the contract: what they import, export and say of themselves.

use std::collections::BTreeSet;

use moulin_e2e::adapter;
use moulin_host::model::adapter::Support;
use moulin_host::{inspect, operations};

/// The shipped adapters and their domains.
const SHIPPED: [(&str, &str); 9] = [
    ("shipped/lightspeed", "pos"),
    ("shipped/square", "pos"),
    ("shipped/metro", "suppliers"),
    ("shipped/transgourmet", "suppliers"),
    ("shipped/pomona", "suppliers"),
    ("shipped/thefork", "booking"),
    ("shipped/opentable", "booking"),
    ("shipped/hubspot", "crm"),
    ("shipped/zoho", "crm"),
];

#[tokio::test]
async fn shipped_adapters_import_the_contract_and_allowed_wasi_only() {
    for (name, _) in SHIPPED {
        let inspection = inspect(&adapter(name)).await.unwrap();
        for import in &inspection.imports {
            let allowed = import.starts_with("moulin:") && import.ends_with("@1.0.0")
                || ["wasi:cli/", "wasi:clocks/", "wasi:io/", "wasi:random/", "wasi:filesystem/"]
                    .iter()
                    .any(|package| import.starts_with(package) && import.contains("@0.2."));
            assert!(allowed, "{name} imports {import}");
        }
        assert!(!inspection.imports.iter().any(|import| import.contains("sockets")), "{name}");
    }
}

#[tokio::test]
async fn shipped_adapters_export_one_domain_each() {
    for (name, domain) in SHIPPED {
        let inspection = inspect(&adapter(name)).await.unwrap();
        assert_eq!(inspection.domains, [domain], "{name}");
        let expected =
            BTreeSet::from(["moulin:adapter/adapter@1.0.0".to_owned(), format!("moulin:{domain}/{domain}@1.0.0")]);
        assert_eq!(inspection.exports.into_iter().collect::<BTreeSet<_>>(), expected, "{name}");
    }
}

#[tokio::test]
async fn every_flavour_speaks_of_every_operation_of_its_domain() {
    for (name, domain) in SHIPPED {
        let inspection = inspect(&adapter(name)).await.unwrap();
        let expected: BTreeSet<_> =
            operations::all().iter().map(|operation| operation.name).filter(|name| name.starts_with(domain)).collect();
        for flavor in &inspection.description.flavors {
            let named: BTreeSet<_> = flavor.operations.iter().map(|support| support.operation.as_str()).collect();
            assert_eq!(named, expected, "{name}, flavour {}", flavor.id);
            for support in &flavor.operations {
                if let Support::Unsupported(reason) = &support.support {
                    assert!(reason.len() > 20, "{name}: {} gives no reason: {reason}", support.operation);
                }
            }
        }
    }
}
