"""Do our values and gradients agree with the peers' and with the reference?

Values: within 2e-6, some ten roundings of float32 around 1; 2e-5 on photographs, because the taps of pytorch-msssim
are float32 and sum up to 3e-8 less than 1, which the variance of bright and smooth places makes much of. Gradients:
both sides multiplied by the number of samples and compared as vectors: the root mean square of the difference within
2e-5 of that of the reference, its largest within 2e-4. (The peers' own tests allow 1e-8 absolutely, which is a sixth of
the gradient itself at their size.)
The peers are given float64, but for those that take float32 alone; these get ten times the bounds,
which is what their own arithmetic leaves.
"""
import math

import reference
import torch
from framegauge_ctypes import FramegaugeError

VALUE, GRADIENT_RMS, GRADIENT_MAX = 2e-6, 2e-5, 2e-4
FLOAT32_PEER = 10.0
ROUNDED_TAPS = 10.0


class Checks:
    def __init__(self, verbose=False):
        self.verbose, self.count, self.failures, self.worst = verbose, 0, [], {}

    def record(self, what, kind, error, bound):
        self.count += 1
        passed = error <= bound  # a NaN does not pass
        if not passed:
            self.failures.append(what)
        if kind not in self.worst or not error / max(bound, 1e-300) <= self.worst[kind][1]:
            self.worst[kind] = (error, error / max(bound, 1e-300), what)
        if self.verbose or not passed:
            print(f"  {'ok  ' if passed else 'FAIL'} {what}: {kind} {error:.3g} of {bound:.3g} allowed")

    def value(self, what, ours, theirs, factor=1.0):
        ours = torch.as_tensor(ours, dtype=torch.float64).cpu()
        theirs = torch.as_tensor(theirs, dtype=torch.float64).detach().cpu()
        self.record(what, "value error", (ours - theirs).abs().max().item(), VALUE * factor)

    def gradient(self, what, ours, theirs, factor=1.0):
        count = theirs.numel()
        ours, theirs = ours.double() * count, theirs.double() * count
        scale = theirs.square().mean().sqrt().item()
        difference = ours - theirs
        self.record(what, "gradient rms error", difference.square().mean().sqrt().item() / scale, GRADIENT_RMS * factor)
        self.record(what, "gradient max error", difference.abs().max().item() / scale, GRADIENT_MAX * factor)

    def exact(self, what, holds):
        self.record(what, "exactness", 0.0 if holds else math.inf, 0.0)

    def summary(self):
        for kind, (error, share, what) in sorted(self.worst.items()):
            print(f"  worst {kind}: {error:.3g}, {100 * share:.0f} % of what is allowed ({what})")
        print(f"  {self.count} checks, {len(self.failures)} failed")


def noise(shape, seed, device):
    """Uniform, as the peers' tests have it; rounded to float32 so that both sides get the same numbers."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator).to(device)


def autograd(function, x, y):
    """The value of a function of (x, y), and its gradients where it has them."""
    x, y = x.clone().requires_grad_(), y.clone().requires_grad_()
    value = function(x, y)
    value.backward()
    return value.detach(), x.grad, y.grad


def check_pair(checks, what, ours, op, x, y, function, dtype=torch.float64, factor=1.0, second=True, **settings):
    """Our value and gradients against those of a function of two tensors of `dtype`."""
    theirs, dx, dy = autograd(function, x.to(dtype), y.to(dtype))
    forward = op.removesuffix("_gradient")
    mean, our_dx, our_dy = ours.gradients(op, x, y, **settings)
    checks.value(f"{what}, value", ours.value(forward, x, y, **settings), theirs, factor)
    checks.value(f"{what}, value beside the gradient", mean, theirs, factor)
    checks.gradient(f"{what}, dx", our_dx, dx, factor)
    if second:
        checks.gradient(f"{what}, dy", our_dy, dy, factor)


def check_peers(checks, ours, found):
    """Every peer, on the pictures of its own tests: uniform noise in a batch."""
    device = ours.device.type
    shape = (5, 5, 1080, 1920) if device == "cuda" else (5, 5, 90, 120)
    volume = (2, 1, 96, 96, 96) if device == "cuda" else (2, 1, 40, 48, 56)
    for peer in found.peers:
        if device not in peer.devices:
            continue
        for padding in peer.paddings:
            what = f"{peer.name} {padding}"
            float32_alone = peer.devices == ("cuda",)
            kind = {"dtype": torch.float32, "factor": FLOAT32_PEER, "second": False} if float32_alone else {}
            for seed in range(3):
                x, y = noise(shape, 2 * seed, device), noise(shape, 2 * seed + 1, device)
                function = lambda a, b: peer.ssim(a, b, padding)
                if peer.has_gradient:
                    check_pair(checks, f"{what} {list(shape)}", ours, "ssim2d_gradient", x, y, function,
                               padding=padding, **kind)
                else:
                    checks.value(f"{what} {list(shape)}", ours.value("ssim2d", x, y, padding=padding),
                                 function(x.double(), y.double()))
            if peer.ssim3d:
                x, y = noise(volume, 7, device), noise(volume, 8, device)
                check_pair(checks, f"{what} {list(volume)}", ours, "ssim3d_gradient", x, y,
                           lambda a, b: peer.ssim3d(a, b, padding), padding=padding, **kind)


def check_shapes(checks, ours):
    """Sizes around the windows and tiles of the peers, each padding, each window, against the reference."""
    device = ours.device
    shapes = [(1, 1, 16, 16), (1, 3, 127, 127), (1, 3, 513, 513), (4, 3, 64, 64), (1, 16, 64, 64), (1, 1, 11, 11)]
    shapes += [(1, 1, 40, width) for width in (33, 65, 127, 255, 256, 257, 1000, 1024)]
    if device.type == "cuda":
        shapes += [(1, 3, 1000, 999)]
    for shape in shapes:
        x, y = noise(shape, 11, device), noise(shape, 12, device)
        for padding in ("same", "valid"):
            check_pair(checks, f"reference {padding} {list(shape)}", ours, "ssim2d_gradient", x, y,
                       lambda a, b: reference.ssim(a, b, padding), padding=padding)
    for shape in ((1, 3, 8, 40), (1, 3, 40, 8), (2, 2, 1, 30), (1, 1, 1, 1)):  # smaller than the window
        x, y = noise(shape, 13, device), noise(shape, 14, device)
        check_pair(checks, f"reference same {list(shape)}", ours, "ssim2d_gradient", x, y,
                   lambda a, b: reference.ssim(a, b, "same"))
    for window in (7, 9, 11):
        x, y = noise((2, 3, 61, 83), 15, device), noise((2, 3, 61, 83), 16, device)
        u, v = noise((1, 2, 19, 23, 29), 17, device), noise((1, 2, 19, 23, 29), 18, device)
        for padding in ("same", "valid"):
            function = lambda a, b: reference.ssim(a, b, padding, window=window)
            check_pair(checks, f"reference {padding} {window} taps", ours, "ssim2d_gradient", x, y, function,
                       padding=padding, window=window)
            check_pair(checks, f"reference {padding} {window} taps 3D", ours, "ssim3d_gradient", u, v, function,
                       padding=padding, window=window)
    for shape in ((2, 3, 37, 41, 53), (1, 1, 11, 12, 13)):  # channels and ragged tiles
        u, v = noise(shape, 19, device), noise(shape, 20, device)
        for padding in ("same", "valid"):
            check_pair(checks, f"reference {padding} {list(shape)}", ours, "ssim3d_gradient", u, v,
                       lambda a, b: reference.ssim(a, b, padding), padding=padding)


def check_settings(checks, ours):
    device = ours.device
    x, y = noise((2, 3, 50, 60), 21, device), noise((2, 3, 50, 60), 22, device)
    check_pair(checks, "reference 0..255, other constants", ours, "ssim2d_gradient", 255 * x, 255 * y,
               lambda a, b: reference.ssim(a, b, data_range=255, k1=0.03, k2=0.05), data_range=255.0, k1=0.03, k2=0.05)
    # Scores of each channel of each image, and the map.
    scores, map_ = ours.number(2, 3), torch.empty(2, 3, 50, 60, device=device)
    ours.value("ssim2d", x, y, scores=scores, map=map_)
    expected = reference.ssim_map(x.double(), y.double())
    checks.value("reference, scores", scores, expected.mean((2, 3)))
    checks.value("reference, map", map_, expected, factor=5)  # one sample, not a mean
    # An upstream gradient of the map.
    weights = noise((2, 3, 50, 60), 23, device)
    check_upstream = lambda a, b: (reference.ssim_map(a, b) * weights.double()).sum()
    _, dx, dy = autograd(check_upstream, x.double(), y.double())
    _, our_dx, our_dy = ours.gradients("ssim2d_gradient", x, y, map_weight=weights, mean_weight=0.0)
    checks.gradient("reference, upstream gradient of the map, dx", our_dx, dx)
    checks.gradient("reference, upstream gradient of the map, dy", our_dy, dy)
    # L1 and SSIM in one loss, both cut to the valid region.
    for weight in (0.2, 0.9):
        loss = lambda a, b: ((1 - weight) * (a - b)[..., 5:-5, 5:-5].abs().mean()
                             + weight * (1 - reference.ssim(a, b, "valid")))
        _, dx, dy = autograd(loss, x.double(), y.double())
        _, our_dx, our_dy = ours.gradients("ssim2d_gradient", x, y, padding="valid", mean_weight=-weight,
                                           l1_weight=1 - weight)
        checks.gradient(f"reference, L1 + {weight} SSIM, dx", our_dx, dx)
        checks.gradient(f"reference, L1 + {weight} SSIM, dy", our_dy, dy)
    # 16-bit images: the arithmetic is float32 whatever the dtype.
    for dtype in (torch.float16, torch.bfloat16):
        a, b = x.to(dtype), y.to(dtype)
        check_pair(checks, f"reference {dtype}", ours, "ssim2d_gradient", a, b, reference.ssim)


def check_memory(checks, ours):
    """What breaks some peers: images that are views, equal images, and the same call twice."""
    device = ours.device
    x, y = noise((2, 45, 70, 3), 31, device), noise((2, 45, 70, 3), 32, device)
    a, b = x.permute(0, 3, 1, 2), y.permute(0, 3, 1, 2)
    check_pair(checks, "reference, NHWC seen as NCHW", ours, "ssim2d_gradient", a, b, reference.ssim)
    checks.exact("NHWC gives the bits of NCHW",
                 ours.value("ssim2d", a, b) == ours.value("ssim2d", a.contiguous(), b.contiguous()))
    for what, image in {"noise": x, "constant": torch.full_like(x, 0.6), "zero": torch.zeros_like(x),
                        "one": torch.ones_like(x)}.items():
        image = image.permute(0, 3, 1, 2).contiguous()
        mean, dx, dy = ours.gradients("ssim2d_gradient", image, image.clone())
        checks.exact(f"identical {what} scores 1", ours.value("ssim2d", image, image.clone()) == 1.0 and mean == 1.0)
        checks.exact(f"identical {what} has no gradient", not dx.any() and not dy.any())
    near = torch.full((1, 3, 50, 50), 0.6, device=device)
    checks.exact("near images score 1 at most", ours.value("ssim2d", near, near + 1e-7) <= 1.0)
    for shape in ((1, 1, 32, 32), (1, 3, 64, 64), (2, 3, 128, 128), (4, 3, 256, 256)):
        u, v = noise(shape, 33, device), noise(shape, 34, device)
        first, second = (ours.gradients("ssim2d_gradient", u, v) for _ in range(2))
        checks.exact(f"the same bits twice {list(shape)}",
                     first[0] == second[0] and torch.equal(first[1], second[1]) and torch.equal(first[2], second[2]))
        checks.exact(f"x against y is y against x {list(shape)}",
                     abs(ours.value("ssim2d", u, v) - ours.value("ssim2d", v, u)) < 1e-7)


def check_refusals(checks, ours):
    device = ours.device
    x, y = noise((1, 3, 20, 20), 41, device), noise((1, 3, 20, 21), 42, device)
    wrong = {"sizes that differ": (x, y, {}), "a rank of one": (x[0, 0, 0], x[0, 0, 0], {}),
             "eight taps": (x, x, {"window": 8}), "float64": (x.double(), x.double(), {}),
             "an image below the window": (x[..., :10], x[..., :10], {"padding": "valid"})}
    for what, (a, b, settings) in wrong.items():
        try:
            ours.value("ssim2d", a, b, **settings)
            checks.exact(f"refuses {what}", False)
        except FramegaugeError as error:
            checks.exact(f"refuses {what}", len(str(error)) > 20)


def picture(device):
    """A photograph of 0..255 where there is one, waves otherwise. [1, 3, 256, 256]"""
    try:
        from skimage import data

        photograph = torch.from_numpy(data.astronaut()[:256, 128:384].copy())
        return photograph.permute(2, 0, 1)[None].float().contiguous().to(device)
    except Exception:
        row, column = torch.meshgrid(torch.arange(256.0), torch.arange(256.0), indexing="ij")
        waves = [127.5 + 120 * torch.sin(row / (9 + c)) * torch.cos(column / (13 - c)) for c in range(3)]
        return torch.stack(waves)[None].round().to(device)


@torch.no_grad()
def check_noise_series(checks, ours, found):
    """pytorch-msssim's own test: a photograph with uniform noise of growing strength, single and in a batch."""
    clean = picture(ours.device)
    series, with_ms_ssim = [], has_ms_ssim(ours)
    for sigma in range(0, 101, 10):
        spoilt = (clean + sigma * noise(clean.shape, 50 + sigma, ours.device)).clamp(0, 255)
        series.append(spoilt)
        u, v = spoilt.double() / 255, clean.double() / 255
        ours_valid = ours.value("ssim2d", spoilt, clean, padding="valid", data_range=255.0)
        for peer in found.peers:
            if ours.device.type in peer.devices and "valid" in peer.paddings and peer.devices != ("cuda",):
                checks.value(f"{peer.name}, photograph with noise {sigma}", ours_valid, peer.ssim(u, v, "valid"),
                             ROUNDED_TAPS)
            if peer.ms_ssim and with_ms_ssim:
                checks.value(f"{peer.name} MS-SSIM, photograph with noise {sigma}",
                             ours.value("ms_ssim", spoilt, clean, data_range=255.0), peer.ms_ssim(u, v), ROUNDED_TAPS)
        checks.value(f"reference, photograph with noise {sigma}", ours_valid, reference.ssim(u, v, "valid"))
        # A picture repeated through a volume is filtered along it without effect.
        cut, flat = spoilt[..., :64, :80], clean[..., :64, :80]
        stack = lambda image: image.unsqueeze(2).repeat(1, 1, 11, 1, 1)
        checks.value(f"3D of a repeated picture is 2D, noise {sigma}",
                     ours.value("ssim3d", stack(cut), stack(flat), padding="valid", data_range=255.0),
                     ours.value("ssim2d", cut.contiguous(), flat.contiguous(), padding="valid", data_range=255.0))
    batch, same = torch.cat(series), clean.repeat(len(series), 1, 1, 1)
    scores = ours.number(len(series), 3)
    ours.value("ssim2d", batch, same, padding="valid", data_range=255.0, scores=scores)
    pm = found.named("pytorch-msssim")
    if pm:
        from pytorch_msssim import ssim

        checks.value("pytorch-msssim, the whole series as a batch", scores.mean(1),
                     ssim(batch.double(), same.double(), data_range=255, size_average=False), ROUNDED_TAPS)


def has_ms_ssim(ours):
    """Whether this library offers MS-SSIM on the device."""
    image = torch.zeros(1, 1, 161, 161, device=ours.device)
    try:
        ours.value("ms_ssim", image, image)
        return True
    except FramegaugeError as error:
        print(f"  left out: {error}")
        return False


def check_ms_ssim(checks, ours, found):
    peer = found.named("pytorch-msssim")
    if not peer or not has_ms_ssim(ours):
        return
    from pytorch_msssim import ms_ssim

    for shape in ((2, 3, 176, 192), (1, 3, 201, 233), (1, 1, 161, 257)):  # even, odd, and odd at deeper levels
        base = noise(shape, 61, ours.device)
        x, y = base, 0.6 * base + 0.4 * noise(shape, 62, ours.device)
        check_pair(checks, f"pytorch-msssim MS-SSIM {list(shape)}", ours, "ms_ssim", x, y, peer.ms_ssim)
    x, y = base, 0.5 * base + 0.5 * noise(shape, 63, ours.device)
    weights = [0.2, 0.3, 0.5]
    check_pair(checks, "pytorch-msssim MS-SSIM, three levels, 7 taps", ours, "ms_ssim", x, y,
               lambda a, b: ms_ssim(a, b, data_range=1.0, weights=weights, win_size=7), weights=weights, window=7)


def check_optimisation(checks, ours):
    """The peers' training test: from noise to a picture by our gradient alone."""
    target = (picture(ours.device)[..., 96:160, 96:160] / 255).contiguous()
    image = noise(target.shape, 71, ours.device)
    image.grad = torch.zeros_like(image)
    optimizer = torch.optim.Adam([image], lr=0.01)
    step = ours.library.prepare("ssim2d_gradient", ours.stream(), x=image, y=target, x_gradient=image.grad,
                                mean=(mean := ours.number()))
    for count in range(3000):
        step()
        if mean.item() >= 0.9999:
            break
        optimizer.step()
    checks.exact(f"Adam reaches SSIM 0.9999 (after {count} steps: {mean.item():.6f})", mean.item() >= 0.9999)


def check_all(ours, found, verbose):
    checks = Checks(verbose)
    check_peers(checks, ours, found)
    check_shapes(checks, ours)
    check_settings(checks, ours)
    check_memory(checks, ours)
    check_refusals(checks, ours)
    check_noise_series(checks, ours, found)
    check_ms_ssim(checks, ours, found)
    check_optimisation(checks, ours)
    checks.summary()
    return checks
