/* tslint:disable */
/* eslint-disable */

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
     * The error images as one picture: ink still missing in one colour, ink too much in the other, 0xRRGGBB.
     * Undefined if nothing is read.
     */
    errorPicture(columns: number, missing: number, surplus: number): ImageData | undefined;
    /**
     * KL in nats, glimpse × count, of the glimpses drawn; empty for `draw`.
     */
    kl(): Float32Array;
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
     * For each image, the window of the last write: centre x, centre y, stride, sigma, gamma, in canvas pixels.
     */
    writeWindows(): Float32Array;
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
 * A model that draws, and, with its encoder half, redraws.
 */
export class Writer {
    free(): void;
    /**
     * Adds the encoder half to a decoder half. Drawings under way go on.
     */
    addEncoder(bytes: Uint8Array | number[]): void;
    /**
     * Begins to draw digits from the prior.
     */
    draw(options_?: DrawOptions | null): Run;
    /**
     * From the bytes of a weights file: a decoder half, or a whole model.
     */
    constructor(bytes: Uint8Array | number[]);
    /**
     * Begins to read and redraw images: values from 0 to 1, one image after the other.
     */
    redraw(pixels: Float32Array | number[], options_?: RedrawOptions | null): Run;
    /**
     * Whether `redraw` can be called.
     */
    readonly canRedraw: boolean;
    /**
     * The shape of the model.
     */
    readonly config: Config;
}

/**
 * Fits a grey scribble (`width` × `height` values from 0 to 1, 1 = ink) into 28×28 as MNIST's digits are.
 */
export function normalise(pixels: Float32Array | number[], width: number, height: number): Float32Array;

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
export interface Run extends Disposable {}
export interface Writer extends Disposable {}

export type InitInput = string | Request | URL | Response | ArrayBuffer | ArrayBufferView | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_run_free: (a: number, b: number) => void;
    readonly __wbg_writer_free: (a: number, b: number) => void;
    readonly normalise: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly run_ahead: (a: number) => void;
    readonly run_errorPicture: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly run_glimpse: (a: number) => number;
    readonly run_glimpses: (a: number) => number;
    readonly run_kl: (a: number) => [number, number];
    readonly run_picture: (a: number, b: number, c: number) => [number, number, number];
    readonly run_readPatches: (a: number) => [number, number];
    readonly run_readWindows: (a: number) => [number, number];
    readonly run_reconstruction: (a: number) => [number, number];
    readonly run_seek: (a: number, b: number) => [number, number];
    readonly run_step: (a: number) => [number, number, number];
    readonly run_writeWindows: (a: number) => [number, number];
    readonly writer_addEncoder: (a: number, b: number, c: number) => [number, number];
    readonly writer_canRedraw: (a: number) => number;
    readonly writer_config: (a: number) => [number, number, number];
    readonly writer_draw: (a: number, b: number) => [number, number, number];
    readonly writer_new: (a: number, b: number) => [number, number, number];
    readonly writer_redraw: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __externref_table_dealloc: (a: number) => void;
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
