import torch

def filterbank(centre, stride, sigma, n, length):
    """Equations 19, 20, 25, 26: N bell curves along `length` pixels, each of sum 1."""
    mu = centre + (torch.arange(1, n + 1) - n / 2 - 0.5) * stride
    pixels = torch.arange(1, length + 1)
    return torch.softmax(-((pixels - mu[:, None]) ** 2) / (2 * sigma**2), dim=1)

image = torch.zeros(28, 28)
image[4:24, 12:16] = 1  # a stroke
window = torch.tensor([10.0, 14.5, 2.0, 1.0], requires_grad=True)  # centre x, centre y, stride, sigma
x, y, stride, sigma = window
fx, fy = filterbank(x, stride, sigma, 5, 28), filterbank(y, stride, sigma, 5, 28)
patch = fy @ image @ fx.T  # read, equation 27
back = fy.T @ patch @ fx  # write, equation 29
error = ((back - image) ** 2).mean()
error.backward()
print(f"error {error.item():.4f}; it falls if the centre moves by {(-window.grad[:2]).tolist()}")
