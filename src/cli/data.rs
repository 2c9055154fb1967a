//! `data`: makes the sets of the paper's experiments from MNIST, as IDX files that any tool reads.

use super::files::{self, Split};
use super::{Outcome, labelled, numbers, output, print_json, say};
use attentive_writer::data::{Clutter, Dataset, Pairs, Pieces, labels_idx};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Make a data set from MNIST's files.
#[derive(Args)]
#[command(after_help = "Examples:
  attentive-writer data clutter --mnist mnist --out cluttered --count 10000 --seed 0
  attentive-writer data clutter --mnist mnist --out cluttered --count 60000 --seed 1 --split train
  attentive-writer data two-digits --mnist mnist --out pairs --count 10000 --seed 0")]
pub struct Data {
    #[command(subcommand)]
    set: Set,
}

#[derive(Subcommand)]
enum Set {
    Clutter(ClutterArguments),
    TwoDigits(PairsArguments),
}

/// Where a set comes from, and where it goes.
#[derive(Args)]
struct Common {
    /// A folder with MNIST's files, gzipped or not
    #[arg(long)]
    mnist: PathBuf,
    /// The folder that gets the files, named as MNIST's own; it is made if it is not there
    #[arg(long)]
    out: PathBuf,
    /// Images to make: the digits in their order, and again from the first
    #[arg(long, value_parser = numbers::count(usize::MAX))]
    count: usize,
    /// Image i depends on the seed and i alone
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// MNIST's test or training digits
    #[arg(long, value_enum, default_value = "test")]
    split: Which,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    Test,
    Train,
}

/// Digits in clutter: each on a large image, with pieces of others of the same split (the paper's section 4.1).
#[derive(Args)]
struct ClutterArguments {
    #[command(flatten)]
    common: Common,
    /// Width and height of an image
    #[arg(long, default_value_t = Pieces::default().size)]
    size: usize,
    /// Pieces of 8×8 around a digit
    #[arg(long, default_value_t = Pieces::default().count)]
    pieces: usize,
}

/// Two digits on each image, without labels (the paper's section 4.3).
#[derive(Args)]
struct PairsArguments {
    #[command(flatten)]
    common: Common,
    /// Width and height of an image
    #[arg(long, default_value_t = 60)]
    size: usize,
}

impl Data {
    pub fn run(self) -> Outcome {
        match self.set {
            Set::Clutter(a) => {
                a.common.expect_room(true)?;
                // Whatever the classes are.
                let (split, every) = (a.common.split.split(), usize::from(u8::MAX) + 1);
                let digits = labelled::read(&a.common.mnist, split, &files::Shape::default(), every)?;
                let pieces = Pieces { size: a.size, count: a.pieces, ..Pieces::default() };
                let set = Clutter::new(digits, pieces)?.fixed(a.common.count, a.common.seed)?;
                a.common.write(set.images(), Some(set.labels()))
            }
            Set::TwoDigits(a) => {
                a.common.expect_room(false)?;
                let none = files::Shape::default();
                let digits = files::dataset(&a.common.mnist, a.common.split.split(), &none, None)?;
                let set = Pairs::new(digits.data, a.size)?.fixed(a.common.count, a.common.seed)?;
                a.common.write(&set, None)
            }
        }
    }
}

impl Which {
    fn split(self) -> Split {
        match self {
            Which::Test => Split::Test,
            Which::Train => Split::Train,
        }
    }
}

impl Common {
    /// The files' names: of images, and of labels.
    fn names(&self) -> [String; 2] {
        let prefix = match self.split {
            Which::Test => "t10k",
            Which::Train => "train",
        };
        [format!("{prefix}-images-idx3-ubyte"), format!("{prefix}-labels-idx1-ubyte")]
    }

    /// Before any work: MNIST would be gone, or a set be read with the files of another.
    fn expect_room(&self, labels: bool) -> Outcome {
        let source = if self.mnist.is_dir() { Some(&*self.mnist) } else { self.mnist.parent() };
        if source.is_some_and(|source| output::same(source, &self.out)) {
            return Err(files::at(&self.out, "is where MNIST's own files lie; expected another folder"));
        }
        let [of_images, of_labels] = self.names();
        let mut others = vec![format!("{of_images}.gz"), format!("{of_labels}.gz")];
        others.extend((!labels).then_some(of_labels));
        let other = others.iter().map(|name| self.out.join(name)).find(|path| path.exists());
        other.map_or(Ok(()), |other| {
            let what = "is of another set, with which this one would be read; expected a folder without";
            Err(files::at(&other, what))
        })
    }

    fn write(&self, images: &Dataset, labels: Option<&[u8]>) -> Outcome {
        std::fs::create_dir_all(&self.out).map_err(|e| files::at(&self.out, e))?;
        let [of_images, of_labels] = self.names();
        let mut sets = vec![(of_images, images.idx()?)];
        sets.extend(labels.map(|labels| (of_labels, labels_idx(labels))));
        for (name, bytes) in sets {
            let path = self.out.join(name);
            output::write(&path, &bytes)?;
            if self.json {
                print_json(&serde_json::json!({ "file": path, "bytes": bytes.len() }));
            } else {
                say(format!("{}: {} bytes", path.display(), bytes.len()));
            }
        }
        Ok(())
    }
}
