//! `FlinkDialect`: what `sqlparser`'s Pratt parser asks, and our grammar answers.
//!
//! `sqlparser` keeps the loop over infix operators and builds the nodes of the operators it knows. Every operand comes from our grammar
//! ([`Dialect::parse_prefix`] always answers), and so does the question whether a token is an operator at all
//! ([`Dialect::get_next_precedence`] always answers). The tokens it gets say no more than it needs: all words but a few operators are
//! nameless, so none of its own statements, queries, types or literals can begin.

use sqlparser::ast::{DataType, Expr, Statement};
use sqlparser::dialect::{Dialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span as Place, Token, TokenWithSpan, Word as SqlWord};

use super::context::Context;
use super::grammar::{Grammar, precedence};
use super::stack::deeper;
use super::token::{Tok, TokenKind};
use super::{Span, Word};

/// The dialect of one statement.
#[derive(Debug)]
pub(super) struct FlinkDialect {
    pub context: Context,
}

impl Dialect for FlinkDialect {
    fn is_identifier_start(&self, _: char) -> bool {
        false
    }

    fn is_identifier_part(&self, _: char) -> bool {
        false
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        // Every level of an expression comes by here, and a limit may let through many.
        let operand = deeper(|| Grammar::new(&self.context, parser).operand());
        Some(operand.map_err(|error| self.context.keep(error)))
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &Expr,
        _: u8,
    ) -> Option<Result<Expr, ParserError>> {
        Grammar::new(&self.context, parser)
            .infix(left)
            .map_err(|error| self.context.keep(error))
            .transpose()
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        Some(Ok(precedence::next(&self.context, parser.index())))
    }

    fn prec_value(&self, operator: Precedence) -> u8 {
        precedence::of(operator)
    }

    fn parse_statement(&self, parser: &mut Parser) -> Option<Result<Statement, ParserError>> {
        Some(Err(self.refuse(parser)))
    }

    fn parse_data_type(&self, parser: &mut Parser) -> Option<Result<DataType, ParserError>> {
        Some(Err(self.refuse(parser)))
    }
}

impl FlinkDialect {
    /// `sqlparser` must not come here: its own statements and types are closed.
    fn refuse(&self, parser: &Parser) -> ParserError {
        let index = parser.index();
        self.context
            .keep(self.context.unexpected(index, &self.context.found(index)))
    }
}

/// What `sqlparser` may know of our tokens.
pub(super) fn sql_tokens(tokens: &[Tok]) -> Vec<TokenWithSpan> {
    tokens
        .iter()
        .map(|token| TokenWithSpan::new(sql_token(*token), place(token.span)))
        .collect()
}

/// A byte range in `sqlparser`'s terms: line 1, the column is the offset plus one.
pub(super) fn place(span: Span) -> Place {
    Place::new(
        Location::new(1, u64::from(span.start) + 1),
        Location::new(1, u64::from(span.end) + 1),
    )
}

fn sql_token(token: Tok) -> Token {
    use TokenKind as K;
    match token.kind {
        K::Word => sql_word(token.word),
        K::LeftParen => Token::LParen,
        K::RightParen => Token::RParen,
        K::Comma => Token::Comma,
        K::Equal => Token::Eq,
        K::NotEqual => Token::Neq,
        K::Less => Token::Lt,
        K::LessEqual => Token::LtEq,
        K::Greater => Token::Gt,
        K::GreaterEqual => Token::GtEq,
        K::Plus => Token::Plus,
        K::Minus => Token::Minus,
        K::Star => Token::Mul,
        K::Slash => Token::Div,
        K::Percent => Token::Mod,
        K::Concat => Token::StringConcat,
        K::End => Token::EOF,
        K::QuotedIdentifier
        | K::UnicodeIdentifier
        | K::String
        | K::EscapedString
        | K::UnicodeString
        | K::CharsetString
        | K::BinaryString
        | K::Integer
        | K::Decimal
        | K::Approximate
        | K::Marker
        | K::LeftBracket
        | K::RightBracket
        | K::LeftBrace
        | K::RightBrace
        | K::Semicolon
        | K::Period
        | K::Arrow
        | K::Question
        | K::Colon
        | K::Bar
        | K::Caret
        | K::Dollar
        | K::HintStart
        | K::HintEnd => word(Keyword::NoKeyword),
    }
}

fn sql_word(name: Word) -> Token {
    let keyword = match name {
        Word::AND => Keyword::AND,
        Word::OR => Keyword::OR,
        Word::IS => Keyword::IS,
        Word::NOT => Keyword::NOT,
        Word::NULL => Keyword::NULL,
        Word::TRUE => Keyword::TRUE,
        Word::FALSE => Keyword::FALSE,
        Word::UNKNOWN => Keyword::UNKNOWN,
        Word::DISTINCT => Keyword::DISTINCT,
        Word::FROM => Keyword::FROM,
        Word::JSON => Keyword::JSON,
        Word::VALUE => Keyword::VALUE,
        Word::SCALAR => Keyword::SCALAR,
        Word::ARRAY => Keyword::ARRAY,
        Word::OBJECT => Keyword::OBJECT,
        Word::IN => Keyword::IN,
        Word::BETWEEN => Keyword::BETWEEN,
        Word::LIKE => Keyword::LIKE,
        Word::ILIKE => Keyword::ILIKE,
        Word::RLIKE => Keyword::RLIKE,
        Word::SIMILAR => Keyword::SIMILAR,
        Word::TO => Keyword::TO,
        Word::ESCAPE => Keyword::ESCAPE,
        Word::ANY => Keyword::ANY,
        Word::SOME => Keyword::SOME,
        Word::ALL => Keyword::ALL,
        Word::OVERLAPS => Keyword::OVERLAPS,
        Word::CONTAINS | Word::EQUALS | Word::PRECEDES | Word::SUCCEEDS => {
            return Token::CustomBinaryOperator(name.text().to_owned());
        }
        // A positive list: every other word is nameless to `sqlparser`, so nothing of its own grammar can begin with it.
        _ => Keyword::NoKeyword,
    };
    word(keyword)
}

fn word(keyword: Keyword) -> Token {
    Token::Word(SqlWord {
        value: String::new(),
        quote_style: None,
        keyword,
    })
}
