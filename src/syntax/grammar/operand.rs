//! Operands: what an operator stands between. Every token that can begin one is decided here.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    AccessExpr, Array, CaseWhen, CastKind, Expr, FunctionArguments, Map, MapEntry, Subscript,
    UnaryOperator, Value,
};

use super::call::{arguments, function, plain_call, word_name};
use super::name::{sql_ident, sql_name};
use super::{Grammar, Parsed, precedence};
use crate::syntax::ast::{Name, QueryRole};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Word};

impl Grammar<'_, '_> {
    /// The operand at the cursor, with field accesses and subscripts behind it.
    pub fn operand(&mut self) -> Parsed<Expr> {
        if let Some(operand) = self.list_head()? {
            return Ok(operand);
        }
        let index = self.index();
        if matches!(self.peek().word, Word::SYMMETRIC | Word::ASYMMETRIC)
            && index > 0
            && self.context.token(index - 1).word == Word::BETWEEN
        {
            self.bump()?;
        }
        let token = self.peek();
        let operand = match token.kind {
            TokenKind::Word => self.word_operand()?,
            TokenKind::QuotedIdentifier | TokenKind::UnicodeIdentifier => self.name_operand()?,
            TokenKind::LeftParen => self.parenthesised()?,
            TokenKind::Minus => return self.unary(UnaryOperator::Minus, precedence::SIGN),
            TokenKind::Plus => return self.unary(UnaryOperator::Plus, precedence::SIGN),
            TokenKind::Question => {
                self.bump()?;
                self.value(Value::Placeholder("?".to_owned()), token.span.start)
            }
            TokenKind::Marker => {
                self.bump()?;
                let text = self.context.text(token).to_owned();
                self.value(Value::Placeholder(text), token.span.start)
            }
            TokenKind::LeftBrace => return self.unsupported(Construct::OdbcEscape),
            _ => self.literal()?,
        };
        self.accesses(operand)
    }

    /// `sqlparser` reads the `(` of IN, ANY and ALL itself; what stands behind it may be a query.
    fn list_head(&mut self) -> Parsed<Option<Expr>> {
        let index = self.index();
        let Some(before) = index.checked_sub(2) else {
            return Ok(None);
        };
        if self.context.token(index - 1).kind != TokenKind::LeftParen {
            return Ok(None);
        }
        let word = self.context.token(before).word;
        let quantified = matches!(word, Word::ANY | Word::SOME | Word::ALL)
            && before
                .checked_sub(1)
                .is_some_and(|at| is_comparison(self.context.token(at).kind));
        if word != Word::IN && !quantified {
            return Ok(None);
        }
        if self.is_query_paren(index - 1) {
            let role = if word == Word::IN {
                QueryRole::In
            } else {
                QueryRole::Scalar
            };
            let query = self.query(role)?;
            if self.index() != self.context.mate(index - 1) {
                return Err(self.expected("`)`"));
            }
            let span = self.context.token(index - 1).span.to(self.peek().span);
            return Ok(Some(self.marker(query, span)));
        }
        Ok(None)
    }

    /// `-x`, `NOT x`.
    fn unary(&mut self, op: UnaryOperator, precedence: u8) -> Parsed<Expr> {
        self.bump()?;
        Ok(Expr::UnaryOp {
            op,
            expr: Box::new(self.binding(precedence)?),
        })
    }

    fn word_operand(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        let start = token.span.start;
        let next = self.peek_at(1);
        let called = next.kind == TokenKind::LeftParen;
        match token.word {
            Word::NULL | Word::UNKNOWN => {
                self.bump()?;
                Ok(self.value(Value::Null, start))
            }
            Word::TRUE | Word::FALSE => {
                self.bump()?;
                Ok(self.value(Value::Boolean(token.word == Word::TRUE), start))
            }
            Word::NOT => self.unary(UnaryOperator::Not, precedence::NOT),
            Word::CASE => self.case(),
            Word::CAST => self.cast(CastKind::Cast),
            Word::TRY_CAST if called => self.cast(CastKind::TryCast),
            Word::EXTRACT => self.extract(),
            Word::POSITION => self.position(),
            Word::TRIM => self.trim(),
            Word::OVERLAY => self.overlay(),
            Word::SUBSTRING => self.substring(),
            Word::CEIL | Word::CEILING | Word::FLOOR if called => self.round(),
            Word::CONVERT | Word::TRANSLATE if called => self.translate(),
            Word::EXISTS => self.exists(),
            Word::ROW if called => self.row(),
            Word::ARRAY | Word::MAP | Word::MULTISET
                if called || next.kind == TokenKind::LeftBracket =>
            {
                self.collection()
            }
            Word::PERIOD if called => {
                self.bump()?;
                self.parenthesised()
            }
            Word::INTERVAL => self.interval(),
            Word::DATE | Word::TIME | Word::TIMESTAMP if next.kind == TokenKind::String => {
                self.time_literal()
            }
            Word::DATETIME | Word::DECIMAL if self.is_2x() && next.kind == TokenKind::String => {
                self.typed_literal(token.word.text(), 1)
            }
            Word::TIMESTAMP if next.word == Word::WITH => self.timestamp_ltz(),
            Word::DATE | Word::TIME | Word::TIMESTAMP | Word::DATETIME if called => {
                self.word_call()
            }
            Word::PERCENTILE_CONT | Word::PERCENTILE_DISC if called => self.percentile_call(),
            Word::TIMESTAMPADD | Word::TIMESTAMPDIFF if called => self.unit_call(),
            Word::JSON_EXISTS | Word::JSON_VALUE | Word::JSON_QUERY if called => self.json_path(),
            Word::JSON_OBJECT | Word::JSON_OBJECTAGG if called => self.json_object(),
            Word::JSON_ARRAY | Word::JSON_ARRAYAGG if called => self.json_array(),
            Word::DATE_TRUNC
            | Word::TIMESTAMP_TRUNC
            | Word::TIME_TRUNC
            | Word::DATETIME_TRUNC
            | Word::TIMESTAMP_DIFF
            | Word::TIME_DIFF
            | Word::CONTAINS_SUBSTR
                if called =>
            {
                self.word_call()
            }
            Word::SAFE_CAST => self.unsupported(Construct::SafeCast),
            Word::NEW => self.unsupported(Construct::New),
            Word::UNIQUE => self.unique(),
            Word::NEXT if next.word == Word::VALUE => self.unsupported(Construct::NextValue),
            Word::CURRENT if next.word == Word::VALUE => self.unsupported(Construct::CurrentValue),
            Word::RUNNING | Word::FINAL if self.is_identifier(next) || next.word.is_function() => {
                self.bump()?;
                let inside = self.binding(precedence::SIGN)?;
                Ok(plain_call(token.word.text(), vec![inside]))
            }
            word if word.is_variable() => self.variable(),
            word if called && word.is_function() && word.is_reserved(self.context.version) => {
                self.word_call()
            }
            _ => self.name_operand(),
        }
    }

    /// A column, or the call of a function by name.
    fn name_operand(&mut self) -> Parsed<Expr> {
        let name = self.name()?;
        if self.is(TokenKind::LeftParen) {
            return self.call(sql_name(name));
        }
        Ok(name_expr(name))
    }

    /// `.field` and `[index]` behind an operand.
    fn accesses(&mut self, root: Expr) -> Parsed<Expr> {
        let mut chain = Vec::new();
        loop {
            if self.eat(TokenKind::LeftBracket)? {
                // `[OFFSET(n)]`: in the tree a call of that name.
                let index = match self.peek().word {
                    Word::OFFSET | Word::ORDINAL | Word::SAFE_OFFSET | Word::SAFE_ORDINAL
                        if self.is_2x() =>
                    {
                        self.word_call()?
                    }
                    _ => self.expression()?,
                };
                self.expect(TokenKind::RightBracket, "`]`")?;
                chain.push(AccessExpr::Subscript(Subscript::Index { index }));
            } else if self.is(TokenKind::Period) {
                self.bump()?;
                let field = sql_ident(self.identifier()?);
                if self.is(TokenKind::LeftParen) {
                    return self.unsupported(Construct::MethodCall);
                }
                chain.push(AccessExpr::Dot(Expr::Identifier(field)));
            } else {
                break;
            }
        }
        if chain.is_empty() {
            return Ok(root);
        }
        Ok(Expr::CompoundFieldAccess {
            root: Box::new(root),
            access_chain: chain,
        })
    }

    /// `(query)`, `(a)`, `(a, b)`; behind them perhaps a unit, which makes an interval of a difference.
    pub(super) fn parenthesised(&mut self) -> Parsed<Expr> {
        if self.is_query_paren(self.index()) {
            return self.scalar_query(QueryRole::Scalar);
        }
        self.left_paren()?;
        let first = self.expression()?;
        if !self.is(TokenKind::Comma) {
            self.right_paren()?;
            let nested = Expr::Nested(Box::new(first));
            return if super::literal::interval_unit(self.peek().word).is_some()
                && !self.is_identifier(self.peek())
            {
                self.unsupported(Construct::DifferenceUnit)
            } else {
                Ok(nested)
            };
        }
        let mut items = vec![first];
        while self.eat(TokenKind::Comma)? {
            items.push(self.expression()?);
        }
        self.right_paren()?;
        Ok(Expr::Tuple(items))
    }

    fn case(&mut self) -> Parsed<Expr> {
        self.expect_word(Word::CASE)?;
        let operand = if self.is_word(Word::WHEN) {
            None
        } else {
            Some(self.boxed()?)
        };
        let mut conditions = Vec::new();
        while self.eat_word(Word::WHEN)? {
            let mut condition = self.expression()?;
            if operand.is_some() && self.is(TokenKind::Comma) {
                let mut any = vec![condition];
                while self.eat(TokenKind::Comma)? {
                    any.push(self.expression()?);
                }
                condition = Expr::Tuple(any);
            }
            self.expect_word(Word::THEN)?;
            let result = self.expression()?;
            conditions.push(CaseWhen { condition, result });
        }
        if conditions.is_empty() {
            return Err(self.expected("WHEN"));
        }
        let else_result = if self.eat_word(Word::ELSE)? {
            Some(self.boxed()?)
        } else {
            None
        };
        self.expect_word(Word::END)?;
        Ok(Expr::Case {
            case_token: AttachedToken::empty(),
            end_token: AttachedToken::empty(),
            operand,
            conditions,
            else_result,
        })
    }

    /// `EXISTS (query)`: the marker of the query, which knows its role, stands for the whole.
    fn exists(&mut self) -> Parsed<Expr> {
        let start = self.bump()?.span.start;
        if !self.is_query_paren(self.index()) {
            return self.unsupported(Construct::ExistsOfValue);
        }
        self.left_paren()?;
        let query = self.query(QueryRole::Exists)?;
        self.right_paren()?;
        let span = self.since(start);
        Ok(self.marker(query, span))
    }

    /// `UNIQUE (query)`.
    fn unique(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        if !self.is_query_paren(self.index() + 1) {
            return self.unsupported(Construct::Unique);
        }
        self.bump()?;
        let query = self.scalar_query(QueryRole::Scalar)?;
        Ok(plain_call(token.word.text(), vec![query]))
    }

    /// `ROW(a, t.*)`.
    fn row(&mut self) -> Parsed<Expr> {
        if matches!(
            self.peek_at(2).kind,
            TokenKind::RightParen | TokenKind::Star
        ) {
            self.bump()?;
            self.bump()?;
            return Err(self.expected("an expression"));
        }
        self.word_call()
    }

    /// `ARRAY[…]`, `MAP[…]`, `MULTISET[…]`, and the same of a query in parentheses.
    fn collection(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        if self.peek_at(1).kind == TokenKind::LeftParen {
            if self.is_query_paren(self.index() + 1) {
                self.bump()?;
                let query = self.scalar_query(QueryRole::Scalar)?;
                return Ok(plain_call(token.word.text(), vec![query]));
            }
            // Flink 1 takes a query there and nothing else, but for the empty MAP.
            let empty = self.peek_at(2).kind == TokenKind::RightParen;
            let taken = self.is_2x() || token.word == Word::MAP && empty;
            if !taken || token.word == Word::MULTISET {
                self.bump()?;
                return Err(self.expected("a query in parentheses"));
            }
            return self.word_call();
        }
        self.bump()?;
        self.bump()?;
        // Calcite looks at the first element only.
        self.no_query_first()?;
        let items = if self.is(TokenKind::RightBracket) {
            Vec::new()
        } else {
            self.comma_list(Self::expression)?
        };
        self.expect(TokenKind::RightBracket, "`]`")?;
        match token.word {
            Word::MULTISET => {
                let name = word_name(token, self.context.text(token));
                Ok(Expr::Function(function(name, arguments(items))))
            }
            Word::MAP => self.map(items),
            _ => Ok(Expr::Array(Array {
                elem: items,
                named: true,
            })),
        }
    }

    fn map(&mut self, items: Vec<Expr>) -> Parsed<Expr> {
        let mut entries = Vec::with_capacity(items.len() / 2);
        let mut items = items.into_iter();
        while let Some(key) = items.next() {
            let Some(value) = items.next() else {
                return Err(self.expected("a value for each key of MAP"));
            };
            entries.push(MapEntry {
                key: Box::new(key),
                value: Box::new(value),
            });
        }
        Ok(Expr::Map(Map { entries }))
    }

    /// `TIMESTAMP WITH LOCAL TIME ZONE '…'`.
    fn timestamp_ltz(&mut self) -> Parsed<Expr> {
        let words = [
            Word::TIMESTAMP,
            Word::WITH,
            Word::LOCAL,
            Word::TIME,
            Word::ZONE,
        ];
        if !self.are_words(&words) || self.peek_at(words.len()).kind != TokenKind::String {
            return self.name_operand();
        }
        self.typed_literal("TIMESTAMP_LTZ", words.len())
    }

    /// `CURRENT_DATE`, `CURRENT_TIMESTAMP(3)`, `USER`.
    fn variable(&mut self) -> Parsed<Expr> {
        if self.peek_at(1).kind == TokenKind::LeftParen {
            return self.word_call();
        }
        let token = self.bump()?;
        let name = word_name(token, self.context.text(token));
        Ok(Expr::Function(function(name, FunctionArguments::None)))
    }
}

/// A column by its name.
pub(super) fn name_expr(name: Name) -> Expr {
    let mut parts: Vec<_> = name.parts.into_iter().map(sql_ident).collect();
    match parts.pop() {
        Some(only) if parts.is_empty() => Expr::Identifier(only),
        Some(last) => {
            parts.push(last);
            Expr::CompoundIdentifier(parts)
        }
        // A name is never empty.
        None => Expr::CompoundIdentifier(parts),
    }
}

pub(super) fn is_comparison(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Equal
            | TokenKind::NotEqual
            | TokenKind::Less
            | TokenKind::LessEqual
            | TokenKind::Greater
            | TokenKind::GreaterEqual
    )
}
