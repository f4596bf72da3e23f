//! Statements that run procedures, load code, or keep plans: CALL, JAR, MODULE, PLAN, JOB.

use super::{Grammar, Parsed};
use crate::syntax::ast::{Call, CompilePlan, JarCommand, ModuleCommand, Scalar, StatementKind};
use crate::syntax::{Construct, Word};

impl Grammar<'_, '_> {
    /// `CALL procedure(arguments)`.
    pub(super) fn call_procedure(&mut self) -> Parsed<StatementKind> {
        self.expect_word(Word::CALL)?;
        let name = self.name()?;
        let start = name.span.start;
        let markers = self.context.marker_count();
        let expr = self.procedure_call(name.clone())?;
        self.check_markers(&expr, markers)?;
        let call = Scalar {
            span: self.since(start),
            expr,
        };
        Ok(StatementKind::Call(Box::new(Call { name, call })))
    }

    /// `LOAD MODULE name [WITH (…)]`.
    pub(super) fn load_module(&mut self) -> Parsed<StatementKind> {
        self.expect_words(&[Word::LOAD, Word::MODULE])?;
        let name = self.identifier()?;
        let options = self.with_options()?;
        Ok(StatementKind::Module(ModuleCommand::Load { name, options }))
    }

    /// `UNLOAD MODULE name`.
    pub(super) fn unload_module(&mut self) -> Parsed<StatementKind> {
        self.expect_words(&[Word::UNLOAD, Word::MODULE])?;
        let name = self.identifier()?;
        Ok(StatementKind::Module(ModuleCommand::Unload(name)))
    }

    /// `USE MODULES a, b`.
    pub(super) fn use_modules(&mut self) -> Parsed<StatementKind> {
        self.expect_words(&[Word::USE, Word::MODULES])?;
        let names = self.comma_list(Self::identifier)?;
        Ok(StatementKind::Module(ModuleCommand::Use(names)))
    }

    /// `ADD JAR '…'`, `REMOVE JAR '…'`.
    pub(super) fn jar(&mut self) -> Parsed<StatementKind> {
        let add = self.bump()?.word == Word::ADD;
        self.expect_word(Word::JAR)?;
        let address = self.plain_string("an address in quotes")?;
        Ok(StatementKind::Jar(JarCommand { add, address }))
    }

    /// `COMPILE PLAN 'file' [IF NOT EXISTS] FOR INSERT … | STATEMENT SET …`.
    pub(super) fn compile_plan(&mut self) -> Parsed<StatementKind> {
        if self.peek_at(1).word == Word::AND {
            return self.refused(Construct::CompileAndExecutePlan);
        }
        self.expect_words(&[Word::COMPILE, Word::PLAN])?;
        let file = self.string_literal("a file in quotes")?;
        self.if_not_exists()?;
        self.expect_word(Word::FOR)?;
        let inserts = if self.is_word(Word::STATEMENT) {
            self.statement_set()?
        } else {
            vec![self.insert()?]
        };
        Ok(StatementKind::CompilePlan(Box::new(CompilePlan {
            file,
            inserts,
        })))
    }
}
