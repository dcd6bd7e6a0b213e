//! The terminal screen: bytes in any chunks give the same text. The first byte says how large the
//! chunks are.

#![no_main]

use iosxe_core::talk::screen::{Decoder, Screen};
use libfuzzer_sys::fuzz_target;

fn shown<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> String {
    let (mut decoder, mut screen) = (Decoder::default(), Screen::new());
    for chunk in chunks {
        screen.push(&decoder.decode(chunk));
    }
    let text = screen.text();
    assert!(text.starts_with(screen.finished()));
    assert!(screen.tail(3).len() <= 3);
    text
}

fuzz_target!(|data: &[u8]| {
    let Some((size, bytes)) = data.split_first() else {
        return;
    };
    let whole = shown(std::iter::once(bytes));
    let chunked = shown(bytes.chunks(usize::from(*size).max(1)));
    assert_eq!(whole, chunked);
    assert!(!whole.contains(['\u{8}', '\u{1b}', '\u{0}']));
});
