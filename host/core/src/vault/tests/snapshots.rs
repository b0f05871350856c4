//! What the configuration sees of the vault.

use std::collections::BTreeSet;

use tokio::sync::watch;

use super::*;

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn shown(snapshot: &Snapshot, name: &str) -> Option<String> {
    snapshot.get(name).map(|secret| secret.expose().to_owned())
}

#[tokio::test]
async fn it_has_what_was_asked_for_and_an_epoch_for_each() {
    let data = Data::new();
    let vault = data.vault();
    vault.put(Space::Secrets, "a", b"one").await.unwrap();
    vault.put(Space::Secrets, "other", b"x").await.unwrap();
    let (snapshot, names) = (Snapshot::default(), names(&["a", "b"]));
    assert!(snapshot.load(&vault, &names).await.is_empty());
    assert_eq!(
        (shown(&snapshot, "a"), shown(&snapshot, "b"), shown(&snapshot, "other")),
        (Some("one".into()), None, None)
    );
    let first = snapshot.epoch();

    vault.put(Space::Secrets, "a", b"one").await.unwrap();
    vault.rotate(NewKey::Generated).await.unwrap();
    snapshot.load(&vault, &names).await;
    assert_eq!(snapshot.epoch(), first, "nothing has another value");

    let of_a = snapshot.epoch_of(["a"]);
    vault.put(Space::Secrets, "b", b"two").await.unwrap();
    snapshot.clone().load(&vault, &names).await;
    assert!(snapshot.epoch() > first && snapshot.epoch_of(["b"]) > of_a);
    assert_eq!((snapshot.epoch_of(["a"]), shown(&snapshot, "b")), (of_a, Some("two".into())));
    let second = snapshot.epoch();
    vault.delete(Space::Secrets, "a").await.unwrap();
    snapshot.load(&vault, &names).await;
    assert!(snapshot.epoch() > second && snapshot.epoch_of(["a"]) > of_a);
    assert_eq!(shown(&snapshot, "a"), None);
    assert!(!format!("{snapshot:?}").contains("two"));
}

#[tokio::test]
async fn what_cannot_be_read_keeps_its_value_or_says_why() {
    let data = Data::new();
    let vault = data.vault();
    for name in ["a", "b"] {
        vault.put(Space::Secrets, name, name.as_bytes()).await.unwrap();
    }
    let (snapshot, late, names) = (Snapshot::default(), Snapshot::default(), names(&["a", "b"]));
    snapshot.load(&vault, &names).await;
    let epoch = snapshot.epoch();
    data.damage(Space::Secrets, "a", 0).await;
    assert_eq!(snapshot.load(&vault, &names).await.len(), 1);
    assert_eq!(snapshot.load(&vault, &names).await.len(), 0, "the same is not said again");
    assert_eq!((shown(&snapshot, "a"), snapshot.epoch()), (Some("a".into()), epoch));
    assert!(matches!(snapshot.error("a"), Some(VaultError::Damaged { .. })));

    late.load(&vault, &names).await;
    assert_eq!((shown(&late, "a"), shown(&late, "b")), (None, Some("b".into())));
    let source: crate::config::SecretSource = serde_json::from_str(r#"{ "secret": "a" }"#).unwrap();
    let text = source.resolve(&late).unwrap_err().to_string();
    assert!(text.contains("vault/secrets/a is damaged"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_change_by_another_process_is_seen_within_two_seconds() {
    let data = Data::new();
    let (vault, other) = (data.vault(), data.vault());
    let (snapshot, changes) = (Snapshot::default(), watch::Sender::new(vault.revision().await.unwrap()));
    let mut changed = changes.subscribe();
    let watching = Watch::start(vault, snapshot.clone(), names(&["a"]), changes);
    for value in ["one", "two"] {
        tokio::time::sleep(Duration::from_secs(7)).await;
        assert!(!changed.has_changed().unwrap());
        other.put(Space::Secrets, "a", value.as_bytes()).await.unwrap();
        let stored = tokio::time::Instant::now();
        changed.changed().await.unwrap();
        assert!(stored.elapsed() <= Duration::from_secs(2), "{:?}", stored.elapsed());
        assert_eq!(shown(&snapshot, "a").unwrap(), value);
        changed.mark_unchanged();
    }
    drop(watching);
    assert!(changed.changed().await.is_err(), "it ends when it is dropped");
}
