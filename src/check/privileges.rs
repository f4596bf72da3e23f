//! What a statement needs besides its rows: privileges on outputs, on definitions, on code.

use super::Code;
use super::datasets::{DECLARED, Datasets, Refused};
use super::options::option_allowed;
use super::refusal::{name_refusal, table_refusal};
use super::settings::setting_refused;
use super::statement::Work;
use super::table_options::loads_code;
use crate::catalog::{
    Existing, Found, Object, Origin, Table, TableName, apply_change, table_from_ddl,
};
use crate::policy::Privilege;
use crate::resolve::Resolution;
use crate::syntax::Span;
use crate::syntax::ast::{
    AlterTable, AlterView, CreateTable, Describe, DescribeForm, Drop, DropObject, JarCommand,
    Literal, ModuleCommand, Name, Setting, StatementKind, TableChange, ViewChange,
};

impl Work<'_> {
    pub(super) fn privileges(
        &self,
        datasets: &Datasets<'_>,
        kind: &StatementKind,
        span: Span,
        resolution: &Resolution,
    ) -> Result<(), Vec<Refused>> {
        let one = |result: Result<(), Refused>| result.map_err(|e| vec![e]);
        let sinks = |privilege| datasets.sinks(&resolution.sinks, privilege);
        match kind {
            StatementKind::Query(_)
            | StatementKind::BeginStatementSet
            | StatementKind::EndStatementSet
            | StatementKind::Use(_)
            | StatementKind::Show(_) => Ok(()),
            StatementKind::Insert(_)
            | StatementKind::StatementSet(_)
            | StatementKind::CompilePlan(_) => sinks(Privilege::Insert),
            // Whoever has a plan explained needs what running it needs.
            StatementKind::Explain(inner) => self.privileges(datasets, inner, span, resolution),
            StatementKind::CreateView(_) => sinks(Privilege::Create),
            StatementKind::CreateTable(create) => {
                one(loads_no_code(&create.options))?;
                sinks(Privilege::Create)?;
                one(self.made(datasets, create, resolution))?;
                one(self.ctas(datasets, create))?;
                one(self.like(datasets, create))
            }
            StatementKind::CreateMaterializedTable(create) => {
                one(loads_no_code(&create.table.options))?;
                sinks(Privilege::Create)?;
                one(self.made(datasets, &create.table, resolution))?;
                one(self.ctas(datasets, &create.table))?;
                if create.or_alter {
                    one(self.or_alter(datasets, &create.table.name))?;
                }
                Ok(())
            }
            StatementKind::Update(_) => {
                sinks(Privilege::Update)?;
                one(self.whole_target(datasets, resolution))
            }
            StatementKind::Delete(_) => {
                sinks(Privilege::Delete)?;
                one(self.whole_target(datasets, resolution))
            }
            StatementKind::Truncate(name) => one(datasets
                .change(name, Privilege::Truncate, "emptied")
                .map(|_| ())),
            // Statistics are read from all rows, and anybody can look them up.
            StatementKind::Analyze(analyze) => one(datasets
                .change(&analyze.name, Privilege::Alter, "analysed")
                .map(|_| ())),
            StatementKind::AlterTable(alter) => one(self.alter_table(datasets, alter, resolution)),
            StatementKind::AlterView(alter) => one(self.alter_view(datasets, alter)),
            StatementKind::Describe(describe) => one(self.describe(datasets, describe)),
            StatementKind::Drop(drop) => one(self.drop(datasets, drop)),
            StatementKind::CreateObject(create) => one(self.create_object(datasets, create)),
            StatementKind::AlterObject(alter) => one(self.alter_object(datasets, alter)),
            StatementKind::Call(call) => one(self.procedure(datasets, call)),
            StatementKind::Module(command) => one(self.module(datasets, command)),
            StatementKind::Jar(JarCommand { address, .. }) => {
                one(datasets.may_object(&address.value, address.span, Privilege::Jar))
            }
            StatementKind::Set(setting) => match setting {
                Some(setting) => one(may_set(&setting.key, Some(&setting.value.value))),
                None => Ok(()),
            },
            StatementKind::Reset(key) => match key {
                Some(key) => one(may_set(key, None)),
                None => Err(vec![Refused::new(
                    Code::SettingDenied,
                    "RESET of all settings is refused: name the key",
                    span,
                )]),
            },
            StatementKind::Refused(refusal) => Err(vec![Refused::new(
                Code::UnsupportedStatement,
                format!("`{}` is not supported", refusal.construct),
                refusal.span,
            )]),
        }
    }

    /// UPDATE and DELETE find their rows by raw values, and change those that they find: the table must have nothing hidden. (A filter could be
    /// added to WHERE; a mask on a column that decides which rows change could not.)
    fn whole_target(
        &self,
        datasets: &Datasets<'_>,
        resolution: &Resolution,
    ) -> Result<(), Refused> {
        use crate::resolve::Place;
        for relation in &resolution.relations {
            if matches!(relation.place, Place::Target)
                && !datasets.obligations(relation)?.is_empty()
            {
                let message = format!(
                    "`{}` is protected for you: its rows cannot be changed where they are",
                    relation.found.name
                );
                return Err(Refused::new(Code::ChangeProtected, message, relation.name));
            }
            let is_table = matches!(relation.found.object, Some(Object::Table(_)) | None);
            if matches!(relation.place, Place::Target) && !is_table {
                let message = format!(
                    "`{}` is a view: its rows cannot be changed",
                    relation.found.name
                );
                return Err(Refused::new(
                    Code::UnsupportedConstruct,
                    message,
                    relation.name,
                ));
            }
        }
        Ok(())
    }

    /// Where a table that a script declares may outlive the session, or may be another one, its address must be harmless by itself.
    fn made(
        &self,
        datasets: &Datasets<'_>,
        create: &CreateTable,
        resolution: &Resolution,
    ) -> Result<(), Refused> {
        let at = create.name.span;
        let source = self.engine.catalog();
        let (name, table) = self.created_table(create, resolution, datasets.session)?;
        let existing = datasets
            .session
            .existing(&name, create.temporary, source)
            .map_err(|e| name_refusal(&e, &create.name))?;
        // IF NOT EXISTS: which of the two tables is read and written later is not known. The other one is judged by its name then, this one now.
        let either = create.if_not_exists && existing == Existing::Unknown;
        // Whoever describes the catalog to the next session tells its address, and not that a submitter chose the columns and the name.
        let stays = !create.temporary && !datasets.session.is_in_memory(&name.catalog);
        if !either && !stays {
            return Ok(());
        }
        let declared = Found {
            name: name.clone(),
            object: Some(Object::Table(table.into())),
            origin: DECLARED,
        };
        // What cannot be understood is closed in this session only: to the next one it is a table of the catalog.
        let physical = datasets.physical(&declared, &[], at)?;
        let may_write = || datasets.may(&name, &physical, true, Privilege::Insert, at);
        let nothing_hidden = || {
            let code = Code::ChangeProtected;
            datasets.unprotected(&declared, &create.name, code, "declared")
        };
        // Without an address there is nothing to tell apart.
        if physical.is_empty() || ((!either || may_write().is_ok()) && nothing_hidden().is_ok()) {
            return Ok(());
        }
        let message = if either {
            format!(
                "`{name}` may be there already, and what this declares is protected for you: leave IF NOT EXISTS out"
            )
        } else {
            format!(
                "what `{name}` would lie over is protected for you: declare it as a TEMPORARY table"
            )
        };
        Err(Refused::new(Code::ChangeProtected, message, at))
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
        // As INSERT into it would be judged.
        let made = Found {
            name: name.clone(),
            object: Some(Object::Table(table.into())),
            origin: DECLARED,
        };
        let physical = datasets.physical(&made, &[], create.name.span)?;
        datasets.may(&name, &physical, true, Privilege::Insert, create.name.span)?;
        if create.or_replace && existing != Existing::No {
            datasets.may(&name, &[], false, Privilege::Drop, create.name.span)?;
        }
        Ok(())
    }

    /// `CREATE OR ALTER` changes the table that is there, where there is one.
    fn or_alter(&self, datasets: &Datasets<'_>, name: &Name) -> Result<(), Refused> {
        let at = |e| name_refusal(&e, name);
        let full = datasets.session.qualify(name).map_err(at)?;
        let existing = datasets
            .session
            .existing(&full, false, self.engine.catalog())
            .map_err(at)?;
        match existing {
            Existing::No => Ok(()),
            Existing::Yes | Existing::Unknown => datasets
                .change(name, Privilege::Alter, "altered")
                .map(|_| ()),
        }
    }

    /// `LIKE t` copies the address of `t`: the copy would be a second door to the same rows.
    fn like(&self, datasets: &Datasets<'_>, create: &CreateTable) -> Result<(), Refused> {
        let Some(like) = &create.like else {
            return Ok(());
        };
        let found = datasets.named(&like.source)?;
        datasets.unprotected(&found, &like.source, Code::LikeProtected, "copied by LIKE")
    }

    /// ALTER may give a table another address or a masked column another name, so nothing of it may be hidden from who does it.
    fn alter_table(
        &self,
        datasets: &Datasets<'_>,
        alter: &AlterTable,
        resolution: &Resolution,
    ) -> Result<(), Refused> {
        let name = &alter.name;
        let found = match datasets.change(name, Privilege::Alter, "altered") {
            Err(e) if alter.if_exists && e.code == Code::TableUnknown => return Ok(()),
            other => other?,
        };
        match &alter.change {
            TableChange::As(_) => datasets
                .sinks(&resolution.sinks, Privilege::Insert)
                .map_err(first),
            TableChange::Refresh => datasets.may_on(&found, Privilege::Insert, name.span),
            TableChange::DropPartitions => datasets.may_on(&found, Privilege::Delete, name.span),
            TableChange::Set(options) => {
                loads_no_code(options)?;
                self.moved(datasets, &found, alter)
            }
            TableChange::Reset(_) => self.moved(datasets, &found, alter),
            // These options are laid over the table's own when the job writes it.
            TableChange::Resume(options) => resumed(options),
            TableChange::Rename(new) => renamed(datasets, &found, new),
            TableChange::RenameColumn { .. }
            | TableChange::Add(_)
            | TableChange::Modify(_)
            | TableChange::DropColumns(_)
            | TableChange::DropKey
            | TableChange::DropWatermark
            | TableChange::Distribution
            | TableChange::AddPartitions(_)
            | TableChange::Compact
            | TableChange::Suspend
            | TableChange::Schedule => Ok(()),
        }
    }

    /// Other options may be another address: a table that outlives the session must not lie over what is protected, as in `made`.
    fn moved(
        &self,
        datasets: &Datasets<'_>,
        found: &Found,
        alter: &AlterTable,
    ) -> Result<(), Refused> {
        let Some(Object::Table(table)) = &found.object else {
            return Ok(());
        };
        if datasets.session.is_in_memory(&found.name.catalog) {
            return Ok(());
        }
        let at = alter.name.span;
        let mut changed = Table::clone(table);
        apply_change(&mut changed, &alter.change, self.source)
            .map_err(|e| table_refusal(&e, at))?;
        let declared = Found {
            name: found.name.clone(),
            object: Some(Object::Table(changed.into())),
            origin: DECLARED,
        };
        if datasets.physical(&declared, &[], at)?.is_empty() {
            return Ok(());
        }
        let code = Code::ChangeProtected;
        datasets.unprotected(&declared, &alter.name, code, "moved to another address")
    }

    fn alter_view(&self, datasets: &Datasets<'_>, alter: &AlterView) -> Result<(), Refused> {
        let found = datasets.change(&alter.name, Privilege::Alter, "altered")?;
        let is_view = matches!(found.object, Some(Object::View(_) | Object::SessionView(_)));
        match &alter.change {
            _ if !is_view => {
                let message = format!("`{}` is not known to be a view", found.name);
                Err(Refused::new(Code::TableUnknown, message, alter.name.span))
            }
            ViewChange::Rename(new) => renamed(datasets, &found, new),
            ViewChange::As(_) => Ok(()),
        }
    }

    fn describe(&self, datasets: &Datasets<'_>, describe: &Describe) -> Result<(), Refused> {
        let name = &describe.name;
        match describe.form {
            // Which columns a table has is no business of those who may neither read nor write it.
            DescribeForm::Table | DescribeForm::Columns => {
                let found = datasets.named(name)?;
                datasets.may_on(&found, Privilege::Describe, name.span)?;
                let may = |privilege| datasets.may_on(&found, privilege, name.span);
                may(Privilege::Select)
                    .or_else(|refused| may(Privilege::Insert).map_err(|_| refused))
            }
            // Addresses and passwords, or a view's own filters.
            DescribeForm::CreateTable
            | DescribeForm::CreateMaterializedTable
            | DescribeForm::CreateView => {
                let found = datasets.change(name, Privilege::Describe, "shown by its definition");
                found.map(|_| ())
            }
            // Their names are values of the partition columns.
            DescribeForm::Partitions => {
                let found = datasets.change(name, Privilege::Describe, "shown by partition");
                found.map(|_| ())
            }
            DescribeForm::Catalog | DescribeForm::CreateCatalog => {
                datasets.may_object(&as_written(name), name.span, Privilege::Describe)
            }
            DescribeForm::Database => {
                let object = datasets.database(name);
                datasets.may_object(&object, name.span, Privilege::Describe)
            }
            DescribeForm::Function
            | DescribeForm::Model
            | DescribeForm::CreateModel
            | DescribeForm::Connection
            | DescribeForm::CreateConnection => {
                let object = datasets.object(name)?;
                datasets.may_object(&object, name.span, Privilege::Describe)
            }
        }
    }

    fn drop(&self, datasets: &Datasets<'_>, drop: &Drop) -> Result<(), Refused> {
        let at = drop.name.span;
        match drop.object {
            DropObject::Table | DropObject::View | DropObject::MaterializedTable => {
                let name = datasets
                    .session
                    .qualify(&drop.name)
                    .map_err(|e| name_refusal(&e, &drop.name))?;
                match datasets.named(&drop.name) {
                    // Data go with a table of the site; what this session has declared is a name only.
                    Ok(found) if !matches!(found.origin, Origin::Session(_)) => {
                        datasets.may_on(&found, Privilege::Drop, at)
                    }
                    Ok(_) | Err(_) => datasets.may(&name, &[], false, Privilege::Drop, at),
                }
            }
            DropObject::Database => {
                datasets.may_object(&datasets.database(&drop.name), at, Privilege::Drop)
            }
            DropObject::Catalog => {
                datasets.may_object(&as_written(&drop.name), at, Privilege::Catalog)
            }
            DropObject::Function => {
                self.function_name(&drop.name)?;
                let object = datasets.function(&drop.name, drop.system)?;
                datasets.may_object(&object, at, Privilege::Function)
            }
            DropObject::Model => {
                datasets.may_object(&datasets.object(&drop.name)?, at, Privilege::Function)
            }
            DropObject::Connection => {
                let object = datasets.function(&drop.name, drop.system)?;
                datasets.may_object(&object, at, Privilege::Catalog)
            }
        }
    }

    fn module(&self, datasets: &Datasets<'_>, command: &ModuleCommand) -> Result<(), Refused> {
        let names = match command {
            ModuleCommand::Load { name, .. } | ModuleCommand::Unload(name) => {
                std::slice::from_ref(name)
            }
            ModuleCommand::Use(names) => names.as_slice(),
        };
        for name in names {
            datasets.may_object(&name.value, name.span, Privilege::Module)?;
        }
        // A module is loaded behind those that are there: `core`, with the functions that masks call, stays first as long as nobody moves it.
        let moved = match command {
            ModuleCommand::Load { .. } => None,
            ModuleCommand::Unload(name) => (name.value == "core").then_some(name),
            ModuleCommand::Use(names) => names.first().filter(|first| first.value != "core"),
        };
        match moved {
            None => Ok(()),
            Some(name) => Err(Refused::new(
                Code::PolicyFunctionShadowed,
                "module `core` must stay the first: masks and filters call its functions",
                name.span,
            )),
        }
    }
}

fn may_set(key: &Literal, value: Option<&str>) -> Result<(), Refused> {
    match setting_refused(&key.value, value) {
        None => Ok(()),
        Some(why) => {
            let message = format!("setting `{}` may not be changed: {why}", key.value);
            Err(Refused::new(Code::SettingDenied, message, key.span))
        }
    }
}

/// The first of several refusals.
fn first(mut refused: Vec<Refused>) -> Refused {
    refused.swap_remove(0)
}

fn resumed(options: &[Setting]) -> Result<(), Refused> {
    match options.iter().find(|o| !option_allowed(&o.key.value)) {
        None => Ok(()),
        Some(option) => {
            let message = format!(
                "table option `{}` may not be set by RESUME",
                option.key.value
            );
            Err(Refused::new(Code::OptionDenied, message, option.key.span))
        }
    }
}

/// A name in its parts as they are, for what has no place above it.
pub(super) fn as_written(name: &crate::syntax::ast::Name) -> String {
    let parts: Vec<&str> = name.parts.iter().map(|p| p.value.as_str()).collect();
    parts.join(".")
}

/// Options by which a connector would load code are what ADD JAR is.
fn loads_no_code(options: &[Setting]) -> Result<(), Refused> {
    let Some(option) = loads_code(options) else {
        return Ok(());
    };
    let message = format!(
        "table option `{}` could load code, or read what is no part of the table",
        option.key.value
    );
    Err(Refused::new(Code::OptionDenied, message, option.key.span))
}

/// A new name is created as by CREATE.
fn renamed(datasets: &Datasets<'_>, found: &Found, new: &Name) -> Result<(), Refused> {
    // One part names an object beside the old one.
    let name = match new.parts.as_slice() {
        [table] => TableName::new(&*found.name.catalog, &*found.name.database, &*table.value),
        _ => datasets
            .session
            .qualify(new)
            .map_err(|e| name_refusal(&e, new))?,
    };
    let physical = datasets.physical_names(found);
    datasets.may(&name, &physical, true, Privilege::Create, new.span)
}
