"""A training step of the MNIST model in JAX: one jitted function, the glimpses a scan (see compare.py)."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
from stopwatch import begin, joined, serve

READ, WRITE, SIDE = 2, 5, 28


def lstm(x, h, c, w, b):
    i, f, g, o = jnp.split(jnp.concatenate([x, h], 1) @ w + b, 4, axis=1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def filterbanks(window, n):
    gx, gy, log_var, log_delta, log_gamma = window.T
    delta = (SIDE - 1) / (n - 1) * jnp.exp(log_delta)
    i, a = jnp.arange(1, n + 1), jnp.arange(1, SIDE + 1)

    def bank(g):
        mu = (SIDE + 1) / 2 * (g + 1)[:, None] + (i - n / 2 - 0.5) * delta[:, None]
        return jax.nn.softmax(-((a - mu[:, :, None]) ** 2) / (2 * jnp.exp(log_var)[:, None, None]), axis=2)

    return bank(gx), bank(gy), jnp.exp(log_gamma)


def loss(p, x, noise):
    batch, hidden = x.shape[0], p["latent"].shape[0]

    def glimpse(state, eps):
        canvas, window, h_enc, c_enc, h_dec, c_dec = state
        fx, fy, gamma = filterbanks(window, READ)
        images = jnp.stack([x, x - jax.nn.sigmoid(canvas)], 1)
        patch = gamma[:, None, None, None] * (fy[:, None] @ images @ fx[:, None].transpose(0, 1, 3, 2))
        r = jnp.concatenate([patch.reshape(batch, -1), h_dec], 1)
        h_enc, c_enc = lstm(r, h_enc, c_enc, p["encoder"], p["encoder_b"])
        mu, log_sigma = jnp.split(h_enc @ p["latent"] + p["latent_b"], 2, axis=1)
        z = mu + jnp.exp(log_sigma) * eps
        kl = 0.5 * (mu**2 + jnp.exp(2 * log_sigma) - 2 * log_sigma - 1).sum()
        h_dec, c_dec = lstm(z, h_dec, c_dec, p["decoder"], p["decoder_b"])
        heads = h_dec @ p["heads"] + p["heads_b"]
        fx, fy, gamma = filterbanks(heads[:, :5], WRITE)
        w = heads[:, 10:].reshape(batch, WRITE, WRITE)
        canvas = canvas + (fy.transpose(0, 2, 1) @ w @ fx) / gamma[:, None, None]
        return (canvas, heads[:, 5:10], h_enc, c_enc, h_dec, c_dec), kl

    zero = jnp.zeros((batch, hidden))
    window = jnp.broadcast_to(p["heads_b"][5:10], (batch, 5))
    start = (jnp.broadcast_to(p["canvas"], x.shape), window, zero, zero, zero, zero)
    (canvas, *_), kl = jax.lax.scan(glimpse, start, noise)
    return (jnp.sum(jax.nn.softplus(canvas) - canvas * x) + kl.sum()) / batch


def main(batch: int, folder: Path):
    weights, x, first_noise = begin(folder)
    x, shape = jnp.asarray(x[:, 0]), first_noise.shape[1:]

    def adam(state, noise):
        params, first, second, t = state
        nats, grads = jax.value_and_grad(loss)(params, x, noise)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, grads)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, grads)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), params, first, second)
        return (params, first, second, t + 1), nats

    params = jax.tree.map(jnp.asarray, joined(weights))
    zeros = jax.tree.map(jnp.zeros_like, params)
    state, losses, given = (params, zeros, zeros, jnp.float32(1)), [], jax.jit(adam)
    for noise in first_noise:
        state, nats = given(state, noise)
        losses.append(nats)

    @jax.jit
    def train(state, key):
        key, now = jax.random.split(key)
        return adam(state, jax.random.normal(now, shape))[0], key

    now = [state, jax.random.key(0)]

    def step():
        now[:] = jax.block_until_ready(train(*now))

    serve(jax.__version__, losses, step, batch)


if __name__ == "__main__":
    main(int(sys.argv[3]), Path(sys.argv[4]))
