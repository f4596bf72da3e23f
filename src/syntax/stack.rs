//! Stack for deep trees: to parse, walk, clone and drop them.
//!
//! A thread that checks once will check again, so the piece of memory that it ran on is kept for it: to map and unmap one at each check took longer than
//! many a check (docs/decisions/0036-a-thread-keeps-its-stack.md). Pieces for the longest texts are not kept.

use std::cell::Cell;
use std::hint::black_box;

use corosensei::on_stack;
use corosensei::stack::{DefaultStack, Stack};

/// Bytes of stack for each byte of text. An operator takes two bytes or more and makes the tree one level deeper. Ten times what parsing takes; the frames
/// of walkers are larger in a debug build.
const PER_BYTE: usize = 2048;
/// The longest texts have no more operators than the default [`super::Limits`] let through.
const MOST: usize = 64 << 20;
/// Enough to read a text down to the default limit of depth without another piece, which takes no bytes to speak of: 16 MiB in a debug build, 8 in a release
/// build.
const LEAST: usize = 24 << 20;
/// More than was asked for, so that policy texts that are read within `work` run on the same piece.
const ROOM: usize = LEAST;
/// Bytes of a piece that a thread keeps: enough for texts of 8 kB. It is address space until it is used.
const KEPT: usize = 64 << 20;
/// Bytes for the frames of this module and the pages that guard a piece.
const SLACK: usize = 128 << 10;

thread_local! {
    /// The addresses of the piece that this thread runs on; none, when it runs on the stack that it was made with.
    static PIECE: Cell<Option<Range>> = const { Cell::new(None) };
    /// The piece of [`KEPT`] bytes on which nobody runs.
    static IDLE: Cell<Option<DefaultStack>> = const { Cell::new(None) };
}

/// Runs `work` with stack enough for the trees of a text of `bytes` bytes, on a piece of heap where the thread has less left.
///
/// A chain of operators is as deep as it is long, and each step of a walk, a clone or a drop goes down one level. So whoever holds a
/// [`super::Script`] or a [`super::Expression`] uses *and drops* it in here.
///
/// # Panics
/// When the system has no memory for a stack, and when `work` does. A check that panics denies.
pub fn with_stack<R>(bytes: usize, work: impl FnOnce() -> R) -> R {
    let size = LEAST.saturating_add(bytes.saturating_mul(PER_BYTE).min(MOST));
    on_piece(size, size.saturating_add(ROOM), work)
}

/// Runs a step that goes one level down, on another piece where little is left. Each rule that may nest is such a step: how deep a text may be is a matter of
/// the limits that it is read with, and those may be raised.
pub(super) fn deeper<R>(step: impl FnOnce() -> R) -> R {
    on_piece(256 << 10, LEAST, step)
}

/// Runs `work` where `least` bytes are left, else on a piece of `size` bytes or more.
fn on_piece<R>(least: usize, size: usize, work: impl FnOnce() -> R) -> R {
    if left().is_some_and(|left| left >= least) {
        return work();
    }
    let keep = size <= KEPT;
    let kept = if keep { IDLE.take() } else { None };
    let mut piece = kept.unwrap_or_else(|| mapped(size.max(KEPT)));
    let range = Range {
        lowest: piece.limit().get().saturating_add(SLACK),
        highest: piece.base().get(),
    };
    let done = on_stack(&mut piece, || {
        let _back = OnPiece(PIECE.replace(Some(range)));
        work()
    });
    if keep {
        IDLE.set(Some(piece));
    }
    done
}

/// Addresses of a piece that may be used: a stack grows down.
#[derive(Clone, Copy)]
struct Range {
    lowest: usize,
    highest: usize,
}

/// Whoever runs on a piece; when it is dropped, the thread runs on the former one again.
struct OnPiece(Option<Range>);

impl Drop for OnPiece {
    fn drop(&mut self) {
        PIECE.set(self.0);
    }
}

/// Bytes that the piece has left; none, when the thread runs on none, or a host has put it on a stack of its own meanwhile.
#[inline(never)]
fn left() -> Option<usize> {
    let range = PIECE.get()?;
    let here = black_box(0_u8);
    let here = std::ptr::from_ref(&here).addr();
    (here <= range.highest).then(|| here.saturating_sub(range.lowest))
}

#[expect(
    clippy::expect_used,
    reason = "without a stack nothing can be read, and a check that panics denies"
)]
fn mapped(bytes: usize) -> DefaultStack {
    DefaultStack::new(bytes.saturating_add(SLACK)).expect("memory for a stack")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> usize {
        let here = black_box(0_u8);
        std::ptr::from_ref(&here).addr()
    }

    #[test]
    fn a_thread_runs_on_the_same_piece_again_and_within_it_on_no_other() {
        let first = with_stack(10, here);
        let (again, within) = with_stack(10, || (here(), with_stack(10, here)));
        assert!(first.abs_diff(again) < SLACK, "{first} {again}");
        assert!(again.abs_diff(within) < SLACK, "{again} {within}");
        assert!(here().abs_diff(first) > SLACK);
    }

    #[test]
    fn who_needs_more_than_is_left_has_another_piece_and_comes_back() {
        with_stack(10, || {
            let before = left();
            let long = with_stack(usize::MAX, left);
            assert!(long.is_some_and(|left| left >= MOST), "{long:?}");
            assert_eq!(left(), before);
        });
        assert_eq!(left(), None);
    }

    #[test]
    fn another_stack_of_the_host_is_no_part_of_the_piece() {
        // Two, so that whichever lies higher one of them lies above the piece or below it.
        let mut others = [mapped(LEAST), mapped(LEAST)];
        with_stack(10, || {
            let piece = PIECE
                .get()
                .map(|range| range.lowest..=range.highest)
                .unwrap();
            for other in &mut others {
                let seen = on_stack(other, || {
                    assert!(!piece.contains(&here()));
                    assert_eq!(left().unwrap_or_default(), 0);
                    with_stack(10, left)
                });
                assert!(seen.is_some_and(|left| left >= LEAST), "{seen:?}");
            }
        });
    }

    #[test]
    fn a_panic_leaves_the_thread_where_it_was() {
        let broken =
            std::panic::catch_unwind(|| with_stack(10, || std::panic::resume_unwind(Box::new(7))));
        assert_eq!(broken.unwrap_err().downcast_ref(), Some(&7));
        assert_eq!(left(), None);
        assert_eq!(with_stack(10, || 8), 8);
    }
}
