//! The facts that fleets are made of: releases of Windows, their updates, programs.

mod programs;
mod windows;

pub(crate) use programs::{Office, Programs, VERSIONS, Version, json};
pub(crate) use windows::{Kind, Release, Train, Update, Windows};

use crate::calendar::{Day, month, patch_day};

/// The rows of a table.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

/// Reads `2024-09=what`: what came on that month's release day.
fn dated(text: &'static str) -> Option<(Day, &'static str)> {
    let (of, what) = text.split_once('=')?;
    let (year, month) = month(of)?;
    Some((patch_day(year, month)?, what))
}
