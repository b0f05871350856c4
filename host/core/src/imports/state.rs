//! `moulin:host/state`: small durable values of the adapter's own.

use super::CallState;
use crate::contract::v1::moulin::host::state::Host;
use crate::model::{ApiError, VendorError};
use crate::store::StoreError;

/// Longest key, in bytes.
const KEY: usize = 256;
/// Largest value, in bytes.
const VALUE: usize = 64 << 10;
/// Keys of one connection.
const KEYS: u64 = 1000;

impl Host for CallState {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, VendorError>> {
        let Some(scope) = self.scope() else { return Ok(Ok(None)) };
        Ok(scope.store.get(&space(&scope.connection), &key).await.map_err(|error| failed(&error)))
    }

    async fn put(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Result<(), VendorError>> {
        let Some(scope) = self.scope() else { return Ok(Err(refused("describe has no state".to_owned()))) };
        if key.len() > KEY || value.len() > VALUE {
            return Ok(Err(refused(format!("a key has at most {KEY} bytes and a value {VALUE}"))));
        }
        Ok(match scope.store.put(&space(&scope.connection), &key, value, KEYS).await {
            Ok(()) => Ok(()),
            Err(StoreError::Full { .. }) => Err(refused(format!("a connection has at most {KEYS} keys"))),
            Err(error) => Err(failed(&error)),
        })
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), VendorError>> {
        let Some(scope) = self.scope() else { return Ok(Ok(())) };
        Ok(scope.store.delete(&space(&scope.connection), &key).await.map_err(|error| failed(&error)))
    }
}

/// Where the store keeps a connection's values.
fn space(connection: &str) -> String {
    format!("state/{connection}")
}

fn refused(message: String) -> VendorError {
    VendorError::Api(ApiError { status: None, code: Some("state-refused".to_owned()), message, retryable: false })
}

fn failed(error: &StoreError) -> VendorError {
    VendorError::Api(ApiError {
        status: None,
        code: Some("state-failed".to_owned()),
        message: error.to_string(),
        retryable: true,
    })
}
