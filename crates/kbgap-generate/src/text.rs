//! Writing JSON by hand.

use std::fmt;
use std::io::Write;

use crate::calendar::Day;
use crate::tables::Version;

/// Writes what is formatted.
pub(crate) fn write(out: &mut Vec<u8>, arguments: fmt::Arguments<'_>) {
    // Writing to a Vec cannot fail.
    let _ = out.write_fmt(arguments);
}

/// Writes a text that needs no escaping, after what stands before it.
pub(crate) fn text(out: &mut Vec<u8>, before: &[u8], value: &str) {
    out.extend_from_slice(before);
    out.extend_from_slice(value.as_bytes());
}

/// Writes an element of a list, with the comma after it.
pub(crate) fn piece(out: &mut Vec<u8>, json: &[u8]) {
    out.extend_from_slice(json);
    out.push(b',');
}

/// Writes the newest version that was released until a day, if there was one.
pub(crate) fn latest(versions: &[Version], until: Day, out: &mut Vec<u8>) {
    let released = versions.partition_point(|version| version.day <= until);
    // Programs are installed in some version, even where updates never came.
    if let Some(version) = versions.get(released.saturating_sub(1)) {
        piece(out, &version.json);
    }
}

/// Ends a list whose elements have commas after them.
pub(crate) fn close(out: &mut Vec<u8>) {
    match out.last_mut() {
        Some(last @ b',') => *last = b']',
        _ => out.push(b']'),
    }
}

/// Writes a number.
pub(crate) fn decimal(out: &mut Vec<u8>, mut number: u32) {
    let mut digits = [0_u8; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes 16 hex digits.
pub(crate) fn hex(out: &mut Vec<u8>, number: u64) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digits: [u8; 16] =
        std::array::from_fn(|at| DIGITS[(number >> (60 - 4 * at) & 15) as usize]);
    out.extend_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let mut out = Vec::new();
        for number in [0, 7, 5_060_533, u32::MAX] {
            decimal(&mut out, number);
            out.push(b' ');
        }
        hex(&mut out, 0x0123_4567_89ab_cdef);
        assert_eq!(out, b"0 7 5060533 4294967295 0123456789abcdef");
    }

    #[test]
    fn lists_with_and_without_elements() {
        let mut out = b"[".to_vec();
        close(&mut out);
        out.extend_from_slice(b"[");
        piece(&mut out, b"1");
        close(&mut out);
        assert_eq!(out, b"[][1]");
    }
}
