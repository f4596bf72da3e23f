//! Identifiers and dotted names.

use sqlparser::ast::{Ident as SqlIdent, ObjectName};

use super::{Grammar, Parsed};
use crate::syntax::ast::{Ident, Name};
use crate::syntax::dialect::place;
use crate::syntax::lexer::literal;
use crate::syntax::token::{Tok, TokenKind};
use crate::syntax::{Construct, SyntaxError, SyntaxErrorKind, Word};

impl Grammar<'_, '_> {
    /// Whether the token can be an identifier: quoted, or a word that is not reserved.
    pub(super) fn is_identifier(&self, token: Tok) -> bool {
        match token.kind {
            TokenKind::Word => !token.word.is_reserved(self.context.version),
            TokenKind::QuotedIdentifier | TokenKind::UnicodeIdentifier => true,
            _ => false,
        }
    }

    pub(super) fn identifier(&mut self) -> Parsed<Ident> {
        let token = self.peek();
        if !self.is_identifier(token) {
            return Err(if token.kind == TokenKind::Word {
                let index = self.index();
                self.context.unexpected(
                    index,
                    &format!(
                        "expected a name, found the reserved word `{}`",
                        self.context.text(token)
                    ),
                )
            } else {
                self.expected("a name")
            });
        }
        self.bump()?;
        let text = self.context.text(token);
        let value = match token.kind {
            TokenKind::QuotedIdentifier => literal::quoted_name(text),
            TokenKind::UnicodeIdentifier => {
                let escape = self.unicode_escape()?;
                literal::unicode_name(text, escape).map_err(|bad| bad_literal(bad, token))?
            }
            _ => text.to_owned(),
        };
        Ok(Ident {
            value,
            quoted: token.kind != TokenKind::Word,
            span: self.since(token.span.start),
        })
    }

    /// `UESCAPE '!'`.
    pub(super) fn unicode_escape(&mut self) -> Parsed<char> {
        if !self.eat_word(Word::UESCAPE)? {
            return Ok('\\');
        }
        let token = self.peek();
        let value = literal::string(self.context.text(token));
        let mut chars = value.chars();
        match (token.kind, chars.next(), chars.next()) {
            (TokenKind::String, Some(escape), None)
                if !escape.is_ascii_hexdigit()
                    && !escape.is_whitespace()
                    && !matches!(escape, '+' | '"' | '\'') =>
            {
                self.bump()?;
                Ok(escape)
            }
            _ => Err(self.expected("one escape character in quotes")),
        }
    }

    /// `a.b.c`.
    pub(super) fn name(&mut self) -> Parsed<Name> {
        let first = self.identifier()?;
        self.name_from(first)
    }

    /// The name that `first` begins.
    pub(super) fn name_from(&mut self, first: Ident) -> Parsed<Name> {
        let start = first.span.start;
        let mut parts = vec![first];
        while self.eat(TokenKind::Period)? {
            if self.is(TokenKind::Star) {
                return self.unsupported(Construct::StarInName);
            }
            parts.push(self.identifier()?);
        }
        Ok(Name {
            parts,
            span: self.since(start),
        })
    }

    /// `(a, b, c)`.
    pub(super) fn identifier_list(&mut self) -> Parsed<Vec<Ident>> {
        self.paren_list(Self::identifier)
    }
}

pub(super) fn sql_ident(ident: Ident) -> SqlIdent {
    SqlIdent {
        value: ident.value,
        quote_style: ident.quoted.then_some('`'),
        span: place(ident.span),
    }
}

pub(super) fn sql_name(name: Name) -> ObjectName {
    ObjectName::from(name.parts.into_iter().map(sql_ident).collect::<Vec<_>>())
}

pub(super) fn bad_literal(message: &str, token: Tok) -> SyntaxError {
    SyntaxError {
        kind: SyntaxErrorKind::Unexpected(message.to_owned()),
        span: token.span,
    }
}
