//! Texts to ask both parsers about: sentences of a small grammar of Flink SQL, and sentences with a token lost, doubled, moved or replaced.

use std::collections::BTreeMap;

/// Parts in brackets, then their alternatives, one a line; `<name>` stands for a part, `<>` for nothing. Tokens stand between blanks, so that a
/// sentence can be cut into them again.
const GRAMMAR: &str = include_str!("sentences.txt");

type Parts = BTreeMap<&'static str, Vec<&'static str>>;

fn parts() -> Parts {
    let mut parts = Parts::new();
    let mut part = "";
    for line in GRAMMAR.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(name) if !name.contains(' ') => part = name,
            _ => parts.entry(part).or_default().push(line),
        }
    }
    parts
}

/// Words that take the place of others in soups.
const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "TABLE",
    "VALUES",
    "WITH",
    "AS",
    "ON",
    "IN",
    "NOT",
    "(",
    ")",
    ",",
    ".",
    ";",
    "[",
    "]",
    "{",
    "}",
    "*",
    "+",
    "-",
    "=",
    "=>",
    "<",
    ">",
    "'x'",
    "1",
    "a",
    "t",
    "NULL",
    "ROW",
    "ORDER",
    "BY",
    "JOIN",
    "UNION",
    "EXISTS",
    "LATERAL",
    "FOR",
    "VALUE",
    "DATE",
    "SET",
    "INTO",
    "PARTITION",
    "EXTENDED",
    "ALL",
    "ANY",
    "SOME",
    "DESCRIPTOR",
    "MODEL",
    "/*+",
    "*/",
    "U&\"\\0074\"",
    "\"x\"",
    "`",
    "!",
    "::",
    "EXPLAIN",
    "INSERT",
    "UPDATE",
    "DEFAULT",
    "INTERVAL",
    "DAY",
    "CASE",
    "END",
    "OVER",
    "MULTISET",
    "ARRAY",
    "MAP",
    "PERIOD",
    "ESCAPE",
    "CURSOR",
    "NEXT",
    "UESCAPE",
    "'!'",
];

/// SplitMix64: the same seed, the same texts.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % sides as u64).expect("small")
    }
}

/// `volume` texts: two thirds sentences, one third soups.
pub fn statements(seed: u64, volume: usize) -> Vec<String> {
    let mut dice = Dice(seed);
    let parts = parts();
    (0..volume)
        .map(|number| {
            let mut text = String::new();
            let mut budget = 40;
            write(&parts, "statement", &mut dice, &mut budget, &mut text);
            if number % 3 == 2 {
                soup(&text, &mut dice)
            } else {
                text
            }
        })
        .filter(|text: &String| !text.trim().is_empty())
        .collect()
}

/// Once the budget is spent the first, shortest alternative is taken.
fn write(parts: &Parts, part: &str, dice: &mut Dice, budget: &mut usize, text: &mut String) {
    let alternatives = parts
        .get(part)
        .unwrap_or_else(|| panic!("no part `{part}`"));
    let chosen = if *budget == 0 {
        let plain = alternatives
            .iter()
            .find(|a| !a.contains('<') || a.contains(" < "));
        plain.unwrap_or(&alternatives[0])
    } else {
        *budget -= 1;
        alternatives[dice.roll(alternatives.len())]
    };
    for token in chosen.split(' ') {
        match token.strip_prefix('<').and_then(|t| t.strip_suffix('>')) {
            Some("") => {}
            Some(name) => write(parts, name, dice, budget, text),
            _ if token.contains("<word>") => {
                let mut word = String::new();
                write(parts, "word", dice, budget, &mut word);
                text.push_str(&token.replace("<word>", word.trim()));
                text.push(' ');
            }
            _ if token.is_empty() => {}
            _ => {
                text.push_str(token);
                text.push(if token.starts_with("--") || token.starts_with("//") {
                    '\n'
                } else {
                    ' '
                });
            }
        }
    }
}

/// One to three tokens lost, doubled, swapped or replaced.
fn soup(text: &str, dice: &mut Dice) -> String {
    let mut tokens: Vec<&str> = text.split(' ').filter(|t| !t.is_empty()).collect();
    for _ in 0..=dice.roll(3) {
        if tokens.is_empty() {
            break;
        }
        let at = dice.roll(tokens.len());
        match dice.roll(4) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[at]),
            2 => {
                let other = dice.roll(tokens.len());
                tokens.swap(at, other);
            }
            _ => tokens[at] = WORDS[dice.roll(WORDS.len())],
        }
    }
    tokens.join(" ")
}
