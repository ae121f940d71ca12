#![no_main]

use fuzz::{parser, seeds, watch};

libfuzzer_sys::fuzz_target!(
    init: seeds::write_where_asked(&parser::seeds()),
    |bytes: &[u8]| watch::timed(bytes, parser::run)
);
