//! What ADD and MODIFY of a table hold: columns with their places, a watermark, keys.

use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::ast::{ColumnChange, ColumnDef, ColumnPosition, Ident, SchemaChange};
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// `column`, `WATERMARK …`, `PRIMARY KEY …`, or several of them in parentheses.
    pub(super) fn schema_change(&mut self) -> Parsed<SchemaChange> {
        let mut change = SchemaChange::default();
        if self.eat(TokenKind::LeftParen)? {
            self.comma_list(|grammar| grammar.schema_element(&mut change))?;
            self.right_paren()?;
        } else {
            self.schema_element(&mut change)?;
        }
        Ok(change)
    }

    fn schema_element(&mut self, change: &mut SchemaChange) -> Parsed<()> {
        match self.peek().word {
            Word::WATERMARK => self.watermark(&mut change.watermark),
            Word::CONSTRAINT | Word::PRIMARY | Word::UNIQUE => {
                self.table_key(&mut change.primary_key)
            }
            _ => {
                let column = self.column_change(&mut change.primary_key)?;
                change.columns.push(column);
                Ok(())
            }
        }
    }

    /// `name type … [FIRST | AFTER column]`, `name AS expression …`.
    fn column_change(&mut self, primary_key: &mut Vec<Ident>) -> Parsed<ColumnChange> {
        let path = self.name()?;
        if path.parts.len() > 1 && self.is_word(Word::AS) {
            return Err(self.expected("a data type"));
        }
        // A name has a part.
        let Some(name) = path.parts.last().cloned() else {
            return Err(self.expected("a name"));
        };
        let kind = self.column_kind(&name, primary_key)?;
        let position = if self.eat_word(Word::FIRST)? {
            Some(ColumnPosition::First)
        } else if self.eat_word(Word::AFTER)? {
            Some(ColumnPosition::After(self.name()?))
        } else {
            None
        };
        Ok(ColumnChange {
            path,
            column: ColumnDef { name, kind },
            position,
        })
    }
}
