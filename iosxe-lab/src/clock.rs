//! The lab's clock: simulated seconds that run `speed` times faster than wall time.
//!
//! It is the only place of the crate that reads or waits for time.

use std::time::{Duration, Instant};

use jiff::{Timestamp, tz::TimeZone};

/// Simulated time of one lab. All devices of a lab share it.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    epoch: Timestamp,
    speed: f64,
}

impl Clock {
    /// Starts the clock. `speed` is simulated seconds per second of wall time.
    pub(crate) fn start(speed: f64) -> Self {
        Clock {
            started: Instant::now(),
            epoch: Timestamp::now(),
            speed: speed.max(0.001),
        }
    }

    /// Simulated seconds since the lab started.
    pub(crate) fn now_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * self.speed
    }

    /// Wall time of this moment, RFC 3339 in UTC.
    pub(crate) fn wall(&self) -> String {
        Timestamp::now().to_string()
    }

    /// Waits `sim_s` simulated seconds.
    pub(crate) async fn sleep(&self, sim_s: f64) {
        if sim_s > 0.0 {
            tokio::time::sleep(Duration::from_secs_f64(sim_s / self.speed)).await;
        }
    }

    /// Waits until the simulated instant `at_s`.
    pub(crate) async fn sleep_until(&self, at_s: f64) {
        self.sleep(at_s - self.now_s()).await;
    }

    /// Waits in wall time, for what is no modelled duration (a slow link, an exec timeout's poll).
    pub(crate) async fn sleep_wall(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn zoned(&self, at_s: f64) -> jiff::Zoned {
        let ms = ms(at_s);
        let stamp = self
            .epoch
            .checked_add(jiff::SignedDuration::from_millis(ms))
            .unwrap_or(self.epoch);
        stamp.to_zoned(TimeZone::UTC)
    }

    /// `18:56:04.554 UTC Mon Oct 17 2016`, as `show clock` has it.
    pub(crate) fn show_clock(&self, at_s: f64) -> String {
        self.zoned(at_s)
            .strftime("%H:%M:%S.%3f UTC %a %b %-d %Y")
            .to_string()
    }

    /// `Wed Nov 06 17:18:32 UTC 2024`, as the install engine dates its lines.
    pub(crate) fn engine_date(&self, at_s: f64) -> String {
        self.zoned(at_s)
            .strftime("%a %b %d %H:%M:%S UTC %Y")
            .to_string()
    }

    /// `Nov 25 2016 19:32:53 +00:00`, as `dir` dates files.
    pub(crate) fn dir_date(&self, at_s: f64) -> String {
        self.zoned(at_s)
            .strftime("%b %-d %Y %H:%M:%S +00:00")
            .to_string()
    }

    /// `Jan 29 08:17:01.416`, as syslog lines begin.
    pub(crate) fn syslog_date(&self, at_s: f64) -> String {
        self.zoned(at_s).strftime("%b %e %H:%M:%S.%3f").to_string()
    }

    /// `17:19:32 UTC Wed Nov 6 2024`, as configuration headers have it.
    pub(crate) fn config_date(&self, at_s: f64) -> String {
        self.zoned(at_s)
            .strftime("%H:%M:%S UTC %a %b %-d %Y")
            .to_string()
    }

    /// `2021-11-02 06:50:44`, as the operation history has it.
    pub(crate) fn history_date(&self, at_s: f64) -> String {
        self.zoned(at_s).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `2025-07-01:07:30:06`, as the operations of an upgrade in service have it.
    pub(crate) fn issu_date(&self, at_s: f64) -> String {
        self.zoned(at_s).strftime("%Y-%m-%d:%H:%M:%S").to_string()
    }

    /// `20180430 19:13:51`, as the classic upgrade in service has it.
    pub(crate) fn compact_date(&self, at_s: f64) -> String {
        self.zoned(at_s).strftime("%Y%m%d %H:%M:%S").to_string()
    }

    /// `2021_11_02_06_50_44`, the first half of an operation's name.
    pub(crate) fn history_id(&self, at_s: f64) -> String {
        self.zoned(at_s).strftime("%Y_%m_%d_%H_%M_%S").to_string()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounds simulated seconds to milliseconds"
)]
fn ms(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

/// Whole seconds of a simulated span, never negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "spans of a lab are far below 2^53 and clamped at zero"
)]
pub(crate) fn whole(seconds: f64) -> u64 {
    seconds.max(0.0) as u64
}

/// `01:49:42`.
pub(crate) fn hms(seconds: f64) -> String {
    let s = whole(seconds);
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// `1 day, 3 hours, 43 minutes`, as uptimes are written.
pub(crate) fn uptime(seconds: f64) -> String {
    let minutes = whole(seconds) / 60;
    let parts = [
        (minutes / (60 * 24 * 7), "week"),
        (minutes / (60 * 24) % 7, "day"),
        (minutes / 60 % 24, "hour"),
        (minutes % 60, "minute"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(n, unit)| *n > 0 || (*unit == "minute" && minutes == 0))
        .map(|(n, unit)| format!("{n} {unit}{}", if *n == 1 { "" } else { "s" }))
        .collect();
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptimes_read_as_on_a_device() {
        assert_eq!(uptime(0.0), "0 minutes");
        assert_eq!(uptime(60.0), "1 minute");
        assert_eq!(
            uptime(3600.0 * 27.0 + 43.0 * 60.0),
            "1 day, 3 hours, 43 minutes"
        );
        assert_eq!(uptime(3600.0), "1 hour");
        assert_eq!(hms(6582.4), "01:49:42");
    }
}
