"""The native core: the formulas of this package in C++, built once for each instruction set.

    load()                the fastest build that this processor runs; None where there is none, and `why_not()` says why
    PELLUCID_ISA          names another build: avx512, avx2 or sse2 on x86, neon on Arm
    PELLUCID_NUM_THREADS  how many threads it uses; by default as many as the process may have processors

Everything here works without it: it is faster, and computes the same numbers within float32 rounding.
"""

import functools
import importlib
import math
import os
from pathlib import Path
from typing import Any

from ..errors import one_of, positive_int

BUILDS = ("avx512", "avx2", "sse2", "neon")


@functools.cache
def load() -> Any:
    """The core, or None where it was not built for this machine.

    Raises ValueError when PELLUCID_ISA names a build that there is not, or that this processor cannot run.
    """
    found = available()
    name = os.environ.get("PELLUCID_ISA") or (found[0] if found else None)
    if name is None:
        return None
    if found:
        one_of(name, tuple(found), "PELLUCID_ISA")
    core = build(name)
    if core is not None:
        core.set_num_threads(_threads_wanted())
    return core


def available() -> list[str]:
    """The builds that this processor can run, the fastest first; empty where nothing was built.

    They are told apart without loading any of them.
    """
    try:
        cpu = importlib.import_module("._cpu", __name__)
    except ImportError:
        return []
    return list(cpu.supported())


def build(name: str) -> Any:
    """One build by name; None where it is not there."""
    try:
        return importlib.import_module(f"._{name}", __name__)
    except ImportError:
        return None


def why_not() -> str:
    """Why `load()` gave None, and what to do; empty when it did not."""
    if load() is not None:
        return ""
    return (
        "the native engine was not built when pellucid was installed (it needs a C++ compiler): NumPy computes. "
        "To have it: install a compiler (on Debian and Ubuntu: apt install g++), then install pellucid again."
    )


def instruction_set() -> str | None:
    """The build in use, such as "avx512"; None without one."""
    core = load()
    return None if core is None else core.__name__.rpartition("_")[2]


def num_threads() -> int:
    """How many threads the native engine uses."""
    core = load()
    return 1 if core is None else core.num_threads()


def set_num_threads(count: int) -> None:
    """Use this many threads in the native engine from now on. The numbers computed do not depend on it."""
    core = load()
    if positive_int(count, "count") and core is not None:
        core.set_num_threads(count)


def _threads_wanted() -> int:
    given = os.environ.get("PELLUCID_NUM_THREADS")
    if given:
        return positive_int(int(given) if given.isdigit() else given, "PELLUCID_NUM_THREADS")
    return max(1, min(cores(), _quota()))


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quota(file: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """The processors that a container may use at a time: threads beyond that would wait for each other."""
    try:
        allowed, period = file.read_text().split()
        return math.ceil(int(allowed) / int(period))
    except (OSError, ValueError):  # no such limit: there is no file, or it says "max"
        return 1 << 16
