//! Results out. A regular file is written whole or not at all, beside its place and then renamed; a link is
//! followed; a device or a pipe is written through; `-` is standard output.

use super::files::at;
use super::{Failure, Outcome, print_json, say, tell};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// Names that are standard output itself, and names of other open files of this process.
const STDOUT: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
const OPEN_FILES: [&str; 3] = ["/dev/stderr", "/dev/fd/", "/proc/self/fd/"];
/// How the name of a file ends that is not finished.
const PART: &str = ".part";

/// Where a result goes.
pub struct Output {
    /// As the user said it.
    path: PathBuf,
    way: Way,
}

enum Way {
    /// A regular file, its links followed.
    Beside(PathBuf),
    Through(File),
    Stdout,
}

impl Output {
    /// Finds out where `path` leads, and that it can be written, before any work is done.
    pub fn open(path: &Path) -> Outcome<Output> {
        let failed = |e: io::Error| at(path, format!("cannot be written ({e})"));
        let way = match kind(path)? {
            Kind::Stdout if io::stdout().is_terminal() => {
                let expected = "expected a pipe or a redirection, or --out with a file's name";
                return Err(Failure(format!("standard output is a terminal; {expected}")));
            }
            Kind::Stdout => Way::Stdout,
            Kind::Through => Way::Through(OpenOptions::new().write(true).open(path).map_err(failed)?),
            Kind::Beside => {
                let target = followed(path).map_err(failed)?;
                if target.file_name().is_none() {
                    return Err(at(path, "names no file; expected a file to write"));
                }
                writable(&target).and_then(|()| begin(&target)).map_err(failed)?;
                Way::Beside(target)
            }
        };
        Ok(Output { path: path.to_owned(), way })
    }

    /// As [`Output::open`], for what a device or a pipe cannot take; `why` says so.
    pub fn regular(path: &Path, why: &str) -> Outcome<Output> {
        match kind(path)? {
            Kind::Beside => Output::open(path),
            _ => Err(at(path, format!("is no regular file; expected one, {why}"))),
        }
    }

    /// Refuses a result on standard output beside lines of JSON there.
    pub fn apart_from(self, json: bool) -> Outcome<Output> {
        if json && matches!(self.way, Way::Stdout) {
            return Err(at(&self.path, "is standard output, where --json prints; expected a file, or no --json"));
        }
        Ok(self)
    }

    /// Writes the result, and then says so: as JSON, or as a line for a person, on standard error if the result itself
    /// went to standard output.
    pub fn write(self, bytes: &[u8], json: bool, value: serde_json::Value, line: &str) -> Outcome {
        let stdout = matches!(self.way, Way::Stdout);
        self.put(bytes)?;
        match (stdout, json) {
            (true, _) => tell(line),
            (false, true) => print_json(&value),
            (false, false) => say(line),
        }
        Ok(())
    }

    fn put(self, bytes: &[u8]) -> Outcome {
        let result = match self.way {
            Way::Beside(target) => replace(&target, bytes),
            Way::Through(mut file) => file.write_all(bytes).and_then(|()| file.flush()),
            Way::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }
        };
        result.map_err(|e| at(&self.path, format!("cannot be written ({e})")))
    }
}

/// Writes a result at once.
pub fn write(path: &Path, bytes: &[u8]) -> Outcome {
    Output::open(path)?.put(bytes)
}

/// Whether two names are of one file, or of one place for a file.
pub fn same(a: &Path, b: &Path) -> bool {
    let whole = |path: &Path| {
        let target = followed(path).ok()?;
        let (folder, name) = place(&target);
        // What is not there yet has a folder that is.
        target.canonicalize().or_else(|_| Ok::<_, io::Error>(folder.canonicalize()?.join(name))).ok()
    };
    a == b || whole(a).is_some_and(|a| whole(b) == Some(a))
}

/// The ending of an output's name, in lower case: one of `written`, or none. Another would name what it does not hold.
pub fn ending(path: &Path, written: &[&str]) -> Outcome<String> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if ending.is_empty() || written.contains(&ending.as_str()) {
        return Ok(ending);
    }
    let expected = written.iter().map(|e| format!(".{e}")).collect::<Vec<_>>().join(" or ");
    Err(at(path, format!("ends in .{ending}, which is not what is written; expected {expected}")))
}

enum Kind {
    Beside,
    Through,
    Stdout,
}

fn kind(path: &Path) -> Outcome<Kind> {
    let text = path.to_str().unwrap_or_default();
    let found = fs::metadata(path).ok();
    if STDOUT.contains(&text) {
        Ok(Kind::Stdout)
    } else if found.as_ref().is_some_and(fs::Metadata::is_dir) {
        Err(at(path, "is a folder; expected a file to write"))
    } else if OPEN_FILES.iter().any(|name| text.starts_with(name)) || found.is_some_and(|m| !m.is_file()) {
        Ok(Kind::Through)
    } else {
        Ok(Kind::Beside)
    }
}

/// The file that a chain of links leads to; it need not exist.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut found = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&found) {
            Ok(next) => found = found.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(found),
        }
    }
    Err(io::Error::other("its links lead in a circle"))
}

/// A file that may not be written is not replaced either.
fn writable(target: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(target) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// The folder of a file, and the file's name.
fn place(target: &Path) -> (&Path, String) {
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder, target.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

/// Opens a file beside the target, with the permissions that any new file gets. It is locked while its process lives,
/// which tells it from one that a killed run has left; such are removed.
fn begin(target: &Path) -> io::Result<NamedTempFile> {
    let (folder, name) = place(target);
    let prefix = format!(".{name}.");
    remove_left(folder, &prefix);
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(PART);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    loop {
        let file = builder.tempfile_in(folder)?;
        // Another run may look for what was left just before the lock is taken: then this name is lost.
        let taken = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !taken && is_at(file.as_file(), file.path()) {
            return Ok(file);
        }
    }
}

fn remove_left(folder: &Path, prefix: &str) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|e| e.file_type().is_ok_and(|t| t.is_file())) {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let random = name.strip_prefix(prefix).and_then(|n| n.strip_suffix(PART));
        if random.is_some_and(|r| r.len() == 6 && r.bytes().all(|b| b.is_ascii_alphanumeric()))
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether an open file still has this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let key = |m: fs::Metadata| (m.dev(), m.ino());
    matches!((file.metadata().map(key), fs::metadata(path).map(key)), (Ok(a), Ok(b)) if a == b)
}

/// Elsewhere an open file keeps its name.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut part = begin(target)?;
    part.write_all(bytes)?;
    #[cfg(unix)]
    if let Ok(old) = fs::metadata(target) {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
        // The owner first: a change of owner may take permissions away.
        let _ = fchown(part.as_file(), Some(old.uid()), Some(old.gid()));
        part.as_file().set_permissions(fs::Permissions::from_mode(old.mode() & 0o777))?;
    }
    part.as_file().sync_all()?;
    part.persist(target).map_err(|e| e.error)?;
    Ok(())
}

/// A file that one run alone writes; released when dropped, and when the process ends in any way.
pub struct Claim {
    path: PathBuf,
    _file: File,
}

/// Claims an output for a run that writes it again and again.
pub fn claim(path: &Path) -> Outcome<Claim> {
    let failed = |e: io::Error| at(path, format!("cannot be written ({e})"));
    let target = followed(path).map_err(failed)?;
    let (folder, name) = place(&target);
    let lock = folder.join(format!(".{name}.lock"));
    loop {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&lock).map_err(failed)?;
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(at(path, "is being written by another run; expected a name of its own for each"));
        }
        // The run before may have removed the name after it was opened here.
        if is_at(&file, &lock) {
            return Ok(Claim { path: lock, _file: file });
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
