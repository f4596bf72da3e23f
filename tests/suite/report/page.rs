//! The page in a browser: what it shows, that names stay names, that it asks for nothing.

use std::fs;

use serde_json::Value;

use super::command::{POLICY, audit, desk};
use crate::cli::Desk;
use crate::lineage::browser::{Page, chromium};

fn page(desk: &Desk, more: &[&str]) -> std::path::PathBuf {
    let ran = audit(
        desk,
        &["jobs"],
        &[
            &[
                "--owner-from",
                "path",
                "--format",
                "html",
                "-o",
                "report.html",
            ],
            more,
        ]
        .concat(),
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    desk.path("report.html")
}

fn texts(page: &mut Page, selector: &str) -> Vec<String> {
    let script = format!("[...document.querySelectorAll({selector:?})].map((e) => e.textContent)");
    serde_json::from_value(page.evaluate(&script)).unwrap()
}

/// Follows a link within the page, and waits until it has been followed.
fn follow(page: &mut Page, hash: &str) {
    page.evaluate(&format!("new Promise((done) => {{ addEventListener('hashchange', () => setTimeout(done), {{ once: true }}); location.hash = {hash:?}; }})"));
}

fn is_quiet(page: &Page) {
    assert_eq!(page.complaints(), Vec::<String>::new(), "the console");
    assert_eq!(page.requests(), Vec::<String>::new(), "requests");
}

#[test]
fn the_page_shows_jobs_tables_and_people() {
    let Some(chromium) = chromium() else { return };
    let desk = desk("page");
    let mut page = Page::open(&chromium, &page(&desk, &[]), false);
    assert_eq!(
        texts(&mut page, "#list td.main"),
        [
            "ann/peek",
            "ann/widen",
            "bob/broken",
            "bob/count",
            "bob/prod"
        ]
    );
    assert_eq!(texts(&mut page, ".tile b"), ["5", "2", "1", "2", "2", "1"]);
    // A job: both texts, the rule behind the change.
    follow(&mut page, "#jobs/3");
    let notes = texts(&mut page, ".notes li");
    assert_eq!(
        notes,
        [
            "wide.contact: mask MASK_HASH by rule phone, inherited from people.phone by way of ann/widen"
        ]
    );
    let now = texts(&mut page, ".diff ins").join("");
    assert!(now.contains("AS `contact` FROM "), "{now}");
    let whole = "(n) => [...document.querySelectorAll(`.diff tr:not(.fold) td:nth-child(${n}) code`)].map((c) => [...c.childNodes].filter((x) => x.className !== 'pill').map((x) => x.textContent).join('')).join('\\n')";
    let submitted = page.evaluate(&format!("({whole})(2)"));
    assert_eq!(
        submitted,
        "INSERT INTO calls\nSELECT contact, COUNT(*) FROM wide GROUP BY contact;\n"
    );
    // A refusal: its place is marked.
    follow(&mut page, "#jobs/0");
    assert_eq!(texts(&mut page, ".diff mark"), ["salaries"]);
    assert!(
        texts(&mut page, ".reasons li")
            .join("")
            .contains("access-denied line 2, column 25")
    );
    // A table, a principal.
    let wide = page.evaluate("[...document.querySelectorAll('td.main a')].length > 0 && JSON.parse(document.getElementById('tail').textContent).tables.findIndex((t) => t.names[0][2] === 'wide')");
    follow(&mut page, &format!("#tables/{wide}"));
    let readers = texts(&mut page, "#detail td.main");
    assert_eq!(readers, ["bob/count", "ann/widen"]);
    follow(&mut page, "#people/1");
    assert!(
        texts(&mut page, "#detail")
            .join("")
            .contains("inherited from people.phone")
    );
    is_quiet(&page);
}

#[test]
fn filters_search_and_keys_do_what_they_say() {
    let Some(chromium) = chromium() else { return };
    let desk = desk("keys");
    let mut page = Page::open(&chromium, &page(&desk, &[]), true);
    page.evaluate("document.querySelector('.tile.denied').click()");
    assert_eq!(texts(&mut page, "#list td.main"), ["ann/peek"]);
    page.evaluate("document.getElementById('reset').click()");
    page.press("/");
    assert_eq!(page.evaluate("document.activeElement.id"), "search");
    page.evaluate("(() => { const s = document.getElementById('search'); s.value = 'kafka wide'; s.value = 'wide'; s.dispatchEvent(new Event('input')); })()");
    assert_eq!(
        texts(&mut page, "#list td.main"),
        ["ann/widen", "bob/count"]
    );
    page.press("Enter");
    assert_eq!(
        page.evaluate("document.activeElement.textContent"),
        "ann/widen"
    );
    page.press("ArrowDown");
    assert_eq!(
        page.evaluate("document.activeElement.textContent"),
        "bob/count"
    );
    page.evaluate("new Promise((done) => { addEventListener('hashchange', () => setTimeout(done), { once: true }); document.activeElement.click(); })");
    assert_eq!(
        page.evaluate("document.querySelector('#detail h2').firstChild.textContent"),
        "bob/count"
    );
    page.evaluate("document.activeElement.blur()");
    page.press("Escape");
    page.evaluate("new Promise((done) => setTimeout(done, 50))");
    assert_eq!(
        page.evaluate("document.getElementById('detail').hidden"),
        true
    );
    page.press("2");
    page.evaluate("new Promise((done) => setTimeout(done, 50))");
    assert_eq!(
        page.evaluate("document.querySelector('[aria-selected=true]').id"),
        "tab-tables"
    );
    is_quiet(&page);
}

#[test]
fn what_has_changed_is_shown_and_can_be_asked_for() {
    let Some(chromium) = chromium() else { return };
    let desk = desk("since");
    audit(
        &desk,
        &["jobs"],
        &[
            "--owner-from",
            "path",
            "--format",
            "json",
            "-o",
            "former.json",
        ],
    );
    desk.write("policy.yaml", POLICY.replace("MASK_HASH", "MASK_NULL"));
    fs::remove_file(desk.path("jobs/bob/broken.sql")).unwrap();
    let mut page = Page::open(
        &chromium,
        &page(&desk, &["--against", "former.json"]),
        false,
    );
    page.evaluate("document.querySelector('.tile.drift-unclear').click()");
    assert_eq!(texts(&mut page, "#list td.main"), ["bob/count"]);
    assert!(
        texts(&mut page, ".gone li")
            .join("")
            .contains("bob/broken for bob")
    );
    is_quiet(&page);
}

#[test]
fn names_and_scripts_are_shown_as_they_are() {
    let Some(chromium) = chromium() else { return };
    let desk = desk("hostile");
    let hostile = "<img src=x onerror=alert(1)>";
    fs::create_dir_all(desk.path("jobs/eve")).unwrap();
    desk.write(
        &format!("jobs/eve/{hostile}.sql"),
        format!("SELECT id, '</script>{hostile}' FROM people WHERE name = '<!--<script>'"),
    );
    let mut page = Page::open(&chromium, &page(&desk, &["--as", hostile]), false);
    let names = texts(&mut page, "#list td.main");
    assert!(names.contains(&format!("eve/{hostile}")), "{names:?}");
    let at = names.iter().position(|n| n.starts_with("eve/")).unwrap();
    follow(&mut page, &format!("#jobs/{at}"));
    assert!(
        texts(&mut page, ".diff code")
            .join("")
            .contains("</script>")
    );
    assert_eq!(page.evaluate("document.querySelectorAll('img').length"), 0);
    is_quiet(&page);
}

/// Opens the picture, and waits until it is drawn.
fn picture(page: &mut Page) {
    follow(page, "#lineage");
    page.evaluate("new Promise((done) => { const look = () => { const f = document.querySelector('#picture iframe'); if (f && f.dataset.drawn !== undefined) done(); else setTimeout(look, 20); }; look(); })");
}

fn inside(page: &mut Page, selector: &str) -> Vec<String> {
    let script = format!(
        "[...document.querySelector('#picture iframe').contentDocument.querySelectorAll({selector:?})].map((e) => e.textContent)"
    );
    serde_json::from_value(page.evaluate(&script)).unwrap()
}

#[test]
fn the_lineage_of_the_estate_is_a_picture_in_the_page() {
    let Some(chromium) = chromium() else { return };
    let desk = desk("picture");
    for dark in [false, true] {
        let mut page = Page::open(&chromium, &page(&desk, &[]), dark);
        picture(&mut page);
        let mut cards = inside(&mut page, ".card .last");
        cards.sort();
        assert_eq!(cards, ["calls", "orders", "people", "wide"]);
        // Bob meets a mask: his view is the first.
        assert_eq!(inside(&mut page, "#view option"), ["bob", "ann"]);
        assert_eq!(
            inside(&mut page, ".chip.s-inherited"),
            ["inherited: MASK_HASH"]
        );
        page.evaluate("(() => { const d = document.querySelector('#picture iframe').contentDocument; [...d.querySelectorAll('.row')].find((r) => r.querySelector('.column').textContent === 'contact' && r.querySelector('.s-inherited')).click(); })()");
        let panel = inside(&mut page, "#panel").join("");
        for word in ["rule phone asks for MASK_HASH", "people.phone", "ann/widen"] {
            assert!(panel.contains(word), "{word}: {panel}");
        }
        let says = texts(&mut page, "#picture-says").join("");
        assert!(
            says.starts_with("What 2 jobs write, of those that are allowed. All 4 tables."),
            "{says}"
        );
        // The page decides between light and dark.
        page.evaluate("document.getElementById('theme').click()");
        let themes = page.evaluate("[document, document.querySelector('#picture iframe').contentDocument].map((d) => d.documentElement.dataset.theme)");
        let other = if dark { "light" } else { "dark" };
        assert_eq!(themes, serde_json::json!([other, other]));
        // Another view, and back: it is drawn once.
        follow(&mut page, "#jobs");
        assert_eq!(
            page.evaluate("document.getElementById('picture').hidden"),
            true
        );
        follow(&mut page, "#lineage");
        assert_eq!(
            page.evaluate("document.querySelectorAll('iframe').length"),
            1
        );
        is_quiet(&page);
    }
}

#[test]
fn a_report_without_lineage_has_no_picture() {
    let Some(chromium) = chromium() else { return };
    let desk = desk("no-picture");
    for (name, _) in super::command::JOBS {
        desk.write(&format!("jobs/{name}.sql"), "SELECT id FROM people\n");
    }
    let mut page = Page::open(&chromium, &page(&desk, &[]), false);
    assert_eq!(
        page.evaluate("document.getElementById('tab-lineage').hidden"),
        true
    );
    follow(&mut page, "#lineage");
    assert_eq!(page.evaluate("document.body.dataset.view"), "jobs");
    is_quiet(&page);
}

#[test]
fn names_in_the_picture_are_names() {
    let Some(chromium) = chromium() else { return };
    let desk = desk("picture-hostile");
    let hostile = "</script><img src=x onerror=alert(1)>";
    let text = format!(
        "CREATE TEMPORARY TABLE `{hostile}` (`<!--<script>` STRING) WITH ('connector' = 'blackhole');\nINSERT INTO `{hostile}` SELECT name FROM people;\n"
    );
    desk.write("jobs/ann/evil.sql", text);
    let mut page = Page::open(&chromium, &page(&desk, &[]), false);
    picture(&mut page);
    let cards = inside(&mut page, ".card .last");
    assert!(cards.contains(&hostile.to_owned()), "{cards:?}");
    assert_eq!(inside(&mut page, "img"), Vec::<String>::new());
    is_quiet(&page);
}

/// The picture of the page, as JSON.
fn drawing(desk: &Desk) -> Value {
    let text = fs::read_to_string(page(desk, &[])).unwrap();
    let (_, rest) = text.split_once("id=\"drawing\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn of_a_large_estate_the_picture_shows_what_is_protected_and_says_so() {
    let desk = desk("picture-large");
    let mut tables = desk.read("tables.sql");
    for number in 0..150 {
        tables.push_str(&format!("CREATE TABLE t{number} (id INT) WITH ('connector' = 'kafka', 'topic' = 't{number}', 'properties.bootstrap.servers' = 'k:9092');\n"));
        if number > 0 {
            desk.write(
                &format!("jobs/ann/{number}.sql"),
                format!("INSERT INTO t{number} SELECT id FROM t{};\n", number - 1),
            );
        }
    }
    desk.write("tables.sql", tables);
    let drawing = drawing(&desk);
    let says = drawing["says"].as_str().unwrap();
    assert!(
        says.contains("4 of 154 tables: 2 of the 2 that rules speak of, and what is directly before and behind them."),
        "{says}"
    );
    assert!(says.contains("edges are drawn"), "{says}");
    let page = drawing["page"].as_str().unwrap();
    assert!(page.contains("\"people\"") && !page.contains("\"t7\""));
}

#[test]
fn axe_finds_nothing_serious() {
    let (Some(chromium), Some(axe)) = (chromium(), crate::lineage::axe()) else {
        return;
    };
    let desk = desk("axe");
    let path = page(&desk, &[]);
    for dark in [false, true] {
        let mut page = Page::open(&chromium, &path, dark);
        page.evaluate(&format!("{axe}; true"));
        for hash in [
            "#jobs",
            "#jobs/3",
            "#jobs/0",
            "#tables/1",
            "#people/0",
            "#lineage",
        ] {
            match hash {
                "#jobs" => {}
                "#lineage" => picture(&mut page),
                _ => follow(&mut page, hash),
            }
            let run = "axe.run(document).then((r) => r.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' ')}`))";
            assert_eq!(
                page.evaluate(run),
                Value::Array(Vec::new()),
                "{hash}, dark: {dark}"
            );
        }
        // axe sees no frame from outside: what is in it is opened by itself.
        let inner = drawing(&desk)["page"].as_str().unwrap().to_owned();
        desk.write("inner.html", inner);
        let mut page = Page::open(&chromium, &desk.path("inner.html"), dark);
        page.evaluate(&format!("{axe}; true"));
        let run = "axe.run(document).then((r) => r.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' ')}`))";
        assert_eq!(
            page.evaluate(run),
            Value::Array(Vec::new()),
            "the picture, dark: {dark}"
        );
    }
}
