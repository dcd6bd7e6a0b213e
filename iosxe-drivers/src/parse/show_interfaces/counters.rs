//! The lines of counters: `0 runts, 0 giants, 0 throttles`.

use serde::{Deserialize, Serialize};

use super::super::ParseError;
use super::super::cursor::Line;

macro_rules! counters {
    ($($(#[$meta:meta])* $name:ident = $($label:literal)|+;)*) => {
        /// Counters of an interface; which of them exist depends on its hardware.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Counters {
            /// Packets in.
            pub input_packets: Option<u64>,
            /// Bytes in.
            pub input_bytes: Option<u64>,
            /// Broadcasts in.
            pub input_broadcasts: Option<u64>,
            /// Multicasts in, out of the line of broadcasts.
            pub input_multicasts: Option<u64>,
            /// Packets out.
            pub output_packets: Option<u64>,
            /// Bytes out.
            pub output_bytes: Option<u64>,
            /// Broadcasts out.
            pub output_broadcasts: Option<u64>,
            /// Multicasts out.
            pub output_multicasts: Option<u64>,
            $($(#[$meta])* pub $name: Option<u64>,)*
        }

        const LABELS: &[&str] = &["packets input", "packets output", "bytes" $($(, $label)+)*];

        impl Counters {
            fn slot(&mut self, label: &str) -> Option<&mut Option<u64>> {
                match label {
                    $($($label)|+ => Some(&mut self.$name),)*
                    _ => None,
                }
            }
        }
    };
}

counters! {
    /// Packets lost for want of a buffer.
    no_buffer = "no buffer";
    /// Frames that are too short.
    runts = "runts";
    /// Frames that are too long.
    giants = "giants";
    /// Times the receiver was switched off.
    throttles = "throttles";
    /// Sum of all errors in.
    input_errors = "input errors";
    /// Frames with a wrong checksum.
    crc = "CRC";
    /// Frames with a wrong length.
    frame = "frame";
    /// Frames that came too fast.
    overrun = "overrun";
    /// Frames that found no buffer in the hardware.
    ignored = "ignored";
    /// Aborted frames of a serial line.
    abort = "abort";
    /// Times the watchdog fired.
    watchdog = "watchdog";
    /// Multicasts in, as the hardware counts them.
    multicast = "multicast";
    /// Pause frames in.
    pause_input = "pause input";
    /// Frames slightly too long.
    dribble = "input packets with dribble condition detected";
    /// Frames sent too late.
    underruns = "underruns";
    /// Sum of all errors out.
    output_errors = "output errors";
    /// Collisions.
    collisions = "collisions";
    /// Times the interface was reset.
    interface_resets = "interface resets";
    /// Packets of a protocol that nobody serves.
    unknown_protocol_drops = "unknown protocol drops";
    /// Transmitter stuck.
    babbles = "babbles";
    /// Collisions after the first 64 bytes.
    late_collisions = "late collision" | "late collisions";
    /// Frames that waited for the medium.
    deferred = "deferred";
    /// Carrier lost while sending.
    lost_carrier = "lost carrier";
    /// Carrier missing while sending.
    no_carrier = "no carrier";
    /// Pause frames out.
    pause_output = "pause output" | "PAUSE output";
    /// Times no output buffer was free.
    output_buffer_failures = "output buffer failures";
    /// Output buffers moved to slower memory: the last line of every interface.
    output_buffers_swapped_out = "output buffers swapped out";
    /// Changes of the carrier of a serial line.
    carrier_transitions = "carrier transitions";
}

/// Reads a line of counters. `false` when it holds none, or one that has no name here.
///
/// # Errors
/// When a number is too large, or the line ends inside the name of a counter.
pub(super) fn read(into: &mut Counters, line: Line<'_>) -> Result<bool, ParseError> {
    let mut outbound = false;
    let mut known = true;
    for part in line.body().split(',') {
        let part = part.trim();
        let digits = part
            .bytes()
            .position(|b| !b.is_ascii_digit())
            .unwrap_or(part.len());
        let (number, label) = part.split_at_checked(digits).unwrap_or((part, ""));
        if number.is_empty() {
            return Ok(false);
        }
        let label = label.trim_start();
        let slot = match label {
            "packets input" => &mut into.input_packets,
            "packets output" => {
                outbound = true;
                &mut into.output_packets
            }
            "bytes" if outbound => &mut into.output_bytes,
            "bytes" => &mut into.input_bytes,
            _ => match into.slot(label) {
                Some(slot) => slot,
                None => {
                    if LABELS.iter().any(|whole| whole.starts_with(label)) {
                        return Err(line.bad(part, "a number and the name of a counter"));
                    }
                    known = false;
                    continue;
                }
            },
        };
        *slot = Some(line.number(number)?);
    }
    Ok(known)
}

/// `Received 4173 broadcasts (0 IP multicasts)`, in old releases
/// `Received 4173 broadcasts, 0 runts, 0 giants, 0 throttles`.
///
/// # Errors
/// When a number is too large.
pub(super) fn broadcasts(
    into: &mut Counters,
    line: Line<'_>,
    rest: &str,
    outbound: bool,
) -> Result<bool, ParseError> {
    let Some((count, rest)) = rest.split_once(" broadcasts") else {
        return Ok(false);
    };
    let count = Some(line.number(count)?);
    let multicasts = match rest.trim().strip_prefix('(') {
        Some(rest) => {
            let Some(inner) = rest.strip_suffix(')') else {
                return Err(line.bad(rest, "`(… multicasts)`"));
            };
            let (count, _) = inner.split_once(' ').unwrap_or((inner, ""));
            Some(line.number(count)?)
        }
        None => {
            if let Some(more) = rest.strip_prefix(',') {
                into.input_broadcasts = count;
                return read(into, line.part(more));
            }
            None
        }
    };
    if outbound {
        into.output_broadcasts = count;
        into.output_multicasts = multicasts;
    } else {
        into.input_broadcasts = count;
        into.input_multicasts = multicasts;
    }
    Ok(true)
}
