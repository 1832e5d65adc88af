//! Files that explorations leave: read whole, written whole or not at all.

use selvedge::Error;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How many links may follow each other; more are taken to go round.
const MOST_LINKS: u32 = 40;
/// How many names are tried for a file that is not there yet.
const MOST_NAMES: u32 = 1_000;

/// The text of a file; nothing, if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Error::new("this is no text", place(path), "name another file")),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// What a file says.
pub(super) fn parse<T: FromStr<Err = Error>>(path: &Path, text: &str) -> Result<T, Error> {
    text.parse().map_err(|error: Error| error.within(&format!("`{}`", path.display())))
}

/// A file to write to, known to be an ordinary one that can be written, or not to be there yet: an exploration that takes
/// hours is not to end with a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// As it was named.
    named: PathBuf,
    /// Where its text is, links followed: to rename a file onto a link would put it in the link's place.
    real: PathBuf,
}

impl Target {
    pub(super) fn new(path: &Path) -> Result<Self, Error> {
        let real = followed(path).map_err(|error| unwritable(path, &error))?;
        let target = Target { named: path.to_owned(), real };
        match fs::metadata(&target.real) {
            // What is read from a pipe may never come, and what is renamed onto a device takes its place.
            Ok(found) if !found.is_file() => {
                let what = if found.is_dir() { "this is a directory" } else { "this is no ordinary file" };
                return Err(Error::new(what, place(path), "name another file"));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(path, &error)),
        }
        let tried = target.beside().and_then(|(_, beside)| fs::remove_file(beside));
        tried.map_err(|error| unwritable(path, &error))?;
        Ok(target)
    }

    /// As it was named.
    pub(super) fn named(&self) -> &Path {
        &self.named
    }

    /// Whether both are one file.
    pub(super) fn is(&self, other: &Target) -> bool {
        self.real == other.real
    }

    /// What is in it, unless there is no such file yet.
    pub(super) fn read<T: FromStr<Err = Error>>(&self) -> Result<Option<T>, Error> {
        let text = read(&self.named)?;
        text.map(|text| parse(&self.named, &text)).transpose()
    }

    /// Writes it. Whoever looks sees the old text or the new one, also when the machine stops half-way.
    pub(super) fn write(&self, text: &str) -> Result<(), Error> {
        let write = || -> io::Result<()> {
            let (mut file, beside) = self.beside()?;
            let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
            written.and_then(|()| fs::rename(&beside, &self.real)).inspect_err(|_| {
                // What is left of it is of no use; if it cannot be removed either, the error says enough.
                let _ = fs::remove_file(&beside);
            })
        };
        write().map_err(|error| unwritable(&self.named, &error))
    }

    /// A new file in the same directory. Nobody else's is touched, whatever it is called.
    fn beside(&self) -> io::Result<(File, PathBuf)> {
        let mut number = 0;
        loop {
            let mut name = self.real.as_os_str().to_owned();
            name.push(if number == 0 { ".new".to_owned() } else { format!(".new{number}") });
            match File::create_new(&name) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists && number < MOST_NAMES => number += 1,
                created => return Ok((created?, name.into())),
            }
        }
    }
}

/// Where a path leads, be it to a file that is not there yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut real = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::symlink_metadata(&real) {
            Ok(found) if found.is_symlink() => {
                let target = fs::read_link(&real)?;
                // A link is relative to where it is.
                real = real.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
            }
            Ok(_) => return fs::canonicalize(&real),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(real),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("its links lead nowhere"))
}

fn place(path: &Path) -> String {
    format!("in `{}`", path.display())
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::new(format!("it cannot be read: {}", plain(error)), place(path), "name another file")
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::new(format!("it cannot be written: {}", plain(error)), place(path), "name another file")
}

/// What the system says, without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
