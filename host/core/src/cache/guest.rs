//! The cache an adapter keeps for itself, one per connection.

use std::fmt;
use std::time::Duration;

use moka::sync::Cache;
use tokio::time::Instant;

/// Bytes of keys and values together.
const CAPACITY: u64 = 16 << 20;
/// Larger values are not kept.
const LARGEST: usize = 4 << 20;

/// Values with a time to live, bounded in bytes, private to one connection. Gone when the process ends.
pub struct GuestCache(Cache<String, Entry>);

#[derive(Clone)]
struct Entry {
    // tokio's clock, so that tests can pause it; moka bounds the size.
    expires: Instant,
    value: Vec<u8>,
}

impl Default for GuestCache {
    fn default() -> Self {
        let weigh = |key: &String, entry: &Entry| u32::try_from(key.len() + entry.value.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weigh).build())
    }
}

impl GuestCache {
    /// The value, unless its time is over.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let entry = self.0.get(key)?;
        if Instant::now() < entry.expires {
            return Some(entry.value);
        }
        self.0.invalidate(key);
        None
    }

    /// Keeps a value for `ttl` at most.
    pub fn put(&self, key: String, value: Vec<u8>, ttl: Duration) {
        if value.len() > LARGEST {
            tracing::debug!(bytes = value.len(), "too large for an adapter's cache");
            return;
        }
        // A time beyond what the clock can hold is for ever; a year is.
        let ttl = ttl.min(Duration::from_secs(365 * 24 * 60 * 60));
        self.0.insert(key, Entry { expires: Instant::now() + ttl, value });
    }

    /// Forgets a value.
    pub fn delete(&self, key: &str) {
        self.0.invalidate(key);
    }
}

impl fmt::Debug for GuestCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_value_lives_for_its_time() {
        let cache = GuestCache::default();
        cache.put("k".to_owned(), vec![1], Duration::from_secs(10));
        cache.put("for ever".to_owned(), vec![2], Duration::MAX);
        assert_eq!(cache.get("k"), Some(vec![1]));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(cache.get("k"), None);
        assert_eq!(cache.get("for ever"), Some(vec![2]));
        cache.delete("for ever");
        assert_eq!(cache.get("for ever"), None);
    }

    #[test]
    fn a_value_that_is_too_large_is_not_kept() {
        let cache = GuestCache::default();
        cache.put("k".to_owned(), vec![0; LARGEST + 1], Duration::from_secs(10));
        assert_eq!(cache.get("k"), None);
    }
}
