// DRAW's MNIST model in TensorFlow.js: drawing, and a training step, written as its users would write it well: one
// product for all gates, one for all heads, everything in tidy, weights on the backend beforehand.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgl";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

const [SIDE, HIDDEN, READ, WRITE, GLIMPSES] = [28, 256, 2, 5, 64];

export async function backend(name, wasmPaths) {
  if (wasmPaths) setWasmPaths(wasmPaths);
  if (!(await tf.setBackend(name))) throw new Error(`no ${name} backend`);
  await tf.ready();
  return tf.getBackend();
}

/** Weights { name: { shape, data } } in the layout of the safetensors. */
export class Draw {
  constructor(weights) {
    const of = (name) => tf.tensor(weights[name].data, weights[name].shape);
    const joined = (...names) => tf.tidy(() => tf.variable(tf.concat(names.map(of), 1).transpose()));
    const stacked = (...names) => tf.tidy(() => tf.variable(tf.concat(names.map(of), 0).transpose()));
    const flat = (...names) => tf.tidy(() => tf.variable(tf.concat(names.map(of), 0)));
    this.canvas = tf.tidy(() => tf.variable(of("canvas").reshape([1, SIDE, SIDE])));
    this.decoder = joined("decoder.weight_ih", "decoder.weight_hh");
    this.decoderBias = flat("decoder.bias");
    this.heads = stacked("write.weight", "patch.weight", "read.weight");
    this.headsBias = flat("write.bias", "patch.bias", "read.bias");
    this.encoder = joined("encoder.weight_ih", "encoder.weight_hh");
    this.encoderBias = flat("encoder.bias");
    this.latent = stacked("latent.weight");
    this.latentBias = flat("latent.bias");
    this.latents = weights["decoder.weight_ih"].shape[1];
    this.pixels = tf.range(1, SIDE + 1).reshape([1, 1, SIDE]);
    this.optimiser = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  }

  lstm(input, h, c, weights, bias) {
    const [i, f, g, o] = tf.split(tf.add(tf.matMul(tf.concat([input, h], 1), weights), bias), 4, 1);
    const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    return [tf.mul(tf.sigmoid(o), tf.tanh(cell)), cell];
  }

  /** F_X, F_Y [batch, n, SIDE] and gamma [batch, 1, 1]. */
  filterbanks(numbers, n) {
    const [gx, gy, logVariance, logDelta, logGamma] = tf.split(numbers, 5, 1);
    const delta = tf.mul(tf.exp(logDelta), (SIDE - 1) / (n - 1));
    const offsets = tf.sub(tf.range(1, n + 1), n / 2 + 0.5).reshape([1, n]);
    const scale = tf.div(-0.5, tf.exp(logVariance)).expandDims(2);
    const bank = (g) => {
      const mu = tf.add(tf.mul(tf.add(g, 1), (SIDE + 1) / 2), tf.mul(offsets, delta)).expandDims(2);
      return tf.softmax(tf.mul(tf.square(tf.sub(this.pixels, mu)), scale));
    };
    return [bank(gx), bank(gy), tf.exp(logGamma).expandDims(2)];
  }

  write(heads, batch) {
    const [fx, fy, gamma] = this.filterbanks(tf.slice(heads, [0, 0], [batch, 5]), WRITE);
    const patch = tf.div(tf.slice(heads, [0, 5], [batch, WRITE * WRITE]).reshape([batch, WRITE, WRITE]), gamma);
    return tf.matMul(tf.matMul(fy, patch, true), fx);
  }

  /** Digits from latents [T, batch, Z]. */
  async draw(latents, batch) {
    const out = tf.tidy(() => {
      const z = tf.unstack(tf.tensor(latents, [GLIMPSES, batch, this.latents]));
      let h = tf.zeros([batch, HIDDEN]);
      let c = h;
      const all = [];
      for (let t = 0; t < GLIMPSES; t++) {
        [h, c] = this.lstm(z[t], h, c, this.decoder, this.decoderBias);
        all.push(h);
      }
      // The decoder does not look at its canvas: one product makes all heads.
      const writes = this.write(tf.add(tf.matMul(tf.concat(all), this.heads), this.headsBias), GLIMPSES * batch);
      return tf.sigmoid(tf.add(this.canvas, tf.sum(writes.reshape([GLIMPSES, batch, SIDE, SIDE]), 0)));
    });
    const pixels = await out.data();
    out.dispose();
    return pixels;
  }

  /** Forward, backward and Adam; gives the loss in nats. */
  async step(images, noise, batch) {
    const x = tf.tensor(images, [batch, SIDE, SIDE]);
    const eps = tf.tensor(noise, [GLIMPSES, batch, this.latents]);
    const loss = this.optimiser.minimize(() => {
      const e = tf.unstack(eps);
      let hEnc = tf.zeros([batch, HIDDEN]);
      let [cEnc, hDec, cDec] = [hEnc, hEnc, hEnc];
      let canvas = tf.tile(this.canvas, [batch, 1, 1]);
      let heads = tf.add(tf.matMul(hDec, this.heads), this.headsBias);
      let kl = tf.scalar(0);
      for (let t = 0; t < GLIMPSES; t++) {
        const [fx, fy, gamma] = this.filterbanks(tf.slice(heads, [0, 30], [batch, 5]), READ);
        const patch = (image) => tf.mul(gamma, tf.matMul(tf.matMul(fy, image), fx, false, true)).reshape([batch, READ * READ]);
        const read = tf.concat([patch(x), patch(tf.sub(x, tf.sigmoid(canvas))), hDec], 1);
        [hEnc, cEnc] = this.lstm(read, hEnc, cEnc, this.encoder, this.encoderBias);
        const [mu, logSigma] = tf.split(tf.add(tf.matMul(hEnc, this.latent), this.latentBias), 2, 1);
        const sigma = tf.exp(logSigma);
        const z = tf.add(mu, tf.mul(sigma, e[t]));
        kl = tf.add(kl, tf.sum(tf.sub(tf.add(tf.square(mu), tf.square(sigma)), tf.add(tf.mul(logSigma, 2), 1))));
        [hDec, cDec] = this.lstm(z, hDec, cDec, this.decoder, this.decoderBias);
        heads = tf.add(tf.matMul(hDec, this.heads), this.headsBias);
        canvas = tf.add(canvas, this.write(heads, batch));
      }
      const nll = tf.sum(tf.sub(tf.softplus(canvas), tf.mul(canvas, x)));
      return tf.div(tf.add(nll, tf.mul(kl, 0.5)), batch);
    }, true);
    const [value] = await loss.data();
    tf.dispose([x, eps, loss]);
    return value;
  }
}
