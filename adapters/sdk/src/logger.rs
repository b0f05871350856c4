//! The `log` crate's macros write to the host.

/// Hands records over; the host adds adapter, version, connection and operation, and decides what is kept.
#[cfg(target_family = "wasm")]
struct HostLog;

#[cfg(target_family = "wasm")]
impl log::Log for HostLog {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        use crate::bindings::common::moulin::host::log::{Level, log};

        struct Fields(Vec<(String, String)>);
        impl<'kvs> log::kv::VisitSource<'kvs> for Fields {
            fn visit_pair(
                &mut self,
                key: log::kv::Key<'kvs>,
                value: log::kv::Value<'kvs>,
            ) -> Result<(), log::kv::Error> {
                self.0.push((key.to_string(), value.to_string()));
                Ok(())
            }
        }

        let level = match record.level() {
            log::Level::Error => Level::Error,
            log::Level::Warn => Level::Warn,
            log::Level::Info => Level::Info,
            log::Level::Debug => Level::Debug,
            log::Level::Trace => Level::Trace,
        };
        let mut fields = Fields(Vec::new());
        // The visitor above never fails.
        let _ = record.key_values().visit(&mut fields);
        log(level, &record.args().to_string(), &fields.0);
    }

    fn flush(&self) {}
}

/// Before every call: an instance lives for one call only, and a second installation is refused without harm.
pub(crate) fn install() {
    #[cfg(target_family = "wasm")]
    if log::set_logger(&HostLog).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
}
