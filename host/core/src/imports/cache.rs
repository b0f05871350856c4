//! `moulin:host/cache`: the adapter's own cache, private to its connection.

use std::time::Duration;

use super::CallState;
use crate::contract::v1::moulin::host::cache::Host;

impl Host for CallState {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.scope().and_then(|scope| scope.cache.get(&key)))
    }

    fn put(&mut self, key: String, value: Vec<u8>, ttl_ms: u64) -> wasmtime::Result<()> {
        if let Some(scope) = self.scope() {
            scope.cache.put(key, value, Duration::from_millis(ttl_ms));
        }
        Ok(())
    }

    fn delete(&mut self, key: String) -> wasmtime::Result<()> {
        if let Some(scope) = self.scope() {
            scope.cache.delete(&key);
        }
        Ok(())
    }
}
