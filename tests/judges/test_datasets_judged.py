"""Keras judges the fetched datasets: the same order, words and numbers from the same (small) files."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.datasets import boston_housing, california_housing, imdb, reuters

keras = pytest.importorskip("keras")

DRAW = np.random.default_rng(0)


def texts(count: int) -> np.ndarray:
    found = np.empty(count, dtype=object)
    found[:] = [DRAW.integers(1, 300, DRAW.integers(1, 30)).tolist() for _ in range(count)]
    return found


def both(module: Any, path: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> tuple[Any, Any]:
    """Ours and theirs, from one file."""
    name = module.__name__.rpartition(".")[2]
    theirs = importlib.import_module(f"keras.src.datasets.{name}")
    monkeypatch.setattr(module, "published_file", lambda *_, **__: str(path))
    monkeypatch.setattr(theirs, "get_file", lambda *_, **__: str(path))
    return module.load_data(**settings), theirs.load_data(**settings)


def same(ours: Any, theirs: Any) -> None:
    for mine, yours in zip((a for part in ours for a in part), (a for part in theirs for a in part), strict=True):
        assert mine.dtype == yours.dtype
        assert mine.shape == yours.shape
        assert mine.tolist() == yours.tolist()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"num_words": 100},
        {"num_words": 100, "skip_top": 10, "oov_char": None},
        {"maxlen": 15},
        {"start_char": None, "index_from": 0},
        {"start_char": None},
        {"seed": 7, "index_from": 5, "oov_char": 9, "num_words": 50},
    ],
)
def test_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]) -> None:
    labels = DRAW.integers(0, 2, 40)
    np.savez(tmp_path / "imdb.npz", x_train=texts(40), y_train=labels, x_test=texts(20), y_test=labels[:20])
    same(*both(imdb, tmp_path / "imdb.npz", monkeypatch, **settings))
    np.savez(tmp_path / "reuters.npz", x=texts(40), y=labels)
    same(*both(reuters, tmp_path / "reuters.npz", monkeypatch, **settings))


@pytest.mark.parametrize("settings", [{}, {"test_split": 0.35, "seed": 5}])
def test_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]) -> None:
    np.savez(tmp_path / "x.npz", x=DRAW.random((700, 3)), y=DRAW.random(700))
    same(*both(boston_housing, tmp_path / "x.npz", monkeypatch, **settings))
    same(*both(california_housing, tmp_path / "x.npz", monkeypatch, **settings))
    same(*both(california_housing, tmp_path / "x.npz", monkeypatch, version="small", **settings))


def test_subjects() -> None:
    assert reuters.get_label_names() == keras.datasets.reuters.get_label_names()
