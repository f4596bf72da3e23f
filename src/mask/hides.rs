//! How much of a value a mask hides: what decides which of two masks is stricter, and whether a mask fits a value that was derived from the one
//! that it was written for (LINEAGE.md §1).
//!
//! In: a mask. Out: [`Hides`]. Stays out: columns, types, lineage.
//! Invariant: in doubt a mask shows a part of the value.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value as Literal,
};

use super::MaskSpec;
use crate::syntax::{Expression, Operand, last_part, operands};

/// What is left of a value under a mask. Ordered: the greater is the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hides {
    /// All of it: `MASK_NONE`.
    Nothing,
    /// A part: its last four characters, its year, its form. What that part is hangs on what the value was, so it fits no other value.
    Some,
    /// A sign for the value: a hash, a cipher. Equal values have equal signs.
    Value,
    /// A constant.
    Constant,
    /// Whatever full redaction leaves.
    Redacted,
    /// NULL.
    Null,
}

impl Hides {
    /// As it stands in fingerprints.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Some => "some",
            Self::Value => "value",
            Self::Constant => "constant",
            Self::Redacted => "redacted",
            Self::Null => "null",
        }
    }

    /// The other way round; what is no such word hides nothing.
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        let all = [
            Self::Some,
            Self::Value,
            Self::Constant,
            Self::Redacted,
            Self::Null,
        ];
        let found = all.into_iter().find(|hides| hides.word() == word);
        found.unwrap_or(Self::Nothing)
    }

    /// Whether it is the same for all values: then it can stand over a value that is masked already.
    #[must_use]
    pub const fn is_constant(self) -> bool {
        matches!(self, Self::Constant | Self::Redacted | Self::Null)
    }
}

impl MaskSpec {
    /// How much it hides.
    #[must_use]
    pub fn hides(&self) -> Hides {
        match self {
            Self::None => Hides::Nothing,
            Self::Mask | Self::ShowLast4 | Self::ShowFirst4 | Self::DateShowYear => Hides::Some,
            Self::Hash => Hides::Value,
            Self::Null => Hides::Null,
            Self::Redact(_) => Hides::Redacted,
            Self::Template(template) => template.hides(),
        }
    }
}

/// What an expression over `{col}` looks like.
pub(super) fn of_expression(expression: &Expression) -> Hides {
    let expr = &expression.scalar.expr;
    if !names_column(expr) {
        return if is_null(expr) {
            Hides::Null
        } else {
            Hides::Constant
        };
    }
    if is_sign(expr) {
        Hides::Value
    } else {
        Hides::Some
    }
}

/// `{type}` says nothing of the value.
fn names_column(expr: &Expr) -> bool {
    let mut named = false;
    let read = operands(expr, &mut |operand| match operand {
        Operand::Variable("{type}" | "{colType}", _) => {}
        Operand::Variable(..) | Operand::Column(_) => named = true,
        Operand::Query(_) | Operand::Wildcard(_) => named = true,
        Operand::Call(_) => {}
    });
    named || read.is_err()
}

fn is_null(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => matches!(value.value, Literal::Null),
        Expr::Cast { expr, .. } | Expr::Nested(expr) => is_null(expr),
        _ => false,
    }
}

/// Whether the value is seen through a hash or a cipher alone, whatever is done to that afterwards.
fn is_sign(expr: &Expr) -> bool {
    if !names_column(expr) {
        return true;
    }
    match expr {
        Expr::Nested(expr) | Expr::Cast { expr, .. } => is_sign(expr),
        Expr::Function(call) => {
            makes_signs(last_part(&call.name)) || arguments(call).is_some_and(all_signs)
        }
        _ => false,
    }
}

fn all_signs(arguments: Vec<&Expr>) -> bool {
    arguments.into_iter().all(is_sign)
}

/// The arguments of a plain call.
fn arguments(call: &Function) -> Option<Vec<&Expr>> {
    let FunctionArguments::List(list) = &call.args else {
        return None;
    };
    if call.over.is_some() || call.filter.is_some() {
        return None;
    }
    let plain = list.args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    });
    plain.collect()
}

/// Whether a function is a hash or a cipher by its name. A site whose functions are called otherwise says so (`masks.<name>.hides`).
fn makes_signs(name: &str) -> bool {
    const PARTS: [&str; 9] = [
        "ENCRYPT",
        "HASH",
        "SHA",
        "MD5",
        "HMAC",
        "AES",
        "CIPHER",
        "TOKENI",
        "PSEUDONYM",
    ];
    const BACK: [&str; 2] = ["DE", "UN"];
    const VALUES: [&str; 5] = ["DECRYPT", "DECODE", "UNMASK", "REIDENTIF", "REVERS"];
    let name: String = name.to_ascii_uppercase().replace('_', "");
    let back = |part: &str| {
        BACK.iter()
            .any(|back| name.contains(&format!("{back}{part}")))
    };
    // `HASH_CODE` of a small number is the number.
    name != "HASHCODE"
        && PARTS.iter().any(|part| name.contains(part))
        // What takes a sign makes a value of it: DETOKENIZE, DECIPHER, AES_DECRYPT, UNHASH.
        && !PARTS.iter().any(|part| back(part))
        && !VALUES.iter().any(|part| name.contains(part))
        && !name.ends_with("DEC")
        && !name.contains("SHARE")
        && !name.contains("SHAPE")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::mask::{Nulls, Template};

    fn hides(text: &str) -> Hides {
        let template = Template::new("t", text, Nulls::Auto).unwrap();
        MaskSpec::Template(Arc::new(template)).hides()
    }

    #[test]
    fn an_expression_shows_what_it_hides() {
        for (text, expected) in [
            ("NULL", Hides::Null),
            ("CAST(NULL AS {type})", Hides::Null),
            ("'***'", Hides::Constant),
            ("CAST(0 AS {type})", Hides::Constant),
            ("Encryption_function({col})", Hides::Value),
            ("lib.db.encrypt('key', {col})", Hides::Value),
            ("TO_BASE64(AES_ENCRYPT({col}, 'k'))", Hides::Value),
            ("CONCAT('x', SHA256({col}))", Hides::Value),
            ("CAST(md5(CONCAT('salt', {col})) AS {type})", Hides::Value),
            ("LEFT({col}, 2)", Hides::Some),
            ("mask_phone({col})", Hides::Some),
            ("CONCAT(SHA256({col}), LEFT({col}, 1))", Hides::Some),
            ("decrypt({col})", Hides::Some),
            ("HASH_CODE({col})", Hides::Some),
            ("DETOKENIZE({col})", Hides::Some),
            ("de_tokenize({col})", Hides::Some),
            ("lib.db.decipher({col})", Hides::Some),
            ("AES_DECRYPT({col}, 'k')", Hides::Some),
            ("aes_dec({col})", Hides::Some),
            ("UNHASH({col})", Hides::Some),
            ("Tokenizer({col})", Hides::Value),
            ("PSEUDONYM({col})", Hides::Value),
            ("secure_hash({col})", Hides::Value),
            ("{col}", Hides::Some),
            ("SHA256({col}) || {col}", Hides::Some),
            (
                "CASE WHEN {col} > 1 THEN SHA256({col}) ELSE '' END",
                Hides::Some,
            ),
        ] {
            assert_eq!(hides(text), expected, "{text}");
        }
    }

    #[test]
    fn a_site_may_say_it_itself() {
        let template = Template::new("t", "f({col})", Nulls::Auto).unwrap();
        assert_eq!(template.hiding(Hides::Value).hides(), Hides::Value);
    }

    #[test]
    fn the_stricter_is_the_greater() {
        assert!(Hides::Null > Hides::Constant && Hides::Constant > Hides::Value);
        assert!(Hides::Value > Hides::Some && Hides::Some > Hides::Nothing);
        for hides in [
            Hides::Some,
            Hides::Value,
            Hides::Constant,
            Hides::Redacted,
            Hides::Null,
        ] {
            assert_eq!(Hides::of_word(hides.word()), hides);
        }
        assert_eq!(Hides::of_word("?"), Hides::Nothing);
    }
}
