//! What a run reports: to a person or as JSON Lines on stdout, and to a file.

use super::super::{Outcome, files, print_json, say};
use super::experiment::Experiment;
use attentive_writer::train::Losses;
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Means over the steps since the last line.
#[derive(Serialize)]
pub struct Line<L> {
    pub step: u64,
    pub epoch: f64,
    pub examples_per_second: f64,
    pub loss_nats: f64,
    #[serde(flatten)]
    pub losses: L,
    pub gradient_norm: f64,
    pub learning_rate: f64,
}

/// What the validation images say.
#[derive(Serialize)]
pub struct Validation<V> {
    pub step: u64,
    pub epoch: f64,
    #[serde(flatten)]
    pub found: V,
}

/// The columns of a CSV log; a line leaves empty what it does not know.
fn columns<E: Experiment>() -> Vec<&'static str> {
    let mut columns = vec!["step", "epoch", "examples_per_second", "loss_nats"];
    columns.extend(<E::Losses as Losses>::NAMES);
    columns.extend(["gradient_norm", "learning_rate"]);
    columns.extend(E::VALIDATION);
    columns
}

/// A file that gets each line at its end.
pub struct Log {
    path: PathBuf,
    file: File,
    /// Of a CSV.
    columns: Option<Vec<&'static str>>,
}

impl Log {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// If it cannot be written, or is a CSV of other columns.
    pub fn open<E: Experiment>(path: &Path) -> Outcome<Log> {
        let failed = |e| files::at(path, format!("cannot be written ({e})"));
        let csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        let regular = !path.exists() || path.is_file();
        let file = OpenOptions::new().create(true).append(true).read(regular).open(path).map_err(failed)?;
        let mut log = Log { path: path.to_owned(), file, columns: csv.then(columns::<E>) };
        let length = if regular { log.file.metadata().map_err(failed)?.len() } else { 0 };
        if length > 0 {
            log.go_on(length)?;
        } else if let Some(columns) = log.columns.clone() {
            log.row(columns)?;
        }
        Ok(log)
    }

    /// Goes on with a file that has lines.
    fn go_on(&mut self, length: u64) -> Outcome {
        let failed = |e: std::io::Error| files::at(&self.path, format!("cannot be read ({e})"));
        if let Some(columns) = &self.columns {
            let mut reader = csv::Reader::from_reader(&self.file);
            if reader.headers().ok().is_none_or(|found| found != columns.as_slice()) {
                let expected = columns.join(",");
                return Err(files::at(
                    &self.path,
                    format!("is another table; expected a new file, or one of {expected}"),
                ));
            }
        }
        // A run that was killed may have left half a line.
        let mut last = [0];
        self.file.seek(SeekFrom::Start(length - 1)).map_err(failed)?;
        self.file.read_exact(&mut last).map_err(failed)?;
        if last != *b"\n" { self.write(b"\n") } else { Ok(()) }
    }

    fn put(&mut self, line: &impl Serialize) -> Outcome {
        let line = serde_json::to_value(line).expect("plain data");
        if let Some(columns) = &self.columns {
            let fields = columns.iter().map(|c| line.get(*c).map(ToString::to_string).unwrap_or_default());
            return self.row(fields.collect::<Vec<_>>());
        }
        self.write(format!("{line}\n").as_bytes())
    }

    fn row<S: AsRef<[u8]>>(&mut self, fields: Vec<S>) -> Outcome {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&fields).expect("memory takes it");
        let line = writer.into_inner().expect("memory takes it");
        self.write(&line)
    }

    fn write(&mut self, bytes: &[u8]) -> Outcome {
        self.file.write_all(bytes).map_err(|e| files::at(&self.path, format!("cannot be written ({e})")))
    }
}

/// Where a run's lines go.
pub struct Lines {
    pub json: bool,
    pub log: Option<Log>,
    pub bar: indicatif::ProgressBar,
}

impl Lines {
    /// # Errors
    /// If the log cannot be written.
    pub fn put(&mut self, line: &impl Serialize, text: &str) -> Outcome {
        if self.json {
            print_json(line);
        } else {
            self.bar.suspend(|| say(text));
        }
        self.log.as_mut().map_or(Ok(()), |log| log.put(line))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Failure;
    use super::super::experiment::Bound;
    use super::*;
    use attentive_writer::draw;
    use attentive_writer::model::Draw;

    fn open(path: &Path) -> Outcome<Log> {
        Log::open::<Draw<f32>>(path)
    }

    fn line(step: u64) -> Line<draw::Losses> {
        Line {
            step,
            epoch: 0.5,
            examples_per_second: 100.0,
            loss_nats: 90.25,
            losses: draw::Losses { reconstruction_nats: 70.0, kl_nats: 20.25 },
            gradient_norm: 1.5,
            learning_rate: 0.001,
        }
    }

    #[test]
    fn a_table_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.csv");
        open(&path).unwrap().put(&line(1)).unwrap();
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"2,0.5,1").unwrap();
        open(&path).unwrap().put(&line(2)).unwrap();
        let validation = Validation {
            step: 3,
            epoch: 1.0,
            found: Bound { validation_nats: 95.0, validation_reconstruction_nats: 74.5, validation_kl_nats: 20.5 },
        };
        open(&path).unwrap().put(&validation).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], columns::<Draw<f32>>().join(","));
        assert_eq!(lines[1], "1,0.5,100.0,90.25,70.0,20.25,1.5,0.001,,,");
        assert_eq!(lines[2], "2,0.5,1", "what a killed run left stays a line of its own");
        assert_eq!(lines[3], "2,0.5,100.0,90.25,70.0,20.25,1.5,0.001,,,");
        assert_eq!(lines[4], "3,1.0,,,,,,,95.0,74.5,20.5");
        assert_eq!(lines.len(), 5);

        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        let Err(Failure(text)) = open(&path) else { panic!("another table was gone on with") };
        assert!(text.contains("run.csv: is another table"), "{text}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a,b\n1,2\n");
    }
}
