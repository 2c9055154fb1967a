"""A training step of the MNIST model in JAX: one jitted function, the glimpses a scan (see compare.py)."""

import sys

import jax
import jax.numpy as jnp
from stopwatch import serve

T, H, Z, READ, WRITE, SIDE = 64, 256, 100, 2, 5, 28


def init(key):
    def dense(i, rows, columns):
        return jax.random.uniform(jax.random.fold_in(key, i), (rows, columns), minval=-(H**-0.5), maxval=H**-0.5)

    return {
        "encoder": dense(0, 2 * READ**2 + 2 * H, 4 * H), "encoder_b": jnp.zeros(4 * H),
        "decoder": dense(1, Z + H, 4 * H), "decoder_b": jnp.zeros(4 * H),
        "latent": dense(2, H, 2 * Z), "latent_b": jnp.zeros(2 * Z),
        "patch": dense(3, H, WRITE**2), "patch_b": jnp.zeros(WRITE**2),
        "read": dense(4, H, 5), "read_b": jnp.array([0, 0, 0, -1.4, 0.0]),
        "write": dense(5, H, 5), "write_b": jnp.array([0, 0, 0, -1.4, -1.5]),
        "canvas": jnp.zeros((SIDE, SIDE)),
    }  # fmt: skip


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
    batch = x.shape[0]

    def glimpse(state, eps):
        canvas, h_enc, c_enc, h_dec, c_dec = state
        fx, fy, gamma = filterbanks(h_dec @ p["read"] + p["read_b"], READ)
        images = jnp.stack([x, x - jax.nn.sigmoid(canvas)], 1)
        patch = gamma[:, None, None, None] * (fy[:, None] @ images @ fx[:, None].transpose(0, 1, 3, 2))
        r = jnp.concatenate([patch.reshape(batch, -1), h_dec], 1)
        h_enc, c_enc = lstm(r, h_enc, c_enc, p["encoder"], p["encoder_b"])
        mu, log_sigma = jnp.split(h_enc @ p["latent"] + p["latent_b"], 2, axis=1)
        z = mu + jnp.exp(log_sigma) * eps
        kl = 0.5 * (mu**2 + jnp.exp(2 * log_sigma) - 2 * log_sigma - 1).sum()
        h_dec, c_dec = lstm(z, h_dec, c_dec, p["decoder"], p["decoder_b"])
        fx, fy, gamma = filterbanks(h_dec @ p["write"] + p["write_b"], WRITE)
        w = (h_dec @ p["patch"] + p["patch_b"]).reshape(batch, WRITE, WRITE)
        canvas = canvas + (fy.transpose(0, 2, 1) @ w @ fx) / gamma[:, None, None]
        return (canvas, h_enc, c_enc, h_dec, c_dec), kl

    zero = jnp.zeros((batch, H))
    start = (jnp.broadcast_to(p["canvas"], x.shape), zero, zero, zero, zero)
    (canvas, *_), kl = jax.lax.scan(glimpse, start, noise)
    return (jnp.sum(jax.nn.softplus(canvas) - canvas * x) + kl.sum()) / batch


def main(batch: int):
    key = jax.random.key(0)
    x = jax.random.bernoulli(key, 0.13, (batch, SIDE, SIDE)).astype(jnp.float32)

    @jax.jit
    def train(state, key):
        params, first, second, t = state
        grads = jax.grad(loss)(params, x, jax.random.normal(key, (T, batch, Z)))
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, grads)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, grads)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), params, first, second)
        return params, first, second, t + 1

    params = init(key)
    zeros = jax.tree.map(jnp.zeros_like, params)
    state = [(params, zeros, zeros, jnp.float32(1)), key]

    def step():
        state[1], now = jax.random.split(state[1])
        state[0] = jax.block_until_ready(train(state[0], now))

    serve(step, batch)


if __name__ == "__main__":
    main(int(sys.argv[3]))
