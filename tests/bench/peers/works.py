"""What is timed against whom, and the bars that the project has set itself."""
from dataclasses import dataclass, field

import torch
from agreement import has_ms_ssim, noise


@dataclass
class Work:
    name: str
    size: tuple
    ours: object  # a callable
    peers: dict = field(default_factory=dict)  # Peer.name: a callable
    bar_us: float = None  # ours at most
    bars: dict = field(default_factory=dict)  # Peer.name: ours at least as many times faster


def value_of(function, x, y):
    def body():
        with torch.no_grad():
            function(x, y)

    return body


def training_of(function, x, y):
    """The loss of a training step and its gradient to x."""
    x = x.clone().requires_grad_()

    def body():
        x.grad = None
        (1 - function(x, y)).backward()

    return body


def ssim_works(ours, found, size, padding, bars):
    """The value, then the value with its gradient. bars: (ours in microseconds, peers' ratios) of each."""
    volume = len(size) == 5
    device = ours.device.type
    x, y = noise(size, 1, device), noise(size, 2, device)
    op = "ssim3d" if volume else "ssim2d"
    peers = {}
    for peer in found.peers:
        function = peer.ssim3d if volume else peer.ssim
        if function and device in peer.devices and padding in peer.paddings:
            peers[peer] = lambda a, b, function=function: function(a, b, padding)
    name = f"{'ssim3d' if volume else 'ssim'} {padding}"
    (value_us, value_ratios), (training_us, training_ratios) = bars
    yield Work(f"{name}, value", size, ours.prepare(op, x, y, padding=padding),
               {peer.name: value_of(function, x, y) for peer, function in peers.items()}, value_us, value_ratios)
    yield Work(f"{name}, value and gradient", size, ours.prepare_gradient(op + "_gradient", x, y, padding=padding),
               {peer.name: training_of(function, x, y) for peer, function in peers.items() if peer.has_gradient},
               training_us, training_ratios)


def ms_ssim_works(ours, found, size):
    peers = [peer for peer in found.peers if peer.ms_ssim and ours.device.type in peer.devices]
    if not peers or not has_ms_ssim(ours):
        return
    x = noise(size, 3, ours.device)
    y = (x + noise(size, 4, ours.device)) / 2  # alike enough that no level's mean is cut at 0
    yield Work("ms-ssim, value", size, ours.prepare("ms_ssim", x, y),
               {peer.name: value_of(peer.ms_ssim, x, y) for peer in peers})
    yield Work("ms-ssim, value and gradient", size, ours.prepare_gradient("ms_ssim", x, y),
               {peer.name: training_of(peer.ms_ssim, x, y) for peer in peers})


NO_BARS = ((None, {}), (None, {}))


def works(ours, found):
    picture = (1, 3, 1080, 1920)
    if ours.device.type == "cpu":
        yield from ssim_works(ours, found, picture, "valid",
                              ((30_000, {"scikit-image": 20, "pytorch-msssim": 5}), (None, {"pytorch-msssim": 5})))
        yield from ms_ssim_works(ours, found, picture)
        yield from ssim_works(ours, found, (1, 1, 64, 64, 64), "valid", NO_BARS)
        return
    batch, volume = (5, 5, 1080, 1920), (1, 1, 256, 256, 256)
    yield from ssim_works(ours, found, batch, "same", ((300, {}), (800, {})))
    yield from ssim_works(ours, found, batch, "valid", ((None, {"pytorch-msssim": 38}), (None, {"pytorch-msssim": 26})))
    yield from ssim_works(ours, found, picture, "same", ((38, {}), (110, {})))
    yield from ssim_works(ours, found, picture, "valid", NO_BARS)
    yield from ssim_works(ours, found, volume, "same", ((250, {}), (550, {})))
    yield from ssim_works(ours, found, volume, "valid", NO_BARS)
    yield from ms_ssim_works(ours, found, picture)
