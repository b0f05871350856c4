//! `moulin:host/secrets`.

use super::CallState;
use crate::contract::v1::moulin::host::secrets::Host;

impl Host for CallState {
    fn exists(&mut self, name: String) -> wasmtime::Result<bool> {
        Ok(self.scope().is_some_and(|scope| scope.secrets.contains_key(&name)))
    }
}
