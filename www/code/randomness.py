import torch

torch.manual_seed(0)
mu, sigma, draws = 0.5, 1.0, 4000
cost = lambda z: (z - 1) ** 2  # what is to be small, on average

# Through the draw (equation 6): the noise first, then z as a smooth function of it.
noise = torch.randn(draws)
m = torch.full((draws,), mu, requires_grad=True)
through = torch.autograd.grad(cost(m + sigma * noise).sum(), m)[0]
# Around it (REINFORCE): how good each draw was, times how its log-probability moves.
z = mu + sigma * noise
around = cost(z) * (z - mu) / sigma**2
for name, estimate in ("through the draw", through), ("around it", around):
    print(f"{name}: {estimate.mean():.2f} ± {estimate.std():.2f}; exact {2 * (mu - 1):.2f}")
