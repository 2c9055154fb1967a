"""A training step of the MNIST model in TensorFlow: one tf.function, the glimpses a tf.while_loop (see compare.py).

With `xla` the whole of it is one program of XLA's (`jit_compile=True`); with `graph` TensorFlow runs its graph.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf  # noqa: E402
from stopwatch import begin, joined, serve  # noqa: E402

READ, WRITE, SIDE = 2, 5, 28


def lstm(x, h, c, w, b):
    i, f, g, o = tf.split(tf.concat([x, h], 1) @ w + b, 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


def filterbanks(window, n):
    gx, gy, log_var, log_delta, log_gamma = tf.unstack(window[:, :, None], axis=1)
    i, a = tf.range(1.0, n + 1.0), tf.range(1.0, SIDE + 1.0)
    offsets = (i - n / 2 - 0.5) * ((SIDE - 1) / (n - 1) * tf.exp(log_delta))
    scale = -0.5 * tf.exp(-log_var)[:, :, None]

    def bank(g):
        mu = (SIDE + 1) / 2 * (g + 1) + offsets
        return tf.nn.softmax(scale * tf.square(a - mu[:, :, None]))

    return bank(gx), bank(gy), tf.exp(log_gamma)[:, :, None]


def loss(p, x, noise):
    (glimpses, batch, _), hidden = noise.shape, p["latent"].shape[0]

    def glimpse(t, canvas, window, h_enc, c_enc, h_dec, c_dec, kl):
        fx, fy, gamma = filterbanks(window, READ)
        images = tf.stack([x, x - tf.sigmoid(canvas)], 1)
        patch = gamma[:, None] * tf.matmul(fy[:, None] @ images, fx[:, None], transpose_b=True)
        r = tf.concat([tf.reshape(patch, [batch, -1]), h_dec], 1)
        h_enc, c_enc = lstm(r, h_enc, c_enc, p["encoder"], p["encoder_b"])
        mu, log_sigma = tf.split(h_enc @ p["latent"] + p["latent_b"], 2, axis=1)
        sigma = tf.exp(log_sigma)
        z = mu + sigma * noise[t]
        kl += 0.5 * tf.reduce_sum(mu**2 + sigma**2 - 2 * log_sigma - 1)
        h_dec, c_dec = lstm(z, h_dec, c_dec, p["decoder"], p["decoder_b"])
        heads = h_dec @ p["heads"] + p["heads_b"]
        fx, fy, gamma = filterbanks(heads[:, :5], WRITE)
        w = tf.reshape(heads[:, 10:], [batch, WRITE, WRITE]) / gamma
        canvas += tf.matmul(fy, w, transpose_a=True) @ fx
        return t + 1, canvas, heads[:, 5:10], h_enc, c_enc, h_dec, c_dec, kl

    zero = tf.zeros([batch, hidden])
    canvas, window = tf.broadcast_to(p["canvas"], x.shape), tf.broadcast_to(p["heads_b"][5:10], [batch, 5])
    start = (0, canvas, window, zero, zero, zero, zero, 0.0)
    _, canvas, *_, kl = tf.while_loop(lambda t, *_: t < glimpses, glimpse, start, maximum_iterations=glimpses)
    nats = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=canvas)
    return (tf.reduce_sum(nats) + kl) / batch


def main(mode: str, threads: int, batch: int, folder: Path):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.random.set_seed(0)
    weights, x, first = begin(folder)
    x, first = tf.constant(x[:, 0]), tf.constant(first)
    params = {name: tf.Variable(value, name=name) for name, value in joined(weights).items()}
    optimiser = tf.keras.optimizers.Adam(1e-3, epsilon=1e-8)
    optimiser.build(list(params.values()))

    @tf.function(jit_compile=mode == "xla")
    def train(noise):
        with tf.GradientTape() as tape:
            nats = loss(params, x, noise)
        variables = list(params.values())
        optimiser.apply_gradients(zip(tape.gradient(nats, variables), variables))
        return nats

    losses = [train(noise).numpy() for noise in first]
    # Taking the number waits for the step.
    serve(tf.__version__, losses, lambda: train(tf.random.normal(first.shape[1:])).numpy(), batch)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
