//! Keys that are missing, wrong or unusable: each another error, and nothing is overwritten.

use super::*;

/// Every way to write fails with an error of this kind, and the store is as it was.
async fn assert_refused(data: &Data, vault: &Vault, kind: impl Fn(&VaultError) -> bool) -> String {
    let before = data.entries().await;
    assert!(!before.is_empty());
    let errors = [
        vault.get(Space::Secrets, "metro").await.map(|_| ()).unwrap_err(),
        vault.put(Space::Secrets, "metro", b"other").await.unwrap_err(),
        vault.put(Space::Secrets, "new", b"other").await.unwrap_err(),
        vault.swap(Space::Secrets, "new", None, b"other").await.map(|_| ()).unwrap_err(),
        vault.rotate(NewKey::Given(VaultKey::generate().unwrap())).await.map(|_| ()).unwrap_err(),
    ];
    for error in &errors {
        assert!(kind(error), "{error:?}");
    }
    assert_eq!(data.entries().await, before);
    errors[0].to_string()
}

/// A vault with one secret in it, `metro`.
async fn filled() -> Data {
    let data = Data::new();
    data.vault().put(Space::Secrets, "metro", b"one").await.unwrap();
    data
}

#[tokio::test]
async fn a_missing_key_is_not_replaced_by_a_new_one() {
    let data = filled().await;
    let kept = data.0.path().join("elsewhere");
    fs::rename(data.key_file(), &kept).unwrap();
    let text = assert_refused(&data, &data.vault(), |error| matches!(error, VaultError::KeyMissing { .. })).await;
    assert!(text.contains("vault.key is missing") && text.contains("put the file back"), "{text}");
    assert!(!data.key_file().exists());
    fs::rename(kept, data.key_file()).unwrap();
    assert_eq!(read(&data.vault(), "metro").await.unwrap().unwrap(), "one");
}

#[tokio::test]
async fn a_wrong_key_names_both_keys_and_no_secret_part_of_them() {
    let data = filled().await;
    let right = VaultKey::parse(&fs::read_to_string(data.key_file()).unwrap(), "").unwrap();
    let wrong = VaultKey::generate().unwrap();
    let vault = data.vault_with(&wrong);
    let text = assert_refused(&data, &vault, |error| matches!(error, VaultError::WrongKey { .. })).await;
    assert!(text.contains(&format!("sealed with the key {}", right.id())), "{text}");
    assert!(text.contains(&format!("MOULIN_VAULT_KEY is {}", wrong.id())), "{text}");
    assert_eq!(read(&data.vault_with(&right), "metro").await.unwrap().unwrap(), "one");

    // The same when the file holds it, and when the record of the key in use is lost.
    fs::write(data.key_file(), wrong.expose().as_bytes()).unwrap();
    assert_refused(&data, &data.vault(), |error| matches!(error, VaultError::WrongKey { .. })).await;
    data.store().delete(META, KEY_IN_USE).await.unwrap();
    assert_refused(&data, &data.vault(), |error| matches!(error, VaultError::WrongKey { .. })).await;
    data.vault_with(&right).put(Space::Secrets, "metro", b"two").await.unwrap();
    assert_eq!(read(&data.vault_with(&right), "metro").await.unwrap().unwrap(), "two");
}

#[tokio::test]
async fn a_key_file_that_others_can_use_is_refused_with_the_remedy() {
    let data = filled().await;
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(data.key_file(), fs::Permissions::from_mode(mode)).unwrap();
        let text = assert_refused(&data, &data.vault(), |error| matches!(error, VaultError::KeyExposed { .. })).await;
        assert!(text.contains(&format!("chmod 600 {}", data.key_file().display())), "{text}");
    }
    fs::set_permissions(data.key_file(), fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(read(&data.vault(), "metro").await.unwrap().unwrap(), "one");
}

#[tokio::test]
async fn a_file_that_holds_no_key_is_refused_and_stays() {
    let data = filled().await;
    for text in ["", "hunter2\n", "\u{fffd}", &"A".repeat(10_000)] {
        fs::write(data.key_file(), text).unwrap();
        assert_refused(&data, &data.vault(), |error| matches!(error, VaultError::KeyMalformed { .. })).await;
        assert_eq!(fs::read_to_string(data.key_file()).unwrap(), text);
    }
    fs::write(data.key_file(), [0xff; 32]).unwrap();
    assert_refused(&data, &data.vault(), |error| matches!(error, VaultError::KeyMalformed { .. })).await;
    fs::remove_file(data.key_file()).unwrap();
    fs::create_dir(data.key_file()).unwrap();
    assert_refused(&data, &data.vault(), |error| matches!(error, VaultError::KeyFile { .. })).await;
}

#[tokio::test]
async fn a_damaged_record_is_named_and_does_not_concern_others() {
    let data = filled().await;
    let vault = data.vault();
    vault.put(Space::Secrets, "square", b"three").await.unwrap();
    let length = data.store().get(Space::Secrets.name(), "metro").await.unwrap().unwrap().len();
    // The tag, the value, the nonce, the key's identifier, the form.
    for from_end in [0, 20, length - 12, length - 4, length - 1] {
        data.damage(Space::Secrets, "metro", from_end).await;
        let before = data.entries().await;
        for vault in [&vault, &data.vault()] {
            let error = read(vault, "metro").await.unwrap_err();
            assert!(matches!(&error, VaultError::Damaged { name, .. } if name == "metro"), "{from_end}: {error:?}");
            assert!(error.to_string().contains("moulin secret set metro"), "{error}");
            let error = vault.swap(Space::Secrets, "metro", None, b"other").await.unwrap_err();
            assert!(matches!(error, VaultError::Damaged { .. }), "{from_end}: {error:?}");
            assert_eq!(read(vault, "square").await.unwrap().unwrap(), "three");
        }
        assert_eq!(data.entries().await, before);
        vault.put(Space::Secrets, "metro", b"anew").await.unwrap();
        assert_eq!(read(&data.vault(), "metro").await.unwrap().unwrap(), "anew");
    }
    // A record in another one's place is no record.
    let store = data.store();
    let sealed = store.get(Space::Secrets.name(), "square").await.unwrap().unwrap();
    store.put(Space::Secrets.name(), "metro", sealed, 1000).await.unwrap();
    assert!(matches!(read(&vault, "metro").await, Err(VaultError::Damaged { .. })));
    assert!(vault.delete(Space::Secrets, "metro").await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_begin_together_agree_on_one_key() {
    for _ in 0..10 {
        let data = Data::new();
        let puts = (0..8).map(|number| {
            let vault = data.vault();
            tokio::spawn(async move { vault.put(Space::Secrets, &format!("s{number}"), b"v").await.unwrap() })
        });
        futures::future::join_all(puts).await.into_iter().for_each(Result::unwrap);
        assert_eq!(data.key_files(), ["vault.key"]);
        for number in 0..8 {
            assert_eq!(read(&data.vault(), &format!("s{number}")).await.unwrap().unwrap(), "v");
        }
    }
}

fn command(data: &Data, script: &str) -> Vault {
    Vault::new(data.store(), KeySource::Command(["sh", "-c", script].map(str::to_owned).to_vec()))
}

#[tokio::test]
async fn a_command_prints_the_key_and_is_run_once() {
    let data = Data::new();
    let key = VaultKey::generate().unwrap();
    let runs = data.0.path().join("runs");
    let script = format!("echo run >> {}; echo noise >&2; echo {}", runs.display(), *key.expose());
    let vault = command(&data, &script);
    vault.put(Space::Secrets, "metro", b"one").await.unwrap();
    vault.put(Space::Secrets, "metro", b"two").await.unwrap();
    assert_eq!(read(&vault, "metro").await.unwrap().unwrap(), "two");
    assert_eq!(fs::read_to_string(runs).unwrap(), "run\n");
    assert_eq!(read(&data.vault_with(&key), "metro").await.unwrap().unwrap(), "two");
    assert!(data.key_files().is_empty());
}

#[tokio::test]
async fn a_command_that_fails_says_how() {
    let data = filled().await;
    let failing = |error: &VaultError| matches!(error, VaultError::KeyCommand { .. });
    let vault = command(&data, "echo; echo locked, unlock it first >&2; echo more >&2; exit 3");
    let text = assert_refused(&data, &vault, failing).await;
    assert!(text.contains("sh failed with exit status: 3: locked, unlock it first; try it"), "{text}");
    let vault = Vault::new(data.store(), KeySource::Command(vec!["/nowhere/pass".to_owned()]));
    let text = assert_refused(&data, &vault, failing).await;
    assert!(text.contains("/nowhere/pass cannot be started"), "{text}");
    let vault = command(&data, "echo hunter2");
    let text = assert_refused(&data, &vault, |error| matches!(error, VaultError::KeyMalformed { .. })).await;
    assert!(text.contains("vault.key_command") && !text.contains("hunter2"), "{text}");
    // One that never stops to print is stopped.
    assert_refused(&data, &command(&data, "yes"), |error| {
        failing(error) || matches!(error, VaultError::KeyMalformed { .. })
    })
    .await;
}

#[tokio::test]
async fn a_command_that_hangs_is_stopped_and_not_asked_by_everyone_again() {
    let data = filled().await;
    let runs = data.0.path().join("runs");
    let vault = command(&data, &format!("echo run >> {}; exec sleep 600", runs.display()));
    // The clock stands until the program has begun, and then goes on as fast as it can.
    let reading: Vec<_> = (0..5)
        .map(|_| {
            tokio::spawn({
                let vault = vault.clone();
                async move { read(&vault, "metro").await.unwrap_err().to_string() }
            })
        })
        .collect();
    while fs::read_to_string(&runs).is_err() {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    for reading in reading {
        let text = reading.await.unwrap();
        assert!(text.contains("did not end within 10 s"), "{text}");
    }
    assert_eq!(fs::read_to_string(runs).unwrap(), "run\n");
}
