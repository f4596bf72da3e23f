//! The tables that a statement names, by syntax alone: CTE names left out by their scope, nothing resolved, no view expanded.
//!
//! For measuring the grammar against Flink's own tree. What a statement may read is decided by `resolve`, not here.

use super::ast::{
    AlterTable, ArgumentValue, Body, Clause, ColumnDef, ColumnDefKind, CreateTable, Factor,
    FactorKind, FromItem, Insert, JoinConstraint, MatchRecognize, Name, Queries, Query, QueryId,
    Scalar, Select, SelectItem, Statement, StatementKind, TableArgumentSource, TableChange,
    TableFunction, TableRef, Term, ViewChange,
};
use super::{Operand, Span, SyntaxError, SyntaxErrorKind, operands};

/// The tables of a statement, each list in text order, one entry a reference.
#[derive(Debug, Default)]
pub struct Tables<'s> {
    /// Tables and views in query position.
    pub reads: Vec<&'s Name>,
    /// Targets of INSERT, UPDATE, DELETE, TRUNCATE, and of CREATE TABLE AS and its like.
    pub writes: Vec<&'s Name>,
}

/// The tables that `statement` names.
///
/// # Errors
/// An expression with a node that the grammar does not build.
pub fn tables(statement: &Statement) -> Result<Tables<'_>, SyntaxError> {
    let mut walk = Walk {
        queries: &statement.queries,
        scope: Vec::new(),
        tables: Tables::default(),
    };
    walk.kind(&statement.kind)?;
    walk.tables.reads.sort_by_key(|name| name.span);
    Ok(walk.tables)
}

struct Walk<'s> {
    queries: &'s Queries,
    /// The CTE names that are visible.
    scope: Vec<&'s str>,
    tables: Tables<'s>,
}

type Walked = Result<(), SyntaxError>;

impl<'s> Walk<'s> {
    fn kind(&mut self, kind: &'s StatementKind) -> Walked {
        match kind {
            StatementKind::Query(query) => self.query_of(*query),
            StatementKind::Insert(insert) => self.insert(insert),
            StatementKind::StatementSet(inserts) => {
                inserts.iter().try_for_each(|insert| self.insert(insert))
            }
            StatementKind::Explain(explained) => self.kind(explained),
            StatementKind::CreateTable(table) => self.create_table(table),
            StatementKind::CreateView(view) => self.query_of(view.query),
            StatementKind::CreateMaterializedTable(made) => self.create_table(&made.table),
            StatementKind::CreateObject(object) => self.scalars(&object.operands),
            StatementKind::AlterTable(alter) => self.table_change(alter),
            StatementKind::AlterView(alter) => match &alter.change {
                ViewChange::As(query) => self.query_of(*query),
                ViewChange::Rename(_) => Ok(()),
            },
            StatementKind::Update(update) => {
                self.tables.writes.push(&update.target.name);
                for (_, value) in &update.assignments {
                    self.scalar(value)?;
                }
                self.clause(update.selection.as_ref())
            }
            StatementKind::Delete(delete) => {
                self.tables.writes.push(&delete.target.name);
                self.clause(delete.selection.as_ref())
            }
            StatementKind::Truncate(name) => {
                self.tables.writes.push(name);
                Ok(())
            }
            StatementKind::Call(call) => self.scalar(&call.call),
            StatementKind::CompilePlan(plan) => plan
                .inserts
                .iter()
                .try_for_each(|insert| self.insert(insert)),
            StatementKind::AlterObject(_)
            | StatementKind::Analyze(_)
            | StatementKind::Describe(_)
            | StatementKind::Show(_)
            | StatementKind::Module(_)
            | StatementKind::Jar(_)
            | StatementKind::Drop(_)
            | StatementKind::Use(_)
            | StatementKind::Set(_)
            | StatementKind::Reset(_)
            | StatementKind::BeginStatementSet
            | StatementKind::EndStatementSet
            | StatementKind::Refused(_) => Ok(()),
        }
    }

    fn create_table(&mut self, table: &'s CreateTable) -> Walked {
        for column in &table.columns {
            self.column(column)?;
        }
        if let Some((_, value)) = &table.watermark {
            self.scalar(value)?;
        }
        if let Some(query) = table.query {
            self.tables.writes.push(&table.name);
            self.query_of(query)?;
        }
        Ok(())
    }

    fn column(&mut self, column: &'s ColumnDef) -> Walked {
        match &column.kind {
            ColumnDefKind::Computed(value) => self.scalar(value),
            ColumnDefKind::Physical(_)
            | ColumnDefKind::Metadata { .. }
            | ColumnDefKind::NameOnly => Ok(()),
        }
    }

    fn table_change(&mut self, alter: &'s AlterTable) -> Walked {
        match &alter.change {
            TableChange::As(query) => {
                self.tables.writes.push(&alter.name);
                self.query_of(*query)
            }
            TableChange::Add(schema) | TableChange::Modify(schema) => {
                for change in &schema.columns {
                    self.column(&change.column)?;
                }
                schema
                    .watermark
                    .iter()
                    .try_for_each(|(_, value)| self.scalar(value))
            }
            TableChange::Rename(_)
            | TableChange::RenameColumn { .. }
            | TableChange::Set(_)
            | TableChange::Reset(_)
            | TableChange::DropColumns(_)
            | TableChange::DropKey
            | TableChange::DropWatermark
            | TableChange::Distribution
            | TableChange::AddPartitions(_)
            | TableChange::DropPartitions
            | TableChange::Compact
            | TableChange::Suspend
            | TableChange::Resume(_)
            | TableChange::Refresh
            | TableChange::Schedule => Ok(()),
        }
    }

    fn clause(&mut self, clause: Option<&'s Clause>) -> Walked {
        clause
            .into_iter()
            .try_for_each(|clause| self.scalar(&clause.condition))
    }

    fn insert(&mut self, insert: &'s Insert) -> Walked {
        self.tables.writes.push(&insert.target.name);
        for (_, value) in &insert.partition {
            value.iter().try_for_each(|value| self.scalar(value))?;
        }
        self.query_of(insert.source)
    }

    fn query_of(&mut self, id: QueryId) -> Walked {
        let query = self.queries.get(id).ok_or_else(lost)?;
        self.query(query)
    }

    fn query(&mut self, query: &'s Query) -> Walked {
        let outer = self.scope.len();
        for cte in &query.ctes {
            if query.recursive {
                self.scope.push(&cte.name.value);
            }
            self.query_of(cte.query)?;
            self.scope.push(&cte.name.value);
        }
        self.body(&query.body)?;
        for item in &query.order_by {
            self.scalar(&item.key)?;
        }
        self.scalars(&query.bounds)?;
        self.scope.truncate(outer);
        Ok(())
    }

    fn body(&mut self, body: &'s Body) -> Walked {
        self.term(&body.first)?;
        body.rest.iter().try_for_each(|(_, term)| self.term(term))
    }

    fn term(&mut self, term: &'s Term) -> Walked {
        match term {
            Term::Select(select) => self.select(select),
            Term::Values(values) => values.rows.iter().try_for_each(|row| self.scalars(row)),
            Term::Table(table) => {
                self.read(table);
                Ok(())
            }
            Term::Query(query) => self.query_of(*query),
        }
    }

    fn select(&mut self, select: &'s Select) -> Walked {
        for item in &select.items {
            match item {
                SelectItem::Expr { value, .. } => self.scalar(value)?,
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard { .. } => {}
            }
        }
        select.from.iter().try_for_each(|item| self.from(item))?;
        let clauses = [&select.selection, &select.having, &select.qualify];
        for clause in clauses.into_iter().flatten() {
            self.scalar(&clause.condition)?;
        }
        if let Some(group_by) = &select.group_by {
            self.scalars(&group_by.keys)?;
        }
        select
            .windows
            .iter()
            .try_for_each(|window| self.scalars(&window.operands))
    }

    fn from(&mut self, item: &'s FromItem) -> Walked {
        self.factor(&item.first)?;
        for join in &item.joins {
            self.factor(&join.right)?;
            match &join.constraint {
                JoinConstraint::On(clause) => self.scalar(&clause.condition)?,
                JoinConstraint::None | JoinConstraint::Using(_) => {}
            }
        }
        Ok(())
    }

    fn factor(&mut self, factor: &'s Factor) -> Walked {
        match &factor.kind {
            FactorKind::Table(table) => self.read(table),
            FactorKind::Query(query) => self.query_of(*query)?,
            FactorKind::Function(function) => self.function(function)?,
            FactorKind::Unnest { operands, .. } => self.scalars(operands)?,
            FactorKind::Parenthesised(item) => self.from(item)?,
        }
        if let Some(clause) = &factor.as_of {
            self.scalar(&clause.condition)?;
        }
        match &factor.match_recognize {
            Some(pattern) => self.pattern(pattern),
            None => Ok(()),
        }
    }

    fn pattern(&mut self, pattern: &'s MatchRecognize) -> Walked {
        self.scalars(&pattern.partition_by)?;
        for item in &pattern.order_by {
            self.scalar(&item.key)?;
        }
        for (value, _) in &pattern.measures {
            self.scalar(value)?;
        }
        if let Some(value) = &pattern.within {
            self.scalar(value)?;
        }
        for (_, value) in &pattern.defines {
            self.scalar(value)?;
        }
        Ok(())
    }

    fn function(&mut self, function: &'s TableFunction) -> Walked {
        for argument in &function.arguments {
            match &argument.value {
                ArgumentValue::Scalar(value) => self.scalar(value)?,
                ArgumentValue::Table(table) => {
                    match &table.source {
                        TableArgumentSource::Table(table) => self.read(table),
                        TableArgumentSource::Query(query, _) => self.query_of(*query)?,
                    }
                    self.scalars(&table.partition_by)?;
                    for item in &table.order_by {
                        self.scalar(&item.key)?;
                    }
                }
                ArgumentValue::Descriptor(_)
                | ArgumentValue::Model(_)
                | ArgumentValue::Default(_) => {}
            }
        }
        Ok(())
    }

    fn read(&mut self, table: &'s TableRef) {
        let is_cte = match table.name.parts.as_slice() {
            [only] => self.scope.contains(&only.value.as_str()),
            _ => false,
        };
        if !is_cte {
            self.tables.reads.push(&table.name);
        }
    }

    fn scalars(&mut self, scalars: &'s [Scalar]) -> Walked {
        scalars.iter().try_for_each(|scalar| self.scalar(scalar))
    }

    fn scalar(&mut self, scalar: &'s Scalar) -> Walked {
        let mut nested = Vec::new();
        operands(&scalar.expr, &mut |operand| match operand {
            Operand::Query(query) => nested.push(query),
            Operand::Column(_)
            | Operand::Wildcard(_)
            | Operand::Call(_)
            | Operand::Variable(..) => {}
        })?;
        nested
            .into_iter()
            .try_for_each(|query| self.query_of(query))
    }
}

/// A marker without its query: the tree was put together from two statements.
fn lost() -> SyntaxError {
    SyntaxError {
        kind: SyntaxErrorKind::Unexpected("a nested query is not in its statement".to_owned()),
        span: Span::default(),
    }
}
