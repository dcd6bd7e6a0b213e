//! Enumerations whose variants are words of the device.

/// A closed set of words of a device.
pub(crate) trait Word: Sized {
    /// The words, for messages.
    const EXPECTED: &'static str;
    /// The variant of a word, in any case.
    fn read(text: &str) -> Option<Self>;
}

/// Declares an enumeration together with the device's words for each variant; it serialises as
/// lower-case words.
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$vmeta:meta])* $variant:ident = $first:literal $(| $other:literal)*,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
        }
        impl $crate::parse::words::Word for $name {
            const EXPECTED: &'static str = concat!("one of" $(, " `", $first, "`")+);
            fn read(text: &str) -> Option<Self> {
                let text = text.trim();
                $(if text.eq_ignore_ascii_case($first) $(|| text.eq_ignore_ascii_case($other))* {
                    return Some(Self::$variant);
                })+
                None
            }
        }
    };
}
pub(crate) use word_enum;

/// Reads `yes`/`no`, `enabled`/`disabled`, `on`/`off`, `true`/`false`.
pub(crate) fn switch(text: &str) -> Option<bool> {
    const ON: [&str; 6] = ["yes", "enabled", "on", "true", "y", "enable"];
    const OFF: [&str; 6] = ["no", "disabled", "off", "false", "n", "disable"];
    let text = text.trim();
    if ON.iter().any(|w| text.eq_ignore_ascii_case(w)) {
        Some(true)
    } else if OFF.iter().any(|w| text.eq_ignore_ascii_case(w)) {
        Some(false)
    } else {
        None
    }
}
