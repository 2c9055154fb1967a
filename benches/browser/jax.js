// DRAW's MNIST model in jax-js: drawing, and a training step, each one `jit`. As its users know, an array belongs to the
// function that it is handed to; `.ref` keeps a hold on it.

import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";

const [SIDE, READ, WRITE] = [28, 2, 5];
const [RATE, BETA1, BETA2, EPSILON] = [1e-3, 0.9, 0.999, 1e-8];

/** What an LSTM's gates make of its cell. */
function lstm(gates, cell) {
  const [i, f, g, o] = np.split(gates, 4, 1);
  const next = nn.sigmoid(f).mul(cell).add(nn.sigmoid(i).mul(np.tanh(g)));
  return [nn.sigmoid(o).mul(np.tanh(next.ref)), next];
}

/** F_X, F_Y [rows, n, SIDE] and gamma [rows, 1, 1] of windows [rows, 5]. */
function filterbanks(windows, n) {
  const [gx, gy, logVariance, logDelta, logGamma] = np.split(windows, 5, 1);
  const places = np.arange(1, n + 1).astype(np.float32).sub(n / 2 + 0.5).reshape([1, n]);
  const offsets = np.exp(logDelta).mul((SIDE - 1) / (n - 1)).mul(places);
  const scale = np.exp(logVariance.neg()).mul(-0.5).reshape([-1, 1, 1]);
  const pixels = np.arange(1, SIDE + 1).astype(np.float32).reshape([1, 1, SIDE]);
  const bank = (g, pixels, offsets, scale) => {
    const mu = g.add(1).mul((SIDE + 1) / 2).add(offsets).reshape([-1, n, 1]);
    return nn.softmax(np.square(pixels.sub(mu)).mul(scale));
  };
  return [bank(gx, pixels.ref, offsets.ref, scale.ref), bank(gy, pixels, offsets, scale), np.exp(logGamma).reshape([-1, 1, 1])];
}

const transposed = (a) => a.transpose([0, 2, 1]);

/** Writes [rows, SIDE, SIDE] of windows [rows, 5] and patches [rows, WRITE²]. */
function write(windows, patches) {
  const [fx, fy, gamma] = filterbanks(windows, WRITE);
  return np.matmul(np.matmul(transposed(fy), patches.reshape([-1, WRITE, WRITE]).div(gamma)), fx);
}

/** Canvases of latents [T, batch, Z]. The decoder does not look at its canvas: one product makes all heads. */
function draw(p, z) {
  const [glimpses, batch, latent] = z.shape;
  const hidden = p.decoder_hh.shape[0];
  const inputs = np.matmul(z.reshape([-1, latent]), p.decoder_ih).add(p.decoder_b).reshape([glimpses, batch, -1]);
  let [h, cell] = [np.zeros([batch, hidden]), np.zeros([batch, hidden])];
  const all = [];
  for (let t = 0; t < glimpses; t++) {
    [h, cell] = lstm(inputs.ref.slice(t).add(np.matmul(h, p.decoder_hh.ref)), cell);
    all.push(h.ref);
  }
  const heads = np.matmul(np.concatenate(all, 0), p.heads).add(p.heads_b);
  const writes = write(heads.ref.slice([], [0, 5]), heads.slice([], [10, 10 + WRITE * WRITE]));
  return nn.sigmoid(writes.reshape([glimpses, batch, SIDE, SIDE]).sum(0).add(p.canvas));
}

/** The bound in nats, of images [batch, SIDE, SIDE] with noise [T, batch, Z]. */
function loss(p, x, noise) {
  const [glimpses, batch] = noise.shape;
  const zeros = () => np.zeros([batch, p.decoder_hh.shape[0]]);
  let [hEncoder, cEncoder, hDecoder, cDecoder] = [zeros(), zeros(), zeros(), zeros()];
  let canvas = np.broadcastTo(p.canvas, [batch, SIDE, SIDE]);
  let window = np.broadcastTo(p.heads_b.ref.slice([5, 10]), [batch, 5]);
  let kl = np.array(0);
  for (let t = 0; t < glimpses; t++) {
    const [fx, fy, gamma] = filterbanks(window, READ);
    const [across, images] = [transposed(fx), [x.ref, x.ref.sub(nn.sigmoid(canvas.ref))]];
    const read = (image) => np.matmul(np.matmul(fy.ref, image), across.ref).mul(gamma.ref).reshape([batch, READ * READ]);
    const patches = images.map(read);
    tree.dispose([fy, across, gamma]);
    const input = np.concatenate([...patches, hDecoder.ref, hEncoder], 1);
    [hEncoder, cEncoder] = lstm(np.matmul(input, p.encoder.ref).add(p.encoder_b.ref), cEncoder);
    const [mu, logSigma] = np.split(np.matmul(hEncoder.ref, p.latent.ref).add(p.latent_b.ref), 2, 1);
    const sigma = np.exp(logSigma.ref);
    const z = mu.ref.add(sigma.ref.mul(noise.ref.slice(t)));
    kl = kl.add(np.square(mu).add(np.square(sigma)).sub(logSigma.mul(2)).sub(1).sum().mul(0.5));
    const gates = np.matmul(z, p.decoder_ih.ref).add(np.matmul(hDecoder, p.decoder_hh.ref)).add(p.decoder_b.ref);
    [hDecoder, cDecoder] = lstm(gates, cDecoder);
    const heads = np.matmul(hDecoder.ref, p.heads.ref).add(p.heads_b.ref);
    canvas = canvas.add(write(heads.ref.slice([], [0, 5]), heads.ref.slice([], [10, 10 + WRITE * WRITE])));
    window = heads.slice([], [5, 10]);
  }
  tree.dispose([hEncoder, cEncoder, hDecoder, cDecoder, window, noise]);
  const { canvas: _, ...rest } = p;
  tree.dispose(rest);
  return nn.softplus(canvas.ref).sub(canvas.mul(x)).sum().add(kl).div(batch);
}

/** A step of Adam: [nats, parameters, first and second moments]. */
function train(p, first, second, t, x, noise) {
  const [nats, gradient] = valueAndGrad(loss)(tree.ref(p), x, noise);
  const correction1 = np.array(1).sub(np.exp(t.ref.mul(Math.log(BETA1))));
  const correction2 = np.array(1).sub(np.exp(t.mul(Math.log(BETA2))));
  const moved = (decay, moment, g) => moment.mul(decay).add(g.mul(1 - decay));
  first = tree.map((m, g) => moved(BETA1, m, g.ref), first, gradient);
  second = tree.map((v, g) => moved(BETA2, v, np.square(g)), second, gradient);
  const update = (p, m, v) =>
    p.sub(m.ref.div(correction1.ref).mul(RATE).div(np.sqrt(v.ref.div(correction2.ref)).add(EPSILON)));
  p = tree.map(update, p, first, second);
  tree.dispose([correction1, correction2]);
  return [nats, p, first, second];
}

/** Weights { name: { shape, data } } in the layout of the safetensors. */
export class Draw {
  static async start(weights) {
    await init("wasm");
    defaultDevice("wasm");
    return new Draw(weights);
  }

  constructor(weights) {
    const of = (name) => np.array(weights[name].data, { shape: weights[name].shape });
    const across = (name) => of(name).transpose();
    const parts = ["write", "read", "patch"];
    this.params = {
      encoder: np.concatenate([across("encoder.weight_ih"), across("encoder.weight_hh")], 0), encoder_b: of("encoder.bias"),
      decoder_ih: across("decoder.weight_ih"), decoder_hh: across("decoder.weight_hh"), decoder_b: of("decoder.bias"),
      latent: across("latent.weight"), latent_b: of("latent.bias"),
      heads: np.concatenate(parts.map((name) => across(`${name}.weight`)), 1),
      heads_b: np.concatenate(parts.map((name) => of(`${name}.bias`)), 0),
      canvas: of("canvas").reshape([1, SIDE, SIDE]),
    };
    const { decoder_ih, decoder_hh, decoder_b, heads, heads_b, canvas } = this.params;
    this.drawing = tree.ref({ decoder_ih, decoder_hh, decoder_b, heads, heads_b, canvas });
    [this.draws, this.trains] = [jit(draw), jit(train)];
    const zeros = () => tree.map((a) => np.zeros(a.shape), this.params);
    [this.state, this.steps] = [[this.params, zeros(), zeros()], 0];
  }

  /** Digits from latents [T, batch, Z]. */
  async draw(latents, shape) {
    return this.draws(tree.ref(this.drawing), np.array(latents, { shape })).data();
  }

  /** Forward, backward and Adam; gives the loss in nats. */
  async step(images, noise, shape) {
    const x = np.array(images, { shape: [shape[1], SIDE, SIDE] });
    const [nats, ...state] = this.trains(...this.state, np.array(++this.steps), x, np.array(noise, { shape }));
    this.state = await blockUntilReady(state);
    return (await nats.data())[0];
  }
}
