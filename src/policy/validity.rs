//! When a rule holds.

use std::time::SystemTime;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::document::Valid;

/// `from <= now < until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Validity {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// Which field cannot be read, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadTime {
    pub field: &'static str,
    pub message: String,
}

impl Validity {
    /// Reads the times of a rule. Time zones come from the database that is compiled in, not from the machine.
    pub fn compile(valid: &Valid) -> Result<Self, BadTime> {
        let zone = match &valid.tz {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| BadTime {
                field: "tz",
                message: format!("time zone `{name}` is unknown"),
            })?,
        };
        let read = |field, text: &Option<String>, end_of_day| {
            let instant = text.as_deref().map(|text| {
                instant(text, &zone, end_of_day).ok_or_else(|| BadTime {
                    field,
                    message: format!(
                        "`{text}` is no time: write 2026-01-31 or 2026-01-31T08:00:00, with an offset if need be"
                    ),
                })
            });
            instant.transpose()
        };
        let validity = Self {
            from: read("from", &valid.from, false)?,
            until: read("until", &valid.until, true)?,
        };
        match (validity.from, validity.until) {
            (Some(from), Some(until)) if until <= from => Err(BadTime {
                field: "until",
                message: "`until` is not after `from`: the rule never holds".into(),
            }),
            _ => Ok(validity),
        }
    }

    /// When it begins and when it ends.
    pub fn turns(self) -> impl Iterator<Item = Timestamp> {
        self.from.into_iter().chain(self.until)
    }

    /// Whether it held once and never will again.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether the rule holds.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

fn instant(text: &str, zone: &TimeZone, end_of_day: bool) -> Option<Timestamp> {
    // jiff would read an annotation such as `[Europe/Berlin]` and a civil time would drop it.
    if text.contains('[') {
        return None;
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let civil = if text.len() == 10 {
        let day: Date = text.parse().ok()?;
        let day = if end_of_day {
            day.checked_add(1.day()).ok()?
        } else {
            day
        };
        day.at(0, 0, 0, 0)
    } else {
        text.parse::<DateTime>().ok()?
    };
    zone.to_timestamp(civil).ok()
}

/// A moment as rules write it, in UTC where it has no offset; of a day alone its first.
pub(crate) fn moment(text: &str) -> Option<SystemTime> {
    SystemTime::try_from(instant(text, &TimeZone::UTC, false)?).ok()
}

/// The clock of the caller, where it can be one.
pub(super) fn timestamp(now: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(from: &str, until: &str, tz: &str) -> Result<Validity, BadTime> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Validity::compile(&Valid {
            from: some(from),
            until: some(until),
            tz: some(tz),
        })
    }

    #[test]
    fn from_is_in_and_until_is_out() {
        let holds = |validity: Validity, now: &str| validity.holds(now.parse().unwrap());
        let day = valid("2026-01-31", "2026-01-31", "").unwrap();
        assert!(holds(day, "2026-01-31T00:00:00Z") && holds(day, "2026-01-31T23:59:59Z"));
        assert!(!holds(day, "2026-01-30T23:59:59Z") && !holds(day, "2026-02-01T00:00:00Z"));
        let shanghai = valid(
            "2026-01-31T08:00:00",
            "2026-01-31T09:00:00",
            "Asia/Shanghai",
        )
        .unwrap();
        assert!(
            holds(shanghai, "2026-01-31T00:00:00Z") && !holds(shanghai, "2026-01-31T01:00:00Z")
        );
        let offset = valid("2026-01-31T08:00:00+08:00", "", "America/New_York").unwrap();
        assert!(holds(offset, "2026-01-31T00:00:00Z") && !holds(offset, "2026-01-30T23:59:59Z"));
        assert!(holds(Validity::default(), "1970-01-01T00:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert_eq!(valid("soon", "", "").unwrap_err().field, "from");
        assert_eq!(valid("", "2026-02-30", "").unwrap_err().field, "until");
        assert_eq!(valid("", "", "Asia/Atlantis").unwrap_err().field, "tz");
        assert_eq!(
            valid("2026-02-01", "2026-01-01", "").unwrap_err().field,
            "until"
        );
        assert_eq!(
            valid("2026-01-31T08:00:00[Asia/Shanghai]", "", "")
                .unwrap_err()
                .field,
            "from"
        );
    }
}
