"""Importing the library.

A new Python process that imports the library and ends, the start of Python included; files of earlier imports are in
the system's cache. The peak memory is that of this process.
"""

import importlib.util
import os
import subprocess
import sys

from .resident import status_mb
from .workload import Peer, Turn, Workload, text

STATUS = "/proc/self/status"
TELL = f"import os; print(open({STATUS!r}).read() if os.path.exists({STATUS!r}) else '')"


def importing(name: str, backend: str | None = None) -> Turn:
    """A process that imports this module; for Keras, on this backend. It returns the process's peak memory."""
    for needed in filter(None, (name, backend)):
        if importlib.util.find_spec(needed) is None:
            raise ModuleNotFoundError(name=needed)
    environment = os.environ | ({"KERAS_BACKEND": backend} if backend else {})
    command = [sys.executable, "-c", f"import {name}; {TELL}"]

    def turn() -> float:
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return status_mb(done.stdout, "VmHWM")

    return turn


WORKLOAD = Workload(
    "import",
    "Importing",
    text(__doc__),
    (
        Peer("Pellucid", lambda: importing("pellucid"), ("pellucid",), ours=True),
        Peer("PyTorch", lambda: importing("torch"), ("torch",)),
        Peer("JAX", lambda: importing("jax"), ("jax",)),
        Peer("Keras/TensorFlow", lambda: importing("keras", "tensorflow"), ("keras", "tensorflow")),
        Peer("Keras/JAX", lambda: importing("keras", "jax"), ("keras", "jax")),
        Peer("Keras/PyTorch", lambda: importing("keras", "torch"), ("keras", "torch")),
    ),
    floor=Peer("NumPy", lambda: importing("numpy"), ("numpy",), "NumPy alone, which all of them import"),
    unit="s a process",
    shows="peak memory, MB",
    images=False,
    inside=False,
)
