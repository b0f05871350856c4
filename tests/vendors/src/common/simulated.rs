//! What every running vendor can be asked for, written once.

/// A server that listens, for a program that holds several. Dropping it closes its port.
pub trait Listening {
    /// `http://127.0.0.1:PORT`.
    fn url(&self) -> &str;
}

/// Gives a type with a field `server` what all vendors have. `$reset` puts back what the type holds itself; without it
/// that is the field `api`.
macro_rules! simulated {
    ($vendor:ident) => {
        $crate::common::simulated::simulated!($vendor, |vendor| vendor.api.reset());
    };
    ($vendor:ident, $reset:expr) => {
        impl $vendor {
            /// `http://127.0.0.1:PORT`.
            #[must_use]
            pub fn url(&self) -> &str {
                self.server.url()
            }

            /// Every request so far, oldest first, as it was on the wire.
            #[must_use]
            pub fn requests(&self) -> Vec<$crate::recording::Recorded> {
                self.server.front.recording.all()
            }

            /// Forgets the requests so far.
            pub fn forget_requests(&self) {
                self.server.front.recording.clear();
            }

            /// The faults to strike with.
            #[must_use]
            pub fn faults(&self) -> &$crate::faults::Faults {
                &self.server.front.faults
            }

            /// Back to the beginning: data, tokens, limits, faults and recordings.
            pub fn reset(&self) {
                let reset: fn(&Self) = $reset;
                self.server.front.faults.clear();
                self.server.front.recording.clear();
                reset(self);
            }
        }

        impl $crate::Listening for $vendor {
            fn url(&self) -> &str {
                self.server.url()
            }
        }
    };
}

pub(crate) use simulated;
