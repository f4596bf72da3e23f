//! Scripts in a ZIP archive. Names of members are labels: nothing is unpacked to a disk.
//!
//! Invariant: of a member no more is unpacked than a script may be long, of an archive no more than [`UNPACKED`].

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use super::estate::{Estate, Visit, unreadable};
use crate::report::{Obstacle, ObstacleCode, Place};

/// So much of an archive is unpacked.
const UNPACKED: u64 = 4 << 30;
/// So many members are looked at.
const MEMBERS: usize = 1_000_000;

/// All `.sql` members, by name; `below` is the archive's own path below the one that was named.
pub(super) fn read(path: &Path, below: &str, visit: &mut Visit<'_>) {
    let opened = File::open(path).map_err(|e| unreadable(&e));
    let archive = opened.and_then(|file| {
        ZipArchive::new(BufReader::new(file))
            .map_err(|e| Obstacle::new(ObstacleCode::Broken, e.to_string()))
    });
    let mut archive = match archive {
        Ok(archive) => archive,
        Err(obstacle) => return visit.broken(path, None, below, obstacle),
    };
    if archive.len() > MEMBERS {
        let obstacle = Obstacle::new(
            ObstacleCode::TooLarge,
            format!("it has more than {MEMBERS} members"),
        );
        return visit.broken(path, None, below, obstacle);
    }
    let mut members: Vec<(String, usize)> = (0..archive.len())
        .filter_map(|index| {
            // A member whose name cannot be read may be a script.
            let name = archive.name_for_index(index)?.map(|name| name.into_owned());
            Some((
                name.unwrap_or_else(|_| format!("member-{index}.sql")),
                index,
            ))
        })
        .filter(|(name, _)| name.to_ascii_lowercase().ends_with(".sql"))
        .collect();
    members.sort_unstable();
    let mut left = UNPACKED;
    for (name, index) in members {
        if !visit.is_open() {
            return;
        }
        if left == 0 {
            let obstacle = Obstacle::new(
                ObstacleCode::TooLarge,
                format!("it unpacks to more than {UNPACKED} bytes"),
            );
            return visit.broken(path, Some(name), below, obstacle);
        }
        let text = match archive.by_index(index) {
            Ok(member) => Estate::script(member.take(left)),
            Err(error) => Err(unreadable(&error)),
        };
        left = left.saturating_sub(text.as_ref().map_or(1, |text| text.len().max(1) as u64));
        let place = Place {
            file: path.display().to_string(),
            part: Some(name.clone()),
        };
        visit.found(&format!("{below}{}", label(&name)), place, text);
    }
}

/// The name of a member as a path below something: without a root, without steps up.
fn label(name: &str) -> String {
    let steps = name.split(['/', '\\']);
    let steps: Vec<&str> = steps.filter(|s| !matches!(*s, "" | "." | "..")).collect();
    steps.join("/")
}
