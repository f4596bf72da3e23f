//! What can be said of masks without asking Flink. What Flink makes of them is in `tests/suite/masks`.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::syntax::{MAX_LENGTH, RowField, TypeKind};

const STRING: TypeKind = TypeKind::Varchar(MAX_LENGTH);

const NATIVE: [MaskSpec; 7] = [
    MaskSpec::Mask,
    MaskSpec::ShowLast4,
    MaskSpec::ShowFirst4,
    MaskSpec::Hash,
    MaskSpec::Null,
    MaskSpec::None,
    MaskSpec::DateShowYear,
];

fn field(name: &str, kind: TypeKind, nullable: bool) -> RowField {
    RowField {
        name: name.to_owned(),
        data_type: DataType { kind, nullable },
    }
}

fn address() -> DataType {
    DataType::nullable(TypeKind::Row(vec![
        field("zip", TypeKind::Char(6), false),
        field(
            "tags",
            TypeKind::Array(Box::new(DataType::nullable(STRING))),
            true,
        ),
        field(
            "geo",
            TypeKind::Row(vec![field("lat", TypeKind::Double, true)]),
            true,
        ),
    ]))
}

fn names(path: &[&str]) -> Vec<String> {
    path.iter().map(|name| (*name).to_owned()).collect()
}

fn on(data_type: &DataType, masks: &[(&[&str], MaskSpec)]) -> Result<MaskedColumn, MaskError> {
    let paths: Vec<Vec<String>> = masks.iter().map(|(path, _)| names(path)).collect();
    let masks: Vec<FieldMask<'_>> = masks
        .iter()
        .zip(&paths)
        .map(|((_, spec), path)| FieldMask {
            path,
            spec,
            when: None,
        })
        .collect();
    mask_column("c", data_type, &masks)
}

fn whole(kind: TypeKind, spec: MaskSpec) -> Result<MaskedColumn, MaskError> {
    on(&DataType::nullable(kind), &[(&[], spec)])
}

#[test]
fn a_constant_leaves_null_alone_and_needs_no_test_where_there_is_none() {
    let nullable = whole(TypeKind::Date, MaskSpec::Mask).unwrap();
    assert_eq!(
        nullable.sql,
        "CASE WHEN c IS NULL THEN CAST(NULL AS DATE) ELSE CAST(DATE '0001-01-01' AS DATE) END"
    );
    let not_null = DataType {
        kind: TypeKind::Date,
        nullable: false,
    };
    let shown = on(&not_null, &[(&[], MaskSpec::Mask)]).unwrap();
    assert_eq!(
        shown,
        MaskedColumn {
            sql: "CAST(DATE '0001-01-01' AS DATE)".to_owned(),
            data_type: not_null
        }
    );
}

#[test]
fn null_of_a_not_null_column_is_nullable() {
    let not_null = DataType {
        kind: TypeKind::Int,
        nullable: false,
    };
    for spec in [MaskSpec::Null, MaskSpec::Hash] {
        let shown = on(&not_null, &[(&[], spec)]).unwrap();
        assert_eq!(
            (shown.sql.as_str(), shown.data_type.nullable),
            ("CAST(NULL AS INT)", true)
        );
    }
}

#[test]
fn a_hash_that_would_be_cut_is_refused() {
    for kind in [TypeKind::Varchar(63), TypeKind::Char(63)] {
        let error = whole(kind, MaskSpec::Hash).unwrap_err();
        assert_eq!(error.code(), "mask-unfit");
        assert!(
            error
                .to_string()
                .starts_with("mask `MASK_HASH` does not fit type `"),
            "{error}"
        );
    }
    assert!(whole(TypeKind::Varchar(64), MaskSpec::Hash).is_ok());
}

#[test]
fn a_year_is_shown_of_dates_only() {
    for kind in [
        STRING,
        TypeKind::Int,
        TypeKind::Time(0),
        TypeKind::Boolean,
        address().kind,
    ] {
        assert_eq!(
            whole(kind, MaskSpec::DateShowYear).unwrap_err().code(),
            "mask-unfit"
        );
    }
}

#[test]
fn a_type_that_flink_cannot_write_is_shown_whole_or_not_at_all() {
    let kind = TypeKind::TimestampTz(3);
    assert!(whole(kind.clone(), MaskSpec::None).is_ok());
    assert_eq!(
        whole(kind, MaskSpec::Null).unwrap_err().code(),
        "mask-unfit"
    );
}

#[test]
fn paths_lead_through_rows_to_fields_that_are_there() {
    let shown = on(&address(), &[(&["geo", "lat"], MaskSpec::Null)]).unwrap();
    assert_eq!(
        shown.sql,
        "CASE WHEN c IS NULL THEN CAST(NULL AS ROW<`zip` CHAR(6) NOT NULL, `tags` ARRAY<STRING>, `geo` ROW<`lat` DOUBLE>>) \
         ELSE CAST(ROW(c.`zip`, c.`tags`, CASE WHEN c.`geo` IS NULL THEN CAST(NULL AS ROW<`lat` DOUBLE>) \
         ELSE CAST(ROW(CAST(NULL AS DOUBLE)) AS ROW<`lat` DOUBLE>) END) \
         AS ROW<`zip` CHAR(6) NOT NULL, `tags` ARRAY<STRING>, `geo` ROW<`lat` DOUBLE>>) END"
    );
    let refused = |path: &[&str]| on(&address(), &[(path, MaskSpec::Null)]).unwrap_err();
    assert!(matches!(refused(&["ZIP"]), MaskError::UnknownField { field, .. } if field == "ZIP"));
    assert!(matches!(
        refused(&["tags", "x"]),
        MaskError::Unfit {
            data_type: TypeKind::Array(_),
            ..
        }
    ));
    assert!(matches!(
        refused(&["zip", "x"]),
        MaskError::Unfit {
            data_type: TypeKind::Char(6),
            ..
        }
    ));
    // Also where the mask would show the value: what is asked for does not exist.
    assert!(on(&address(), &[(&["zap"], MaskSpec::None)]).is_err());
}

#[test]
fn two_masks_on_one_value_are_refused() {
    for (one, other) in [
        (&[][..], &["zip"][..]),
        (&["zip"], &["zip"]),
        (&["geo", "lat"], &["geo"]),
        (&[], &[]),
    ] {
        let masks = [(one, MaskSpec::Null), (other, MaskSpec::Mask)];
        assert!(
            matches!(on(&address(), &masks), Err(MaskError::Overlap { .. })),
            "{one:?} {other:?}"
        );
    }
}

#[test]
fn without_a_type_nothing_native_is_written() {
    for spec in NATIVE {
        match spec {
            MaskSpec::None => assert_eq!(mask_untyped("c", &spec, Some("x > 1")).unwrap(), "c"),
            _ => assert_eq!(
                mask_untyped("c", &spec, None).unwrap_err().code(),
                "schema-unknown"
            ),
        }
    }
}

#[test]
fn a_condition_shows_the_rows_where_it_is_false() {
    let mask = FieldMask {
        path: &[],
        spec: &MaskSpec::Null,
        when: Some("a = 1 OR b".to_owned()),
    };
    let shown = mask_column("c", &DataType::nullable(STRING), &[mask]).unwrap();
    assert_eq!(
        shown.sql,
        "CASE WHEN (a = 1 OR b) IS FALSE THEN c ELSE CAST(NULL AS STRING) END"
    );
}

/// Names before a parenthesis, outside of literals and quoted names.
fn calls(sql: &str) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    let mut word = String::new();
    let mut quote = None;
    for c in sql.chars() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '`') => quote = Some(c),
            (None, '(') if !word.is_empty() => {
                calls.insert(word.clone());
            }
            _ => {}
        }
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            word.clear();
        }
    }
    calls
}

fn scalar_kinds() -> impl Strategy<Value = TypeKind> {
    use TypeKind as T;
    prop_oneof![
        (1..200u32).prop_map(T::Char),
        (1..200u32).prop_map(T::Varchar),
        Just(STRING),
        Just(T::Boolean),
        (1..99u32).prop_map(T::Binary),
        Just(T::Varbinary(MAX_LENGTH)),
        (1..=38u32)
            .prop_flat_map(|p| (Just(p), 0..=p))
            .prop_map(|(p, s)| T::Decimal(p, s)),
        Just(T::TinyInt),
        Just(T::BigInt),
        Just(T::Float),
        Just(T::Date),
        (0..=3u32).prop_map(T::Time),
        (0..=9u32).prop_map(T::Timestamp),
        (0..=9u32).prop_map(T::TimestampLtz),
        Just(T::Interval("DAY TO SECOND(3)".to_owned())),
        Just(T::Other("VARIANT".to_owned())),
    ]
}

fn types() -> impl Strategy<Value = DataType> {
    let of = |kind: BoxedStrategy<TypeKind>| {
        (kind, any::<bool>())
            .prop_map(|(kind, nullable)| DataType { kind, nullable })
            .boxed()
    };
    of(scalar_kinds().boxed()).prop_recursive(4, 24, 4, move |inner| {
        let fields =
            prop::collection::btree_map("[a-z` ]{1,3}", inner.clone(), 1..4).prop_map(|fields| {
                TypeKind::Row(
                    fields
                        .into_iter()
                        .map(|(name, data_type)| RowField { name, data_type })
                        .collect(),
                )
            });
        let array = inner
            .clone()
            .prop_map(|item| TypeKind::Array(Box::new(item)));
        let map = (inner.clone(), inner)
            .prop_map(|(key, value)| TypeKind::Map(Box::new(key), Box::new(value)));
        of(prop_oneof![3 => fields, 1 => array, 1 => map].boxed())
    })
}

/// The type with every nullability taken away.
fn bare(data_type: &DataType) -> DataType {
    let kind = match &data_type.kind {
        TypeKind::Row(fields) => TypeKind::Row(
            fields
                .iter()
                .map(|f| RowField {
                    name: f.name.clone(),
                    data_type: bare(&f.data_type),
                })
                .collect(),
        ),
        kind => kind.clone(),
    };
    DataType {
        kind,
        nullable: true,
    }
}

/// All paths of fields, the empty one first.
fn paths(data_type: &DataType) -> Vec<Vec<String>> {
    let mut paths = vec![Vec::new()];
    if let TypeKind::Row(fields) = &data_type.kind {
        for field in fields {
            paths.extend(paths_below(field));
        }
    }
    paths
}

fn paths_below(field: &RowField) -> Vec<Vec<String>> {
    paths(&field.data_type)
        .into_iter()
        .map(|path| [vec![field.name.clone()], path].concat())
        .collect()
}

proptest! {
    #[test]
    fn a_mask_changes_nothing_of_a_type_but_nullability(data_type in types(), spec in prop::sample::select(NATIVE.to_vec()), pick in any::<prop::sample::Index>()) {
        let path = pick.get(&paths(&data_type)).clone();
        if let Ok(shown) = mask_column("c", &data_type, &[FieldMask { path: &path, spec: &spec, when: None }]) {
            prop_assert_eq!(bare(&shown.data_type), bare(&data_type));
            prop_assert!(shown.data_type.nullable || !data_type.nullable, "NULL is not lost");
        }
    }

    #[test]
    fn what_is_written_is_an_operand_with_its_brackets_closed(data_type in types(), spec in prop::sample::select(NATIVE.to_vec())) {
        if let Ok(shown) = mask_column("c", &data_type, &[FieldMask { path: &[], spec: &spec, when: None }]) {
            let sql = shown.sql;
            prop_assert!(sql == "c" || (sql.starts_with("CAST(") && sql.ends_with(')')) || (sql.starts_with("CASE ") && sql.ends_with(" END")), "{}", sql);
            let depth = sql.chars().fold(0i32, |depth, c| depth + i32::from(c == '(') - i32::from(c == ')'));
            prop_assert_eq!(depth, 0);
        }
    }

    #[test]
    fn every_function_that_could_be_replaced_is_named(data_type in types(), spec in prop::sample::select(NATIVE.to_vec())) {
        if let Ok(shown) = mask_column("c", &data_type, &[FieldMask { path: &[], spec: &spec, when: None }]) {
            for name in calls(&shown.sql) {
                // The rest are types with a length, and operators with brackets.
                let operator = ["CAST", "ROW", "FLOOR", "CHAR", "VARCHAR", "BINARY", "VARBINARY", "DECIMAL", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ", "SECOND"].contains(&name.as_str());
                prop_assert!(operator || FUNCTIONS.contains(&name.as_str()), "{}", name);
            }
        }
    }

    #[test]
    fn the_order_of_masks_does_not_matter(data_type in types(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let paths: Vec<Vec<String>> = paths(&data_type);
        let one = FieldMask { path: a.get::<Vec<String>>(&paths).as_slice(), spec: &MaskSpec::Null, when: None };
        let other = FieldMask { path: b.get::<Vec<String>>(&paths).as_slice(), spec: &MaskSpec::Mask, when: None };
        let there = mask_column("c", &data_type, &[one.clone(), other.clone()]);
        let back = mask_column("c", &data_type, &[other, one]);
        prop_assert_eq!(there.ok(), back.ok());
    }
}
