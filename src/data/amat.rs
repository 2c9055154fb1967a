//! `.amat`, and text like it: an image a line, its values parted by blanks.

use super::levels::{Levels, Size};
use super::recognise::{Hint, size_of, square};
use super::source::Source;
use crate::error::{Error, Result};

/// The longest number that is one.
const LONGEST: usize = 48;
/// Values of a line before the size is known: the largest image that a model has, 4 × 1024 × 1024.
const LINE: usize = 4 << 20;

fn is_of_numbers(b: u8) -> bool {
    b.is_ascii_digit() || b"+-.eE \t\r\n,;".contains(&b)
}

/// Whether the beginning is text of numbers.
pub(super) fn begins(head: &[u8]) -> bool {
    head.iter().all(|b| is_of_numbers(*b)) && head.iter().any(u8::is_ascii_digit)
}

/// Whether nothing else begins so: more of it than an image of bits has by accident.
pub(super) fn unmistakable(head: &[u8]) -> bool {
    head.len() >= 32 && begins(head)
}

/// Text, a token after the other.
struct Tokens<'s, 'a> {
    source: &'s mut Source<'a>,
    token: Vec<u8>,
    line: u64,
}

enum Token {
    Value,
    LineEnd,
    End,
}

impl Tokens<'_, '_> {
    /// The next token; a value's text is in `token`.
    fn next(&mut self) -> Result<Token> {
        self.token.clear();
        loop {
            let Some(&byte) = self.source.chunk()?.first() else {
                return Ok(if self.token.is_empty() { Token::End } else { Token::Value });
            };
            match byte {
                b'\n' | b' ' | b'\t' | b'\r' if !self.token.is_empty() => return Ok(Token::Value),
                b'\n' => {
                    self.source.consume(1);
                    return Ok(Token::LineEnd);
                }
                b' ' | b'\t' | b'\r' => self.source.consume(1),
                _ => {
                    self.token.push(byte);
                    self.source.consume(1);
                    if self.token.len() > LONGEST {
                        return Err(self.no_number());
                    }
                }
            }
        }
    }

    fn value(&self) -> Result<f64> {
        match &self.token[..] {
            b"0" => Ok(0.0),
            b"1" => Ok(1.0),
            token => {
                let number = std::str::from_utf8(token).ok().and_then(|t| t.parse().ok());
                number.filter(|v: &f64| v.is_finite()).ok_or_else(|| self.no_number())
            }
        }
    }

    fn no_number(&self) -> Error {
        let text = String::from_utf8_lossy(&self.token[..self.token.len().min(LONGEST)]).into_owned();
        Error::Data(format!("line {} holds {text:?}; expected numbers parted by blanks", self.line))
    }
}

/// The size of images whose lines have so many values.
fn size(values: usize, hint: &Hint) -> Result<Size> {
    size_of(values, hint).ok_or_else(|| {
        let Hint { width: None, height: None, channels: None, .. } = hint else {
            let told = |side: Option<usize>| side.map_or("?".to_owned(), |n| n.to_string());
            let (width, height, channels) = (told(hint.width), told(hint.height), hint.channels.unwrap_or(1));
            return Error::Data(format!(
                "line 1 has {values} values; expected those of images of {width}×{height} with {channels} channels"
            ));
        };
        let label = if square(values.saturating_sub(1)).is_some() && values > 2 {
            let side = values.isqrt();
            format!(" ({side}×{side} and a label, which must be taken out?)")
        } else {
            String::new()
        };
        let expected = "expected those of a square image, as 784 of 28×28, or a width and height";
        Error::Data(format!("line 1 has {values} values{label}; {expected}"))
    })
}

pub(super) fn read(source: &mut Source, hint: &Hint) -> Result<Levels> {
    let mut first = Vec::new();
    let mut tokens = Tokens { source, token: Vec::new(), line: 1 };
    // The first line tells the size.
    loop {
        match tokens.next()? {
            Token::Value if first.len() == LINE => {
                return Err(Error::Data(format!(
                    "line {} has more than {LINE} values; expected an image",
                    tokens.line
                )));
            }
            Token::Value => first.push(tokens.value()?),
            Token::LineEnd if first.is_empty() => tokens.line += 1,
            _ if first.is_empty() => return Err(Error::Data("no numbers; expected an image a line".into())),
            _ => break,
        }
    }
    let mut levels = Levels::new(size(first.len(), hint)?, hint.limit)?;
    levels.room(tokens.source, first.len())?;
    first.into_iter().try_for_each(|v| levels.number(v))?;
    let (pixels, mut count) = (levels.pixels(), 0);
    tokens.line += 1;
    while !levels.full() || count > 0 {
        let token = tokens.next()?;
        match token {
            Token::Value => {
                let value = tokens.value()?;
                if count == 0 {
                    levels.room(tokens.source, pixels)?;
                }
                count += 1;
                if count <= pixels {
                    levels.number(value)?;
                }
            }
            _ if count > 0 && count != pixels => {
                let line = tokens.line;
                return Err(Error::Data(format!("line {line} has {count} values; expected {pixels}, as the first")));
            }
            Token::LineEnd => (count, tokens.line) = (0, tokens.line + 1),
            Token::End => break,
        }
    }
    Ok(levels)
}
