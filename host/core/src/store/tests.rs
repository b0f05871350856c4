//! Tests of the embedded store.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::{Change, Condition, SqliteStore, Store, StoreError};

#[tokio::test]
async fn values_survive_and_spaces_are_apart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = SqliteStore::open(&data).unwrap();
    store.put("a", "k", vec![1], 10).await.unwrap();
    store.put("a", "k", vec![2], 10).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&data).unwrap();
    assert_eq!(store.get("a", "k").await.unwrap(), Some(vec![2]));
    assert_eq!(store.get("b", "k").await.unwrap(), None);
    store.delete("a", "k").await.unwrap();
    assert_eq!(store.get("a", "k").await.unwrap(), None);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in fs::read_dir(&data).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn two_processes_may_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (SqliteStore::open(folder.path()).unwrap(), SqliteStore::open(folder.path()).unwrap());
    for number in 0..20 {
        let (left, right) = (format!("l{number}"), format!("r{number}"));
        let both = tokio::join!(one.put("s", &left, vec![0], 100), other.put("s", &right, vec![0], 100));
        assert!(both.0.is_ok() && both.1.is_ok());
    }
    assert_eq!(one.get("s", "r19").await.unwrap(), Some(vec![0]));
}

#[tokio::test]
async fn a_full_space_takes_no_new_key_but_changes_old_ones() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.put("s", "a", vec![1], 1).await.unwrap();
    assert!(matches!(store.put("s", "b", vec![1], 1).await, Err(StoreError::Full { limit: 1, .. })));
    store.put("s", "a", vec![2], 1).await.unwrap();
    assert_eq!(store.get("s", "a").await.unwrap(), Some(vec![2]));
}

#[test]
fn a_file_that_is_no_database_is_an_error_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("moulin.sqlite");
    fs::write(&file, "this is not a database, and it is long enough to be looked at as one").unwrap();
    let error = SqliteStore::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("not a database"), "{error}");
    assert!(fs::read_to_string(&file).unwrap().starts_with("this is not"));
}

fn change(key: &str, value: Option<u8>) -> Change {
    Change::new("s", key, value.map(|value| vec![value]))
}

fn condition(key: &str, value: Option<u8>) -> Condition {
    Condition::new("s", key, value.map(|value| vec![value]))
}

#[tokio::test]
async fn changes_are_made_together_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let first = vec![change("b", Some(2)), change("a", Some(1))];
    assert!(store.apply(vec![condition("a", None)], first).await.unwrap());
    let both = vec![("a".to_owned(), vec![1]), ("b".to_owned(), vec![2])];
    assert_eq!(store.list("s").await.unwrap(), both);
    for wrong in [condition("a", None), condition("a", Some(9)), condition("c", Some(1))] {
        let conditions = vec![condition("b", Some(2)), wrong];
        let changes = vec![change("a", None), change("b", Some(7))];
        assert!(!store.apply(conditions, changes).await.unwrap());
        assert_eq!(store.list("s").await.unwrap(), both);
    }
    let changes = vec![change("a", None), change("c", Some(3))];
    assert!(store.apply(vec![condition("a", Some(1)), condition("z", None)], changes).await.unwrap());
    assert_eq!(store.list("s").await.unwrap(), [("b".to_owned(), vec![2]), ("c".to_owned(), vec![3])]);
    assert_eq!(store.list("other").await.unwrap(), []);
}

#[tokio::test]
async fn the_revision_changes_with_every_commit_of_this_one_and_others_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (SqliteStore::open(folder.path()).unwrap(), SqliteStore::open(folder.path()).unwrap());
    let mut before = (one.revision().await.unwrap(), other.revision().await.unwrap());
    for number in 0..6_u8 {
        let writer = if number % 2 == 0 { &one } else { &other };
        match number {
            0 | 1 | 5 => writer.put("s", "k", vec![number], 10).await.unwrap(),
            2 | 3 => assert!(writer.apply(vec![], vec![change("k", Some(number))]).await.unwrap()),
            _ => writer.delete("s", "k").await.unwrap(),
        }
        let after = (one.revision().await.unwrap(), other.revision().await.unwrap());
        assert!(after.0 > before.0 && after.1 > before.1, "{number}: {before:?} {after:?}");
        before = after;
        one.get("s", "k").await.unwrap();
        assert!(!other.apply(vec![condition("k", Some(99))], vec![change("k", Some(1))]).await.unwrap());
        assert_eq!((one.revision().await.unwrap(), other.revision().await.unwrap()), before);
    }
}

#[tokio::test]
async fn a_lock_has_one_holder_and_is_given_back_when_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (SqliteStore::open(folder.path()).unwrap(), SqliteStore::open(folder.path()).unwrap());
    let held = one.lock("till/../refresh", Duration::ZERO).await.unwrap().unwrap();
    assert!(other.lock("till/../refresh", Duration::ZERO).await.unwrap().is_none());
    assert!(one.lock("till/../refresh", Duration::ZERO).await.unwrap().is_none());
    assert!(other.lock("another", Duration::ZERO).await.unwrap().is_some());
    drop(held);
    assert!(other.lock("till/../refresh", Duration::ZERO).await.unwrap().is_some());
    let long = "x".repeat(5000);
    let _held = one.lock(&long, Duration::ZERO).await.unwrap().unwrap();
    assert!(other.lock(&long, Duration::ZERO).await.unwrap().is_none());
    let locks = folder.path().join("locks");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&locks), 0o700);
    for file in fs::read_dir(&locks).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_lock_gets_it_soon_after_it_is_free_or_gives_up_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let held = store.lock("l", Duration::ZERO).await.unwrap().unwrap();
    let began = tokio::time::Instant::now();
    assert!(store.lock("l", Duration::from_secs(3)).await.unwrap().is_none());
    assert_eq!(began.elapsed().as_secs(), 3);
    let waiting = tokio::spawn(store.lock("l", Duration::from_secs(60)));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let released = tokio::time::Instant::now();
    drop(held);
    assert!(waiting.await.unwrap().unwrap().is_some());
    assert!(released.elapsed() <= Duration::from_millis(50), "{:?}", released.elapsed());
}

#[test]
fn a_new_store_may_be_opened_by_many_at_once() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let barrier = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    SqliteStore::open(folder.path()).unwrap();
                });
            }
        });
    }
}
