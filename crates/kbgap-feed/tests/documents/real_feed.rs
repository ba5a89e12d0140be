//! All real documents, against figures that were counted independently.

use std::collections::BTreeSet;

use kbgap_catalog::compile;
use kbgap_feed::{cvrf, source};
use kbgap_testkit::shared;

#[test]
fn counts_of_the_whole_feed() {
    let Some(shared) = shared() else { return };
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(shared.join("data/msrc-cvrf-xml")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "zst") {
            documents.push(cvrf::read(source::open(&path).unwrap()).unwrap());
        }
    }
    assert_eq!(documents.len(), 190);
    let vulnerabilities: usize = documents.iter().map(|d| d.vulnerabilities.len()).sum();
    assert_eq!(vulnerabilities, 26_281);
    assert_eq!(
        documents
            .iter()
            .map(kbgap_catalog::DocumentRecord::fix_count)
            .sum::<usize>(),
        134_392
    );
    let mut kbs = BTreeSet::new();
    let (mut kb_fixes, mut products) = (0, BTreeSet::new());
    for document in &documents {
        for fix in document.vulnerabilities.iter().flat_map(|v| &v.fixes) {
            if let Some(kb) = fix.kb {
                kbs.insert(kb);
                kb_fixes += 1;
                products.extend(
                    fix.products
                        .iter()
                        .map(|(p, _)| &document.products[*p as usize].id),
                );
            }
        }
    }
    assert_eq!(
        (kb_fixes, kbs.len(), products.len()),
        (104_062, 5_236, 1_159)
    );

    let catalog = compile(&documents).unwrap();
    documents.reverse();
    assert_eq!(
        compile(&documents).unwrap().as_bytes(),
        catalog.as_bytes(),
        "the order of documents shows"
    );
    assert!(
        catalog.odd_values().len() > 50,
        "{}",
        catalog.odd_values().len()
    );
}
