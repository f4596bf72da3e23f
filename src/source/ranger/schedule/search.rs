//! The start that Ranger's own search finds for a recurrence: it borrows from field to field as in a subtraction, and can miss the last start, or find one that is none.
//!
//! In: a recurrence and the time of the server's clock. Out: what Ranger takes for the last start, so that a decision that hangs on the difference
//! can be told to be uncertain.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::recurrence::{Numbers, Recurrence, YEARS};

/// Every month of two years: a day of the month that none of them has is never found.
const MONTHS: usize = 24;

/// A value, and whether the next larger field is one less.
#[derive(Debug, Clone, Copy)]
struct Past {
    value: i16,
    borrow: bool,
}

/// `None` where Ranger gives up: the recurrence does not hold then.
pub(super) fn last_start(recurrence: &Recurrence, now: DateTime) -> Option<DateTime> {
    let minute = past(Some(&recurrence.minutes), (0, 59), now.minute().into(), 59)?;
    let hour = i16::from(now.hour()) - i16::from(minute.borrow);
    let hour = past(Some(&recurrence.hours), (0, 23), hour, 23)?;
    let by_month = match &recurrence.days_of_month {
        Some(days) => Some(filled(recurrence, day_of_month(days, now, hour.borrow)?)?),
        None => None,
    };
    let by_week = match &recurrence.days_of_week {
        Some(days) => Some(filled(recurrence, day_of_week(days, now, hour.borrow)?)?),
        None => None,
    };
    let day = by_month.max(by_week)?;
    let (hour, minute) = (hour.value.try_into().ok()?, minute.value.try_into().ok()?);
    Some(day.at(hour, minute, 0, 0))
}

/// The value of a field that was last, from `value` down; below the least one it goes on at `wrap`.
fn past(
    list: Option<&Numbers>,
    (least, most): (i16, i16),
    mut value: i16,
    wrap: i16,
) -> Option<Past> {
    let list = list?;
    let mut borrow = false;
    for _ in least..=most {
        if value < least {
            value = wrap;
            borrow = true;
        }
        if list.has(value) {
            return Some(Past { value, borrow });
        }
        value -= 1;
    }
    None
}

fn day_of_month(days: &Numbers, now: DateTime, borrow: bool) -> Option<Date> {
    let mut day = now.date();
    if borrow {
        let before = day.yesterday().ok()?;
        // Within a month Ranger stays on the day.
        if before.month() != day.month() {
            day = before;
        }
    }
    for _ in 0..MONTHS {
        let month_before = day.first_of_month().yesterday().ok()?;
        let wrap = month_before.days_in_month();
        if let Some(found) = past(Some(days), (1, 31), day.day().into(), wrap.into()) {
            let month = if found.borrow { month_before } else { day };
            return rolled(month.first_of_month(), found.value);
        }
        day = day.checked_sub(1.month()).ok()?;
    }
    None
}

fn day_of_week(days: &Numbers, now: DateTime, borrow: bool) -> Option<Date> {
    let today = i16::from(now.date().weekday().to_sunday_one_offset());
    let found = past(Some(days), (1, 7), today - i16::from(borrow), 7)?;
    let apart = today - found.value;
    let back = match found.borrow {
        false => apart,
        true if apart == i16::from(borrow) => apart,
        true => 7 + apart,
    };
    now.date().checked_sub(i64::from(back).days()).ok()
}

/// In the last month and year that the recurrence names, on the same day of the month.
fn filled(recurrence: &Recurrence, day: Date) -> Option<Date> {
    let month = past(Some(&recurrence.months), (1, 12), day.month().into(), 12)?;
    let year = day.year() - i16::from(month.borrow);
    let year = past(Some(&recurrence.all_years), YEARS, year, YEARS.1)?;
    let first = Date::new(year.value, month.value.try_into().ok()?, 1).ok()?;
    rolled(first, day.day().into())
}

/// A day that the month does not have lies in the next one.
fn rolled(first: Date, day: i16) -> Option<Date> {
    first.checked_add((i64::from(day) - 1).days()).ok()
}
