/* tslint:disable */
/* eslint-disable */

/** The shape of a model that classifies. */
export interface LookConfig {
    task: "classification";
    width: number;
    height: number;
    glimpses: number;
    hidden: number;
    patch: number;
    classes: number;
    eye: "read" | { retina: { scales: number; deviation: number; estimator: "reinforce" | "pathwise" } };
}

/** Draws of an estimator of a gradient by the mean of a place: x and y of each, their mean, and their variance. */
export interface Estimator {
    draws: number[];
    mean: [number, number];
    variance: number;
}

/** Two estimators of one gradient, the second with and without a baseline. Places are in the image's pixels. */
export interface PlaceGradients {
    mean: [number, number];
    places: number[];
    pathwise: Estimator;
    score: Estimator;
    scoreWithBaseline: Estimator;
}



/** The shape of a model. */
export interface Config {
    width: number;
    height: number;
    channels: number;
    glimpses: number;
    hidden: number;
    latent: number;
    read_patch: number;
    write_patch: number;
    attention: boolean;
    likelihood: "bernoulli" | "intensities" | "logistic";
    /** False of a plain autoencoder; true if absent. */
    variational?: boolean;
}

export type Preset = "mnist" | "mnist-no-attention" | "mnist-two-digits" | "mnist-small" | "svhn" | "svhn-32" | "cifar" | "autoencoder" | "vae";

export interface DrawOptions {
    /** 0 to 2^53 - 1; a random one if absent. */
    seed?: number;
    /** Digits, 1 to 10000; 1 if absent. */
    count?: number;
    /** Of the seed's digits, the one to begin with; 0 if absent. */
    first?: number;
    /** Canvas width in pixels; the model's own if absent. */
    size?: number;
    /** Scale of the latents' standard deviation, 0 to 10; 1 if absent. */
    temperature?: number;
}

export interface RedrawOptions {
    seed?: number;
    size?: number;
}



/** What `normalise` does to a scribble; lengths are in the scribble's pixels. */
export interface ScribbleFitting {
    /** The ink's bounding box: left, top, right, bottom. */
    ink: [number, number, number, number];
    /** The centre of the ink's mass: x, y. */
    mass: [number, number];
    /** The square that becomes the image of 28 × 28: its left and top. */
    corner: [number, number];
    /** The side of what becomes one pixel of the image. */
    scale: number;
    /** The image before it is black and white, 28 × 28. */
    greys: number[];
}



/** What a configuration costs. */
export interface Cost {
    parameters: number;
    /** Those of them that are the learned initial canvas. */
    canvas: number;
    /** Floating-point operations of a training step's matrix products, for one image. */
    training_flops: number;
}

/** A family of distributions whose draws are differentiable functions of its parameters. */
export interface DistributionFamily {
    name: string;
    transform: string;
    parameters: { name: string; default: number; min: number; max: number }[];
    low: number;
    high: number;
}

export interface DistributionFigure {
    /** Some draws, whose noise stays when the parameters move. */
    draws: number[];
    /** Their gradient, draws × parameters. */
    gradient: number[];
    /** Share of draws in each bin over its width. */
    histogram: number[];
    /** The density at the middle of each of the curve's steps; NaN where it has no closed form. */
    density: number[];
}

/** Mean and standard deviation of one draw's estimate of the gradient, for mu and for sigma. */
export interface GradientEstimators {
    pathwise: [number, number][];
    score: [number, number][];
    exact: number[];
}



/** What a file of images does not tell of itself. */
export interface ImageOptions {
    /**
     * Recognised if absent; "bits" and "cifar" (CIFAR-10's binary batches), which have no header, only by the name:
     * NAME.bits, data_batch_N.bin or test_batch.bin. "png" is CIFAR-10's sheet, 1,024 pixels wide.
     */
    format?: "idx" | "npy" | "amat" | "matlab" | "png" | "cifar" | "bits";
    /** In pixels: of bit rows, 28 if absent; of lines and rows of a matrix, square if absent. */
    width?: number;
    height?: number;
    /** 1 if absent; of a MATLAB array whose third dimension is 2 to 4, whether that is the channels or the images. */
    channels?: number;
    /** So many images at most; all if absent. */
    limit?: number;
}



export interface TraceOptions {
    /** 0 to 2^53 - 1; a random one if absent. */
    seed?: number;
    /** Whose noise it is, with this seed: that of `redraw` (if absent), or of `bound` for a set's first image. */
    noise?: "redraw" | "bound";
}

/**
 * What a trace holds, T glimpses one after the other. Those of the encoder, and "spent", "reconstruction", "bound" and
 * "bits", are empty where nothing is read.
 *
 * - "readWindows", "writeWindows": T × 5: centre x, centre y, stride, sigma and gamma, in pixels (equations 21 to 24)
 * - "errors": T × C × B × A, the image less the canvas before the glimpse (3)
 * - "readPatches": T × 2 × C × N × N, of the image, then of its error (27)
 * - "encoder", "encoderCells", "decoder", "decoderCells": T × H, what the LSTMs say and what they keep (5, 7)
 * - "means", "deviations", "latents": T × Z, those of q and the latents (1, 2, 6; of a dream 13)
 * - "writePatches": T × C × N × N (28); "strokes": T × C × B × A, what is added, in log-odds of ink (29)
 * - "canvases": (T + 1) × C × B × A, from before the first glimpse on, as probabilities of ink (8)
 * - "spent", "reconstruction", "bound": T + 1, in nats, from before the first glimpse on: KL so far (11),
 *   −log p(x | canvas) (9), and both (12); "bits": the last in bits
 */
export type TracePart =
| "readWindows" | "errors" | "readPatches" | "encoder" | "encoderCells" | "means" | "deviations" | "latents"
| "decoder" | "decoderCells" | "writePatches" | "writeWindows" | "strokes" | "canvases"
| "spent" | "reconstruction" | "bound" | "bits";

/** A tensor of a model. */
export interface TensorShape {
    name: string;
    /** Of a matrix [out, in]. */
    shape: number[];
    /** Its numbers. */
    parameters: number;
}



export interface TrainerSettings {
    batch?: number;
    optimiser?: "adam" | "muon";
    learning_rate?: number;
    adam_share?: number;
    weight_decay?: number;
    canvas_weight?: number;
    warm_up?: number;
    clip?: number;
    average?: number;
    seed?: number;
}

/** What a training step did: means over the batch, in nats, before the update. */
export interface TrainingReport {
    step: number;
    loss_nats: number;
    reconstruction_nats: number;
    kl_nats: number;
    gradient_norm: number;
}

/** Means over a data set, in nats. */
export interface Bound {
    nll_bound_nats: number;
    reconstruction_nats: number;
    kl_nats: number;
    images: number;
    samples: number;
    standard_error_nats: number;
    /** With several samples. */
    importance_weighted_nats?: number;
    /** With the logistic likelihood. */
    bits_per_dim?: number;
}



export interface VaryOptions {
    seed?: number;
    count?: number;
    temperature?: number;
    /** The glimpses from this one up to that keep the latents given: none if absent. */
    from?: number;
    to?: number;
}



/**
 * Images to train on.
 */
export class Dataset {
    free(): void;
    /**
     * All images' values as `Writer.bound` sees them with this seed: each level is the probability of a 1. 0 or 1, one
     * image after the other.
     */
    binary(seed_?: number | null): Float32Array;
    /**
     * Takes the last images out, as a set of their own to hold out.
     */
    holdOut(count: number): Dataset;
    /**
     * An image's pixels, 0 to 1.
     */
    image(index: number): Float32Array;
    /**
     * All images' pixels, 0 to 255, as `ofLevels` takes them.
     */
    levels(): Uint8Array;
    /**
     * From the bytes of a file: IDX, .npy, .amat, MATLAB 5 (SVHN) or CIFAR-10's PNG sheets, which are recognised, or bit
     * rows or CIFAR-10's binary batches, which have no header and are known by the file's name (.bits, data_batch_1.bin)
     * or by the options; gzipped or not.
     */
    constructor(bytes: Uint8Array | number[], name?: string | null, options?: ImageOptions | null);
    /**
     * From levels, 0 to 255, of images of one size, with one channel if `channels` is absent: a plane after the other.
     */
    static ofLevels(levels: Uint8Array | number[], width: number, height: number, channels?: number | null): Dataset;
    /**
     * Variations of marks (values from 0 to 1, one mark after the other, each `side` wide and high; if absent, 28): turned,
     * scaled and shifted a little.
     */
    static ofMarks(marks: Float32Array | number[], count: number, seed_: number, side?: number | null): Dataset;
    /**
     * Two of these digits on each of `count` images `size` pixels wide and high, at places by the seed: the first is
     * the image's own, in their order, the other any.
     */
    pairs(size: number, count: number, seed_: number): Dataset;
    /**
     * 1 for grey, 3 for colour.
     */
    readonly channels: number;
    /**
     * Images.
     */
    readonly count: number;
    /**
     * Pixels of an image from top to bottom.
     */
    readonly height: number;
    /**
     * How the file was read where that is not plain, and what is odd about the images: lines to show; mostly none.
     */
    readonly notes: string[];
    /**
     * Pixels of an image from left to right.
     */
    readonly width: number;
}

/**
 * Digits with labels, around which clutter is laid.
 */
export class Digits {
    free(): void;
    /**
     * A digit in clutter, whose pieces can be moved; the same for the same seed.
     */
    field(index: number, seed_: number): Field;
    /**
     * The class of a digit.
     */
    label(index: number): number;
    /**
     * From two IDX files, of images and of labels, gzipped or not.
     */
    constructor(images: Uint8Array | number[], labels: Uint8Array | number[]);
    /**
     * Digits.
     */
    readonly count: number;
}

/**
 * A digit and the clutter around it.
 */
export class Field {
    private constructor();
    free(): void;
    /**
     * x, y, width and height of each piece, the digit last.
     */
    boxes(): Uint32Array;
    /**
     * Puts another digit in the place of this one: 28 × 28 values from 0 to 1.
     */
    draw(pixels: Float32Array | number[]): void;
    /**
     * The image, size × size values from 0 to 1.
     */
    image(): Float32Array;
    /**
     * Moves a piece's corner there, or as near as the field allows.
     */
    place(piece: number, x: number, y: number): void;
    /**
     * Width and height in pixels.
     */
    readonly size: number;
}

/**
 * One window over one image: what it reads, what writing that back gives, and the error's gradient.
 */
export class Lens {
    free(): void;
    /**
     * The window whose centre is there, in pixels from the image's corner, and that is else as `window`.
     */
    aimed(window: Float32Array | number[], x: number, y: number): Float32Array;
    /**
     * The reading written back, height × width.
     */
    back(): Float32Array;
    /**
     * F_X, N × width, and after it F_Y, N × height, at a window.
     */
    filterbanks(window: Float32Array | number[]): Float32Array;
    /**
     * Where a window lies (equations 22 to 24), in pixels from the image's corner: centre x, centre y, stride, sigma.
     */
    geometry(window: Float32Array | number[]): Float32Array;
    /**
     * The error's gradient with respect to the window's five numbers.
     */
    gradient(): Float32Array;
    /**
     * `n` × `n` filters over an image of `width` × `height` values.
     */
    constructor(n: number, width: number, height: number, image: Float32Array | number[]);
    /**
     * The reading, N × N.
     */
    patch(): Float32Array;
    /**
     * Lays the window there: g̃_X, g̃_Y, log σ², log δ̃, log γ.
     */
    place(window: Float32Array | number[]): void;
    /**
     * Half the squared difference of image and write-back.
     */
    readonly error: number;
}

/**
 * A model that classifies by looking.
 */
export class Looker {
    free(): void;
    /**
     * Begins to look at an image, width × height values from 0 to 1. RAM looks at the means of its places.
     */
    look(image: Float32Array | number[]): Sight;
    /**
     * From the bytes of its weights file.
     */
    constructor(bytes: Uint8Array | number[]);
    /**
     * Both estimators of the gradient of log p(label) by the mean of the place of a glimpse (from 0), for so many draws.
     */
    placeGradients(image: Float32Array | number[], label: number, glimpse: number, draws: number, seed_: number): PlaceGradients;
    /**
     * The shape of the model.
     */
    readonly config: LookConfig;
}

/**
 * The mean of some codes and the two directions in which they spread most.
 */
export class Plane {
    free(): void;
    /**
     * The code at a place; all other components are at their mean.
     */
    at(x: number, y: number): Float32Array;
    /**
     * Of codes of so many numbers each, three or more.
     */
    constructor(codes: Float32Array | number[], numbers: number);
    /**
     * x and y of codes, in their own unit; the codes' mean is at 0.
     */
    project(codes: Float32Array | number[]): Float32Array;
}

/**
 * A drawing under way.
 */
export class Run {
    private constructor();
    free(): void;
    /**
     * Computes the next glimpse without showing it: for idle moments, so that `step` answers sooner.
     */
    ahead(): void;
    /**
     * The canvases after the sigmoid, count × channels × size × size: a view of wasm memory.
     */
    canvas(): Float32Array;
    /**
     * The error images as one picture: ink still missing in one colour, ink too much in the other, 0xRRGGBB.
     * Undefined if nothing is read.
     */
    errorPicture(columns: number, missing: number, surplus: number): ImageData | undefined;
    /**
     * The drawing from its present glimpse to its last as a GIF, `columns` in a row; colours are 0xRRGGBB.
     */
    gif(columns: number, paper: number, ink: number, write: number): Uint8Array;
    /**
     * KL in nats, glimpse × count, of the glimpses drawn; empty for `draw`.
     */
    kl(): Float32Array;
    /**
     * The latents of all glimpses, glimpse × count × latent. Throws as `step` does.
     */
    latents(): Float32Array;
    /**
     * The canvases as one picture, `columns` in a row: `ink` is a colour 0xRRGGBB, its alpha the
     * probability of ink. Models with more channels bring their own colours and are opaque: red, green and blue, or, of
     * two, red and what is not red.
     */
    picture(columns: number, ink: number): ImageData;
    /**
     * The patches that the last glimpse read, count × 2 × channels × N × N: of the image, then of its error.
     */
    readPatches(): Float32Array;
    /**
     * For each image, the window of the last read; zeros if nothing is read.
     */
    readWindows(): Float32Array;
    /**
     * −log p(x | canvas) in nats, (glimpse + 1) × count; empty for `draw`.
     */
    reconstruction(): Float32Array;
    /**
     * Goes to a glimpse, back or forth; beyond the last is the last, and below none is none. Throws as `step` does.
     */
    seek(glimpse: number): void;
    /**
     * Draws one glimpse more; false if all are drawn. Throws if the weights lead to numbers that are not finite.
     */
    step(): boolean;
    /**
     * The patches that the last glimpse wrote, count × channels × N × N, or whole canvases without attention; empty before
     * the first.
     */
    writePatches(): Float32Array;
    /**
     * For each image, the window of the last write: centre x, centre y, stride, sigma, gamma, in canvas pixels.
     */
    writeWindows(): Float32Array;
    /**
     * Images being drawn.
     */
    readonly count: number;
    /**
     * Glimpses drawn.
     */
    readonly glimpse: number;
    /**
     * Glimpses in all.
     */
    readonly glimpses: number;
}

/**
 * An image being looked at.
 */
export class Sight {
    private constructor();
    free(): void;
    /**
     * Class probabilities after the last glimpse; before the first, of the blank state. Throws as `step` does.
     */
    probabilities(): Float32Array;
    /**
     * What the last glimpse saw: N × N, or scales × N × N. Empty before the first.
     */
    seen(): Float32Array;
    /**
     * Looks once more; false if all glimpses are over. Throws if the weights lead to numbers that are not finite.
     */
    step(): boolean;
    /**
     * What the last glimpse looked through, in the image's pixels: centre x, centre y, stride, sigma and gamma of a window
     * of Gaussians; or centre x, centre y and the sides of the retina's squares. Empty before the first.
     */
    window(): Float32Array;
    /**
     * Glimpses taken.
     */
    readonly glimpse: number;
    /**
     * Glimpses in all.
     */
    readonly glimpses: number;
}

/**
 * All glimpses of one digit, with what each of them computed.
 */
export class Trace {
    private constructor();
    free(): void;
    /**
     * A part by its name.
     */
    part(name: TracePart): Float32Array;
}

/**
 * A model in training.
 */
export class Trainer {
    free(): void;
    /**
     * The first half of a step that several workers share: images `from` up to `to` of the next batch.
     */
    begin(data: Dataset, from: number, to: number): void;
    /**
     * The bound of the averaged weights on a data set.
     */
    bound(data: Dataset, seed_?: number | null): Bound;
    /**
     * All that `Trainer.resume` needs to go on as if it had not been cut.
     */
    checkpoint(): Uint8Array;
    /**
     * The averaged weights as one f32 safetensors file.
     */
    export(): Uint8Array;
    /**
     * The second half of a step: the other workers' parts, and the update.
     */
    finish(parts: Float32Array[], rate?: number | null): TrainingReport;
    /**
     * The same, of a plain autoencoder, with the Gaussian that is fitted to its codes of a data set.
     */
    fitted(data: Dataset): Writer;
    /**
     * Takes over another worker's parameters after so many steps, to make a part of the next.
     */
    follow(params: Float32Array | number[], steps: number): void;
    /**
     * A fresh model of a configuration or preset.
     */
    constructor(config: Config | Preset, settings?: TrainerSettings | null);
    /**
     * A fresh model whose canvas starts at the data's mean image, as the command line's does.
     */
    static on(data: Dataset, config: Config | Preset, settings?: TrainerSettings | null): Trainer;
    /**
     * The parameters, for the others' `follow`.
     */
    params(): Float32Array;
    /**
     * What `begin` made, for another worker's `finish`: images, the parts of their loss, and then the gradient; sums
     * over the images.
     */
    part(): Float32Array;
    /**
     * Goes on from a checkpoint.
     */
    static resume(checkpoint: Uint8Array | number[]): Trainer;
    /**
     * Trains on the next batch of a data set, shuffled anew each epoch: the loop of the command line, the same
     * numbers for the same seed. `rate` scales the learning rate.
     */
    stepOn(data: Dataset, rate?: number | null): TrainingReport;
    /**
     * Trains on one batch: as many images as the settings' `batch`, values from 0 to 1.
     */
    step(batch: Float32Array | number[]): TrainingReport;
    /**
     * Goes on from trained weights, both halves, with a fresh optimiser.
     */
    static tune(bytes: Uint8Array | number[], encoder?: Uint8Array | number[] | null, settings?: TrainerSettings | null): Trainer;
    /**
     * A model of the averaged weights, to draw with while training goes on.
     */
    writer(): Writer;
    /**
     * Images in a step.
     */
    readonly batch: number;
    /**
     * The shape of the model.
     */
    readonly config: Config;
    /**
     * The learning rate of a step at rate 1.
     */
    learningRate: number;
    /**
     * The last step's loss in nats; NaN before the first.
     */
    readonly loss: number;
    /**
     * Steps done.
     */
    readonly steps: number;
}

/**
 * A model that draws, and, with its encoder half, redraws.
 */
export class Writer {
    free(): void;
    /**
     * Adds the encoder half to a decoder half. Drawings under way go on.
     */
    addEncoder(bytes: Uint8Array | number[]): void;
    /**
     * The bound on a data set, as the command line's `eval` gives it; of a plain autoencoder the reconstruction alone,
     * which bounds nothing.
     */
    bound(data: Dataset, seed_?: number | null): Bound;
    /**
     * The codes of images, count × (glimpse × latent), as `Plane` and `latentsOf` take them; of a variational model samples
     * from q, by the seed. Values from 0 to 1, one image after the other.
     */
    codes(pixels: Float32Array | number[], seed_?: number | null): Float32Array;
    /**
     * Begins to draw from latents, glimpse × count × latent, as `Run.latents` gives them.
     */
    drawLatents(latents: Float32Array | number[], size?: number | null): Run;
    /**
     * Begins to draw digits from the prior.
     */
    draw(options_?: DrawOptions | null): Run;
    /**
     * Codes from the Gaussian that was fitted to those of a plain autoencoder, with the noise of `draw` with this seed.
     */
    fittedCodes(seed_: number, count: number): Float32Array;
    /**
     * Latents of `count` digits on the way from one digit's to another's.
     */
    interpolate(from: Float32Array | number[], to: Float32Array | number[], count: number): Float32Array;
    /**
     * The latents, from 0, that the decoder gives any weight.
     */
    latentsInUse(): Uint32Array;
    /**
     * Codes as latents for `drawLatents`.
     */
    latentsOf(codes_: Float32Array | number[]): Float32Array;
    /**
     * From the bytes of a weights file: a decoder half, or a whole model.
     */
    constructor(bytes: Uint8Array | number[]);
    /**
     * Begins to read and redraw images: values from 0 to 1, one image after the other.
     */
    redraw(pixels: Float32Array | number[], options_?: RedrawOptions | null): Run;
    /**
     * Draws one digit from the prior, the first that `draw` has with this seed, and keeps what each glimpse computes.
     */
    traceDream(seed_?: number | null): Trace;
    /**
     * Reads and redraws one image, values from 0 to 1, and keeps what each glimpse computes.
     */
    trace(pixels: Float32Array | number[], options_?: TraceOptions | null): Trace;
    /**
     * Latents of digits that share one digit's in some glimpses, and have others of their own elsewhere.
     */
    vary(latents: Float32Array | number[], options_?: VaryOptions | null): Float32Array;
    /**
     * Whether `redraw` can be called.
     */
    readonly canRedraw: boolean;
    /**
     * The shape of the model.
     */
    readonly config: Config;
    /**
     * Parameters of the whole model, encoder included.
     */
    readonly parameters: number;
}

/**
 * A preset's configuration with single fields replaced; fields that are not known are errors.
 */
export function configure(preset: string, changes: any): Config;

/**
 * What a model of this configuration costs.
 */
export function cost(config: Config | Preset): Cost;

/**
 * A family at given parameters: `dots` draws with their gradient, a histogram of `draws`, and the density.
 */
export function distribution(name: string, theta: Float64Array | number[], seed_: number, dots: number, draws: number, bins: number): DistributionFigure;

/**
 * Every family of distributions that the page shows.
 */
export function families(): DistributionFamily[];

/**
 * The steps of `normalise`, which takes the same.
 */
export function fitScribble(pixels: Float32Array | number[], width: number, height: number): ScribbleFitting;

/**
 * Two estimators of the gradient of E[(z − target)²] over the same draws of a normal.
 */
export function gradientEstimators(mu: number, sigma: number, target: number, seed_: number, draws: number): GradientEstimators;

/**
 * The instruction set that this build uses: "simd128" or "relaxed-simd".
 */
export function instructionSet(): string;

/**
 * Fits a grey scribble (`width` × `height` values from 0 to 1, 1 = ink) into 28×28 as MNIST's digits are.
 */
export function normalise(pixels: Float32Array | number[], width: number, height: number): Float32Array;

/**
 * The configuration of a preset.
 */
export function preset(name: string): Config;

/**
 * The tensors of a model of this configuration, by the names that a weights file has for them.
 */
export function tensors(config: Config | Preset): TensorShape[];

declare global {
    // Empty where the project's library of types has none.
    interface Disposable {}
    interface ImageData {}
    namespace WebAssembly {
        interface Memory {}
        interface Module {}
        interface Table {}
    }
}
export interface Dataset extends Disposable {}
export interface Digits extends Disposable {}
export interface Field extends Disposable {}
export interface Lens extends Disposable {}
export interface Looker extends Disposable {}
export interface Plane extends Disposable {}
export interface Run extends Disposable {}
export interface Sight extends Disposable {}
export interface Trace extends Disposable {}
export interface Trainer extends Disposable {}
export interface Writer extends Disposable {}

export type InitInput = string | Request | URL | Response | ArrayBuffer | ArrayBufferView | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_dataset_free: (a: number, b: number) => void;
    readonly __wbg_digits_free: (a: number, b: number) => void;
    readonly __wbg_field_free: (a: number, b: number) => void;
    readonly __wbg_lens_free: (a: number, b: number) => void;
    readonly __wbg_looker_free: (a: number, b: number) => void;
    readonly __wbg_plane_free: (a: number, b: number) => void;
    readonly __wbg_run_free: (a: number, b: number) => void;
    readonly __wbg_sight_free: (a: number, b: number) => void;
    readonly __wbg_trace_free: (a: number, b: number) => void;
    readonly __wbg_trainer_free: (a: number, b: number) => void;
    readonly __wbg_writer_free: (a: number, b: number) => void;
    readonly configure: (a: number, b: number, c: any) => [number, number, number];
    readonly cost: (a: any) => [number, number, number];
    readonly dataset_binary: (a: number, b: number, c: number) => [number, number, number, number];
    readonly dataset_channels: (a: number) => number;
    readonly dataset_count: (a: number) => number;
    readonly dataset_height: (a: number) => number;
    readonly dataset_holdOut: (a: number, b: number) => [number, number, number];
    readonly dataset_image: (a: number, b: number) => [number, number, number, number];
    readonly dataset_levels: (a: number) => any;
    readonly dataset_new: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly dataset_notes: (a: number) => [number, number];
    readonly dataset_ofLevels: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly dataset_ofMarks: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly dataset_pairs: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly dataset_width: (a: number) => number;
    readonly digits_count: (a: number) => number;
    readonly digits_field: (a: number, b: number, c: number) => [number, number, number];
    readonly digits_label: (a: number, b: number) => [number, number, number];
    readonly digits_new: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly distribution: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number];
    readonly families: () => [number, number, number];
    readonly field_boxes: (a: number) => [number, number];
    readonly field_draw: (a: number, b: number, c: number) => [number, number];
    readonly field_image: (a: number) => [number, number];
    readonly field_place: (a: number, b: number, c: number, d: number) => [number, number];
    readonly field_size: (a: number) => number;
    readonly fitScribble: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly gradientEstimators: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly instructionSet: () => [number, number];
    readonly lens_aimed: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly lens_back: (a: number) => any;
    readonly lens_error: (a: number) => number;
    readonly lens_filterbanks: (a: number, b: number, c: number) => [number, number, number, number];
    readonly lens_geometry: (a: number, b: number, c: number) => [number, number, number, number];
    readonly lens_gradient: (a: number) => [number, number];
    readonly lens_new: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly lens_patch: (a: number) => any;
    readonly lens_place: (a: number, b: number, c: number) => [number, number];
    readonly looker_config: (a: number) => [number, number, number];
    readonly looker_look: (a: number, b: number, c: number) => [number, number, number];
    readonly looker_new: (a: number, b: number) => [number, number, number];
    readonly looker_placeGradients: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly normalise: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly plane_at: (a: number, b: number, c: number) => [number, number, number, number];
    readonly plane_new: (a: number, b: number, c: number) => [number, number, number];
    readonly plane_project: (a: number, b: number, c: number) => [number, number, number, number];
    readonly preset: (a: number, b: number) => [number, number, number];
    readonly run_ahead: (a: number) => void;
    readonly run_canvas: (a: number) => any;
    readonly run_count: (a: number) => number;
    readonly run_errorPicture: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly run_gif: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly run_glimpse: (a: number) => number;
    readonly run_glimpses: (a: number) => number;
    readonly run_kl: (a: number) => [number, number];
    readonly run_latents: (a: number) => [number, number, number, number];
    readonly run_picture: (a: number, b: number, c: number) => [number, number, number];
    readonly run_readPatches: (a: number) => [number, number];
    readonly run_readWindows: (a: number) => [number, number];
    readonly run_reconstruction: (a: number) => [number, number];
    readonly run_seek: (a: number, b: number) => [number, number];
    readonly run_step: (a: number) => [number, number, number];
    readonly run_writePatches: (a: number) => [number, number];
    readonly run_writeWindows: (a: number) => [number, number];
    readonly sight_glimpse: (a: number) => number;
    readonly sight_glimpses: (a: number) => number;
    readonly sight_probabilities: (a: number) => [number, number, number, number];
    readonly sight_seen: (a: number) => [number, number];
    readonly sight_step: (a: number) => [number, number, number];
    readonly sight_window: (a: number) => [number, number];
    readonly tensors: (a: any) => [number, number, number];
    readonly trace_part: (a: number, b: any) => [number, number, number];
    readonly trainer_batch: (a: number) => number;
    readonly trainer_begin: (a: number, b: number, c: number, d: number) => [number, number];
    readonly trainer_bound: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly trainer_checkpoint: (a: number) => [number, number, number];
    readonly trainer_config: (a: number) => [number, number, number];
    readonly trainer_export: (a: number) => [number, number, number];
    readonly trainer_finish: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly trainer_fitted: (a: number, b: number) => [number, number, number];
    readonly trainer_follow: (a: number, b: number, c: number, d: number) => [number, number];
    readonly trainer_learningRate: (a: number) => number;
    readonly trainer_loss: (a: number) => number;
    readonly trainer_new: (a: any, b: number) => [number, number, number];
    readonly trainer_on: (a: number, b: any, c: number) => [number, number, number];
    readonly trainer_params: (a: number) => any;
    readonly trainer_part: (a: number) => [number, number, number];
    readonly trainer_resume: (a: number, b: number) => [number, number, number];
    readonly trainer_set_learningRate: (a: number, b: number) => [number, number];
    readonly trainer_step: (a: number, b: number, c: number) => [number, number, number];
    readonly trainer_stepOn: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly trainer_steps: (a: number) => number;
    readonly trainer_tune: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly trainer_writer: (a: number) => [number, number, number];
    readonly writer_addEncoder: (a: number, b: number, c: number) => [number, number];
    readonly writer_bound: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly writer_canRedraw: (a: number) => number;
    readonly writer_codes: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly writer_config: (a: number) => [number, number, number];
    readonly writer_draw: (a: number, b: number) => [number, number, number];
    readonly writer_drawLatents: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly writer_fittedCodes: (a: number, b: number, c: number) => [number, number, number, number];
    readonly writer_interpolate: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly writer_latentsInUse: (a: number) => [number, number];
    readonly writer_latentsOf: (a: number, b: number, c: number) => [number, number, number, number];
    readonly writer_new: (a: number, b: number) => [number, number, number];
    readonly writer_parameters: (a: number) => number;
    readonly writer_redraw: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly writer_trace: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly writer_traceDream: (a: number, b: number, c: number) => [number, number, number];
    readonly writer_vary: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __externref_drop_slice: (a: number, b: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = ArrayBuffer | ArrayBufferView | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
