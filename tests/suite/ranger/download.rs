//! A real download: the policies that Apache Kyuubi tests its plug-in with.

use sqlsec::source::ranger::document::{ServicePolicies, ServiceTags};
use sqlsec::source::ranger::{Access, Context, Documents, Filter, Mask, Options, Request, Service};

use super::engine::{now, of};
use super::{folder, json as read};

#[test]
fn a_real_download_loads_and_decides() {
    let Some(folder) = folder("download") else {
        return;
    };
    let documents = Documents {
        policies: of::<ServicePolicies>(&read(&folder.join("sparkSql_hive_jenkins.json"))),
        tags: Some(ServiceTags::default()),
        ..Documents::default()
    };
    let service = Service::load(&documents, Options::default()).expect("a service");
    for note in service.notes() {
        println!("note: policy {}: {}", note.policy, note.message);
    }
    assert_eq!(service.name(), "hive_jenkins");
    let (select, context) = (Access::Type("select".into()), Context::default());
    for user in ["bob", "perm_view_user", "admin", "stranger"] {
        let subject = service.subject(user, &[]);
        let table = service.resource([("database", "default"), ("table", "src")]);
        let request = Request::new(&table, &select, now(), &context);
        println!("{user}: filter {:?}", subject.filter(&request));
        for column in ["key", "value1", "value2", "value3", "value4", "value5"] {
            let column = service.resource([
                ("database", "default"),
                ("table", "src"),
                ("column", column),
            ]);
            let request = Request::new(&column, &select, now(), &context);
            println!(
                "  {:?}: {:?}, {:?}",
                request.resource.owner,
                subject.access(&request),
                subject.mask(&request)
            );
        }
    }
    let bob = service.subject("bob", &[]);
    let table = service.resource([("database", "default"), ("table", "src")]);
    assert!(matches!(
        bob.filter(&Request::new(&table, &select, now(), &context)),
        Filter::Rows { .. }
    ));
    let column = service.resource([
        ("database", "default"),
        ("table", "src"),
        ("column", "value1"),
    ]);
    assert!(matches!(
        bob.mask(&Request::new(&column, &select, now(), &context)),
        Mask::Masked { .. }
    ));
}
