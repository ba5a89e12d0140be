//! What the allocator keeps of memory that nobody has any more.
//!
//! It waits a second before it gives pages back, and looks for them only while it is asked
//! for more: a server that has loaded a fleet and rests kept more than half of what loading
//! took, for ever. Of 200,000 machines 370 MB stayed; with pages given back at once, and no
//! huge ones, of which a few bytes keep two megabytes, it is 247 MB, and loading takes as
//! much processor time as before. Each thread also keeps two empty pages of each size for later,
//! and takes the first of four pages that has room: that none is kept, and the fullest of more
//! of them is taken, is another 5 % of what a loaded fleet takes.

use std::ffi::{c_int, c_long};

/// The numbers of options, which the bindings have no names for.
const PURGE_DELAY: c_int = 15;
const PAGE_FULL_RETAIN: c_int = 36;
const PAGE_MAX_CANDIDATES: c_int = 37;
/// How many pages are looked at.
const CANDIDATES: c_long = 32;

/// Lets pages go as soon as they are empty.
#[expect(
    unsafe_code,
    reason = "the allocator is C, and its options are set by a function; it takes any number"
)]
pub(crate) fn give_back_at_once() {
    // SAFETY: the function has no conditions, and nothing is passed but two numbers.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, 0);
        libmimalloc_sys::mi_option_set(PAGE_FULL_RETAIN, 0);
        libmimalloc_sys::mi_option_set(PAGE_MAX_CANDIDATES, CANDIDATES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A newer allocator may number its options anew.
    #[test]
    #[expect(unsafe_code, reason = "the option is read by a function of C")]
    fn the_options_are_those() {
        // SAFETY: nothing is passed but a number of an option.
        let get = |option| unsafe { libmimalloc_sys::mi_option_get(option) };
        let all = || [PURGE_DELAY, PAGE_FULL_RETAIN, PAGE_MAX_CANDIDATES].map(get);
        assert_eq!(all(), [1_000, 2, 4], "milliseconds, pages, pages");
        give_back_at_once();
        assert_eq!(all(), [0, 0, CANDIDATES]);
    }
}
