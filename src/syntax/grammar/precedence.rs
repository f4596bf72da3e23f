//! How tightly Flink's infix operators bind: Calcite's numbers.

use sqlparser::dialect::Precedence;

use crate::syntax::Word;
use crate::syntax::context::Context;
use crate::syntax::token::TokenKind;

const OR: u8 = 22;
const AND: u8 = 24;
pub(super) const NOT: u8 = 26;
const IS: u8 = 28;
const COMPARISON: u8 = 30;
const RANGE: u8 = 32;
const PLUS: u8 = 40;
pub(super) const MULTISET: u8 = 50;
const TIMES: u8 = 60;
pub(super) const SIGN: u8 = 80;

/// The precedence of the operator at `index`; 0 where no operator stands, so that the expression ends there.
pub(in crate::syntax) fn next(context: &Context, index: usize) -> u8 {
    let token = context.token(index);
    match token.kind {
        TokenKind::Word => word(context, index),
        TokenKind::Equal
        | TokenKind::NotEqual
        | TokenKind::Less
        | TokenKind::LessEqual
        | TokenKind::Greater
        | TokenKind::GreaterEqual => COMPARISON,
        TokenKind::Plus | TokenKind::Minus => PLUS,
        TokenKind::Star | TokenKind::Slash | TokenKind::Percent | TokenKind::Concat => TIMES,
        _ => 0,
    }
}

fn word(context: &Context, index: usize) -> u8 {
    let ahead = |n: usize| context.token(index + n).word;
    match ahead(0) {
        Word::OR => OR,
        Word::AND => AND,
        Word::IS => match (ahead(1), ahead(2)) {
            (Word::DISTINCT, _) | (Word::NOT, Word::DISTINCT) => COMPARISON,
            _ => IS,
        },
        Word::IN | Word::BETWEEN | Word::LIKE | Word::ILIKE | Word::RLIKE | Word::SIMILAR => RANGE,
        Word::NOT => match ahead(1) {
            Word::IN | Word::BETWEEN | Word::LIKE | Word::ILIKE | Word::RLIKE | Word::SIMILAR => {
                RANGE
            }
            Word::SUBMULTISET => COMPARISON,
            _ => 0,
        },
        Word::MEMBER
        | Word::SUBMULTISET
        | Word::OVERLAPS
        | Word::CONTAINS
        | Word::EQUALS
        | Word::PRECEDES
        | Word::SUCCEEDS => COMPARISON,
        Word::IMMEDIATELY if matches!(ahead(1), Word::PRECEDES | Word::SUCCEEDS) => COMPARISON,
        Word::MULTISET if matches!(ahead(1), Word::UNION | Word::INTERSECT | Word::EXCEPT) => {
            MULTISET
        }
        _ => 0,
    }
}

/// What `sqlparser` asks while it reads an operator's right side.
pub(in crate::syntax) fn of(operator: Precedence) -> u8 {
    match operator {
        Precedence::Or => OR,
        Precedence::And => AND,
        Precedence::UnaryNot => NOT,
        Precedence::Is => IS,
        Precedence::Like | Precedence::Between => RANGE,
        Precedence::PlusMinus => PLUS,
        Precedence::MulDivModOp => TIMES,
        _ => COMPARISON,
    }
}
