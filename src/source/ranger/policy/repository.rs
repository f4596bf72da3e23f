//! The policies of one kind and one zone, in order, with an index.

use super::compile::Compiled;
use super::order;
use crate::source::ranger::chain::Chain;
use crate::source::ranger::definition::{Definition, Kind};
use crate::source::ranger::error::LoadError;
use crate::source::ranger::index::Index;
use crate::source::ranger::request::Resource;

/// Policies in order.
#[derive(Debug, Default)]
pub(in crate::source::ranger) struct Repository {
    policies: Vec<Compiled>,
    index: Index,
}

impl Repository {
    pub(super) fn new(policies: Vec<Compiled>, definition: &Definition) -> Result<Self, LoadError> {
        let policies = sorted(policies);
        if u32::try_from(policies.len()).is_err() {
            return Err(LoadError::TooLarge);
        }
        let index = Index::build(&definition.levels, chains(&policies))?;
        Ok(Self { policies, index })
    }

    /// The same with an index that tells nothing apart.
    #[cfg(test)]
    fn unindexed(&mut self) {
        let levels = crate::source::ranger::definition::Levels::default();
        self.index = Index::build(&levels, chains(&self.policies)).unwrap();
    }

    pub fn policies(&self) -> &[Compiled] {
        &self.policies
    }

    /// Those that may be about a resource, in order; with `descend` also those about what lies below it.
    pub fn likely(&self, resource: &Resource, descend: bool) -> impl Iterator<Item = &Compiled> {
        let found = self.index.find(resource, descend).into_iter();
        self.numbered(found)
    }

    /// The same for masks and filters: about no resource in particular Ranger asks them in the order of their names.
    pub fn likely_shown(
        &self,
        resource: &Resource,
        descend: bool,
    ) -> impl Iterator<Item = &Compiled> {
        let mut found = self.index.find(resource, descend);
        if resource.is_blank() {
            let policy = |at: &u32| self.policies.get(usize::try_from(*at).ok()?);
            found.sort_by(|one, other| match (policy(one), policy(other)) {
                (Some(one), Some(other)) => order::compare_by_name(one, other),
                (Some(_) | None, _) => one.cmp(other),
            });
        }
        self.numbered(found.into_iter())
    }

    fn numbered(&self, found: impl Iterator<Item = u32>) -> impl Iterator<Item = &Compiled> {
        found.filter_map(|at| self.policies.get(usize::try_from(at).ok()?))
    }
}

/// What policies are about, by their numbers.
fn chains(policies: &[Compiled]) -> impl Iterator<Item = (&Chain, u32)> {
    let numbered = policies.iter().zip(0_u32..);
    numbered.flat_map(|(policy, at)| policy.chains.iter().map(move |chain| (chain, at)))
}

/// In order. Policies are large: what is sorted are their keys, and each is moved once.
fn sorted(policies: Vec<Compiled>) -> Vec<Compiled> {
    let mut keys: Vec<_> = policies.iter().map(order::key).zip(0_usize..).collect();
    keys.sort_unstable();
    let places: Vec<usize> = keys.into_iter().map(|(_, at)| at).collect();
    let mut policies: Vec<_> = policies.into_iter().map(Some).collect();
    let mut sorted = Vec::with_capacity(policies.len());
    sorted.extend(
        places
            .into_iter()
            .filter_map(|at| policies.get_mut(at)?.take()),
    );
    sorted
}

/// The policies of the three kinds.
#[derive(Debug, Default)]
pub(in crate::source::ranger) struct Repositories {
    pub access: Repository,
    pub mask: Repository,
    pub filter: Repository,
}

impl Repositories {
    pub fn of(&self, kind: Kind) -> &Repository {
        match kind {
            Kind::Access => &self.access,
            Kind::Mask => &self.mask,
            Kind::Filter => &self.filter,
        }
    }

    /// The same with indexes that tell nothing apart.
    #[cfg(test)]
    pub fn unindexed(&mut self) {
        for one in [&mut self.access, &mut self.mask, &mut self.filter] {
            one.unindexed();
        }
    }

    /// All policies.
    pub fn all(&self) -> impl Iterator<Item = &Compiled> {
        let kinds = [&self.access, &self.mask, &self.filter];
        kinds.into_iter().flat_map(|one| &one.policies)
    }

    /// Whether some policy says something: those of tags may all be meant for other components.
    pub fn any(&self) -> bool {
        self.all().any(Compiled::says_something)
    }
}
