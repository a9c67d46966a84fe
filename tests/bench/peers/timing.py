"""Times contenders side by side: each once a round, so that what disturbs the machine disturbs all alike."""
import os
import re
import statistics
import time
from dataclasses import dataclass

import torch


class CpuClock:
    def __call__(self, body):
        time.sleep(0.01)  # the workers of the contender before have come to rest
        begin = time.perf_counter()
        body()
        return 1e6 * (time.perf_counter() - begin)


class CudaClock:
    """By the device's events; what the contender reads is not in the L2 cache when it begins.

    The device is kept busy while the contender's launches are put on the stream, so that a time is the device's own and
    not that of the interpreter, for all contenders alike.
    """

    BUSY_CYCLES = 2_000_000  # about a millisecond

    def __init__(self):
        self.flush = torch.empty(256 << 20, dtype=torch.uint8, device="cuda")
        self.begin, self.end = (torch.cuda.Event(enable_timing=True) for _ in range(2))

    def __call__(self, body):
        self.flush.fill_(1)
        torch.cuda._sleep(self.BUSY_CYCLES)
        self.begin.record()
        body()
        self.end.record()
        self.end.synchronize()
        return 1e3 * self.begin.elapsed_time(self.end)


@dataclass
class Taken:
    median_us: float
    least_us: float  # what the machine can do when nothing else runs on it


def interleaved(contenders, clock, rounds, warm_up):
    """contenders: name to a callable. Gives name to what it took."""
    times = {name: [] for name in contenders}
    for number in range(-warm_up, rounds):
        for name, body in contenders.items():
            taken = clock(body)
            if number >= 0:
                times[name].append(taken)
    return {name: Taken(statistics.median(taken), min(taken)) for name, taken in times.items()}


def processors():
    return len(os.sched_getaffinity(0))


def machine_name(devices):
    """For the name of a file: "h200" where there is a GPU, "cpu_2_cores" elsewhere."""
    if "cuda" in devices:
        words = re.findall(r"[a-z0-9]+", torch.cuda.get_device_name().lower())
        return "_".join(word for word in words if word not in ("nvidia", "geforce"))
    return f"cpu_{processors()}_cores"
