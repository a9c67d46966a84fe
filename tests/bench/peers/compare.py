"""Framegauge against the SSIMs that people use: first that the numbers agree, then how long both take.

    python compare.py build/dev/plugin/libframegauge.so [--results FOLDER] [--rounds N] [--verbose]

Exit codes: 0 everything agrees, 1 something does not, 2 usage. A bar that is missed is shown and no failure: times
depend on what else the machine does.
"""
import argparse
import csv
import datetime
import os
import sys
import time
import warnings

import agreement
import torch
from framegauge_ctypes import Framegauge
from ours import Ours
from peers import find_peers
from timing import CpuClock, CudaClock, interleaved, machine_name, processors
from works import works

COLUMNS = ["machine", "date", "device", "work", "size", "peer", "version", "peer_median_us", "ours_median_us", "ratio",
           "peer_least_us", "ours_least_us", "ratio_of_least", "rounds", "load", "bar", "bar_met"]


def device_name(device):
    if device == "cuda":
        return torch.cuda.get_device_name()
    return f"{processors()} CPU cores"


def rows_of(work, found, times, row):
    """A line for people and a row for the file a peer; a row of our own where there is a bar for us alone."""
    ours = times["framegauge"]
    row = row | {"work": work.name, "size": "x".join(map(str, work.size)), "ours_median_us": f"{ours.median_us:.1f}",
                 "ours_least_us": f"{ours.least_us:.1f}"}
    bar = ""
    if work.bar_us:
        met = ours.median_us <= work.bar_us
        bar = f"  bar {work.bar_us:g} us {'met' if met else 'MISSED'}"
        yield row | {"bar": f"ours <= {work.bar_us:g} us", "bar_met": met}
    print(f"{work.name + ', ' + row['size']:52} median {ours.median_us:10.1f} us  least {ours.least_us:10.1f} us{bar}")
    for name in work.peers:
        theirs, version, least = times[name], found.named(name).version, work.bars.get(name)
        ratio, ratio_of_least = theirs.median_us / ours.median_us, theirs.least_us / ours.least_us
        line = (f"    {name + ' ' + version:48} median {theirs.median_us:10.1f} us  least {theirs.least_us:10.1f} us"
                f"  {ratio:6.1f}x ours ({ratio_of_least:.1f}x of the least)")
        cells = {"peer": name, "version": version, "peer_median_us": f"{theirs.median_us:.1f}", "ratio": f"{ratio:.2f}",
                 "peer_least_us": f"{theirs.least_us:.1f}", "ratio_of_least": f"{ratio_of_least:.2f}"}
        if least:
            line += f"  bar {least:g}x {'met' if ratio >= least else 'MISSED'}"
            cells |= {"bar": f"ratio >= {least:g}", "bar_met": ratio >= least}
        print(line, flush=True)
        yield row | cells


def compare_times(ours, found, rounds, load):
    device = ours.device.type
    clock, rounds = (CudaClock(), rounds or 100) if device == "cuda" else (CpuClock(), rounds or 15)
    print(f"\nTimes on {device_name(device)}: {rounds} interleaved rounds")
    if load > 0.5 * processors():
        print(f"  Other programs use this machine (load {load:.1f} before the start): the medians are not ours alone")
    row = {"device": device_name(device), "rounds": rounds, "load": f"{load:.1f}"}
    for work in works(ours, found):
        contenders = {"framegauge": work.ours} | work.peers
        times = interleaved(contenders, clock, rounds, warm_up=10 if device == "cuda" else 1)
        yield from rows_of(work, found, times, row)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("library", help="libframegauge.so")
    parser.add_argument("--results", help="folder that gets peers_MACHINE.csv")
    parser.add_argument("--rounds", type=int, help="default: 15 on a CPU, 100 on CUDA")
    parser.add_argument("--device", choices=("cpu", "cuda"), action="append", help="default: all that are there")
    parser.add_argument("--skip-times", action="store_true", help="only see whether the numbers agree")
    parser.add_argument("--verbose", action="store_true", help="a line for each check, not for failures alone")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    warnings.simplefilter("ignore")  # of peers, about sizes and deprecations
    library, found = Framegauge(arguments.library), find_peers()
    devices = arguments.device or ["cpu"] + ["cuda"] * torch.cuda.is_available()
    print(f"framegauge {library.version}, {library.path}\ntorch {torch.__version__}, {torch.get_num_threads()} threads")
    for peer in found.peers:
        print(f"{peer.name} {peer.version}")
    for name, why in found.missing.items():
        print(f"{name}: left out: {why}")
    failed, rows, load = False, [], os.getloadavg()[0]
    for device in devices:
        ours = Ours(library, device)
        begin = time.perf_counter()
        print(f"\nAgreement on {device_name(device)}", flush=True)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # small tensors: on a busy machine threads wait for each other more than they work
        checks = agreement.check_all(ours, found, arguments.verbose)
        torch.set_num_threads(threads)
        print(f"  {time.perf_counter() - begin:.0f} s")
        failed |= bool(checks.failures)
        if not arguments.skip_times:
            rows += compare_times(ours, found, arguments.rounds, load)
    if arguments.results and rows:
        path = os.path.join(arguments.results, f"peers_{machine_name(devices)}.csv")
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
            writer.writeheader()
            today = datetime.date.today().isoformat()
            writer.writerows({"machine": machine_name(devices), "date": today} | row for row in rows)
        print(f"\n{path}")
    if failed:
        print("\nThe numbers do not agree; see FAIL above.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
