"""The datasets: what is inside them, and that files which are not datasets are refused."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from pellucid import datasets
from pellucid.datasets import digits, fashion_mnist, mnist
from pellucid.errors import FormatError


def test_digits_are_the_whole_collection_split_once() -> None:
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1437, 8, 8)
    assert x_test.shape == (360, 8, 8)
    assert x_train.dtype == x_test.dtype == y_train.dtype == y_test.dtype == np.uint8
    counts = np.bincount(y_train) + np.bincount(y_test)
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    images = np.concatenate([x_train, x_test]).reshape(1797, -1)
    assert len(np.unique(images, axis=0)) == 1797
    assert (images.min(), images.max()) == (0, 255)


def test_every_label_has_its_share_of_the_digits_for_testing() -> None:
    (_, _), (_, y_test) = digits.load_data()
    counts = np.bincount(y_test)
    assert counts.min() >= 34
    assert counts.max() <= 37


def test_the_first_digit_is_the_zero_everybody_knows() -> None:
    (_, _), (x_test, y_test) = digits.load_data()
    assert y_test[0] == 0
    assert np.rint(x_test[0, 0] / (255 / 16)).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_enlarged_digits_keep_their_look() -> None:
    (small, _), _ = digits.load_data()
    (large, _), _ = digits.load_data(size=28)
    assert large.shape == (1437, 28, 28)
    assert large.dtype == np.uint8
    ink = large.reshape(-1, 28 * 28).mean(axis=1)
    assert np.abs(ink - small.reshape(-1, 64).mean(axis=1)).max() < 8


def test_enlarging_keeps_what_is_even_and_straight() -> None:
    even = np.full((1, 8, 8), 100.0)
    np.testing.assert_allclose(digits.enlarge(even, 28), 100.0)
    ramp = np.broadcast_to(np.arange(8.0) * 10, (1, 8, 8))
    steps = np.diff(digits.enlarge(ramp, 16)[0, 0])
    np.testing.assert_allclose(steps[3:-3], 5.0)


@pytest.mark.parametrize("size", [7, 0, -28, 2.5, True])
def test_a_size_that_cannot_be_is_refused(size: object) -> None:
    with pytest.raises(ValueError, match="digits: size must be"):
        digits.load_data(size)


def test_load_knows_names_and_paths(tmp_path: Path) -> None:
    (x_train, _), _ = datasets.load("digits", size=28)
    assert x_train.shape == (1437, 28, 28)
    path = tmp_path / "own.npz"
    np.savez(path, x_train=np.ones((3, 2)), y_train=np.arange(3), x_test=np.ones((1, 2)), y_test=np.arange(1))
    (x_train, y_train), (x_test, y_test) = datasets.load(path)
    assert x_train.shape == (3, 2)
    assert y_train.tolist() == [0, 1, 2]
    assert len(x_test) == len(y_test) == 1


def test_load_says_what_there_is() -> None:
    with pytest.raises(FileNotFoundError, match="'digits', 'mnist', 'fashion_mnist'"):
        datasets.load("mnits")
    with pytest.raises(ValueError, match="only the digits come in sizes"):
        datasets.load("mnist", size=8)


class Trap:
    """Unpickling one of these would run code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("a pickle was loaded",)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"x_train": np.ones(3), "y_train": np.ones(3), "x_test": np.ones(1)}, "has no array y_test"),
        (dict.fromkeys(("x_train", "y_train", "x_test"), np.ones(3)) | {"y_test": np.ones(2)}, "equally many"),
        (dict.fromkeys(("x_train", "y_train", "x_test", "y_test"), np.array([Trap()])), "plain arrays"),
    ],
)
def test_a_file_that_is_no_dataset_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray], reason: str) -> None:
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    with pytest.raises(FormatError, match=reason):
        datasets.load(path)


def test_a_damaged_file_is_refused_wherever_the_damage_is(tmp_path: Path) -> None:
    whole = tmp_path / "whole.npz"
    np.savez_compressed(whole, **dict.fromkeys(("x_train", "y_train", "x_test", "y_test"), np.arange(50)))
    content = whole.read_bytes()
    path = tmp_path / "cut.npz"
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(FormatError, match=r"cut\.npz"):
            datasets.load(path)


def test_real_mnist_loads_by_its_path(mnist_path: Path) -> None:
    (x_train, y_train), (x_test, y_test) = datasets.load(mnist_path)
    assert x_train.shape == (60000, 28, 28)
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert len(x_test) == len(y_test)


def test_mnist_without_a_network_says_where_to_put_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(mnist, "_ORIGIN", (tmp_path / "nowhere.npz").as_uri())
    with pytest.raises(OSError, match=r"put it at .*datasets.mnist\.npz"):
        mnist.load_data()


def test_fashion_mnist_reads_the_idx_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.mkdir()
    images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    for name in fashion_mnist._MD5:
        array = images if "images" in name else np.array([7, 3], dtype=np.uint8)
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        (source / name).write_bytes(gzip.compress(header + array.tobytes()))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(fashion_mnist, "_ORIGIN", source.as_uri() + "/")
    monkeypatch.setattr(fashion_mnist, "_MD5", dict.fromkeys(fashion_mnist._MD5))
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    np.testing.assert_array_equal(x_train, images)
    np.testing.assert_array_equal(x_test, images)
    assert y_train.tolist() == y_test.tolist() == [7, 3]
    assert (tmp_path / "home/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz").is_file()


@pytest.mark.parametrize("content", [b"", b"\0\0", b"\0\0\x08\x01\0\0\0\x05abc", b"\0\0\x0d\x01\0\0\0\x03abc"])
def test_an_idx_file_that_is_not_whole_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(FormatError, match=r"bad\.gz"):
        fashion_mnist.read_idx(str(path))
