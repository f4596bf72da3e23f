//! One query block: SELECT to QUALIFY.

use super::{Grammar, Parsed};
use crate::syntax::ast::{Clause, Ident, NamedWindow, Scalar, Select, SelectItem};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Word};

impl Grammar<'_, '_> {
    pub(super) fn select(&mut self) -> Parsed<Select> {
        let start = self.expect_word(Word::SELECT)?.start;
        let hints = self.hints()?;
        // Flink's validator refuses STREAM, whatever the query is.
        self.eat_word(Word::STREAM)?;
        let distinct = self.eat_word(Word::DISTINCT)?;
        if !distinct {
            self.eat_word(Word::ALL)?;
        }
        let items_start = self.start();
        let items = self.comma_list(Self::select_item)?;
        let items_span = self.since(items_start);
        let mut select = Select {
            span: items_span,
            distinct,
            hints,
            items,
            items_span,
            from: Vec::new(),
            selection: None,
            group_by: None,
            having: None,
            windows: Vec::new(),
            qualify: None,
        };
        if self.eat_word(Word::FROM)? {
            select.from = self.comma_list(Self::joined_item)?;
            select.selection = self.clause(Word::WHERE)?;
            select.group_by = self.group_by()?;
            select.having = self.clause(Word::HAVING)?;
            if self.eat_word(Word::WINDOW)? {
                select.windows = self.comma_list(Self::named_window)?;
            }
            if self.is_2x() {
                select.qualify = self.clause(Word::QUALIFY)?;
            }
        }
        select.span = self.since(start);
        Ok(select)
    }

    /// `keyword condition`, where the keyword comes next.
    pub(super) fn clause(&mut self, keyword: Word) -> Parsed<Option<Clause>> {
        if !self.is_word(keyword) {
            return Ok(None);
        }
        let keyword = self.bump()?.span;
        let condition = self.scalar()?;
        Ok(Some(Clause { keyword, condition }))
    }

    fn select_item(&mut self) -> Parsed<SelectItem> {
        let start = self.start();
        if self.is(TokenKind::Star) {
            let span = self.bump()?.span;
            if self.is_word(Word::AS) {
                return self.unsupported(Construct::StarAlias);
            }
            return Ok(SelectItem::Wildcard(span));
        }
        if let Some(qualifier) = self.qualified_wildcard()? {
            return Ok(SelectItem::QualifiedWildcard {
                qualifier,
                span: self.since(start),
            });
        }
        let value = self.scalar()?;
        let alias = self.alias()?;
        Ok(SelectItem::Expr {
            value,
            alias,
            span: self.since(start),
        })
    }

    /// `[AS] name`.
    fn alias(&mut self) -> Parsed<Option<Ident>> {
        if self.eat_word(Word::AS)? || self.is_identifier(self.peek()) {
            return self.identifier().map(Some);
        }
        Ok(None)
    }

    fn named_window(&mut self) -> Parsed<NamedWindow> {
        let name = self.identifier()?;
        self.expect_word(Word::AS)?;
        let (base, operands) = self.window_operands()?;
        Ok(NamedWindow {
            name,
            base,
            operands,
        })
    }

    /// `([name] [PARTITION BY …] [ORDER BY …] [frame])`: that name, and its operands.
    fn window_operands(&mut self) -> Parsed<(Option<Ident>, Vec<Scalar>)> {
        self.left_paren()?;
        let base = if self.is_identifier(self.peek()) {
            Some(self.identifier()?)
        } else {
            None
        };
        let mut operands = Vec::new();
        if self.eat_words(&[Word::PARTITION, Word::BY])? {
            operands = self.comma_list(Self::scalar)?;
        }
        if self.eat_words(&[Word::ORDER, Word::BY])? {
            operands.extend(self.order_items()?.into_iter().map(|item| item.key));
        }
        if self.eat_word(Word::ROWS)? || self.eat_word(Word::RANGE)? {
            if self.eat_word(Word::BETWEEN)? {
                operands.extend(self.window_edge()?);
                self.expect_word(Word::AND)?;
            }
            operands.extend(self.window_edge()?);
        }
        if self.eat_word(Word::ALLOW)? || self.eat_word(Word::DISALLOW)? {
            self.expect_word(Word::PARTIAL)?;
        }
        self.right_paren()?;
        Ok((base, operands))
    }

    fn window_edge(&mut self) -> Parsed<Option<Scalar>> {
        if self.eat_words(&[Word::CURRENT, Word::ROW])? {
            return Ok(None);
        }
        let operand = if self.eat_word(Word::UNBOUNDED)? {
            None
        } else {
            Some(self.scalar()?)
        };
        if !self.eat_word(Word::PRECEDING)? {
            self.expect_word(Word::FOLLOWING)?;
        }
        Ok(operand)
    }
}
