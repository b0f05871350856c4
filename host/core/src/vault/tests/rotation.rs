//! Another key for everything, and what others see of it.

use super::*;

/// A vault with a record in every space.
async fn filled(data: &Data) -> Vault {
    let vault = data.vault();
    for space in Space::ALL {
        vault.put(space, "a", b"value of a").await.unwrap();
        vault.put(space, "b", b"value of b").await.unwrap();
    }
    vault
}

async fn assert_whole(vault: &Vault) {
    for space in Space::ALL {
        for name in ["a", "b"] {
            assert_eq!(value(vault.get(space, name).await.unwrap()).unwrap(), format!("value of {name}"));
        }
    }
}

#[tokio::test]
async fn every_record_is_sealed_anew_and_nothing_of_the_old_key_is_left() {
    let data = Data::new();
    let vault = filled(&data).await;
    let (old_file, old) = (fs::read_to_string(data.key_file()).unwrap(), data.entries().await);
    let old_key = VaultKey::parse(&old_file, "").unwrap();
    let rotated = vault.rotate(NewKey::Generated).await.unwrap();
    assert_eq!((rotated.records, rotated.damaged.len()), (6, 0));
    let new_key = VaultKey::parse(&fs::read_to_string(data.key_file()).unwrap(), "").unwrap();
    assert_eq!(new_key.id(), rotated.key);
    assert_eq!((mode(&data.key_file()), data.key_files()), (0o600, vec!["vault.key".to_owned()]));
    let new = data.entries().await;
    assert_eq!(old.len(), new.len());
    assert!(old.iter().zip(&new).all(|(old, new)| old.0 == new.0 && old.1 != new.1));
    assert_whole(&vault).await;
    assert_whole(&data.vault()).await;
    assert!(matches!(data.vault_with(&old_key).get(Space::Grants, "a").await, Err(VaultError::WrongKey { .. })));
}

#[tokio::test]
async fn a_running_process_takes_a_new_key_file_by_itself() {
    let data = Data::new();
    let vault = filled(&data).await;
    let running = data.vault();
    assert_whole(&running).await;
    for _ in 0..3 {
        vault.rotate(NewKey::Generated).await.unwrap();
        running.put(Space::Secrets, "a", b"value of a").await.unwrap();
        vault.rotate(NewKey::Generated).await.unwrap();
        assert_whole(&running).await;
    }
}

#[tokio::test]
async fn a_running_process_with_an_old_key_from_elsewhere_can_change_nothing() {
    let data = Data::new();
    let (old, new) = (VaultKey::generate().unwrap(), VaultKey::generate().unwrap());
    let (running, vault) = (data.vault_with(&old), data.vault_with(&old));
    running.put(Space::Grants, "till", b"one").await.unwrap();
    let record = running.get(Space::Grants, "till").await.unwrap().unwrap();
    let error = vault.rotate(NewKey::Generated).await.unwrap_err();
    assert!(
        error.to_string().contains("MOULIN_VAULT_KEY") && error.to_string().contains("give the new key"),
        "{error}"
    );
    let error = vault.rotate(NewKey::Given(old.clone())).await.unwrap_err();
    assert!(error.to_string().contains("in use already"), "{error}");
    vault.rotate(NewKey::Given(new.clone())).await.unwrap();
    let before = data.entries().await;
    for error in [
        running.put(Space::Grants, "till", b"two").await.unwrap_err(),
        running.swap(Space::Grants, "till", Some(&record), b"two").await.map(|_| ()).unwrap_err(),
        running.get(Space::Grants, "till").await.map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error, VaultError::WrongKey { .. }), "{error:?}");
        assert!(error.to_string().contains("start again with the new one"), "{error}");
    }
    assert_eq!(data.entries().await, before);
    vault.put(Space::Grants, "till", b"three").await.unwrap();
    let restarted = data.vault_with(&new).get(Space::Grants, "till").await.unwrap();
    assert_eq!(value(restarted).unwrap(), "three");
}

#[tokio::test]
async fn a_record_that_was_read_before_can_be_swapped_and_taken_after() {
    let data = Data::new();
    let vault = filled(&data).await;
    let (a, b) = (vault.get(Space::Grants, "a").await.unwrap(), vault.get(Space::Grants, "b").await.unwrap().unwrap());
    data.vault().rotate(NewKey::Generated).await.unwrap();
    assert!(vault.swap(Space::Grants, "a", a.as_ref(), b"next").await.unwrap().is_some());
    assert!(vault.swap(Space::Grants, "a", a.as_ref(), b"late").await.unwrap().is_none());
    data.vault().rotate(NewKey::Generated).await.unwrap();
    assert!(vault.take(Space::Grants, "b", &b).await.unwrap());
    assert!(!vault.take(Space::Grants, "b", &b).await.unwrap());
    assert_eq!(value(data.vault().get(Space::Grants, "a").await.unwrap()).unwrap(), "next");
}

#[tokio::test]
async fn what_an_interrupted_rotation_left_is_dropped_or_finished() {
    let data = Data::new();
    let vault = filled(&data).await;
    // Interrupted before the records were sealed anew.
    let next = Arc::new(VaultKey::generate().unwrap());
    file::write_new(&data.key_file(), next).await.unwrap();
    let key = fs::read_to_string(data.key_file()).unwrap();
    assert_whole(&data.vault()).await;
    assert_eq!((fs::read_to_string(data.key_file()).unwrap(), data.key_files()), (key, vec!["vault.key".to_owned()]));

    // Interrupted after, with the old key still in its place or lost.
    for lost in [false, true] {
        let old = fs::read_to_string(data.key_file()).unwrap();
        vault.rotate(NewKey::Generated).await.unwrap();
        let new = fs::read_to_string(data.key_file()).unwrap();
        fs::rename(data.key_file(), data.0.path().join("vault.key.new")).unwrap();
        if !lost {
            fs::write(data.key_file(), old).unwrap();
            fs::set_permissions(data.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
        }
        let running = data.vault();
        assert_whole(&running).await;
        assert_eq!(
            (fs::read_to_string(data.key_file()).unwrap(), data.key_files()),
            (new, vec!["vault.key".to_owned()])
        );
    }

    // While another rotates, its files are its own.
    let _lock = vault.lock("vault.key", Duration::ZERO).await.unwrap().unwrap();
    file::write_new(&data.key_file(), Arc::new(VaultKey::generate().unwrap())).await.unwrap();
    assert_whole(&data.vault()).await;
    assert_eq!(data.key_files(), ["vault.key", "vault.key.new"]);
}

#[tokio::test]
async fn a_damaged_record_does_not_keep_the_others_from_a_new_key() {
    let data = Data::new();
    let vault = filled(&data).await;
    data.damage(Space::Grants, "b", 0).await;
    let sealed = data.store().get(Space::Grants.name(), "b").await.unwrap();
    let rotated = vault.rotate(NewKey::Generated).await.unwrap();
    assert_eq!((rotated.records, rotated.damaged), (5, vec!["vault/grants/b".to_owned()]));
    assert_eq!(data.store().get(Space::Grants.name(), "b").await.unwrap(), sealed);
    assert!(matches!(vault.get(Space::Grants, "b").await, Err(VaultError::Damaged { .. })));
    assert_eq!(value(data.vault().get(Space::Grants, "a").await.unwrap()).unwrap(), "value of a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_comes_back_when_others_write_meanwhile() {
    let data = Data::new();
    let vault = filled(&data).await;
    let writing = tokio::spawn({
        let writer = data.vault();
        async move {
            for number in 0..60_u32 {
                writer.put(Space::Secrets, &format!("n{number}"), b"new").await.unwrap();
                let record = writer.get(Space::Grants, "counter").await.unwrap();
                let next = number.to_string();
                let swapped = writer.swap(Space::Grants, "counter", record.as_ref(), next.as_bytes()).await.unwrap();
                assert!(swapped.is_some(), "the only writer lost a swap");
                if number >= 10 {
                    assert!(writer.delete(Space::Secrets, &format!("n{}", number - 10)).await.unwrap());
                }
            }
        }
    });
    let mut rotations = 0;
    while !writing.is_finished() {
        match vault.rotate(NewKey::Generated).await {
            Ok(_) => rotations += 1,
            Err(error) => assert!(matches!(error, VaultError::Busy), "{error:?}"),
        }
    }
    writing.await.unwrap();
    assert!(rotations > 0);
    let vault = data.vault();
    assert_whole(&vault).await;
    assert_eq!(value(vault.get(Space::Grants, "counter").await.unwrap()).unwrap(), "59");
    let mut expected: Vec<_> =
        (50..60).map(|number| format!("n{number}")).chain(["a", "b"].map(str::to_owned)).collect();
    expected.sort();
    assert_eq!(vault.list(Space::Secrets).await.unwrap(), expected);
    for name in expected {
        assert!(read(&vault, &name).await.unwrap().is_some());
    }
}
