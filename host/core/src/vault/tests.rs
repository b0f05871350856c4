//! Tests of the vault on a real store.

mod keys;
mod rotation;
mod snapshots;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::store::SqliteStore;

/// A data folder, gone when dropped.
struct Data(tempfile::TempDir);

impl Data {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn key_file(&self) -> PathBuf {
        self.0.path().join("vault.key")
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.0.path()).unwrap())
    }

    /// A vault as another process would open it, with its key in the usual file.
    fn vault(&self) -> Vault {
        Vault::new(self.store(), KeySource::File(self.key_file()))
    }

    /// The same with a key from elsewhere.
    fn vault_with(&self, key: &VaultKey) -> Vault {
        let source = KeySource::Text { origin: KEY_VARIABLE.to_owned(), text: key.expose() };
        Vault::new(self.store(), source)
    }

    /// Every entry of the vault's spaces as it is in the store.
    async fn entries(&self) -> Vec<(String, Vec<u8>)> {
        let store = self.store();
        let mut entries = Vec::new();
        for space in [META, Space::Secrets.name(), Space::Grants.name(), Space::Pending.name()] {
            entries.extend(store.list(space).await.unwrap());
        }
        entries
    }

    /// Files of keys, whole or half-written.
    fn key_files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.contains("key")).collect();
        names.sort();
        names
    }

    /// Changes one byte of a record, counted from its end.
    async fn damage(&self, space: Space, name: &str, from_end: usize) {
        let store = self.store();
        let mut sealed = store.get(space.name(), name).await.unwrap().unwrap();
        let at = sealed.len() - 1 - from_end;
        sealed[at] ^= 1;
        store.put(space.name(), name, sealed, 1000).await.unwrap();
    }
}

fn value(record: Option<Record>) -> Option<String> {
    record.map(|record| String::from_utf8(record.value().to_vec()).unwrap())
}

async fn read(vault: &Vault, name: &str) -> Result<Option<String>, VaultError> {
    vault.get(Space::Secrets, name).await.map(value)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_is_put_is_there_for_others_too_until_it_is_deleted() {
    let data = Data::new();
    let vault = data.vault();
    assert!(vault.get(Space::Secrets, "metro").await.unwrap().is_none());
    assert!(!data.key_file().exists(), "a key was made before there was anything to seal");
    vault.put(Space::Secrets, "metro", b"one").await.unwrap();
    vault.put(Space::Secrets, "metro", b"two").await.unwrap();
    vault.put(Space::Grants, "metro", b"grant").await.unwrap();
    assert_eq!(mode(&data.key_file()), 0o600);
    let other = data.vault();
    assert_eq!(value(other.get(Space::Secrets, "metro").await.unwrap()).unwrap(), "two");
    assert_eq!(value(other.get(Space::Grants, "metro").await.unwrap()).unwrap(), "grant");
    assert_eq!(other.list(Space::Secrets).await.unwrap(), ["metro"]);
    assert!(other.delete(Space::Secrets, "metro").await.unwrap());
    assert!(!vault.delete(Space::Secrets, "metro").await.unwrap());
    assert!(vault.get(Space::Secrets, "metro").await.unwrap().is_none());
    assert_eq!(value(vault.get(Space::Grants, "metro").await.unwrap()).unwrap(), "grant");
}

#[tokio::test]
async fn of_many_swaps_at_once_exactly_one_wins() {
    let data = Data::new();
    let vaults = [data.vault(), data.vault()];
    for before in [None, vaults[0].get(Space::Grants, "till").await.unwrap()] {
        let swaps = (0..50).map(|number| {
            let (vault, before) = (vaults[number % 2].clone(), before.clone());
            tokio::spawn(async move {
                vault.swap(Space::Grants, "till", before.as_ref(), number.to_string().as_bytes()).await.unwrap()
            })
        });
        let outcomes: Vec<_> = futures::future::join_all(swaps).await.into_iter().map(Result::unwrap).collect();
        let won: Vec<_> = outcomes.into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        let now = vaults[1].get(Space::Grants, "till").await.unwrap().unwrap();
        assert_eq!(now.value(), won[0].value());
        // The winner's record is the one to go on from; the same value written again is another record.
        let next = vaults[0].swap(Space::Grants, "till", Some(&won[0]), b"same").await.unwrap().unwrap();
        let same = vaults[0].swap(Space::Grants, "till", Some(&next), b"same").await.unwrap().unwrap();
        assert!(vaults[0].swap(Space::Grants, "till", Some(&next), b"late").await.unwrap().is_none());
        assert!(vaults[0].take(Space::Grants, "till", &same).await.unwrap());
    }
}

#[tokio::test]
async fn of_many_that_take_a_record_exactly_one_has_it() {
    let data = Data::new();
    let vault = data.vault();
    vault.put(Space::Pending, "state", b"verifier").await.unwrap();
    let record = vault.get(Space::Pending, "state").await.unwrap().unwrap();
    let takes = (0..50).map(|_| {
        let (vault, record) = (data.vault(), record.clone());
        tokio::spawn(async move { vault.take(Space::Pending, "state", &record).await.unwrap() })
    });
    let took = futures::future::join_all(takes).await.into_iter().filter(|took| *took.as_ref().unwrap()).count();
    assert_eq!(took, 1);
    // A later record of the same name is not the one that was read.
    vault.put(Space::Pending, "state", b"verifier").await.unwrap();
    assert!(!vault.take(Space::Pending, "state", &record).await.unwrap());
    assert!(vault.get(Space::Pending, "state").await.unwrap().is_some());
}

#[tokio::test]
async fn a_name_that_no_configuration_could_hold_is_refused() {
    let data = Data::new();
    let vault = data.vault();
    for name in ["", "Metro", "-x", ".x", "a b", "a/b", "é", &"x".repeat(129)] {
        let error = vault.put(Space::Secrets, name, b"v").await.unwrap_err();
        assert!(matches!(&error, VaultError::Name(shown) if shown == name), "{error}");
    }
    for name in ["metro.key", "0", "a_b-c", &"x".repeat(128)] {
        vault.put(Space::Secrets, name, b"v").await.unwrap();
    }
    vault.put(Space::Pending, "State/With=Anything", b"v").await.unwrap();
}
