//! What of two reports of one host holds: what is known stays, and what cannot both be true is told.

pub(super) fn fill<T>(known: &mut Option<T>, other: Option<T>) {
    if known.is_none() {
        *known = other;
    }
}

/// Of two names of a host the one with its domain; of two spellings always the same one, so
/// that the order of reports decides nothing.
pub(super) fn fullest(known: &mut Option<String>, other: Option<String>) {
    // Small letters stand behind capitals, and are how names are written.
    let fullness = |name: &str| (name.len(), name.to_owned());
    if let Some(other) = other
        && known
            .as_ref()
            .is_none_or(|known| fullness(&other) > fullness(known))
    {
        *known = Some(other);
    }
}

pub(super) fn extend<T>(known: &mut Option<Vec<T>>, other: Option<Vec<T>>) {
    if let Some(other) = other {
        known.get_or_insert_default().extend(other);
    }
}

pub(super) fn agree<T: PartialEq + std::fmt::Display>(
    what: &str,
    one: Option<T>,
    two: Option<T>,
) -> Result<(), String> {
    match (one, two) {
        (Some(one), Some(two)) if one != two => Err(differ(what, one, two)),
        _ => Ok(()),
    }
}

pub(super) fn differ(
    what: &str,
    one: impl std::fmt::Display,
    two: impl std::fmt::Display,
) -> String {
    format!("says {what} {two} where another report of the same host says {one}")
}
