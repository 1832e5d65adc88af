//! Files that explorations leave: read whole, written whole or not at all.

use selvedge::Error;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The text of a file; nothing, if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Error::new("this is no text", place(path), "name another file")),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new(plain(&error), place(path), "name another file")),
    }
}

/// What a file says.
pub(super) fn parse<T: FromStr<Err = Error>>(path: &Path, text: &str) -> Result<T, Error> {
    text.parse().map_err(|error: Error| error.within(&format!("`{}`", path.display())))
}

/// Writes a file. Whoever looks sees the old text or the new one, also when the machine stops half-way.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let beside = PathBuf::from(name);
    let write = || -> io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|error| {
        // What is left of it is of no use; if it cannot be removed either, the error says enough.
        let _ = fs::remove_file(&beside);
        Error::new(format!("it cannot be written: {}", plain(&error)), place(path), "name another file")
    })
}

fn place(path: &Path) -> String {
    format!("in `{}`", path.display())
}

/// What the system says, without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
