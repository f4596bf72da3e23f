//! One statement: datasets, decision, rewrite, second look, effect on the session.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::classify::{self, Class};
use super::datasets::{Datasets, Decided, Refused, bases};
use super::reply::{Applied, AppliedMask, Input, Output, Replacement, StatementReport};
use super::settings::setting_allowed;
use super::table_options::loads_code;
use super::{Code, Engine, strict};
use crate::catalog::{
    Column, ColumnKind, Existing, Object, Session, SessionView, Table, TableName, View,
    table_from_ddl,
};
use crate::policy::{ColumnMask, Principal, Privilege, Rows};
use crate::resolve::{Relation, Resolution, resolve};
use crate::rewrite::{EditSet, Protection, Style, Unit, rewrite};
use crate::syntax::ast::{
    CreateTable, CreateView, DropObject, Name, Setting, Statement, StatementKind, Use,
};
use crate::syntax::{FlinkVersion, Lines, Span, SyntaxErrorKind};
use crate::verify::{RewrittenSql, attest, attest_unchanged};

/// What a statement came to.
pub(super) struct Outcome {
    pub report: StatementReport,
    pub result: Result<RewrittenSql, Vec<Refused>>,
}

/// What an allowed statement does to the session.
type Effect<'e> = Box<dyn FnOnce(&mut Session) + 'e>;

/// The circumstances of one statement.
pub(super) struct Work<'a> {
    pub engine: &'a Engine,
    pub principal: &'a Principal,
    pub at: SystemTime,
    pub style: Style,
    pub flink: FlinkVersion,
    pub strict: bool,
    pub source: &'a str,
    pub lines: &'a Lines<'a>,
}

impl Work<'_> {
    /// Checks one statement and, when it is allowed, brings the session to the state after it.
    pub(super) fn run(&self, statement: &Statement, session: &mut Session) -> Outcome {
        let mut report = StatementReport {
            kind: classify::name(&statement.kind),
            span: statement.span,
            line: self.lines.position(statement.span.start).line,
            inputs: Vec::new(),
            outputs: Vec::new(),
            applied: Vec::new(),
            edits: Vec::new(),
        };
        let result = self.steps(statement, session, &mut report);
        Outcome { report, result }
    }

    fn steps(
        &self,
        statement: &Statement,
        session: &mut Session,
        report: &mut StatementReport,
    ) -> Result<RewrittenSql, Vec<Refused>> {
        if let (Class::Denied, kind) = (classify::class(&statement.kind), &statement.kind) {
            let (construct, span) = match kind {
                StatementKind::Refused(refusal) => (refusal.construct, refusal.span),
                _ => ("EXPLAIN of this statement", statement.span),
            };
            let message = format!("`{construct}` is not supported");
            return Err(vec![Refused::new(
                Code::UnsupportedStatement,
                message,
                span,
            )]);
        }
        let datasets = Datasets {
            engine: self.engine,
            principal: self.principal,
            at: self.at,
            session,
            decided: Decided::default(),
        };
        let resolution = resolve(statement, session, self.engine.catalog()).map_err(|e| {
            // Whether a column or a table is there is nobody's business who may not read it.
            let closed = datasets.closed(statement);
            vec![closed.unwrap_or_else(|| resolve_refusal(&e))]
        })?;
        describe(report, &resolution, self.source);
        let mut refused = Vec::new();
        let protections = datasets
            .protections(&resolution)
            .unwrap_or_else(|mut errors| {
                refused.append(&mut errors);
                Vec::new()
            });
        if let Err(mut errors) = self.privileges(&datasets, statement, &resolution) {
            refused.append(&mut errors);
        }
        if self.strict && refused.is_empty() {
            let functions = self.engine.policy().strict_functions();
            let text = (self.source, self.flink);
            let decide = |relation: &Relation| datasets.obligations(relation).ok();
            refused = strict::refusals(text, statement, &resolution, &decide, functions);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        report.applied = applied(&resolution, &protections);
        let sql = self
            .protect(statement, &resolution, &protections, &datasets, report)
            .map_err(|e| vec![e])?;
        let effect = self
            .effect(&statement.kind, statement, &resolution, session)
            .map_err(|e| vec![e])?;
        effect(session);
        Ok(sql)
    }

    /// Rewrites, and has the result looked at again.
    fn protect(
        &self,
        statement: &Statement,
        resolution: &Resolution,
        protections: &[Protection],
        datasets: &Datasets<'_>,
        report: &mut StatementReport,
    ) -> Result<RewrittenSql, Refused> {
        let decide = |relation: &Relation| datasets.obligations(relation).ok();
        let unverified = |e: crate::verify::VerifyError| {
            Refused::new(Code::VerifyFailed, e.to_string(), statement.span)
        };
        let unit = Unit {
            source: self.source,
            queries: &statement.queries,
            resolution,
        };
        let edits = rewrite(unit, protections, self.style)
            .map_err(|e| Refused::new(rewrite_code(&e.kind), e.to_string(), e.span))?;
        let edits = EditSet::new(self.source, edits)
            .map_err(|e| Refused::new(Code::Internal, e.to_string(), statement.span))?;
        if edits.edits().is_empty() {
            return attest_unchanged(self.source, statement, resolution, &decide)
                .map_err(unverified);
        }
        report.edits = edits
            .edits()
            .iter()
            .map(|e| Replacement {
                span: e.span,
                text: e.replacement.clone(),
            })
            .collect();
        let output = edits.apply(self.source, statement.span);
        attest(
            output,
            statement,
            self.flink,
            datasets.session,
            self.engine.catalog(),
            &decide,
        )
        .map_err(unverified)
    }

    fn privileges(
        &self,
        datasets: &Datasets<'_>,
        statement: &Statement,
        resolution: &Resolution,
    ) -> Result<(), Vec<Refused>> {
        match &statement.kind {
            StatementKind::Query(_)
            | StatementKind::BeginStatementSet
            | StatementKind::EndStatementSet => Ok(()),
            StatementKind::Insert(_) | StatementKind::StatementSet(_) => {
                datasets.sinks(&resolution.sinks, Privilege::Insert)
            }
            // The inner statement's kind decides what its sinks need.
            StatementKind::Explain(inner) => match &**inner {
                StatementKind::CreateTable(_) | StatementKind::CreateView(_) => {
                    datasets.sinks(&resolution.sinks, Privilege::Create)
                }
                _ => datasets.sinks(&resolution.sinks, Privilege::Insert),
            },
            StatementKind::CreateView(_) => datasets.sinks(&resolution.sinks, Privilege::Create),
            StatementKind::CreateTable(create) => {
                if let Some(option) = loads_code(&create.options) {
                    return Err(vec![code_refusal(option)]);
                }
                datasets.sinks(&resolution.sinks, Privilege::Create)?;
                self.ctas(datasets, create).map_err(|e| vec![e])?;
                self.like(datasets, create).map_err(|e| vec![e])
            }
            StatementKind::Drop(drop) => match drop.object {
                DropObject::Table | DropObject::View => {
                    let name = datasets
                        .session
                        .qualify(&drop.name)
                        .map_err(|e| vec![name_refusal(&e, &drop.name)])?;
                    datasets
                        .may(&name, &[], false, Privilege::Drop, drop.name.span)
                        .map_err(|e| vec![e])
                }
                DropObject::Database => datasets
                    .may_object(&drop.name, Privilege::Drop)
                    .map_err(|e| vec![e]),
                DropObject::Catalog => datasets
                    .may_object(&drop.name, Privilege::Catalog)
                    .map_err(|e| vec![e]),
                DropObject::Function => datasets
                    .may_object(&drop.name, Privilege::Function)
                    .map_err(|e| vec![e]),
            },
            StatementKind::Use(_) => Ok(()),
            StatementKind::Set(setting) => match setting {
                Some(setting) if !setting_allowed(&setting.key.value) => {
                    Err(vec![setting_refusal(&setting.key.value, setting.key.span)])
                }
                Some(_) | None => Ok(()),
            },
            StatementKind::Reset(key) => match key {
                Some(key) if setting_allowed(&key.value) => Ok(()),
                Some(key) => Err(vec![setting_refusal(&key.value, key.span)]),
                None => Err(vec![setting_refusal("*", statement.span)]),
            },
            StatementKind::Refused(refusal) => Err(vec![Refused::new(
                Code::UnsupportedStatement,
                format!("`{}` is not supported", refusal.construct),
                refusal.span,
            )]),
        }
    }

    /// `CREATE TABLE … AS` writes too: into the address that it declares, and with IF NOT EXISTS into a table that is there already.
    fn ctas(&self, datasets: &Datasets<'_>, create: &CreateTable) -> Result<(), Refused> {
        if create.query.is_none() {
            return Ok(());
        }
        let at = |e| name_refusal(&e, &create.name);
        let name = datasets.session.qualify(&create.name).map_err(at)?;
        let existing = datasets
            .session
            .existing(&name, create.temporary, self.engine.catalog())
            .map_err(at)?;
        if create.if_not_exists && existing != Existing::No {
            let message =
                format!("`{name}` may be there already, and would be written: use INSERT");
            return Err(Refused::new(Code::TableExists, message, create.name.span));
        }
        let table =
            table_from_ddl(create, self.source).map_err(|e| table_refusal(&e, create.name.span))?;
        let physical = Datasets::physical_names(Some(&Object::Table(table.into())));
        datasets.may(&name, &physical, true, Privilege::Insert, create.name.span)?;
        if create.or_replace && existing != Existing::No {
            datasets.may(&name, &[], false, Privilege::Drop, create.name.span)?;
        }
        Ok(())
    }

    /// `LIKE t` copies the address of `t`: the copy would be a second door to the same rows.
    fn like(&self, datasets: &Datasets<'_>, create: &CreateTable) -> Result<(), Refused> {
        let Some(like) = &create.like else {
            return Ok(());
        };
        let source = &like.source;
        let name = datasets
            .session
            .qualify(source)
            .map_err(|e| name_refusal(&e, source))?;
        let found = datasets
            .session
            .find(name, self.engine.catalog())
            .map_err(|e| name_refusal(&e, source))?;
        let relation = Relation {
            columns: match &found.object {
                Some(Object::Table(table)) => table.columns.clone(),
                Some(Object::View(_) | Object::SessionView(_)) | None => None,
            },
            found,
            name: source.span,
            name_parts: source.parts.len(),
            span: source.span,
            options: Vec::new(),
            place: crate::resolve::Place::Term,
            query: crate::syntax::ast::QueryId(0),
            block: None,
            view: None,
        };
        if datasets.obligations(&relation)?.is_empty() {
            return Ok(());
        }
        let message = format!(
            "`{}` is protected for you: its definition cannot be copied",
            relation.found.name
        );
        Err(Refused::new(Code::LikeProtected, message, source.span))
    }

    /// What an allowed statement changes.
    fn effect<'e>(
        &'e self,
        kind: &'e StatementKind,
        statement: &'e Statement,
        resolution: &'e Resolution,
        session: &Session,
    ) -> Result<Effect<'e>, Refused> {
        Ok(match kind {
            StatementKind::Query(_)
            | StatementKind::Insert(_)
            | StatementKind::StatementSet(_)
            | StatementKind::Explain(_) => Box::new(|_: &mut Session| {}),
            StatementKind::CreateTable(create) => {
                let (name, table) = self.created_table(create, resolution, session)?;
                let forms = (create.or_replace, create.if_not_exists);
                let makes = self.makes(&name, &create.name, create.temporary, forms, session)?;
                Box::new(move |s: &mut Session| {
                    if makes {
                        s.create(name, Object::Table(table.into()), create.temporary);
                    }
                })
            }
            StatementKind::CreateView(create) => {
                let name = session
                    .qualify(&create.name)
                    .map_err(|e| name_refusal(&e, &create.name))?;
                let view = self.created_view(create, statement, resolution, session);
                // Flink replaces no view: over an existing one it refuses.
                let forms = (
                    create.or_replace && create.if_not_exists,
                    create.if_not_exists,
                );
                let makes = self.makes(&name, &create.name, create.temporary, forms, session)?;
                Box::new(move |s: &mut Session| {
                    if makes {
                        s.create(name, Object::SessionView(view.into()), create.temporary);
                    }
                })
            }
            StatementKind::Drop(drop) => match drop.object {
                DropObject::Table | DropObject::View => {
                    let at = |e| name_refusal(&e, &drop.name);
                    let name = session.qualify(&drop.name).map_err(at)?;
                    let view = drop.object == DropObject::View;
                    let found = session
                        .droppable(&name, view, drop.temporary, self.engine.catalog())
                        .map_err(at)?;
                    if found == Existing::No && !drop.if_exists {
                        let message = format!("there is no such object to drop: `{name}`");
                        return Err(Refused::new(Code::TableUnknown, message, drop.name.span));
                    }
                    Box::new(move |s: &mut Session| {
                        if found == Existing::Yes {
                            s.drop_object(name, drop.temporary);
                        }
                    })
                }
                DropObject::Database | DropObject::Catalog | DropObject::Function => {
                    Box::new(|_: &mut Session| {})
                }
            },
            StatementKind::Use(Use::Database(name)) => {
                Box::new(move |s: &mut Session| s.use_database(name))
            }
            StatementKind::Use(Use::Catalog(name)) => {
                Box::new(move |s: &mut Session| s.use_catalog(&name.value))
            }
            StatementKind::Set(Some(setting)) => Box::new(move |s: &mut Session| {
                s.settings
                    .insert(setting.key.value.clone(), setting.value.value.clone());
            }),
            StatementKind::Set(None) => Box::new(|_: &mut Session| {}),
            StatementKind::Reset(key) => Box::new(move |s: &mut Session| {
                if let Some(key) = key {
                    s.settings.remove(&key.value);
                }
            }),
            StatementKind::BeginStatementSet => Box::new(|s: &mut Session| s.statement_set = true),
            StatementKind::EndStatementSet => Box::new(|s: &mut Session| s.statement_set = false),
            StatementKind::Refused(refusal) => {
                return Err(Refused::new(
                    Code::UnsupportedStatement,
                    format!("`{}` is not supported", refusal.construct),
                    refusal.span,
                ));
            }
        })
    }

    /// Whether a CREATE really makes its object: with IF NOT EXISTS Flink keeps the one that is there, whatever the statement declares.
    fn makes(
        &self,
        name: &TableName,
        written: &Name,
        temporary: bool,
        (or_replace, if_not_exists): (bool, bool),
        session: &Session,
    ) -> Result<bool, Refused> {
        let existing = session
            .existing(name, temporary, self.engine.catalog())
            .map_err(|e| name_refusal(&e, written))?;
        match (existing, or_replace, if_not_exists) {
            // Which of the two Flink follows hangs on the kind of object and the version.
            (_, true, true) => Err(Refused::new(
                Code::UnsupportedConstruct,
                "OR REPLACE together with IF NOT EXISTS is not supported",
                written.span,
            )),
            (Existing::No, ..) | (_, true, _) | (Existing::Unknown, _, false) => Ok(true),
            (Existing::Yes | Existing::Unknown, false, true) => Ok(false),
            (Existing::Yes, false, false) => {
                let message = format!("`{name}` already exists");
                Err(Refused::new(Code::TableExists, message, written.span))
            }
        }
    }

    fn created_table(
        &self,
        create: &CreateTable,
        resolution: &Resolution,
        session: &Session,
    ) -> Result<(TableName, Table), Refused> {
        let name = session
            .qualify(&create.name)
            .map_err(|e| name_refusal(&e, &create.name))?;
        let mut table =
            table_from_ddl(create, self.source).map_err(|e| table_refusal(&e, create.name.span))?;
        if let Some(like) = &create.like {
            let source = session
                .qualify(&like.source)
                .map_err(|e| name_refusal(&e, &like.source))?;
            let found = session
                .find(source, self.engine.catalog())
                .map_err(|e| name_refusal(&e, &like.source))?;
            match &found.object {
                Some(Object::Table(base)) => table.inherit(base, &like.features),
                Some(Object::View(_) | Object::SessionView(_)) | None => {
                    let message =
                        format!("`{}` is not a table whose definition is known", found.name);
                    return Err(Refused::new(Code::SchemaUnknown, message, like.source.span));
                }
            }
        }
        if create.query.is_some() {
            table.columns = columns_of_query(table.columns.take().unwrap_or_default(), resolution);
        }
        Ok((name, table))
    }

    fn created_view(
        &self,
        create: &CreateView,
        statement: &Statement,
        resolution: &Resolution,
        session: &Session,
    ) -> SessionView {
        let query = statement
            .queries
            .get(create.query)
            .map(|q| q.span)
            .unwrap_or_default();
        SessionView {
            view: View {
                text: query.text(self.source).to_owned(),
                columns: create.columns.iter().map(|c| c.value.clone()).collect(),
                catalog: session.catalog.clone(),
                database: session.database.clone(),
            },
            bases: bases(resolution),
            protected_for: Datasets {
                engine: self.engine,
                principal: self.principal,
                at: self.at,
                session,
                decided: Decided::default(),
            }
            .stamp(resolution),
        }
    }
}

/// The columns of a `CREATE TABLE … AS`: those of the query, under the names of a column list of bare names; declared columns come first.
fn columns_of_query(declared: Vec<Column>, resolution: &Resolution) -> Option<Vec<Column>> {
    let query = resolution.columns.as_ref()?;
    let bare = declared
        .iter()
        .all(|c| c.data_type.is_none() && c.kind == ColumnKind::Physical);
    if bare && declared.len() == query.len() {
        let named = declared.into_iter().zip(query.iter());
        return Some(
            named
                .map(|(d, q)| Column {
                    name: d.name,
                    data_type: q.data_type.clone(),
                    kind: ColumnKind::Physical,
                })
                .collect(),
        );
    }
    let extra: Vec<Column> = query
        .iter()
        .filter(|q| declared.iter().all(|d| d.name != q.name))
        .map(|q| Column {
            name: q.name.clone(),
            data_type: q.data_type.clone(),
            kind: ColumnKind::Physical,
        })
        .collect();
    Some(declared.into_iter().chain(extra).collect())
}

fn describe(report: &mut StatementReport, resolution: &Resolution, source: &str) {
    for (id, relation) in resolution.relations.iter().enumerate() {
        let columns: BTreeSet<&str> = resolution
            .uses
            .iter()
            .filter(|u| u.relation == id)
            .map(|u| u.column.as_str())
            .collect();
        report.inputs.push(Input {
            as_written: relation.name.text(source).to_owned(),
            span: relation.name,
            name: relation.found.name.clone(),
            physical: Datasets::physical_names(relation.found.object.as_ref()),
            columns: columns.into_iter().map(str::to_owned).collect(),
            view: matches!(
                relation.found.object,
                Some(Object::View(_) | Object::SessionView(_))
            ),
        });
    }
    for sink in &resolution.sinks {
        report.outputs.push(Output {
            as_written: sink.name.text(source).to_owned(),
            span: sink.name,
            name: sink.found.name.clone(),
            physical: Datasets::physical_names(sink.found.object.as_ref()),
        });
    }
}

fn applied(resolution: &Resolution, protections: &[Protection]) -> Vec<Applied> {
    let mut list: Vec<Applied> = Vec::new();
    for (relation, protection) in resolution.relations.iter().zip(protections) {
        let obligations = &protection.obligations;
        if !obligations.is_empty() {
            let one = Applied {
                table: relation.found.name.clone(),
                row_filter: match &obligations.rows {
                    Rows::Matching(filter) => {
                        filter.rules.iter().map(ToString::to_string).collect()
                    }
                    Rows::All | Rows::Nothing => Vec::new(),
                },
                masks: obligations.masks.iter().map(applied_mask).collect(),
            };
            if !list.contains(&one) {
                list.push(one);
            }
        }
        if let (Some(inside), Some(view)) = (&protection.inside, &relation.view) {
            for one in applied(&view.resolution, inside) {
                if !list.contains(&one) {
                    list.push(one);
                }
            }
        }
    }
    list
}

fn applied_mask(mask: &ColumnMask) -> AppliedMask {
    AppliedMask {
        column: mask.path.clone(),
        mask: mask.mask.name().to_owned(),
        rule: mask.rule.to_string(),
    }
}

fn code_refusal(option: &Setting) -> Refused {
    let message = format!(
        "table option `{}` could load code, or read what is no part of the table",
        option.key.value
    );
    Refused::new(Code::OptionDenied, message, option.key.span)
}

fn setting_refusal(key: &str, span: Span) -> Refused {
    Refused::new(
        Code::SettingDenied,
        format!("setting `{key}` is not on the list of settings that may be changed"),
        span,
    )
}

fn name_refusal(error: &crate::catalog::NameError, name: &Name) -> Refused {
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

fn table_refusal(error: &crate::catalog::TableError, at: Span) -> Refused {
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

fn resolve_refusal(error: &crate::resolve::ResolveError) -> Refused {
    use crate::resolve::ResolveErrorKind as Kind;
    let code = match &error.kind {
        Kind::Syntax(kind) => syntax_code(kind),
        Kind::Name(error) => name_code(error),
        Kind::ColumnUnknown(_) => Code::ColumnUnknown,
        Kind::RelationUnknown(_) => Code::RelationUnknown,
        Kind::View(_) | Kind::ViewDepth(_) => Code::ViewInvalid,
        Kind::StrayQuery => Code::UnsupportedConstruct,
        Kind::ColumnList { .. } => Code::SyntaxError,
    };
    Refused::new(code, error.to_string(), error.span)
}

fn rewrite_code(kind: &crate::rewrite::RewriteErrorKind) -> Code {
    use crate::rewrite::RewriteErrorKind as Kind;
    match kind {
        Kind::SchemaUnknown(_) => Code::SchemaUnknown,
        Kind::MaskedColumnUnknown { .. } => Code::RuleUnusable,
        Kind::Mask { error, .. } => Code::of(error.code()),
        Kind::MaskedTimeAttribute { .. } => Code::MaskedTimeAttribute,
        Kind::MaskedLookupKey(_) => Code::MaskedLookupKey,
        Kind::MaskedTemporalKey(_) => Code::MaskedTemporalKey,
        Kind::TemporalShape { .. } => Code::TemporalJoinShape,
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
