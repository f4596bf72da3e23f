//! Just enough reading of SQL to make rows for it: words, numbers and texts of a query, and the columns of a `CREATE TABLE`. Written apart
//! from the library, which is what is being tested.

use std::collections::{BTreeMap, BTreeSet};

/// A token. Comments and white space are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A name or keyword in small letters.
    Word(String),
    Number(f64),
    Text(String),
    Symbol(String),
}

impl Token {
    fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Word(w) | Self::Symbol(w) if w == wanted)
    }
}

pub fn tokens(sql: &str) -> Vec<Token> {
    let chars: Vec<char> = sql.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let word = |c: char| c == '_' || c.is_alphanumeric();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let start = i;
        let c = at(i);
        i += 1;
        if c == '-' && at(i) == '-' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if c == '\'' || c == '`' {
            while i < chars.len() && at(i) != c {
                i += 1;
            }
            let inside: String = chars[start + 1..i].iter().collect();
            i += 1;
            tokens.push(if c == '`' {
                Token::Word(inside)
            } else {
                Token::Text(inside)
            });
        } else if c.is_ascii_digit() || (c == '.' && at(i).is_ascii_digit()) {
            while at(i).is_ascii_digit() || at(i) == '.' {
                i += 1;
            }
            let digits: String = chars[start..i].iter().collect();
            tokens.push(Token::Number(digits.parse().expect("a number")));
        } else if word(c) {
            while word(at(i)) {
                i += 1;
            }
            let name: String = chars[start..i].iter().collect();
            tokens.push(Token::Word(name.to_lowercase()));
        } else if !c.is_whitespace() {
            if matches!((c, at(i)), ('<' | '>', '=') | ('<', '>')) {
                i += 1;
            }
            tokens.push(Token::Symbol(chars[start..i].iter().collect()));
        }
    }
    tokens
}

/// A table: its physical columns, and the same text over rows that a test gives.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    /// Name and type.
    pub columns: Vec<(String, String)>,
    pub ddl: String,
}

impl Table {
    /// Reads `CREATE TABLE name (column type, …) WITH (…)` with plain types only. The connector becomes `values`, with rows under the
    /// table's name.
    pub fn read(ddl: &str) -> Self {
        let with = ddl.to_uppercase().rfind("WITH").expect("WITH");
        let head = ddl[..with].trim_end();
        let tokens = tokens(head);
        let Some(Token::Word(name)) = tokens.get(2) else {
            panic!("CREATE TABLE and a name: {head}");
        };
        let inside = &tokens[4..tokens.len() - 1];
        let mut columns = Vec::new();
        let mut depth = 0;
        for column in inside.split(|t| {
            depth += i32::from(t.is("(")) - i32::from(t.is(")"));
            depth == 0 && t.is(",")
        }) {
            let [Token::Word(column), rest @ ..] = column else {
                panic!("a column: {column:?}");
            };
            let parts: Vec<String> = rest
                .iter()
                .map(|t| match t {
                    Token::Word(w) => w.to_uppercase(),
                    Token::Symbol(s) => s.clone(),
                    Token::Number(n) => n.to_string(),
                    Token::Text(t) => panic!("{t} in a type"),
                })
                .collect();
            let data_type = match parts.concat().as_str() {
                // Without a length it is one character to the type parser of the harness.
                "STRING" | "VARCHAR" => "STRING".to_owned(),
                other => other.to_owned(),
            };
            columns.push((column.clone(), data_type));
        }
        // Without taking over aggregates, as most connectors: for one that does, the planner of Flink 2.3 forgets expressions below
        // `GROUP BY` with `COUNT(*)`, in its own views too (query 74).
        let options = format!(
            "'connector' = 'values', 'data-id' = '${{{name}}}', 'bounded' = 'true', 'disable-lookup' = 'true', 'enable-aggregate-push-down' = 'false'"
        );
        Self {
            name: name.clone(),
            columns,
            ddl: format!("{head} WITH ({options})"),
        }
    }
}

/// What a query compares a column with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Number(f64),
    Text(String),
}

/// How many literals of a comparison are taken: some lists have hundreds.
const LITERALS: usize = 8;

/// For each of `columns`, values that the query's comparisons look for.
pub fn literals(sql: &str, columns: &BTreeSet<&str>) -> BTreeMap<String, Vec<Literal>> {
    let tokens = tokens(sql);
    let mut found: BTreeMap<String, Vec<Literal>> = BTreeMap::new();
    for (i, token) in tokens.iter().enumerate() {
        let Token::Word(column) = token else { continue };
        if !columns.contains(column.as_str()) {
            continue;
        }
        let mut rest = &tokens[i + 1..];
        // Past the end of a call around the column: `SUBSTR(column, 1, 5) IN …`.
        while let [next, ..] = rest {
            let inside = next.is(")") || next.is(",") || next.is("not");
            if inside || matches!(next, Token::Number(_)) {
                rest = &rest[1..];
            } else {
                break;
            }
        }
        let Some(operator) = rest.first() else {
            continue;
        };
        let operator = match operator {
            Token::Word(w) if ["in", "between", "like"].contains(&w.as_str()) => w.as_str(),
            Token::Symbol(s) if ["=", "<>", "<", ">", "<=", ">="].contains(&s.as_str()) => {
                s.as_str()
            }
            _ => continue,
        };
        let values = found.entry(column.clone()).or_default();
        for value in operands(operator, &rest[1..]) {
            if values.len() < 4 * LITERALS && !values.contains(&value) {
                values.push(value);
            }
        }
    }
    found.retain(|_, values| !values.is_empty());
    found
}

/// The literals behind an operator, and values that make the comparison true.
fn operands(operator: &str, rest: &[Token]) -> Vec<Literal> {
    let ends = [
        "and", "or", "group", "order", "then", "select", "union", "having", "limit",
    ];
    let mut betweens = i32::from(operator == "between");
    let mut depth = 0;
    let mut literals = Vec::new();
    for (i, token) in rest.iter().enumerate() {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth < 0 || literals.len() >= LITERALS {
            break;
        }
        match token {
            Token::Word(w) if w == "and" && betweens > 0 => betweens -= 1,
            Token::Word(w) if ends.contains(&w.as_str()) => break,
            // A column: this is a join.
            Token::Word(w) if w.contains('_') => break,
            Token::Number(n) => match (rest.get(i.wrapping_sub(1)), literals.last()) {
                (Some(sign), Some(Literal::Number(before))) if sign.is("+") => {
                    literals.push(Literal::Number(before + n));
                }
                (Some(sign), Some(Literal::Number(before))) if sign.is("-") => {
                    literals.push(Literal::Number(before - n));
                }
                _ => literals.push(Literal::Number(*n)),
            },
            Token::Text(text) if i == 0 || !rest[i - 1].is("interval") => {
                literals.push(Literal::Text(text.replace('%', "")));
            }
            Token::Word(_) | Token::Symbol(_) | Token::Text(_) => {}
        }
    }
    let ends: Vec<f64> = literals
        .iter()
        .filter_map(|l| match l {
            Literal::Number(n) => Some(*n),
            Literal::Text(_) => None,
        })
        .collect();
    match (operator, ends.as_slice()) {
        ("between", [low, .., high]) => {
            let (low, high) = (low.min(*high), low.max(*high));
            vec![
                Literal::Number(((low + high) / 2.0).floor().max(low)),
                Literal::Number(low),
                Literal::Number(high),
            ]
        }
        (">" | ">=", [limit, ..]) => vec![
            Literal::Number(limit + 1.0),
            Literal::Number(limit * 1.5 + 3.0),
        ],
        ("<" | "<=", [limit, ..]) => vec![
            Literal::Number(limit - 1.0),
            Literal::Number((limit / 2.0).floor()),
        ],
        _ => literals,
    }
}
