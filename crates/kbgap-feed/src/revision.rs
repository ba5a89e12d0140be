//! Which of two documents of the same id counts.
//!
//! A document is replaced whole by its newer revision: the later
//! CurrentReleaseDate, then the higher revision number (assessment.md,
//! section 2). A month that shrank is refused, because it is far more often half
//! a download than a withdrawal.

use std::cmp::Ordering;

use kbgap_catalog::Version;

/// What is compared of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentHead {
    /// Seconds since 1970 of this release, UTC.
    pub current_release: i64,
    /// The revision number as written.
    pub revision: String,
    /// How many vulnerabilities it lists.
    pub vulnerabilities: usize,
    /// How many vendor fixes it lists.
    pub fixes: usize,
    /// A hash of what was read of it.
    pub content_hash: [u8; 32],
}

/// What to do with a document of which another is already known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It takes the place of the known one.
    Replace,
    /// It says what is known already.
    Unchanged,
    /// The known one is newer.
    Older,
    /// It is newer, but lists less: the known one stays.
    Shrank,
}

/// A newer month with fewer fixes than this share of the known one's is half a month.
const LEAST_SHARE_OF_FIXES: f64 = 0.75;

/// Decides between the known document and a new one of the same id.
#[must_use]
pub fn decide(known: &DocumentHead, new: &DocumentHead) -> Decision {
    if known.content_hash == new.content_hash {
        return Decision::Unchanged;
    }
    match by_release(known, new) {
        Ordering::Greater => Decision::Older,
        // Two texts under one date and number: the order of reading must not
        // decide between them, so the fuller one does, then the hash.
        Ordering::Equal if order(known, new).is_lt() => Decision::Replace,
        Ordering::Equal => Decision::Older,
        Ordering::Less if shrank(known, new) => Decision::Shrank,
        Ordering::Less => Decision::Replace,
    }
}

/// A newer list with fewer entries than this share of the known one's is half a list.
const LEAST_SHARE_OF_ENTRIES: f64 = 0.9;

/// Decides between the known list and a new one of the same kind.
#[must_use]
pub fn decide_list(known: &DocumentHead, new: &DocumentHead) -> Decision {
    if known.content_hash == new.content_hash {
        Decision::Unchanged
    } else if new.current_release < known.current_release {
        Decision::Older
    } else if is_below(
        new.vulnerabilities,
        known.vulnerabilities,
        LEAST_SHARE_OF_ENTRIES,
    ) {
        Decision::Shrank
    } else {
        Decision::Replace
    }
}

/// The order in which documents of one id are to be decided about, oldest first,
/// so that the order of their files decides nothing.
#[must_use]
pub fn order(a: &DocumentHead, b: &DocumentHead) -> Ordering {
    let weight = |d: &DocumentHead| (d.vulnerabilities, d.fixes, d.content_hash);
    by_release(a, b).then_with(|| weight(a).cmp(&weight(b)))
}

fn by_release(a: &DocumentHead, b: &DocumentHead) -> Ordering {
    let number = |text: &str| Version::parse(text).unwrap_or_default();
    a.current_release
        .cmp(&b.current_release)
        .then_with(|| number(&a.revision).cmp(&number(&b.revision)))
}

fn shrank(known: &DocumentHead, new: &DocumentHead) -> bool {
    new.vulnerabilities < known.vulnerabilities
        || is_below(new.fixes, known.fixes, LEAST_SHARE_OF_FIXES)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a document has thousands of fixes, not 2^52"
)]
fn is_below(new: usize, known: usize, share: f64) -> bool {
    (new as f64) < known as f64 * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(
        current_release: i64,
        revision: &str,
        vulnerabilities: usize,
        hash: u8,
    ) -> DocumentHead {
        DocumentHead {
            current_release,
            revision: revision.to_owned(),
            vulnerabilities,
            fixes: vulnerabilities * 10,
            content_hash: [hash; 32],
        }
    }

    #[test]
    fn the_date_decides_then_the_number() {
        let known = head(100, "9", 5, 1);
        assert_eq!(decide(&known, &head(101, "1", 5, 2)), Decision::Replace);
        assert_eq!(decide(&known, &head(99, "10", 5, 2)), Decision::Older);
        assert_eq!(decide(&known, &head(100, "10", 5, 2)), Decision::Replace);
        assert_eq!(decide(&known, &head(100, "8", 5, 2)), Decision::Older);
        assert_eq!(decide(&known, &head(100, "9", 5, 1)), Decision::Unchanged);
    }

    #[test]
    fn a_month_that_shrank_is_kept_as_it_was() {
        let known = head(100, "1", 5, 1);
        assert_eq!(decide(&known, &head(101, "2", 4, 2)), Decision::Shrank);
        let mut half = head(101, "2", 5, 2);
        half.fixes = 20;
        assert_eq!(decide(&known, &half), Decision::Shrank);
        half.fixes = 40;
        assert_eq!(decide(&known, &half), Decision::Replace);
    }

    #[test]
    fn of_two_lists_of_one_date_the_later_read_counts_and_half_a_list_never() {
        let known = head(100, "", 100, 5);
        assert_eq!(
            decide_list(&known, &head(100, "", 95, 1)),
            Decision::Replace
        );
        assert_eq!(
            decide_list(&known, &head(100, "", 100, 5)),
            Decision::Unchanged
        );
        assert_eq!(decide_list(&known, &head(99, "", 101, 1)), Decision::Older);
        for date in [100, 101] {
            assert_eq!(
                decide_list(&known, &head(date, "", 89, 1)),
                Decision::Shrank
            );
        }
    }

    #[test]
    fn the_number_orders_documents_of_one_date_whatever_they_list() {
        let (first, second) = (head(100, "9", 6, 1), head(100, "10", 5, 2));
        assert_eq!(order(&first, &second), Ordering::Less);
        assert_eq!(order(&second, &first), Ordering::Greater);
    }

    #[test]
    fn the_order_of_two_texts_of_one_revision_does_not_matter() {
        let (a, b) = (head(100, "1", 5, 1), head(100, "1", 6, 0));
        assert_eq!(decide(&a, &b), Decision::Replace);
        assert_eq!(decide(&b, &a), Decision::Older);
    }
}
