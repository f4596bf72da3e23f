//! `man`: the manual pages, made from the same descriptions as `--help`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};

use super::args::Cli;
use super::failure::{Failure, Status};
use super::streams::Streams;

#[derive(Debug, Args)]
pub(super) struct ManPages {
    /// Where to write them; made where there is none.
    pub folder: PathBuf,
}

pub(super) fn run(args: &ManPages, streams: &mut Streams) -> Result<Status, Failure> {
    let folder = args.folder.display();
    let unwritable = |error| {
        let message = format!("cannot write to `{folder}`: {error}");
        Failure::new(Status::Usage, "output-unwritable", message)
    };
    let written = write(&args.folder).map_err(unwritable)?;
    streams.out(&format!("{written} pages in {folder}\n"))?;
    Ok(Status::Allowed)
}

/// A page for the program and one for each command, also those below commands: `sqlsec-policy-lint.1`.
fn write(folder: &Path) -> std::io::Result<usize> {
    fs::create_dir_all(folder)?;
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    let mut waiting = vec![all];
    let mut written = 0;
    while let Some(command) = waiting.pop() {
        waiting.extend(
            command
                .get_subcommands()
                .filter(|c| !c.is_hide_set())
                .cloned(),
        );
        let page = clap_mangen::Man::new(command)
            .manual("sqlsec")
            .source(concat!("sqlsec ", env!("CARGO_PKG_VERSION")));
        page.generate_to(folder)?;
        written += 1;
    }
    Ok(written)
}
