//! Where this engine decides otherwise than Ranger's on its own test files, and why. A case that differs and is not here fails, and so does one
//! that is here and differs no longer.

/// File, case, reason.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "test_policyengine_kafka.json",
        "0 access: Any topic Consume access for user3",
        PREFIX,
    ),
    (
        "test_policyengine_kafka.json",
        "1 access: Any consumergroup consume access for user1",
        PREFIX,
    ),
    ("tests_authz.json", "ds1-r-user select mydb/tbl_ds1", SHARES),
    (
        "tests_authz.json",
        "ds1-r-user select,update mydb/tbl_ds1",
        SHARES,
    ),
    ("tests_authz.json", "ds2-r-user select mydb/tbl_ds2", SHARES),
    (
        "tests_authz.json",
        "ds2-r-user select,update mydb/tbl_ds2",
        SHARES,
    ),
    (
        "tests_authz.json",
        "ds3-r-user select mydb/tbl_ds3 col1,col2,col3",
        SHARES,
    ),
];

/// RANGER.md §2.15: its masks and filters come with what it allows, so leaving it out denies more, never less.
const SHARES: &str = "allowed by a data share (GDS), which is not evaluated";

/// Nothing that this product asks needs it, and it can only allow more.
const PREFIX: &str = "a request may ask with `resourceElementMatchingScopes` for what a value is the beginning of: not done";

/// Why a case differs.
pub fn reason(file: &str, case: &str) -> Option<&'static str> {
    let mut known = KNOWN.iter();
    known
        .find(|(own, name, _)| *own == file && *name == case)
        .map(|(_, _, reason)| *reason)
}

/// The cases of a file that differ.
pub fn of(file: &str) -> impl Iterator<Item = &'static str> {
    let known = KNOWN.iter().filter(move |(own, _, _)| *own == file);
    known.map(|(_, name, _)| *name)
}
