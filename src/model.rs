//! A model's weights in the form that the steps use: joined, transposed and packed once.

use crate::attention::WINDOW_LEN;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::kernels::gemm::Packed;
use crate::kernels::{Precision, Real};
use crate::params::Params;

/// Where things lie in a row of the tape: `[read patch | h_enc | h_dec | z]`. The encoder's inputs
/// are the first three, the decoder's the last two, so that each is one contiguous operand. Of a read without
/// attention the patch is the error image alone: the image is the same at every glimpse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RowLayout {
    pub patch: usize,
    pub hidden: usize,
    pub latent: usize,
}

impl RowLayout {
    pub fn new(c: &Config) -> Self {
        RowLayout { patch: c.read_len() - c.read_once(), hidden: c.hidden, latent: c.latent }
    }
    pub fn h_enc(&self) -> usize {
        self.patch
    }
    pub fn h_dec(&self) -> usize {
        self.patch + self.hidden
    }
    pub fn z(&self) -> usize {
        self.patch + 2 * self.hidden
    }
    /// Elements of a row.
    pub fn width(&self) -> usize {
        self.z() + self.latent
    }
    /// Inputs of the encoder, from the row's start.
    pub fn encoder(&self) -> usize {
        self.z()
    }
    /// Inputs of the decoder, from `h_dec`.
    pub fn decoder(&self) -> usize {
        self.hidden + self.latent
    }
}

/// What the decoder's state is mapped to, in one product: `[write window | write patch | next read window]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HeadLayout {
    window: usize,
    pub patch: usize,
}

impl HeadLayout {
    pub fn new(c: &Config) -> Self {
        HeadLayout { window: if c.attention { WINDOW_LEN } else { 0 }, patch: c.write_len() }
    }
    /// The write patch begins.
    pub fn patch_at(&self) -> usize {
        self.window
    }
    /// The window of the next read begins.
    pub fn read_at(&self) -> usize {
        self.window + self.patch
    }
    /// Elements in all.
    pub fn width(&self) -> usize {
        2 * self.window + self.patch
    }
}

/// The products that go forward.
pub(crate) struct Forward<T> {
    /// None if the model can only draw.
    pub encoder: Option<EncoderForward<T>>,
    /// `[H + Z, 4H]`
    pub decoder: Packed<T>,
    /// `[H, heads]`
    pub head: Packed<T>,
}

/// The encoder's products that go forward.
pub(crate) struct EncoderForward<T> {
    /// `[pixels, 4H]`: what the image itself adds to the gates, at every glimpse alike; no rows with attention.
    pub image: Packed<T>,
    /// `[patch + 2H, 4H]`
    pub gates: Packed<T>,
    /// `[H, 2Z]`
    pub latent: Packed<T>,
}

/// What a model is packed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The decoder alone.
    Draw,
    /// Reading too: reconstructions and the bound.
    Read,
    /// Gradients too, of whole batches, with products of this precision.
    Train(Precision),
}

/// The transposed products, for gradients.
pub(crate) struct Backward<T> {
    /// Of all of training's products.
    pub precision: Precision,
    /// `[4H, patch + 2H]`
    pub encoder: Packed<T>,
    /// `[2Z, H]`
    pub latent: Packed<T>,
    /// `[4H, H + Z]`
    pub decoder: Packed<T>,
    /// `[heads, H]`
    pub head: Packed<T>,
}

/// # Errors
/// [`Error::Argument`] for a precision that this machine lacks, or has no gain of.
pub(crate) fn expect_available(precision: Precision) -> Result<()> {
    if precision.available() {
        return Ok(());
    }
    let expected = format!("f32, which {} does as fast", crate::instruction_set());
    Err(Error::argument("precision", "bf16", expected))
}

fn no_encoder() -> Error {
    Error::Weights("the encoder half is not loaded; reading, redrawing and training need it".into())
}

/// A DRAW model, ready to step.
pub struct Draw<T> {
    pub(crate) config: Config,
    pub(crate) row: RowLayout,
    pub(crate) heads: HeadLayout,
    pub(crate) forward: Forward<T>,
    pub(crate) backward: Option<Backward<T>>,
    pub(crate) encoder_bias: Vec<T>,
    pub(crate) decoder_bias: Vec<T>,
    pub(crate) latent_bias: Vec<T>,
    pub(crate) head_bias: Vec<T>,
    /// The learned initial canvas `[C, B, A]`, as logits.
    pub(crate) canvas: Vec<T>,
}

impl<T: Real> Draw<T> {
    /// Packs the weights.
    ///
    /// # Errors
    /// [`Error::Weights`] if more than drawing is wanted of a decoder half, [`Error::Argument`] for a precision that
    /// this machine lacks.
    pub fn new(params: &Params<T>, purpose: Purpose) -> Result<Self> {
        if purpose != Purpose::Draw && !params.has_encoder() {
            return Err(no_encoder());
        }
        if let Purpose::Train(precision) = purpose {
            expect_available(precision)?;
        }
        let c = params.config();
        let (row, heads) = (RowLayout::new(c), HeadLayout::new(c));
        let (gates, h, z) = (4 * c.hidden, c.hidden, c.latent);
        let precision = match purpose {
            Purpose::Train(precision) => Some(precision),
            _ => None,
        };
        let packed = |k, n| precision.map_or_else(|| Packed::new(k, n), |p| Packed::for_batches(k, n, p));
        let mut draw = Draw {
            row,
            heads,
            forward: Forward {
                encoder: (purpose != Purpose::Draw).then(|| EncoderForward {
                    image: packed(c.read_once(), gates),
                    gates: packed(row.encoder(), gates),
                    latent: packed(h, 2 * z),
                }),
                decoder: packed(row.decoder(), gates),
                head: packed(h, heads.width()),
            },
            backward: precision.map(|precision| Backward {
                precision,
                encoder: packed(gates, row.encoder()),
                latent: packed(2 * z, h),
                decoder: packed(gates, row.decoder()),
                head: packed(heads.width(), h),
            }),
            encoder_bias: vec![T::zero(); gates],
            decoder_bias: vec![T::zero(); gates],
            latent_bias: vec![T::zero(); 2 * z],
            head_bias: vec![T::zero(); heads.width()],
            canvas: vec![T::zero(); c.pixels()],
            config: c.clone(),
        };
        draw.repack(params);
        Ok(draw)
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the model was packed for reading, and not for drawing alone.
    pub fn reads(&self) -> bool {
        self.forward.encoder.is_some()
    }

    /// # Errors
    /// [`Error::Weights`] if the model was packed for drawing alone.
    pub(crate) fn expect_reading(&self) -> Result<()> {
        if self.reads() { Ok(()) } else { Err(no_encoder()) }
    }

    /// Takes new values of the same shape, after an optimiser step.
    pub(crate) fn repack(&mut self, params: &Params<T>) {
        let c = &self.config;
        debug_assert_eq!(c, params.config());
        let (h, z, p) = (c.hidden, c.latent, self.row.patch);
        let gates = 4 * h;
        let (f, mut b) = (&mut self.forward, self.backward.as_mut());
        // A block of W [out, in] goes to rows `at` of the forward operand and columns `at` of the backward one.
        let block = |f: &mut Packed<T>, b: Option<&mut Packed<T>>, at: usize, out0: usize, w: &[T], out, width, ld| {
            f.fill((at, width), (out0, out), w, 1, ld);
            if let Some(b) = b {
                b.fill((out0, out), (at, width), w, ld, 1);
            }
        };
        if let Some(f) = &mut f.encoder {
            let (ih, once) = (params.get("encoder.weight_ih"), c.read_once());
            let width = once + p + h;
            block(&mut f.image, None, 0, 0, ih, gates, once, width);
            let mut be = b.as_mut().map(|b| &mut b.encoder);
            block(&mut f.gates, be.as_deref_mut(), 0, 0, &ih[once..], gates, p, width);
            block(&mut f.gates, be.as_deref_mut(), p + h, 0, &ih[once + p..], gates, h, width);
            block(&mut f.gates, be, p, 0, params.get("encoder.weight_hh"), gates, h, h);
            let bl = b.as_mut().map(|b| &mut b.latent);
            block(&mut f.latent, bl, 0, 0, params.get("latent.weight"), 2 * z, h, h);
        }
        let mut bd = b.as_mut().map(|b| &mut b.decoder);
        block(&mut f.decoder, bd.as_deref_mut(), 0, 0, params.get("decoder.weight_hh"), gates, h, h);
        block(&mut f.decoder, bd, h, 0, params.get("decoder.weight_ih"), gates, z, z);
        let mut bh = b.as_mut().map(|b| &mut b.head);
        let mut head = |at: usize, weight: &[T], bias: &[T]| {
            block(&mut f.head, bh.as_deref_mut(), 0, at, weight, bias.len(), h, h);
            self.head_bias[at..at + bias.len()].copy_from_slice(bias);
        };
        head(self.heads.patch_at(), params.get("patch.weight"), params.get("patch.bias"));
        if c.attention {
            head(0, params.get("write.weight"), params.get("write.bias"));
        }
        if c.attention && params.has_encoder() {
            head(self.heads.read_at(), params.get("read.weight"), params.get("read.bias"));
        }
        self.decoder_bias.copy_from_slice(params.get("decoder.bias"));
        if self.forward.encoder.is_some() {
            self.encoder_bias.copy_from_slice(params.get("encoder.bias"));
            self.latent_bias.copy_from_slice(params.get("latent.bias"));
        }
        self.canvas.copy_from_slice(params.get("canvas"));
    }
}
