//! What other modules say is wrong, as refusals with a code and a place.

use super::Code;
use super::datasets::Refused;
use crate::syntax::ast::Name;
use crate::syntax::{Span, SyntaxErrorKind};

pub(super) fn name_refusal(error: &crate::catalog::NameError, name: &Name) -> Refused {
    Refused::new(name_code(error), error.to_string(), name.span)
}

const fn name_code(error: &crate::catalog::NameError) -> Code {
    match error {
        crate::catalog::NameError::Unknown(_) | crate::catalog::NameError::NoDatabase => {
            Code::TableUnknown
        }
        crate::catalog::NameError::Parts => Code::SyntaxError,
        crate::catalog::NameError::Unavailable(_) => Code::CatalogUnavailable,
    }
}

pub(super) fn table_refusal(error: &crate::catalog::TableError, at: Span) -> Refused {
    use crate::catalog::TableError;
    let (code, span) = match error {
        TableError::Syntax(error) => (
            syntax_code(&error.kind),
            if error.span.is_empty() {
                at
            } else {
                error.span
            },
        ),
        TableError::Duplicate { span, .. } => (Code::SyntaxError, *span),
        TableError::Query { span } => (Code::UnsupportedConstruct, *span),
    };
    Refused::new(code, error.to_string(), span)
}

pub(super) fn resolve_refusal(error: &crate::resolve::ResolveError) -> Refused {
    use crate::resolve::ResolveErrorKind as Kind;
    let code = match &error.kind {
        Kind::Syntax(kind) => syntax_code(kind),
        Kind::Name(error) => name_code(error),
        Kind::ColumnUnknown(_) => Code::ColumnUnknown,
        Kind::RelationUnknown(_) => Code::RelationUnknown,
        Kind::View(_) | Kind::ViewDepth(_) => Code::ViewInvalid,
        Kind::Columns => Code::LimitExceeded,
        Kind::StrayQuery => Code::UnsupportedConstruct,
        Kind::ColumnList { .. } => Code::SyntaxError,
    };
    Refused::new(code, error.to_string(), error.span)
}

pub(super) fn rewrite_code(kind: &crate::rewrite::RewriteErrorKind) -> Code {
    use crate::rewrite::RewriteErrorKind as Kind;
    match kind {
        Kind::SchemaUnknown(_) => Code::SchemaUnknown,
        Kind::MaskedColumnUnknown { .. } => Code::RuleUnusable,
        Kind::Mask { error, .. } => Code::of(error.code()),
        Kind::MaskedTimeAttribute { .. } => Code::MaskedTimeAttribute,
        Kind::MaskedLookupKey(_) => Code::MaskedLookupKey,
        Kind::MaskedTemporalKey(_) => Code::MaskedTemporalKey,
        Kind::HintOnView(_) => Code::UnsupportedConstruct,
        Kind::TemporalShape { .. } => Code::TemporalJoinShape,
        Kind::TooLong => Code::LimitExceeded,
        Kind::Internal(_) => Code::Internal,
    }
}

/// The code of a syntax error.
pub(super) const fn syntax_code(kind: &SyntaxErrorKind) -> Code {
    match kind {
        SyntaxErrorKind::Unexpected(_) => Code::SyntaxError,
        SyntaxErrorKind::Unsupported(_) => Code::UnsupportedConstruct,
        SyntaxErrorKind::Character(_) => Code::InvalidCharacter,
        SyntaxErrorKind::Limit(_) => Code::LimitExceeded,
        SyntaxErrorKind::Variable(_) => Code::UnexpandedVariable,
    }
}
