//! The allocator: mimalloc, without asking for an alignment that it gives anyway.
//!
//! Asked for one, it looks for a block that is larger by what may be lost to it, unless the
//! size is a power of two. Rust tells an alignment with every size, mostly that of a pointer,
//! so what fits a block exactly went into the next larger one: forty bytes for each of 128
//! machines take a fifth more. It takes longer, too.

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys as mi;

/// To this each block is aligned, since none is smaller and all have sizes that are
/// multiples of it.
const NATURAL: usize = size_of::<usize>();

/// Loading a fleet is thousands of small texts for each machine, made by one thread and let
/// go by another: a fifth of the time was spent in the system's allocator.
pub(crate) struct Mimalloc;

#[expect(
    unsafe_code,
    reason = "the allocator is C; each function has the contract of the one that it calls"
)]
// SAFETY: mimalloc gives blocks that are as large as was asked for and aligned to at least
// `NATURAL`, or as was asked for, or null; what was allocated by any of these functions may be
// passed to any of the others.
unsafe impl GlobalAlloc for Mimalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: `Layout` has a power of two as its alignment.
        let block = unsafe {
            match layout.align() <= NATURAL {
                true => mi::mi_malloc(layout.size()),
                false => mi::mi_malloc_aligned(layout.size(), layout.align()),
            }
        };
        block.cast()
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let block = unsafe {
            match layout.align() <= NATURAL {
                true => mi::mi_zalloc(layout.size()),
                false => mi::mi_zalloc_aligned(layout.size(), layout.align()),
            }
        };
        block.cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller passes a block of this allocator.
        unsafe { mi::mi_free(block.cast()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller passes a block of this allocator with its layout.
        let block = unsafe {
            match layout.align() <= NATURAL {
                true => mi::mi_realloc(block.cast(), size),
                false => mi::mi_realloc_aligned(block.cast(), size, layout.align()),
            }
        };
        block.cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "an allocator is tried as it is used")]
    fn blocks_are_aligned_and_keep_what_is_in_them() {
        for align in [1, 2, 4, 8, 16, 64, 4_096] {
            for size in [1, 7, 8, 15, 24, 40, 1_023, 5_120, 70_001, 3 << 20] {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: the size is not 0, what is written was allocated, and each block is
                // let go once, with the layout that it has by then.
                unsafe {
                    let block = Mimalloc.alloc_zeroed(layout);
                    assert!(!block.is_null() && block.addr().is_multiple_of(align));
                    assert_eq!(*block.add(size - 1), 0);
                    block.write_bytes(7, size);
                    let block = Mimalloc.realloc(block, layout, 3 * size);
                    assert!(!block.is_null() && block.addr().is_multiple_of(align));
                    assert!((0..size).all(|at| *block.add(at) == 7));
                    let layout = Layout::from_size_align(3 * size, align).unwrap();
                    Mimalloc.dealloc(block, layout);
                }
            }
        }
    }

    #[test]
    #[expect(unsafe_code, reason = "the size of a block is told by a function of C")]
    fn what_fits_a_block_gets_it() {
        let slots = Layout::array::<[u64; 5]>(128).unwrap();
        // SAFETY: the size is not 0, and the block is let go once with its layout.
        unsafe {
            let block = Mimalloc.alloc(slots);
            assert_eq!(mi::mi_usable_size(block.cast()), 5_120);
            Mimalloc.dealloc(block, slots);
        }
    }
}
