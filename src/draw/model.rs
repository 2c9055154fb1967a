//! A DRAW model: its layers, and where each meets the row of a glimpse.

use crate::config::Config;
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::layers::attention::{self, Opening, WINDOW_LEN};
use crate::layers::canvas::{self, Canvas};
use crate::layers::linear::{Block, Linear};
use crate::layers::lstm::{Lstm, Names};
use crate::layers::prior::{Prior, Standard};
use crate::layers::{Half, Tensor, latent, whole};
use crate::params::Params;

const ENCODER: Names = Names { weight_ih: "encoder.weight_ih", weight_hh: "encoder.weight_hh", bias: "encoder.bias" };
pub(crate) const DECODER: Names =
    Names { weight_ih: "decoder.weight_ih", weight_hh: "decoder.weight_hh", bias: "decoder.bias" };
const READ: [&str; 2] = ["read.weight", "read.bias"];
const WRITE: [&str; 2] = ["write.weight", "write.bias"];
const PATCH: [&str; 2] = ["patch.weight", "patch.bias"];
pub(super) const LATENT: [&str; 2] = ["latent.weight", "latent.bias"];
/// Mean and Cholesky factor of a plain autoencoder's codes: no weights, but numbers that belong to them.
pub(crate) const CODES: [&str; 2] = ["codes.mean", "codes.factor"];
/// The windows of a fresh model. The write's 1/γ̂ is above 1, so that the first strokes are felt.
const FIRST_READ: Opening = Opening { delta: 0.25, log_gamma: 0.0 };
const FIRST_WRITE: Opening = Opening { delta: 0.25, log_gamma: -1.5 };

/// Tensors of a model, decoder half first, as in the weights file.
pub(crate) fn tensors(c: &Config) -> Vec<Tensor> {
    let image = [c.width, c.height];
    let window = |tensors: &mut Vec<Tensor>, names, n, opening| {
        if c.attention {
            tensors.extend(attention::tensors(names, c.hidden, image, n, opening));
        }
    };
    let mut tensors = vec![canvas::tensor([c.planes(), c.height, c.width])];
    tensors.extend(DECODER.tensors(c.latent, c.hidden));
    window(&mut tensors, WRITE, c.write_patch, FIRST_WRITE);
    tensors.extend(whole::tensors(PATCH, c.write_len(), c.hidden));
    if !c.variational {
        let n = c.code_len();
        tensors.push(Tensor::vector(CODES[0], n));
        tensors.push(Tensor { shape: vec![n, n], ..Tensor::vector(CODES[1], 0) });
    }
    let decoder = tensors.len();
    tensors.extend(ENCODER.tensors(c.read_len().saturating_add(c.hidden), c.hidden));
    tensors.extend(latent::tensors(LATENT, c.latent, c.hidden));
    window(&mut tensors, READ, c.read_patch, FIRST_READ);
    tensors[decoder..].iter_mut().for_each(|t| t.half = Half::Encoder);
    tensors
}

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
        RowLayout { patch: c.read_len() - c.read_static(), hidden: c.hidden, latent: c.latent }
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
    /// Length of the encoder's operand, from the row's start.
    pub fn encoder_len(&self) -> usize {
        self.z()
    }
    /// Length of the decoder's operand, from `h_dec`.
    pub fn decoder_len(&self) -> usize {
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

/// What a model is packed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The decoder alone.
    Draw,
    /// Reading too: reconstructions and the bound.
    Read,
    /// Gradients too, of batches of which a thread has about so many images.
    Train(usize),
}

fn no_encoder() -> Error {
    Error::Weights("the encoder half is not loaded; reading, redrawing and training need it".into())
}

/// The encoder's layers.
pub(crate) struct Encoder<T> {
    /// What the image itself adds to the gates, at every glimpse alike; no inputs with attention.
    pub image: Linear<T>,
    pub lstm: Lstm<T>,
    /// From h_enc to μ and log σ.
    pub latent: Linear<T>,
}

/// A DRAW model, ready to step.
pub struct Draw<T> {
    pub(crate) config: Config,
    pub(crate) row: RowLayout,
    pub(crate) heads: HeadLayout,
    /// None if the model can only draw.
    pub(crate) encoder: Option<Encoder<T>>,
    pub(crate) decoder: Lstm<T>,
    /// From h_dec to all that it emits.
    pub(crate) head: Linear<T>,
    pub(crate) canvas: Canvas<T>,
    /// Mean and Cholesky factor of a plain autoencoder's codes.
    #[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
    pub(crate) codes: Option<[Vec<T>; 2]>,
}

impl<T: Real> Draw<T> {
    /// Packs the weights.
    ///
    /// # Errors
    /// [`Error::Weights`] if more than drawing is wanted of a decoder half, and for weights that are not finite.
    pub fn new(params: &Params<T>, purpose: Purpose) -> Result<Self> {
        if purpose != Purpose::Draw && !params.has_encoder() {
            return Err(no_encoder());
        }
        params.expect_finite()?;
        let train = if let Purpose::Train(rows) = purpose { Some(rows) } else { None };
        let c = params.config();
        let (row, heads) = (RowLayout::new(c), HeadLayout::new(c));
        let mut draw = Draw {
            row,
            heads,
            encoder: (purpose != Purpose::Draw).then(|| encoder(c, &row, train)),
            decoder: decoder(c, &row, train),
            head: head(c, &heads, params.has_encoder(), train),
            canvas: Canvas::new(c.canvas_len()),
            #[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
            codes: None,
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
        self.encoder.is_some()
    }

    /// # Errors
    /// [`Error::Weights`] if the model was packed for drawing alone.
    pub(crate) fn expect_reading(&self) -> Result<()> {
        if self.reads() { Ok(()) } else { Err(no_encoder()) }
    }

    /// # Panics
    /// If the model was packed for drawing alone.
    pub(crate) fn encoder(&self) -> &Encoder<T> {
        self.encoder.as_ref().expect("a model packed for reading")
    }

    /// p(z) of a glimpse, by what the decoder emitted before it `[batch, heads]`: N(0, I), whatever it was.
    pub(crate) fn prior<'a>(&'a self, _before: &'a [T]) -> impl Prior<T> + use<'a, T> {
        Standard
    }

    /// The same on the way back, with room for the gradient of what was emitted.
    pub(crate) fn prior_backward<'a>(&'a self, _before: &'a [T], _d_before: &'a mut [T]) -> impl Prior<T> + use<'a, T> {
        Standard
    }

    /// Takes new values of the same shape, after an optimiser step.
    pub(crate) fn repack(&mut self, params: &Params<T>) {
        debug_assert_eq!(&self.config, params.config());
        if let Some(encoder) = &mut self.encoder {
            encoder.image.repack(params);
            encoder.lstm.repack(params);
            encoder.latent.repack(params);
        }
        self.decoder.repack(params);
        self.head.repack(params);
        self.canvas.repack(params);
        #[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
        if !self.config.variational {
            self.codes = Some(CODES.map(|name| params.get(name).to_vec()));
        }
    }
}

impl Draw<f32> {
    /// Draws, where nothing is read, by products in whole numbers, if the decoder's state has weights that are whole numbers
    /// times these scales `[4H]`.
    pub(crate) fn draw_whole(&mut self, params: &Params<f32>, scales: &[f32]) {
        self.decoder.take_whole(DECODER, params, scales);
    }
}

fn encoder<T: Real>(c: &Config, row: &RowLayout, train: Option<usize>) -> Encoder<T> {
    let (h, z, still) = (c.hidden, c.latent, c.read_static());
    let inputs = c.read_len() + h;
    let (gates, width) = (4 * h, row.encoder_len());
    let image =
        Block { name: ENCODER.weight_ih, width: inputs, columns: still, from: 0, rows: gates, input: 0, output: 0 };
    // The tensor's columns are [image | patch | h_dec], the row has h_enc before h_dec.
    let pieces = [(still, row.patch, 0), (still + row.patch, h, row.h_dec())];
    Encoder {
        image: Linear::new(still, gates, train).with([image], None).dead_end(),
        lstm: Lstm::new(ENCODER, h, inputs, width, &pieces, row.h_enc(), train),
        latent: Linear::whole(LATENT, [2 * z, h], train),
    }
}

fn decoder<T: Real>(c: &Config, row: &RowLayout, train: Option<usize>) -> Lstm<T> {
    Lstm::new(DECODER, c.hidden, c.latent, row.decoder_len(), &[(0, c.latent, c.hidden)], 0, train)
}

fn head<T: Real>(c: &Config, heads: &HeadLayout, reads: bool, train: Option<usize>) -> Linear<T> {
    let block = |[weight, bias]: [&'static str; 2], at, rows| {
        ([Block::whole(weight, [rows, c.hidden], 0, at)], Some((bias, at)))
    };
    let add = |layer: Linear<T>, names, at, rows| {
        let (blocks, bias) = block(names, at, rows);
        layer.with(blocks, bias)
    };
    let mut layer = add(Linear::new(c.hidden, heads.width(), train), PATCH, heads.patch_at(), heads.patch);
    if c.attention {
        layer = add(layer, WRITE, 0, WINDOW_LEN);
    }
    if c.attention && reads {
        layer = add(layer, READ, heads.read_at(), WINDOW_LEN);
    }
    layer
}
