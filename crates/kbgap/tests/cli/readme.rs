//! The README in both languages: what is to be typed, sent and linked is the same.

use std::path::Path;

fn read(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// The code blocks with a language, without the comments of commands: those are in the
/// language of the text. Drawings have no language.
fn code(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let block = lines.by_ref().take_while(|line| *line != "```");
        let block: Vec<&str> = block
            .map(|line| match language {
                "sh" => line.split(" #").next().unwrap_or_default().trim_end(),
                _ => line,
            })
            .collect();
        if !language.is_empty() {
            blocks.push(format!("{language}\n{}", block.join("\n")));
        }
    }
    blocks
}

/// Where links and pictures lead, but for those from one language to the other.
fn links(text: &str) -> Vec<&str> {
    let mut links: Vec<&str> = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(link, _)| link)
        .filter(|link| !link.starts_with("README"))
        .collect();
    links.sort_unstable();
    links
}

#[test]
fn both_languages_have_the_same_code_links_and_parts() {
    let (english, korean) = (read("README.md"), read("README.ko.md"));
    assert!(code(&english).len() > 5);
    assert_eq!(code(&english), code(&korean));
    assert_eq!(links(&english), links(&korean));
    let headings = |text: &str| text.lines().filter(|l| l.starts_with('#')).count();
    assert_eq!(headings(&english), headings(&korean));
    let rows = |text: &str| text.lines().filter(|l| l.starts_with('|')).count();
    assert_eq!(rows(&english), rows(&korean));
    assert!(english.contains("](README.ko.md)") && korean.contains("](README.md)"));
}
