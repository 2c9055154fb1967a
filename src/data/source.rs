//! Bytes on their way in: gunzipped, counted, a buffer at a time, and never more than the file justifies.

use super::MOST;
use crate::error::{Error, Result};
use std::cell::Cell;
use std::fmt::Display;
use std::io::{self, Read};
use std::rc::Rc;

const BUFFER: usize = 1 << 16;
/// A file's byte may bring so many values of images, or bytes of weights. Gzip makes 1,032 of one at most, and a byte of
/// bit rows is eight values; data sets of pictures stay below 100.
const RATIO: u64 = 256;
/// What a file of any length may bring.
const FLOOR: u64 = 256 << 20;
/// Bytes of text or of 64-bit numbers for a value.
const BYTES: u64 = 8;

/// Gzip within gzip, and no more.
const LAYERS: usize = 2;

pub(super) struct Source<'a> {
    stream: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    at: usize,
    /// Bytes of the file so far, gzipped as they may be.
    raw: Rc<Cell<u64>>,
    /// Bytes that came out of the stream so far.
    plain: u64,
    /// All bytes that the stream will bring, if that is known.
    length: Option<u64>,
    /// What it was unpacked from, if from anything.
    packed: Option<&'static str>,
}

struct Counted<R>(R, Rc<Cell<u64>>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(out)?;
        self.1.set(self.1.get() + n as u64);
        Ok(n)
    }
}

/// Values that files of so many bytes may bring.
pub(super) fn allowed(bytes: u64) -> u64 {
    bytes.saturating_mul(RATIO).clamp(FLOOR, MOST)
}

fn wrong(text: impl Into<String>) -> Error {
    Error::Data(text.into())
}

impl<'a> Source<'a> {
    /// A file's bytes; `length` is their number, if it is known. Gzip around them is taken off.
    pub fn open(reader: impl Read + 'a, length: Option<u64>) -> Result<Source<'a>> {
        let raw = Rc::new(Cell::new(0));
        let stream = Box::new(Counted(reader, raw.clone()));
        let mut source = Source { stream, buffer: Vec::new(), at: 0, raw, plain: 0, length, packed: None };
        for layer in 0.. {
            // The magic number, and deflate, the one method there is.
            if source.peek(3)? != [0x1f, 0x8b, 8] {
                break;
            }
            if layer == LAYERS {
                return Err(wrong(format!("gzip within gzip {} times; expected at most {LAYERS}", layer + 1)));
            }
            let raw = source.raw.clone();
            let stream = gunzipped(source)?;
            let packed = Some("gzip file");
            source = Source { stream, buffer: Vec::new(), at: 0, raw, plain: 0, length: None, packed };
        }
        Ok(source)
    }

    /// The stream's next bytes, which zlib compressed, as a source of their own. How many of them it leaves unread is not
    /// said.
    pub fn inflated<'s>(&'s mut self, bytes: u64) -> Result<Source<'s>>
    where
        'a: 's,
    {
        let raw = self.raw.clone();
        let stream = inflated(self.take(bytes))?;
        let packed = Some("zlib stream");
        Ok(Source { stream, buffer: Vec::new(), at: 0, raw, plain: 0, length: None, packed })
    }

    /// The next `n` bytes, at most a buffer's, fewer at the end.
    pub fn peek(&mut self, n: usize) -> Result<&[u8]> {
        while self.buffer.len() - self.at < n.min(BUFFER) {
            self.buffer.drain(..self.at);
            self.at = 0;
            let before = self.buffer.len();
            self.buffer.resize(BUFFER, 0);
            let read = self.fill(before);
            let got = *read.as_ref().unwrap_or(&0);
            self.buffer.truncate(before + got);
            if read? == 0 {
                break;
            }
        }
        Ok(&self.buffer[self.at..][..n.min(self.buffer.len() - self.at)])
    }

    /// Reads into the buffer from `before` on.
    fn fill(&mut self, before: usize) -> Result<usize> {
        let got = loop {
            match self.stream.read(&mut self.buffer[before..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // Of the layer within.
                Err(e) if e.get_ref().is_some_and(|e| e.is::<Error>()) => {
                    return Err(e.downcast::<Error>().unwrap_or_else(|e| wrong(e.to_string())));
                }
                Err(e) => {
                    let text = self.packed.map_or("cannot be read".to_owned(), |what| format!("not a whole {what}"));
                    return Err(wrong(format!("{text} ({e})")));
                }
                Ok(n) => break n,
            }
        };
        self.plain += got as u64;
        if self.plain > BYTES * self.allowed() {
            return Err(self.too_much("bytes", BYTES * self.allowed()));
        }
        Ok(got)
    }

    /// The bytes that are there without another read; none at the end.
    pub fn chunk(&mut self) -> Result<&[u8]> {
        self.peek(1)?;
        Ok(&self.buffer[self.at..])
    }

    pub fn consume(&mut self, n: usize) {
        self.at += n;
    }

    /// Passes over so many bytes; tells whether they were there.
    pub fn skip(&mut self, mut bytes: u64) -> Result<bool> {
        while bytes > 0 {
            let n = (self.chunk()?.len() as u64).min(bytes);
            if n == 0 {
                return Ok(false);
            }
            self.consume(n as usize);
            bytes -= n;
        }
        Ok(true)
    }

    /// Fills `out` as far as there are bytes; gives their number.
    pub fn gather(&mut self, out: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while done < out.len() {
            let chunk = self.chunk()?;
            let n = chunk.len().min(out.len() - done);
            if n == 0 {
                break;
            }
            out[done..done + n].copy_from_slice(&chunk[..n]);
            self.consume(n);
            done += n;
        }
        Ok(done)
    }

    /// All bytes that the stream will bring, if that is known before they are read.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// All bytes that are left.
    pub fn rest(&mut self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        if let Some(length) = self.length() {
            self.room(&mut out, length.min(self.allowed()) as usize)?;
        }
        loop {
            let n = self.chunk()?.len();
            if n == 0 {
                return Ok(out);
            }
            self.room(&mut out, n)?;
            out.extend_from_slice(self.chunk()?);
            self.consume(n);
        }
    }

    /// Bytes of the stream that were consumed.
    pub fn position(&self) -> u64 {
        self.plain - (self.buffer.len() - self.at) as u64
    }

    /// Values that the file may bring, by its bytes so far.
    fn allowed(&self) -> u64 {
        allowed(self.raw.get())
    }

    /// Makes room for `more` values behind those that are there.
    ///
    /// # Errors
    /// [`Error::Data`] if the file does not justify so many, or the memory is not there.
    pub fn room(&self, values: &mut Vec<u8>, more: usize) -> Result<()> {
        if values.len() as u64 + more as u64 > self.allowed() {
            return Err(self.too_much("values", self.allowed()));
        }
        if values.capacity() - values.len() < more {
            let reserved = values.try_reserve(more);
            reserved.map_err(|_| wrong(format!("no memory for more than {} values", values.len())))?;
        }
        Ok(())
    }

    fn too_much(&self, what: &str, limit: u64) -> Error {
        let raw = self.raw.get();
        let text = format!("more than {limit} {what} in the file's first {raw} bytes");
        wrong(format!("{text}; expected at most {RATIO} values for each byte, and 2 GiB in all (or a limit of images)"))
    }
}

#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
fn gunzipped(source: Source<'_>) -> Result<Box<dyn Read + '_>> {
    Ok(Box::new(flate2::read::MultiGzDecoder::new(source)))
}

#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
fn inflated<'a>(bytes: impl Read + 'a) -> Result<Box<dyn Read + 'a>> {
    Ok(Box::new(flate2::read::ZlibDecoder::new(bytes)))
}

/// The widget reads no data.
#[cfg(not(any(feature = "lab", not(target_arch = "wasm32"))))]
fn gunzipped(_: Source<'_>) -> Result<Box<dyn Read + '_>> {
    Err(wrong("gzip; expected a file that is not compressed, for this engine is built without"))
}

#[cfg(not(any(feature = "lab", not(target_arch = "wasm32"))))]
fn inflated<'a>(_: impl Read + 'a) -> Result<Box<dyn Read + 'a>> {
    Err(wrong("compressed; expected a file that is not, for this engine is built without"))
}

impl Read for Source<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let chunk = self.chunk().map_err(io::Error::other)?;
        let n = chunk.len().min(out.len());
        out[..n].copy_from_slice(&chunk[..n]);
        self.consume(n);
        Ok(n)
    }
}

/// How long a file is by its own header.
pub(super) struct Stated {
    pub bytes: u128,
    /// What of the header makes them.
    pub by: String,
}

impl Stated {
    fn mismatch(&self, found: impl Display) -> Error {
        wrong(format!("{found} bytes; the {} make {}", self.by, self.bytes))
    }

    /// Checks a length that is known before the bytes are read.
    pub fn expect(&self, source: &Source) -> Result<()> {
        source.length().filter(|l| *l as u128 != self.bytes).map_or(Ok(()), |l| Err(self.mismatch(l)))
    }

    /// The error of a source that ends too soon.
    pub fn cut_short(&self, source: &Source) -> Error {
        self.mismatch(source.position())
    }

    /// Checks that nothing follows.
    pub fn end(&self, source: &mut Source) -> Result<()> {
        let ended = source.chunk()?.is_empty();
        if ended { Ok(()) } else { Err(self.mismatch(format!("more than {}", source.position()))) }
    }
}

/// All bytes of a file, gunzipped if need be.
///
/// # Errors
/// [`Error::Data`] for a broken gzip file, and one that brings more than its length justifies.
pub fn plain(reader: impl Read, length: Option<u64>) -> Result<Vec<u8>> {
    Source::open(reader, length)?.rest()
}
