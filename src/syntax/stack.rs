//! Stack for deep trees: to parse, walk, clone and drop them.

/// Bytes of stack for each byte of text. An operator takes two bytes or more and makes the tree one level deeper; a walker's frame can take
/// some kilobytes in a debug build.
const PER_BYTE: usize = 2048;
/// Enough for brackets nested as deep as the default limit.
const LEAST: usize = 4 << 20;
/// Enough for the default [`super::Limits`]: 20,000 flat operators and 200 nested brackets.
const MOST: usize = 64 << 20;

/// More than was asked for, so that what is asked for again within `work` is mostly there: on the small stack of a thread of a JVM each asking would map a
/// piece of heap of its own. It is address space until it is used.
const ROOM: usize = 3 * LEAST;

/// Runs `work` with stack enough for the trees of a text of `bytes` bytes, on a piece of heap where the thread has less left.
///
/// A chain of operators is as deep as it is long, and each step of a walk, a clone or a drop goes down one level. So whoever holds a
/// [`super::Script`] or a [`super::Expression`] uses *and drops* it in here.
pub fn with_stack<R>(bytes: usize, work: impl FnOnce() -> R) -> R {
    let size = bytes.saturating_mul(PER_BYTE).clamp(LEAST, MOST);
    stacker::maybe_grow(size, size.saturating_add(ROOM), work)
}
