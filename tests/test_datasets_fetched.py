"""The datasets that are fetched: read from small files of the same form, without running anything in them."""

import hashlib
import io
import os
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.datasets import (
    boston_housing,
    california_housing,
    cifar,
    cifar10,
    cifar100,
    imdb,
    plain_pickle,
    reuters,
    word_lists,
)
from pellucid.errors import FormatError

Serve = Callable[[dict[str, bytes], Any, str], None]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """A folder in the place of the web: files by name, with the checksum they have."""
    web = tmp_path / "web"
    web.mkdir()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    for module in (word_lists, imdb, reuters, boston_housing, california_housing, cifar10, cifar100, cifar):
        monkeypatch.setattr(module, "ORIGIN", web.as_uri() + "/", raising=False)

    def put(files: dict[str, bytes], module: Any, constant: str = "_SHA256") -> None:
        for name, content in files.items():
            (web / name).write_bytes(content)
            monkeypatch.setattr(module, constant, hashlib.sha256(content).hexdigest())

    return put


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def lists(*rows: list[int]) -> np.ndarray:
    found = np.empty(len(rows), dtype=object)
    found[:] = list(rows)
    return found


def archive(files: dict[str, dict]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as opened:
        for name, data in files.items():
            raw = pickle.dumps(data, protocol=2)
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            opened.addfile(member, io.BytesIO(raw))
    return content.getvalue()


def images(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 3072), dtype=np.uint8)


def test_imdb_reads_lists_of_words(serve: Serve) -> None:
    reviews = lists([1, 2, 300], [4], [5, 70000], [6, 6])
    content = npz(x_train=reviews, y_train=np.array([0, 1, 0, 1]), x_test=reviews[:2], y_test=np.array([1, 0]))
    serve({"imdb.npz": content}, imdb, "_SHA256")
    (x_train, y_train), (x_test, _) = imdb.load_data()
    by_label = sorted(zip(map(tuple, x_train), y_train.tolist(), strict=True))
    assert by_label == [((1, 4, 5, 303), 0), ((1, 7), 1), ((1, 8, 2), 0), ((1, 9, 9), 1)]
    assert x_train.dtype == object
    assert type(x_train[0]) is list
    assert sorted(map(len, x_test)) == [2, 4]
    (x_train, _), _ = imdb.load_data(num_words=9, skip_top=5)
    assert sorted(x_train.tolist()) == [[2, 2, 2], [2, 2, 5, 2], [2, 7], [2, 8, 2]]
    (x_train, _), _ = imdb.load_data(num_words=9, oov_char=None, start_char=None, index_from=0)
    assert sorted(x_train.tolist()) == [[1, 2], [4], [5], [6, 6]]
    (x_train, y_train), _ = imdb.load_data(maxlen=4)
    assert sorted(map(len, x_train)) == [2, 3, 3]
    assert len(y_train) == 3


def test_imdb_was_cut_in_two_once(serve: Serve) -> None:
    reviews = lists(*[[i] for i in range(10)])
    serve(
        {"imdb.npz": npz(x_train=reviews, y_train=np.arange(10), x_test=reviews, y_test=np.arange(10))}, imdb, "_SHA256"
    )
    (x_train, y_train), (x_test, y_test) = imdb.load_data(nb_words=99, test_split=0.2, start_char=None, index_from=0)
    assert (len(x_train), len(y_train), len(x_test), len(y_test)) == (8, 8, 2, 2)
    assert sorted(text[0] for text in [*x_train, *x_test]) == list(range(10))
    assert [text[0] for text in [*x_train, *x_test]] == [*y_train, *y_test]


def test_reuters_is_cut_in_two(serve: Serve) -> None:
    serve({"reuters.npz": npz(x=lists(*[[i] * 3 for i in range(10)]), y=np.arange(10))}, reuters, "_SHA256")
    (x_train, y_train), (x_test, y_test) = reuters.load_data(nb_words=99, test_split=0.3, start_char=None, index_from=0)
    assert (len(x_train), len(x_test)) == (7, 3)
    assert [text[0] for text in [*x_train, *x_test]] == [*y_train, *y_test]
    assert len(reuters.get_label_names()) == 46
    with pytest.raises(TypeError, match="unknown argument 'words'"):
        reuters.load_data(words=3)


def test_word_index_is_json(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve({"imdb_word_index.json": b'{"the": 1}'}, imdb, "_INDEX_MD5")
    assert imdb.get_word_index() == {"the": 1}


def test_housing_is_shuffled_the_same_way_each_time(serve: Serve) -> None:
    table = np.arange(20.0).reshape(10, 2)
    serve({"boston_housing.npz": npz(x=table, y=table[:, 0])}, boston_housing, "_SHA256")
    serve({"california_housing.npz": npz(x=table, y=table[:, 0])}, california_housing, "_SHA256")
    for module in (boston_housing, california_housing):
        (x_train, y_train), (x_test, y_test) = module.load_data()
        assert (len(x_train), len(x_test)) == (8, 2)
        assert x_train[:, 0].tolist() == y_train.tolist()
        assert sorted([*y_train, *y_test]) == table[:, 0].tolist()
        np.testing.assert_array_equal(module.load_data()[0][0], x_train)
        assert not np.array_equal(module.load_data(seed=1)[0][0], x_train)
    assert len(california_housing.load_data("small")[0][0]) == 8
    with pytest.raises(ValueError, match="version must be one of"):
        california_housing.load_data("tiny")


def test_cifar10_reads_its_archive(serve: Serve) -> None:
    pixels = images(2)
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    files = {f"cifar-10-batches-py/{name}": {"data": pixels, "labels": [3, i], "filenames": ["a", "b"]}
             for i, name in enumerate(names)}  # fmt: skip
    serve({"cifar-10-python.tar.gz": archive(files)}, cifar10, "_SHA256")
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert x_train.shape == (10, 32, 32, 3)
    assert x_train.dtype == y_train.dtype == np.uint8
    assert y_train[:, 0].tolist() == [3, 0, 3, 1, 3, 2, 3, 3, 3, 4]
    assert y_test.tolist() == [[3], [5]]
    assert x_test[1, 2, 3, 1] == pixels[1, 1024 + 2 * 32 + 3]


def test_cifar100_has_fine_and_coarse_labels(serve: Serve) -> None:
    files = {f"cifar-100-python/{name}": {"data": images(2), "fine_labels": [99, 1], "coarse_labels": [19, 0]}
             for name in ("train", "test")}  # fmt: skip
    serve({"cifar-100-python.tar.gz": archive(files)}, cifar100, "_SHA256")
    assert cifar100.load_data()[0][1].tolist() == [[99], [1]]
    assert cifar100.load_data("coarse")[1][1].tolist() == [[19], [0]]
    with pytest.raises(ValueError, match="label_mode must be one of 'fine'"):
        cifar100.load_data("medium")


def test_without_a_network_the_message_names_address_and_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(imdb, "ORIGIN", (tmp_path / "nowhere").as_uri() + "/")
    with pytest.raises(OSError, match=r"nowhere/imdb\.npz cannot be fetched.*put it at .*imdb\.npz"):
        imdb.load_data()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_data_is_read_as_pickle_reads_it(protocol: int) -> None:
    data = {
        "numbers": [0, 255, 256, 65536, -1, 2**40, 1.5, True, False, None],
        "texts": ("é", b"\x00\xff", "", "x" * 300),
        "array": np.arange(12, dtype=">i2").reshape(3, 4),
        "columns": np.asfortranarray(np.ones((2, 3), np.float32)),
        "lists": lists([1, 2], [300], []),
        "nested": [[1], [[2]], {"a": (1,)}],
        "same": [[7]] * 2,
    }
    raw = pickle.dumps(data, protocol=protocol)
    if protocol == 5:
        with pytest.raises(ValueError, match=r"names numpy|instruction"):
            plain_pickle.loads(raw)
        return
    found = plain_pickle.loads(raw)
    for name in ("numbers", "texts", "nested", "same"):
        assert found[name] == data[name]
    for name in ("array", "columns", "lists"):
        np.testing.assert_array_equal(found[name], data[name])
        assert found[name].dtype == data[name].dtype


def test_nothing_in_a_file_runs(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "trap"),)

    for protocol in range(6):
        with pytest.raises(ValueError, match=r"no plain data|instruction"):
            plain_pickle.loads(pickle.dumps({"labels": Attack()}, protocol=protocol))
    assert not (tmp_path / "trap").exists()
    (tmp_path / "batch").write_bytes(pickle.dumps(Attack(), protocol=2))
    with pytest.raises(FormatError, match="CIFAR"):
        cifar.read_batch(tmp_path / "batch", "labels")


def test_damaged_files_are_refused_and_nothing_else_happens() -> None:
    raw = pickle.dumps({"data": np.arange(20, dtype=np.uint8), "labels": [1, 2, 3]}, protocol=2)
    draw = np.random.default_rng(0)
    for _ in range(3000):
        damaged = bytearray(raw[: draw.integers(1, len(raw) + 1)])
        for _ in range(draw.integers(0, 4)):
            damaged[draw.integers(len(damaged))] = draw.integers(256)
        try:
            plain_pickle.loads(bytes(damaged))
        except ValueError:
            continue


@pytest.mark.parametrize("packed", [True, False])
def test_cifar_is_found_where_keras_2_left_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    files = {f"cifar-10-batches-py/{name}": {b"data": images(2), b"labels": [3, 4]} for name in names}
    (tmp_path / "datasets").mkdir()
    place = tmp_path / "datasets" / "cifar-10-batches-py.tar.gz"
    place.write_bytes(archive(files))
    if not packed:
        with tarfile.open(place) as content:
            content.extractall(tmp_path / "datasets", filter="data")
        place.unlink()
    (x_train, _), (_, y_test) = cifar10.load_data()
    assert x_train.shape == (10, 32, 32, 3)
    assert y_test.tolist() == [[3], [4]]
