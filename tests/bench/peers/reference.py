"""SSIM by torch's own convolutions: written from Wang et al. 2004, slow, in the precision of its inputs.

It stands in for the peers that need a GPU, and tells who is right where two implementations differ.
"""
import torch


def taps(window, like):
    distance = torch.arange(window, dtype=torch.float64, device=like.device) - window // 2
    weights = torch.exp(-(distance**2) / (2 * 1.5**2))
    return (weights / weights.sum()).to(like.dtype)


def smooth(images, window, padding):
    """[N, C, H, W] or [N, C, D, H, W], one axis after the other."""
    spatial = images.dim() - 2
    weights = taps(window, images)
    convolve = torch.nn.functional.conv2d if spatial == 2 else torch.nn.functional.conv3d
    planes = images.flatten(0, 1).unsqueeze(1)
    for axis in range(spatial):
        shape = [1] * spatial
        shape[axis] = window
        margin = [window // 2 if padding == "same" and i == axis else 0 for i in range(spatial)]
        planes = convolve(planes, weights.view(1, 1, *shape), padding=margin)
    return planes.view(*images.shape[:2], *planes.shape[2:])


def ssim_map(x, y, window=11, padding="same", data_range=1.0, k1=0.01, k2=0.03):
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    mean_x, mean_y, xx, yy, xy = (smooth(t, window, padding) for t in (x, y, x * x, y * y, x * y))
    variances = xx - mean_x**2 + yy - mean_y**2
    covariance = xy - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance * (2 * covariance + c2) / (variances + c2)


def ssim(x, y, padding="same", **settings):
    return ssim_map(x, y, padding=padding, **settings).mean()
