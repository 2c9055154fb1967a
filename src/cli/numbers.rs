//! What a number on the command line may be, so that a wrong one is refused before any work.

use clap::builder::RangedU64ValueParser;
use std::ops::{Bound, RangeBounds};

/// A finite number within `range`.
pub fn within<R>(range: R) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static
where
    R: RangeBounds<f64> + Clone + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|x: &f64| x.is_finite() && range.contains(x));
        number.ok_or_else(|| format!("expected a number {}", words(&range)))
    }
}

fn words(range: &impl RangeBounds<f64>) -> String {
    let start = match range.start_bound() {
        Bound::Included(a) => format!("of at least {a}"),
        Bound::Excluded(a) => format!("above {a}"),
        Bound::Unbounded => "of any sign".to_owned(),
    };
    match range.end_bound() {
        Bound::Included(b) => format!("{start}, at most {b}"),
        Bound::Excluded(b) => format!("{start}, below {b}"),
        Bound::Unbounded => format!("{start}, finite"),
    }
}

/// Above zero, at most `most`.
pub fn above_zero(most: f64) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    within((Bound::Excluded(0.0), Bound::Included(most)))
}

/// A count, of one or more.
pub fn count(most: usize) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most as u64)
}

/// Threads: more than any machine gains by are a slip of the hand.
pub fn threads() -> RangedU64ValueParser<usize> {
    count(1024)
}

/// The size of images: width, height and channels, of which one is not said.
pub fn image(text: &str) -> Result<[usize; 3], String> {
    let sides: Option<Vec<usize>> = text.split(['x', '×']).map(|side| side.parse().ok().filter(|n| *n > 0)).collect();
    match sides.as_deref() {
        Some(&[width, height]) => Ok([width, height, 1]),
        Some(&[width, height, channels]) => Ok([width, height, channels]),
        _ => Err("expected WIDTHxHEIGHT or WIDTHxHEIGHTxCHANNELS, as 20x36x2".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_two_sides_and_channels() {
        assert_eq!((image("20x36"), image("20×36x2")), (Ok([20, 36, 1]), Ok([20, 36, 2])));
        for text in ["", "20", "20x", "0x36", "20x36x0", "20x36x2x1", "-1x3", "ax3"] {
            assert!(image(text).unwrap_err().contains("WIDTHxHEIGHT"), "{text}");
        }
    }

    #[test]
    fn ranges_hold_and_are_said() {
        let share = within(0.0..1.0);
        assert_eq!(share("0"), Ok(0.0));
        assert_eq!(share("1"), Err("expected a number of at least 0, below 1".to_owned()));
        let minutes = above_zero(60.0);
        assert_eq!(minutes("60"), Ok(60.0));
        let norm = within((Bound::Excluded(0.0), Bound::Unbounded));
        assert_eq!(norm("inf"), Err("expected a number above 0, finite".to_owned()));
        for text in ["0", "-0", "-1", "nan", "inf", "61", "", "1e400", "five"] {
            assert_eq!(minutes(text), Err("expected a number above 0, at most 60".to_owned()), "{text}");
        }
    }
}
