"""What all tests share: the real MNIST, where it is there."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pellucid import native

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def mnist_path() -> Path:
    """The path of Keras's mnist.npz: $PELLUCID_MNIST, or ../shared/data/mnist.npz beside the repository."""
    path = Path(os.environ.get("PELLUCID_MNIST") or ROOT.parent / "shared" / "data" / "mnist.npz")
    if not path.is_file():
        pytest.skip(f"real MNIST is not at {path}; set PELLUCID_MNIST to the path of Keras's mnist.npz")
    return path


@pytest.fixture(autouse=True)
def fresh_names() -> None:
    """Each test starts with the names dense, dense_1, … and the same random numbers."""
    from pellucid.backend import clear_session
    from pellucid.utils import set_random_seed

    clear_session()
    set_random_seed(0)


@pytest.fixture(params=native.available() or ["none"])
def core(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Each build of the native engine that this CPU runs."""
    found = native.build(request.param)
    if found is None:
        pytest.skip(f"the build {request.param} is not there")
    threads = found.num_threads()
    found.set_num_threads(2)
    yield found
    found.set_num_threads(threads)
