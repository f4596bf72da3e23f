//! A stretch of time that comes again: from each scheduled minute on, for an interval.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::{BadSchedule, search};
use crate::source::ranger::document;

/// The years that Ranger accepts.
pub(super) const YEARS: (i16, i16) = (2017, 2100);

/// Longer intervals are refused: every day of one may have to be looked at.
const MOST_DAYS: i64 = 3_660;

/// When a stretch begins, and how long it lasts.
#[derive(Debug, Clone)]
pub(super) struct Recurrence {
    pub minutes: Numbers,
    pub hours: Numbers,
    pub days_of_month: Option<Numbers>,
    /// 1 is Sunday.
    pub days_of_week: Option<Numbers>,
    pub months: Numbers,
    years: Numbers,
    /// Also those outside the schedule's start and end.
    pub all_years: Numbers,
    interval: Span,
    days: i64,
}

/// Ranges, both ends included.
#[derive(Debug, Clone)]
pub(super) struct Numbers(Vec<(i16, i16)>);

impl Recurrence {
    /// `years` are those of the schedule's start and end.
    pub fn compile(
        written: &document::Recurrence,
        years: (Option<i16>, Option<i16>),
    ) -> Result<Self, BadSchedule> {
        let (Some(starts), Some(interval)) = (&written.schedule, &written.interval) else {
            return Err(BadSchedule("recurrences"));
        };
        let days_of_month = optional(&starts.day_of_month, "dayOfMonth", (1, 31))?;
        let days_of_week = optional(&starts.day_of_week, "dayOfWeek", (1, 7))?;
        if days_of_month.is_none() && days_of_week.is_none() {
            return Err(BadSchedule("dayOfMonth"));
        }
        let within = (years.0.unwrap_or(YEARS.0), years.1.unwrap_or(YEARS.1));
        let required =
            |text: &str, field, bounds| optional(text, field, bounds)?.ok_or(BadSchedule(field));
        Ok(Self {
            minutes: required(&starts.minute, "minute", (0, 59))?,
            hours: required(&starts.hour, "hour", (0, 23))?,
            days_of_month,
            days_of_week,
            months: required(&starts.month, "month", (1, 12))?,
            all_years: required(&starts.year, "year", YEARS)?,
            years: required(&starts.year, "year", within)?,
            interval: length(interval)?,
            days: interval.days,
        })
    }

    /// Whether `at` lies in a stretch, both ends included.
    pub fn holds(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let now = zone.to_datetime(at);
        let mut day = now.date();
        // A stretch of less than a day may have begun the day before; one more for clocks that change.
        for back in 0..=self.days + 2 {
            if self.has_day(day)
                && let Some(start) = self.last_start(day, (back == 0).then_some(now))
            {
                return start.checked_add(self.interval).is_ok_and(|end| now <= end);
            }
            let Ok(before) = day.yesterday() else {
                return false;
            };
            day = before;
        }
        false
    }

    /// Whether Ranger's search finds a stretch that `at` lies in.
    pub fn holds_in_ranger(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let now = zone.to_datetime(at);
        search::last_start(self, now).is_some_and(|start| {
            let end = start.checked_add(self.interval);
            start <= now && end.is_ok_and(|end| now <= end)
        })
    }

    fn has_day(&self, day: Date) -> bool {
        let has = |numbers: &Option<Numbers>, number: i8| {
            numbers.as_ref().is_some_and(|list| list.has(number.into()))
        };
        let weekday = day.weekday().to_sunday_one_offset();
        (has(&self.days_of_month, day.day()) || has(&self.days_of_week, weekday))
            && self.months.has(day.month().into())
            && self.years.has(day.year())
    }

    /// The last start of a day, or the last until a time of it.
    fn last_start(&self, day: Date, until: Option<DateTime>) -> Option<DateTime> {
        let mut starts = (0..24_i8)
            .rev()
            .filter(|hour| self.hours.has((*hour).into()))
            .flat_map(|hour| {
                let minutes = (0..60_i8)
                    .rev()
                    .filter(|minute| self.minutes.has((*minute).into()));
                minutes.map(move |minute| day.at(hour, minute, 0, 0))
            });
        starts.find(|start| until.is_none_or(|until| *start <= until))
    }
}

fn length(interval: &document::Interval) -> Result<Span, BadSchedule> {
    let (days, hours, minutes) = (interval.days, interval.hours, interval.minutes);
    let good = (0..=MOST_DAYS).contains(&days)
        && (0..24).contains(&hours)
        && (0..60).contains(&minutes)
        && (days, hours, minutes) != (0, 0, 0);
    if good {
        Ok(days.days().hours(hours).minutes(minutes))
    } else {
        Err(BadSchedule("interval"))
    }
}

fn optional(
    text: &str,
    field: &'static str,
    bounds: (i16, i16),
) -> Result<Option<Numbers>, BadSchedule> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let ranges = parts.map(|part| range(part, bounds).ok_or(BadSchedule(field)));
    let ranges = ranges.collect::<Result<Vec<_>, _>>()?;
    Ok((!ranges.is_empty()).then_some(Numbers(ranges)))
}

/// `5`, `1-5`, `*`, `*-5`.
fn range(text: &str, (least, most): (i16, i16)) -> Option<(i16, i16)> {
    let number = |text: &str, star| match text.trim() {
        "*" => Some(star),
        text => text.parse().ok(),
    };
    let inside = |number: i16| (least..=most).contains(&number);
    // Of a range of years one end may lie outside.
    let one_inside = least >= YEARS.0;
    match text.split_once('-') {
        None if text == "*" => Some((least, most)),
        None => number(text, least)
            .map(|one| (one, one))
            .filter(|(one, _)| inside(*one)),
        Some((from, until)) => {
            let (from, until) = (number(from, least)?, number(until, most)?);
            let fits = if one_inside {
                inside(from) || inside(until)
            } else {
                inside(from) && inside(until)
            };
            (from < until && fits).then_some((from, until))
        }
    }
}

impl Numbers {
    pub fn has(&self, number: i16) -> bool {
        self.0
            .iter()
            .any(|(from, until)| (*from..=*until).contains(&number))
    }
}
