"""safetensors files: what goes in comes out, partial loads are errors, crafted and damaged files are refused.

The format has no checksum: a flipped bit in the numbers cannot be found, and a test here says so.
"""

import json
import os
import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Input, Sequential
from pellucid.errors import FormatError
from pellucid.formats import limits, safetensors_file
from pellucid.layers import BatchNormalization, Dense, Layer
from pellucid.saving import load_model

DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]


def raw(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    """The bytes of a file with this header, however wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(dtype: str = "F32", shape: Any = (2,), start: Any = 0, end: Any = 8) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_come_back_as_they_were(dtype: str, tmp_path: Path) -> None:
    arrays = {"a/kernel": np.arange(6).reshape(2, 3).astype(dtype), "a/bias": np.array(1).astype(dtype),
              "none": np.zeros((0, 4), dtype)}  # fmt: skip
    safetensors_file.write(tmp_path / "x.safetensors", arrays, {"format": "pellucid"})
    found = safetensors_file.read(tmp_path / "x.safetensors")
    assert found.metadata == {"format": "pellucid"}
    assert found.arrays.keys() == arrays.keys()
    for name, values in arrays.items():
        assert found.arrays[name].dtype == values.dtype
        assert np.array_equal(found.arrays[name], values)
        assert found.arrays[name].shape == values.shape


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    """1.5 is 0x3FC00000 as float32; bfloat16 keeps its upper half."""
    path = tmp_path / "x.safetensors"
    path.write_bytes(raw({"a": entry("BF16", (2,), 0, 4)}, bytes([0xC0, 0x3F, 0x00, 0xC0])))
    values = safetensors_file.read(path).arrays["a"]
    assert values.dtype == np.float32
    assert values.tolist() == [1.5, -2.0]


def test_the_header_is_as_the_format_says(tmp_path: Path) -> None:
    safetensors_file.write(tmp_path / "x.safetensors", {"d/b": np.float32([1]), "d/k": np.float32([2, 3])})
    data = (tmp_path / "x.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0
    assert json.loads(data[8 : 8 + length]) == {"d/b": entry("F32", (1,), 0, 4), "d/k": entry("F32", (2,), 4, 12)}
    assert np.frombuffer(data[8 + length :], "<f4").tolist() == [1, 2, 3]


def network(units: int = 3) -> Any:
    inner = Sequential([Input((units,)), Dense(3, name="deep"), BatchNormalization(name="norm")], name="inner")
    return Sequential([Input((4,)), Dense(units, name="first"), inner, Dense(2, name="head")])


def test_a_models_weights_come_back_by_name(tmp_path: Path) -> None:
    model, other = network(), network()
    model.save_weights(tmp_path / "w.safetensors")
    names = safetensors_file.read(tmp_path / "w.safetensors").arrays.keys()
    assert {"first/kernel", "inner/deep/kernel", "inner/norm/moving_mean", "head/bias"} <= names
    other.load_weights(tmp_path / "w.safetensors")
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))
    with pytest.raises(ValueError, match="must end in"):
        load_model(tmp_path / "w.safetensors")


def test_names_that_differ_are_listed_on_both_sides(tmp_path: Path) -> None:
    network().save_weights(tmp_path / "w.safetensors")
    model = Sequential([Input((4,)), Dense(3, name="first"), Dense(3, name="tail")])
    before = model.get_weights()
    with pytest.raises(FormatError, match=r"Only in the model: tail/kernel.* Only in the file: head/bias"):
        model.load_weights(tmp_path / "w.safetensors")
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


class Block(Layer):
    def __init__(self, units: int = 3, **settings: Any) -> None:
        super().__init__(**settings)
        self.inner = [Dense(units, activation="relu"), Dense(units)]

    def call(self, x: Any) -> Any:
        for layer in self.inner:
            x = layer(x)
        return x


@pytest.mark.parametrize(
    "build",
    [
        lambda: Sequential([Input((3,)), *(Dense(3) for _ in range(12))]),
        lambda: Sequential([Input((3,)), Block(), Dense(3), Block()]),
        lambda: Sequential(
            [Input((3,)), Sequential([Dense(3), Dense(3)]), Dense(3, name="mine"), Sequential([Dense(3)])]
        ),
    ],
)
def test_names_that_layers_gave_themselves_may_have_other_numbers(build: Any, tmp_path: Path) -> None:
    first, second = build(), build()
    assert [weight.path for weight in first.weights] != [weight.path for weight in second.weights]
    for one, other in [(first, second), (second, first)]:
        one.set_weights([w + 1 for w in one.get_weights()])
        one.save_weights(tmp_path / "w.safetensors")
        other.load_weights(tmp_path / "w.safetensors")
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_numbers_in_names_that_were_given_count(tmp_path: Path) -> None:
    Sequential([Input((3,)), Dense(3, name="conv_1"), Dense(3, name="conv_2")]).save_weights(tmp_path / "w.safetensors")
    other = Sequential([Input((3,)), Dense(3, name="conv_2"), Dense(3, name="conv_3")])
    with pytest.raises(FormatError, match="Only in the model: conv_3/kernel"):
        other.load_weights(tmp_path / "w.safetensors")


def test_shapes_and_kinds_that_differ_are_listed_on_both_sides(tmp_path: Path) -> None:
    model = Sequential([Input((4,)), Dense(3, name="d")])
    safetensors_file.write(tmp_path / "w.safetensors", {"d/kernel": np.ones((4, 2), "f4"), "d/bias": np.ones(3, "i4")})
    with pytest.raises(
        FormatError, match=r"d/kernel \(model float32 \(4, 3\), file float32 \(4, 2\)\), d/bias .* int32"
    ):
        model.load_weights(tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="loads whole"):
        model.load_weights(tmp_path / "w.safetensors", by_name=True)


def test_half_precision_is_turned_into_the_models(tmp_path: Path) -> None:
    model = Sequential([Input((4,)), Dense(3, name="d")])
    safetensors_file.write(tmp_path / "w.safetensors", {"d/kernel": np.ones((4, 3), "f2"), "d/bias": np.ones(3, "f2")})
    model.load_weights(tmp_path / "w.safetensors")
    assert [w.dtype for w in model.get_weights()] == [np.float32, np.float32]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.safetensors"
    safetensors_file.write(path, {"a": np.ones(3)})
    old = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        safetensors_file.write(path, {"a": np.zeros(3)})
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "a/./b", "a\\b", "", "__metadata__", "a\nb", "x" * 2000])
def test_names_that_look_like_paths_are_not_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be a name"):
        safetensors_file.write(tmp_path / "x.safetensors", {name: np.ones(2)})
    with pytest.raises(ValueError, match="texts"):
        safetensors_file.write(tmp_path / "x.safetensors", {}, {"a": 3})  # type: ignore[dict-item]


TWO = bytes(8)
ATTACKS = {
    "empty": b"",
    "cut in the length": b"\x05\0\0",
    "header longer than the file": raw({}, b"", 10**6),
    "header of 2^63 bytes": raw({}, b"", 2**63),
    "no JSON": raw(b"{nonsense"),
    "a list": raw([1, 2]),
    "begins with spaces": raw(b"   {}"),
    "name twice": raw(b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],'
                      b'"data_offsets":[0,0]}}'),
    "key twice": raw(b'{"a":{"dtype":"U8","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    "deep": raw(b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    "parent folder": raw({"../a": entry()}, TWO),
    "absolute": raw({"/etc/passwd": entry()}, TWO),
    "backslash": raw({"a\\b": entry()}, TWO),
    "no name": raw({"": entry()}, TWO),
    "unknown type": raw({"a": entry("F8_E4M3", (8,))}, TWO),
    "type is a list": raw({"a": {**entry(), "dtype": ["F32"]}}, TWO),
    "object type": raw({"a": entry("O")}, TWO),
    "extra key": raw({"a": {**entry(), "file": "/etc/passwd"}}, TWO),
    "missing key": raw({"a": {"dtype": "F32", "shape": [2]}}, TWO),
    "negative shape": raw({"a": entry("F32", (-2,))}, TWO),
    "broken shape": raw({"a": entry("F32", (2.0,))}, TWO),
    "true as a length": raw({"a": entry("U8", (True,), 0, 1)}, b"\0"),
    "shape bomb": raw({"a": entry("F32", (2**40, 2**20))}, TWO),
    "empty shape bomb": raw({"a": entry("F32", (2**62, 2**62, 0), 0, 0)}),
    "too many axes": raw({"a": entry("F32", (1,) * 40, 0, 4)}, bytes(4)),
    "beyond the end": raw({"a": entry("F32", (4,), 0, 16)}, TWO),
    "offsets turned round": raw({"a": entry("F32", (2,), 8, 0)}, TWO),
    "offsets of the wrong size": raw({"a": entry("F32", (1,))}, TWO),
    "overlap": raw({"a": entry(), "b": entry("F32", (1,), 4, 8)}, TWO),
    "same place twice": raw({"a": entry(), "b": entry()}, TWO),
    "gap": raw({"a": entry("F32", (1,), 4, 8)}, TWO),
    "bytes after the end": raw({"a": entry("F32", (1,), 0, 4)}, TWO),
    "metadata of numbers": raw({"__metadata__": {"a": 1}}),
    "metadata of lists": raw({"__metadata__": ["a"]}),
    "NaN": raw({"a": entry("F32", (1,), 0, 4)}, np.float32([np.nan]).tobytes()),
    "infinity in bfloat16": raw({"a": entry("BF16", (1,), 0, 2)}, bytes([0x80, 0x7F])),
}  # fmt: skip


@pytest.mark.parametrize("data", ATTACKS.values(), ids=ATTACKS.keys())
def test_crafted_files_are_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError) as caught:
            safetensors_file.read(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= 2 * len(data) + 2**22
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 400


def test_a_header_one_byte_too_long_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    with path.open("wb") as file:
        file.write((limits.STRUCTURE_BYTES + 1).to_bytes(8, "little") + b"{}")
        file.truncate(limits.STRUCTURE_BYTES + 100)
    tracemalloc.start()
    with pytest.raises(FormatError, match="its header is 104,857,601 bytes long"):
        safetensors_file.read(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_nan_can_be_allowed(tmp_path: Path) -> None:
    safetensors_file.write(tmp_path / "x.safetensors", {"a": np.float32([np.nan])})
    assert np.isnan(safetensors_file.read(tmp_path / "x.safetensors", allow_nonfinite=True).arrays["a"]).all()


def good(path: Path) -> bytes:
    arrays = {"a/kernel": np.ones((2, 3), "f4"), "a/bias": np.zeros(3, "f2"), "step": np.int64([7])}
    safetensors_file.write(path, arrays, {"format": "pellucid"})
    return path.read_bytes()


def test_damaged_files_are_refused_or_read_never_worse(tmp_path: Path) -> None:
    draw, path = random.Random(0), tmp_path / "x.safetensors"
    sound = good(path)
    for _ in range(10_000):
        data = bytearray(sound)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(data))
            data[at] = draw.choice((0, 255, data[at] ^ 1 << draw.randrange(8), draw.choice(b'0123456789{}[]",:')))
        if draw.random() < 0.1:
            data = data[: draw.randrange(len(data))]
        path.write_bytes(data)
        try:
            safetensors_file.read(path)
        except FormatError:
            continue


def test_cut_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    sound = good(path)
    for end in range(len(sound)):
        path.write_bytes(sound[:end])
        with pytest.raises(FormatError):
            safetensors_file.read(path)


def test_a_flipped_bit_in_the_numbers_is_not_found(tmp_path: Path) -> None:
    """The format keeps no checksum. Whoever needs one has `.weights.h5` and `.keras`."""
    path = tmp_path / "x.safetensors"
    data = bytearray(good(path))
    data[-1] ^= 1
    path.write_bytes(data)
    safetensors_file.read(path)
