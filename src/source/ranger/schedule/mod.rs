//! When a policy or a tag holds (RANGER.md §2.11).
//!
//! In: schedules as written. Out: whether one of them holds at a time. A schedule that cannot be read is an error: what it was meant to limit is
//! not usable, and the caller closes it.

mod recurrence;
mod search;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::document;
use super::facts::Facts;
use super::options::Mode;
use recurrence::Recurrence;

/// The field of a schedule that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` of its validity schedule cannot be read")]
pub struct BadSchedule(pub(super) &'static str);

/// Some schedules, of which one must hold; always where there is none.
#[derive(Debug, Clone, Default)]
pub struct Schedules(Vec<One>);

#[derive(Debug, Clone)]
struct One {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    recurrences: Vec<Recurrence>,
}

impl Schedules {
    /// Reads schedules.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn compile(written: &[document::Schedule]) -> Result<Self, BadSchedule> {
        written
            .iter()
            .map(One::compile)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether one holds at `at`; recurrences are read in `zone`.
    #[must_use]
    pub fn hold(&self, at: Timestamp, zone: &TimeZone) -> bool {
        self.0.is_empty() || self.0.iter().any(|one| one.holds(at, zone))
    }

    /// Whether one holds for a decision; `None` where Ranger's own search for the start of a recurrence comes to another answer, because it
    /// missed one or found one that is none.
    pub(super) fn decide(&self, facts: &Facts<'_>) -> Option<bool> {
        if self.0.is_empty() {
            return Some(true);
        }
        let mut all = self.0.iter();
        let in_ranger = all.any(|one| {
            one.bounds(facts.at)
                && one.recur(|recurrence| recurrence.holds_in_ranger(facts.at, facts.zone))
        });
        match facts.mode {
            Mode::LikeRanger => Some(in_ranger),
            Mode::Closed if in_ranger == self.hold(facts.at, facts.zone) => Some(in_ranger),
            Mode::Closed => None,
        }
    }

    /// Whether this holds at all times.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }
}

impl One {
    fn compile(written: &document::Schedule) -> Result<Self, BadSchedule> {
        let empty = written.start_time.is_empty()
            && written.end_time.is_empty()
            && written.recurrences.is_empty();
        if empty {
            return Err(BadSchedule("startTime"));
        }
        let zone = match written.time_zone.trim() {
            "" => TimeZone::UTC,
            name => TimeZone::get(name).map_err(|_| BadSchedule("timeZone"))?,
        };
        let start = instant(&written.start_time, &zone, "startTime")?;
        let end = instant(&written.end_time, &zone, "endTime")?;
        if start.zip(end).is_some_and(|(start, end)| end <= start) {
            return Err(BadSchedule("endTime"));
        }
        let years = (year(start, &zone), year(end, &zone));
        let recurrences = written.recurrences.iter();
        Ok(Self {
            start,
            end,
            recurrences: recurrences
                .map(|one| Recurrence::compile(one, years))
                .collect::<Result<_, _>>()?,
        })
    }

    fn holds(&self, at: Timestamp, zone: &TimeZone) -> bool {
        self.bounds(at) && self.recur(|recurrence| recurrence.holds(at, zone))
    }

    fn bounds(&self, at: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= at) && self.end.is_none_or(|end| at <= end)
    }

    fn recur(&self, holds: impl Fn(&Recurrence) -> bool) -> bool {
        self.recurrences.is_empty() || self.recurrences.iter().any(holds)
    }
}

fn instant(
    text: &str,
    zone: &TimeZone,
    field: &'static str,
) -> Result<Option<Timestamp>, BadSchedule> {
    if text.is_empty() {
        return Ok(None);
    }
    let time = strtime::parse("%Y/%m/%d %H:%M:%S", text.trim()).and_then(|time| time.to_datetime());
    let read = |time: DateTime| zone.to_timestamp(time);
    time.and_then(read)
        .map(Some)
        .map_err(|_| BadSchedule(field))
}

fn year(at: Option<Timestamp>, zone: &TimeZone) -> Option<i16> {
    at.map(|at| zone.to_datetime(at).year())
}
