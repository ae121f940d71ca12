#![no_main]

use fuzz::{evaluator, seeds, watch};

libfuzzer_sys::fuzz_target!(
    init: seeds::write_where_asked(&evaluator::seeds()),
    |bytes: &[u8]| watch::timed(bytes, evaluator::run)
);
