//! Table functions in FROM: window TVFs, PTFs, UDTFs, with their table arguments.

use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::ast::{
    Argument, ArgumentValue, Name, OrderItem, QueryRole, Scalar, TableArgument,
    TableArgumentSource, TableFunction,
};
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// `TABLE( f(…) )`.
    pub(super) fn table_call(&mut self) -> Parsed<TableFunction> {
        self.expect_word(Word::TABLE)?;
        self.left_paren()?;
        let name = self.function_name()?;
        let function = self.table_function(name, true)?;
        self.right_paren()?;
        Ok(function)
    }

    fn function_name(&mut self) -> Parsed<Name> {
        let token = self.peek();
        if token.word.is_function() && self.peek_at(1).kind == TokenKind::LeftParen {
            self.bump()?;
            let ident = crate::syntax::ast::Ident {
                value: self.context.text(token).to_owned(),
                quoted: false,
                span: token.span,
            };
            return Ok(Name {
                parts: vec![ident],
                span: token.span,
            });
        }
        self.name()
    }

    /// `f(…)`, whose name has been read.
    pub(super) fn table_function(&mut self, name: Name, in_table: bool) -> Parsed<TableFunction> {
        let start = name.span.start;
        self.left_paren()?;
        let arguments = if self.is(TokenKind::RightParen) {
            Vec::new()
        } else {
            self.comma_list(Self::table_function_argument)?
        };
        self.right_paren()?;
        Ok(TableFunction {
            name,
            arguments,
            in_table,
            span: self.since(start),
        })
    }

    fn table_function_argument(&mut self) -> Parsed<Argument> {
        let named = self.is_identifier(self.peek()) && self.peek_at(1).kind == TokenKind::Arrow;
        let name = if named {
            let name = self.identifier()?;
            self.bump()?;
            Some(name)
        } else {
            None
        };
        let value = self.argument()?;
        Ok(Argument { name, value })
    }

    fn argument(&mut self) -> Parsed<ArgumentValue> {
        let token = self.peek();
        let ends = |ahead| {
            matches!(
                self.peek_at(ahead).kind,
                TokenKind::Comma | TokenKind::RightParen
            )
        };
        match token.word {
            Word::DEFAULT if ends(1) => Ok(ArgumentValue::Default(self.bump()?.span)),
            Word::TABLE => self.table_argument().map(ArgumentValue::Table),
            Word::SELECT | Word::WITH | Word::VALUES if self.may_hold_bare_query() => {
                let query = self.query(QueryRole::TableArgument)?;
                let span = self.since(token.span.start);
                let source = TableArgumentSource::Query(query, span);
                self.table_argument_tail(source, token.span.start)
                    .map(ArgumentValue::Table)
            }
            _ if self.is_set_query() && self.may_hold_bare_query() => {
                let query = self.query(QueryRole::TableArgument)?;
                let span = self.since(token.span.start);
                let source = TableArgumentSource::Query(query, span);
                self.table_argument_tail(source, token.span.start)
                    .map(ArgumentValue::Table)
            }
            Word::DESCRIPTOR if self.peek_at(1).kind == TokenKind::LeftParen => {
                self.bump()?;
                if self.peek_at(1).kind == TokenKind::RightParen {
                    self.bump()?;
                    self.bump()?;
                    return Ok(ArgumentValue::Descriptor(Vec::new()));
                }
                self.paren_list(Self::name).map(ArgumentValue::Descriptor)
            }
            Word::MODEL if self.is_2x() && self.is_identifier(self.peek_at(1)) => {
                self.bump()?;
                self.name().map(ArgumentValue::Model)
            }
            _ if self.is_cursor() => self.cursor_argument().map(ArgumentValue::Table),
            _ if self.is_query_argument() => self.query_argument().map(ArgumentValue::Table),
            _ => self.scalar().map(ArgumentValue::Scalar),
        }
    }

    /// Whether a query in parentheses comes next and is the whole argument, its PARTITION BY and ORDER BY aside.
    fn is_query_argument(&self) -> bool {
        if !self.is_query_paren(self.index()) {
            return false;
        }
        let after = self.context.token(self.context.mate(self.index()) + 1);
        matches!(after.kind, TokenKind::Comma | TokenKind::RightParen)
            || matches!(after.word, Word::PARTITION | Word::ORDER)
    }

    /// `CURSOR(query)`, in parentheses or not: the older spelling of a table argument.
    fn is_cursor(&self) -> bool {
        let parens = self.parens();
        self.peek_at(parens).word == Word::CURSOR && self.is_query_paren(self.index() + parens + 1)
    }

    fn parens(&self) -> usize {
        (0..)
            .take_while(|ahead| self.peek_at(*ahead).kind == TokenKind::LeftParen)
            .count()
    }

    fn cursor_argument(&mut self) -> Parsed<TableArgument> {
        let parens = self.parens();
        for _ in 0..=parens {
            self.bump()?;
        }
        let argument = self.query_argument()?;
        for _ in 0..parens {
            self.right_paren()?;
        }
        Ok(argument)
    }

    fn query_argument(&mut self) -> Parsed<TableArgument> {
        let start = self.start();
        self.left_paren()?;
        let query = self.query(QueryRole::TableArgument)?;
        self.right_paren()?;
        let source = TableArgumentSource::Query(query, self.since(start));
        self.table_argument_tail(source, start)
    }

    fn table_argument(&mut self) -> Parsed<TableArgument> {
        let table = self.explicit_table()?;
        let start = table.span.start;
        self.table_argument_tail(TableArgumentSource::Table(table), start)
    }

    /// `[PARTITION BY key | (keys)] [ORDER BY item | (items)]`: without parentheses there is one, as a comma ends the argument.
    fn table_argument_tail(
        &mut self,
        source: TableArgumentSource,
        start: u32,
    ) -> Parsed<TableArgument> {
        let partition_by: Vec<Scalar> = if self.eat_words(&[Word::PARTITION, Word::BY])? {
            if self.is_whole_paren() {
                self.paren_list(Self::scalar)?
            } else {
                vec![self.scalar()?]
            }
        } else {
            Vec::new()
        };
        let order_by: Vec<OrderItem> = if self.eat_words(&[Word::ORDER, Word::BY])? {
            if self.is_whole_paren() {
                self.paren_list(Self::order_item)?
            } else {
                vec![self.order_item()?]
            }
        } else {
            Vec::new()
        };
        Ok(TableArgument {
            source,
            partition_by,
            order_by,
            span: self.since(start),
        })
    }
}
