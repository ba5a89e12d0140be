//! Two orders as one.

/// The items of both, in the order that both are in.
pub(super) fn merged<T>(
    one: impl Iterator<Item = T>,
    other: impl Iterator<Item = T>,
    is_before: impl Fn(&T, &T) -> bool,
) -> impl Iterator<Item = T> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(first), Some(second)) if is_before(second, first) => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}
