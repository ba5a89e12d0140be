//! Rows by number, in pages that snapshots share.

use std::sync::Arc;

/// Rows of a page: so many are copied when one of them is written to for the first time
/// after a snapshot was taken.
const PAGE: usize = 128;

/// Rows by number. Cloning it costs one pointer; the first write after that copies the
/// list of pages, and each first write to a page copies the page.
#[derive(Clone, Debug)]
pub(crate) struct Pages<T> {
    pages: Arc<Vec<Arc<Vec<T>>>>,
    len: usize,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            pages: Arc::default(),
            len: 0,
        }
    }
}

impl<T> Pages<T> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, number: usize) -> Option<&T> {
        self.pages.get(number / PAGE)?.get(number % PAGE)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flat_map(|page| page.iter())
    }
}

impl<T: Clone> Pages<T> {
    pub(crate) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        let page = Arc::make_mut(&mut self.pages).get_mut(number / PAGE)?;
        // What is not there needs no copy.
        page.get(number % PAGE)?;
        Arc::make_mut(page).get_mut(number % PAGE)
    }

    /// Appends a row and gives its number.
    pub(crate) fn push(&mut self, row: T) -> usize {
        let pages = Arc::make_mut(&mut self.pages);
        match pages.last_mut().filter(|page| page.len() < PAGE) {
            Some(page) => {
                let page = Arc::make_mut(page);
                // A copy has no more room than it needed.
                page.reserve_exact(PAGE - page.len());
                page.push(row);
            }
            None => {
                let mut page = Vec::with_capacity(PAGE);
                page.push(row);
                pages.push(Arc::new(page));
            }
        }
        self.len += 1;
        self.len - 1
    }
}

impl<T: Clone> FromIterator<T> for Pages<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        let mut pages = Self::default();
        for row in rows {
            pages.push(row);
        }
        pages
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Push(u8),
        Set(usize, u8),
        Snapshot,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => any::<u8>().prop_map(Step::Push),
            4 => (0_usize..600, any::<u8>()).prop_map(|(at, to)| Step::Set(at, to)),
            1 => Just(Step::Snapshot),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_vector_and_snapshots_stay_as_they_were(
            steps in prop::collection::vec(any_step(), 0..1_200),
        ) {
            let (mut pages, mut plain) = (Pages::default(), Vec::new());
            let mut snapshots = Vec::new();
            for step in steps {
                match step {
                    Step::Push(row) => {
                        prop_assert_eq!(pages.push(row), plain.len());
                        plain.push(row);
                    }
                    Step::Set(at, to) => match (pages.get_mut(at), plain.get_mut(at)) {
                        (Some(row), Some(same)) => (*row, *same) = (to, to),
                        (row, same) => prop_assert_eq!(row, same),
                    },
                    Step::Snapshot => snapshots.push((pages.clone(), plain.clone())),
                }
            }
            snapshots.push((pages, plain));
            for (pages, plain) in snapshots {
                prop_assert!(pages.iter().eq(&plain));
                prop_assert_eq!(pages.len(), plain.len());
                prop_assert_eq!(pages.get(plain.len()), None);
            }
        }
    }
}
