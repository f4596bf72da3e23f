//! Random policies, and what they leave of the data: a model that shares nothing with the library.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::choices::Choices;
use super::predicate::{Predicate, predicate};
use super::world::{Cell, Column, Kind, Table};

/// Whom a rule is for. The principal is alice: a reader, and through that staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Alice,
    Readers,
    Staff,
    Everyone,
    Bob,
    Writers,
}

const EVERYBODY: [Who; 6] = [
    Who::Alice,
    Who::Readers,
    Who::Staff,
    Who::Everyone,
    Who::Bob,
    Who::Writers,
];

impl Who {
    fn has_alice(self) -> bool {
        !matches!(self, Self::Bob | Self::Writers)
    }

    fn json(self) -> Value {
        match self {
            Self::Alice => json!({ "users": ["alice"] }),
            Self::Readers => json!({ "roles": ["reader"] }),
            Self::Staff => json!({ "roles": ["staff"] }),
            Self::Everyone => json!({ "groups": ["public"] }),
            Self::Bob => json!({ "users": ["bob"] }),
            Self::Writers => json!({ "roles": ["writer"] }),
        }
    }
}

#[derive(Debug, Clone)]
struct Rule {
    table: usize,
    to: Who,
    except: Option<Who>,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Filter {
        restrictive: bool,
        condition: Predicate,
    },
    Mask {
        column: Column,
        mask: Mask,
        when: Option<Predicate>,
    },
}

/// A mask with its meaning in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    Null,
    Redact,
    Hash,
    Last4,
    First4,
    None,
    /// Named masks of the site.
    Upper,
    Encrypt,
    More,
    Twice,
    Negate,
    /// Shows something in place of NULL.
    Zero,
}

impl Mask {
    fn name(self) -> &'static str {
        match self {
            Self::Null => "MASK_NULL",
            Self::Redact => "MASK",
            Self::Hash => "MASK_HASH",
            Self::Last4 => "MASK_SHOW_LAST_4",
            Self::First4 => "MASK_SHOW_FIRST_4",
            Self::None => "MASK_NONE",
            Self::Upper => "upper",
            Self::Encrypt => "encrypt",
            Self::More => "more",
            Self::Twice => "twice",
            Self::Negate => "negate",
            Self::Zero => "zero",
        }
    }

    fn fitting(column: &Column) -> &'static [Self] {
        match column.kind {
            // A hash needs 64 characters.
            Kind::Text if column.data_type == "VARCHAR(8)" => &[
                Self::Null,
                Self::Redact,
                Self::Last4,
                Self::First4,
                Self::Upper,
                Self::None,
            ],
            Kind::Text => &[
                Self::Null,
                Self::Redact,
                Self::Hash,
                Self::Last4,
                Self::First4,
                Self::Upper,
                Self::Encrypt,
                Self::None,
            ],
            Kind::Int => &[
                Self::Null,
                Self::Redact,
                Self::Hash,
                Self::Last4,
                Self::First4,
                Self::More,
                Self::Zero,
                Self::None,
            ],
            Kind::Amount => &[
                Self::Null,
                Self::Redact,
                Self::First4,
                Self::Twice,
                Self::None,
            ],
            Kind::Flag => &[
                Self::Null,
                Self::Redact,
                Self::Hash,
                Self::Negate,
                Self::None,
            ],
        }
    }

    /// The masked value.
    fn of(self, cell: &Cell, kind: Kind) -> Cell {
        match (self, cell) {
            (Self::None, cell) => cell.clone(),
            (Self::Zero, Cell::Null) => Cell::Int(0),
            (Self::Null, _) | (_, Cell::Null) => Cell::Null,
            (Self::Zero, cell) => cell.clone(),
            (Self::Upper, Cell::Text(text)) => Cell::Text(text.to_ascii_uppercase()),
            (Self::Encrypt, Cell::Text(text)) => Cell::Text(encrypt(text)),
            (Self::More, Cell::Int(n)) => Cell::Int(n + 1),
            (Self::Twice, Cell::Real(n)) => Cell::Real(n * 2.0),
            (Self::Negate, Cell::Int(n)) => Cell::Int(1 - n),
            (Self::Redact, Cell::Int(_)) if kind == Kind::Flag => Cell::Int(0),
            (Self::Hash, Cell::Text(text)) => Cell::Text(sha256(text)),
            (Self::Hash, _) => Cell::Null,
            (Self::Redact, Cell::Text(text)) => Cell::Text(text.chars().map(hide).collect()),
            (Self::Last4, Cell::Text(text)) => {
                let hidden = text.chars().count().saturating_sub(4);
                Cell::Text(
                    text.chars()
                        .enumerate()
                        .map(|(i, c)| if i < hidden { 'x' } else { c })
                        .collect(),
                )
            }
            (Self::First4, Cell::Text(text)) => Cell::Text(
                text.chars()
                    .enumerate()
                    .map(|(i, c)| if i < 4 { c } else { 'x' })
                    .collect(),
            ),
            (_, Cell::Int(n)) => {
                Cell::Int(self.digits(&n.to_string()).parse().expect("a whole number"))
            }
            (_, Cell::Real(n)) => {
                Cell::Real(self.digits(&n.to_string()).parse().expect("a number"))
            }
            (mask, cell) => panic!("{mask:?} of {cell:?}"),
        }
    }

    /// A number's text with digits become 1.
    fn digits(self, text: &str) -> String {
        let all: Vec<char> = text.chars().collect();
        let one = |(i, c): (usize, &char)| {
            let after = all[i + 1..].iter().filter(|c| c.is_ascii_digit()).count();
            let before = all[..i]
                .iter()
                .rev()
                .take_while(|c| c.is_ascii_digit() || **c == '.')
                .count();
            let hidden = match self {
                Self::Redact => true,
                Self::Last4 => after >= 4,
                Self::First4 => before >= 4,
                _ => panic!("{self:?} hides no digits"),
            };
            if c.is_ascii_digit() && hidden {
                '1'
            } else {
                *c
            }
        };
        all.iter().enumerate().map(one).collect()
    }
}

/// The site's own function.
pub fn encrypt(text: &str) -> String {
    format!("e:{}", text.chars().rev().collect::<String>())
}

pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

fn hide(c: char) -> char {
    match c {
        'A'..='Z' => 'X',
        '0'..='9' => 'n',
        'a'..='z' => 'x',
        c if c.is_ascii() => c,
        _ => 'x',
    }
}

/// What nobody's filter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unmatched {
    Deny,
    Empty,
    All,
}

#[derive(Debug, Clone)]
pub struct Policy {
    rules: Vec<Rule>,
    unmatched: Unmatched,
}

/// The rules that hold for alice.
pub fn policy(choices: &mut Choices<'_>, tables: &[Table]) -> Policy {
    let mut rules = Vec::new();
    for (of, table) in tables.iter().enumerate() {
        for _ in 0..[1, 0, 1, 2, 3][choices.below(5)] {
            let condition = predicate(choices, tables, of, 2, true);
            let restrictive = choices.percent(30);
            let (to, except) = subjects(choices);
            rules.push(Rule {
                table: of,
                to,
                except,
                what: What::Filter {
                    restrictive,
                    condition,
                },
            });
        }
        for column in &table.columns {
            if choices.percent(55) {
                continue;
            }
            let when = choices
                .percent(25)
                .then(|| predicate(choices, tables, of, 1, false));
            // A condition on a rule that another one follows is for the policy's own tests.
            let more = when.is_none() && choices.percent(20);
            for _ in 0..1 + usize::from(more) {
                let mask = choices.pick(Mask::fitting(column));
                let (to, except) = subjects(choices);
                rules.push(Rule {
                    table: of,
                    to,
                    except,
                    what: What::Mask {
                        column: *column,
                        mask,
                        when: when.clone(),
                    },
                });
            }
        }
    }
    let unmatched = choices.pick(&[Unmatched::All, Unmatched::Empty, Unmatched::Deny]);
    Policy { rules, unmatched }
}

fn subjects(choices: &mut Choices<'_>) -> (Who, Option<Who>) {
    let to = EVERYBODY[[0, 1, 2, 3, 0, 1, 2, 3, 4, 5][choices.below(10)]];
    (to, choices.percent(12).then(|| choices.pick(&EVERYBODY)))
}

impl Policy {
    /// The document, with filters of views besides. A later rule has a higher priority.
    pub fn document<'v>(
        &self,
        tables: &[Table],
        views: impl Iterator<Item = (&'v str, &'v str)>,
    ) -> String {
        let views = views.map(|(name, filter)| {
            json!({
                "id": name,
                "type": "row_filter",
                "to": { "users": ["alice"] },
                "on": { "table": format!("*.*.{name}") },
                "filter": filter,
            })
        });
        let rules = self.rules.iter().enumerate().map(|(i, rule)| {
            let mut json = json!({
                "id": format!("r{i}"),
                "to": rule.to.json(),
                "on": { "table": format!("*.*.{}", tables[rule.table].name) },
            });
            if let Some(except) = rule.except {
                json["except"] = except.json();
            }
            match &rule.what {
                What::Filter {
                    restrictive,
                    condition,
                } => {
                    json["type"] = json!("row_filter");
                    json["filter"] = json!(condition.text(tables, rule.table));
                    json["mode"] = json!(if *restrictive {
                        "restrictive"
                    } else {
                        "permissive"
                    });
                }
                What::Mask { column, mask, when } => {
                    json["type"] = json!("column_mask");
                    json["on"]["columns"] = json!([column.name]);
                    json["mask"] = json!(mask.name());
                    json["priority"] = json!(i);
                    if let Some(when) = when {
                        json["when"] = json!(when.text(tables, rule.table));
                    }
                }
            }
            json
        });
        let unmatched = match self.unmatched {
            Unmatched::Deny => "deny",
            Unmatched::Empty => "empty",
            Unmatched::All => "all",
        };
        let document = json!({
            "apiVersion": "sqlsec/v1",
            "version": 1,
            "defaults": { "no_matching_filter": unmatched, "unknown_connector": "allow" },
            "roles": [
                { "name": "reader", "users": ["alice"] },
                { "name": "staff", "roles": ["reader"], "users": ["carol"] },
                { "name": "writer", "users": ["bob"] },
            ],
            "masks": {
                "upper": { "expression": "UPPER({col})" },
                "encrypt": { "expression": "Encrypt({col})" },
                "more": { "expression": "{col} + 1" },
                "twice": { "expression": "{col} * 2" },
                "negate": { "expression": "NOT {col}" },
                "zero": { "expression": "COALESCE({col}, 0)", "nulls": "pass" },
            },
            "rules": rules.chain(views).collect::<Vec<_>>(),
        });
        serde_json::to_string_pretty(&document).expect("JSON")
    }

    /// The rows of a table that alice sees, as she sees them; `None`: the table is closed to her.
    pub fn view(&self, tables: &[Table], of: usize) -> Option<Vec<Vec<Cell>>> {
        let kept = self.rows(tables, of)?;
        let show = |row: &Vec<Cell>| {
            let columns = tables[of].columns.iter().zip(row);
            columns
                .map(|(column, cell)| self.shown(tables, of, column, cell, row))
                .collect()
        };
        Some(kept.iter().map(show).collect())
    }

    fn filters(&self, of: usize, restrictive: bool) -> Vec<(&Rule, &Predicate)> {
        let rules = self.rules.iter().filter(|r| r.table == of);
        rules
            .filter_map(|rule| match &rule.what {
                What::Filter {
                    restrictive: r,
                    condition,
                } if *r == restrictive => Some((rule, condition)),
                _ => None,
            })
            .collect()
    }

    fn rows(&self, tables: &[Table], of: usize) -> Option<Vec<Vec<Cell>>> {
        let all = &tables[of].rows;
        let sides = [self.filters(of, false), self.filters(of, true)];
        let mine = sides.clone().map(|side| {
            side.into_iter()
                .filter(|(r, _)| r.to.has_alice())
                .collect::<Vec<_>>()
        });
        let gate = usize::from(sides[0].is_empty());
        if !sides[gate].is_empty() && mine[gate].is_empty() {
            match self.unmatched {
                Unmatched::Deny => return None,
                Unmatched::Empty => return Some(Vec::new()),
                Unmatched::All => {}
            }
        }
        let exempt = |rule: &Rule| rule.except.is_some_and(Who::has_alice);
        let passes = |(rule, condition): &(&Rule, &Predicate), row: &Vec<Cell>| {
            exempt(rule) || condition.holds(tables, of, row) == Some(true)
        };
        let [permissive, restrictive] = mine;
        let kept = all.iter().filter(|row| {
            (permissive.is_empty() || permissive.iter().any(|f| passes(f, row)))
                && restrictive.iter().all(|f| passes(f, row))
        });
        Some(kept.cloned().collect())
    }

    fn shown(
        &self,
        tables: &[Table],
        of: usize,
        column: &Column,
        cell: &Cell,
        row: &[Cell],
    ) -> Cell {
        // The last rule has the highest priority.
        let rule = self.rules.iter().rev().find_map(|rule| match &rule.what {
            What::Mask {
                column: c,
                mask,
                when,
            } if rule.table == of
                && c.name == column.name
                && rule.to.has_alice()
                && !rule.except.is_some_and(Who::has_alice) =>
            {
                Some((mask, when))
            }
            _ => None,
        });
        match rule {
            None => cell.clone(),
            Some((mask, when)) => {
                let condition = when
                    .as_ref()
                    .map_or(Some(true), |when| when.holds(tables, of, row));
                // MASK_NONE shows where its condition is true, a mask shows where it is false: here both show the value.
                if condition == Some(false) {
                    cell.clone()
                } else {
                    mask.of(cell, column.kind)
                }
            }
        }
    }
}
