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
    (
        "test_aclprovider_default.json",
        "partial-deny-test: user user2: select",
        FOLDED,
    ),
    (
        "test_aclprovider_default.json",
        "conditions-in-some-exceptions-test: user john: update",
        TAKEN,
    ),
    (
        "test_aclprovider_resource_hierarchy_tags.json",
        "column: order.customer.address: user test-user: select",
        FOLDED,
    ),
    (
        "test_aclprovider_resource_hierarchy_tags.json",
        "column: order.customer.address: user test-user: dataMasks",
        ORDER,
    ),
];

/// RANGER.md §2.15: its masks and filters come with what it allows, so leaving it out denies more, never less.
const SHARES: &str = "allowed by a data share (GDS), which is not evaluated";

/// Nothing that this product asks needs it, and it can only allow more.
const PREFIX: &str = "a request may ask with `resourceElementMatchingScopes` for what a value is the beginning of: not done";

/// The answer is the same.
const FOLDED: &str =
    "two policies say the same, and a list names the other of them than a request is answered with";

/// The answer is the same.
const TAKEN: &str = "what an allow exception takes away is listed as denied by that policy: asked for, it is denied because nothing allows it";

/// `policyengine/tags` has the same document with requests: there Ranger answers as this engine does.
const ORDER: &str = "a list names the mask of the tag above the resource first; a request gets that of the tag on the resource itself";

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
