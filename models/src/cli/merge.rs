//! The reports of all parts, put together.

use super::Outcome;
use super::files;
use super::options::MergeOptions;
use super::output::{Output, painted};
use selvedge::Error;
use selvedge::explore::Part;

pub(super) fn run(options: &MergeOptions, output: &mut Output) -> Result<Outcome, Error> {
    let mut parts: Vec<Part> = Vec::with_capacity(options.reports.len());
    for path in &options.reports {
        let text = files::read(path)?;
        let text = text.ok_or_else(|| {
            Error::new(
                format!("there is no file `{}`", path.display()),
                "on the command line",
                "give those of all parts",
            )
        })?;
        parts.push(files::parse(path, &text)?);
    }
    let joint = Part::merge(parts)?;
    output.print(&painted(&format!("{joint}\n"), joint.found()));
    Ok(if joint.found() { Outcome::Found } else { Outcome::Fine })
}
