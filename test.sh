#!/usr/bin/env bash
# Runs all tests. They need nothing but Rust and a C compiler: SQLite is built
# in, servers are started and stopped by the tests themselves, and no test needs
# the network. Tests that read real feeds and inventories look for them in
# $KBGAP_SHARED (default: ../shared beside this folder) and say so when they
# are skipped; with CI=true a missing folder is a failure.
set -euo pipefail
cd "$(dirname "$0")"
command -v cargo >/dev/null || { echo "cargo is not on the PATH: install Rust from your distribution or rustup" >&2; exit 1; }
command -v cc >/dev/null || { echo "no C compiler: install gcc or clang (SQLite and the TLS library are compiled)" >&2; exit 1; }
export INSTA_UPDATE="${INSTA_UPDATE:-no}"
exec cargo test --workspace --locked "$@"
