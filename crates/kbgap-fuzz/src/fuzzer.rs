//! libFuzzer's way in.

use std::sync::LazyLock;

use kbgap_fuzz::{Target, target};

static CHOSEN: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("KBGAP_FUZZ").unwrap_or_default();
    target(&name).unwrap_or_else(|| panic!("KBGAP_FUZZ=`{name}` names no target"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (CHOSEN.run)(bytes));
