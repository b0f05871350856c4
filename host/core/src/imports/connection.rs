//! `moulin:host/connection`.

use super::CallState;
use crate::contract::v1::moulin::host::connection::Host;

impl Host for CallState {
    fn flavor(&mut self) -> wasmtime::Result<String> {
        Ok(self.scope().map(|scope| scope.flavor.clone()).unwrap_or_default())
    }

    fn setting(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.scope().and_then(|scope| scope.settings.get(&key).cloned()))
    }

    fn currency(&mut self) -> wasmtime::Result<String> {
        Ok(self.scope().map(|scope| scope.currency.clone()).unwrap_or_default())
    }
}
