#![no_main]

use fuzz::{checker, seeds, watch};

libfuzzer_sys::fuzz_target!(
    init: seeds::write_where_asked(&checker::seeds()),
    |bytes: &[u8]| watch::timed(bytes, checker::run)
);
