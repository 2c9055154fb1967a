/* @ts-self-types="./attentive_writer.d.ts" */

/**
 * Images to train on.
 */
export class Dataset {
    static __wrap(ptr) {
        const obj = Object.create(Dataset.prototype);
        obj.__wbg_ptr = ptr;
        DatasetFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        DatasetFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_dataset_free(ptr, 0);
    }
    /**
     * All images' values as `Writer.bound` sees them with this seed: each level is the probability of a 1. 0 or 1, one
     * image after the other.
     * @param {number | null} [seed_]
     * @returns {Float32Array}
     */
    binary(seed_) {
        const ret = wasm.dataset_binary(this.__wbg_ptr, !isLikeNone(seed_), isLikeNone(seed_) ? 0 : seed_);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * 1 for grey, 3 for colour.
     * @returns {number}
     */
    get channels() {
        const ret = wasm.dataset_channels(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Images.
     * @returns {number}
     */
    get count() {
        const ret = wasm.dataset_count(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Pixels of an image from top to bottom.
     * @returns {number}
     */
    get height() {
        const ret = wasm.dataset_height(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Takes the last images out, as a set of their own to hold out.
     * @param {number} count
     * @returns {Dataset}
     */
    holdOut(count) {
        const ret = wasm.dataset_holdOut(this.__wbg_ptr, count);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Dataset.__wrap(ret[0]);
    }
    /**
     * An image's pixels, 0 to 1.
     * @param {number} index
     * @returns {Float32Array}
     */
    image(index) {
        const ret = wasm.dataset_image(this.__wbg_ptr, index);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * All images' pixels, 0 to 255, as `ofLevels` takes them.
     * @returns {Uint8Array}
     */
    levels() {
        const ret = wasm.dataset_levels(this.__wbg_ptr);
        return ret;
    }
    /**
     * From the bytes of a file: IDX, .npy, .amat, MATLAB 5 (SVHN) or CIFAR-10's PNG sheets, which are recognised, or bit
     * rows or CIFAR-10's binary batches, which have no header and are known by the file's name (.bits, data_batch_1.bin)
     * or by the options; gzipped or not.
     * @param {Uint8Array | number[]} bytes
     * @param {string | null} [name]
     * @param {ImageOptions | null} [options]
     */
    constructor(bytes, name, options) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = isLikeNone(name) ? 0 : passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.dataset_new(ptr0, len0, ptr1, len1, isLikeNone(options) ? 0 : addToExternrefTable0(options));
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        DatasetFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * How the file was read where that is not plain, and what is odd about the images: lines to show; mostly none.
     * @returns {string[]}
     */
    get notes() {
        const ret = wasm.dataset_notes(this.__wbg_ptr);
        var v1 = getArrayJsValueFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * From levels, 0 to 255, of images of one size, with one channel if `channels` is absent: a plane after the other.
     * @param {Uint8Array | number[]} levels
     * @param {number} width
     * @param {number} height
     * @param {number | null} [channels]
     * @returns {Dataset}
     */
    static ofLevels(levels, width, height, channels) {
        const val2 = +width;
        const val3 = +height;
        const val4 = +(isLikeNone(channels) ? Number.MAX_SAFE_INTEGER : (channels) >>> 0);
        const ptr0 = passArray8ToWasm0(levels, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.dataset_ofLevels(ptr0, len0, val2, val3, val4);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Dataset.__wrap(ret[0]);
    }
    /**
     * Variations of marks (values from 0 to 1, one mark after the other, each `side` wide and high; if absent, 28): turned,
     * scaled and shifted a little.
     * @param {Float32Array | number[]} marks
     * @param {number} count
     * @param {number} seed_
     * @param {number | null} [side]
     * @returns {Dataset}
     */
    static ofMarks(marks, count, seed_, side) {
        const val2 = +count;
        const val3 = +seed_;
        const val4 = +(isLikeNone(side) ? Number.MAX_SAFE_INTEGER : (side) >>> 0);
        const ptr0 = passArrayF32ToWasm0(marks, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.dataset_ofMarks(ptr0, len0, val2, val3, val4);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Dataset.__wrap(ret[0]);
    }
    /**
     * Two of these digits on each of `count` images `size` pixels wide and high, at places by the seed: the first is
     * the image's own, in their order, the other any.
     * @param {number} size
     * @param {number} count
     * @param {number} seed_
     * @returns {Dataset}
     */
    pairs(size, count, seed_) {
        const ret = wasm.dataset_pairs(this.__wbg_ptr, size, count, seed_);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Dataset.__wrap(ret[0]);
    }
    /**
     * Pixels of an image from left to right.
     * @returns {number}
     */
    get width() {
        const ret = wasm.dataset_width(this.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) Dataset.prototype[Symbol.dispose] = Dataset.prototype.free;

/**
 * Digits with labels, around which clutter is laid.
 */
export class Digits {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        DigitsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_digits_free(ptr, 0);
    }
    /**
     * Digits.
     * @returns {number}
     */
    get count() {
        const ret = wasm.digits_count(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * A digit in clutter, whose pieces can be moved; the same for the same seed.
     * @param {number} index
     * @param {number} seed_
     * @returns {Field}
     */
    field(index, seed_) {
        const ret = wasm.digits_field(this.__wbg_ptr, index, seed_);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Field.__wrap(ret[0]);
    }
    /**
     * The class of a digit.
     * @param {number} index
     * @returns {number}
     */
    label(index) {
        const ret = wasm.digits_label(this.__wbg_ptr, index);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return ret[0];
    }
    /**
     * From two IDX files, of images and of labels, gzipped or not.
     * @param {Uint8Array | number[]} images
     * @param {Uint8Array | number[]} labels
     */
    constructor(images, labels) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArray8ToWasm0(images, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray8ToWasm0(labels, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.digits_new(ptr0, len0, ptr1, len1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        DigitsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) Digits.prototype[Symbol.dispose] = Digits.prototype.free;

/**
 * A digit and the clutter around it.
 */
export class Field {
    static __wrap(ptr) {
        const obj = Object.create(Field.prototype);
        obj.__wbg_ptr = ptr;
        FieldFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        FieldFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_field_free(ptr, 0);
    }
    /**
     * x, y, width and height of each piece, the digit last.
     * @returns {Uint32Array}
     */
    boxes() {
        const ret = wasm.field_boxes(this.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Puts another digit in the place of this one: 28 × 28 values from 0 to 1.
     * @param {Float32Array | number[]} pixels
     */
    draw(pixels) {
        const ptr0 = passArrayF32ToWasm0(pixels, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.field_draw(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The image, size × size values from 0 to 1.
     * @returns {Float32Array}
     */
    image() {
        const ret = wasm.field_image(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Moves a piece's corner there, or as near as the field allows.
     * @param {number} piece
     * @param {number} x
     * @param {number} y
     */
    place(piece, x, y) {
        const ret = wasm.field_place(this.__wbg_ptr, piece, x, y);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Width and height in pixels.
     * @returns {number}
     */
    get size() {
        const ret = wasm.field_size(this.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) Field.prototype[Symbol.dispose] = Field.prototype.free;

/**
 * One window over one image: what it reads, what writing that back gives, and the error's gradient.
 */
export class Lens {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LensFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_lens_free(ptr, 0);
    }
    /**
     * The window whose centre is there, in pixels from the image's corner, and that is else as `window`.
     * @param {Float32Array | number[]} window
     * @param {number} x
     * @param {number} y
     * @returns {Float32Array}
     */
    aimed(window, x, y) {
        const val2 = +x;
        const val3 = +y;
        const ptr0 = passArrayF32ToWasm0(window, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.lens_aimed(this.__wbg_ptr, ptr0, len0, val2, val3);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v4;
    }
    /**
     * The reading written back, height × width.
     * @returns {Float32Array}
     */
    back() {
        const ret = wasm.lens_back(this.__wbg_ptr);
        return ret;
    }
    /**
     * Half the squared difference of image and write-back.
     * @returns {number}
     */
    get error() {
        const ret = wasm.lens_error(this.__wbg_ptr);
        return ret;
    }
    /**
     * F_X, N × width, and after it F_Y, N × height, at a window.
     * @param {Float32Array | number[]} window
     * @returns {Float32Array}
     */
    filterbanks(window) {
        const ptr0 = passArrayF32ToWasm0(window, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.lens_filterbanks(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
    /**
     * Where a window lies (equations 22 to 24), in pixels from the image's corner: centre x, centre y, stride, sigma.
     * @param {Float32Array | number[]} window
     * @returns {Float32Array}
     */
    geometry(window) {
        const ptr0 = passArrayF32ToWasm0(window, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.lens_geometry(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
    /**
     * The error's gradient with respect to the window's five numbers.
     * @returns {Float32Array}
     */
    gradient() {
        const ret = wasm.lens_gradient(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * `n` × `n` filters over an image of `width` × `height` values.
     * @param {number} n
     * @param {number} width
     * @param {number} height
     * @param {Float32Array | number[]} image
     */
    constructor(n, width, height, image) {
        const val2 = +n;
        const val3 = +width;
        const val4 = +height;
        const ptr0 = passArrayF32ToWasm0(image, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.lens_new(val2, val3, val4, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        LensFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The reading, N × N.
     * @returns {Float32Array}
     */
    patch() {
        const ret = wasm.lens_patch(this.__wbg_ptr);
        return ret;
    }
    /**
     * Lays the window there: g̃_X, g̃_Y, log σ², log δ̃, log γ.
     * @param {Float32Array | number[]} window
     */
    place(window) {
        const ptr0 = passArrayF32ToWasm0(window, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.lens_place(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
}
if (Symbol.dispose) Lens.prototype[Symbol.dispose] = Lens.prototype.free;

/**
 * A model that classifies by looking.
 */
export class Looker {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LookerFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_looker_free(ptr, 0);
    }
    /**
     * The shape of the model.
     * @returns {LookConfig}
     */
    get config() {
        const ret = wasm.looker_config(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Begins to look at an image, width × height values from 0 to 1. RAM looks at the means of its places.
     * @param {Float32Array | number[]} image
     * @returns {Sight}
     */
    look(image) {
        const ptr0 = passArrayF32ToWasm0(image, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.looker_look(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Sight.__wrap(ret[0]);
    }
    /**
     * From the bytes of its weights file.
     * @param {Uint8Array | number[]} bytes
     */
    constructor(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.looker_new(ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        LookerFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Both estimators of the gradient of log p(label) by the mean of the place of a glimpse (from 0), for so many draws.
     * @param {Float32Array | number[]} image
     * @param {number} label
     * @param {number} glimpse
     * @param {number} draws
     * @param {number} seed_
     * @returns {PlaceGradients}
     */
    placeGradients(image, label, glimpse, draws, seed_) {
        const val2 = +label;
        const val3 = +glimpse;
        const val4 = +draws;
        const val5 = +seed_;
        const ptr0 = passArrayF32ToWasm0(image, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.looker_placeGradients(this.__wbg_ptr, ptr0, len0, val2, val3, val4, val5);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
}
if (Symbol.dispose) Looker.prototype[Symbol.dispose] = Looker.prototype.free;

/**
 * The mean of some codes and the two directions in which they spread most.
 */
export class Plane {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        PlaneFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_plane_free(ptr, 0);
    }
    /**
     * The code at a place; all other components are at their mean.
     * @param {number} x
     * @param {number} y
     * @returns {Float32Array}
     */
    at(x, y) {
        const ret = wasm.plane_at(this.__wbg_ptr, x, y);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Of codes of so many numbers each, three or more.
     * @param {Float32Array | number[]} codes
     * @param {number} numbers
     */
    constructor(codes, numbers) {
        const val2 = +numbers;
        const ptr0 = passArrayF32ToWasm0(codes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.plane_new(ptr0, len0, val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        PlaneFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * x and y of codes, in their own unit; the codes' mean is at 0.
     * @param {Float32Array | number[]} codes
     * @returns {Float32Array}
     */
    project(codes) {
        const ptr0 = passArrayF32ToWasm0(codes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.plane_project(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
}
if (Symbol.dispose) Plane.prototype[Symbol.dispose] = Plane.prototype.free;

/**
 * A drawing under way.
 */
export class Run {
    static __wrap(ptr) {
        const obj = Object.create(Run.prototype);
        obj.__wbg_ptr = ptr;
        RunFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RunFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_run_free(ptr, 0);
    }
    /**
     * Computes the next glimpse without showing it: for idle moments, so that `step` answers sooner.
     */
    ahead() {
        wasm.run_ahead(this.__wbg_ptr);
    }
    /**
     * The canvases after the sigmoid, count × channels × size × size: a view of wasm memory.
     * @returns {Float32Array}
     */
    canvas() {
        const ret = wasm.run_canvas(this.__wbg_ptr);
        return ret;
    }
    /**
     * Images being drawn.
     * @returns {number}
     */
    get count() {
        const ret = wasm.run_count(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The error images as one picture: ink still missing in one colour, ink too much in the other, 0xRRGGBB.
     * Undefined if nothing is read.
     * @param {number} columns
     * @param {number} missing
     * @param {number} surplus
     * @returns {ImageData | undefined}
     */
    errorPicture(columns, missing, surplus) {
        const ret = wasm.run_errorPicture(this.__wbg_ptr, columns, missing, surplus);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The drawing from its present glimpse to its last as a GIF, `columns` in a row; colours are 0xRRGGBB.
     * @param {number} columns
     * @param {number} paper
     * @param {number} ink
     * @param {number} write
     * @returns {Uint8Array}
     */
    gif(columns, paper, ink, write) {
        const ret = wasm.run_gif(this.__wbg_ptr, columns, paper, ink, write);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Glimpses drawn.
     * @returns {number}
     */
    get glimpse() {
        const ret = wasm.run_glimpse(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Glimpses in all.
     * @returns {number}
     */
    get glimpses() {
        const ret = wasm.run_glimpses(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * KL in nats, glimpse × count, of the glimpses drawn; empty for `draw`.
     * @returns {Float32Array}
     */
    kl() {
        const ret = wasm.run_kl(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * The latents of all glimpses, glimpse × count × latent. Throws as `step` does.
     * @returns {Float32Array}
     */
    latents() {
        const ret = wasm.run_latents(this.__wbg_ptr);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * The canvases as one picture, `columns` in a row: `ink` is a colour 0xRRGGBB, its alpha the
     * probability of ink. Models with more channels bring their own colours and are opaque: red, green and blue, or, of
     * two, red and what is not red.
     * @param {number} columns
     * @param {number} ink
     * @returns {ImageData}
     */
    picture(columns, ink) {
        const ret = wasm.run_picture(this.__wbg_ptr, columns, ink);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The patches that the last glimpse read, count × 2 × channels × N × N: of the image, then of its error.
     * @returns {Float32Array}
     */
    readPatches() {
        const ret = wasm.run_readPatches(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * For each image, the window of the last read; zeros if nothing is read.
     * @returns {Float32Array}
     */
    readWindows() {
        const ret = wasm.run_readWindows(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * −log p(x | canvas) in nats, (glimpse + 1) × count; empty for `draw`.
     * @returns {Float32Array}
     */
    reconstruction() {
        const ret = wasm.run_reconstruction(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Goes to a glimpse, back or forth; beyond the last is the last, and below none is none. Throws as `step` does.
     * @param {number} glimpse
     */
    seek(glimpse) {
        const ret = wasm.run_seek(this.__wbg_ptr, glimpse);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Draws one glimpse more; false if all are drawn. Throws if the weights lead to numbers that are not finite.
     * @returns {boolean}
     */
    step() {
        const ret = wasm.run_step(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return ret[0] !== 0;
    }
    /**
     * The patches that the last glimpse wrote, count × channels × N × N, or whole canvases without attention; empty before
     * the first.
     * @returns {Float32Array}
     */
    writePatches() {
        const ret = wasm.run_writePatches(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * For each image, the window of the last write: centre x, centre y, stride, sigma, gamma, in canvas pixels.
     * @returns {Float32Array}
     */
    writeWindows() {
        const ret = wasm.run_writeWindows(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
}
if (Symbol.dispose) Run.prototype[Symbol.dispose] = Run.prototype.free;

/**
 * An image being looked at.
 */
export class Sight {
    static __wrap(ptr) {
        const obj = Object.create(Sight.prototype);
        obj.__wbg_ptr = ptr;
        SightFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        SightFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_sight_free(ptr, 0);
    }
    /**
     * Glimpses taken.
     * @returns {number}
     */
    get glimpse() {
        const ret = wasm.sight_glimpse(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Glimpses in all.
     * @returns {number}
     */
    get glimpses() {
        const ret = wasm.sight_glimpses(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Class probabilities after the last glimpse; before the first, of the blank state. Throws as `step` does.
     * @returns {Float32Array}
     */
    probabilities() {
        const ret = wasm.sight_probabilities(this.__wbg_ptr);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * What the last glimpse saw: N × N, or scales × N × N. Empty before the first.
     * @returns {Float32Array}
     */
    seen() {
        const ret = wasm.sight_seen(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Looks once more; false if all glimpses are over. Throws if the weights lead to numbers that are not finite.
     * @returns {boolean}
     */
    step() {
        const ret = wasm.sight_step(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return ret[0] !== 0;
    }
    /**
     * What the last glimpse looked through, in the image's pixels: centre x, centre y, stride, sigma and gamma of a window
     * of Gaussians; or centre x, centre y and the sides of the retina's squares. Empty before the first.
     * @returns {Float32Array}
     */
    window() {
        const ret = wasm.sight_window(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
}
if (Symbol.dispose) Sight.prototype[Symbol.dispose] = Sight.prototype.free;

/**
 * All glimpses of one digit, with what each of them computed.
 */
export class Trace {
    static __wrap(ptr) {
        const obj = Object.create(Trace.prototype);
        obj.__wbg_ptr = ptr;
        TraceFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TraceFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_trace_free(ptr, 0);
    }
    /**
     * A part by its name.
     * @param {TracePart} name
     * @returns {Float32Array}
     */
    part(name) {
        const ret = wasm.trace_part(this.__wbg_ptr, name);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
}
if (Symbol.dispose) Trace.prototype[Symbol.dispose] = Trace.prototype.free;

/**
 * A model in training.
 */
export class Trainer {
    static __wrap(ptr) {
        const obj = Object.create(Trainer.prototype);
        obj.__wbg_ptr = ptr;
        TrainerFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TrainerFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_trainer_free(ptr, 0);
    }
    /**
     * Images in a step.
     * @returns {number}
     */
    get batch() {
        const ret = wasm.trainer_batch(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The first half of a step that several workers share: images `from` up to `to` of the next batch.
     * @param {Dataset} data
     * @param {number} from
     * @param {number} to
     */
    begin(data, from, to) {
        _assertClass(data, Dataset);
        const ret = wasm.trainer_begin(this.__wbg_ptr, data.__wbg_ptr, from, to);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The bound of the averaged weights on a data set.
     * @param {Dataset} data
     * @param {number | null} [seed_]
     * @returns {Bound}
     */
    bound(data, seed_) {
        _assertClass(data, Dataset);
        const ret = wasm.trainer_bound(this.__wbg_ptr, data.__wbg_ptr, !isLikeNone(seed_), isLikeNone(seed_) ? 0 : seed_);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * All that `Trainer.resume` needs to go on as if it had not been cut.
     * @returns {Uint8Array}
     */
    checkpoint() {
        const ret = wasm.trainer_checkpoint(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The shape of the model.
     * @returns {Config}
     */
    get config() {
        const ret = wasm.trainer_config(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The averaged weights as one f32 safetensors file.
     * @returns {Uint8Array}
     */
    export() {
        const ret = wasm.trainer_export(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The second half of a step: the other workers' parts, and the update.
     * @param {Float32Array[]} parts
     * @param {number | null} [rate]
     * @returns {TrainingReport}
     */
    finish(parts, rate) {
        const val2 = +(isLikeNone(rate) ? 0 : rate);
        const ptr0 = passArrayJsValueToWasm0(parts, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.trainer_finish(this.__wbg_ptr, ptr0, len0, !isLikeNone(rate), val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The same, of a plain autoencoder, with the Gaussian that is fitted to its codes of a data set.
     * @param {Dataset} data
     * @returns {Writer}
     */
    fitted(data) {
        _assertClass(data, Dataset);
        const ret = wasm.trainer_fitted(this.__wbg_ptr, data.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Writer.__wrap(ret[0]);
    }
    /**
     * Takes over another worker's parameters after so many steps, to make a part of the next.
     * @param {Float32Array | number[]} params
     * @param {number} steps
     */
    follow(params, steps) {
        const val2 = +steps;
        const ptr0 = passArrayF32ToWasm0(params, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.trainer_follow(this.__wbg_ptr, ptr0, len0, val2);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The learning rate of a step at rate 1.
     * @returns {number}
     */
    get learningRate() {
        const ret = wasm.trainer_learningRate(this.__wbg_ptr);
        return ret;
    }
    /**
     * The last step's loss in nats; NaN before the first.
     * @returns {number}
     */
    get loss() {
        const ret = wasm.trainer_loss(this.__wbg_ptr);
        return ret;
    }
    /**
     * A fresh model of a configuration or preset.
     * @param {Config | Preset} config
     * @param {TrainerSettings | null} [settings]
     */
    constructor(config, settings) {
        const ret = wasm.trainer_new(config, isLikeNone(settings) ? 0 : addToExternrefTable0(settings));
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        TrainerFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * A fresh model whose canvas starts at the data's mean image, as the command line's does.
     * @param {Dataset} data
     * @param {Config | Preset} config
     * @param {TrainerSettings | null} [settings]
     * @returns {Trainer}
     */
    static on(data, config, settings) {
        _assertClass(data, Dataset);
        const ret = wasm.trainer_on(data.__wbg_ptr, config, isLikeNone(settings) ? 0 : addToExternrefTable0(settings));
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Trainer.__wrap(ret[0]);
    }
    /**
     * The parameters, for the others' `follow`.
     * @returns {Float32Array}
     */
    params() {
        const ret = wasm.trainer_params(this.__wbg_ptr);
        return ret;
    }
    /**
     * What `begin` made, for another worker's `finish`: images, the parts of their loss, and then the gradient; sums
     * over the images.
     * @returns {Float32Array}
     */
    part() {
        const ret = wasm.trainer_part(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Goes on from a checkpoint.
     * @param {Uint8Array | number[]} checkpoint
     * @returns {Trainer}
     */
    static resume(checkpoint) {
        const ptr0 = passArray8ToWasm0(checkpoint, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.trainer_resume(ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Trainer.__wrap(ret[0]);
    }
    /**
     * The learning rate of the steps to come.
     * @param {number} rate
     */
    set learningRate(rate) {
        const ret = wasm.trainer_set_learningRate(this.__wbg_ptr, rate);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Trains on the next batch of a data set, shuffled anew each epoch: the loop of the command line, the same
     * numbers for the same seed. `rate` scales the learning rate.
     * @param {Dataset} data
     * @param {number | null} [rate]
     * @returns {TrainingReport}
     */
    stepOn(data, rate) {
        _assertClass(data, Dataset);
        const ret = wasm.trainer_stepOn(this.__wbg_ptr, data.__wbg_ptr, !isLikeNone(rate), isLikeNone(rate) ? 0 : rate);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Trains on one batch: as many images as the settings' `batch`, values from 0 to 1.
     * @param {Float32Array | number[]} batch
     * @returns {TrainingReport}
     */
    step(batch) {
        const ptr0 = passArrayF32ToWasm0(batch, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.trainer_step(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Steps done.
     * @returns {number}
     */
    get steps() {
        const ret = wasm.trainer_steps(this.__wbg_ptr);
        return ret;
    }
    /**
     * Goes on from trained weights, both halves, with a fresh optimiser.
     * @param {Uint8Array | number[]} bytes
     * @param {Uint8Array | number[] | null} [encoder]
     * @param {TrainerSettings | null} [settings]
     * @returns {Trainer}
     */
    static tune(bytes, encoder, settings) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = isLikeNone(encoder) ? 0 : passArray8ToWasm0(encoder, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.trainer_tune(ptr0, len0, ptr1, len1, isLikeNone(settings) ? 0 : addToExternrefTable0(settings));
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Trainer.__wrap(ret[0]);
    }
    /**
     * A model of the averaged weights, to draw with while training goes on.
     * @returns {Writer}
     */
    writer() {
        const ret = wasm.trainer_writer(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Writer.__wrap(ret[0]);
    }
}
if (Symbol.dispose) Trainer.prototype[Symbol.dispose] = Trainer.prototype.free;

/**
 * A model that draws, and, with its encoder half, redraws.
 */
export class Writer {
    static __wrap(ptr) {
        const obj = Object.create(Writer.prototype);
        obj.__wbg_ptr = ptr;
        WriterFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        WriterFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_writer_free(ptr, 0);
    }
    /**
     * Adds the encoder half to a decoder half. Drawings under way go on.
     * @param {Uint8Array | number[]} bytes
     */
    addEncoder(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.writer_addEncoder(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The bound on a data set, as the command line's `eval` gives it; of a plain autoencoder the reconstruction alone,
     * which bounds nothing.
     * @param {Dataset} data
     * @param {number | null} [seed_]
     * @returns {Bound}
     */
    bound(data, seed_) {
        _assertClass(data, Dataset);
        const ret = wasm.writer_bound(this.__wbg_ptr, data.__wbg_ptr, !isLikeNone(seed_), isLikeNone(seed_) ? 0 : seed_);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Whether `redraw` can be called.
     * @returns {boolean}
     */
    get canRedraw() {
        const ret = wasm.writer_canRedraw(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * The codes of images, count × (glimpse × latent), as `Plane` and `latentsOf` take them; of a variational model samples
     * from q, by the seed. Values from 0 to 1, one image after the other.
     * @param {Float32Array | number[]} pixels
     * @param {number | null} [seed_]
     * @returns {Float32Array}
     */
    codes(pixels, seed_) {
        const val2 = +(isLikeNone(seed_) ? 0 : seed_);
        const ptr0 = passArrayF32ToWasm0(pixels, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.writer_codes(this.__wbg_ptr, ptr0, len0, !isLikeNone(seed_), val2);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v3 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v3;
    }
    /**
     * The shape of the model.
     * @returns {Config}
     */
    get config() {
        const ret = wasm.writer_config(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Begins to draw from latents, glimpse × count × latent, as `Run.latents` gives them.
     * @param {Float32Array | number[]} latents
     * @param {number | null} [size]
     * @returns {Run}
     */
    drawLatents(latents, size) {
        const val2 = +(isLikeNone(size) ? 0 : size);
        const ptr0 = passArrayF32ToWasm0(latents, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.writer_drawLatents(this.__wbg_ptr, ptr0, len0, !isLikeNone(size), val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Run.__wrap(ret[0]);
    }
    /**
     * Begins to draw digits from the prior.
     * @param {DrawOptions | null} [options_]
     * @returns {Run}
     */
    draw(options_) {
        const ret = wasm.writer_draw(this.__wbg_ptr, isLikeNone(options_) ? 0 : addToExternrefTable0(options_));
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Run.__wrap(ret[0]);
    }
    /**
     * Codes from the Gaussian that was fitted to those of a plain autoencoder, with the noise of `draw` with this seed.
     * @param {number} seed_
     * @param {number} count
     * @returns {Float32Array}
     */
    fittedCodes(seed_, count) {
        const ret = wasm.writer_fittedCodes(this.__wbg_ptr, seed_, count);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Latents of `count` digits on the way from one digit's to another's.
     * @param {Float32Array | number[]} from
     * @param {Float32Array | number[]} to
     * @param {number} count
     * @returns {Float32Array}
     */
    interpolate(from, to, count) {
        const val3 = +count;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArrayF32ToWasm0(from, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayF32ToWasm0(to, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
            throw e;
        }
        const ret = wasm.writer_interpolate(this.__wbg_ptr, ptr0, len0, ptr1, len1, val3);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v4;
    }
    /**
     * The latents, from 0, that the decoder gives any weight.
     * @returns {Uint32Array}
     */
    latentsInUse() {
        const ret = wasm.writer_latentsInUse(this.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Codes as latents for `drawLatents`.
     * @param {Float32Array | number[]} codes_
     * @returns {Float32Array}
     */
    latentsOf(codes_) {
        const ptr0 = passArrayF32ToWasm0(codes_, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.writer_latentsOf(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
    /**
     * From the bytes of a weights file: a decoder half, or a whole model.
     * @param {Uint8Array | number[]} bytes
     */
    constructor(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.writer_new(ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        WriterFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Parameters of the whole model, encoder included.
     * @returns {number}
     */
    get parameters() {
        const ret = wasm.writer_parameters(this.__wbg_ptr);
        return ret;
    }
    /**
     * Begins to read and redraw images: values from 0 to 1, one image after the other.
     * @param {Float32Array | number[]} pixels
     * @param {RedrawOptions | null} [options_]
     * @returns {Run}
     */
    redraw(pixels, options_) {
        const ptr0 = passArrayF32ToWasm0(pixels, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.writer_redraw(this.__wbg_ptr, ptr0, len0, isLikeNone(options_) ? 0 : addToExternrefTable0(options_));
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Run.__wrap(ret[0]);
    }
    /**
     * Draws one digit from the prior, the first that `draw` has with this seed, and keeps what each glimpse computes.
     * @param {number | null} [seed_]
     * @returns {Trace}
     */
    traceDream(seed_) {
        const ret = wasm.writer_traceDream(this.__wbg_ptr, !isLikeNone(seed_), isLikeNone(seed_) ? 0 : seed_);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Trace.__wrap(ret[0]);
    }
    /**
     * Reads and redraws one image, values from 0 to 1, and keeps what each glimpse computes.
     * @param {Float32Array | number[]} pixels
     * @param {TraceOptions | null} [options_]
     * @returns {Trace}
     */
    trace(pixels, options_) {
        const ptr0 = passArrayF32ToWasm0(pixels, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.writer_trace(this.__wbg_ptr, ptr0, len0, isLikeNone(options_) ? 0 : addToExternrefTable0(options_));
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Trace.__wrap(ret[0]);
    }
    /**
     * Latents of digits that share one digit's in some glimpses, and have others of their own elsewhere.
     * @param {Float32Array | number[]} latents
     * @param {VaryOptions | null} [options_]
     * @returns {Float32Array}
     */
    vary(latents, options_) {
        const ptr0 = passArrayF32ToWasm0(latents, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.writer_vary(this.__wbg_ptr, ptr0, len0, isLikeNone(options_) ? 0 : addToExternrefTable0(options_));
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
}
if (Symbol.dispose) Writer.prototype[Symbol.dispose] = Writer.prototype.free;

/**
 * A preset's configuration with single fields replaced; fields that are not known are errors.
 * @param {string} preset
 * @param {any} changes
 * @returns {Config}
 */
export function configure(preset, changes) {
    const ptr0 = passStringToWasm0(preset, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.configure(ptr0, len0, changes);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * What a model of this configuration costs.
 * @param {Config | Preset} config
 * @returns {Cost}
 */
export function cost(config) {
    const ret = wasm.cost(config);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * A family at given parameters: `dots` draws with their gradient, a histogram of `draws`, and the density.
 * @param {string} name
 * @param {Float64Array | number[]} theta
 * @param {number} seed_
 * @param {number} dots
 * @param {number} draws
 * @param {number} bins
 * @returns {DistributionFigure}
 */
export function distribution(name, theta, seed_, dots, draws, bins) {
    const val3 = +seed_;
    const val4 = +dots;
    const val5 = +draws;
    const val6 = +bins;
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArrayF64ToWasm0(theta, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.distribution(ptr0, len0, ptr1, len1, val3, val4, val5, val6);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * Every family of distributions that the page shows.
 * @returns {DistributionFamily[]}
 */
export function families() {
    const ret = wasm.families();
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * The steps of `normalise`, which takes the same.
 * @param {Float32Array | number[]} pixels
 * @param {number} width
 * @param {number} height
 * @returns {ScribbleFitting}
 */
export function fitScribble(pixels, width, height) {
    const val2 = +width;
    const val3 = +height;
    const ptr0 = passArrayF32ToWasm0(pixels, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.fitScribble(ptr0, len0, val2, val3);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * Two estimators of the gradient of E[(z − target)²] over the same draws of a normal.
 * @param {number} mu
 * @param {number} sigma
 * @param {number} target
 * @param {number} seed_
 * @param {number} draws
 * @returns {GradientEstimators}
 */
export function gradientEstimators(mu, sigma, target, seed_, draws) {
    const ret = wasm.gradientEstimators(mu, sigma, target, seed_, draws);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * The instruction set that this build uses: "simd128" or "relaxed-simd".
 * @returns {string}
 */
export function instructionSet() {
    let deferred1_0;
    let deferred1_1;
    try {
        const ret = wasm.instructionSet();
        deferred1_0 = ret[0];
        deferred1_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
}

/**
 * Fits a grey scribble (`width` × `height` values from 0 to 1, 1 = ink) into 28×28 as MNIST's digits are.
 * @param {Float32Array | number[]} pixels
 * @param {number} width
 * @param {number} height
 * @returns {Float32Array}
 */
export function normalise(pixels, width, height) {
    const val2 = +width;
    const val3 = +height;
    const ptr0 = passArrayF32ToWasm0(pixels, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.normalise(ptr0, len0, val2, val3);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v4;
}

/**
 * The configuration of a preset.
 * @param {string} name
 * @returns {Config}
 */
export function preset(name) {
    const ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.preset(ptr0, len0);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * The tensors of a model of this configuration, by the names that a weights file has for them.
 * @param {Config | Preset} config
 * @returns {TensorShape[]}
 */
export function tensors(config) {
    const ret = wasm.tensors(config);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_Error_208446807d0d1e30: function(arg0, arg1) {
            const ret = Error(getStringFromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_Number_ff192a72a0dcdf6d: function(arg0) {
            const ret = Number(arg0);
            return ret;
        },
        __wbg_String_8564e559799eccda: function(arg0, arg1) {
            const ret = String(arg1);
            const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_bigint_get_as_i64_11da4b52cd0aedef: function(arg0, arg1) {
            const v = arg1;
            const ret = typeof(v) === 'bigint' ? v : undefined;
            getDataViewMemory0().setBigInt64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? BigInt(0) : ret, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);
        },
        __wbg___wbindgen_boolean_get_4f1baf9a00be3c74: function(arg0) {
            const v = arg0;
            const ret = typeof(v) === 'boolean' ? v : undefined;
            return isLikeNone(ret) ? 0xFFFFFF : ret ? 1 : 0;
        },
        __wbg___wbindgen_debug_string_f249a2a76caa9a55: function(arg0, arg1) {
            const ret = debugString(arg1);
            const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_in_3f58a9d3b3a7eed2: function(arg0, arg1) {
            const ret = arg0 in arg1;
            return ret;
        },
        __wbg___wbindgen_is_bigint_5fa10641e039d3ef: function(arg0) {
            const ret = typeof(arg0) === 'bigint';
            return ret;
        },
        __wbg___wbindgen_is_function_741ff2bb612836f5: function(arg0) {
            const ret = typeof(arg0) === 'function';
            return ret;
        },
        __wbg___wbindgen_is_null_c22311b1cc228e3a: function(arg0) {
            const ret = arg0 === null;
            return ret;
        },
        __wbg___wbindgen_is_object_8b968c3ab8e96595: function(arg0) {
            const val = arg0;
            const ret = typeof(val) === 'object' && val !== null;
            return ret;
        },
        __wbg___wbindgen_is_string_fc456fee5d3317de: function(arg0) {
            const ret = typeof(arg0) === 'string';
            return ret;
        },
        __wbg___wbindgen_is_undefined_be5b34249ff1fc15: function(arg0) {
            const ret = arg0 === undefined;
            return ret;
        },
        __wbg___wbindgen_jsval_eq_38d7bfbe4cc84039: function(arg0, arg1) {
            const ret = arg0 === arg1;
            return ret;
        },
        __wbg___wbindgen_jsval_loose_eq_b2f214e2e4b30e36: function(arg0, arg1) {
            const ret = arg0 == arg1;
            return ret;
        },
        __wbg___wbindgen_number_get_934b640d0889af78: function(arg0, arg1) {
            const obj = arg1;
            const ret = typeof(obj) === 'number' ? obj : undefined;
            getDataViewMemory0().setFloat64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? 0 : ret, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);
        },
        __wbg___wbindgen_string_get_7ce8eee7fd327545: function(arg0, arg1) {
            const obj = arg1;
            const ret = typeof(obj) === 'string' ? obj : undefined;
            var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            var len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbg___wbindgen_typeof_ee4990276e02f607: function(arg0) {
            const ret = typeof arg0;
            return ret;
        },
        __wbg_call_40b008ba32f73991: function() { return handleError(function (arg0, arg1) {
            const ret = arg0.call(arg1);
            return ret;
        }, arguments); },
        __wbg_done_57e08d0be6e30c02: function(arg0) {
            const ret = arg0.done;
            return ret;
        },
        __wbg_entries_7bb1459bd9b5c2b9: function(arg0) {
            const ret = Object.entries(arg0);
            return ret;
        },
        __wbg_getRandomValues_8b6f1f663e6f188d: function() { return handleError(function (arg0, arg1) {
            globalThis.crypto.getRandomValues(getArrayU8FromWasm0(arg0, arg1));
        }, arguments); },
        __wbg_get_635eea311fa1a291: function() { return handleError(function (arg0, arg1) {
            const ret = Reflect.get(arg0, arg1);
            return ret;
        }, arguments); },
        __wbg_get_d7176cfb76d71114: function(arg0, arg1) {
            const ret = arg0[arg1 >>> 0];
            return ret;
        },
        __wbg_get_unchecked_e6325ad374eff861: function(arg0, arg1) {
            const ret = arg0[arg1 >>> 0];
            return ret;
        },
        __wbg_get_with_ref_key_fc601247060b7204: function(arg0, arg1) {
            const ret = arg0[arg1];
            return ret;
        },
        __wbg_instanceof_ArrayBuffer_12cdaa4161423e6b: function(arg0) {
            let result;
            try {
                result = arg0 instanceof ArrayBuffer;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_Map_0b4fc8b62e73f163: function(arg0) {
            let result;
            try {
                result = arg0 instanceof Map;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_Object_97e16a01fd368661: function(arg0) {
            let result;
            try {
                result = arg0 instanceof Object;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_Uint8Array_d7aeb0dcb3108fea: function(arg0) {
            let result;
            try {
                result = arg0 instanceof Uint8Array;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_isArray_bcf1376d0d732d08: function(arg0) {
            const ret = Array.isArray(arg0);
            return ret;
        },
        __wbg_isSafeInteger_1a35ba4d31e71d38: function(arg0) {
            const ret = Number.isSafeInteger(arg0);
            return ret;
        },
        __wbg_iterator_e4c5e8f68ada7b58: function() {
            const ret = Symbol.iterator;
            return ret;
        },
        __wbg_keys_105f5c0857898f84: function(arg0) {
            const ret = Object.keys(arg0);
            return ret;
        },
        __wbg_length_186163212ffe79c3: function(arg0) {
            const ret = arg0.length;
            return ret;
        },
        __wbg_length_6e9d2869242cabf3: function(arg0) {
            const ret = arg0.length;
            return ret;
        },
        __wbg_length_b03a0fabb109b1e9: function(arg0) {
            const ret = arg0.length;
            return ret;
        },
        __wbg_new_13de428334042d26: function(arg0) {
            const ret = new Uint8Array(arg0);
            return ret;
        },
        __wbg_new_37eb45aaf5eeb820: function() {
            const ret = new Array();
            return ret;
        },
        __wbg_new_7075786089b89c5e: function() {
            const ret = new Map();
            return ret;
        },
        __wbg_new_cd4348290afae586: function() {
            const ret = new Object();
            return ret;
        },
        __wbg_new_from_slice_355c10c5d8f2addb: function(arg0, arg1) {
            const ret = new Float32Array(getArrayF32FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_b8daf545a41c6aa0: function(arg0, arg1) {
            const ret = new Uint8Array(getArrayU8FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_c7cf3126a626653c: function(arg0, arg1) {
            const ret = new Uint8ClampedArray(getArrayU8FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_with_js_u8_clamped_array_and_sh_45248574362ed78a: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = new ImageData(arg0, arg1 >>> 0, arg2 >>> 0);
            return ret;
        }, arguments); },
        __wbg_new_with_length_5c0c9043ebd9ec32: function(arg0) {
            const ret = new Float32Array(arg0 >>> 0);
            return ret;
        },
        __wbg_next_178c1651c11432b3: function(arg0) {
            const ret = arg0.next;
            return ret;
        },
        __wbg_next_af5ac6a08bb0a717: function() { return handleError(function (arg0) {
            const ret = arg0.next();
            return ret;
        }, arguments); },
        __wbg_prototypesetcall_13162965d1fe7aa3: function(arg0, arg1, arg2) {
            Uint8Array.prototype.set.call(getArrayU8FromWasm0(arg0, arg1), arg2);
        },
        __wbg_prototypesetcall_22b1bb88c4ec5c5a: function(arg0, arg1, arg2) {
            Float32Array.prototype.set.call(getArrayF32FromWasm0(arg0, arg1), arg2);
        },
        __wbg_set_2793479888329cb6: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = Reflect.set(arg0, arg1, arg2);
            return ret;
        }, arguments); },
        __wbg_set_8282f7e0d2d01336: function(arg0, arg1, arg2) {
            const ret = arg0.set(arg1, arg2);
            return ret;
        },
        __wbg_set_d0e2abd6ed08e04c: function(arg0, arg1, arg2) {
            arg0.set(getArrayF32FromWasm0(arg1, arg2));
        },
        __wbg_set_d2d33b52458e984a: function(arg0, arg1, arg2) {
            arg0[arg1 >>> 0] = arg2;
        },
        __wbg_set_e4b9a833d288759a: function(arg0, arg1, arg2) {
            arg0[arg1] = arg2;
        },
        __wbg_subarray_7343a34544ab34ea: function(arg0, arg1, arg2) {
            const ret = arg0.subarray(arg1 >>> 0, arg2 >>> 0);
            return ret;
        },
        __wbg_value_e0f328965e184931: function(arg0) {
            const ret = arg0.value;
            return ret;
        },
        __wbindgen_generic_0000000000000001: function(arg0) {
            // Cast intrinsic for `F64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000002: function(arg0) {
            // Cast intrinsic for `I64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000003: function(arg0, arg1) {
            // Cast intrinsic for `Ref(Slice(F32)) -> NamedExternref("Float32Array")`.
            const ret = getArrayF32FromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_generic_0000000000000004: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_generic_0000000000000005: function(arg0) {
            // Cast intrinsic for `U64 -> Externref`.
            const ret = BigInt.asUintN(64, arg0);
            return ret;
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./attentive_writer_bg.js": import0,
    };
}

const DatasetFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_dataset_free(ptr, 1));
const DigitsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_digits_free(ptr, 1));
const FieldFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_field_free(ptr, 1));
const LensFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_lens_free(ptr, 1));
const LookerFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_looker_free(ptr, 1));
const PlaneFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_plane_free(ptr, 1));
const RunFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_run_free(ptr, 1));
const SightFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_sight_free(ptr, 1));
const TraceFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_trace_free(ptr, 1));
const TrainerFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_trainer_free(ptr, 1));
const WriterFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_writer_free(ptr, 1));

function addToExternrefTable0(obj) {
    const idx = wasm.__externref_table_alloc();
    wasm.__wbindgen_externrefs.set(idx, obj);
    return idx;
}

function _assertClass(instance, klass) {
    if (!(instance instanceof klass)) {
        throw new Error(`expected instance of ${klass.name}`);
    }
}

function debugString(val) {
    switch (typeof val) {
        // primitive types
        case 'number':
        case 'boolean':
        case 'undefined':
        return `${val}`;
        case 'string':
        return JSON.stringify(val);
        case 'bigint':
        return `${val}n`;
        case 'symbol':
        return val.description !== undefined
            ? `Symbol(${val.description})`
            : 'Symbol';
        case 'function':
        return typeof val.name === 'string' && val.name !== ''
            ? `Function(${val.name})`
            : 'Function';
        case 'object': {
            if (val === null) {
                return 'null';
            }
            // objects
            if (Array.isArray(val)) {
                return '[' + Array.from(val, debugString).join(', ') + ']';
            }
            // errors
            if (val instanceof Error) {
                return `${val.name}: ${val.message}\n${val.stack}`;
            }

            const toStringOutput = toString.call(val);
            // Test for built-in
            const className = /\[object ([^\]]+)\]/.exec(toStringOutput)?.[1];

            // Failed to match the standard '[object ClassName]'
            if (className === undefined) {
                return toStringOutput;
            }
            if (className === 'Object') {
                // we're a user defined class or Object
                // JSON.stringify avoids problems with cycles, and is generally much
                // easier than looping through ownProperties of `val`.
                try {
                    return 'Object(' + JSON.stringify(val) + ')';
                } catch (_) {
                    return 'Object';
                }
            }
            // TODO we could test for more things here, like `Set`s and `Map`s.
            return className;
        }
        // Per MDN: 'This list of values is exhaustive.'
        // https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Operators/typeof#description
    }
}

function getArrayF32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getFloat32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayJsValueFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    const mem = getDataViewMemory0();
    const result = [];
    for (let i = ptr; i < ptr + 4 * len; i += 4) {
        result.push(wasm.__wbindgen_externrefs.get(mem.getUint32(i, true)));
    }
    wasm.__externref_drop_slice(ptr, len);
    return result;
}

function getArrayU32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

let cachedDataViewMemory0 = null;
function getDataViewMemory0() {
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)) {
        cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    }
    return cachedDataViewMemory0;
}

let cachedFloat32ArrayMemory0 = null;
function getFloat32ArrayMemory0() {
    if (cachedFloat32ArrayMemory0 === null || cachedFloat32ArrayMemory0.byteLength === 0) {
        cachedFloat32ArrayMemory0 = new Float32Array(wasm.memory.buffer);
    }
    return cachedFloat32ArrayMemory0;
}

let cachedFloat64ArrayMemory0 = null;
function getFloat64ArrayMemory0() {
    if (cachedFloat64ArrayMemory0 === null || cachedFloat64ArrayMemory0.byteLength === 0) {
        cachedFloat64ArrayMemory0 = new Float64Array(wasm.memory.buffer);
    }
    return cachedFloat64ArrayMemory0;
}

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint32ArrayMemory0 = null;
function getUint32ArrayMemory0() {
    if (cachedUint32ArrayMemory0 === null || cachedUint32ArrayMemory0.byteLength === 0) {
        cachedUint32ArrayMemory0 = new Uint32Array(wasm.memory.buffer);
    }
    return cachedUint32ArrayMemory0;
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function handleError(f, args) {
    try {
        return f.apply(this, args);
    } catch (e) {
        const idx = addToExternrefTable0(e);
        wasm.__wbindgen_exn_store(idx);
    }
}

function isLikeNone(x) {
    return x === undefined || x === null;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayF32ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 4, 4) >>> 0;
    getFloat32ArrayMemory0().set(arg, ptr / 4);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayF64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getFloat64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayJsValueToWasm0(array, malloc) {
    const ptr = malloc(array.length * 4, 4) >>> 0;
    for (let i = 0; i < array.length; i++) {
        const add = addToExternrefTable0(array[i]);
        getDataViewMemory0().setUint32(ptr + 4 * i, add, true);
    }
    WASM_VECTOR_LEN = array.length;
    return ptr;
}

function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }

    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;

    const mem = getUint8ArrayMemory0();

    let offset = 0;

    for (; offset < len; offset++) {
        const code = arg.charCodeAt(offset);
        if (code > 0x7F) break;
        mem[ptr + offset] = code;
    }
    if (offset !== len) {
        if (offset !== 0) {
            arg = arg.slice(offset);
        }
        ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
        const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
        const ret = cachedTextEncoder.encodeInto(arg, view);

        offset += ret.written;
        ptr = realloc(ptr, len, offset, 1) >>> 0;
    }

    WASM_VECTOR_LEN = offset;
    return ptr;
}

function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
const MAX_SAFARI_DECODE_BYTES = 2146435072;
let numBytesDecoded = 0;
function decodeText(bytes) {
    numBytesDecoded += bytes.length;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
        cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
        cachedTextDecoder.decode();
        numBytesDecoded = bytes.length;
    }
    return cachedTextDecoder.decode(bytes);
}

const cachedTextEncoder = new TextEncoder();

if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}

let WASM_VECTOR_LEN = 0;

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    cachedDataViewMemory0 = null;
    cachedFloat32ArrayMemory0 = null;
    cachedFloat64ArrayMemory0 = null;
    cachedUint32ArrayMemory0 = null;
    cachedUint8ArrayMemory0 = null;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

async function fetchOrRead(address) {
    const files = String(address).startsWith('file:') && globalThis.process?.getBuiltinModule?.('node:fs/promises');
    try {
        return await (files ? files.readFile(new URL(address)) : fetch(address));
    } catch (cause) {
        throw new Error(`${address instanceof Request ? address.url : address} could not be read (${cause.message}); its bytes will do: init({ module_or_path: bytes })`, { cause });
    }
}

let __wbg_init_promise;
async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;
    if (__wbg_init_promise === undefined) {
        __wbg_init_promise = __wbg_init_once(module_or_path);
        __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
    }
    return __wbg_init_promise;
}

async function __wbg_init_once(module_or_path) {

    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }

    if (module_or_path === undefined) {
        module_or_path = new URL('./attentive_writer_bg.wasm', import.meta.url);
    }
    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetchOrRead(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
