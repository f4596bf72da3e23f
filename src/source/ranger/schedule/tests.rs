//! Schedules by example.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;

fn schedules(json: &str) -> Result<Schedules, BadSchedule> {
    let written: Vec<document::Schedule> = serde_json::from_str(json).unwrap();
    Schedules::compile(&written)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn both_ends_belong_to_it_and_the_zone_is_its_own() {
    let one = schedules(
        r#"[{"startTime":"2026/01/31 08:00:00","endTime":"2026/01/31 09:00:00","timeZone":"Asia/Shanghai"}]"#,
    )
    .unwrap();
    for (time, holds) in [
        ("2026-01-30T23:59:59Z", false),
        ("2026-01-31T00:00:00Z", true),
        ("2026-01-31T01:00:00Z", true),
        ("2026-01-31T01:00:01Z", false),
    ] {
        assert_eq!(one.hold(at(time), &TimeZone::UTC), holds, "{time}");
    }
}

#[test]
fn a_recurrence_holds_from_each_start_for_its_interval() {
    let nights = schedules(
        r#"[{"recurrences":[{"schedule":{"minute":"30","hour":"22","dayOfWeek":"6","month":"*","year":"*"},"interval":{"hours":8}}]}]"#,
    )
    .unwrap();
    // 2026-01-30 is a Friday, the sixth day where Sunday is the first.
    for (time, holds) in [
        ("2026-01-30T22:29:59Z", false),
        ("2026-01-30T22:30:00Z", true),
        ("2026-01-31T06:30:00Z", true),
        ("2026-01-31T06:30:01Z", false),
        ("2026-01-31T22:45:00Z", false),
    ] {
        assert_eq!(nights.hold(at(time), &TimeZone::UTC), holds, "{time}");
    }
}

#[test]
fn a_schedule_that_cannot_be_read_is_an_error_and_names_its_field() {
    for (json, field) in [
        ("[{}]", "startTime"),
        (r#"[{"startTime":"soon"}]"#, "startTime"),
        (r#"[{"endTime":"2026/02/30 00:00:00"}]"#, "endTime"),
        (
            r#"[{"startTime":"2026/01/02 00:00:00","endTime":"2026/01/01 00:00:00"}]"#,
            "endTime",
        ),
        (
            r#"[{"startTime":"2026/01/02 00:00:00","timeZone":"Asia/Atlantis"}]"#,
            "timeZone",
        ),
        (
            r#"[{"recurrences":[{"interval":{"minutes":5}}]}]"#,
            "recurrences",
        ),
        (
            r#"[{"recurrences":[{"schedule":{"minute":"60","hour":"1","dayOfMonth":"1","month":"1","year":"*"},"interval":{"minutes":5}}]}]"#,
            "minute",
        ),
        (
            r#"[{"recurrences":[{"schedule":{"minute":"1","hour":"1","month":"1","year":"*"},"interval":{"minutes":5}}]}]"#,
            "dayOfMonth",
        ),
        (
            r#"[{"recurrences":[{"schedule":{"minute":"1","hour":"1","dayOfMonth":"1","month":"1","year":"*"},"interval":{"days":-1}}]}]"#,
            "interval",
        ),
    ] {
        assert_eq!(schedules(json).unwrap_err(), BadSchedule(field), "{json}");
    }
}
