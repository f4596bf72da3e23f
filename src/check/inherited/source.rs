//! What the rules say of one source dataset, and of a column of it. Pure.

use std::collections::BTreeSet;

use crate::catalog::{Column, ColumnKind};
use crate::lineage::inherit::{Own, OwnColumn};
use crate::mask::MaskSpec;
use crate::policy::{ColumnMask, Obligations, fold};

/// What the rules say of a source dataset.
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, while its column is looked at"
)]
pub(super) enum Source {
    /// The principal may not read it.
    Closed,
    /// They may, and this is what is hidden of it.
    Open {
        obligations: Obligations,
        columns: Vec<Column>,
        /// Whether all of its columns are known.
        described: bool,
        /// Whether the names of its columns are those of the site: what is asked may still be none of them.
        clear: bool,
        /// Whether some rule, for whomever, speaks of it.
        named: bool,
        ignore_case: bool,
    },
}

impl Source {
    pub(super) const fn is_clear(&self) -> bool {
        match self {
            Self::Closed => false,
            Self::Open { clear, .. } => *clear,
        }
    }
}

/// What the rules say of a column of a source.
pub(super) fn said(source: &Source, name: Option<&str>) -> OwnColumn {
    let (obligations, columns, named, ignore_case) = match source {
        Source::Closed => {
            return OwnColumn {
                own: Own::Closed,
                data_type: None,
            };
        }
        Source::Open {
            obligations,
            columns,
            named,
            ignore_case,
            ..
        } => (obligations, columns, *named, *ignore_case),
    };
    let clear = source.is_clear();
    let silent = if named { Own::Silent } else { Own::Unnamed };
    let Some(name) = name else {
        return OwnColumn {
            own: any(obligations).map_or(silent, Own::Masked),
            data_type: None,
        };
    };
    let same = |other: &str| other == name || (ignore_case && fold(other) == fold(name));
    let column = columns.iter().find(|c| same(&c.name));
    let of = |path: &[String]| path.first().is_some_and(|first| same(first));
    let masks: Vec<ColumnMask> = obligations
        .masks
        .iter()
        .filter(|m| of(&m.path))
        .cloned()
        .collect();
    let shown = |path: &[String]| matches!(path, [column] if same(column));
    let own = if !masks.is_empty() {
        Own::Masked(masks)
    } else if obligations.shown.iter().any(|s| shown(&s.path)) {
        Own::Shown
    } else {
        match column.map(|c| &c.kind) {
            // It shows what it reads.
            Some(ColumnKind::Computed { reads, .. }) => {
                let masked = obligations.masks.iter().find(|m| {
                    let first = m.path.first();
                    first.is_some_and(|first| reads.iter().any(|read| read == first))
                });
                masked.map_or(silent, |mask| Own::Masked(vec![redacted(mask)]))
            }
            Some(ColumnKind::Physical | ColumnKind::Metadata { .. }) if clear => silent,
            // Somebody has named it otherwise than the site does: it may be any of the site's.
            Some(ColumnKind::Physical | ColumnKind::Metadata { .. }) | None => {
                any(obligations).map_or(silent, Own::Masked)
            }
        }
    };
    OwnColumn {
        own,
        data_type: column.and_then(|c| c.data_type.clone()),
    }
}

/// The mask of something that may be any of the columns: as far as any of their masks goes.
fn any(obligations: &Obligations) -> Option<Vec<ColumnMask>> {
    let mut any = redacted(obligations.masks.first()?);
    for mask in &obligations.masks {
        any.inherit = any.inherit.max(mask.inherit);
        any.aggregate = any.aggregate.max(mask.aggregate);
    }
    Some(vec![any])
}

/// The mask of something that a masked column is in: nothing of it shows.
fn redacted(mask: &ColumnMask) -> ColumnMask {
    ColumnMask {
        path: mask.path.iter().take(1).cloned().collect(),
        mask: MaskSpec::Redact(Default::default()),
        when: None,
        ..mask.clone()
    }
}

/// The columns of a table that nobody has described, as far as they matter: those that rules name, and the one that is asked for.
pub(super) fn spoken_of(named: BTreeSet<String>, asked: Option<&str>, folds: bool) -> Vec<Column> {
    let asked = asked.map(str::to_owned);
    let same = |name: &String| {
        let fold = |name: &str| if folds { fold(name) } else { name.to_owned() };
        asked
            .as_ref()
            .is_some_and(|asked| fold(asked) == fold(name))
    };
    let others = named.into_iter().filter(|name| !same(name));
    let all = others.chain(asked.clone());
    all.map(|name| Column {
        name,
        data_type: None,
        kind: ColumnKind::Physical,
    })
    .collect()
}
