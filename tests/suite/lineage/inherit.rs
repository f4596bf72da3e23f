//! Which mask a derived column has: every row of the table of inheritance, the states of written data, conflicts, cycles.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use sqlsec::catalog::{DataType, TableName, TypeKind};
use sqlsec::lineage::inherit::{Found, Own, OwnColumn, Settings, Sources, Walk, fingerprint};
use sqlsec::lineage::store::{Entry, Known};
use sqlsec::lineage::{
    ColumnLineage, Dataset, Direct, Edge, Fingerprint, Form, Indirect, ItemText, Reduction,
    Relationship, SourceColumn, StatementLineage, StatementRecord, Written,
};
use sqlsec::mask::{Hides, MaskSpec, Nulls, Numbers, Template};
use sqlsec::policy::{Aggregate, ColumnMask, Inherit, Inheritance, Mixed, OnConflict};
use sqlsec::syntax::Span;

/// What one reader's rules say, and what was written.
#[derive(Default)]
struct World {
    own: BTreeMap<SourceColumn, Own>,
    types: BTreeMap<SourceColumn, DataType>,
    known: Known,
    inheritance: Inheritance,
    cuts: Vec<SourceColumn>,
}

impl Sources for World {
    type Error = Infallible;

    fn own(&self, column: &SourceColumn) -> Result<OwnColumn, Infallible> {
        Ok(OwnColumn {
            own: self.own.get(column).cloned().unwrap_or(Own::Silent),
            data_type: self.types.get(column).cloned(),
        })
    }

    fn writers(&self, dataset: &Dataset) -> Vec<Arc<Entry>> {
        self.known.writers(dataset, &|a, b| a == b)
    }

    fn is_cut(&self, _: &Entry, _: &str, _: &Edge) -> bool {
        false
    }

    fn is_declassified(&self, column: &SourceColumn) -> bool {
        self.cuts.contains(column)
    }
}

fn dataset(table: &str) -> Dataset {
    Dataset {
        name: TableName::new("c", "d", table),
        physical: vec![format!("s3://lake/{table}")],
    }
}

/// `table.column`.
fn column(text: &str) -> SourceColumn {
    let (table, column) = text.split_once('.').expect("table.column");
    SourceColumn::new(&dataset(table), column)
}

fn text() -> DataType {
    DataType::nullable(TypeKind::Varchar(i32::MAX.cast_unsigned()))
}

fn int() -> DataType {
    DataType::nullable(TypeKind::Int)
}

fn mask(spec: MaskSpec) -> ColumnMask {
    ColumnMask {
        path: vec!["x".to_owned()],
        mask: spec,
        when: None,
        rule: Arc::from("rule"),
        inherit: Inherit::default(),
        aggregate: Aggregate::default(),
        inherited: None,
    }
}

fn template(text: &str) -> MaskSpec {
    let template = Template::new("site", text, Nulls::Auto).expect("a template");
    MaskSpec::Template(Arc::new(template))
}

fn encrypt() -> MaskSpec {
    template("encrypt({col})")
}

const fn direct(form: Form, reduction: Reduction) -> Relationship {
    Relationship::Direct(Direct { form, reduction })
}

const SAME: Relationship = Relationship::Direct(Direct::SAME);
const DERIVED: Relationship = direct(Form::Derived, Reduction::None);

impl World {
    /// A reader with one mask on `a.x`, which is a text.
    fn masked(spec: MaskSpec) -> Self {
        let mut world = Self::default();
        world.rule("a.x", spec);
        world.typed("a.x", text())
    }

    fn rule(&mut self, at: &str, spec: MaskSpec) {
        let mut mask = mask(spec);
        mask.rule = Arc::from(at);
        self.own.insert(column(at), Own::Masked(vec![mask]));
    }

    fn typed(mut self, at: &str, data_type: DataType) -> Self {
        self.types.insert(column(at), data_type);
        self
    }

    /// A job that writes one column from others.
    fn wrote(&mut self, target: &str, sources: &[(&str, Relationship)]) -> &mut Self {
        self.wrote_under(target, sources, &[], None)
    }

    fn wrote_under(
        &mut self,
        target: &str,
        sources: &[(&str, Relationship)],
        masked: &[(&str, Fingerprint)],
        function: Option<&str>,
    ) -> &mut Self {
        let (table, name) = target.split_once('.').expect("table.column");
        let edges = sources.iter().map(|(source, relationship)| Edge {
            source: column(source),
            relationship: *relationship,
            span: Span::new(1, 2),
        });
        let (whole, own): (Vec<Edge>, Vec<Edge>) = edges.partition(|edge| {
            matches!(
                edge.relationship,
                Relationship::Indirect(
                    Indirect::Join | Indirect::Filter | Indirect::GroupBy | Indirect::Sort
                )
            )
        });
        let written = Written {
            target: Some(dataset(table)),
            replaces: false,
            columns: vec![ColumnLineage {
                name: name.to_owned(),
                data_type: None,
                edges: own,
            }],
            whole,
            span: Span::default(),
        };
        let text = function.map(|function| ItemText {
            hash: String::new(),
            function: Some(function.to_owned()),
            bare: true,
        });
        let statement = StatementRecord {
            lineage: StatementLineage {
                outputs: vec![written],
            },
            masked: masked
                .iter()
                .map(|(source, print)| (column(source), print.clone()))
                .collect(),
            texts: text.into_iter().map(|t| (Span::new(1, 2), t)).collect(),
            ..StatementRecord::default()
        };
        let job = format!("job of {target}");
        self.known
            .overlay((&job, "somebody", 0), &statement, &Known::default());
        self
    }

    fn found(&self, at: &str, data_type: &DataType) -> Found {
        let settings = Settings::from(&self.inheritance);
        let mut walk = Walk::new(self, &settings);
        let Ok(found) = walk.inherited(&column(at), Some(data_type));
        found
    }

    /// The name of the mask that a column has, or `raw`.
    fn reads(&self, at: &str, data_type: &DataType) -> String {
        let found = self.found(at, data_type);
        match found.masks.as_slice() {
            [] => "raw".to_owned(),
            [mask] => mask.mask.name().to_owned(),
            several => panic!("{several:?}"),
        }
    }
}

/// What a text column reads that was made of `a.x` in one step.
fn step(spec: MaskSpec, relationship: Relationship, target: &DataType) -> String {
    let mut world = World::masked(spec);
    world.wrote("c.x", &[("a.x", relationship)]);
    world.reads("c.x", target)
}

#[test]
fn row_a_the_same_value_has_the_sources_own_mask() {
    for spec in [
        MaskSpec::Mask,
        MaskSpec::ShowLast4,
        MaskSpec::ShowFirst4,
        MaskSpec::Hash,
        MaskSpec::Null,
    ] {
        assert_eq!(step(spec.clone(), SAME, &text()), spec.name());
    }
    assert_eq!(step(encrypt(), SAME, &text()), "site");
    assert_eq!(step(template("LEFT({col}, 2)"), SAME, &text()), "site");
}

#[test]
fn row_a2_a_cast_keeps_a_mask_that_has_a_form_for_the_new_type() {
    let cast = direct(Form::Cast, Reduction::None);
    for (from, to, spec, expected) in [
        (int(), text(), MaskSpec::Hash, "MASK_HASH"),
        (int(), text(), MaskSpec::Null, "MASK_NULL"),
        (int(), text(), encrypt(), "site"),
        (int(), text(), MaskSpec::ShowLast4, "MASK_SHOW_LAST_4"),
        (
            int(),
            DataType::nullable(TypeKind::BigInt),
            MaskSpec::ShowLast4,
            "MASK_SHOW_LAST_4",
        ),
        // Other digits would be the last four.
        (
            DataType::nullable(TypeKind::BigInt),
            int(),
            MaskSpec::ShowLast4,
            "REDACT",
        ),
        (
            DataType::nullable(TypeKind::Double),
            int(),
            MaskSpec::ShowLast4,
            "REDACT",
        ),
        (
            text(),
            DataType::nullable(TypeKind::Varchar(4)),
            MaskSpec::ShowLast4,
            "REDACT",
        ),
        (
            text(),
            DataType::nullable(TypeKind::Varchar(10)),
            MaskSpec::Hash,
            "REDACT",
        ),
        (text(), int(), encrypt(), "REDACT"),
        (text(), int(), template("LEFT({col}, 2)"), "REDACT"),
        (
            DataType::nullable(TypeKind::Timestamp(3)),
            DataType::nullable(TypeKind::Date),
            MaskSpec::DateShowYear,
            "MASK_DATE_SHOW_YEAR",
        ),
        (
            DataType::nullable(TypeKind::Date),
            text(),
            MaskSpec::DateShowYear,
            "REDACT",
        ),
        (
            DataType::nullable(TypeKind::Boolean),
            text(),
            MaskSpec::Mask,
            "REDACT",
        ),
    ] {
        let world = World::masked(spec.clone());
        let mut world = world.typed("a.x", from.clone());
        world.wrote("c.x", &[("a.x", cast)]);
        assert_eq!(
            world.reads("c.x", &to),
            expected,
            "{spec:?} {from:?} to {to:?}"
        );
        // A cast that nobody wrote, as that of a sink, is one all the same.
        let world = World::masked(spec.clone());
        let mut world = world.typed("a.x", from.clone());
        world.wrote("c.x", &[("a.x", SAME)]);
        assert_eq!(
            world.reads("c.x", &to),
            expected,
            "{spec:?} {from:?} into {to:?}"
        );
    }
}

#[test]
fn row_b_a_derived_value_has_a_mask_that_looks_at_no_value_or_none_of_it() {
    for (spec, expected) in [
        (MaskSpec::Null, "MASK_NULL"),
        (MaskSpec::Hash, "MASK_HASH"),
        (encrypt(), "site"),
        (template("'-'"), "site"),
        (MaskSpec::Mask, "REDACT"),
        (MaskSpec::ShowLast4, "REDACT"),
        (MaskSpec::ShowFirst4, "REDACT"),
        (template("LEFT({col}, 2)"), "REDACT"),
    ] {
        assert_eq!(step(spec.clone(), DERIVED, &text()), expected, "{spec:?}");
    }
    // `name = 'x'` as a column: a cipher is no boolean.
    let boolean = DataType::nullable(TypeKind::Boolean);
    assert_eq!(step(encrypt(), DERIVED, &boolean), "REDACT");
    assert_eq!(step(template("'-'"), DERIVED, &boolean), "REDACT");
}

#[test]
fn row_c_a_condition_redacts_by_default() {
    let condition = Relationship::Indirect(Indirect::Conditional);
    assert_eq!(step(encrypt(), condition, &text()), "REDACT");
    assert_eq!(step(MaskSpec::Null, condition, &text()), "MASK_NULL");
}

#[test]
fn rows_d_to_f_aggregates() {
    for (form, reduction, spec, expected) in [
        (
            Form::Same,
            Reduction::Picked,
            MaskSpec::ShowLast4,
            "MASK_SHOW_LAST_4",
        ),
        (Form::Same, Reduction::Picked, encrypt(), "site"),
        (
            Form::Same,
            Reduction::Picked,
            template("SUBSTRING({col}, 3)"),
            "REDACT",
        ),
        (
            Form::Picked,
            Reduction::None,
            MaskSpec::ShowLast4,
            "MASK_SHOW_LAST_4",
        ),
        (
            Form::Derived,
            Reduction::Picked,
            MaskSpec::ShowLast4,
            "REDACT",
        ),
        (
            Form::Same,
            Reduction::Combined,
            MaskSpec::ShowLast4,
            "REDACT",
        ),
        (Form::Same, Reduction::Combined, encrypt(), "site"),
        (Form::Same, Reduction::Counted, encrypt(), "raw"),
        (Form::Derived, Reduction::Counted, MaskSpec::Null, "raw"),
    ] {
        let said = step(spec.clone(), direct(form, reduction), &text());
        assert_eq!(said, expected, "{form:?} {reduction:?} {spec:?}");
    }
}

#[test]
fn row_e_a_rule_may_release_its_aggregates() {
    let mut rule = mask(encrypt());
    rule.aggregate = Aggregate::Release;
    for (relationship, expected) in [
        (direct(Form::Same, Reduction::Combined), "raw"),
        (direct(Form::Same, Reduction::Picked), "site"),
        (DERIVED, "site"),
    ] {
        let mut world = World::masked(encrypt());
        world
            .own
            .insert(column("a.x"), Own::Masked(vec![rule.clone()]));
        world.wrote("b.x", &[("a.x", relationship)]);
        world.wrote("c.x", &[("b.x", SAME)]);
        assert_eq!(world.reads("c.x", &text()), expected, "{relationship:?}");
    }
}

#[test]
fn row_g_without_an_edge_nothing_is_inherited() {
    let mut world = World::masked(encrypt());
    world.wrote("c.x", &[]);
    assert_eq!(world.reads("c.x", &text()), "raw");
}

#[test]
fn rows_c_h_and_i_by_what_the_rule_says() {
    let condition = Relationship::Indirect(Indirect::Conditional);
    let window = Relationship::Indirect(Indirect::Window);
    let filter = Relationship::Indirect(Indirect::Filter);
    let join = Relationship::Indirect(Indirect::Join);
    for (inherit, [direct, conditional, windowed, whole]) in [
        (Inherit::None, ["raw", "raw", "raw", "raw"]),
        (Inherit::Direct, ["site", "raw", "raw", "raw"]),
        (Inherit::DirectConditional, ["site", "REDACT", "raw", "raw"]),
        (Inherit::All, ["site", "REDACT", "REDACT", "REDACT"]),
    ] {
        for (relationship, expected) in [
            (SAME, direct),
            (condition, conditional),
            (window, windowed),
            (filter, whole),
            (join, whole),
        ] {
            let mut rule = mask(encrypt());
            rule.inherit = inherit;
            let mut world = World::masked(encrypt());
            world.own.insert(column("a.x"), Own::Masked(vec![rule]));
            world.wrote("c.x", &[("a.x", relationship)]);
            let said = world.reads("c.x", &text());
            assert_eq!(said, expected, "{inherit:?} {relationship:?}");
        }
    }
}

#[test]
fn row_j_a_users_own_hash_is_masked_like_any_value_but_where_it_is_the_mask() {
    let hashed = direct(Form::Hashed, Reduction::None);
    for (spec, function, expected) in [
        (encrypt(), "MD5", "site"),
        (MaskSpec::ShowLast4, "SHA256", "REDACT"),
        (MaskSpec::Hash, "MD5", "MASK_HASH"),
        (MaskSpec::Hash, "SHA256", "raw"),
        (MaskSpec::Hash, "MINE.SHA256", "MASK_HASH"),
        (template("md5({col})"), "MD5", "raw"),
        (template("md5(concat('salt', {col}))"), "MD5", "site"),
    ] {
        let mut world = World::masked(spec.clone());
        world.wrote_under("c.x", &[("a.x", hashed)], &[], Some(function));
        assert_eq!(world.reads("c.x", &text()), expected, "{spec:?} {function}");
    }
    let mut world = World::masked(encrypt());
    world.inheritance.declassifying = vec!["md5".to_owned()];
    world.wrote_under("c.x", &[("a.x", hashed)], &[], Some("MD5"));
    assert_eq!(world.reads("c.x", &text()), "raw");
}

#[test]
fn masks_go_over_any_number_of_jobs() {
    let mut world = World::masked(encrypt());
    let tables = ["a", "b", "e", "f", "g", "c"];
    for pair in tables.windows(2) {
        world.wrote(
            &format!("{}.x", pair[1]),
            &[(&format!("{}.x", pair[0]), SAME)],
        );
    }
    let found = world.found("c.x", &text());
    let [mask] = found.masks.as_slice() else {
        panic!("{found:?}")
    };
    let inherited = mask.inherited.as_ref().expect("where it comes from");
    assert_eq!(inherited.from, Some(column("a.x")));
    assert_eq!(inherited.jobs.len(), 5);
    assert_eq!(
        inherited.jobs.last().map(String::as_str),
        Some("job of c.x")
    );
}

#[test]
fn a_step_cannot_take_a_redaction_back() {
    let mut world = World::masked(MaskSpec::ShowLast4);
    world.wrote("b.x", &[("a.x", DERIVED)]);
    world.wrote("c.x", &[("b.x", SAME)]);
    assert_eq!(world.reads("c.x", &text()), "REDACT");
}

#[test]
fn cycles_end_and_protect_all_of_their_columns() {
    let mut world = World::masked(encrypt());
    world.wrote("b.x", &[("c.x", SAME)]);
    world.wrote("c.x", &[("b.x", SAME)]);
    world.wrote("c.x", &[("c.x", DERIVED)]);
    assert_eq!(world.reads("c.x", &text()), "raw");
    world.wrote("b.x", &[("a.x", SAME)]);
    assert_eq!(world.reads("c.x", &text()), "site");
    assert_eq!(world.reads("b.x", &text()), "site");
}

#[test]
fn a_column_that_a_rule_speaks_of_on_the_way_counts_by_that_rule() {
    let mut world = World::masked(encrypt());
    world.wrote("b.x", &[("a.x", SAME)]);
    world.wrote("c.x", &[("b.x", SAME)]);
    world.own.insert(column("b.x"), Own::Shown);
    assert_eq!(world.reads("c.x", &text()), "raw");
    world.rule("b.x", MaskSpec::Null);
    assert_eq!(world.reads("c.x", &text()), "MASK_NULL");
}

#[test]
fn an_operators_cut_ends_it() {
    for at in ["b.x", "c.x"] {
        let mut world = World::masked(encrypt());
        world.wrote("b.x", &[("a.x", SAME)]);
        world.wrote("c.x", &[("b.x", SAME)]);
        assert_eq!(world.reads("c.x", &text()), "site");
        world.cuts.push(column(at));
        assert_eq!(world.reads("c.x", &text()), "raw", "{at}");
    }
}

#[test]
fn a_source_that_is_closed_redacts_and_is_not_named() {
    let mut world = World::default();
    world.own.insert(column("a.x"), Own::Closed);
    world.wrote("c.x", &[("a.x", SAME)]);
    let found = world.found("c.x", &text());
    assert_eq!(found.masks.len(), 1);
    assert_eq!(found.masks[0].mask.name(), "REDACT");
    assert_eq!(
        found.masks[0]
            .inherited
            .as_ref()
            .and_then(|i| i.from.clone()),
        None
    );
    world.inheritance.closed_sources = sqlsec::policy::ClosedSources::Show;
    assert_eq!(world.reads("c.x", &text()), "raw");
}

#[test]
fn the_strictest_of_several_wins_and_two_of_one_rank_redact() {
    let two = |one: MaskSpec, other: MaskSpec, on_conflict| {
        let mut world = World::masked(one).typed("b.x", text());
        world.rule("b.x", other);
        world.inheritance.on_conflict = on_conflict;
        world.wrote("c.x", &[("a.x", SAME), ("b.x", SAME)]);
        world
    };
    for (one, other, strictest, redact) in [
        (MaskSpec::Null, encrypt(), "MASK_NULL", "MASK_NULL"),
        (MaskSpec::Null, template("'-'"), "MASK_NULL", "MASK_NULL"),
        (template("'-'"), MaskSpec::Hash, "site", "REDACT"),
        (MaskSpec::Hash, MaskSpec::ShowLast4, "MASK_HASH", "REDACT"),
        (MaskSpec::Hash, encrypt(), "REDACT", "REDACT"),
        (
            MaskSpec::ShowFirst4,
            MaskSpec::ShowLast4,
            "REDACT",
            "REDACT",
        ),
        (template("'-'"), template("'+'"), "REDACT", "REDACT"),
        (encrypt(), template("encrypt( {col} )"), "site", "site"),
    ] {
        for (a, b) in [(&one, &other), (&other, &one)] {
            let world = two(a.clone(), b.clone(), OnConflict::Strictest);
            assert_eq!(world.reads("c.x", &text()), strictest, "{a:?} {b:?}");
            let world = two(a.clone(), b.clone(), OnConflict::Redact);
            assert_eq!(world.reads("c.x", &text()), redact, "{a:?} {b:?}");
        }
    }
    let world = two(MaskSpec::Hash, MaskSpec::Null, OnConflict::Deny);
    assert!(world.found("c.x", &text()).conflict);
    let world = two(MaskSpec::Hash, MaskSpec::Hash, OnConflict::Deny);
    assert!(!world.found("c.x", &text()).conflict);
}

/// What `c.x` reads whose only job read `a.x` under `written`, for a reader who has `wanted` there.
fn state(written: &MaskSpec, wanted: MaskSpec) -> String {
    let mut world = World::masked(wanted);
    let print = fingerprint(written, Some(&text()));
    world.wrote_under("c.x", &[("a.x", SAME)], &[("a.x", print)], None);
    world.reads("c.x", &text())
}

#[test]
fn what_was_written_masked_is_not_masked_again() {
    for spec in [
        MaskSpec::ShowLast4,
        MaskSpec::Hash,
        MaskSpec::Null,
        encrypt(),
        template("'-'"),
    ] {
        assert_eq!(state(&spec, spec.clone()), "raw", "{spec:?}");
    }
    for (written, wanted) in [
        (MaskSpec::Null, encrypt()),
        (template("'-'"), MaskSpec::ShowLast4),
        (MaskSpec::Hash, encrypt()),
        (encrypt(), MaskSpec::ShowLast4),
        (MaskSpec::Redact(Numbers::Null), MaskSpec::Hash),
    ] {
        assert_eq!(
            state(&written, wanted.clone()),
            "raw",
            "{written:?} {wanted:?}"
        );
    }
}

#[test]
fn what_was_written_under_a_weaker_mask_is_redacted() {
    for (written, wanted, expected) in [
        (MaskSpec::ShowLast4, MaskSpec::ShowFirst4, "REDACT"),
        (MaskSpec::ShowLast4, MaskSpec::Hash, "REDACT"),
        (MaskSpec::Hash, MaskSpec::Null, "MASK_NULL"),
        (MaskSpec::Hash, template("'-'"), "site"),
    ] {
        let said = state(&written, wanted.clone());
        assert_eq!(said, expected, "{written:?} {wanted:?}");
    }
}

#[test]
fn masked_and_raw_rows_in_one_column_are_redacted() {
    let print = fingerprint(&encrypt(), Some(&text()));
    let world = |wanted: MaskSpec| {
        let mut world = World::masked(wanted);
        world.wrote_under("c.x", &[("a.x", SAME)], &[("a.x", print.clone())], None);
        world.wrote("c.x", &[("a.x", SAME)]);
        world
    };
    assert_eq!(world(encrypt()).reads("c.x", &text()), "REDACT");
    assert_eq!(world(MaskSpec::Null).reads("c.x", &text()), "MASK_NULL");
    let mut closed = world(encrypt());
    closed.inheritance.mixed = Mixed::Deny;
    assert!(closed.found("c.x", &text()).mixed);
    // Rows that were never protected do not mix with masked ones.
    let mut world = World::masked(encrypt());
    world.wrote_under("c.x", &[("a.x", SAME)], &[("a.x", print)], None);
    world.wrote("c.x", &[("b.y", SAME)]);
    assert_eq!(world.reads("c.x", &text()), "raw");
}

#[test]
fn a_mask_that_a_later_job_read_under_counts_for_all_before_it() {
    // a → b raw, b → c read under the mask that b.x inherits.
    let mut world = World::masked(encrypt());
    let print = fingerprint(&encrypt(), None);
    world.wrote("b.x", &[("a.x", SAME)]);
    world.wrote_under("c.x", &[("b.x", SAME)], &[("b.x", print)], None);
    assert_eq!(world.reads("b.x", &text()), "site");
    assert_eq!(world.reads("c.x", &text()), "raw");
}

#[test]
fn a_column_masked_in_its_fields_hands_these_on_in_the_same_value_alone() {
    let field = |name: &str| sqlsec::catalog::RowField {
        name: name.to_owned(),
        data_type: text(),
    };
    let row = DataType::nullable(TypeKind::Row(vec![field("city"), field("zip")]));
    let mut zip = mask(encrypt());
    zip.path = vec!["x".to_owned(), "zip".to_owned()];
    let mut world = World::default().typed("a.x", row.clone());
    world.own.insert(column("a.x"), Own::Masked(vec![zip]));
    world.wrote("c.x", &[("a.x", SAME)]);
    let found = world.found("c.x", &row);
    assert_eq!(found.masks.len(), 1);
    assert_eq!(found.masks[0].path, ["zip"]);
    assert_eq!(found.masks[0].mask.name(), "site");
    world.wrote("b.x", &[("a.x", DERIVED)]);
    assert_eq!(world.reads("b.x", &text()), "REDACT");
}

#[test]
fn an_edge_from_any_column_of_an_unknown_table_counts_as_all_of_them() {
    let any = SourceColumn {
        dataset: dataset("a"),
        column: None,
    };
    let mut world = World::default();
    world.own.insert(any.clone(), Own::Closed);
    let written = Written {
        target: Some(dataset("c")),
        replaces: false,
        columns: vec![ColumnLineage {
            name: "x".into(),
            data_type: None,
            edges: vec![Edge {
                source: any,
                relationship: SAME,
                span: Span::default(),
            }],
        }],
        whole: Vec::new(),
        span: Span::default(),
    };
    let statement = StatementRecord {
        lineage: StatementLineage {
            outputs: vec![written],
        },
        ..StatementRecord::default()
    };
    world
        .known
        .overlay(("j", "u", 0), &statement, &Known::default());
    assert_eq!(world.reads("c.x", &text()), "REDACT");
}

#[test]
fn what_is_redacted_keeps_its_type() {
    use sqlsec::mask::{FieldMask, mask_column};
    let shown = |kind: TypeKind, numbers| {
        let spec = MaskSpec::Redact(numbers);
        let mask = FieldMask {
            path: &[],
            spec: &spec,
            when: None,
        };
        let masked = mask_column("`c`", &DataType::nullable(kind), &[mask]);
        masked.expect("every type").sql
    };
    assert_eq!(
        shown(TypeKind::Varchar(9), Numbers::Null),
        "CASE WHEN `c` IS NULL THEN CAST(NULL AS VARCHAR(9)) ELSE CAST('***' AS VARCHAR(9)) END"
    );
    assert_eq!(shown(TypeKind::Int, Numbers::Null), "CAST(NULL AS INT)");
    assert_eq!(
        shown(TypeKind::Int, Numbers::Zero),
        "CASE WHEN `c` IS NULL THEN CAST(NULL AS INT) ELSE CAST(0 AS INT) END"
    );
    assert_eq!(shown(TypeKind::Date, Numbers::Zero), "CAST(NULL AS DATE)");
    assert_eq!(MaskSpec::Redact(Numbers::Zero).hides(), Hides::Redacted);
}

#[test]
fn a_thousand_columns_over_ten_jobs_are_walked_in_no_time() {
    let mut world = World::masked(encrypt());
    for job in 0..10_u32 {
        let edges = |column: u32| {
            let source = if job == 0 {
                "a.x".to_owned()
            } else {
                format!("t{}.c{column}", job - 1)
            };
            self::column(&source)
        };
        let columns = (0..1_000).map(|number| ColumnLineage {
            name: format!("c{number}"),
            data_type: None,
            edges: vec![Edge {
                source: edges(number),
                relationship: SAME,
                span: Span::default(),
            }],
        });
        let written = Written {
            target: Some(dataset(&format!("t{job}"))),
            replaces: false,
            columns: columns.collect(),
            whole: Vec::new(),
            span: Span::default(),
        };
        let statement = StatementRecord {
            lineage: StatementLineage {
                outputs: vec![written],
            },
            ..StatementRecord::default()
        };
        world
            .known
            .overlay(("j", "u", 0), &statement, &Known::default());
    }
    let settings = Settings::from(&world.inheritance);
    let mut walk = Walk::new(&world, &settings);
    let started = std::time::Instant::now();
    for number in 0..1_000 {
        let Ok(found) = walk.inherited(&column(&format!("t9.c{number}")), Some(&text()));
        assert_eq!(found.masks.len(), 1);
    }
    let taken = started.elapsed();
    println!("10,000 columns walked in {taken:?}");
    assert!(taken.as_secs() < 10, "{taken:?}");
}
