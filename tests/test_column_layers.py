"""Words, numbers and texts of columns become places and vectors."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Model, Sequential
from pellucid.compat.strings import STRINGS
from pellucid.errors import DataError, ShapeError
from pellucid.layers import (
    LSTM,
    CategoryEncoding,
    Dense,
    Discretization,
    Embedding,
    GlobalAveragePooling1D,
    Input,
    IntegerLookup,
    StringLookup,
    TextVectorization,
)
from pellucid.layers.table import deserialize, serialize
from pellucid.models import load_model
from pellucid.preprocessing import Dataset

WORDS = ["b a b", "c b a", "b"]


def test_numbers_as_vectors() -> None:
    x = np.array([[0, 1, 1], [3, 9, -1]])
    assert CategoryEncoding(4)(x).tolist() == [[1, 1, 0, 0], [0, 0, 0, 1]]
    assert CategoryEncoding(4, "count")(x).tolist() == [[1, 2, 0, 0], [0, 0, 0, 1]]
    assert CategoryEncoding(4, "binary").output_mode == "multi_hot"
    assert CategoryEncoding(3, "one_hot")([2, 0]).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert CategoryEncoding(3, "one_hot")([[2], [0]]).tolist() == [[0, 0, 1], [1, 0, 0]]
    weighed = CategoryEncoding(4, "count")(x, count_weights=np.array([[0.5, 1, 2], [4, 8, 16]]))
    assert weighed.tolist() == [[0.5, 3, 0, 0], [0, 0, 0, 4]]
    with pytest.raises(ValueError, match="count_weights needs"):
        CategoryEncoding(4)(x, count_weights=x)


def test_vectors_inside_a_model() -> None:
    model = Sequential([Input((1,), dtype="int32"), CategoryEncoding(3, "one_hot"), Dense(2)])
    model.compile("sgd", "mse")
    x, y = np.array([[0], [2], [1], [2]]), np.ones((4, 2))
    model.fit(x, y, epochs=2, verbose=0)
    assert model.predict(x, verbose=0).shape == (4, 2)


def test_bins_given_and_found() -> None:
    assert Discretization([0.0, 1.0])([[-1.0, 0.0, 0.5, 2.0]]).tolist() == [[0, 1, 1, 2]]
    layer = Discretization(num_bins=4)
    layer.adapt(np.arange(100.0))
    np.testing.assert_allclose(layer.bin_boundaries, [24, 49, 74], atol=1.5)
    assert np.bincount(layer(np.arange(100.0))).tolist() == pytest.approx([25] * 4, abs=2)
    assert deserialize(serialize(layer)).bin_boundaries == layer.bin_boundaries
    assert Discretization([0.0], output_mode="one_hot")([[-1.0], [1.0]]).tolist() == [[1, 0], [0, 1]]
    with pytest.raises(ValueError, match="either bin_boundaries or num_bins"):
        Discretization()
    with pytest.raises(ValueError, match="adapt needs num_bins"):
        Discretization([0.0]).adapt([1.0])
    with pytest.raises(ValueError, match="no boundaries yet"):
        Discretization(num_bins=2)([1.0])


def test_words_there_and_back() -> None:
    layer = StringLookup()
    layer.adapt([["b", "a"], ["b", "c"], ["b", "c"]])
    assert layer.get_vocabulary() == ["[UNK]", "b", "c", "a"]
    assert layer([["a", "z"], [b"b", "c"]]).tolist() == [[3, 0], [1, 2]]
    back = StringLookup(vocabulary=layer.get_vocabulary(), invert=True)
    assert back([[3, 0], [1, 2]]).tolist() == [["a", "[UNK]"], ["b", "c"]]
    assert layer.vocabulary_size() == 4
    with pytest.raises(DataError, match="words are needed, got int"):
        layer([1, 2])


def test_the_most_frequent_first_and_of_those_the_last_in_the_alphabet() -> None:
    layer = StringLookup(max_tokens=3)
    layer.adapt(["a", "b", "c", "b", "a"])
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"]


def test_masks_and_unknown_numbers() -> None:
    layer = IntegerLookup(vocabulary=[10, 20], mask_token=0, num_oov_indices=2)
    assert layer([[0, 10, 20, 7, 8]]).tolist() == [[0, 3, 4, 2, 1]]
    strict = IntegerLookup(vocabulary=[10, 20], num_oov_indices=0)
    assert strict([20, 10]).tolist() == [1, 0]
    with pytest.raises(ValueError, match="7 is not in the vocabulary"):
        strict([7])
    with pytest.raises(DataError, match="whole numbers"):
        strict([0.5])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("multi_hot", [[1, 1, 0, 1], [0, 0, 1, 0]]), ("count", [[1, 1, 0, 2], [0, 0, 2, 0]])],
)
def test_vectors_of_words(mode: str, expected: Any) -> None:
    layer = StringLookup(vocabulary=["a", "b", "c"], output_mode=mode, mask_token="")
    assert layer([["z", "a", "c", "c"], ["b", "b", "", ""]]).tolist() == expected


def test_weights_by_how_rare_a_word_is() -> None:
    layer = TextVectorization(output_mode="tf_idf")
    layer.adapt(WORDS)
    idf = {"b": np.log(1 + 3 / 4), "a": np.log(1 + 3 / 3), "c": np.log(1 + 3 / 2)}
    expected = [np.mean(list(idf.values())), 2 * idf["b"], idf["a"], 0]
    np.testing.assert_allclose(layer(["b z a b"])[0], expected, rtol=1e-6)
    again = deserialize(serialize(layer))
    np.testing.assert_allclose(again(WORDS), layer(WORDS))


def test_texts() -> None:
    layer = TextVectorization(output_sequence_length=3)
    layer.adapt(np.array(WORDS))
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "a", "c"]
    assert layer.get_vocabulary(include_special_tokens=False) == ["b", "a", "c"]
    assert layer(["A, b!", "c c c c", ""]).tolist() == [[3, 2, 0], [4, 4, 4], [0, 0, 0]]
    assert layer(np.array([["a b"]])).tolist() == [[3, 2, 0]]
    assert layer("a").tolist() == [3, 0, 0]
    assert TextVectorization(vocabulary=["a"])(["a a", "a"]).tolist() == [[2, 2], [2, 0]]
    with pytest.raises(ShapeError, match="one text a sample"):
        layer([["a", "b"]])


def test_neighbours_characters_and_functions() -> None:
    layer = TextVectorization(ngrams=2, output_mode="count")
    layer.adapt(["a b a"])
    assert set(layer.get_vocabulary()) == {"[UNK]", "a", "b", "a b", "b a"}
    letters = TextVectorization(split="character", standardize=None, vocabulary=["a", "ä"])
    assert letters(["aäx"]).tolist() == [[2, 3, 1]]
    own = TextVectorization(standardize=lambda x: np.strings.replace(x.astype(str), "<br>", " "), vocabulary=["a", "b"])
    assert own(["a<br>b"]).tolist() == [[2, 3]]
    cut = TextVectorization(split=lambda x: [text.split("-") for text in x], standardize=None, vocabulary=["a", "b"])
    assert cut(["a-b"]).tolist() == [[2, 3]]
    with pytest.raises(ValueError, match="cannot hold the function"):
        own.get_config()


def test_texts_come_batch_by_batch() -> None:
    data = Dataset.from_tensor_slices((np.array(WORDS, dtype=object), np.arange(3))).batch(2)
    layer = TextVectorization()
    layer.adapt(data.map(lambda x, y: x))
    assert layer.get_vocabulary(False) == ["b", "a", "c"]
    first = next(iter(data.map(lambda x, y: (layer(x), y))))[0]
    assert first.tolist() == [[2, 3, 2], [4, 2, 3]]


def test_places_feed_an_embedding() -> None:
    layer = TextVectorization(output_sequence_length=4)
    layer.adapt(WORDS)
    model = Sequential([Embedding(layer.vocabulary_size(), 3), GlobalAveragePooling1D(), Dense(1)])
    model.compile("adam", "mse")
    model.fit(layer(WORDS), np.array([1.0, 0.0, 1.0]), epochs=2, verbose=0)
    assert model.predict(layer(["b a"]), verbose=0).shape == (1, 1)


def test_settings_survive() -> None:
    text = TextVectorization(max_tokens=10, ngrams=(1, 2), output_mode="multi_hot", pad_to_max_tokens=True)
    text.adapt(WORDS)
    word, number = StringLookup(mask_token=""), IntegerLookup(output_mode="one_hot")
    word.adapt(["x", "y"])
    number.adapt([3, 4, 4])
    for layer, x in ((text, WORDS), (word, ["y", "", "z"]), (number, [4, 5])):
        again = deserialize(serialize(layer))
        assert again.get_config() == layer.get_config()
        np.testing.assert_array_equal(again(x), layer(x))


def test_a_given_vocabulary_is_checked() -> None:
    with pytest.raises(ValueError, match="more than once"):
        StringLookup(vocabulary=["a", "a"])
    with pytest.raises(ValueError, match="mask token"):
        StringLookup(vocabulary=["a", "", "b"], mask_token="")
    with pytest.raises(ValueError, match="more than max_tokens"):
        StringLookup(vocabulary=["a", "b"], max_tokens=2)
    with pytest.raises(ValueError, match="adapt would not change it"):
        StringLookup(vocabulary=["a"]).adapt(["b"])
    with pytest.raises(ValueError, match="no vocabulary yet"):
        StringLookup(output_mode="count")(["a"])
    with pytest.raises(ValueError, match="num_oov_indices must be 0 or 1"):
        StringLookup(num_oov_indices=3)


def test_a_model_reads_texts(tmp_path: Path) -> None:
    layer = TextVectorization(output_sequence_length=4)
    layer.adapt(WORDS)
    tail = Sequential([Embedding(layer.vocabulary_size(), 3, mask_zero=True), LSTM(2), Dense(1)])
    model = Sequential([Input((1,), dtype="string"), layer, tail])
    model.compile("adam", "mse")
    x = np.array(WORDS)
    model.fit(x, np.array([1.0, 0.0, 1.0]), epochs=2, batch_size=2, verbose=0)
    expected = tail.predict(layer(WORDS), verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(model(x[:, None]), expected, rtol=1e-5)
    np.testing.assert_allclose(Sequential([layer, tail]).predict(x, verbose=0), expected, rtol=1e-5)
    entry = Input((1,), dtype="string")
    np.testing.assert_allclose(Model(entry, tail(layer(entry))).predict(x, verbose=0), expected, rtol=1e-5)
    model.save(tmp_path / "texts.keras")
    np.testing.assert_allclose(load_model(tmp_path / "texts.keras").predict(x, verbose=0), expected, rtol=1e-5)
    with pytest.raises(DataError, match="needs strings, got float"):
        model.predict(np.ones((2, 1)), verbose=0)


def test_texts_prepared_by_tensorflows_functions() -> None:
    x = np.array(["Aé<br />B ", "c"], dtype=object)
    assert STRINGS["lower"](x).tolist() == ["aé<br />b ", "c"]
    assert STRINGS["upper"](x).tolist() == ["Aé<BR />B ", "C"]
    assert STRINGS["regex_replace"](x, "<br />", " ").tolist() == ["Aé B ", "c"]
    assert STRINGS["regex_replace"]("aa", "a", "b", replace_global=False) == "ba"
    assert STRINGS["strip"](x).tolist() == ["Aé<br />B", "c"]
    assert STRINGS["split"](["a  b", ""]).tolist() == [["a", "b"], []]
    assert STRINGS["split"]("a-b", "-") == ["a", "b"]
    assert STRINGS["length"](["é", "ab"]).tolist() == [2, 2]
    assert STRINGS["length"](["é", "ab"], unit="UTF8_CHAR").tolist() == [1, 2]
    assert STRINGS["substr"](["abcd", "xy"], 1, 2).tolist() == ["bc", "y"]
    assert STRINGS["join"]([["a", "b"], "c"], separator="-").tolist() == ["a-c", "b-c"]
