use super::*;

#[derive(serde::Deserialize, Default, Debug)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    price: Scalar<'a>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Sale<'a> {
    #[serde(borrow)]
    lines: OneOrMany<Line<'a>>,
}

fn scalar(json: &str) -> Scalar<'_> {
    serde_json::from_str(json).unwrap()
}

#[test]
fn numbers_are_exact_in_both_forms() {
    for json in ["4.95", "\"4.95\"", "495e-2", "\" 4.950 \""] {
        assert_eq!(scalar(json).decimal("price").unwrap(), Some("4.95".parse().unwrap()), "{json}");
    }
    assert!(scalar("0.1234567890123456789").decimal("x").is_err());
    assert_eq!(scalar("9007199254740993").decimal("x").unwrap(), Some(9_007_199_254_740_993.into()));
    let error = scalar("\"dear\"").decimal("Sale.total").unwrap_err();
    assert!(format!("{error:?}").contains("Sale.total"));
}

#[test]
fn nothing_has_many_forms() {
    for json in ["null", "\"\"", "\"  \""] {
        let value = scalar(json);
        assert!(value.text().is_none() && value.id().is_none() && value.decimal("x").unwrap().is_none(), "{json}");
    }
    let absent = Scalar::default();
    assert!(absent.text().is_none() && absent.bool().is_none() && absent.instant("x").unwrap().is_none());
    assert!(absent.required_decimal("x").is_err());
}

#[test]
fn identifiers_and_booleans_in_any_type() {
    assert_eq!(scalar("4711").id().as_deref(), Some("4711"));
    assert_eq!(scalar("\"4711\"").id().as_deref(), Some("4711"));
    assert_eq!((scalar("0").id(), scalar("\"0\"").id()), (None, None));
    assert!(scalar("true").is_true() && scalar("\"true\"").is_true() && scalar("1").is_true());
    assert_eq!(scalar("\"false\"").bool(), Some(false));
    assert_eq!(scalar("\"maybe\"").bool(), None);
    assert_eq!(scalar("\"12\"").integer("n").unwrap(), Some(12));
    assert!(scalar("1.5").integer("n").is_err());
}

#[test]
fn escapes_are_undone_and_plain_text_is_borrowed() {
    assert_eq!(scalar(r#""caf\u00e9 \"noir\"""#).text().as_deref(), Some("café \"noir\""));
    assert!(matches!(scalar("\"crème\"").str(), Some(Cow::Borrowed("crème"))));
    assert!(scalar("{\"a\":1}").text().is_none());
    assert!(scalar("[1]").decimal("x").is_err());
}

#[test]
fn one_object_is_a_list_of_one() {
    for (json, count) in [
        (r#"{"lines":[{"id":1,"price":"2"},{"id":2}]}"#, 2),
        (r#"{"lines":{"id":1,"price":2.5}}"#, 1),
        (r#"{"lines":[]}"#, 0),
        (r#"{"lines":""}"#, 0),
        (r#"{"lines":null}"#, 0),
        ("{}", 0),
    ] {
        let sale: Sale<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(sale.lines.iter().count(), count, "{json}");
    }
    assert!(serde_json::from_str::<Sale<'_>>(r#"{"lines":"x"}"#).is_err());
    assert!(serde_json::from_str::<Sale<'_>>(r#"{"lines":7}"#).is_err());
}

#[test]
fn raw_text_is_kept_only_when_asked_for() {
    let json = r#"[{"id": 1, "more": [true]}, {"id":"2"}]"#;
    let with: Vec<Row<'_, Line<'_>>> = rows(json, true).unwrap();
    assert_eq!(
        with.iter().map(|row| row.raw).collect::<Vec<_>>(),
        [Some(r#"{"id": 1, "more": [true]}"#), Some(r#"{"id":"2"}"#)]
    );
    let without: Vec<Row<'_, Line<'_>>> = rows(json, false).unwrap();
    assert!(without.iter().all(|row| row.raw.is_none()));
    assert_eq!(without.iter().filter_map(|row| row.record.id.id()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(rows::<Line<'_>>(r#"{"id":1}"#, true).unwrap().len(), 1);
    for raw in [true, false] {
        for nothing in ["\"\"", "null", "[]"] {
            assert_eq!(rows::<Line<'_>>(nothing, raw).unwrap().len(), 0, "{nothing}");
        }
        for wrong in ["\"many\"", "7", "true", "[1]", ""] {
            assert!(rows::<Line<'_>>(wrong, raw).is_err(), "{wrong} {raw}");
        }
    }
}

#[test]
fn a_list_is_no_record() {
    assert_eq!(row::<Line<'_>>(r#" {"id":1}"#, true).unwrap().record.id.id().as_deref(), Some("1"));
    for wrong in ["[1]", " [\"1\"]", "7", "null", ""] {
        assert!(row::<Line<'_>>(wrong, true).is_err(), "{wrong}");
    }
}

#[test]
fn members_are_picked_by_name() {
    let [next, rows] = members(r#"{"a":{"b":[1]},"next":"x","rows": [1, 2] }"#, ["next", "rows"]).unwrap();
    assert_eq!((next, rows), (Some("\"x\""), Some("[1, 2]")));
    assert_eq!(members("{}", ["a"]).unwrap(), [None]);
    assert!(members("[]", ["a"]).is_err() && members("{} x", ["a"]).is_err() && members("<html>", ["a"]).is_err());
}

#[test]
fn decimals_are_written_as_numbers_with_all_digits() {
    #[derive(Serialize)]
    struct Item {
        #[serde(serialize_with = "json_number")]
        quantity: Decimal,
    }
    let item = Item { quantity: "1234567890.123456789".parse().unwrap() };
    assert_eq!(serde_json::to_string(&item).unwrap(), r#"{"quantity":1234567890.123456789}"#);
}
