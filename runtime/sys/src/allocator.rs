// SPDX-License-Identifier: Apache-2.0
//! An allocator for programs that live for milliseconds: it hands out one piece of zeroed memory from its start, and
//! takes back only what it gave last. musl's own asks the kernel for each few pages and gives them back, some thirty
//! calls in a start. When the piece is used up the system's allocator goes on, so a program may also live for years.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::alloc::System;

/// Far more than a start takes; pages that are not used cost nothing.
const SIZE: usize = 512 << 10;

/// `#[global_allocator] static ALLOCATOR: StartAllocator = StartAllocator::new();`
#[derive(Debug)]
#[repr(align(64))]
pub struct StartAllocator {
    memory: UnsafeCell<[u8; SIZE]>,
    /// Where the part that was not handed out begins.
    next: AtomicUsize,
}

// SAFETY: `memory` is never accessed through a reference; each byte of it is handed out once at a time, which the
// exchange on `next` sees to whatever threads there are.
unsafe impl Sync for StartAllocator {}

impl StartAllocator {
    /// Nothing is handed out yet.
    #[must_use]
    pub const fn new() -> Self {
        StartAllocator { memory: UnsafeCell::new([0; SIZE]), next: AtomicUsize::new(0) }
    }

    fn start(&self) -> usize {
        self.memory.get() as usize
    }

    fn is_ours(&self, pointer: *mut u8) -> bool {
        (pointer as usize).wrapping_sub(self.start()) < SIZE
    }

    /// Moves `next` from `end` of a piece that is the last one; false when it is not, or something came between.
    fn move_end(&self, end: usize, to: usize) -> bool {
        to <= SIZE && self.next.compare_exchange(end, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Default for StartAllocator {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: pieces are inside `memory`, aligned as asked, and do not overlap until they are given back; all others are
// the system allocator's, which is asked with the caller's own arguments.
unsafe impl GlobalAlloc for StartAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut next = self.next.load(Ordering::Relaxed);
        loop {
            let from = (self.start() + next).next_multiple_of(layout.align()) - self.start();
            let Some(to) = from.checked_add(layout.size()).filter(|to| *to <= SIZE) else {
                // SAFETY: the caller vouches for `layout`.
                return unsafe { System.alloc(layout) };
            };
            match self.next.compare_exchange_weak(next, to, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return (self.start() + from) as *mut u8,
                Err(now) => next = now,
            }
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if self.is_ours(pointer) {
            let from = pointer as usize - self.start();
            self.move_end(from + layout.size(), from);
        } else {
            // SAFETY: it came from there with this layout, as the caller vouches.
            unsafe { System.dealloc(pointer, layout) }
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !self.is_ours(pointer) {
            // SAFETY: it came from there with this layout, as the caller vouches.
            return unsafe { System.realloc(pointer, layout, size) };
        }
        let from = pointer as usize - self.start();
        if size <= layout.size() || self.move_end(from + layout.size(), from.saturating_add(size)) {
            return pointer;
        }
        // SAFETY: the caller vouches that `size` is not zero and fits an isize with this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: as above.
        let new = unsafe { self.alloc(wanted) };
        if !new.is_null() {
            // SAFETY: the old piece has `layout.size()` bytes, fewer than the new one; the two do not overlap, since
            // the old one was not given back.
            unsafe { core::ptr::copy_nonoverlapping(pointer, new, layout.size()) };
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_piece_grows_and_goes_back_and_the_system_goes_on() {
        let allocator = Box::leak(Box::new(StartAllocator::new()));
        let layout = Layout::from_size_align(100, 8).unwrap();
        // SAFETY: the layout has a size.
        let first = unsafe { allocator.alloc(layout) };
        // SAFETY: as above.
        let second = unsafe { allocator.alloc(layout) };
        assert!(second as usize >= first as usize + 100 && (second as usize).is_multiple_of(8));
        // SAFETY: it was allocated with this layout.
        let grown = unsafe { allocator.realloc(second, layout, 1000) };
        assert_eq!(grown, second);
        // SAFETY: 100 bytes of it are ours.
        unsafe { first.write_bytes(7, 100) };
        // SAFETY: it was allocated with this layout.
        let moved = unsafe { allocator.realloc(first, layout, 200) };
        assert_ne!(moved, first);
        // SAFETY: 200 bytes of it are ours.
        let last = unsafe { moved.add(99) };
        // SAFETY: as above.
        assert_eq!(unsafe { last.read() }, 7);
        let large = Layout::from_size_align(SIZE, 8).unwrap();
        // SAFETY: the layout has a size.
        let other = unsafe { allocator.alloc(large) };
        assert!(!other.is_null() && !allocator.is_ours(other));
        // SAFETY: it was allocated with this layout.
        unsafe { allocator.dealloc(other, large) };
    }
}
