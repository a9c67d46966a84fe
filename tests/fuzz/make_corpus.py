#!/usr/bin/env python3
"""Writes a few small, good inputs for each fuzz target: make_corpus.py FOLDER. Standard library only."""
import json
import os
import struct
import sys
import zlib

root = sys.argv[1]


def seed(target, name, data):
    folder = os.path.join(root, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())


def parts(first, second):
    first, second = (p if isinstance(p, bytes) else p.encode() for p in (first, second))
    return struct.pack("<H", len(first)) + first + second


def video():
    seed("y4m", "plain", b"YUV4MPEG2 W4 H2 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(range(12)) + b"FRAME Ip\n" + bytes(12))
    seed("y4m", "deep", b"YUV4MPEG2 W2 H2 C444p10\nFRAME\n" + bytes(24))
    seed("y4m", "grey", b"YUV4MPEG2 W3 H2 Cmono\nFRAME\n" + bytes(6))
    seed("raw_video", "plain", parts("4x2\nyuv420p\n0:2\n0,0,2,2\n", bytes(24)))
    seed("raw_video", "deep", parts("2x2\nyuv422p10le\n:\n0,0,2,2\n", bytes(16)))
    seed("raw_video", "grey", parts("5x3\ngray12le\n1:\n1,1,1,1\n", bytes(60)))


def png(colour, channels, depth=8, interlaced=0, filters=b"\0\1\2\3\4", extra=b""):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    row = bytes(range(3 * channels * depth // 8))
    rows = b"".join(filters[i : i + 1] + row for i in range(len(filters)))
    header = struct.pack(">IIBBBBB", 3, len(filters), depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pictures():
    for name, colour, channels in (("grey", 0, 1), ("rgb", 2, 3), ("grey_alpha", 4, 2), ("rgba", 6, 4)):
        seed("png_fast", name, png(colour, channels))
        seed("png_fast", name + "_16", png(colour, channels, depth=16))
    palette = b"PLTE" + bytes(range(30))
    seed("png_fast", "palette", png(3, 1, extra=struct.pack(">I", 30) + palette + struct.pack(">I", zlib.crc32(palette))))
    frame = b"\xff\xc0\0\x0b\x08\0\x05\0\x07\x01\x01\x11\0\xff\xd9"
    seed("jpeg", "plain", b"\xff\xd8\xff\xee\0\x0eAdobe" + bytes(7) + frame)
    for order in "<>":
        entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, 6, 0)
        tiff = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, 1) + entry + bytes(4)
        exif = b"Exif\0\0" + tiff
        seed("jpeg", "turned_" + tiff[:2].decode(), b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + frame)
    seed("pfm", "rgb", b"PF\n2 3\n-1.0\n" + struct.pack("<18f", *range(18)))
    seed("pfm", "grey", b"Pf\n3 2\n1.0\n" + struct.pack(">6f", *range(6)))
    flat = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\nEXPOSURE=2\n\n-Y 2 +X 3\n" + bytes([10, 20, 30, 129] * 6)
    seed("radiance", "flat", flat)
    run = bytes([2, 2, 0, 8]) + b"".join(bytes([128 + 8, 7]) if c < 2 else bytes([8]) + bytes(range(8)) for c in range(4))
    seed("radiance", "runs", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 8\n" + run * 2)
    old = bytes([10, 20, 30, 129, 1, 1, 1, 3, 1, 1, 1, 1])
    seed("radiance", "old_runs", b"#?RGBE\n\n-Y 1 +X 6\n" + old)
    for name, shape, kind, bits in (("image", "(2, 3)", "<f4", 24), ("colour", "(1, 2, 3)", ">f8", 48), ("one", "(4,)", "<f4", 16)):
        header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
        header = header.ljust(117) + "\n"
        seed("npy", name, b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(bits))


def splats():
    names = ["x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"]
    tail = ["opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"]
    for name, order, rest in (("binary_little_endian", "<", 0), ("binary_big_endian", ">", 9), ("ascii", "", 0)):
        columns = names + ["f_rest_%d" % i for i in range(rest)] + tail
        header = "ply\nformat %s 1.0\ncomment a\nelement vertex 2\n" % name
        header += "".join("property float %s\n" % c for c in columns) + "end_header\n"
        values = [0.1 * i + 0.5 for i in range(2 * len(columns))]
        body = struct.pack(order + "%df" % len(values), *values) if order else (" ".join("%g" % v for v in values) + "\n").encode()
        seed("ply", name, header.encode() + body)
    with_faces = "ply\nformat ascii 1.0\nelement face 1\nproperty list uchar int vertex_indices\nelement vertex 1\n"
    columns = names + tail
    with_faces += "".join("property double %s\n" % c for c in columns) + "end_header\n3 0 1 2\n" + "1 " * len(columns) + "\n"
    seed("ply", "faces", with_faces)


def cameras():
    models = {0: 3, 1: 4, 2: 4, 3: 5, 4: 8}  # COLMAP's number and how many parameters
    listed = b"".join(struct.pack("<iiQQ%dd" % n, k + 1, k, 64, 48, *[50.0] * min(n, 1), *[0.1] * (n - 1)) for k, n in models.items())
    images = b"".join(
        struct.pack("<i7di", k + 1, 1, 0, 0, 0, 0.5, 0, 2, k + 1) + b"v%d.png\0" % k + struct.pack("<Q", 1) + struct.pack("<ddq", 1, 2, -1)
        for k in models
    )
    seed("colmap_binary", "models", parts(struct.pack("<Q", len(models)) + listed, struct.pack("<Q", len(models)) + images))
    text = "# cameras\n1 PINHOLE 64 48 50 50 32 24\n2 SIMPLE_RADIAL 64 48 50 32 24 0.1\n3 OPENCV 64 48 50 50 32 24 0.1 0 0 0\n"
    views = "# images\n1 1 0 0 0 0.5 0 2 1 a.png\n1 2 -1\n2 0.7 0.7 0 0 0 0 1 2 b c.png\n\n3 1 0 0 0 0 0 0 3 d.png\n\n"
    seed("colmap_text", "models", parts(text, views))
    pose = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 2], [0, 0, 0, 1]]
    one = {"id": 0, "img_name": "a", "width": 64, "height": 48, "position": [0, 1, 2], "rotation": [r[:3] for r in pose[:3]], "fx": 50, "fy": 51}
    seed("inria_cameras", "two", json.dumps([one, dict(one, id=1, img_name="b.png")]))
    frame = {"file_path": "./images/a.png", "transform_matrix": pose}
    seed("transforms", "blender", json.dumps({"camera_angle_x": 0.7, "frames": [frame]}))
    lens = {"fl_x": 50, "fl_y": 50, "cx": 32, "cy": 24, "w": 64, "h": 48, "k1": 0.1, "k2": 0, "p1": 0, "p2": 0}
    seed("transforms", "nerfstudio", json.dumps(dict(lens, camera_model="OPENCV", frames=[frame, dict(frame, fl_x=40)])))
    geometry = {"sdd_mm": 1020, "height": 20, "width": 30, "delx_mm": 2, "dely_mm": 2, "x0_mm": 0, "y0_mm": 0, "orthographic": False, "n_samples": 50}
    seed("drr_geometry", "matrix", json.dumps(dict(geometry, camera_to_world=pose)))
    seed("drr_geometry", "angles", json.dumps(dict(geometry, orientation="AP", rotation_deg_zxy=[1, 2, 3], translation_mm=[0, 850, 0], isocentre_mm_ras=[0, 0, 0])))


def volumes():
    header = {"file": "a.raw", "extent": [2, 3, 4], "type": "int16", "spacing_mm": [1, 1, 2], "origin_mm_ras": [0, 0, 0], "slope": 1, "intercept": -1024}
    seed("volume_raw", "short", parts(json.dumps(header), bytes(48)))
    seed("volume_raw", "float", parts(json.dumps(dict(header, type="float32", big_endian=True, direction=[1, 0, 0, 0, 1, 0, 0, 0, 1])), bytes(96)))
    meta = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = %s\n%s"
    meta += "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 2\nDimSize = 2 3 4\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    packed = zlib.compress(bytes(48))
    seed("metaimage", "plain", (meta % ("False", "")).encode() + bytes(48))
    seed("metaimage", "packed", (meta % ("True", "CompressedDataSize = %d\n" % len(packed))).encode() + packed)
    for name, order in (("little", "<"), ("big", ">")):
        h = bytearray(352)
        struct.pack_into(order + "i", h, 0, 348)
        struct.pack_into(order + "8h", h, 40, 3, 2, 3, 4, 1, 1, 1, 1)
        struct.pack_into(order + "2h", h, 70, 4, 16)
        struct.pack_into(order + "8f", h, 76, 1, 1, 1, 2, 0, 0, 0, 0)
        struct.pack_into(order + "3f", h, 108, 352, 1, 0)
        h[123] = 2
        struct.pack_into(order + "2h", h, 252, 1, 1)
        struct.pack_into(order + "6f", h, 256, 0, 0, 0, 0, 0, 0)
        struct.pack_into(order + "12f", h, 280, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0)
        h[344:348] = b"n+1\0"
        seed("nifti", name, bytes(h) + bytes(48))
        gzip = zlib.compressobj(wbits=31)
        seed("nifti", name + "_gzip", gzip.compress(bytes(h) + bytes(48)) + gzip.flush())

    def element(group, number, kind, value, order="<"):
        value += b" " * (len(value) % 2)
        long_length = kind in (b"OB", b"OW", b"SQ", b"UN")
        return struct.pack(order + "HH", group, number) + kind + (struct.pack(order + "HI", 0, len(value)) if long_length else struct.pack(order + "H", len(value))) + value

    syntax = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
    body = element(8, 0x16, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0") + element(0x28, 0x10, b"US", struct.pack("<H", 3)) + element(0x28, 0x11, b"US", struct.pack("<H", 2))
    sequence = struct.pack("<HH", 8, 0x1140) + b"SQ" + struct.pack("<HI", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    sequence += element(8, 0x1150, b"UI", b"1.2\0") + struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    pixels = element(0x7FE0, 0x10, b"OW", bytes(12))
    start = bytes(128) + b"DICM" + element(2, 0, b"UL", struct.pack("<I", len(syntax)))
    seed("dicom_check", "explicit", start + syntax + body + pixels)
    seed("dicom_check", "sequence", start + syntax + sequence + body + pixels)
    unknown = sequence.replace(b"SQ", b"UN").replace(element(8, 0x1150, b"UI", b"1.2\0"), struct.pack("<HHI", 8, 0x1150, 4) + b"1.2\0")
    seed("dicom_check", "unknown", start + syntax + unknown + body + pixels)
    fragments = struct.pack("<HH", 0x7FE0, 0x10) + b"OB" + struct.pack("<HI", 0, 0xFFFFFFFF)
    fragments += struct.pack("<HHI", 0xFFFE, 0xE000, 0) + struct.pack("<HHI", 0xFFFE, 0xE000, 4) + b"abcd" + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    packed_syntax = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.5\0")
    seed("dicom_check", "fragments", start + packed_syntax + body + fragments)


def results():
    scores = {"ssim": 0.9, "psnr": "inf", "mae": 0.01, "mse": "nan"}
    seed("baseline", "plain", json.dumps({"schema": "framegauge-baseline-1", "metrics": {"ssim": {"window": 11}}, "pairs": {"a": scores}}))
    line = {"name": "a", "stamp": "b", "status": 0, "width": 2, "height": 3, "depth": 4, "data_range": 1.5, "scores": [0.5, "inf"], "undefined": [], "not_finite": 0, "notes": ["small"], "problem": ""}
    seed("journal", "three", json.dumps(line) + "\n" + json.dumps(dict(line, name="c", status=2, scores=[], problem="gone")) + "\n"
         + json.dumps(dict(line, name="d", status=3, scores=[0.5, "nan"], undefined=[1], problem="not of light")) + "\n")
    seed("limits", "plain", parts("ssim:p5=0.95", "psnr=0.5"))
    seed("limits", "map", parts("ssim:map-min=1e-3", "mae=1"))
    display = {"split": 0.5, "colormap": "viridis"}
    seed("settings", "plain", json.dumps({"window_width": 800, "window_height": 600, "show_panels": True, "fly_speed": 2.5, "free_resolution": 2, "display": display}))


video()
pictures()
splats()
cameras()
volumes()
results()
