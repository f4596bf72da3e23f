//! Random queries in what Flink and SQLite share: joins, subqueries in all positions, common table expressions, set operations, windows, groups.

use std::collections::BTreeSet;

use sqlsec::syntax::quote;

use super::choices::Choices;
use super::world::{Column, Kind, Table};

/// An output column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub name: String,
    pub kind: Kind,
}

/// Something that FROM can name.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    pub columns: Vec<Output>,
    /// Whether it may be written with its database.
    pub has_database: bool,
    /// The tables that are read through it.
    pub reads: BTreeSet<usize>,
}

impl Source {
    pub fn table(index: usize, table: &Table) -> Self {
        let output = |c: &Column| Output {
            name: c.name.to_owned(),
            kind: c.kind,
        };
        Self {
            name: table.name.to_owned(),
            columns: table.columns.iter().map(output).collect(),
            has_database: true,
            reads: BTreeSet::from([index]),
        }
    }
}

/// A relation of a FROM clause.
#[derive(Debug, Clone)]
struct Relation {
    /// How a reference names it: quoted, perhaps with its database.
    qualifier: String,
    /// Its bare name, to see which relation of an outer block it hides.
    alias: String,
    columns: Vec<Output>,
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
struct Scope<'s> {
    relations: &'s [Relation],
    /// Names that NATURAL or USING has merged.
    merged: &'s [String],
    outer: &'s [Relation],
}

pub struct Generator<'a, 'n> {
    pub choices: &'a mut Choices<'n>,
    pub sources: &'a [Source],
    /// The tables that were read, views followed.
    pub reads: BTreeSet<usize>,
    /// What the query is made of.
    pub features: BTreeSet<&'static str>,
    ctes: Vec<Source>,
    /// Names that SQLite would take for a common table expression that is not there yet.
    taken: Vec<String>,
    count: usize,
    /// Where text that only Flink reads may stand, each reference of a table is a mark `\u{1}index\u{2}` for one of these.
    pub nodes: Option<Vec<Node>>,
}

/// A reference of a table, to be written in one way or another.
#[derive(Debug, Clone)]
pub struct Node {
    pub table: String,
    pub with_database: bool,
    pub has_alias: bool,
    /// The word TABLE, where the reference is an argument.
    pub word: &'static str,
    /// What belongs to the reference behind its name.
    pub hint: &'static str,
}

impl Node {
    /// The reference by the table's own name, or by another one.
    pub fn text(&self, name: &str) -> String {
        let database = if self.with_database {
            "`default_database`."
        } else {
            ""
        };
        format!("{}{database}{}{}", self.word, quote(name), self.hint)
    }
}

const COMPARISONS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];
const KINDS: [Kind; 4] = [Kind::Int, Kind::Text, Kind::Flag, Kind::Amount];

impl<'a, 'n> Generator<'a, 'n> {
    pub fn new(choices: &'a mut Choices<'n>, sources: &'a [Source]) -> Self {
        Self {
            choices,
            sources,
            reads: BTreeSet::new(),
            features: BTreeSet::new(),
            ctes: Vec::new(),
            taken: Vec::new(),
            count: 0,
            nodes: None,
        }
    }

    fn feature(&mut self, name: &'static str) {
        self.features.insert(name);
    }

    fn fresh(&mut self, letter: char) -> String {
        self.count += 1;
        format!("{letter}{}", self.count)
    }

    /// A query with its output columns; `top`: nobody reads them by name.
    pub fn query(&mut self, depth: usize, top: bool) -> (String, Vec<Output>) {
        let (outer_ctes, outer_taken) = (self.ctes.len(), self.taken.len());
        let with = if depth > 0 && self.choices.percent(25) {
            self.with(depth - 1)
        } else {
            String::new()
        };
        let (mut sql, columns) = if self.choices.percent(20) {
            self.set_operation(depth)
        } else {
            self.select(depth, &[], None, top)
        };
        self.ctes.truncate(outer_ctes);
        self.taken.truncate(outer_taken);
        sql.insert_str(0, &with);
        if self.choices.percent(15) {
            self.feature("order and limit");
            // By every column: rows that tie are equal.
            let keys: Vec<_> = (1..=columns.len()).map(|i| i.to_string()).collect();
            sql.push_str(&format!(
                " ORDER BY {} LIMIT {}",
                keys.join(", "),
                1 + self.choices.below(4)
            ));
            if self.choices.percent(30) {
                sql.push_str(" OFFSET 1");
            }
        }
        (sql, columns)
    }

    fn with(&mut self, depth: usize) -> String {
        self.feature("common table expression");
        let mut names: Vec<String> = Vec::new();
        for _ in 0..1 + self.choices.below(2) {
            let name = if self.choices.percent(50) {
                // The name of a table, which it hides.
                self.feature("hidden table");
                let source = self.choices.below(self.sources.len());
                self.sources[source].name.clone()
            } else {
                self.fresh('q')
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut list = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let before = self.taken.len();
            self.taken.extend_from_slice(&names[i..]);
            let (sql, columns) = self.query(depth, false);
            self.taken.truncate(before);
            list.push(format!("{} AS ({sql})", quote(name)));
            // The name is free again where a list around this one had taken it.
            self.taken.retain(|taken| taken != name);
            self.ctes.push(Source {
                name: name.clone(),
                columns,
                has_database: false,
                reads: BTreeSet::new(),
            });
        }
        format!("WITH {} ", list.join(", "))
    }

    fn set_operation(&mut self, depth: usize) -> (String, Vec<Output>) {
        self.feature("set operation");
        let (mut sql, columns) = self.select(depth, &[], None, false);
        let kinds: Vec<Kind> = columns.iter().map(|c| c.kind).collect();
        for _ in 0..1 + self.choices.below(2) {
            let operator = self
                .choices
                .pick(&["UNION ALL", "UNION", "INTERSECT", "EXCEPT"]);
            let (right, _) = self.select(depth, &[], Some(&kinds), false);
            sql.push_str(&format!(" {operator} {right}"));
        }
        (sql, columns)
    }

    /// One block. `wanted`: the kinds that its columns must have.
    fn select(
        &mut self,
        depth: usize,
        outer: &[Relation],
        wanted: Option<&[Kind]>,
        top: bool,
    ) -> (String, Vec<Output>) {
        let (from, relations, merged) = self.from(depth);
        let scope = Scope {
            relations: &relations,
            merged: &merged,
            outer,
        };
        let mut tail = String::new();
        if self.choices.percent(45) {
            tail.push_str(&format!(" WHERE {}", self.predicate(scope, depth, 2)));
        }
        let (list, columns, rest) = match self.choices.below(8) {
            1 | 2 if wanted.is_none() => match self.star(scope, top) {
                Some((list, columns)) => (list, columns, String::new()),
                None => self.items(scope, depth, wanted),
            },
            3 | 4 => self.groups(scope, wanted),
            5 => self.windows(scope, wanted),
            _ => self.items(scope, depth, wanted),
        };
        tail.push_str(&rest);
        (format!("SELECT {list} FROM {from}{tail}"), columns)
    }

    fn from(&mut self, depth: usize) -> (String, Vec<Relation>, Vec<String>) {
        let (mut sql, first) = self.factor(depth, &[]);
        let mut relations = vec![first];
        let mut merged = Vec::new();
        let joins = [0, 1, 0, 1, 2][self.choices.below(5)];
        let commas = joins > 0 && self.choices.percent(12);
        for _ in 0..joins {
            let (right, relation) = self.factor(depth, &relations);
            let shared: Vec<Output> = relation
                .columns
                .iter()
                .filter(|c| {
                    let twins = relations
                        .iter()
                        .flat_map(|r| &r.columns)
                        .filter(|o| o.name == c.name);
                    twins.clone().count() == 1 && twins.clone().all(|o| o.kind == c.kind)
                })
                .cloned()
                .collect();
            let anywhere = |c: &Output| {
                relations
                    .iter()
                    .flat_map(|r| &r.columns)
                    .any(|o| o.name == c.name)
            };
            // NATURAL takes every name that both sides have: each must be there once.
            let natural = !shared.is_empty()
                && relations.len() == 1
                && relation.columns.iter().filter(|c| anywhere(c)).count() == shared.len();
            let kind =
                self.choices
                    .pick(&["JOIN", "LEFT JOIN", "INNER JOIN", "RIGHT JOIN", "FULL JOIN"]);
            match self.choices.below(6) {
                _ if commas => {
                    self.feature("comma");
                    sql.push_str(&format!(", {right}"));
                }
                1 => {
                    self.feature("cross join");
                    sql.push_str(&format!(" CROSS JOIN {right}"));
                }
                2 if natural => {
                    self.feature("natural join");
                    merged.extend(shared.iter().map(|c| c.name.clone()));
                    sql.push_str(&format!(" NATURAL {kind} {right}"));
                }
                3 if !shared.is_empty() && relations.len() == 1 => {
                    self.feature("using");
                    let name = self.choices.pick(&shared).name;
                    sql.push_str(&format!(" {kind} {right} USING ({})", quote(&name)));
                    merged.push(name);
                }
                _ => {
                    self.feature(kind);
                    relations.push(relation.clone());
                    let scope = Scope {
                        relations: &relations,
                        merged: &merged,
                        outer: &[],
                    };
                    let on = self.join_condition(scope);
                    relations.pop();
                    sql.push_str(&format!(" {kind} {right} ON {on}"));
                }
            }
            relations.push(relation);
        }
        (sql, relations, merged)
    }

    /// An equality of columns of the last two relations, or any condition.
    fn join_condition(&mut self, scope: Scope<'_>) -> String {
        let [.., left, right] = scope.relations else {
            panic!("a join of one relation")
        };
        let pairs: Vec<_> = left
            .columns
            .iter()
            .flat_map(|l| {
                right
                    .columns
                    .iter()
                    .filter(|r| r.kind == l.kind)
                    .map(move |r| (l, r))
            })
            .collect();
        let plain = Scope {
            merged: &[],
            ..scope
        };
        if pairs.is_empty() || self.choices.percent(20) {
            return self.predicate(plain, 0, 1);
        }
        let (l, r) = self.choices.pick(&pairs);
        let equal = format!(
            "{}.{} = {}.{}",
            left.qualifier,
            quote(&l.name),
            right.qualifier,
            quote(&r.name)
        );
        if self.choices.percent(25) {
            format!("{equal} AND {}", self.predicate(plain, 0, 0))
        } else {
            equal
        }
    }

    fn factor(&mut self, depth: usize, beside: &[Relation]) -> (String, Relation) {
        if depth > 0 && self.choices.percent(20) {
            self.feature("derived table");
            let (sql, columns) = self.query(depth - 1, false);
            let alias = self.fresh('a');
            return (
                format!("({sql}) AS {}", quote(&alias)),
                Relation {
                    qualifier: quote(&alias),
                    alias,
                    columns,
                },
            );
        }
        let own: Vec<Source> = self.ctes.iter().rev().cloned().collect();
        let source = if !own.is_empty() && self.choices.percent(50) {
            let source = self.choices.pick(&own);
            // The innermost of its name, where nothing hides it.
            own.iter()
                .find(|s| s.name == source.name)
                .filter(|s| !self.taken.contains(&s.name))
                .cloned()
        } else {
            None
        };
        let (source, is_cte) = match source {
            Some(source) => (source, true),
            None => (self.choices.pick(self.sources), false),
        };
        self.reads.extend(&source.reads);
        let hidden = !is_cte
            && (self.taken.contains(&source.name) || own.iter().any(|s| s.name == source.name));
        let (source, hidden) = if hidden && !source.has_database {
            // Only its bare name means it, and that means something else here.
            let first = self.sources[0].clone();
            self.reads.extend(&first.reads);
            (first, true)
        } else {
            (source, hidden)
        };
        let with_database = source.has_database && !is_cte && (hidden || self.choices.percent(15));
        let mut sql = quote(&source.name);
        if with_database {
            self.feature("name with its database");
            sql = format!("`default_database`.{sql}");
        }
        let same_name = beside.iter().any(|r| r.alias == source.name);
        let has_alias = same_name || self.choices.percent(40);
        if !is_cte {
            sql = self.node(sql, &source.name, with_database, has_alias);
        }
        if self.nodes.is_some() && !is_cte && self.choices.percent(10) {
            self.feature("table argument");
            // The name stands for itself in there, and its alias outside.
            if let Some(node) = self.nodes.as_mut().and_then(|nodes| nodes.last_mut()) {
                node.has_alias = true;
                node.hint = "";
                node.word = "TABLE ";
            }
            let alias = self.fresh('a');
            let sql = format!("TABLE(TUMBLE({sql}, DESCRIPTOR(k), INTERVAL '1' HOUR)) AS {alias}");
            return (
                sql,
                Relation {
                    qualifier: alias.clone(),
                    alias,
                    columns: source.columns,
                },
            );
        }
        if has_alias {
            let alias = self.fresh('a');
            let word = if self.choices.percent(50) {
                " "
            } else {
                " AS "
            };
            return (
                format!("{sql}{word}{alias}"),
                Relation {
                    qualifier: alias.clone(),
                    alias,
                    columns: source.columns,
                },
            );
        }
        let mut qualifier = quote(&source.name);
        if source.has_database && !is_cte && self.nodes.is_none() && self.choices.percent(20) {
            self.feature("column with its database");
            qualifier = format!("default_database.{qualifier}");
        }
        (
            sql,
            Relation {
                qualifier,
                alias: source.name,
                columns: source.columns,
            },
        )
    }

    /// The mark for a reference, where these are asked for.
    fn node(&mut self, sql: String, table: &str, with_database: bool, has_alias: bool) -> String {
        let Some(nodes) = &mut self.nodes else {
            return sql;
        };
        let hints = [
            "",
            " /*+ OPTIONS('scan.startup.mode' = 'latest-offset') */",
            "",
            "",
            " /* c */ /*+ OPTIONS('scan.parallelism' = '1') */",
        ];
        let hint = self.choices.pick(&hints);
        nodes.push(Node {
            table: table.to_owned(),
            with_database,
            has_alias,
            word: "",
            hint,
        });
        format!("\u{1}{}\u{2}", nodes.len() - 1)
    }

    fn star(&mut self, scope: Scope<'_>, top: bool) -> Option<(String, Vec<Output>)> {
        let mut columns: Vec<Output> = Vec::new();
        for column in scope.relations.iter().flat_map(|r| &r.columns) {
            let again = columns.iter().any(|c| c.name == column.name);
            if again && scope.merged.contains(&column.name) {
                continue;
            }
            if again && !top {
                return None;
            }
            columns.push(column.clone());
        }
        self.feature("star");
        if scope.relations.len() == 1 && self.choices.percent(30) {
            return Some((format!("{}.*", quote(&scope.relations[0].alias)), columns));
        }
        Some(("*".to_owned(), columns))
    }

    fn items(
        &mut self,
        scope: Scope<'_>,
        depth: usize,
        wanted: Option<&[Kind]>,
    ) -> (String, Vec<Output>, String) {
        let kinds = match wanted {
            Some(kinds) => kinds.to_vec(),
            None => (0..1 + self.choices.below(4))
                .map(|_| self.choices.pick(&KINDS))
                .collect(),
        };
        let distinct = self.choices.percent(15);
        let mut columns: Vec<Output> = Vec::new();
        let mut list = Vec::new();
        for kind in kinds {
            let bare = self
                .choices
                .percent(60)
                .then(|| {
                    self.column(
                        Scope {
                            outer: &[],
                            ..scope
                        },
                        kind,
                    )
                })
                .flatten();
            match bare {
                Some((sql, name))
                    if columns.iter().all(|c| c.name != name) && self.choices.percent(70) =>
                {
                    list.push(sql);
                    columns.push(Output { name, kind });
                }
                _ => {
                    let name = self.fresh('c');
                    let value = self.expression(scope, kind, depth, 2);
                    list.push(format!("{value} AS {name}"));
                    columns.push(Output { name, kind });
                }
            }
        }
        if distinct {
            self.feature("distinct");
        }
        (
            format!(
                "{}{}",
                if distinct { "DISTINCT " } else { "" },
                list.join(", ")
            ),
            columns,
            String::new(),
        )
    }

    fn groups(
        &mut self,
        scope: Scope<'_>,
        wanted: Option<&[Kind]>,
    ) -> (String, Vec<Output>, String) {
        self.feature("groups");
        let own = Scope {
            outer: &[],
            ..scope
        };
        let kinds = match wanted {
            Some(kinds) => kinds.to_vec(),
            None => (0..1 + self.choices.below(3))
                .map(|_| self.choices.pick(&KINDS))
                .collect(),
        };
        let (mut list, mut keys, mut columns) = (Vec::new(), Vec::new(), Vec::new());
        for kind in kinds {
            let key = self
                .choices
                .percent(40)
                .then(|| self.column(own, kind))
                .flatten();
            let value = match key {
                Some((sql, _)) => {
                    keys.push(sql.clone());
                    sql
                }
                None => self.aggregate(own, kind),
            };
            let name = self.fresh('c');
            list.push(format!("{value} AS {name}"));
            columns.push(Output { name, kind });
        }
        if self.choices.percent(25)
            && let Some((sql, _)) = self.column(own, Kind::Int)
        {
            keys.push(sql);
        }
        let mut rest = if keys.is_empty() {
            String::new()
        } else {
            format!(" GROUP BY {}", keys.join(", "))
        };
        if !keys.is_empty() && self.choices.percent(30) {
            let condition = self.choices.pick(&["COUNT(*) > 1", "COUNT(*) < 3"]);
            let max = self.aggregate(own, Kind::Int);
            rest.push_str(&format!(" HAVING {condition} OR {max} > 1"));
        }
        (list.join(", "), columns, rest)
    }

    fn aggregate(&mut self, own: Scope<'_>, kind: Kind) -> String {
        let filter = if self.choices.percent(15) {
            self.feature("filtered aggregate");
            format!(" FILTER (WHERE {})", self.predicate(own, 0, 0))
        } else {
            String::new()
        };
        let call = match kind {
            Kind::Int => match self.choices.below(5) {
                0 => "COUNT(*)".to_owned(),
                1 => format!("COUNT(DISTINCT {})", self.expression(own, Kind::Text, 0, 0)),
                2 => format!("COUNT({})", self.expression(own, Kind::Flag, 0, 0)),
                3 => format!("SUM({})", self.expression(own, Kind::Int, 0, 1)),
                _ => format!("MAX({})", self.expression(own, Kind::Int, 0, 1)),
            },
            Kind::Text => format!(
                "{}({})",
                self.choices.pick(&["MIN", "MAX"]),
                self.expression(own, Kind::Text, 0, 1)
            ),
            Kind::Amount => format!(
                "{}({})",
                self.choices.pick(&["SUM", "AVG", "MIN"]),
                self.expression(own, Kind::Amount, 0, 1)
            ),
            Kind::Flag => {
                let n = self.expression(own, Kind::Int, 0, 0);
                return format!("(MAX({n}){filter} > 1)");
            }
        };
        format!("{call}{filter}")
    }

    /// Window functions whose values do not hang on the order of equal rows.
    fn windows(
        &mut self,
        scope: Scope<'_>,
        wanted: Option<&[Kind]>,
    ) -> (String, Vec<Output>, String) {
        self.feature("window");
        let own = Scope {
            outer: &[],
            ..scope
        };
        let kinds = match wanted {
            Some(kinds) => kinds.to_vec(),
            None => vec![Kind::Int, self.choices.pick(&KINDS)],
        };
        let partition = self.choices.pick(&KINDS);
        let order = self.choices.pick(&KINDS);
        let mut window = String::new();
        if self.choices.percent(60) {
            window = format!("PARTITION BY {} ", self.expression(own, partition, 0, 0));
        }
        window.push_str(&format!("ORDER BY {}", self.expression(own, order, 0, 0)));
        let named = self.choices.percent(30);
        let over = if named {
            "OVER w".to_owned()
        } else {
            format!("OVER ({window})")
        };
        let (mut list, mut columns) = (Vec::new(), Vec::new());
        for kind in kinds {
            let value = match kind {
                Kind::Int => match self.choices.below(4) {
                    0 => format!("RANK() {over}"),
                    1 => format!("DENSE_RANK() {over}"),
                    2 => format!("COUNT(*) {over}"),
                    _ => format!("SUM({}) {over}", self.expression(own, Kind::Int, 0, 1)),
                },
                Kind::Text => format!("MIN({}) {over}", self.expression(own, Kind::Text, 0, 1)),
                Kind::Amount => format!("SUM({}) {over}", self.expression(own, Kind::Amount, 0, 1)),
                Kind::Flag => format!("(RANK() {over} > 1)"),
            };
            let name = self.fresh('c');
            list.push(format!("{value} AS {name}"));
            columns.push(Output { name, kind });
        }
        let rest = if named {
            format!(" WINDOW w AS ({window})")
        } else {
            String::new()
        };
        (list.join(", "), columns, rest)
    }

    /// A reference to a column of this kind, and its bare name.
    fn column(&mut self, scope: Scope<'_>, kind: Kind) -> Option<(String, String)> {
        let of = |relations: &[Relation]| {
            relations
                .iter()
                .flat_map(|r| {
                    r.columns
                        .iter()
                        .filter(|c| c.kind == kind)
                        .map(|c| (r.clone(), c.name.clone()))
                })
                .collect::<Vec<_>>()
        };
        let inner = of(scope.relations);
        let outer: Vec<_> = of(scope.outer)
            .into_iter()
            .filter(|(r, _)| scope.relations.iter().all(|i| i.alias != r.alias))
            .collect();
        if !outer.is_empty() && (inner.is_empty() || self.choices.percent(40)) {
            self.feature("correlated");
            let (relation, name) = self.choices.pick(&outer);
            return Some((format!("{}.{}", relation.qualifier, quote(&name)), name));
        }
        if inner.is_empty() {
            return None;
        }
        let (relation, name) = self.choices.pick(&inner);
        let bearers = scope
            .relations
            .iter()
            .filter(|r| r.columns.iter().any(|c| c.name == name))
            .count();
        let alone = bearers == 1 || scope.merged.contains(&name);
        if alone && self.choices.percent(50) {
            return Some((self.spelled(&name), name));
        }
        Some((
            format!("{}.{}", relation.qualifier, self.spelled(&name)),
            name,
        ))
    }

    /// In back-ticks, or bare where that is allowed.
    fn spelled(&mut self, name: &str) -> String {
        let bare = name != "order"
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if bare && self.choices.percent(60) {
            name.to_owned()
        } else {
            quote(name)
        }
    }

    fn literal(&mut self, kind: Kind) -> String {
        let of: &[&str] = match kind {
            Kind::Int => &["1", "2", "0", "3"],
            Kind::Text => &["'a'", "'ab'", "''", "'it''s -- no'"],
            Kind::Flag => &["TRUE", "FALSE"],
            Kind::Amount => &["1.5", "0.25", "2.5"],
        };
        self.choices.pick(of).to_owned()
    }

    fn expression(&mut self, scope: Scope<'_>, kind: Kind, depth: usize, size: usize) -> String {
        if size > 0 && self.choices.percent(40) {
            match self.choices.below(5) {
                0 if kind != Kind::Flag => {
                    let (a, b) = (
                        self.expression(scope, kind, depth, size - 1),
                        self.expression(scope, kind, depth, size - 1),
                    );
                    let operator = match kind {
                        Kind::Text => "||",
                        _ => "+",
                    };
                    return format!("({a} {operator} {b})");
                }
                1 => {
                    let condition = self.predicate(scope, depth, size - 1);
                    let (a, b) = (
                        self.expression(scope, kind, depth, size - 1),
                        self.expression(scope, kind, depth, size - 1),
                    );
                    return format!("CASE WHEN {condition} THEN {a} ELSE {b} END");
                }
                2 => {
                    let (value, other) = (
                        self.expression(scope, kind, depth, size - 1),
                        self.literal(kind),
                    );
                    return format!("COALESCE({value}, {other})");
                }
                3 if kind == Kind::Int => {
                    return format!(
                        "CHAR_LENGTH({})",
                        self.expression(scope, Kind::Text, depth, size - 1)
                    );
                }
                3 if kind == Kind::Flag => {
                    return format!("({})", self.predicate(scope, depth, size - 1));
                }
                4 if depth > 0 => {
                    self.feature("scalar subquery");
                    return format!("({})", self.scalar_query(scope, kind, depth - 1));
                }
                _ => {}
            }
        }
        match self.column(scope, kind) {
            Some((sql, _)) if !self.choices.percent(10) => sql,
            _ => self.literal(kind),
        }
    }

    /// A query of one row and one column.
    fn scalar_query(&mut self, scope: Scope<'_>, kind: Kind, depth: usize) -> String {
        let (from, relations, merged) = self.from(depth);
        let inner = Scope {
            relations: &relations,
            merged: &merged,
            outer: scope.relations,
        };
        let condition = if self.choices.percent(60) {
            format!(" WHERE {}", self.predicate(inner, depth, 1))
        } else {
            String::new()
        };
        let value = self.aggregate(
            Scope {
                outer: &[],
                ..inner
            },
            kind,
        );
        format!("SELECT {value} FROM {from}{condition}")
    }

    fn predicate(&mut self, scope: Scope<'_>, depth: usize, size: usize) -> String {
        if size > 0 && self.choices.percent(35) {
            let left = self.predicate(scope, depth, size - 1);
            if self.choices.percent(25) {
                return format!("NOT ({left})");
            }
            let right = self.predicate(scope, depth, size - 1);
            let operator = self.choices.pick(&["AND", "OR"]);
            return format!("({left}) {operator} ({right})");
        }
        let form = self.choices.below(9);
        if form == 5 && depth > 0 {
            self.feature("exists");
            let not = if self.choices.percent(30) { "NOT " } else { "" };
            let (sql, _) = self.select(depth - 1, scope.relations, None, false);
            return format!("{not}EXISTS ({sql})");
        }
        // What is made is used: the tables that it reads are counted.
        let kind = self.choices.pick(&KINDS);
        let value = self.expression(scope, kind, depth, size.min(1));
        match form {
            1 => format!("{value} IS NULL"),
            2 => format!("{value} IS NOT NULL"),
            3 if kind != Kind::Flag => format!(
                "{value} IN ({}, {})",
                self.literal(kind),
                self.literal(kind)
            ),
            4 if kind == Kind::Int => format!("{value} BETWEEN 0 AND {}", self.literal(kind)),
            4 if kind == Kind::Text => format!("{value} LIKE '%a%'"),
            4 if kind == Kind::Flag => format!("{value} IS NOT TRUE"),
            6 if depth > 0 && kind != Kind::Flag => {
                self.feature("in subquery");
                let not = if self.choices.percent(30) { "NOT " } else { "" };
                let (sql, _) = self.select(depth - 1, scope.relations, Some(&[kind]), false);
                format!("{value} {not}IN ({sql})")
            }
            7 => format!(
                "{value} IS DISTINCT FROM {}",
                self.expression(scope, kind, depth, 0)
            ),
            _ => format!(
                "{value} {} {}",
                self.choices.pick(&COMPARISONS),
                self.expression(scope, kind, depth, 0)
            ),
        }
    }
}
