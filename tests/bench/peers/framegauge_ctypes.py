"""The C interface of libframegauge through ctypes, as far as the comparison with peers needs it.

NumPy arrays and torch tensors are passed as DLTensor without a copy. An op is prepared once, with its tensors and its
scratch, and can then be called again and again:

    library = Framegauge("build/dev/plugin/libframegauge.so")
    mean = numpy.zeros(1)
    score = library.prepare("ssim2d", x=x, y=y, mean=mean, padding="valid")
    score()
"""
import ctypes as c

import numpy


class DLTensor(c.Structure):
    _fields_ = [
        ("data", c.c_void_p),
        ("device_type", c.c_int32),
        ("device_id", c.c_int32),
        ("ndim", c.c_int32),
        ("code", c.c_uint8),
        ("bits", c.c_uint8),
        ("lanes", c.c_uint16),
        ("shape", c.POINTER(c.c_int64)),
        ("strides", c.POINTER(c.c_int64)),  # in elements
        ("byte_offset", c.c_uint64),
    ]


TENSOR = c.POINTER(DLTensor)
CPU, CUDA = 1, 2
DTYPES = {  # DLDataTypeCode, bits
    "float16": (2, 16),
    "float32": (2, 32),
    "float64": (2, 64),
    "bfloat16": (4, 16),
    "uint8": (1, 8),
}
PADDING = {"same": 0, "valid": 1}
LAYOUT = {"NCHW": 0, "NHWC": 1}
NAMES = {  # of enumerators
    "padding": PADDING,
    "layout": LAYOUT,
    "numbers": {"hounsfield": 0, "attenuation": 1},
    "sampling": {"on segment": 0, "inside": 1, "by step": 2},
}

# The descriptor structs of framegauge.h and drr.h, field by field. A struct that has changed there is noticed by its size.
IMAGES = [("struct_size", c.c_size_t), ("x", TENSOR), ("y", TENSOR), ("layout", c.c_int32), ("channels", c.c_int32)]
SCRATCH = [("scratch", c.c_void_p), ("scratch_bytes", c.c_size_t)]
SCORES = [("scores", TENSOR), ("mean", TENSOR)]
GRADIENTS = [("x_gradient", TENSOR), ("y_gradient", TENSOR)]
CONSTANTS = [("data_range", c.c_double), ("k1", c.c_double), ("k2", c.c_double)]
WINDOW = IMAGES + [("window", c.c_int32), ("padding", c.c_int32)] + CONSTANTS
WEIGHTS = [("map_weight", TENSOR), ("score_weight", TENSOR), ("mean_weight", c.c_double)]
MAX_LEVELS = 8
DRR = [("struct_size", c.c_size_t), ("volume", TENSOR), ("voxel_to_world", c.c_double * 16), ("numbers", c.c_int32),
       ("scale", c.c_double), ("offset", c.c_double), ("mu_water", c.c_double), ("mu_bone", c.c_double),
       ("hu_bone", c.c_double), ("labels", TENSOR), ("label_channels", TENSOR), ("poses", TENSOR), ("beam", c.c_int32),
       ("height", c.c_int32), ("width", c.c_int32), ("row", c.c_int32), ("column", c.c_int32), ("sdd_mm", c.c_double),
       ("delx_mm", c.c_double), ("dely_mm", c.c_double), ("x0_mm", c.c_double), ("y0_mm", c.c_double),
       ("intrinsics", TENSOR), ("pixels", TENSOR), ("sources", TENSOR), ("targets", TENSOR), ("method", c.c_int32),
       ("reduction", c.c_int32), ("sampling", c.c_int32), ("samples", c.c_int32), ("step_mm", c.c_double),
       ("images", TENSOR), ("slopes", TENSOR)]
FIELDS = {
    "ssim2d": WINDOW + [("map", TENSOR)] + SCORES + SCRATCH,
    "ssim3d": WINDOW + [("map", TENSOR)] + SCORES + SCRATCH,
    "ssim2d_gradient": WINDOW + WEIGHTS + [("l1_weight", c.c_double)] + GRADIENTS + [("map", TENSOR)] + SCORES
    + [("l1", TENSOR)] + SCRATCH,
    "ssim3d_gradient": WINDOW + WEIGHTS + GRADIENTS + [("map", TENSOR)] + SCORES + SCRATCH,
    "drr": DRR + SCRATCH,
    "drr_gradient": [("struct_size", c.c_size_t), ("drr", c.c_void_p), ("image_gradient", TENSOR)]
    + [(by + "_gradient", TENSOR) for by in ("poses", "intrinsics", "sources", "targets", "volume")] + SCRATCH,
    "ms_ssim": IMAGES + [("window", c.c_int32)] + CONSTANTS
    + [("levels", c.c_int32), ("weights", c.c_double * MAX_LEVELS), ("score_weight", TENSOR),
       ("mean_weight", c.c_double)] + SCORES + GRADIENTS + SCRATCH,
}
STRUCTS = {op: type("Fg_" + op, (c.Structure,), {"_fields_": fields}) for op, fields in FIELDS.items()}


class FramegaugeError(RuntimeError):
    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status


UNSUPPORTED = 3


def is_torch(array):
    return hasattr(array, "data_ptr")


def describe(array):
    """A DLTensor over the array's memory. It holds the array, so that the memory stays as long as it."""
    if is_torch(array):
        device = (CUDA, array.device.index or 0) if array.device.type == "cuda" else (CPU, 0)
        address, dtype, strides = array.data_ptr(), str(array.dtype).removeprefix("torch."), array.stride()
    else:
        device = (CPU, 0)
        address, dtype = array.ctypes.data, str(array.dtype)
        strides = [step // array.itemsize for step in array.strides]
    code, bits = DTYPES[dtype]
    rank = len(array.shape)
    tensor = DLTensor(address, *device, rank, code, bits, 1, (c.c_int64 * rank)(*array.shape),
                      (c.c_int64 * rank)(*strides), 0)
    tensor.array = array
    return tensor


def allocate_like(array, size_bytes):
    """At least as many bytes on the array's device, aligned to 16."""
    elements = size_bytes // 16 + 1
    if is_torch(array):
        import torch

        return torch.empty(elements, dtype=torch.complex128, device=array.device)
    return numpy.empty(elements, numpy.complex128)


class Prepared:
    """An op with its tensors and scratch. stream: the address of a cudaStream_t, for CUDA tensors."""

    def __init__(self, library, name, stream, settings):
        self.library, self.name, self.stream = library, name, c.c_void_p(stream)
        self.op = library.defaults(name)
        self.held = []
        for field, value in settings.items():
            self.set(field, value)
        self.function = library.function("fg_" + name, c.c_void_p, c.c_void_p)
        self.reference = c.byref(self.op)
        bytes_needed = c.c_size_t()
        ask = library.function(f"fg_{name}_scratch_bytes", c.c_void_p, c.c_void_p)
        library.expect(ask(self.reference, c.byref(bytes_needed)))
        self.scratch = allocate_like(self.held[0].array, bytes_needed.value)
        self.op.scratch = self.scratch.data_ptr() if is_torch(self.scratch) else self.scratch.ctypes.data
        self.op.scratch_bytes = bytes_needed.value

    def set(self, field, value):
        kinds = dict(FIELDS[self.name])
        if field not in kinds:
            raise TypeError(f"{self.name} has no field {field}; it has {', '.join(kinds)}")
        if kinds[field] is TENSOR:
            tensor = describe(value)
            self.held.append(tensor)
            setattr(self.op, field, c.pointer(tensor))
        elif field == "weights":
            self.op.weights[: len(value)] = value
            self.op.levels = len(value)
        elif isinstance(value, Prepared):  # an op that this one is about
            self.held.append(value)
            setattr(self.op, field, c.addressof(value.op))
        elif isinstance(kinds[field], type) and issubclass(kinds[field], c.Array):
            getattr(self.op, field)[:] = value
        else:
            setattr(self.op, field, NAMES[field][value] if field in NAMES else value)

    def __call__(self):
        status = self.function(self.reference, self.stream)
        if status != 0:
            self.library.expect(status)


class Framegauge:
    def __init__(self, path):
        self.path = str(path)
        self.dll = c.CDLL(self.path)
        self.dll.fg_last_error.restype = c.c_char_p
        self.dll.fg_version.restype = c.c_char_p

    @property
    def version(self):
        return self.dll.fg_version().decode()

    def function(self, name, *arguments):
        function = getattr(self.dll, name)
        function.argtypes, function.restype = arguments, c.c_int32
        return function

    def expect(self, status):
        if status != 0:
            raise FramegaugeError(status, self.dll.fg_last_error().decode())

    def defaults(self, name):
        struct = STRUCTS[name]
        room = (c.c_char * (c.sizeof(struct) + 1024))()  # a larger struct must not write past its end
        fill = getattr(self.dll, f"fg_{name}_defaults")
        fill.argtypes, fill.restype = (c.c_void_p,), None
        fill(c.byref(room))
        op = struct.from_buffer_copy(room)
        if op.struct_size != c.sizeof(struct):
            raise RuntimeError(
                f"fg_{name}: the library's struct has {op.struct_size} bytes, FIELDS describes {c.sizeof(struct)}; "
                "bring tests/bench/peers/framegauge_ctypes.py up to framegauge.h and drr.h")
        return op

    def prepare(self, name, stream=0, **settings):
        """name: of FIELDS. settings: fields of the struct, an array first; arrays for tensors, NAMES for enumerators."""
        return Prepared(self, name, stream, settings)
