//! Hints: `/*+ OPTIONS('k' = 'v'), LOOKUP('table' = 'd') */`.

use super::{Grammar, Parsed};
use crate::syntax::Span;
use crate::syntax::ast::{Hint, Ident, Literal, Setting};
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// The hints at the cursor. Flink takes them behind SELECT, a table's name and an INSERT's target; anywhere else they are an error.
    pub(super) fn hints(&mut self) -> Parsed<Vec<Hint>> {
        let start = self.start();
        if !self.eat(TokenKind::HintStart)? {
            return Ok(Vec::new());
        }
        let mut hints = self.comma_list(Self::hint)?;
        self.expect(TokenKind::HintEnd, "`*/`")?;
        let block = self.since(start);
        for hint in &mut hints {
            hint.block = block;
        }
        Ok(hints)
    }

    fn hint(&mut self) -> Parsed<Hint> {
        let name = self.identifier()?;
        let mut hint = Hint {
            name,
            pairs: Vec::new(),
            operands: Vec::new(),
            block: Span::default(),
        };
        if !self.eat(TokenKind::LeftParen)? {
            return Ok(hint);
        }
        if self.eat(TokenKind::RightParen)? {
            return Ok(hint);
        }
        let key = (1..)
            .take_while(|ahead| self.peek_at(*ahead).kind == TokenKind::String)
            .count();
        if self.peek_at(1 + key).kind == TokenKind::Equal {
            hint.pairs = self.comma_list(Self::hint_pair)?;
        } else {
            hint.operands = self.comma_list(Self::hint_operand)?;
        }
        self.right_paren()?;
        Ok(hint)
    }

    /// `'key' = 'value'`, `key = 'value'`.
    fn hint_pair(&mut self) -> Parsed<Setting> {
        if !self.is_identifier(self.peek()) {
            return self.setting();
        }
        let Ident { value, span, .. } = self.identifier()?;
        let key = Literal { value, span };
        self.expect(TokenKind::Equal, "`=`")?;
        let value = self.string_literal("a value in quotes")?;
        Ok(Setting { key, value })
    }

    /// `'key' = 'value'`.
    pub(super) fn setting(&mut self) -> Parsed<Setting> {
        let key = self.string_literal("a key in quotes")?;
        self.expect(TokenKind::Equal, "`=`")?;
        let value = self.string_literal("a value in quotes")?;
        Ok(Setting { key, value })
    }

    fn hint_operand(&mut self) -> Parsed<Literal> {
        let token = self.peek();
        if self.is_identifier(token) {
            let Ident { value, span, .. } = self.identifier()?;
            return Ok(Literal { value, span });
        }
        match token.kind {
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Approximate => {
                self.bump()?;
                Ok(Literal {
                    value: self.context.text(token).to_owned(),
                    span: token.span,
                })
            }
            _ => self.string_literal("a name or literal"),
        }
    }
}
