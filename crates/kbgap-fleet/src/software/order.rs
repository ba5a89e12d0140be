//! Many texts in order.

/// So many are compared with each other at once.
const FEW: usize = 24;
/// Bytes that are looked at at a time.
const STEP: usize = 8;

/// Puts numbers of texts in the order of the texts.
///
/// Ids of what a million machines have alone begin alike, and comparing two of them reads
/// memory that is far away: so eight bytes of each are put beside its number at a time,
/// and only texts that are equal so far are looked at again.
pub(super) fn in_order<'t>(numbers: u32, text: &impl Fn(u32) -> &'t str) -> Vec<u32> {
    let mut all: Vec<(u64, u32)> = (0..numbers).map(|number| (0, number)).collect();
    sort(&mut all, 0, text);
    all.into_iter().map(|(_, number)| number).collect()
}

/// Sorts texts that are equal up to a place.
fn sort<'t>(all: &mut [(u64, u32)], from: usize, text: &impl Fn(u32) -> &'t str) {
    if all.len() <= FEW {
        all.sort_unstable_by(|a, b| text(a.1).cmp(text(b.1)));
        return;
    }
    for (bytes, number) in &mut *all {
        *bytes = bytes_of(text(*number), from);
    }
    all.sort_unstable();
    for equal in all.chunk_by_mut(|a, b| a.0 == b.0) {
        // A text that has ended is like one that goes on with zeros, so the longest tells.
        if equal
            .iter()
            .any(|(_, number)| text(*number).len() > from + STEP)
        {
            sort(equal, from + STEP, text);
        } else {
            equal.sort_unstable_by(|a, b| text(a.1).cmp(text(b.1)));
        }
    }
}

fn bytes_of(text: &str, from: usize) -> u64 {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let mut bytes = [0; STEP];
    let length = rest.len().min(STEP);
    bytes[..length].copy_from_slice(&rest[..length]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_order_of_texts(
            texts in prop::collection::vec("(abcdefghi){0,3}[a\0é]{0,3}(asset_0123){0,2}[0-3]{0,4}", 0..300),
        ) {
            let order = in_order(texts.len() as u32, &|n| texts[n as usize].as_str());
            let mut sorted = texts.clone();
            sorted.sort_unstable();
            let found: Vec<&String> = order.iter().map(|&n| &texts[n as usize]).collect();
            prop_assert!(found.into_iter().eq(&sorted));
        }
    }
}
