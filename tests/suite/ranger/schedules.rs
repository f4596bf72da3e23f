//! Validity schedules: whether they can be read, and whether they hold.

use serde_json::json;
use sqlsec::source::ranger::Schedules;
use sqlsec::source::ranger::document::Schedule;

use super::engine::{like_ranger, of, time};
use super::files;
use super::tally::{Tally, settle};

#[test]
fn schedules_hold_when_ranger_says_so() {
    let mut tallies = Vec::new();
    for (file, written) in files("validityscheduler") {
        let mut tally = Tally::new(&file);
        for (number, test) in written.as_array().expect("cases").iter().enumerate() {
            let schedules = Schedules::compile(&of::<Vec<Schedule>>(&test["validitySchedules"]));
            let at = time(test["accessTime"].as_str().expect("a time"));
            let valid = schedules.is_ok();
            let holds = schedules.is_ok_and(|schedules| schedules.hold(at, &like_ranger().zone));
            let wanted = &test["result"];
            let same = json!(valid) == wanted["isValid"] && json!(holds) == wanted["isApplicable"];
            let name = format!("{number} {}", test["name"].as_str().unwrap_or_default());
            tally.case(name, same, || {
                format!("valid {valid}, holds {holds}: {test}")
            });
        }
        tallies.push(tally);
    }
    settle(&tallies);
}
