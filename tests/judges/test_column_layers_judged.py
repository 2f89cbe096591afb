"""Keras judges what becomes of words, numbers and texts."""

import inspect
import itertools
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.layers.table import deserialize
from pellucid.models import load_model

TEXTS = [
    "The cat, the hat & the BAT!",
    "  a\tcat's  hat\n",
    "",
    "Über-straße ÄÖ the [UNK] x_y",
    "hat hat hat a b c the",
    "e f\u00a0g \u3000h 'quoted' (paren) 100%",
]
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


@pytest.fixture(scope="module", autouse=True)
def _tables(keras: ModuleType) -> None:
    pytest.importorskip("tensorflow")  # in which Keras keeps its tables


@pytest.mark.parametrize("name", ["CategoryEncoding", "Discretization", "StringLookup", "IntegerLookup",
                                  "TextVectorization"])  # fmt: skip
def test_kerass_arguments_in_their_order(keras: ModuleType, name: str) -> None:
    ours, theirs = (
        [n for n in inspect.signature(getattr(k, name)).parameters if n not in ("kwargs", "dtype")]
        for k in (layers, keras.layers)
    )
    assert [n for n in ours if n != "name"] == [n for n in theirs if n != "name"]


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_category_encoding(keras: ModuleType, mode: str) -> None:
    for x in (np.array([1, 0, 3]), np.array([[1], [3]]), np.array([[1, 1, 2], [0, 3, 3]])):
        ours, theirs = layers.CategoryEncoding(4, mode), keras.layers.CategoryEncoding(4, mode)
        np.testing.assert_array_equal(ours(x), theirs(x))
        shape = (None, *x.shape[1:])
        if x.ndim > 1:
            assert ours.compute_output_shape(shape) == theirs.compute_output_shape(shape)


@pytest.mark.parametrize("bins", [2, 3, 7, 20])
def test_discretization(keras: ModuleType, bins: int) -> None:
    data = np.random.default_rng(0).normal(size=(300, 2))
    for epsilon, parts in itertools.product((0.01, 0.1), (data, [data[:50], data[50:120], data[120:]])):
        ours, theirs = (k.Discretization(num_bins=bins, epsilon=epsilon) for k in (layers, keras.layers))
        ours.adapt(parts)
        theirs.adapt(parts)
        np.testing.assert_array_equal(ours.bin_boundaries, theirs.bin_boundaries)
        np.testing.assert_array_equal(ours(data), theirs(data))
        again = deserialize(keras.layers.serialize(theirs))
        assert again.bin_boundaries == ours.bin_boundaries
        back = keras.layers.deserialize(layers.serialize(ours))
        assert back.bin_boundaries == ours.bin_boundaries
    for mode in ("one_hot", "multi_hot", "count"):
        ours, theirs = (k.Discretization([0.0, 0.5], output_mode=mode) for k in (layers, keras.layers))
        np.testing.assert_array_equal(ours(data[:5]), theirs(data[:5]))


@pytest.mark.parametrize("mode", MODES)
def test_string_lookup(keras: ModuleType, mode: str) -> None:
    data = np.array([["a", "b", "b"], ["c", "", "b"], ["é", "a", "Z"]])
    for mask, limit, pad in itertools.product((None, ""), (None, 4), (False, True)):
        if pad and limit is None:
            continue
        settings = {"mask_token": mask, "max_tokens": limit, "output_mode": mode, "pad_to_max_tokens": pad}
        ours, theirs = (k.StringLookup(**settings) for k in (layers, keras.layers))
        ours.adapt(data)
        theirs.adapt(data)
        assert ours.get_vocabulary() == list(theirs.get_vocabulary())
        assert ours.vocabulary_size() == theirs.vocabulary_size()
        x = np.array([["b", "zz", "a"], ["", "é", "b"]])
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-6)
        back = keras.layers.deserialize(layers.serialize(ours))
        np.testing.assert_allclose(back(x), theirs(x), rtol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_integer_lookup(keras: ModuleType, mode: str) -> None:
    data = np.array([[12, 1138, 42], [42, 7, 36], [-5, 42, 0]])
    for mask, places in itertools.product((None, 0), (1, 3)):
        settings = {"mask_token": mask, "num_oov_indices": places, "output_mode": mode}
        ours, theirs = (k.IntegerLookup(**settings) for k in (layers, keras.layers))
        ours.adapt(data)
        theirs.adapt(data)
        assert ours.get_vocabulary() == [int(v) for v in theirs.get_vocabulary()]
        x = np.array([[42, 99, -5], [0, 100, -7]])
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-6)


def test_given_vocabularies(keras: ModuleType) -> None:
    for vocabulary in (["a", "b"], ["", "[UNK]", "a", "b"]):
        settings = {"vocabulary": vocabulary, "mask_token": ""}
        ours, theirs = (k.StringLookup(**settings) for k in (layers, keras.layers))
        assert ours.get_vocabulary() == list(theirs.get_vocabulary())
        again = deserialize(keras.layers.serialize(theirs))
        assert again.get_vocabulary() == list(theirs.get_vocabulary())
    weighed = {"vocabulary": ["a", "b"], "idf_weights": [0.25, 0.5], "output_mode": "tf_idf"}
    ours, theirs = (k.StringLookup(**weighed) for k in (layers, keras.layers))
    np.testing.assert_allclose(ours([["a", "z", "a"]]), theirs(np.array([["a", "z", "a"]])))


@pytest.mark.parametrize("mode", ["int", "multi_hot", "count", "tf_idf"])
def test_text_vectorization(keras: ModuleType, mode: str) -> None:
    cleaned = ("lower_and_strip_punctuation", "lower", "strip_punctuation", None)
    for standardize, split, ngrams in itertools.product(cleaned, ("whitespace", "character"), (None, 2, (1, 3))):
        settings: dict[str, Any] = {"standardize": standardize, "split": split, "ngrams": ngrams, "output_mode": mode}
        if mode == "int" and ngrams is None:
            settings["output_sequence_length"] = 4
        else:
            settings["max_tokens"] = 9
        ours, theirs = (k.TextVectorization(**settings) for k in (layers, keras.layers))
        ours.adapt(TEXTS)
        theirs.adapt(TEXTS)
        assert ours.get_vocabulary() == list(theirs.get_vocabulary()), settings
        for x in (np.array(TEXTS), np.array(TEXTS)[:, None]):
            np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-6, err_msg=str(settings))
        shape = (None,)
        assert ours.compute_output_shape(shape)[-1] == theirs.compute_output_shape(shape)[-1]
    back = keras.layers.deserialize(layers.serialize(ours))
    np.testing.assert_allclose(back(np.array(TEXTS)), ours(TEXTS), rtol=1e-6)
    given = deserialize(keras.layers.serialize(keras.layers.TextVectorization(vocabulary=["the", "cat"])))
    assert given(["The cat"]).tolist() == [[2, 3]]


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
def test_files_both_ways(keras: ModuleType, tmp_path: Path) -> None:
    """Keras computes with words on TensorFlow alone: here it writes and reads the files."""
    text, word, number = (keras.layers.TextVectorization(output_sequence_length=4), keras.layers.StringLookup(),
                          keras.layers.IntegerLookup())  # fmt: skip
    text.adapt(TEXTS)
    word.adapt(["b", "a", "b"])
    number.adapt([7, 9, 9])
    for layer, x in ((text, np.array(TEXTS)), (word, np.array(["a", "z"])), (number, np.array([9, 3]))):
        theirs = keras.Sequential([layer])
        theirs.save(tmp_path / "theirs.keras")
        ours = load_model(tmp_path / "theirs.keras")
        assert ours.layers[0].get_vocabulary() == list(layer.get_vocabulary())
        np.testing.assert_array_equal(ours.layers[0](x), layer(x))
        mine = Sequential([getattr(layers, type(layer).__name__).from_config(ours.layers[0].get_config())])
        mine.build((None, 1))
        mine.save(tmp_path / "ours.keras")
        again = load_model(tmp_path / "ours.keras")
        assert again.layers[0].get_vocabulary() == list(layer.get_vocabulary())
        config = layers.serialize(mine.layers[0])
        assert list(keras.layers.deserialize(config).get_vocabulary()) == list(layer.get_vocabulary())
