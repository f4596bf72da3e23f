//! No raw value gets through: random jobs of people with different rights, whose cells carry where they came from and what has hidden it since.
//!
//! The interpreter knows nothing of edges and states: it moves cells. Of every cell that somebody reads, what their own rules hide of its sources
//! must be hidden by some mask on its way, and no inherited mask may meet a value that had it before.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use sqlsec::catalog::{DataType, TableName, TypeKind};
use sqlsec::lineage::inherit::{Own, OwnColumn, Settings, Sources, Walk, fingerprint};
use sqlsec::lineage::store::{Entry, Known};
use sqlsec::lineage::{
    ColumnLineage, Dataset, Declared, Direct, Edge, Fingerprint, Form, Indirect, Reduction,
    Relationship, SourceColumn, StatementLineage, StatementRecord, Written,
};
use sqlsec::mask::{Hides, MaskSpec, Nulls, Template};
use sqlsec::policy::{Aggregate, ColumnMask, Inherit, Inheritance};
use sqlsec::syntax::Span;

/// Columns: the first are bases, the others are written by jobs.
const BASES: usize = 4;
const COLUMNS: usize = 9;
const PEOPLE: usize = 3;
const JOBS: usize = 8;
/// So many cells of a column are kept.
const CELLS: usize = 10;

/// A random number generator that is the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }
}

fn text() -> DataType {
    DataType::nullable(TypeKind::Varchar(i32::MAX.cast_unsigned()))
}

fn column(number: usize) -> SourceColumn {
    let name = TableName::new("c", "d", format!("t{}", number / 2));
    let dataset = Dataset {
        physical: vec![format!("s3://lake/t{}", number / 2)],
        name,
    };
    SourceColumn::new(&dataset, &format!("c{}", number % 2))
}

fn number(column: &SourceColumn) -> usize {
    let all = 0..COLUMNS;
    all.into_iter()
        .find(|n| self::column(*n) == *column)
        .expect("one of the columns")
}

fn template(text: &str) -> MaskSpec {
    let template = Template::new("site", text, Nulls::Auto).expect("a template");
    MaskSpec::Template(Arc::new(template))
}

/// What somebody's rules say of a column.
#[derive(Clone)]
enum Rule {
    Mask(ColumnMask),
    Shown,
    Closed,
}

fn rule(dice: &mut Dice, column: usize) -> Rule {
    let mask = match dice.roll(9) {
        0 => MaskSpec::Null,
        1 => template("'-'"),
        2 => MaskSpec::Hash,
        3 => MaskSpec::ShowLast4,
        4 => MaskSpec::ShowFirst4,
        5 if column >= BASES => return Rule::Shown,
        6 => return Rule::Closed,
        _ => template("encrypt({col})"),
    };
    Rule::Mask(ColumnMask {
        path: vec![format!("c{}", column % 2)],
        mask,
        when: None,
        rule: Arc::from(format!("r{column}")),
        inherit: [
            Inherit::DirectConditional,
            Inherit::Direct,
            Inherit::All,
            Inherit::None,
        ][dice.roll(8) % 4 * usize::from(dice.chance(40))],
        aggregate: [Aggregate::Inherit, Aggregate::Release][usize::from(dice.chance(20))],
        inherited: None,
    })
}

/// What a job does with its sources, by the edges that it must leave.
const STEPS: [(Relationship, Relationship); 9] = {
    const fn direct(form: Form, reduction: Reduction) -> Relationship {
        Relationship::Direct(Direct { form, reduction })
    }
    let same = direct(Form::Same, Reduction::None);
    let derived = direct(Form::Derived, Reduction::None);
    [
        (same, same),
        (derived, derived),
        (direct(Form::Picked, Reduction::None), same),
        (
            direct(Form::Same, Reduction::Picked),
            direct(Form::Same, Reduction::Picked),
        ),
        (
            direct(Form::Same, Reduction::Combined),
            direct(Form::Derived, Reduction::Combined),
        ),
        (direct(Form::Same, Reduction::Counted), same),
        (Relationship::Indirect(Indirect::Conditional), same),
        (Relationship::Indirect(Indirect::Filter), same),
        (direct(Form::Hashed, Reduction::None), same),
    ]
};

/// What a value has of a base column.
#[derive(Debug, Clone)]
struct Tag {
    /// The columns that it was in, with the step that brought it there.
    path: Vec<(usize, Option<Relationship>)>,
    /// The masks that it met, with the number of columns on its path then.
    layers: Vec<(usize, Fingerprint)>,
}

/// A value: what it tells of.
type Cell = Vec<Tag>;

#[derive(Clone)]
struct World {
    rules: Vec<BTreeMap<usize, Rule>>,
    known: Known,
    cells: Vec<Vec<Cell>>,
    inheritance: Inheritance,
    mistake: Mistake,
}

/// What may be wrong with the records: the oracle must notice each.
#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    None,
    /// Edges are lost.
    Edges,
    /// Conditions are lost.
    Conditions,
    /// That a source was read under a mask is lost.
    States,
    /// Every source is said to have been read under a mask.
    FalseStates,
    /// Every edge is said to be the same value.
    Forms,
}

/// The world as one of its people sees it.
struct Eyes<'w> {
    world: &'w World,
    who: usize,
}

impl Sources for Eyes<'_> {
    type Error = Infallible;

    fn own(&self, column: &SourceColumn) -> Result<OwnColumn, Infallible> {
        let own = match self.world.rules[self.who].get(&number(column)) {
            None => Own::Silent,
            Some(Rule::Shown) => Own::Shown,
            Some(Rule::Closed) => Own::Closed,
            Some(Rule::Mask(mask)) => Own::Masked(vec![mask.clone()]),
        };
        Ok(OwnColumn {
            own,
            data_type: Some(text()),
        })
    }

    fn writers(&self, dataset: &Dataset) -> Vec<Arc<Entry>> {
        self.world.known.writers(dataset, &|a, b| a == b)
    }

    fn is_cut(&self, _: &Entry, _: &str, _: &Edge) -> bool {
        false
    }

    fn is_declassified(&self, _: &SourceColumn) -> bool {
        false
    }
}

/// How somebody reads a column.
enum Read {
    Denied,
    /// As it is written, because a rule says so.
    Shown,
    /// Under a mask of a rule on the column itself.
    Own(MaskSpec),
    /// Under what it inherits.
    Inherited(Option<MaskSpec>),
}

impl World {
    fn new(dice: &mut Dice) -> Self {
        let mut rules = vec![BTreeMap::new()];
        for _ in 1..PEOPLE {
            let mut own = BTreeMap::new();
            for column in 0..COLUMNS {
                let percent = if column < BASES { 60 } else { 12 };
                if dice.chance(percent) {
                    own.insert(column, rule(dice, column));
                }
            }
            rules.push(own);
        }
        let mut cells = vec![Vec::new(); COLUMNS];
        for (column, cells) in cells.iter_mut().enumerate().take(BASES) {
            cells.push(vec![Tag {
                path: vec![(column, None)],
                layers: Vec::new(),
            }]);
        }
        Self {
            rules,
            known: Known::default(),
            cells,
            inheritance: Inheritance::default(),
            mistake: Mistake::None,
        }
    }

    fn read(&self, who: usize, at: usize) -> Read {
        match self.rules[who].get(&at) {
            Some(Rule::Closed) => return Read::Denied,
            Some(Rule::Shown) => return Read::Shown,
            Some(Rule::Mask(mask)) => return Read::Own(mask.mask.clone()),
            None => {}
        }
        let eyes = Eyes { world: self, who };
        let settings = Settings::from(&self.inheritance);
        let mut walk = Walk::new(&eyes, &settings);
        let Ok(found) = walk.inherited(&column(at), Some(&text()));
        assert!(found.masks.len() <= 1);
        Read::Inherited(found.masks.into_iter().next().map(|m| m.mask))
    }

    /// Somebody's job writes one column from two others.
    fn run(&mut self, dice: &mut Dice) {
        let who = dice.roll(PEOPLE);
        let target = BASES + dice.roll(COLUMNS - BASES);
        let (first, second) = (dice.roll(COLUMNS), dice.roll(COLUMNS));
        let (one, other) = STEPS[dice.roll(STEPS.len())];
        let two = dice.chance(50) || matches!(one, Relationship::Indirect(_));
        let mut sources = vec![(first, one)];
        if two {
            sources.push((second, other));
        }
        let mut masked = BTreeMap::new();
        let mut read = Vec::new();
        for (source, relationship) in &sources {
            let spec = match self.read(who, *source) {
                Read::Denied => return,
                Read::Shown => None,
                Read::Own(spec) => Some(spec),
                Read::Inherited(spec) => spec,
            };
            let print = spec.as_ref().map(|spec| fingerprint(spec, Some(&text())));
            let cells = self.cells[*source].iter().map(|cell| {
                let mut cell = cell.clone();
                for tag in &mut cell {
                    tag.layers
                        .extend(print.clone().map(|p| (tag.path.len(), p)));
                    tag.path.push((target, Some(*relationship)));
                }
                cell
            });
            read.push(cells.collect::<Vec<Cell>>());
            if let Some(print) = print {
                masked.insert(column(*source), print);
            }
        }
        self.write(target, one, read);
        let edges = sources.iter().map(|(source, relationship)| Edge {
            source: column(*source),
            relationship: *relationship,
            span: Span::default(),
        });
        self.record(target, edges.collect(), masked);
    }

    fn write(&mut self, target: usize, one: Relationship, mut read: Vec<Vec<Cell>>) {
        let union = matches!(
            one,
            Relationship::Direct(Direct {
                form: Form::Same | Form::Picked | Form::Hashed,
                reduction: Reduction::None | Reduction::Picked | Reduction::Counted,
            })
        );
        let new: Vec<Cell> = if union {
            read.concat()
        } else if read.len() == 1 {
            read.remove(0)
        } else {
            // One value of two.
            let pairs = read[0]
                .iter()
                .flat_map(|a| read[1].iter().map(move |b| (a, b)));
            pairs
                .map(|(a, b)| [a.clone(), b.clone()].concat())
                .collect()
        };
        let cells = &mut self.cells[target];
        cells.extend(new);
        // The newest: they have come the farthest.
        let surplus = cells.len().saturating_sub(CELLS);
        cells.drain(..surplus);
        for cell in cells {
            cell.truncate(12);
        }
    }

    fn record(
        &mut self,
        target: usize,
        mut edges: Vec<Edge>,
        mut masked: BTreeMap<SourceColumn, Fingerprint>,
    ) {
        match self.mistake {
            Mistake::None => {}
            Mistake::Edges => drop(edges.pop()),
            Mistake::Conditions => {
                edges.retain(|e| matches!(e.relationship, Relationship::Direct(_)))
            }
            Mistake::States => masked.clear(),
            Mistake::FalseStates => masked.extend(edges.iter().map(|edge| {
                let print = fingerprint(&template("encrypt({col})"), Some(&text()));
                (edge.source.clone(), print)
            })),
            Mistake::Forms => {
                for edge in &mut edges {
                    edge.relationship = Relationship::Direct(Direct::SAME);
                }
            }
        }
        let at = column(target);
        let (whole, own): (Vec<Edge>, Vec<Edge>) = edges
            .into_iter()
            .partition(|e| e.relationship == Relationship::Indirect(Indirect::Filter));
        let written = Written {
            target: Some(at.dataset),
            replaces: false,
            columns: vec![ColumnLineage {
                name: at.column.expect("a name"),
                data_type: Some(text()),
                edges: own,
            }],
            whole,
            span: Span::default(),
        };
        let statement = StatementRecord {
            lineage: StatementLineage {
                outputs: vec![written],
            },
            masked,
            // The other column holds nothing of this job's.
            tables: BTreeMap::from([(
                column(target).dataset,
                Declared {
                    columns: vec!["c0".to_owned(), "c1".to_owned()],
                    ..Declared::default()
                },
            )]),
            ..StatementRecord::default()
        };
        self.known
            .overlay(("job", "user", 0), &statement, &Known::default());
    }

    /// Everybody reads every column. How many values were judged, or what is wrong with one.
    fn judge(&self) -> Result<usize, String> {
        let mut judged = 0;
        for who in 0..PEOPLE {
            for at in 0..COLUMNS {
                let spec = match self.read(who, at) {
                    Read::Denied | Read::Shown | Read::Own(_) => continue,
                    Read::Inherited(spec) => spec,
                };
                let print = spec.as_ref().map(|spec| fingerprint(spec, Some(&text())));
                for tag in self.cells[at].iter().flatten() {
                    let context = format!("person {who} reads column {at} under {spec:?}: {tag:?}");
                    if let Some(print) = &print
                        && !print.hides().is_constant()
                        && is_direct(&tag.path)
                    {
                        let twice = tag.layers.iter().any(|(_, layer)| layer.is_same(print));
                        if twice {
                            return Err(format!("masked twice: {context}"));
                        }
                    }
                    if !self.is_hidden(who, tag, print.as_ref()) {
                        return Err(format!("shown: {context}"));
                    }
                    judged += 1;
                }
            }
        }
        Ok(judged)
    }

    /// Whether of a value all is hidden that somebody's rules hide.
    fn is_hidden(&self, who: usize, tag: &Tag, read_under: Option<&Fingerprint>) -> bool {
        // The rule that is nearest to the reader decides: the reader's own column has none.
        let before = tag.path.len() - 1;
        let path = tag.path[..before.max(1)].iter().enumerate().rev();
        let spoken =
            path.filter_map(|(index, (column, _))| Some((index, self.rules[who].get(column)?)));
        // Nothing of the base's own column is inherited.
        if before == 0 {
            return true;
        }
        let Some((index, rule)) = spoken.into_iter().next() else {
            return true;
        };
        let (wanted, inherit, aggregate) = match rule {
            Rule::Shown => return true,
            Rule::Closed => (
                fingerprint(&MaskSpec::Redact(Default::default()), Some(&text())),
                Inherit::default(),
                Aggregate::default(),
            ),
            Rule::Mask(mask) => (
                fingerprint(&mask.mask, Some(&text())),
                mask.inherit,
                mask.aggregate,
            ),
        };
        let steps: Vec<Relationship> = tag.path[index + 1..]
            .iter()
            .filter_map(|(_, step)| *step)
            .collect();
        if steps.iter().any(|step| !travels(*step, inherit, aggregate)) {
            return true;
        }
        let layers = tag.layers.iter().filter(|(at, _)| *at > index);
        let reading = read_under.map(|print| (tag.path.len(), print));
        let mut layers = layers.map(|(at, print)| (*at, print)).chain(reading);
        layers.any(|(at, print)| {
            let before = &steps[..at - index - 1];
            let fits = match print.hides() {
                Hides::Nothing => false,
                Hides::Some => before.iter().all(|step| is_same(*step)),
                Hides::Value => before
                    .iter()
                    .all(|step| matches!(step, Relationship::Direct(_))),
                Hides::Constant | Hides::Redacted | Hides::Null => true,
            };
            fits && print.is_as_strict_as(&wanted)
        })
    }
}

fn is_direct(path: &[(usize, Option<Relationship>)]) -> bool {
    path.iter().all(|(_, step)| match step {
        None => true,
        Some(Relationship::Direct(direct)) => direct.reduction != Reduction::Counted,
        Some(Relationship::Indirect(_)) => false,
    })
}

fn is_same(step: Relationship) -> bool {
    matches!(
        step,
        Relationship::Direct(Direct {
            form: Form::Same | Form::Picked,
            reduction: Reduction::None | Reduction::Picked,
        })
    )
}

fn travels(step: Relationship, inherit: Inherit, aggregate: Aggregate) -> bool {
    match step {
        Relationship::Indirect(Indirect::Conditional) => inherit >= Inherit::DirectConditional,
        Relationship::Indirect(_) => inherit == Inherit::All,
        Relationship::Direct(Direct { reduction, .. }) => {
            let released = reduction == Reduction::Combined && aggregate == Aggregate::Release;
            inherit >= Inherit::Direct && reduction != Reduction::Counted && !released
        }
    }
}

/// How much a reader sees: the greater the less.
fn hidden(read: &Read) -> Hides {
    match read {
        Read::Denied => Hides::Null,
        Read::Shown | Read::Inherited(None) => Hides::Nothing,
        Read::Own(spec) | Read::Inherited(Some(spec)) => spec.hides(),
    }
}

fn cases() -> u64 {
    let asked = std::env::var("SQLSEC_CASES").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(1_000)
}

/// What comes of the jobs of one seed.
fn story(seed: u64, mistake: Mistake) -> Result<usize, String> {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut world = World::new(&mut dice);
    world.mistake = mistake;
    for _ in 0..1 + dice.roll(JOBS) {
        world.run(&mut dice);
    }
    world.judge()
}

#[test]
fn the_oracle_notices_records_that_are_wrong() {
    for (mistake, complaint) in [
        (Mistake::Edges, "shown"),
        (Mistake::Conditions, "shown"),
        (Mistake::States, "masked twice"),
        (Mistake::FalseStates, "shown"),
        (Mistake::Forms, "shown"),
    ] {
        let mut found = (1..=300).filter_map(|seed| story(seed, mistake).err());
        let noticed = found.any(|error| error.starts_with(complaint));
        assert!(noticed, "nobody says `{complaint}`");
    }
}

#[test]
fn no_raw_value_reaches_a_masked_reader_and_none_is_masked_twice() {
    let mut judged = 0;
    for seed in 1..=cases() {
        judged += story(seed, Mistake::None).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    }
    println!("{judged} values judged");
    assert!(judged > 1_000, "{judged}");
}

#[test]
fn more_edges_never_show_more() {
    for seed in 1..=cases() {
        let mut dice = Dice(seed.wrapping_mul(0xD134_2543_DE82_EF95));
        let mut world = World::new(&mut dice);
        for _ in 0..1 + dice.roll(JOBS) {
            world.run(&mut dice);
        }
        let mut more = world.clone();
        let target = BASES + dice.roll(COLUMNS - BASES);
        let edge = Edge {
            source: column(dice.roll(COLUMNS)),
            relationship: STEPS[dice.roll(STEPS.len())].0,
            span: Span::default(),
        };
        let print = fingerprint(&template("encrypt({col})"), Some(&text()));
        let masked = dice.chance(40).then(|| (edge.source.clone(), print));
        more.record(target, vec![edge.clone()], masked.into_iter().collect());
        for who in 0..PEOPLE {
            for at in 0..COLUMNS {
                let (before, after) = (world.read(who, at), more.read(who, at));
                assert!(
                    hidden(&before) <= hidden(&after),
                    "seed {seed}: person {who} sees more of column {at} after {edge:?}"
                );
            }
        }
    }
}
