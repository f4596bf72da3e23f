//! Counts cases of a file, and holds the list of known differences to what is seen.

use std::collections::BTreeSet;

use super::known;

/// The cases of one file.
pub struct Tally {
    file: String,
    cases: usize,
    differ: Vec<(String, String)>,
}

impl Tally {
    pub fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            cases: 0,
            differ: Vec::new(),
        }
    }

    /// One case, by a name that is unique in the file.
    pub fn case(&mut self, name: String, same: bool, shown: impl FnOnce() -> String) {
        self.cases += 1;
        if !same {
            self.differ.push((name, shown()));
        }
    }
}

/// Prints the figures of some files, and fails where the differences are not exactly the known ones.
pub fn settle(tallies: &[Tally]) {
    let (mut cases, mut differ) = (0, 0);
    let mut wrong = Vec::new();
    for tally in tallies {
        println!(
            "{}: {} of {}",
            tally.file,
            tally.cases - tally.differ.len(),
            tally.cases
        );
        cases += tally.cases;
        differ += tally.differ.len();
        let seen: BTreeSet<&str> = tally.differ.iter().map(|(name, _)| name.as_str()).collect();
        for (name, shown) in &tally.differ {
            match known::reason(&tally.file, name) {
                Some(reason) => println!("  differs: {name}: {reason}"),
                None => wrong.push(format!("{}: {name}: {shown}", tally.file)),
            }
        }
        for name in known::of(&tally.file).filter(|name| !seen.contains(name)) {
            wrong.push(format!(
                "{}: {name}: differs no longer: take it off the list",
                tally.file
            ));
        }
    }
    println!("in all: {} of {cases}", cases - differ);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
