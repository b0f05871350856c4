//! Schemas under one roof: names that clash, and schemas nobody refers to.

use serde_json::{Map, Value};

/// Where schemas live in the document.
pub(super) const SCHEMAS: &str = "/components/schemas";

/// Paths, and the schemas they refer to.
#[derive(Debug, Default)]
pub(super) struct Fragment {
    /// Path items by path.
    pub(super) paths: Map<String, Value>,
    /// Schemas by name.
    pub(super) schemas: Map<String, Value>,
}

/// The name a schema of a fragment takes when another fragment has a different one of the same name.
pub(super) type Rename = Box<dyn Fn(&str) -> String>;

/// One fragment of several. Types of the same name and form become one; where the forms differ, as of a customer in a
/// till and in a reservation book, each takes the name its fragment gives it.
pub(super) fn merge(mut fragments: Vec<(Rename, Fragment)>) -> Fragment {
    // Renaming one schema changes those that refer to it, so that they may differ now: again until nothing does.
    while let Some(name) = clash(&fragments) {
        for (rename, fragment) in &mut fragments {
            let new = rename(&name);
            if new != name && fragment.schemas.contains_key(&name) {
                fragment.rename(&name, &new);
            }
        }
    }
    let mut merged = Fragment::default();
    for (_, fragment) in fragments {
        merged.paths.extend(fragment.paths);
        merged.schemas.extend(fragment.schemas);
    }
    merged.schemas.sort_keys();
    merged
}

/// A name two fragments give to different schemas.
fn clash(fragments: &[(Rename, Fragment)]) -> Option<String> {
    fragments.iter().enumerate().find_map(|(index, (_, fragment))| {
        let others = || fragments.iter().skip(index + 1);
        fragment.schemas.iter().find_map(|(name, schema)| {
            let differs = |other: &Value| other != schema;
            others().any(|(_, other)| other.schemas.get(name).is_some_and(differs)).then(|| name.clone())
        })
    })
}

impl Fragment {
    fn rename(&mut self, old: &str, new: &str) {
        if let Some(schema) = self.schemas.remove(old) {
            self.schemas.insert(new.to_owned(), schema);
        }
        let (old, new) = (reference(old), reference(new));
        for value in self.paths.values_mut().chain(self.schemas.values_mut()) {
            redirect(value, &old, &new);
        }
    }
}

/// The reference to a schema.
pub(super) fn reference(name: &str) -> String {
    format!("#{SCHEMAS}/{name}")
}

fn redirect(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "$ref" && value == old {
                    *value = Value::from(new);
                } else {
                    redirect(value, old, new);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| redirect(value, old, new)),
        _ => {}
    }
}

/// Leaves only the schemas that are reached from these values.
pub(super) fn prune(schemas: &mut Map<String, Value>, from: &[&Value]) {
    let mut reached: Vec<String> = Vec::new();
    for value in from {
        collect(value, schemas, &mut reached);
    }
    schemas.retain(|name, _| reached.contains(name));
}

fn collect(value: &Value, schemas: &Map<String, Value>, reached: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let target = value.as_str().filter(|_| name == "$ref").and_then(|target| target.rsplit('/').next());
                match target {
                    Some(target) if !reached.iter().any(|name| name == target) => {
                        if let Some(schema) = schemas.get(target) {
                            reached.push(target.to_owned());
                            collect(schema, schemas, reached);
                        }
                    }
                    _ => collect(value, schemas, reached),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, schemas, reached)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fragment(path: &str, schemas: Value) -> Fragment {
        let paths = json!({ path: { "$ref": reference("Page") } });
        Fragment { paths: paths.as_object().unwrap().clone(), schemas: schemas.as_object().unwrap().clone() }
    }

    #[test]
    fn schemas_that_differ_are_told_apart_and_so_are_those_that_refer_to_them() {
        let page = json!({"items": {"$ref": reference("Customer")}});
        let till = fragment("/till", json!({"Customer": {"a": 1}, "Page": page, "Date": {}}));
        let book = fragment("/book", json!({"Customer": {"b": 2}, "Page": page, "Date": {}}));
        let merged = merge(vec![
            (Box::new(|name| format!("Pos{name}")), till),
            (Box::new(|name| format!("Booking{name}")), book),
        ]);
        let names: Vec<_> = merged.schemas.keys().map(String::as_str).collect();
        assert_eq!(names, ["BookingCustomer", "BookingPage", "Date", "PosCustomer", "PosPage"]);
        assert_eq!(merged.paths["/till"]["$ref"], reference("PosPage"));
        assert_eq!(merged.schemas["BookingPage"]["items"]["$ref"], reference("BookingCustomer"));
    }

    #[test]
    fn what_nobody_refers_to_goes() {
        let schemas = json!({"A": {"$ref": reference("B")}, "B": {"$ref": reference("A")}, "C": {}});
        let mut schemas = schemas.as_object().unwrap().clone();
        prune(&mut schemas, &[&json!([{"$ref": reference("A")}])]);
        assert_eq!(schemas.keys().collect::<Vec<_>>(), ["A", "B"]);
    }
}
