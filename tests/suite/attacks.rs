//! Every known attack has its cases: the numbers are those of `docs/attacks.md`, which also lists the cases of each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use crate::case::{Case, Expect, cases, root};

/// What stands before the list of cases in the manual; the list itself is written by `SQLSEC_BLESS=1`.
const LIST: &str = "## Cases\n";

/// The least number of cases of an attack.
const LEAST: usize = 3;

fn manual() -> String {
    fs::read_to_string(root().join("docs/attacks.md")).expect("docs/attacks.md")
}

/// The numbers of the manual's tables, in order.
fn numbers(manual: &str) -> Vec<String> {
    let rows = manual.lines().filter_map(|line| line.strip_prefix("| "));
    let first = rows.filter_map(|row| row.split(' ').next());
    first
        .filter(|cell| is_number(cell))
        .map(ToOwned::to_owned)
        .collect()
}

/// A letter and digits.
pub fn is_number(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| ('A'..='G').contains(&c))
        && !characters.as_str().is_empty()
        && characters.all(|c| c.is_ascii_digit())
}

/// The cases of each attack.
fn by_number(cases: &[Case]) -> BTreeMap<&str, Vec<&Case>> {
    let mut map: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        for number in case.settings.attack.list() {
            map.entry(number).or_default().push(case);
        }
    }
    map
}

/// Number × cases × outcome. `equal`: how many runs of each case Flink has found equal; none where it was not asked.
pub fn table(cases: &[Case], equal: Option<&BTreeMap<String, usize>>) -> String {
    let numbers = numbers(&manual());
    let by_number = by_number(cases);
    let mut text =
        String::from("attack  cases  equal (runs on Flink)  plan  rewritten  denied  documented\n");
    for number in &numbers {
        let cases = by_number
            .get(number.as_str())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let of = |wanted: fn(&Expect<'_>) -> bool| {
            cases
                .iter()
                .filter(|c| wanted(&c.settings.expect()))
                .count()
        };
        let runs = equal.map_or_else(
            || "not asked".to_owned(),
            |equal| {
                cases
                    .iter()
                    .filter_map(|c| equal.get(&c.id))
                    .sum::<usize>()
                    .to_string()
            },
        );
        let _ = writeln!(
            text,
            "{number:<6} {:>6} {:>10} {:<12} {:>4} {:>10} {:>7} {:>11}",
            cases.len(),
            of(|e| matches!(e, Expect::Equal)),
            format!("({runs})"),
            of(|e| matches!(e, Expect::Plan)),
            of(|e| matches!(e, Expect::Rewritten)),
            of(|e| matches!(e, Expect::Deny(_))),
            of(|e| matches!(e, Expect::Document)),
        );
    }
    text
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_attack_has_three_cases() {
    let all = cases();
    let (manual, by_number) = (manual(), by_number(&all));
    let numbers = numbers(&manual);
    assert!(
        numbers.len() > 30,
        "docs/attacks.md lists {} attacks",
        numbers.len()
    );
    let few = numbers
        .iter()
        .map(|number| (number, by_number.get(number.as_str()).map_or(0, Vec::len)))
        .filter(|(_, count)| *count < LEAST);
    none(
        &few.map(|(number, count)| format!("{number}: {count} cases"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn every_case_names_attacks_of_the_manual() {
    let all = cases();
    let numbers = numbers(&manual());
    let mut wrong = Vec::new();
    for (number, cases) in by_number(&all) {
        if !numbers.iter().any(|n| n == number) {
            wrong.push(format!(
                "{number} of {} is not in docs/attacks.md",
                cases[0].id
            ));
        }
    }
    for case in all.iter().filter(|c| c.id.starts_with("attacks/")) {
        let folder = case.id.split('/').nth(1).unwrap_or_default();
        if !case.settings.attack.list().contains(&folder) {
            wrong.push(format!("{}: its folder is not one of its numbers", case.id));
        }
    }
    none(&wrong);
}

/// A case that shows a limit names the words of docs/limits.md that say it.
#[test]
fn every_shown_limit_is_in_the_manual() {
    let limits = fs::read_to_string(root().join("docs/limits.md")).expect("docs/limits.md");
    let mut wrong = Vec::new();
    for case in cases() {
        let documented = case.settings.expect() == Expect::Document;
        match &case.settings.manual {
            None if documented => wrong.push(format!("{}: no `manual`", case.id)),
            Some(words) if !limits.contains(words.as_str()) => {
                wrong.push(format!("{}: docs/limits.md does not say: {words}", case.id));
            }
            None | Some(_) => {}
        }
    }
    none(&wrong);
}

#[test]
fn the_manual_lists_the_cases_of_each_attack() {
    let all = cases();
    let manual = manual();
    let by_number = by_number(&all);
    let mut list =
        format!("{LIST}\nBelow `fixtures`, folder by folder; written by `SQLSEC_BLESS=1`.\n\n");
    for number in numbers(&manual) {
        let ids = by_number
            .get(number.as_str())
            .into_iter()
            .flatten()
            .map(|case| {
                let id = case.id.as_str();
                id.strip_prefix("attacks/")
                    .map_or_else(|| format!("cases/{id}"), |id| format!("attacks/{id}"))
            });
        let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for id in ids {
            let (folder, name) = id.rsplit_once('/').expect("a folder and a name");
            folders
                .entry(folder.to_owned())
                .or_default()
                .push(name.to_owned());
        }
        let folders: Vec<String> = folders
            .iter()
            .map(|(folder, names)| format!("{folder}: {}", names.join(", ")))
            .collect();
        let _ = writeln!(list, "- **{number}** {}", folders.join("; "));
    }
    let start = manual
        .find(LIST)
        .expect("docs/attacks.md has a list of cases");
    if std::env::var_os("SQLSEC_BLESS").is_some() {
        let text = format!("{}{list}", &manual[..start]);
        fs::write(root().join("docs/attacks.md"), text).expect("a writable manual");
        return;
    }
    assert!(
        manual[start..] == list,
        "docs/attacks.md lists other cases: run with SQLSEC_BLESS=1"
    );
}
