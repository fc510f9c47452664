//! The page: well-formed, alone in the world, readable without seeing the charts, and safe with words of strangers.

use gonogo::domain::Arm;
use gonogo::engine::Autopilot;
use gonogo::report;

use super::script::Script;

const EVIL: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> '; --",
    "a\u{1b}[31m\u{0}b\u{202e}c\u{7}",
    "| a | b |\n# heading [link](https://example.com) `code` **bold** @everyone #1 www.example.com",
    "השלום عليكم {{ 7 * 7 }} {% for x in y %}",
    "]]>--><!--&amp;",
];

/// The story, told by people who try to break the page.
fn evil() -> Script {
    let mut script = Script::story(Autopilot::Guard);
    script.at(91_000);
    let long = "w".repeat(400);
    for (index, words) in EVIL.into_iter().chain([long.as_str()]).enumerate() {
        script.feedback(&format!("evil-{index}"), Arm::Treatment, 1, words);
        script.ask(words, gonogo::action::Verb::Note, "free", words);
    }
    script.header.rollout.owner = Some(EVIL[0].into());
    script.header.program = EVIL[1].into();
    script
}

/// Every tag is closed in order, every attribute is quoted, every entity is one that XML knows.
fn check_well_formed(page: &str) -> Result<usize, String> {
    let body = page.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    let (mut open, mut rest, mut tags) = (Vec::new(), body, 0);
    while let Some(start) = rest.find('<') {
        let (text, tag) = rest.split_at(start);
        check_text(text)?;
        // The style sheet is no markup.
        if let Some(style) = tag.strip_prefix("<style>") {
            let end = style.find("</style>").ok_or("style is not closed")?;
            if style[..end].contains(['<', '&']) {
                return Err("markup in the style".into());
            }
            rest = &style[end + 8..];
            continue;
        }
        let end = tag.find('>').ok_or("a tag is not closed")?;
        let inner = &tag[1..end];
        rest = &tag[end + 1..];
        tags += 1;
        if let Some(name) = inner.strip_prefix('/') {
            let opened: Option<String> = open.pop();
            if opened.as_deref() != Some(name) {
                return Err(format!("</{name}> closes {opened:?} before {:.60}", rest));
            }
            continue;
        }
        let name = inner.split([' ', '/']).next().unwrap_or_default();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        let attributes = inner[name.len()..].trim_end_matches('/');
        if !is_name || attributes.matches('"').count() % 2 != 0 {
            return Err(format!("bad tag <{inner}>"));
        }
        for (index, part) in attributes.split('"').enumerate() {
            // Outside of quotes: a name and an equals sign, or nothing.
            let part = part.trim();
            if index % 2 == 0 && !part.is_empty() && !part.ends_with('=') {
                return Err(format!("an attribute without quotes in <{inner}>"));
            }
            check_text(part)?;
        }
        if !inner.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    if open.is_empty() { Ok(tags) } else { Err(format!("{open:?} are not closed")) }
}

fn check_text(text: &str) -> Result<(), String> {
    if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\n') {
        return Err(format!("a control character {c:?}"));
    }
    for part in text.split('&').skip(1) {
        let entity = part.split(';').next().unwrap_or_default();
        let is_known = ["amp", "lt", "gt", "quot"].contains(&entity) || entity.starts_with('#');
        if !(is_known && part.contains(';')) {
            return Err(format!("a bare & before {part:.20}"));
        }
    }
    Ok(())
}

#[test]
fn the_check_itself_finds_what_is_wrong() {
    for bad in
        ["<p>", "<p></b>", "<p a=b></p>", "<p>&nbsp;</p>", "<p>a & b</p>", "<p>\u{1}</p>", "<p a=\"x></p>"]
    {
        assert!(check_well_formed(&format!("<!DOCTYPE html>{bad}")).is_err(), "{bad}");
    }
    assert_eq!(check_well_formed("<!DOCTYPE html><p a=\"b\">&lt;<br/></p>"), Ok(3));
}

#[test]
fn the_page_is_well_formed_also_with_words_that_try_to_break_it() {
    for script in [Script::story(Autopilot::Guard), evil(), Script::new(Autopilot::Off)] {
        let page = report::html(&script.report()).expect("a template that fits");
        if let Err(fault) = check_well_formed(&page) {
            panic!("{fault}");
        }
    }
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let page = report::html(&evil().report()).expect("a template that fits");
    assert!(page.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'"));
    // What is left of the words of strangers is text: there is no tag and no attribute of theirs.
    for forbidden in [
        "<script",
        "<img",
        "<link",
        "<iframe",
        "<object",
        "<embed",
        " src=",
        " href=",
        " onerror=\"",
        "url(",
        "@import",
    ] {
        let without_text = page.replace("onerror=alert", "").replace("&quot;&gt;&lt;img src=x", "");
        assert!(!without_text.contains(forbidden), "{forbidden}");
    }
    let ours = report::html(&Script::story(Autopilot::Guard).report()).expect("a template that fits");
    let without_policy = ours.replace("http-equiv", "");
    for forbidden in ["http", "src=", "script", "javascript"] {
        assert!(!without_policy.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn each_chart_has_a_title_a_description_and_a_table_behind_it() {
    let page = report::html(&Script::story(Autopilot::Guard).report()).expect("a template that fits");
    let charts: Vec<_> = page.split("<svg ").skip(1).collect();
    assert!(charts.len() >= 4, "exposure, time, effects, rates, scores: {}", charts.len());
    for chart in charts {
        let (inside, after) = chart.split_once("</svg>").expect("it is closed");
        assert!(inside.contains("role=\"img\"") && inside.contains("aria-labelledby="), "{inside:.80}");
        assert!(inside.contains("<title id=") && inside.contains("<desc id="), "{inside:.80}");
        let table = after.find("<table>").expect("a table comes after it");
        let next = after.find("<svg ").unwrap_or(usize::MAX);
        assert!(table < next, "the table is that of the chart");
    }
    assert!(page.contains("<html lang=\"en\">") && page.matches("<h1").count() == 1);
    assert_eq!(page.matches("<table>").count(), page.matches("<caption>").count());
}

#[test]
fn meaning_is_never_colour_alone() {
    let page = report::html(&Script::story(Autopilot::Guard).report()).expect("a template that fits");
    assert!(page.contains("✕ NO-GO") && page.contains("✓ GO") && page.contains("✕ killed"));
    assert!(page.contains("Treatment solid, control dashed"));
}

#[test]
fn words_of_strangers_are_words_in_markdown_too() {
    let text = report::markdown(&evil().report()).expect("a template that fits");
    let bare = ["\\]", "\\`", "\\*"].iter().fold(text.clone(), |text, escaped| text.replace(escaped, ""));
    for forbidden in
        ["<script", "<img", "](https", "https://", "@everyone", "www.example", "**bold**", "`code`"]
    {
        assert!(!bare.contains(forbidden), "{forbidden}");
    }
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "no control character");
    assert!(text.contains("{{ 7 \\* 7 }}"), "words are no template");
    // A cell stays a cell: each line of a table has as many bars as the line above it.
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut above: Option<usize> = None;
    for line in text.lines() {
        let here = line.starts_with('|').then(|| bars(line));
        if let (Some(above), Some(here)) = (above, here) {
            assert_eq!(above, here, "{line}");
        }
        above = here;
    }
}
