//! Functions with a grammar of their own: CAST, EXTRACT, POSITION, TRIM, OVERLAY, SUBSTRING, CEIL and FLOOR, TRANSLATE, TIMESTAMPADD.

use sqlparser::ast::{CastKind, CeilFloorKind, Expr, ExtractSyntax, TrimWhereField, Value};

use super::call::{arguments, function, word_name};
use super::literal::{custom_type, is_time_unit};
use super::{Grammar, Parsed, precedence};
use crate::syntax::Word;
use crate::syntax::lexer::TextKind;
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    pub(super) fn cast(&mut self, kind: CastKind) -> Parsed<Expr> {
        self.bump()?;
        self.left_paren()?;
        let expr = self.boxed()?;
        self.expect_word(Word::AS)?;
        let text = self.cast_type()?;
        self.right_paren()?;
        Ok(Expr::Cast {
            kind,
            expr,
            data_type: custom_type(text),
            format: None,
        })
    }

    /// The type of a CAST, printed; in a policy it may be the marker `{type}`.
    fn cast_type(&mut self) -> Parsed<String> {
        let token = self.peek();
        if token.kind == TokenKind::Marker && self.context.text_kind == TextKind::Policy {
            self.bump()?;
            return Ok(self.context.text(token).to_owned());
        }
        self.cast_data_type().map(|data_type| data_type.to_string())
    }

    pub(super) fn extract(&mut self) -> Parsed<Expr> {
        self.bump()?;
        self.left_paren()?;
        let field = self.any_time_unit()?;
        self.expect_word(Word::FROM)?;
        let expr = self.boxed()?;
        self.right_paren()?;
        Ok(Expr::Extract {
            field,
            syntax: ExtractSyntax::From,
            expr,
        })
    }

    /// `POSITION(a IN b [FROM n])`. Both sides bind tighter than IN.
    pub(super) fn position(&mut self) -> Parsed<Expr> {
        let token = self.bump()?;
        self.left_paren()?;
        let needle = self.binding(precedence::MULTISET - 1)?;
        self.expect_word(Word::IN)?;
        let haystack = self.expression()?;
        if self.eat_word(Word::FROM)? {
            let from = self.expression()?;
            self.right_paren()?;
            let name = word_name(token, self.context.text(token));
            return self.call_clauses(function(name, arguments(vec![needle, haystack, from])));
        }
        self.right_paren()?;
        Ok(Expr::Position {
            expr: Box::new(needle),
            r#in: Box::new(haystack),
        })
    }

    pub(super) fn trim(&mut self) -> Parsed<Expr> {
        self.bump()?;
        self.left_paren()?;
        let trim_where = if self.eat_word(Word::BOTH)? {
            Some(TrimWhereField::Both)
        } else if self.eat_word(Word::LEADING)? {
            Some(TrimWhereField::Leading)
        } else if self.eat_word(Word::TRAILING)? {
            Some(TrimWhereField::Trailing)
        } else {
            None
        };
        let mut trim_what = None;
        let mut expr = None;
        if !(trim_where.is_some() && self.is_word(Word::FROM)) {
            expr = Some(self.boxed()?);
        }
        if (trim_where.is_some() || self.is_word(Word::FROM)) && self.eat_word(Word::FROM)? {
            trim_what = expr;
            expr = Some(self.boxed()?);
        } else if trim_where.is_some() {
            return Err(self.expected("FROM"));
        }
        self.right_paren()?;
        let Some(expr) = expr else {
            return Err(self.expected("an expression"));
        };
        Ok(Expr::Trim {
            trim_where,
            trim_what,
            expr,
            trim_characters: None,
        })
    }

    pub(super) fn overlay(&mut self) -> Parsed<Expr> {
        self.bump()?;
        self.left_paren()?;
        let expr = self.boxed()?;
        self.expect_word(Word::PLACING)?;
        let overlay_what = self.boxed()?;
        self.expect_word(Word::FROM)?;
        let overlay_from = self.boxed()?;
        let overlay_for = if self.eat_word(Word::FOR)? {
            Some(self.boxed()?)
        } else {
            None
        };
        self.right_paren()?;
        Ok(Expr::Overlay {
            expr,
            overlay_what,
            overlay_from,
            overlay_for,
        })
    }

    pub(super) fn substring(&mut self) -> Parsed<Expr> {
        self.bump()?;
        self.left_paren()?;
        let expr = self.boxed()?;
        let special = !self.is_word(Word::FROM);
        if special {
            self.expect(TokenKind::Comma, "FROM or `,`")?;
        } else {
            self.bump()?;
        }
        let from = self.boxed()?;
        let length =
            if special && self.eat(TokenKind::Comma)? || !special && self.eat_word(Word::FOR)? {
                Some(self.boxed()?)
            } else {
                None
            };
        self.right_paren()?;
        Ok(Expr::Substring {
            expr,
            substring_from: Some(from),
            substring_for: length,
            special,
            shorthand: false,
        })
    }

    /// `CEIL(x)`, `FLOOR(x TO DAY)`.
    pub(super) fn round(&mut self) -> Parsed<Expr> {
        let token = self.bump()?;
        self.left_paren()?;
        let expr = self.boxed()?;
        if self.eat_word(Word::TO)? {
            let field = CeilFloorKind::DateTimeField(self.any_time_unit()?);
            self.right_paren()?;
            return Ok(if token.word == Word::FLOOR {
                Expr::Floor { expr, field }
            } else {
                Expr::Ceil { expr, field }
            });
        }
        self.right_paren()?;
        let name = word_name(token, self.context.text(token));
        self.call_clauses(function(name, arguments(vec![*expr])))
    }

    /// `CONVERT(x USING c)`, `TRANSLATE(x USING c)`, `TRANSLATE(x, a, b)`.
    pub(super) fn translate(&mut self) -> Parsed<Expr> {
        let token = self.bump()?;
        self.left_paren()?;
        let mut operands = vec![self.expression()?];
        if self.eat_word(Word::USING)? {
            let charset = self.identifier()?;
            operands.push(self.value(Value::SingleQuotedString(charset.value), charset.span.start));
        } else {
            if !self.is_2x() && token.word == Word::CONVERT {
                return Err(self.expected("USING"));
            }
            while self.eat(TokenKind::Comma)? {
                operands.push(self.expression()?);
            }
        }
        self.right_paren()?;
        let name = word_name(token, self.context.text(token));
        Ok(Expr::Function(function(name, arguments(operands))))
    }

    /// A unit of time; in back-ticks too, and under the names that ODBC gives.
    fn unit_name(&mut self) -> Parsed<String> {
        let token = self.peek();
        if token.kind == TokenKind::Word && !self.is_identifier(token) {
            self.any_time_unit()?;
            return Ok(token.word.text().to_owned());
        }
        if !self.is_2x() && token.kind != TokenKind::Word {
            return Err(self.expected("a time unit"));
        }
        let index = self.index();
        let name = self.identifier()?.value.to_ascii_uppercase();
        if name != "FRAC_SECOND" && !is_time_unit(Word::find(&name)) {
            return Err(self.context.unexpected(index, "expected a time unit"));
        }
        Ok(name)
    }

    /// `TIMESTAMPADD(unit, n, t)`, `TIMESTAMPDIFF(unit, a, b)`. The unit is no column, so it stands in the tree as a string.
    pub(super) fn unit_call(&mut self) -> Parsed<Expr> {
        let token = self.bump()?;
        self.left_paren()?;
        let start = self.start();
        let unit = self.unit_name()?;
        let mut operands = vec![self.value(Value::SingleQuotedString(unit), start)];
        while self.eat(TokenKind::Comma)? {
            operands.push(self.expression()?);
        }
        self.right_paren()?;
        let name = word_name(token, self.context.text(token));
        Ok(Expr::Function(function(name, arguments(operands))))
    }
}
