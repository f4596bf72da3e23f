//! Relationships as numbers.

use super::bytes::Broken;
use crate::lineage::{Direct, Form, Indirect, Reduction, Relationship};

const FORMS: [Form; 5] = [
    Form::Same,
    Form::Picked,
    Form::Cast,
    Form::Hashed,
    Form::Derived,
];
const REDUCTIONS: [Reduction; 4] = [
    Reduction::None,
    Reduction::Picked,
    Reduction::Combined,
    Reduction::Counted,
];
const INDIRECT: [Indirect; 9] = [
    Indirect::Conditional,
    Indirect::Window,
    Indirect::Join,
    Indirect::Filter,
    Indirect::GroupBy,
    Indirect::Sort,
    Indirect::Rows,
    Indirect::Count,
    Indirect::Twin,
];
/// The first number of an indirect one.
const DIRECT: u64 = 20;

/// The number of a relationship.
pub(super) const fn number(relationship: Relationship) -> u64 {
    match relationship {
        Relationship::Direct(Direct { form, reduction }) => {
            let form = match form {
                Form::Same => 0,
                Form::Picked => 1,
                Form::Cast => 2,
                Form::Hashed => 3,
                Form::Derived => 4,
            };
            let reduction = match reduction {
                Reduction::None => 0,
                Reduction::Picked => 1,
                Reduction::Combined => 2,
                Reduction::Counted => 3,
            };
            form * 4 + reduction
        }
        Relationship::Indirect(indirect) => {
            DIRECT
                + match indirect {
                    Indirect::Conditional => 0,
                    Indirect::Window => 1,
                    Indirect::Join => 2,
                    Indirect::Filter => 3,
                    Indirect::GroupBy => 4,
                    Indirect::Sort => 5,
                    Indirect::Rows => 6,
                    Indirect::Count => 7,
                    Indirect::Twin => 8,
                }
        }
    }
}

/// The relationship of a number.
pub(super) fn of_number(number: u64) -> Result<Relationship, Broken> {
    let at = |number: u64| usize::try_from(number).map_err(|_| Broken);
    if number >= DIRECT {
        let indirect = INDIRECT.get(at(number - DIRECT)?).ok_or(Broken)?;
        return Ok(Relationship::Indirect(*indirect));
    }
    Ok(Relationship::Direct(Direct {
        form: *FORMS.get(at(number / 4)?).ok_or(Broken)?,
        reduction: *REDUCTIONS.get(at(number % 4)?).ok_or(Broken)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relationship_comes_back() {
        let direct = FORMS.iter().flat_map(|form| {
            REDUCTIONS.iter().map(|reduction| {
                Relationship::Direct(Direct {
                    form: *form,
                    reduction: *reduction,
                })
            })
        });
        let all: Vec<Relationship> = direct
            .chain(INDIRECT.iter().map(|i| Relationship::Indirect(*i)))
            .collect();
        let numbers: std::collections::BTreeSet<u64> = all.iter().map(|r| number(*r)).collect();
        assert_eq!(numbers.len(), all.len());
        for relationship in all {
            assert_eq!(of_number(number(relationship)), Ok(relationship));
        }
        assert_eq!(of_number(29), Err(Broken));
        assert_eq!(of_number(u64::MAX), Err(Broken));
    }
}
