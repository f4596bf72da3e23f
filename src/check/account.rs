//! What a statement's report says: what it reads and writes, and what was applied to it.

use std::collections::BTreeSet;

use super::datasets::Datasets;
use super::reply::{Applied, AppliedMask, Input, Output, StatementReport};
use crate::catalog::Object;
use crate::policy::{ColumnMask, Rows};
use crate::resolve::{Place, Resolution};
use crate::rewrite::Protection;

pub(super) fn describe(
    report: &mut StatementReport,
    resolution: &Resolution,
    source: &str,
    datasets: &Datasets<'_>,
) {
    for (id, relation) in resolution.relations.iter().enumerate() {
        // An UPDATE or DELETE writes its target: it is among the outputs.
        if matches!(relation.place, Place::Target) {
            continue;
        }
        let columns: BTreeSet<&str> = resolution
            .uses
            .iter()
            .filter(|u| u.relation == id)
            .map(|u| u.column.as_str())
            .collect();
        report.inputs.push(Input {
            as_written: relation.name.text(source).to_owned(),
            span: relation.name,
            name: relation.found.name.clone(),
            physical: datasets.physical_names(&relation.found),
            columns: columns.into_iter().map(str::to_owned).collect(),
            view: matches!(
                relation.found.object,
                Some(Object::View(_) | Object::SessionView(_))
            ),
        });
    }
    for sink in &resolution.sinks {
        report.outputs.push(Output {
            as_written: sink.name.text(source).to_owned(),
            span: sink.name,
            name: sink.found.name.clone(),
            physical: datasets.physical_names(&sink.found),
        });
    }
}

pub(super) fn applied(resolution: &Resolution, protections: &[Protection]) -> Vec<Applied> {
    let mut list: Vec<Applied> = Vec::new();
    for (relation, protection) in resolution.relations.iter().zip(protections) {
        let obligations = &protection.obligations;
        if !obligations.is_empty() {
            let one = Applied {
                table: relation.found.name.clone(),
                row_filter: match &obligations.rows {
                    Rows::Matching(filter) => {
                        filter.rules.iter().map(ToString::to_string).collect()
                    }
                    Rows::All | Rows::Nothing => Vec::new(),
                },
                masks: obligations.masks.iter().map(applied_mask).collect(),
            };
            if !list.contains(&one) {
                list.push(one);
            }
        }
        if let (Some(inside), Some(view)) = (&protection.inside, &relation.view) {
            for one in applied(&view.resolution, inside) {
                if !list.contains(&one) {
                    list.push(one);
                }
            }
        }
    }
    list
}

fn applied_mask(mask: &ColumnMask) -> AppliedMask {
    AppliedMask {
        column: mask.path.clone(),
        mask: mask.mask.name().to_owned(),
        rule: mask.rule.to_string(),
        inherited: mask.inherited.as_deref().cloned(),
    }
}
