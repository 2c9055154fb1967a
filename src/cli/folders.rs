//! Folders of images: whole sets as the world has them, and pictures, an image each.

use super::Outcome;
use super::files::at;
use std::path::{Path, PathBuf};

/// Which part of a data set's folder is meant.
#[derive(Clone, Copy)]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    /// As the world names these files.
    fn names(self) -> &'static [&'static str] {
        match self {
            Split::Train => &[
                "train.bits",
                "binarized_mnist_train.amat",
                "train-images-idx3-ubyte",
                "train-images.idx3-ubyte",
                "train.amat",
                "train.npy",
                "train_32x32.mat",
            ],
            Split::Validation => {
                &["valid.bits", "binarized_mnist_valid.amat", "valid-images-idx3-ubyte", "valid.amat", "valid.npy"]
            }
            Split::Test => &[
                "test.bits",
                "binarized_mnist_test.amat",
                "t10k-images-idx3-ubyte",
                "t10k-images.idx3-ubyte",
                "test.amat",
                "test.npy",
                "test_32x32.mat",
            ],
        }
    }

    /// Folders that hold pictures, or files, of this split alone.
    fn folders(self) -> &'static [&'static str] {
        match self {
            Split::Train => &["train"],
            Split::Validation => &["valid", "validation"],
            Split::Test => &["test"],
        }
    }

    /// CIFAR-10's files of this split, without their endings.
    fn batches(self) -> &'static [&'static str] {
        match self {
            Split::Train => &["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"],
            Split::Validation => &[],
            Split::Test => &["test_batch"],
        }
    }

    /// What a folder may hold, for messages.
    pub fn expected(self) -> String {
        let names = self.names().join(", ");
        let batches = format!("CIFAR-10's {} (.bin or .png)", self.batches().join(", "));
        format!(
            "{names} (or .gz of them), {batches}, PNG pictures of one size (here or in {})",
            self.folders().join(", ")
        )
    }

    /// Where a folder holds the images of this split.
    pub fn find(self, folder: &Path) -> Outcome<Option<Place>> {
        if let Some(place) = self.own(folder)? {
            return Ok(Some(place));
        }
        for folder in self.folders().iter().map(|name| folder.join(name)).filter(|f| f.is_dir()) {
            let place = self.own(&folder)?.map_or_else(|| pictures(&folder), |place| Ok(Some(place)))?;
            if place.is_some() {
                return Ok(place);
            }
        }
        match self {
            Split::Validation => Ok(None),
            _ => pictures(folder),
        }
    }

    /// A folder's files that are named after this split.
    fn own(self, folder: &Path) -> Outcome<Option<Place>> {
        let names = self.names().iter().flat_map(|n| [n.to_string(), format!("{n}.gz")]);
        if let Some(file) = names.map(|n| folder.join(n)).find(|p| p.is_file()) {
            return Ok(Some(Place::Files(vec![file])));
        }
        for ending in ["bin", "bin.gz", "png"] {
            let of = |split: Split| split.batches().iter().map(|n| folder.join(format!("{n}.{ending}")));
            if self.batches().is_empty() || !of(Split::Train).chain(of(Split::Test)).any(|p| p.is_file()) {
                continue;
            }
            return match of(self).find(|p| !p.is_file()) {
                Some(missing) => Err(at(&missing, "is not there, though others of CIFAR-10's files are beside it")),
                None => Ok(Some(Place::Files(of(self).collect()))),
            };
        }
        Ok(None)
    }
}

/// Where images lie.
pub enum Place {
    /// In one file, or in several that follow each other.
    Files(Vec<PathBuf>),
    /// In a folder's pictures, an image each.
    Pictures(PathBuf, Vec<PathBuf>),
}

/// The PNG pictures of a folder, in the order of their names: shorter ones first, so that 10.png follows 9.png.
fn pictures(folder: &Path) -> Outcome<Option<Place>> {
    let failed = |e: std::io::Error| at(folder, e);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let hidden = name.to_string_lossy().starts_with('.');
        if !hidden && Path::new(&name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
            names.push(name);
        }
    }
    names.sort_by_cached_key(|name| (name.len(), name.clone()));
    let files: Vec<_> = names.iter().map(|name| folder.join(name)).collect();
    Ok((!files.is_empty()).then(|| Place::Pictures(folder.to_owned(), files)))
}
