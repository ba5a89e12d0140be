#!/usr/bin/env bash
# Runs all tests. They need Rust and a C compiler: SQLite is built in, and servers
# are started and stopped by the tests themselves. The tests of public Python
# clients also need Python with venv, and PyPI once, that of the page to try the API
# Chromium. What Debian packages is installed here where that can be done (as root,
# with apt-get).
#
# A test says so when it is skipped because something is missing: Python or PyPI,
# Chromium, or the real feeds and inventories, which are looked for in $KBGAP_SHARED (default:
# ../shared beside this folder). With CI=true what is missing is a failure.
set -euo pipefail
cd "$(dirname "$0")"

install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  echo "installing: $*" >&2
  apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

command -v cargo >/dev/null || { echo "cargo is not on the PATH: install Rust from your distribution or rustup" >&2; exit 1; }
command -v cc >/dev/null || install gcc libc6-dev \
  || { echo "no C compiler: install gcc or clang (SQLite and the TLS library are compiled)" >&2; exit 1; }
python3 -c 'import ensurepip, venv' 2>/dev/null || install python3 python3-venv \
  || echo "no Python with venv: install python3-venv, or the public Python clients are not tested" >&2
command -v chromedriver >/dev/null || install chromium chromium-driver \
  || echo "no chromedriver: install chromium and chromium-driver, or the page to try the API is not tested" >&2

export INSTA_UPDATE="${INSTA_UPDATE:-no}"
exec cargo test --workspace --locked "$@"
