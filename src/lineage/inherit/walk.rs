//! From a column to all that it was made of, and back with the masks.
//!
//! Two passes. The first collects every column that can be reached against the direction of the data, each once: a cycle ends there. The second
//! lets the masks flow with the data until nothing changes: what a column wants can only become stricter, so that ends too.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::carry::{carry, due};
use super::settle::{Found, Settings, settle};
use super::{Mask, Own, Sources, Want, fingerprint};
use crate::lineage::store::Entry;
use crate::lineage::{Dataset, Edge, Fingerprint, Form, Reduction, Relationship, SourceColumn};
use crate::mask::{Hides, MaskSpec, Numbers};
use crate::policy::{Aggregate, Inherit, RuleId};
use crate::syntax::{DataType, TypeKind};

/// The name that stands for a rule where a source is closed to the reader.
pub(super) const CLOSED: &str = "source-closed";

/// A walk over what one principal may see. Columns that were met are kept, so that the columns of one table share what they have in common.
pub struct Walk<'a, S: Sources> {
    sources: &'a S,
    settings: &'a Settings<'a>,
    nodes: HashMap<Arc<SourceColumn>, usize>,
    met: Vec<Node>,
    /// Who wrote the datasets that were met: their columns share the answer.
    writers: HashMap<Dataset, Rc<[Arc<Entry>]>>,
}

/// A column.
#[derive(Default)]
struct Node {
    data_type: Option<DataType>,
    /// What its own rules make of it; where they say nothing its wants come in over edges.
    incoming: Vec<Incoming>,
    wants: BTreeMap<Reason, Want>,
    /// What a rule on the column itself decides: over which edges it goes itself, instead of what comes from above. Over others that goes on.
    decided: Option<(Inherit, Option<Reason>)>,
    /// Whether some of its values were masked already by whoever wrote them, enough for the reader.
    masked: bool,
    /// The masks under which some of its values were written, for whomever.
    prints: BTreeSet<Fingerprint>,
    /// Whether wants and masked values meet in it.
    mixed: bool,
    /// Whether of some of its data nobody knows where they came from.
    unknown: bool,
}

/// Which rule, on which column.
type Reason = (Option<SourceColumn>, RuleId);

/// An edge into a column.
struct Incoming {
    from: usize,
    relationship: Relationship,
    /// Whether it goes into some column of the table, nobody knows which.
    anywhere: bool,
    /// Under which mask the source was read.
    read_under: Option<Fingerprint>,
    /// The function that is all there is at its place, and whether its one argument is the column.
    call: Option<(String, bool)>,
    job: Arc<str>,
}

/// Columns that are to be looked at, with their numbers.
type Open = Vec<(Arc<SourceColumn>, usize)>;

impl<'a, S: Sources> Walk<'a, S> {
    /// A walk that has met nothing yet.
    #[must_use]
    pub fn new(sources: &'a S, settings: &'a Settings<'a>) -> Self {
        Self {
            sources,
            settings,
            nodes: HashMap::new(),
            met: Vec::new(),
            writers: HashMap::new(),
        }
    }

    /// What a column inherits that no rule speaks of. `data_type`: what it is declared as.
    ///
    /// # Errors
    /// Those of [`Sources::own`].
    pub fn inherited(
        &mut self,
        column: &SourceColumn,
        data_type: Option<&DataType>,
    ) -> Result<Found, S::Error> {
        if self.sources.is_declassified(column) {
            return Ok(Found::default());
        }
        // The column itself stands outside: what its own rules say is known to who asks, and its type is that of the reader's schema.
        let mut node = Node {
            data_type: data_type.cloned(),
            ..Node::default()
        };
        let before = self.met.len();
        let mut open = Vec::new();
        // What was replaced in the table itself is not there to be read. What the rest was made of may be older.
        let entries = self.sources.current(&column.dataset);
        self.come_in(&entries, column, &mut node, &mut open);
        self.collect(&mut open)?;
        self.flow(before);
        self.pour(&mut node);
        Ok(settle(&node.wants, node.mixed, node.unknown, self.settings))
    }

    /// The number of a column; a new one goes on the list of those to look at.
    fn number(&mut self, column: SourceColumn, open: &mut Open) -> usize {
        if let Some(number) = self.nodes.get(&column) {
            return *number;
        }
        let number = self.met.len();
        let column = Arc::new(column);
        self.nodes.insert(Arc::clone(&column), number);
        self.met.push(Node::default());
        open.push((column, number));
        number
    }

    fn writers(&mut self, dataset: &Dataset) -> Rc<[Arc<Entry>]> {
        if let Some(entries) = self.writers.get(dataset) {
            return Rc::clone(entries);
        }
        let entries: Rc<[Arc<Entry>]> = self.sources.writers(dataset).into();
        self.writers.insert(dataset.clone(), Rc::clone(&entries));
        entries
    }

    fn collect(&mut self, open: &mut Open) -> Result<(), S::Error> {
        while let Some((column, number)) = open.pop() {
            let said = self.sources.own(&column)?;
            let mut node = Node {
                data_type: said.data_type,
                ..Node::default()
            };
            match said.own {
                Own::Shown => node.decided = Some((Inherit::All, None)),
                Own::Closed => self.closed(&mut node),
                Own::Masked(masks) => node.want_own(&column, masks),
                Own::Silent => {}
                Own::Unnamed => {
                    node.unknown = self.writers(&column.dataset).is_empty();
                }
            }
            if self.sources.is_declassified(&column) {
                let own = node.decided.and_then(|(_, own)| own);
                node.decided = Some((Inherit::All, own));
            }
            // Where a rule has decided nothing is wanted of what lies below, but which masks its values have had already.
            let entries = self.writers(&column.dataset);
            self.come_in(&entries, &column, &mut node, open);
            if node.decided.is_some() {
                node.unknown = false;
            }
            if let Some(kept) = self.met.get_mut(number) {
                *kept = node;
            }
        }
        Ok(())
    }

    fn closed(&self, node: &mut Node) {
        if self.settings.show_closed {
            return;
        }
        let reason = node.want_closed(self.settings.numbers);
        node.decided = Some((Inherit::default(), Some(reason)));
    }

    /// The edges into a column.
    fn come_in(
        &mut self,
        entries: &[Arc<Entry>],
        column: &SourceColumn,
        node: &mut Node,
        open: &mut Open,
    ) {
        for entry in entries {
            if entry.is_unreadable() {
                // Whatever rules say of closed sources: here nobody knows which they are.
                node.unknown = true;
                node.want_closed(self.settings.numbers);
                continue;
            }
            let written = entry.written();
            self.unnamed(entry, column, node, open);
            let (targets, anywhere) = entry.holding(column.column.as_deref());
            for target in targets {
                node.unknown |= entry.unknown;
                if node.data_type.is_none() && !anywhere {
                    node.data_type.clone_from(&target.data_type);
                }
                for edge in target.edges.iter().chain(&written.whole) {
                    if self.sources.is_cut(entry, &target.name, edge) {
                        continue;
                    }
                    self.edge(entry, edge, anywhere, node, open);
                }
            }
        }
    }

    fn edge(
        &mut self,
        entry: &Entry,
        edge: &Edge,
        anywhere: bool,
        node: &mut Node,
        open: &mut Open,
    ) {
        let source = entry.source(edge);
        let call = entry
            .text(edge)
            .and_then(|text| Some((text.function.clone()?, text.bare)));
        let elsewhere = source.column != edge.source.column;
        let incoming = Incoming {
            from: self.number(source, open),
            relationship: edge.relationship,
            anywhere: anywhere || elsewhere,
            read_under: entry.read_under(&edge.source).cloned(),
            call,
            job: Arc::clone(&entry.job),
        };
        node.incoming.push(incoming);
    }

    /// What was written under names that nobody knows: a direct edge that holds for every column, or edges of a statement that names none.
    fn unnamed(&mut self, entry: &Entry, column: &SourceColumn, node: &mut Node, open: &mut Open) {
        let written = entry.written();
        if !written.columns.is_empty() && !entry.columns(column.column.as_deref()).is_empty() {
            return;
        }
        let name = column.column.as_deref().unwrap_or_default();
        for edge in &written.whole {
            let direct = matches!(edge.relationship, Relationship::Direct(_));
            if (direct || written.columns.is_empty()) && !self.sources.is_cut(entry, name, edge) {
                node.unknown |= entry.unknown;
                self.edge(entry, edge, false, node, open);
            }
        }
    }

    /// Lets the masks flow until nothing changes. What a column wants only becomes stricter, in few steps, so the bound is not met; if it were, nobody
    /// could say what the columns want, and all of them would be closed.
    ///
    /// Columns that were met before `first` cannot be made of later ones, or those would have been met with them.
    fn flow(&mut self, first: usize) {
        let new = self.met.len().saturating_sub(first);
        let most = new.saturating_mul(8).saturating_add(8);
        for _ in 0..most {
            let mut changed = false;
            // Sources were met after what is made of them.
            for number in (first..self.met.len()).rev() {
                let Some(node) = self.met.get_mut(number) else {
                    continue;
                };
                let mut node = std::mem::take(node);
                changed |= self.pour(&mut node);
                if let Some(kept) = self.met.get_mut(number) {
                    *kept = node;
                }
            }
            if !changed {
                return;
            }
        }
        for node in self.met.iter_mut().skip(first) {
            node.want_closed(self.settings.numbers);
        }
    }

    /// What comes in over the edges of a column now. Whether that changes anything.
    fn pour(&self, node: &mut Node) -> bool {
        let mut changed = false;
        let incoming = std::mem::take(&mut node.incoming);
        for edge in &incoming {
            let Some(source) = self.met.get(edge.from) else {
                continue;
            };
            if source.unknown && node.decided.is_none() && !node.unknown {
                node.unknown = true;
                changed = true;
            }
            let over = due(edge.relationship);
            let decided = source.decided.as_ref().filter(|(far, _)| *far >= over);
            if matches!(edge.relationship, Relationship::Direct(_)) {
                let prints = source.prints.iter().chain(&edge.read_under);
                for print in prints {
                    changed |= node.prints.insert(print.clone());
                }
            }
            if matches!(node.decided, Some((Inherit::All, _))) {
                continue;
            }
            for (reason, want) in &source.wants {
                if decided.is_some_and(|(_, own)| own.as_ref() != Some(reason)) {
                    continue;
                }
                match self.step(want, edge, node.data_type.as_ref()) {
                    Step::Nothing => {}
                    Step::Masked => {
                        changed |= !node.masked;
                        node.masked = true;
                    }
                    Step::Wants(want) => changed |= node.want(*want),
                }
            }
        }
        node.incoming = incoming;
        changed | self.mix(node)
    }

    fn redacted(&self, want: &Want) -> Want {
        let mut redacted = want.clone();
        if !matches!(want.mask, Mask::Whole(MaskSpec::Null)) {
            redacted.mask = Mask::Whole(MaskSpec::Redact(self.settings.numbers));
        }
        redacted
    }

    fn step(&self, want: &Want, edge: &Incoming, target: Option<&DataType>) -> Step {
        let direct = match edge.relationship {
            Relationship::Direct(direct) => Some(direct),
            Relationship::Indirect(_) => None,
        };
        let wants = |want: &Want| {
            let carried = carry(want, edge.relationship, target, self.settings.numbers);
            carried.map_or(Step::Nothing, |mut carried| {
                if edge.anywhere {
                    carried = self.redacted(&carried);
                }
                carried.jobs.push(Arc::clone(&edge.job));
                Step::Wants(Box::new(carried))
            })
        };
        if let Some(under) = &edge.read_under {
            let due = match &want.mask {
                Mask::Whole(spec) => fingerprint(spec, want.data_type.as_ref()),
                // A mask on the whole is none on fields: only one that leaves nothing is enough.
                Mask::Fields(_) => Fingerprint(format!("{}:fields:?", Hides::Some.word())),
            };
            if under.is_as_strict_as(&due) {
                return match direct {
                    Some(_)
                        if carry(want, edge.relationship, target, self.settings.numbers)
                            .is_some() =>
                    {
                        Step::Masked
                    }
                    Some(_) | None => Step::Nothing,
                };
            }
            if !want.hides().is_constant() {
                return wants(&self.redacted(want));
            }
        }
        if let (Some(direct), Some((function, bare))) = (direct, &edge.call)
            && matches!(direct.form, Form::Hashed | Form::Derived)
            && direct.reduction == Reduction::None
        {
            if self
                .settings
                .declassifying
                .iter()
                .any(|f| f.eq_ignore_ascii_case(function))
            {
                return Step::Nothing;
            }
            if *bare && is_mask(want, function) {
                return Step::Masked;
            }
        }
        wants(want)
    }

    /// No row tells whether it was written masked: where some were and others were not, nothing but a constant hides both and masks none twice.
    fn mix(&self, node: &mut Node) -> bool {
        let own = node.decided.as_ref().and_then(|(_, own)| own.clone());
        let open = |reason: &Reason, want: &Want| {
            !want.hides().is_constant() && own.as_ref() != Some(reason)
        };
        // A value that another reader's rules had masked is not masked again by the same mask, though this reader could see it raw.
        let again = |want: &Want| match &want.mask {
            _ if node.prints.is_empty() => false,
            Mask::Whole(spec) => {
                let due = fingerprint(spec, want.data_type.as_ref());
                node.prints.iter().any(|print| print.is_same(&due))
            }
            Mask::Fields(_) => !node.prints.is_empty(),
        };
        let mut wants = node
            .wants
            .iter()
            .filter(|(reason, want)| open(reason, want));
        if !wants.any(|(_, want)| node.masked || again(want)) {
            return false;
        }
        node.mixed = true;
        let numbers = self.settings.numbers;
        for (reason, want) in &mut node.wants {
            if open(reason, want) {
                want.mask = Mask::Whole(MaskSpec::Redact(numbers));
            }
        }
        true
    }
}

/// What an edge brings.
enum Step {
    /// Nothing: the mask does not go this way.
    Nothing,
    /// Values that are masked enough already.
    Masked,
    /// Values that want this mask.
    Wants(Box<Want>),
}

impl Node {
    /// Nothing of it may be seen.
    fn want_closed(&mut self, numbers: Numbers) -> Reason {
        let reason: Reason = (None, Arc::from(CLOSED));
        let want = Want {
            mask: Mask::Whole(MaskSpec::Redact(numbers)),
            data_type: self.data_type.clone(),
            origin: None,
            rule: Arc::clone(&reason.1),
            inherit: Inherit::default(),
            aggregate: Aggregate::default(),
            jobs: Vec::new(),
        };
        self.wants.insert(reason.clone(), want);
        reason
    }

    fn want_own(&mut self, column: &SourceColumn, masks: Vec<crate::policy::ColumnMask>) {
        let Some(first) = masks.first() else { return };
        let inherit = masks.iter().map(|m| m.inherit).max();
        // A rule on a field says nothing of the others, and one with `when` nothing of other rows.
        let decides = masks.iter().all(|m| m.path.len() == 1 && m.when.is_none());
        let aggregate = masks.iter().map(|m| m.aggregate).max();
        let want = Want {
            data_type: self.data_type.clone(),
            origin: Some(column.clone()),
            rule: Arc::clone(&first.rule),
            inherit: inherit.unwrap_or_default(),
            aggregate: aggregate.unwrap_or_default(),
            jobs: Vec::new(),
            mask: match masks.as_slice() {
                // In which rows it holds cannot be asked of a copy: it holds in all.
                [mask] if mask.path.len() == 1 => Mask::Whole(mask.mask.clone()),
                _ => Mask::Fields(masks),
            },
        };
        let reason = (want.origin.clone(), Arc::clone(&want.rule));
        self.decided = decides.then(|| (want.inherit, Some(reason.clone())));
        self.wants.insert(reason, want);
    }

    /// Takes a want up, where it is stricter than what is wanted for the same reason already.
    fn want(&mut self, want: Want) -> bool {
        let key = (want.origin.clone(), Arc::clone(&want.rule));
        match self.wants.get_mut(&key) {
            Some(kept) if kept.hides() >= want.hides() => false,
            Some(kept) => {
                *kept = want;
                true
            }
            None => {
                self.wants.insert(key, want);
                true
            }
        }
    }
}

/// Whether a call of a function over the bare column is what the mask does (LINEAGE.md §1, J).
fn is_mask(want: &Want, function: &str) -> bool {
    let Mask::Whole(spec) = &want.mask else {
        return false;
    };
    match spec {
        MaskSpec::Hash => {
            let text = |t: &DataType| matches!(t.kind, TypeKind::Char(_) | TypeKind::Varchar(_));
            function.eq_ignore_ascii_case("SHA256") && want.data_type.as_ref().is_some_and(text)
        }
        MaskSpec::Template(template) => {
            let call = format!("{function}({{col}})");
            let written = crate::syntax::normal(&template.expression().text);
            written.eq_ignore_ascii_case(&crate::syntax::normal(&call))
        }
        MaskSpec::Mask
        | MaskSpec::ShowLast4
        | MaskSpec::ShowFirst4
        | MaskSpec::Null
        | MaskSpec::None
        | MaskSpec::DateShowYear
        | MaskSpec::Redact(_) => false,
    }
}

/// A column of a dataset.
impl SourceColumn {
    /// A column by its name.
    #[must_use]
    pub fn new(dataset: &Dataset, column: &str) -> Self {
        Self {
            dataset: dataset.clone(),
            column: Some(column.to_owned()),
        }
    }
}
