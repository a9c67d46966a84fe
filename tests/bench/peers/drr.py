#!/usr/bin/env python3
"""DRRs on CUDA beside nanodrr's: whether images and gradients agree, and how long both take in one run.

    python -m venv venv && venv/bin/pip install torch nanodrr
    venv/bin/python tests/bench/peers/drr.py build/gpu/plugin/libframegauge.so [--results FOLDER] [--rounds N]

Both sample the part of a ray that lies inside the volume, at the middles of as many equal parts, and so at the same
millimetres a sample, which are printed. nanodrr as it is called, under torch.compile, and as a CUDA graph; each call of
ours is one of the C interface. Median by the device's events, L2 flushed. Exit code 1 where something does not agree.
"""
import argparse
import csv
import datetime
import importlib.metadata
import math
import pathlib
import sys

import torch
from framegauge_ctypes import Framegauge
from nanodrr.camera import make_k_inv
from nanodrr.data import Subject
from nanodrr.drr import DRR
from timing import CudaClock, interleaved, machine_name

VOXELS, SPACING_MM = (133, 512, 512), (2.5, 0.703125, 0.703125)  # z, y, x
SDD_MM, DETECTOR_MM, SOURCE_MM = 1020.0, 400.0, 850.0
IMAGE_ALLOWED = 1e-4  # of the largest pixel
GRADIENT_ALLOWED = 2e-3  # relative; nanodrr adds up in float32
COLUMNS = ["machine", "date", "work", "size", "samples", "mm_a_sample", "peer", "version", "peer_median_us", "ours_median_us",
           "ratio"]


def make_volume():
    """Smooth with grain, 1/mm; 0 at the border, so that the ends of rays are of no account."""
    z, y, x = torch.meshgrid(*(torch.linspace(-1, 1, n, device="cuda") for n in VOXELS), indexing="ij")
    mu = 0.0192 * (1 + 0.3 * torch.sin(9 * x) * torch.cos(7 * y) * torch.sin(5 * z))
    noise = torch.rand(VOXELS, generator=torch.Generator("cuda").manual_seed(1), device="cuda")
    inside = (x.abs() < 0.97) & (y.abs() < 0.97) & (z.abs() < 0.97)
    return (mu + 0.002 * noise) * inside


def affine_of():
    matrix = torch.eye(4, dtype=torch.float64)
    for axis in range(3):
        step, count = SPACING_MM[2 - axis], VOXELS[2 - axis]
        matrix[axis, axis], matrix[axis, 3] = step, -0.5 * step * (count - 1)
    return matrix


def subject_of(volume, affine):
    to_grid = torch.eye(4, dtype=torch.float64)  # -1 to 1 over the voxels' outer faces
    for axis in range(3):
        to_grid[axis, axis], to_grid[axis, 3] = 2 / VOXELS[2 - axis], 1 / VOXELS[2 - axis] - 1
    data = volume[None, None]
    subject = Subject(data, torch.zeros_like(data), affine.float(), affine.inverse().float(), to_grid.float(),
                      torch.zeros(3), max_label=0, convert_to_mu=False)
    return subject.cuda()


def poses_of(count):
    """From the front, each a little aside; camera_to_world."""
    poses = []
    for i in range(count):
        angle = 0.01 * i
        turn = torch.eye(4, dtype=torch.float64)
        turn[0, 0] = turn[1, 1] = math.cos(angle)
        turn[0, 1], turn[1, 0] = -math.sin(angle), math.sin(angle)
        front = torch.tensor([[-1, 0, 0, 0.3], [0, 0, -1, SOURCE_MM], [0, -1, 0, 0.4], [0, 0, 0, 1]], dtype=torch.float64)
        poses.append(turn @ front)
    return torch.stack(poses)


class Work:
    def __init__(self, library, subject, volume, affine, batch, side, samples):
        self.samples = samples
        pixel = DETECTOR_MM / side
        self.poses = poses_of(batch).cuda()
        self.upstream = torch.rand(batch, 1, side, side, generator=torch.Generator("cuda").manual_seed(2), device="cuda")
        self.images = torch.empty(batch, 1, side, side, device="cuda")
        self.gradient = torch.empty(batch, 3, 4, dtype=torch.float64, device="cuda")
        slopes = torch.empty(batch, 7, side, side, device="cuda")
        stream = torch.cuda.current_stream().cuda_stream
        common = dict(volume=volume, voxel_to_world=affine.flatten().tolist(), numbers="attenuation", poses=self.poses,
                      sdd_mm=SDD_MM, delx_mm=pixel, dely_mm=pixel, sampling="inside", samples=samples, images=self.images)
        self.ours = library.prepare("drr", stream, **common)
        with_slopes = library.prepare("drr", stream, **common, slopes=slopes)
        backward = library.prepare("drr_gradient", stream, image_gradient=self.upstream, drr=with_slopes,
                                   poses_gradient=self.gradient)

        def both():
            with_slopes()
            backward()
        self.ours_both = both

        k_inv = make_k_inv(SDD_MM, pixel, pixel, 0.0, 0.0, side, side, dtype=torch.float32, device="cuda").expand(batch, 3, 3)
        sdd = torch.full((batch,), SDD_MM, device="cuda")
        self.rt_inv = self.poses.float().requires_grad_()
        camera = DRR(k_inv, sdd, side, side)

        def theirs(rt_inv):
            return camera(subject, rt_inv, samples)
        self.theirs = theirs

    def theirs_image(self):
        with torch.no_grad():
            return self.theirs(self.rt_inv)

    def theirs_both(self):
        return torch.autograd.grad(self.theirs(self.rt_inv), self.rt_inv, self.upstream)[0]

    def agree(self):
        self.ours()
        wanted = self.theirs_image()
        image = ((self.images - wanted).abs().max() / wanted.abs().max()).item()
        self.ours_both()
        wanted = self.theirs_both()[:, :3].double()
        gradient = ((self.gradient - wanted).norm() / wanted.norm()).item()
        return image, gradient


def graph_of(body):
    """The body as a CUDA graph, or None with the reason."""
    try:
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            for _ in range(3):
                body()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            body()
        return graph.replay
    except Exception as error:  # of torch and Triton, of many kinds
        print(f"  no CUDA graph: {str(error).splitlines()[0]}")
        return None


def compiled_of(body):
    try:
        compiled = torch.compile(body)
        compiled()
        return compiled
    except Exception as error:
        print(f"  not compiled: {type(error).__name__}: {str(error).splitlines()[0]}")
        return None


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("library")
    arguments.add_argument("--results", type=pathlib.Path)
    arguments.add_argument("--rounds", type=int, default=50)
    options = arguments.parse_args()
    library, clock = Framegauge(options.library), CudaClock()
    version = importlib.metadata.version("nanodrr")
    print(f"{torch.cuda.get_device_name()}; framegauge {library.version}, nanodrr {version}, torch {torch.__version__}; "
          f"{' x '.join(map(str, VOXELS[::-1]))} float32 voxels")
    volume, affine = make_volume(), affine_of()
    subject = subject_of(volume, affine)
    depth_mm = SPACING_MM[1] * (VOXELS[1] + 1)  # of the middle ray, with the voxel around
    rows, agreed = [], True
    for batch, side, samples in ((1, 200, 163), (1, 200, 500), (8, 200, 163), (1, 512, 163), (1, 1024, 163)):
        work = Work(library, subject, volume, affine, batch, side, samples)
        image, gradient = work.agree()
        fine = image <= IMAGE_ALLOWED and gradient <= GRADIENT_ALLOWED
        agreed &= fine
        print(f"{batch} x {side} x {side}, {samples} samples inside, {depth_mm / samples:.2f} mm a sample in the middle: image "
              f"{image:.1e} of the largest, gradient {gradient:.1e}{'' if fine else '   DO NOT AGREE'}")
        for name, ours, theirs in (("image", work.ours, work.theirs_image),
                                   ("image and gradient by pose", work.ours_both, work.theirs_both)):
            contenders = {"ours": ours, "nanodrr": theirs}
            for kind, body in (("nanodrr, torch.compile", compiled_of(theirs)), ("nanodrr, CUDA graph", graph_of(theirs))):
                if body:
                    contenders[kind] = body
            times = interleaved(contenders, clock, options.rounds, warm_up=5)
            medians = {key: taken.median_us for key, taken in times.items()}
            for key, taken in medians.items():
                print(f"  {name:28} {key:24} {taken:9.1f} us" + (f"   {taken / medians['ours']:5.2f} x" if key != "ours" else ""))
                if key != "ours":
                    rows.append([torch.cuda.get_device_name(), datetime.date.today().isoformat(), name, f"{batch}x{side}x{side}",
                                 samples, f"{depth_mm / samples:.3f}", key, version, f"{taken:.1f}", f"{medians['ours']:.1f}",
                                 f"{taken / medians['ours']:.2f}"])
    if options.results:
        with open(options.results / f"peers_drr_{machine_name(['cuda'])}.csv", "w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
    return 0 if agreed else 1


sys.exit(main())
