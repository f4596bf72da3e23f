//! Every span is exact: it cuts the construct out of the text, Chinese and all.

use super::*;
use crate::syntax::ast::{Factor, FactorKind, SelectItem, nested_query};
use crate::syntax::{Operand, ident_span, operands};

const SQL: &str = "/* 注 */ WITH 甲 (x) AS ( SELECT 列 FROM `订 单` /*+ OPTIONS('k'='v') */ AS o TABLESAMPLE BERNOULLI(5) )\n\
  SELECT a + (b) AS `和`, t.*, f( 表.c ) FROM LATERAL TABLE( g( DATA => TABLE x.y PARTITION BY k ) ) AS t (p, q)\n\
  LEFT JOIN ( VALUES (1) ) v ON ( t.p ) IS NULL WHERE a IN ( SELECT 1 ) -- 尾\n\
  GROUP BY ( a ), b ORDER BY f(a) DESC LIMIT 3 ;";

fn factors(select: &Select) -> Vec<&Factor> {
    let mut found = Vec::new();
    for item in &select.from {
        found.push(&item.first);
        found.extend(item.joins.iter().map(|join| &join.right));
    }
    found
}

#[test]
fn spans_cut_the_text_where_the_construct_ends() {
    let statement = statement(SQL);
    let query = main_query(&statement);
    let select = select(query);
    let text = |span: crate::syntax::Span| span.text(SQL);
    assert!(text(statement.span).starts_with("WITH") && text(statement.span).ends_with("LIMIT 3"));
    assert_eq!(query.span, statement.span);
    assert_eq!(text(query.with.unwrap()), "WITH");
    assert!(
        text(query.ctes[0].span).starts_with("甲 (x) AS (")
            && text(query.ctes[0].span).ends_with(")")
    );
    let items: Vec<&str> = select
        .items
        .iter()
        .map(|item| match item {
            SelectItem::Expr { span, .. } | SelectItem::QualifiedWildcard { span, .. } => {
                text(*span)
            }
            SelectItem::Wildcard(span) => text(*span),
        })
        .collect();
    assert_eq!(items, ["a + (b) AS `和`", "t.*", "f( 表.c )"]);
    let SelectItem::Expr { value, .. } = &select.items[0] else {
        panic!()
    };
    assert_eq!(text(value.span), "a + (b)");
    assert_eq!(text(select.items_span), "a + (b) AS `和`, t.*, f( 表.c )");
    let selection = select.selection.as_ref().unwrap();
    assert_eq!(text(selection.keyword), "WHERE");
    assert_eq!(text(selection.condition.span), "a IN ( SELECT 1 )");
    assert_eq!(
        text(select.group_by.as_ref().unwrap().span),
        "GROUP BY ( a ), b"
    );
    assert_eq!(text(query.order_by[0].key.span), "f(a)");
    assert_eq!(text(query.bounds[0].span), "3");
    assert!(
        text(select.span).starts_with("SELECT a")
            && text(select.span).ends_with("GROUP BY ( a ), b")
    );
}

#[test]
fn factors_know_their_core_and_their_whole() {
    let statement = statement(SQL);
    let query = main_query(&statement);
    let text = |span: crate::syntax::Span| span.text(SQL);
    let cte = get(&statement.queries, query.ctes[0].query);
    let order = factors(select(cte))[0];
    assert_eq!(text(order.core), "`订 单` /*+ OPTIONS('k'='v') */");
    assert_eq!(
        text(order.span),
        "`订 单` /*+ OPTIONS('k'='v') */ AS o TABLESAMPLE BERNOULLI(5)"
    );
    assert_eq!(text(order.sample.unwrap()), "TABLESAMPLE BERNOULLI(5)");
    let FactorKind::Table(table) = &order.kind else {
        panic!()
    };
    assert_eq!(table.name.parts[0].value, "订 单");
    assert_eq!(text(table.hints[0].block), "/*+ OPTIONS('k'='v') */");
    let main = factors(select(query));
    assert_eq!(
        text(main[0].core),
        "LATERAL TABLE( g( DATA => TABLE x.y PARTITION BY k ) )"
    );
    assert_eq!(text(main[0].alias.as_ref().unwrap().span), "AS t (p, q)");
    assert_eq!(text(main[1].core), "( VALUES (1) )");
    assert_eq!(text(main[1].span), "( VALUES (1) ) v");
    let join = &select(query).from[0].joins[0];
    assert_eq!(
        text(join.span),
        "LEFT JOIN ( VALUES (1) ) v ON ( t.p ) IS NULL"
    );
}

#[test]
fn names_inside_expressions_carry_their_bytes() {
    let sql =
        "SELECT 表.`列 1` || CASE WHEN EXISTS ( SELECT 1 ) THEN ä ELSE f(ö => ü[é]) END FROM t";
    let statement = statement(sql);
    let SelectItem::Expr { value, .. } = &select(main_query(&statement)).items[0] else {
        panic!()
    };
    let mut names = Vec::new();
    let mut nested = Vec::new();
    operands(&value.expr, &mut |operand| match operand {
        Operand::Column(parts) => names.extend(
            parts
                .iter()
                .map(|part| ident_span(part).text(sql).to_owned()),
        ),
        Operand::Query(id) => nested.push(id),
        _ => {}
    })
    .unwrap();
    names.sort();
    assert_eq!(names, ["`列 1`", "ä", "é", "ü", "表"]);
    assert_eq!(
        get(&statement.queries, nested[0]).span.text(sql),
        "SELECT 1"
    );
}

#[test]
fn a_marker_covers_its_parentheses() {
    let sql = "SELECT ( SELECT 1 ) FROM t";
    let statement = statement(sql);
    let SelectItem::Expr { value, .. } = &select(main_query(&statement)).items[0] else {
        panic!()
    };
    assert!(nested_query(&value.expr).is_some());
    assert_eq!(value.span.text(sql), "( SELECT 1 )");
}

#[test]
fn errors_stand_where_reading_stopped() {
    for (sql, at) in [
        ("SELECT a FROM t WHERE", ""),
        ("SELECT a, FROM t", "FROM"),
        ("SELECT 表, b FROM t GROUP a", "a"),
        ("SELECT CASE WHEN a THEN b FROM t", "FROM"),
        ("SELECT a FROM t WHERE x IN (SELECT b FROM u", "("),
        ("SELECT f(a => ) FROM t", ")"),
        ("SELECT a FROM (SELECT b FROM c) AS", ""),
        ("SELECT a FROM t; SELEC b", "SELEC"),
        ("SELECT a b c FROM t", "c"),
    ] {
        let error = error(sql);
        assert_eq!(error.span.text(sql), at, "{sql}: {error}");
        let message = error.to_string();
        assert!(
            !message.contains('\n') && message.starts_with(|c: char| c.is_lowercase()),
            "{message}"
        );
    }
}
