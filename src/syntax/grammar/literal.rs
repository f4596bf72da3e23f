//! Literals: strings, numbers, dates and times, intervals.

use sqlparser::ast::{
    DataType as SqlType, DateTimeField, Expr, Ident as SqlIdent, Interval, ObjectName, TypedString,
    Value, ValueWithSpan,
};

use super::name::bad_literal;
use super::{Grammar, Parsed};
use crate::syntax::ast::Literal;
use crate::syntax::dialect::place;
use crate::syntax::lexer::{TextKind, literal};
use crate::syntax::token::{Tok, TokenKind};
use crate::syntax::{Construct, Span, Word};

impl Grammar<'_, '_> {
    /// A plain `'…'`, as options, hints and comments want it.
    pub(super) fn plain_string(&mut self, what: &str) -> Parsed<Literal> {
        let token = self.peek();
        if token.kind != TokenKind::String {
            return Err(self.expected(what));
        }
        self.bump()?;
        Ok(Literal {
            value: literal::string(self.context.text(token)),
            span: token.span,
        })
    }

    /// A string literal of any kind that stands for characters, as options take it too.
    pub(super) fn string_literal(&mut self, what: &str) -> Parsed<Literal> {
        if !is_character_string(self.peek().kind) {
            return Err(self.expected(what));
        }
        let start = self.start();
        let value = self.string_value()?;
        Ok(Literal {
            value,
            span: self.since(start),
        })
    }

    /// A string literal with what continues it on later lines.
    pub(super) fn string_value(&mut self) -> Parsed<String> {
        let token = self.bump()?;
        let text = self.context.text(token);
        let bad = |message| bad_literal(message, token);
        let mut value = match token.kind {
            // Nothing continues it.
            TokenKind::EscapedString => return literal::escaped(text).map_err(bad),
            TokenKind::CharsetString => literal::charset(text).map_err(bad)?,
            TokenKind::UnicodeString => {
                // The escape character is named behind the last part.
                let mut parts = vec![(text, token)];
                while let Some(next) = self.continuation()? {
                    parts.push((self.context.text(next), next));
                }
                let escape = self.unicode_escape()?;
                return decode_unicode(&parts, escape);
            }
            _ => literal::string(text),
        };
        while let Some(next) = self.continuation()? {
            value.push_str(&literal::string(self.context.text(next)));
        }
        Ok(value)
    }

    /// `X'0a'`, with what continues it.
    fn binary_value(&mut self) -> Parsed<String> {
        let token = self.bump()?;
        let mut value =
            literal::binary(self.context.text(token)).map_err(|bad| bad_literal(bad, token))?;
        while let Some(next) = self.continuation()? {
            let quoted = format!("X{}", self.context.text(next));
            value.push_str(&literal::binary(&quoted).map_err(|bad| bad_literal(bad, next))?);
        }
        Ok(value)
    }

    /// A quoted part that continues the literal before it. Flink joins them over a line end or a comment and on one line refuses them, after parsing.
    fn continuation(&mut self) -> Parsed<Option<Tok>> {
        let token = self.peek();
        if token.kind != TokenKind::String {
            return Ok(None);
        }
        let before = self.context.token(self.index().saturating_sub(1)).span;
        let gap = Span::new(before.end, token.span.start).text(self.context.source());
        if !gap.contains(['\n', '\r', '-', '/']) && self.context.text_kind == TextKind::Policy {
            return self.unsupported(Construct::StringParts);
        }
        self.bump()?;
        Ok(Some(token))
    }

    /// A literal that begins with the next token, which is no word.
    pub(super) fn literal(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        let value = match token.kind {
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Approximate => {
                self.bump()?;
                Value::Number(self.context.text(token).to_owned(), false)
            }
            TokenKind::BinaryString => Value::HexStringLiteral(self.binary_value()?),
            kind if is_character_string(kind) => Value::SingleQuotedString(self.string_value()?),
            _ => return Err(self.expected("an expression")),
        };
        Ok(self.value(value, token.span.start))
    }

    pub(super) fn value(&self, value: Value, start: u32) -> Expr {
        Expr::Value(ValueWithSpan {
            value,
            span: place(self.since(start)),
        })
    }

    /// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`. Flink 1 looks at the text when it parses, Flink 2 later.
    pub(super) fn time_literal(&mut self) -> Parsed<Expr> {
        let word = self.peek().word;
        let literal = self.typed_literal(word.text(), 1)?;
        let Expr::TypedString(typed) = &literal else {
            return Ok(literal);
        };
        let fits = match &typed.value.value {
            Value::SingleQuotedString(text) => is_time(word, text.trim()),
            _ => true,
        };
        if self.is_2x() || fits {
            return Ok(literal);
        }
        let index = self.index().saturating_sub(1);
        let message = format!("not a literal of type {}", word.text());
        Err(self.context.unexpected(index, &message))
    }

    /// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`: `words` says how many words come before the string.
    pub(super) fn typed_literal(&mut self, data_type: &str, words: usize) -> Parsed<Expr> {
        for _ in 0..words {
            self.bump()?;
        }
        let start = self.start();
        let value = self.plain_string("a string in plain quotes")?.value;
        Ok(Expr::TypedString(TypedString {
            data_type: custom_type(data_type.to_owned()),
            value: ValueWithSpan {
                value: Value::SingleQuotedString(value),
                span: place(self.since(start)),
            },
            uses_odbc_syntax: false,
        }))
    }

    /// `INTERVAL '1' DAY`, `INTERVAL x HOUR`, `INTERVAL -'1-2' YEAR TO MONTH`.
    pub(super) fn interval(&mut self) -> Parsed<Expr> {
        self.expect_word(Word::INTERVAL)?;
        let negative = if self.eat(TokenKind::Minus)? {
            true
        } else {
            self.eat(TokenKind::Plus)?;
            false
        };
        let value = match self.peek().kind {
            TokenKind::LeftParen => {
                let open = self.index();
                let doubled = self.peek_at(1).kind == TokenKind::LeftParen;
                if self.is_query_paren(open) && !doubled {
                    return Err(self.expected("an expression"));
                }
                self.left_paren()?;
                let inside = self.boxed()?;
                self.right_paren()?;
                Expr::Nested(inside)
            }
            TokenKind::Word | TokenKind::QuotedIdentifier | TokenKind::UnicodeIdentifier => {
                let name = self.name()?;
                super::operand::name_expr(name)
            }
            _ => self.literal()?,
        };
        let value = if negative {
            Expr::UnaryOp {
                op: sqlparser::ast::UnaryOperator::Minus,
                expr: Box::new(value),
            }
        } else {
            value
        };
        let qualifier = self.interval_qualifier()?;
        Ok(Expr::Interval(Interval {
            value: Box::new(value),
            leading_field: Some(qualifier.leading),
            leading_precision: qualifier.leading_precision,
            last_field: qualifier.last,
            fractional_seconds_precision: qualifier.fraction,
        }))
    }

    /// `DAY(2) TO SECOND(3)`.
    pub(super) fn interval_qualifier(&mut self) -> Parsed<Qualifier> {
        let leading = self.time_unit()?;
        let mut qualifier = Qualifier {
            leading,
            leading_precision: None,
            last: None,
            fraction: None,
        };
        if self.is(TokenKind::LeftParen) {
            self.bump()?;
            qualifier.leading_precision = Some(u64::from(self.integer()?));
            if self.eat(TokenKind::Comma)? {
                qualifier.fraction = Some(u64::from(self.integer()?));
            }
            self.right_paren()?;
        }
        if self.is_word(Word::TO) {
            self.bump()?;
            qualifier.last = Some(self.time_unit()?);
            if self.is(TokenKind::LeftParen) {
                self.bump()?;
                qualifier.fraction = Some(u64::from(self.integer()?));
                self.right_paren()?;
            }
        }
        Ok(qualifier)
    }

    /// A plain number that fits 32 bits.
    pub(super) fn integer(&mut self) -> Parsed<u32> {
        let token = self.peek();
        let number = self.context.text(token).parse();
        match (token.kind, number) {
            (TokenKind::Integer, Ok(number)) => {
                self.bump()?;
                Ok(number)
            }
            _ => Err(self.expected("a number")),
        }
    }

    /// A unit of an interval.
    pub(super) fn time_unit(&mut self) -> Parsed<DateTimeField> {
        match interval_unit(self.peek().word) {
            Some(unit) => {
                self.bump()?;
                Ok(unit)
            }
            None => Err(self.expected("a time unit")),
        }
    }

    /// A unit of EXTRACT, CEIL, FLOOR, TIMESTAMPADD and their like: an interval's, or one of the rarer ones.
    pub(super) fn any_time_unit(&mut self) -> Parsed<DateTimeField> {
        let token = self.peek();
        if let Some(unit) = interval_unit(token.word) {
            self.bump()?;
            return Ok(unit);
        }
        if is_rare_unit(token.word) {
            self.bump()?;
            return Ok(DateTimeField::Custom(SqlIdent {
                value: token.word.text().to_owned(),
                quote_style: None,
                span: place(token.span),
            }));
        }
        Err(self.expected("a time unit"))
    }
}

/// The units and precisions of an interval.
pub(super) struct Qualifier {
    pub leading: DateTimeField,
    pub leading_precision: Option<u64>,
    pub last: Option<DateTimeField>,
    pub fraction: Option<u64>,
}

/// Whether the text is numbers in the order of a date, a time, or both.
fn is_time(word: Word, text: &str) -> bool {
    let numbers = |text: &str, separator: char| {
        let parts: Vec<Option<u32>> = text.split(separator).map(|p| p.parse().ok()).collect();
        <[Option<u32>; 3]>::try_from(parts).ok()
    };
    let date = |text: &str| {
        matches!(
            numbers(text, '-'),
            Some([Some(_), Some(1..=12), Some(1..=31)])
        )
    };
    let time = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        fraction.chars().all(|c| c.is_ascii_digit())
            && matches!(
                numbers(whole, ':'),
                Some([Some(0..=23), Some(0..=59), Some(0..=59)])
            )
    };
    match word {
        Word::DATE => date(text),
        Word::TIME => time(text),
        _ => match text.split_once(' ') {
            None => date(text),
            Some((day, of_day)) => date(day) && time(of_day),
        },
    }
}

pub(super) fn custom_type(text: String) -> SqlType {
    SqlType::Custom(ObjectName::from(vec![SqlIdent::new(text)]), Vec::new())
}

fn decode_unicode(parts: &[(&str, Tok)], escape: char) -> Parsed<String> {
    let mut value = String::new();
    for (index, (text, token)) in parts.iter().enumerate() {
        let decoded = if index == 0 {
            literal::unicode_string(text, escape)
        } else {
            literal::unicode_string(&format!("U&{text}"), escape)
        };
        value.push_str(&decoded.map_err(|bad| bad_literal(bad, *token))?);
    }
    Ok(value)
}

pub(super) fn is_character_string(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::String
            | TokenKind::EscapedString
            | TokenKind::UnicodeString
            | TokenKind::CharsetString
    )
}

pub(super) fn interval_unit(word: Word) -> Option<DateTimeField> {
    Some(match word {
        Word::YEAR | Word::YEARS => DateTimeField::Year,
        Word::QUARTER | Word::QUARTERS => DateTimeField::Quarter,
        Word::MONTH | Word::MONTHS => DateTimeField::Month,
        Word::WEEK | Word::WEEKS => DateTimeField::Week(None),
        Word::DAY | Word::DAYS => DateTimeField::Day,
        Word::HOUR | Word::HOURS => DateTimeField::Hour,
        Word::MINUTE | Word::MINUTES => DateTimeField::Minute,
        Word::SECOND | Word::SECONDS => DateTimeField::Second,
        _ => return None,
    })
}

/// Whether the word is a unit of time at all.
pub(super) fn is_time_unit(word: Word) -> bool {
    interval_unit(word).is_some() || is_rare_unit(word)
}

fn is_rare_unit(word: Word) -> bool {
    matches!(
        word,
        Word::NANOSECOND
            | Word::MICROSECOND
            | Word::MILLISECOND
            | Word::DOW
            | Word::DOY
            | Word::ISODOW
            | Word::ISOYEAR
            | Word::EPOCH
            | Word::DECADE
            | Word::CENTURY
            | Word::MILLENNIUM
            | Word::DAYOFWEEK
            | Word::DAYOFYEAR
            | Word::SQL_TSI_DAY
            | Word::SQL_TSI_HOUR
            | Word::SQL_TSI_MICROSECOND
            | Word::SQL_TSI_MINUTE
            | Word::SQL_TSI_MONTH
            | Word::SQL_TSI_QUARTER
            | Word::SQL_TSI_SECOND
            | Word::SQL_TSI_WEEK
            | Word::SQL_TSI_YEAR
            | Word::SQL_TSI_FRAC_SECOND
    )
}
