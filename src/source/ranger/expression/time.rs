//! The times of the little language.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// A time of day and place; without a zone it is the service's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Civil {
    at: DateTime,
    zone: Option<TimeZone>,
}

impl Civil {
    /// `yyyy/MM/dd`, with ` HH:mm` or ` HH:mm:ss`. A zone that nobody knows is no time at all.
    pub fn read(text: &str, zone: Option<&str>) -> Option<Self> {
        let (day, time) = match text.trim().split_once(' ') {
            Some((day, time)) => (day, clock(time.trim())?),
            None => (text.trim(), Time::midnight()),
        };
        let zone = zone.map(TimeZone::get).transpose().ok()?;
        Some(Self {
            at: date(day, '/')?.to_datetime(time),
            zone,
        })
    }

    pub fn instant(&self, otherwise: &TimeZone) -> Option<Timestamp> {
        let zone = self.zone.as_ref().unwrap_or(otherwise);
        zone.to_timestamp(self.at).ok()
    }
}

/// The time in a tag's attribute, in UTC: `yyyy-MM-dd'T'HH:mm:ss.SSS'Z'` or `yyyy/MM/dd`; what comes after is not looked at.
pub(in crate::source::ranger) fn tag_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let full = text
        .split_once('T')
        .and_then(|(day, time)| Some(date(day, '-')?.to_datetime(clock(time.split_once('Z')?.0)?)));
    let at = full.or_else(|| Some(leading_date(text)?.to_datetime(Time::midnight())))?;
    TimeZone::UTC.to_timestamp(at).ok()
}

/// `yyyy/MM/dd` at the beginning.
fn leading_date(text: &str) -> Option<Date> {
    let end = text
        .find(|c: char| c != '/' && !c.is_ascii_digit())
        .unwrap_or(text.len());
    date(text.get(..end)?, '/')
}

fn date(text: &str, separator: char) -> Option<Date> {
    let mut parts = text.split(separator).map(|part| part.parse::<i16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `HH:mm[:ss[.SSS]]`.
fn clock(text: &str) -> Option<Time> {
    let (text, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = text.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    let millis: i32 = fraction.parse().ok()?;
    Time::new(hour, minute, second, millis.checked_mul(1_000_000)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_tags_are_utc_and_read_from_their_beginning() {
        let time = |text: &str| tag_time(text).map(|at| at.to_string());
        assert_eq!(time("2015/08/10").unwrap(), "2015-08-10T00:00:00Z");
        assert_eq!(
            time("2015/08/10T15:05:15.000Z").unwrap(),
            "2015-08-10T00:00:00Z"
        );
        assert_eq!(
            time("2099-12-31T15:05:15.000Z").unwrap(),
            "2099-12-31T15:05:15Z"
        );
        assert_eq!(time("soon"), None);
        assert_eq!(time("2015/13/10"), None);
    }
}
