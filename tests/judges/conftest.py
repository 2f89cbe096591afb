"""The judges: libraries that nobody here wrote, as fixtures; `pytest.importorskip` does as well."""

import os
from collections.abc import Iterator
from types import ModuleType

# Keras reads this once, when it is first imported.
os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keras's own variables answer NumPy 2 in an old way; that warning is not about us."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"))


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    """Keras on JAX; the test is skipped where it is not installed."""
    pytest.importorskip("jax")
    return pytest.importorskip("keras")


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch; the test is skipped where it is not installed."""
    return pytest.importorskip("torch")


@pytest.fixture(scope="session")
def jax() -> ModuleType:
    """JAX; the test is skipped where it is not installed."""
    return pytest.importorskip("jax")


@pytest.fixture
def x64(jax: ModuleType) -> Iterator[None]:
    """JAX computes in float64 for the length of this test."""
    with jax.enable_x64(True):
        yield
