//! The picture, as a file and in a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;
use sqlsec::lineage::export::html;

use super::browser::{Page, chromium};
use super::sample::{Sample, hostile, large, sample};
use crate::case::root;

/// Writes a page; its path.
fn page(name: &str, sample: &Sample) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("picture");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, html::page(&sample.graph())).unwrap();
    path
}

fn count(page: &mut Page, selector: &str) -> u64 {
    page.evaluate(&format!("document.querySelectorAll({selector:?}).length"))
        .as_u64()
        .unwrap()
}

fn texts(page: &mut Page, selector: &str) -> Vec<String> {
    let script = format!("[...document.querySelectorAll({selector:?})].map((e) => e.textContent)");
    serde_json::from_value(page.evaluate(&script)).unwrap()
}

fn is_quiet(page: &Page) {
    assert_eq!(page.complaints(), Vec::<String>::new(), "the console");
    assert_eq!(page.requests(), Vec::<String>::new(), "requests");
}

#[test]
fn the_page_holds_all_data_as_tables_and_no_name_as_markup() {
    let page = html::page(&hostile().graph());
    assert_eq!(
        page.matches("</script").count(),
        2,
        "the data ends no script"
    );
    assert!(!page.contains("<img"), "a name became markup");
    assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    let page = html::page(&sample().graph());
    for cell in [
        "<td>inherited: redact by rule phone-enc from shop.core.A.phone</td>",
        "<td>masked: encrypt by rule age-enc</td>",
        "<td>ended by dpo, until 2027-01-02 03:04 UTC: averages of groups of more than 50 only</td>",
        "<td>CONCAT(A.phone, &#39;/&#39;, B.city)</td>",
    ] {
        assert!(page.contains(cell), "{cell}");
    }
}

#[test]
fn a_column_lights_its_way_and_tells_why_it_is_masked() {
    let Some(chromium) = chromium() else { return };
    let mut page = Page::open(&chromium, &page("small.html", &sample()), false);
    assert_eq!(count(&mut page, ".card"), 6);
    assert_eq!(
        texts(&mut page, ".card[data-card='2'] .chip"),
        [
            "raw",
            "inherited: encrypt",
            "inherited: redact",
            "inherited: redact"
        ]
    );
    page.evaluate("document.querySelector('[title^=\"contact_hash, STRING, inherited\"]').click()");
    let lit = texts(&mut page, ".row.lit .column");
    assert_eq!(
        lit.iter().filter(|c| *c == "contact_hash").count(),
        2,
        "the table's and the answer's: {lit:?}"
    );
    for column in ["phone", "city", "contact"] {
        assert!(lit.contains(&column.to_owned()), "{column}: {lit:?}");
    }
    assert!(!lit.contains(&"segment".to_owned()), "{lit:?}");
    let chain = texts(&mut page, ".chain li").join("\n");
    for said in [
        "D.contact_hash is made of C.contact",
        "SHA256(contact)",
        "read masked (encrypt:4f1d)",
        "C.contact is made of A.phone",
        "rule phone-enc asks for encrypt",
    ] {
        assert!(chain.contains(said), "{said}: {chain}");
    }
    page.press("Escape");
    assert_eq!(count(&mut page, ".row.lit"), 0);
    is_quiet(&page);
}

#[test]
fn filters_views_and_keys_do_what_they_say() {
    let Some(chromium) = chromium() else { return };
    let mut page = Page::open(&chromium, &page("keys.html", &sample()), false);
    let dotted = count(&mut page, ".edge.indirect");
    assert!(dotted > 0);
    page.press("i");
    assert_eq!(
        count(&mut page, ".edges .indirect, #edges .edge.indirect"),
        0
    );
    page.press("i");
    page.press("p");
    let chips = texts(&mut page, ".chip");
    assert!(
        !chips.is_empty() && chips.iter().all(|c| c != "raw" && c != "unknown"),
        "{chips:?}"
    );
    page.press("p");
    page.evaluate("(() => { const view = document.getElementById('view'); view.value = 1; view.dispatchEvent(new Event('change')); })()");
    assert!(
        texts(&mut page, ".chip")
            .iter()
            .all(|c| c == "raw" || c == "unknown")
    );
    page.press("/");
    page.evaluate("(() => { const s = document.getElementById('search'); s.value = 'report.mean'; s.dispatchEvent(new Event('input')); })()");
    page.press("Enter");
    assert_eq!(
        page.evaluate("document.activeElement.dataset.column"),
        page.evaluate("document.querySelector('.row.self').dataset.column")
    );
    page.press("ArrowLeft");
    let at = page.evaluate("document.activeElement.getAttribute('title')");
    assert!(at.as_str().unwrap().starts_with("age,"), "{at}");
    page.press("ArrowDown");
    let at = page.evaluate("document.activeElement.getAttribute('title')");
    assert!(at.as_str().unwrap().starts_with("contact,"), "{at}");
    page.press("t");
    assert_eq!(
        page.evaluate("getComputedStyle(document.getElementById('plain')).display"),
        "block"
    );
    is_quiet(&page);
}

#[test]
fn names_are_shown_as_they_are() {
    let Some(chromium) = chromium() else { return };
    let mut page = Page::open(&chromium, &page("hostile.html", &hostile()), true);
    assert_eq!(count(&mut page, ".card"), 2);
    let names = texts(&mut page, ".row .column");
    assert!(
        names.contains(&"</script><img src=x onerror=alert(1)>".to_owned()),
        "{names:?}"
    );
    page.evaluate("document.querySelectorAll('.row').forEach((row) => row.click())");
    assert_eq!(count(&mut page, "img"), 0);
    is_quiet(&page);
}

#[test]
fn a_thousand_columns_are_drawn_in_a_second() {
    let large = large(50, 1000, 3000);
    let graph = large.graph();
    let columns: usize = graph.tables.iter().map(|t| t.columns.len()).sum();
    assert_eq!((columns, graph.links.len()), (1000, 3000));
    let path = page("large.html", &large);
    let Some(chromium) = chromium() else { return };
    // Other tests run at the same time: the best of some is the picture's own.
    let mut best = u64::MAX;
    for _ in 0..5 {
        let mut page = Page::open(&chromium, &path, false);
        let drawn = page.evaluate("document.documentElement.dataset.drawn");
        best = best.min(drawn.as_str().unwrap().parse().unwrap());
        if best < 500 {
            break;
        }
    }
    println!("1,000 columns and 3,000 edges: {best} ms");
    assert!(best < 1000, "{best} ms");
    let mut page = Page::open(&chromium, &path, false);
    assert_eq!(count(&mut page, ".card"), 50);
    let overlaps = "(() => { const boxes = [...document.querySelectorAll('.card')].map((c) => c.getBoundingClientRect()); return boxes.filter((a, i) => \
                    boxes.some((b, j) => i < j && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length; })()";
    assert_eq!(page.evaluate(overlaps), 0, "no card lies on another");
    page.evaluate("document.getElementById('open-all').click()");
    assert_eq!(count(&mut page, ".row"), 1000);
    let began = Instant::now();
    page.evaluate("document.querySelector('[data-column=\"20:3\"]').click()");
    assert!(began.elapsed().as_millis() < 1000);
    assert!(count(&mut page, ".row.lit") > 3);
    is_quiet(&page);
}

/// axe-core is not ours to keep: `npm install axe-core`, and say where it is.
pub fn axe() -> Option<String> {
    let named = std::env::var_os("SQLSEC_AXE").map(PathBuf::from);
    let usual = root().join("target/tools/node_modules/axe-core/axe.min.js");
    let text = fs::read_to_string(named.unwrap_or(usual)).ok();
    if text.is_none() {
        println!(
            "skipped: no axe-core; `npm install --prefix target/tools axe-core`, or SQLSEC_AXE=…/axe.min.js"
        );
    }
    text
}

#[test]
fn axe_finds_nothing_serious() {
    let (Some(chromium), Some(axe)) = (chromium(), axe()) else {
        return;
    };
    for (name, sample, dark) in [
        ("axe.html", sample(), false),
        ("axe.html", sample(), true),
        ("axe-large.html", large(12, 240, 500), false),
    ] {
        let mut page = Page::open(&chromium, &page(name, &sample), dark);
        page.evaluate(&format!("{axe}; true"));
        for act in [
            "",
            "document.querySelector('.row .s-inherited').closest('.row').click()",
            "document.getElementById('help').click()",
            "document.getElementById('tables').click()",
        ] {
            page.evaluate(act);
            // What fades on purpose while something else is lit is not judged by its contrast.
            let run = "axe.run(document, { rules: { 'color-contrast': { enabled: !document.body.classList.contains('chosen') } } }).then((r) => r.violations.map((v) => \
                       `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' ')}`))";
            let found = page.evaluate(run);
            assert_eq!(
                found,
                Value::Array(Vec::new()),
                "{name}, dark: {dark}, after {act:?}"
            );
        }
    }
}
