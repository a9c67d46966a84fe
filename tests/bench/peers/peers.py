"""The implementations that Framegauge is compared with: those of them that this Python can import.

A peer's ssim() takes torch tensors in 0..1, gives the mean as a torch tensor (or a float) and, but for scikit-image,
carries gradients. What each needs to compute Wang's SSIM with 11 Gaussian taps of sigma 1.5 is set here.
"""
import importlib
import importlib.metadata
from dataclasses import dataclass, field
from typing import Callable


@dataclass(eq=False)  # one of a kind, and a key
class Peer:
    name: str
    version: str
    paddings: tuple  # of "same" (zeros outside) and "valid"
    devices: tuple
    ssim: Callable  # (x, y, padding)
    has_gradient: bool = True
    ssim3d: Callable = None
    ms_ssim: Callable = None


@dataclass
class Found:
    peers: list = field(default_factory=list)
    missing: dict = field(default_factory=dict)  # name: why

    def named(self, name):
        return next((peer for peer in self.peers if peer.name == name), None)


def scikit_image():
    from skimage.metrics import structural_similarity

    def ssim(x, y, padding):
        assert padding == "valid"  # it reflects at the border, and its mean leaves the border out
        total = 0.0
        for a, b in zip(x.numpy(), y.numpy()):
            total += structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
                                           channel_axis=0, data_range=1.0)
        return total / len(x)

    return Peer("scikit-image", "", ("valid",), ("cpu",), ssim, has_gradient=False)


def pytorch_msssim():
    from pytorch_msssim import ms_ssim, ssim

    return Peer("pytorch-msssim", "", ("valid",), ("cpu", "cuda"), lambda x, y, padding: ssim(x, y, data_range=1.0),
                ssim3d=lambda x, y, padding: ssim(x, y, data_range=1.0),
                ms_ssim=lambda x, y: ms_ssim(x, y, data_range=1.0))


def torchmetrics():
    from torchmetrics.functional.image import structural_similarity_index_measure

    def ssim(x, y, padding):  # its mean takes in a border of mirrored pixels; the map inside has none of them
        _, full = structural_similarity_index_measure(x, y, data_range=1.0, return_full_image=True)
        return full[..., 5:-5, 5:-5].mean()

    return Peer("torchmetrics", "", ("valid",), ("cpu", "cuda"), ssim)


def piq():
    from piq import ssim

    return Peer("piq", "", ("valid",), ("cpu", "cuda"),
                lambda x, y, padding: ssim(x, y, data_range=1.0, downsample=False))


def fused_ssim():
    from fused_ssim import fused_ssim as ssim

    module = importlib.import_module("fused_ssim")
    volumes = getattr(module, "fused_ssim3d", None)
    wrap = lambda function: lambda x, y, padding: function(x, y, padding=padding, train=x.requires_grad)
    return Peer("fused-ssim", "", ("same", "valid"), ("cuda",), wrap(ssim), ssim3d=volumes and wrap(volumes))


def fussim():
    import torch
    from fussim import fused_ssim as ssim

    if torch.cuda.is_available():  # the kernels are loaded at the first call; they may not fit this torch
        ssim(*torch.rand(2, 1, 1, 16, 16, device="cuda"))
    return Peer("fussim", "", ("same", "valid"), ("cuda",),
                lambda x, y, padding: ssim(x, y, padding=padding, train=x.requires_grad))


def find_peers():
    found = Found()
    for make in (scikit_image, pytorch_msssim, torchmetrics, piq, fused_ssim, fussim):
        name = make.__name__.replace("_", "-")
        try:
            peer = make()
            peer.version = importlib.metadata.version(name)
            found.peers.append(peer)
        except Exception as problem:  # a peer that breaks while it is imported is one peer less, not the end
            found.missing[name] = " ".join(f"{type(problem).__name__}: {problem}".split())[:160]
    return found
