//! Objects that are no tables: catalogs, databases, functions, models, connections, procedures. By which name a rule finds them, and what may
//! not be put in the place of a function that masks and filters call.

use super::Code;
use super::datasets::{Datasets, Refused};
use super::privileges::as_written;
use super::refusal::name_refusal;
use super::statement::Work;
use super::strict;
use crate::mask;
use crate::policy::Privilege;
use crate::syntax::ast::{AlterObject, Call, CreateObject, Name, ObjectChange, ObjectKind};

impl Datasets<'_> {
    /// `catalog.database.object`: however it was written, a rule sees one name.
    pub(super) fn object(&self, name: &Name) -> Result<String, Refused> {
        let full = self.session.qualify(name);
        full.map(|name| name.to_string())
            .map_err(|e| name_refusal(&e, name))
    }

    /// A system function has one part; every other lies in a database.
    pub(super) fn function(&self, name: &Name, system: bool) -> Result<String, Refused> {
        if system {
            Ok(as_written(name))
        } else {
            self.object(name)
        }
    }

    /// `catalog.database`.
    pub(super) fn database(&self, name: &Name) -> String {
        match name.parts.as_slice() {
            [database] => format!("{}.{}", self.session.catalog, database.value),
            _ => as_written(name),
        }
    }
}

impl Work<'_> {
    pub(super) fn create_object(
        &self,
        datasets: &Datasets<'_>,
        create: &CreateObject,
    ) -> Result<(), Refused> {
        let name = &create.name;
        let at = name.span;
        match create.object {
            ObjectKind::Catalog => datasets.may_object(&as_written(name), at, Privilege::Catalog),
            ObjectKind::Database => {
                datasets.may_object(&datasets.database(name), at, Privilege::Create)
            }
            ObjectKind::Function => {
                self.function_name(name)?;
                let object = datasets.function(name, create.system)?;
                datasets.may_object(&object, at, Privilege::Function)?;
                for jar in &create.jars {
                    datasets.may_object(&jar.value, jar.span, Privilege::Jar)?;
                }
                Ok(())
            }
            ObjectKind::Model => {
                datasets.may_object(&datasets.object(name)?, at, Privilege::Function)
            }
            ObjectKind::Connection => {
                let object = datasets.function(name, create.system)?;
                datasets.may_object(&object, at, Privilege::Catalog)
            }
        }
    }

    pub(super) fn alter_object(
        &self,
        datasets: &Datasets<'_>,
        alter: &AlterObject,
    ) -> Result<(), Refused> {
        let name = &alter.name;
        let at = name.span;
        match alter.object {
            ObjectKind::Catalog => datasets.may_object(&as_written(name), at, Privilege::Catalog),
            ObjectKind::Database => {
                datasets.may_object(&datasets.database(name), at, Privilege::Alter)
            }
            ObjectKind::Function => {
                self.function_name(name)?;
                let object = datasets.function(name, alter.system)?;
                datasets.may_object(&object, at, Privilege::Function)
            }
            ObjectKind::Model | ObjectKind::Connection => {
                let privilege = if alter.object == ObjectKind::Model {
                    Privilege::Function
                } else {
                    Privilege::Catalog
                };
                datasets.may_object(&datasets.object(name)?, at, privilege)?;
                if let ObjectChange::Rename(to) = &alter.change {
                    datasets.may_object(&datasets.object(to)?, to.span, privilege)?;
                }
                Ok(())
            }
        }
    }

    /// Only a procedure that a rule names may be called, and with constants: a query among its arguments has no plan.
    pub(super) fn procedure(&self, datasets: &Datasets<'_>, call: &Call) -> Result<(), Refused> {
        let object = datasets.object(&call.name)?;
        datasets.may_object(&object, call.name.span, Privilege::Execute)
    }

    /// A function of this name would come before one that masks or filters call, whoever makes it and wherever (FLINK.md §6): views look their
    /// functions up late. Letter case does not tell functions apart.
    pub(super) fn function_name(&self, name: &Name) -> Result<(), Refused> {
        let Some(last) = name.parts.last() else {
            return Ok(());
        };
        let policy = self.engine.policy();
        let Some(of_policy) = policy.functions() else {
            let message = format!(
                "`{}`: the permission service has not said which functions its masks and filters call",
                last.value
            );
            return Err(Refused::new(Code::PolicyIncomplete, message, name.span));
        };
        // What strict mode lets pass by its name must stay what the site meant by it.
        let of_strict = policy.strict_functions().iter().map(String::as_str);
        let mut called = of_policy
            .into_iter()
            .chain(mask::FUNCTIONS)
            .chain(of_strict)
            .chain(strict::TOTAL)
            // And what ends or changes a mask on its way into another table.
            .chain(crate::lineage::trusted().map(|name| -> &str { name }));
        if called.any(|f| f.to_lowercase() == last.value.to_lowercase()) {
            let message = format!(
                "`{}` is the name of a function that masks or filters call, that strict mode lets pass, or by which lineage lets a mask end",
                last.value
            );
            return Err(Refused::new(
                Code::PolicyFunctionShadowed,
                message,
                name.span,
            ));
        }
        Ok(())
    }
}
