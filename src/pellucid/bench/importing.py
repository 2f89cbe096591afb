"""Importing the library.

A new Python process that imports the library and ends, the start of Python included; files of earlier imports are in
the system's cache.
"""

import importlib.util
import os
import subprocess
import sys

from .workload import Peer, Turn, Workload, text


def importing(name: str, backend: str | None = None) -> Turn:
    """A process that imports this module; for Keras, on this backend."""
    for needed in filter(None, (name, backend)):
        if importlib.util.find_spec(needed) is None:
            raise ModuleNotFoundError(name=needed)
    environment = os.environ | ({"KERAS_BACKEND": backend} if backend else {})
    command = [sys.executable, "-c", f"import {name}"]

    def turn() -> float:
        subprocess.run(command, env=environment, check=True, capture_output=True)
        return 0.0

    return turn


WORKLOAD = Workload(
    "import",
    "Importing",
    text(__doc__),
    (
        Peer("Pellucid", lambda: importing("pellucid"), ("pellucid",), ours=True),
        Peer("NumPy", lambda: importing("numpy"), ("numpy",), "which all of them import"),
        Peer("PyTorch", lambda: importing("torch"), ("torch",)),
        Peer("JAX", lambda: importing("jax"), ("jax",)),
        Peer("Keras/TensorFlow", lambda: importing("keras", "tensorflow"), ("keras", "tensorflow")),
        Peer("Keras/JAX", lambda: importing("keras", "jax"), ("keras", "jax")),
        Peer("Keras/PyTorch", lambda: importing("keras", "torch"), ("keras", "torch")),
    ),
    unit="s a process",
    shows="(nothing)",
)
