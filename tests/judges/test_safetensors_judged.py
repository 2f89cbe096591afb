"""The reference package reads what we write, and we read what it writes."""

from pathlib import Path

import numpy as np
import pytest

from pellucid import Input, Sequential
from pellucid.errors import FormatError
from pellucid.formats import safetensors_file
from pellucid.layers import Dense

DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
RNG = np.random.default_rng(0)


def arrays() -> dict[str, np.ndarray]:
    """One of each type, of several shapes, in an order that the format does not keep."""
    shapes = [(2, 3), (), (5,), (0, 2), (1, 2, 3, 4)]
    drawn = [np.asarray(9 * RNG.normal(size=shapes[i % 5])) for i in range(len(DTYPES))]
    return {f"layer_{i}/{dtype}": drawn[i].astype(dtype) for i, dtype in enumerate(DTYPES)}


def equal(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(a[n].dtype == b[n].dtype and np.array_equal(a[n], b[n]) for n in a)


def test_the_reference_reads_ours(tmp_path: Path) -> None:
    reference = pytest.importorskip("safetensors.numpy")
    written = arrays()
    safetensors_file.write(tmp_path / "x.safetensors", written, {"format": "pellucid", "note": "ä"})
    assert equal(reference.load_file(tmp_path / "x.safetensors"), written)
    with pytest.importorskip("safetensors").safe_open(tmp_path / "x.safetensors", "numpy") as file:
        assert file.metadata() == {"format": "pellucid", "note": "ä"}


def test_we_read_the_references(tmp_path: Path) -> None:
    reference = pytest.importorskip("safetensors.numpy")
    written = arrays()
    reference.save_file(written, tmp_path / "x.safetensors", {"format": "np"})
    found = safetensors_file.read(tmp_path / "x.safetensors")
    assert equal(found.arrays, written)
    assert found.metadata == {"format": "np"}


def test_our_bytes_are_the_references(tmp_path: Path) -> None:
    reference = pytest.importorskip("safetensors.numpy")
    written = {"a/kernel": np.ones((2, 3), "f4"), "a/bias": np.zeros(3, "f4"), "step": np.int64([7])}
    safetensors_file.write(tmp_path / "x.safetensors", written)
    assert (tmp_path / "x.safetensors").read_bytes() == reference.save(written)


def test_bfloat16_and_nan_as_the_reference_has_them(torch: object, tmp_path: Path) -> None:
    reference = pytest.importorskip("safetensors.torch")
    values = pytest.importorskip("torch").randn(3, 4, generator=pytest.importorskip("torch").Generator().manual_seed(0))
    half = values.bfloat16()
    reference.save_file({"a": half}, tmp_path / "x.safetensors")
    assert np.array_equal(safetensors_file.read(tmp_path / "x.safetensors").arrays["a"], half.float().numpy())
    half[0, 0] = float("nan")
    reference.save_file({"a": half}, tmp_path / "x.safetensors")
    with pytest.raises(FormatError, match="NaN"):
        safetensors_file.read(tmp_path / "x.safetensors")


def test_a_model_from_the_references_file(tmp_path: Path) -> None:
    reference = pytest.importorskip("safetensors.numpy")
    kernel, bias = np.float32([[1, 2], [3, 4]]), np.float32([5, 6])
    reference.save_file({"d/kernel": kernel, "d/bias": bias}, tmp_path / "w.safetensors")
    model = Sequential([Input((2,)), Dense(2, name="d")])
    model.load_weights(tmp_path / "w.safetensors")
    assert np.array_equal(model.predict(np.float32([[1, 1]]), verbose=0), [[9, 12]])
