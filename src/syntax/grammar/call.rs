//! Function calls in expressions, with the clauses that may follow them.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator,
    FunctionArgumentClause, FunctionArgumentList, FunctionArguments, Ident as SqlIdent,
    NullTreatment, ObjectName, ObjectNamePart, Value,
};

use super::name::{sql_ident, sql_name};
use super::{Grammar, Parsed};
use crate::syntax::ast::{Body, Name, Query, QueryRole, TableRef, Term};
use crate::syntax::dialect::place;
use crate::syntax::token::{Tok, TokenKind};
use crate::syntax::{Construct, Span, Word};

impl Grammar<'_, '_> {
    /// A call of `name`; the cursor stands before `(`.
    pub(super) fn call(&mut self, name: ObjectName) -> Parsed<Expr> {
        let ordered = is_array_agg(&name);
        let args = self.call_arguments(ordered)?;
        self.call_clauses(function(name, FunctionArguments::List(args)))
    }

    /// `PERCENTILE_CONT(x, 0.5 [IGNORE | RESPECT NULLS])`: the only functions that take the words inside.
    pub(super) fn percentile_call(&mut self) -> Parsed<Expr> {
        let token = self.bump()?;
        let name = word_name(token, self.context.text(token));
        self.left_paren()?;
        let operands = self.comma_list(Self::expression)?;
        let nulls = if self.is_2x() {
            self.null_treatment()?
        } else {
            None
        };
        self.right_paren()?;
        let mut call = function(name, arguments(operands));
        call.null_treatment = nulls;
        self.call_clauses(call)
    }

    fn null_treatment(&mut self) -> Parsed<Option<NullTreatment>> {
        if self.eat_words(&[Word::IGNORE, Word::NULLS])? {
            Ok(Some(NullTreatment::IgnoreNulls))
        } else if self.eat_words(&[Word::RESPECT, Word::NULLS])? {
            Ok(Some(NullTreatment::RespectNulls))
        } else {
            Ok(None)
        }
    }

    /// A call of a function whose name is a word of the grammar.
    pub(super) fn word_call(&mut self) -> Parsed<Expr> {
        let token = self.bump()?;
        self.call(word_name(token, self.context.text(token)))
    }

    fn call_arguments(&mut self, ordered: bool) -> Parsed<FunctionArgumentList> {
        self.left_paren()?;
        let mut list = FunctionArgumentList {
            duplicate_treatment: None,
            args: Vec::new(),
            clauses: Vec::new(),
        };
        if self.eat(TokenKind::RightParen)? {
            return Ok(list);
        }
        if self.is(TokenKind::Star) {
            self.bump()?;
            list.args
                .push(FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
            self.right_paren()?;
            return Ok(list);
        }
        list.duplicate_treatment = if self.eat_word(Word::DISTINCT)? {
            Some(DuplicateTreatment::Distinct)
        } else if self.eat_word(Word::ALL)? {
            Some(DuplicateTreatment::All)
        } else {
            None
        };
        list.args = self.comma_list(Self::call_argument)?;
        if ordered && self.eat_words(&[Word::ORDER, Word::BY])? {
            let items = self.order_exprs()?;
            list.clauses.push(FunctionArgumentClause::OrderBy(items));
        }
        self.right_paren()?;
        Ok(list)
    }

    /// The call of a procedure: plain arguments and nothing behind them.
    pub(super) fn procedure_call(&mut self, name: Name) -> Parsed<Expr> {
        self.left_paren()?;
        let mut args = Vec::new();
        if !self.is(TokenKind::RightParen) {
            args = self.comma_list(Self::call_argument)?;
        }
        self.right_paren()?;
        let list = FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        };
        let call = function(sql_name(name), FunctionArguments::List(list));
        Ok(Expr::Function(call))
    }

    fn call_argument(&mut self) -> Parsed<FunctionArg> {
        if self.is_identifier(self.peek()) && self.peek_at(1).kind == TokenKind::Arrow {
            let name = sql_ident(self.identifier()?);
            self.bump()?;
            let arg = FunctionArgExpr::Expr(self.argument_value()?);
            return Ok(FunctionArg::Named {
                name,
                arg,
                operator: FunctionArgOperator::RightArrow,
            });
        }
        if let Some(name) = self.qualified_wildcard()? {
            return Ok(FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(
                sql_name(name),
            )));
        }
        let value = self.argument_value()?;
        Ok(FunctionArg::Unnamed(FunctionArgExpr::Expr(value)))
    }

    /// The value of an argument: an expression, `DEFAULT`, a bare query, `TABLE t`, or a unit of time.
    fn argument_value(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        match token.word {
            Word::DEFAULT if self.ends_argument(1) => self.default_value(),
            Word::TABLE => self.table_value(),
            Word::MODEL if self.is_identifier(self.peek_at(1)) => {
                self.unsupported(Construct::ModelArgument)
            }
            Word::SELECT | Word::WITH | Word::VALUES if self.may_hold_bare_query() => {
                let query = self.query(QueryRole::Scalar)?;
                let span = self.since(token.span.start);
                Ok(self.marker(query, span))
            }
            _ if self.is_set_query() && self.may_hold_bare_query() => {
                let query = self.query(QueryRole::Scalar)?;
                let span = self.since(token.span.start);
                Ok(self.marker(query, span))
            }
            word if self.is_2x() && self.ends_argument(1) && is_unit_argument(word) => {
                self.any_time_unit()?;
                // A unit is no column, so it stands in the tree as a string.
                Ok(self.value(
                    Value::SingleQuotedString(word.text().to_owned()),
                    token.span.start,
                ))
            }
            _ => {
                let value = self.expression()?;
                if self.is_word(Word::PARTITION) {
                    return self.unsupported(Construct::ArgumentPartition);
                }
                Ok(value)
            }
        }
    }

    /// A query without parentheses of its own may be the first argument, or one with a name.
    pub(super) fn may_hold_bare_query(&self) -> bool {
        let before = self.index().checked_sub(1);
        before.is_some_and(|at| {
            matches!(
                self.context.token(at).kind,
                TokenKind::LeftParen | TokenKind::Arrow
            )
        })
    }

    /// `DEFAULT`: no value of its own, so it stands in the tree as a placeholder.
    pub(super) fn default_value(&mut self) -> Parsed<Expr> {
        let start = self.expect_word(Word::DEFAULT)?.start;
        Ok(self.value(Value::Placeholder("DEFAULT".to_owned()), start))
    }

    fn ends_argument(&self, ahead: usize) -> bool {
        matches!(
            self.peek_at(ahead).kind,
            TokenKind::Comma | TokenKind::RightParen
        )
    }

    /// `TABLE t` as an argument of a function in an expression: a scalar subquery, as Flink runs it.
    fn table_value(&mut self) -> Parsed<Expr> {
        let table = self.explicit_table()?;
        let span = table.span;
        if self.is_word(Word::PARTITION) || self.is_word(Word::ORDER) {
            return self.unsupported(Construct::ArgumentPartition);
        }
        let query = self.table_query(table)?;
        Ok(self.marker(query, span))
    }

    /// The query that `TABLE t` is.
    fn table_query(&mut self, table: TableRef) -> Parsed<crate::syntax::ast::QueryId> {
        let span = table.span;
        self.add(Query {
            span,
            role: QueryRole::BareTable,
            with: None,
            recursive: false,
            ctes: Vec::new(),
            body: Body {
                first: Term::Table(table),
                rest: Vec::new(),
                span,
            },
            order_by: Vec::new(),
            bounds: Vec::new(),
        })
    }

    /// `t.*`, `db.t.*`, where it stands ahead: its parts.
    pub(super) fn qualified_wildcard(&mut self) -> Parsed<Option<Name>> {
        let mut ahead = 0;
        loop {
            if !self.is_identifier(self.peek_at(ahead))
                || self.peek_at(ahead + 1).kind != TokenKind::Period
            {
                return Ok(None);
            }
            ahead += 2;
            if self.peek_at(ahead).kind == TokenKind::Star {
                break;
            }
        }
        let start = self.start();
        let mut parts = vec![self.identifier()?];
        let mut end = self.since(start).end;
        loop {
            self.expect(TokenKind::Period, "`.`")?;
            if self.eat(TokenKind::Star)? {
                break;
            }
            parts.push(self.identifier()?);
            end = self.since(start).end;
        }
        if self.is(TokenKind::Period) {
            return self.unsupported(Construct::StarInName);
        }
        Ok(Some(Name {
            parts,
            span: Span::new(start, end),
        }))
    }

    /// `IGNORE NULLS`, `WITHIN GROUP (…)`, `FILTER (…)`, `OVER …`, in Flink's order.
    pub(super) fn call_clauses(&mut self, mut function: Function) -> Parsed<Expr> {
        if function.null_treatment.is_none() {
            function.null_treatment = self.null_treatment()?;
        }
        if self.are_words(&[Word::WITHIN, Word::DISTINCT]) {
            return self.unsupported(Construct::WithinDistinct);
        }
        if self.eat_words(&[Word::WITHIN, Word::GROUP])? {
            self.left_paren()?;
            self.expect_words(&[Word::ORDER, Word::BY])?;
            function.within_group = self.order_exprs()?;
            self.right_paren()?;
        }
        if self.is_word(Word::FILTER) && self.peek_at(1).kind == TokenKind::LeftParen {
            self.bump()?;
            self.left_paren()?;
            self.expect_word(Word::WHERE)?;
            function.filter = Some(self.boxed()?);
            self.right_paren()?;
        }
        if self.eat_word(Word::OVER)? {
            function.over = Some(self.over()?);
        }
        Ok(Expr::Function(function))
    }
}

/// The only function whose arguments may be ordered.
fn is_array_agg(name: &ObjectName) -> bool {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(only)] => {
            only.quote_style.is_none() && only.value.eq_ignore_ascii_case("ARRAY_AGG")
        }
        _ => false,
    }
}

/// Whether the word, alone in an argument, is a unit of time and no column.
fn is_unit_argument(word: Word) -> bool {
    super::literal::interval_unit(word).is_some_and(|_| {
        matches!(
            word,
            Word::YEAR | Word::MONTH | Word::DAY | Word::HOUR | Word::MINUTE | Word::SECOND
        )
    })
}

pub(super) fn function(name: ObjectName, args: FunctionArguments) -> Function {
    Function {
        name,
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args,
        within_group: Vec::new(),
        filter: None,
        null_treatment: None,
        over: None,
    }
}

/// A call that the user did not write as one.
pub(super) fn plain_call(name: &str, operands: Vec<Expr>) -> Expr {
    Expr::Function(function(
        ObjectName::from(vec![SqlIdent::new(name)]),
        arguments(operands),
    ))
}

pub(super) fn arguments(operands: Vec<Expr>) -> FunctionArguments {
    FunctionArguments::List(FunctionArgumentList {
        duplicate_treatment: None,
        args: operands
            .into_iter()
            .map(|operand| FunctionArg::Unnamed(FunctionArgExpr::Expr(operand)))
            .collect(),
        clauses: Vec::new(),
    })
}

/// The name of a function that is a word of the grammar.
pub(super) fn word_name(token: Tok, text: &str) -> ObjectName {
    ObjectName::from(vec![SqlIdent {
        value: text.to_owned(),
        quote_style: None,
        span: place(token.span),
    }])
}
