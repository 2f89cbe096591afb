"""Preprocessing: what goes in comes out as promised, by hand-checked examples."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import DataError
from pellucid.preprocessing import Dataset, sequence, text
from pellucid.preprocessing import image as pictures
from pellucid.preprocessing.folders import image_dataset_from_directory, text_dataset_from_directory
from pellucid.preprocessing.timeseries import split_dataset, timeseries_dataset_from_array

PIL = pytest.importorskip("PIL.Image")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of pictures, five each, of brightness 10 and 200."""
    for name, value in (("cats", 10), ("dogs", 200)):
        (tmp_path / name).mkdir()
        for i in range(5):
            PIL.fromarray(np.full((6, 8, 3), value + i, np.uint8)).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_sequences_are_padded_and_cut_on_the_side_asked_for() -> None:
    rows = [[1, 2, 3], [4], []]
    assert sequence.pad_sequences(rows).tolist() == [[1, 2, 3], [0, 0, 4], [0, 0, 0]]
    assert sequence.pad_sequences(rows, 2, padding="post", truncating="post").tolist() == [[1, 2], [4, 0], [0, 0]]
    assert sequence.pad_sequences([["a"]], 2, dtype=object, value="-").tolist() == [["-", "a"]]
    assert sequence.pad_sequences([[[1, 2]], []], dtype="float32").shape == (2, 1, 2)
    with pytest.raises(DataError, match="number 1 in it is 5"):
        sequence.pad_sequences([[1], 5])
    with pytest.raises(ValueError, match="padding must be one of"):
        sequence.pad_sequences(rows, padding="left")


def test_words_are_numbered_by_frequency() -> None:
    tokenizer = text.Tokenizer(num_words=3)
    tokenizer.fit_on_texts(["b a a", "c a b!"])
    assert tokenizer.word_index == {"a": 1, "b": 2, "c": 3}
    assert tokenizer.texts_to_sequences(["a b c d"]) == [[1, 2]]
    assert tokenizer.texts_to_matrix(["a a b"], "count").tolist() == [[0, 2, 1]]
    again = text.tokenizer_from_json(tokenizer.to_json())
    assert again.texts_to_matrix(["a b"], "tfidf").tolist() == tokenizer.texts_to_matrix(["a b"], "tfidf").tolist()
    assert json.loads(tokenizer.to_json())["class_name"] == "Tokenizer"


def test_an_identity_transform_changes_nothing_and_a_quarter_turn_turns() -> None:
    x = np.arange(9.0).reshape(3, 3, 1)
    axes = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
    np.testing.assert_array_equal(pictures.apply_affine_transform(x, **axes), x)
    turned = pictures.apply_affine_transform(x, theta=90, **axes)[..., 0]
    np.testing.assert_allclose(turned, np.rot90(x[..., 0]), atol=1e-9)
    right = pictures.apply_affine_transform(x, tx=1, fill_mode="constant", cval=-1, **axes)[..., 0]
    assert right.tolist() == [[1, 2, -1], [4, 5, -1], [7, 8, -1]]


def test_width_shift_goes_along_the_width() -> None:
    x = np.tile(np.arange(8.0)[:, None, None], (1, 8, 1))  # rows differ, columns are equal
    generator = pictures.ImageDataGenerator(width_shift_range=0.5)
    for seed in range(5):
        np.testing.assert_allclose(generator.random_transform(x, seed), x, atol=1e-9)


def test_flow_gives_every_picture_once_an_epoch() -> None:
    x = np.arange(10.0).reshape(10, 1, 1, 1)
    batches = pictures.ImageDataGenerator(rescale=2).flow(x, np.arange(10), batch_size=4, seed=1)
    for _ in range(2):
        epoch = [next(batches) for _ in range(len(batches))]
        labels = np.concatenate([y for _, y in epoch])
        assert sorted(labels) == list(range(10))
        np.testing.assert_array_equal(np.concatenate([x for x, _ in epoch]).ravel(), labels * 2)


def test_subsets_do_not_overlap() -> None:
    generator = pictures.ImageDataGenerator(validation_split=0.2)
    x, y = np.arange(10.0).reshape(10, 1, 1, 1), np.array([0, 1] * 5)
    train, validation = (generator.flow(x, y, subset=subset, shuffle=False) for subset in ("training", "validation"))
    assert validation[0][0].ravel().tolist() == [0, 1]
    assert train[0][0].ravel().tolist() == list(range(2, 10))
    with pytest.raises(DataError, match="different classes"):
        generator.flow(x, np.arange(10), subset="training")


def test_whitened_pictures_have_independent_pixels() -> None:
    x = np.random.default_rng(0).normal(size=(500, 2, 2, 1)) @ np.array([[3.0]]) + 5
    generator = pictures.ImageDataGenerator(zca_whitening=True, dtype="float64")
    generator.fit(x)
    white = np.stack([generator.standardize(picture) for picture in x]).reshape(500, 4)
    np.testing.assert_allclose(white.T @ white / 500, np.eye(4), atol=1e-6)


def test_an_unfitted_generator_says_so() -> None:
    with pytest.warns(UserWarning, match=r"Call \.fit"):
        pictures.ImageDataGenerator(featurewise_center=True).standardize(np.ones((2, 2, 1)))


def test_pictures_from_a_folder_of_folders(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = pictures.ImageDataGenerator(rescale=1 / 255, validation_split=0.4)
    train = generator.flow_from_directory(folder, (4, 4), batch_size=3, class_mode="binary", subset="training")
    assert capsys.readouterr().out == "Found 6 images belonging to 2 classes.\n"
    assert train.class_indices == {"cats": 0, "dogs": 1}
    x, y = next(train)
    assert x.shape == (3, 4, 4, 3)
    assert ((x.mean(axis=(1, 2, 3)) > 0.5) == (y > 0.5)).all()
    with pytest.raises(FileNotFoundError, match="no folder"):
        generator.flow_from_directory(folder / "nowhere")


def test_image_dataset_splits_without_overlap(folder: Path) -> None:
    settings = {"image_size": (3, 3), "validation_split": 0.3, "seed": 7, "batch_size": 4, "verbose": False}
    train, validation = (image_dataset_from_directory(folder, subset=s, **settings) for s in ("training", "validation"))
    assert train.class_names == ["cats", "dogs"]
    assert not set(train.file_paths) & set(validation.file_paths)
    assert (len(train.file_paths), len(validation.file_paths)) == (7, 3)
    for x, y in train:
        assert x.shape[1:] == (3, 3, 3)
        assert ((x.mean(axis=(1, 2, 3)) > 100) == y).all()
    with pytest.raises(ValueError, match="a seed is needed"):
        image_dataset_from_directory(folder, subset="training", validation_split=0.3)


def test_text_dataset_reads_files(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.txt").write_text(f"this is {name}")
    ((x, y),) = text_dataset_from_directory(tmp_path, label_mode="categorical", shuffle=False, verbose=False)
    assert x.tolist() == ["this is a", "this is b"]
    assert y.tolist() == [[1, 0], [0, 1]]


def test_pictures_survive_a_file(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype("float32")
    pictures.save_img(tmp_path / "x.png", x, scale=False)
    np.testing.assert_array_equal(pictures.img_to_array(pictures.load_img(tmp_path / "x.png")), x)
    buffer = io.BytesIO((tmp_path / "x.png").read_bytes())
    assert pictures.load_img(buffer, target_size=(2, 3)).size == (3, 2)
    with pytest.raises(DataError, match="1, 3 or 4 channels"):
        pictures.array_to_img(np.ones((2, 2, 2)))


def test_a_dataset_starts_anew_every_walk() -> None:
    numbers = Dataset.range(6).map(lambda i: i * 2).filter(lambda i: i != 4)
    assert [int(i) for i in numbers] == [int(i) for i in numbers] == [0, 2, 6, 8, 10]
    shuffled = Dataset.range(20).shuffle(20, seed=3)
    first, second = ([int(i) for i in shuffled] for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second) == list(range(20))
    assert len(Dataset.range(5).batch(2, drop_remainder=True).repeat(3)) == 6
    assert [int(i) for i in Dataset.range(5).skip(1).take(2).concatenate(Dataset.range(1))] == [1, 2, 0]
    pairs = Dataset.from_tensor_slices((np.arange(3), {"a": np.ones((3, 2))}))
    assert [x["a"].shape for _, x in pairs.batch(2)] == [(2, 2), (1, 2)]
    assert [int(i) for i in Dataset.range(4).batch(3).unbatch()] == [0, 1, 2, 3]


def test_a_cached_dataset_is_made_once() -> None:
    made = []
    dataset = Dataset.range(3).map(lambda i: made.append(int(i)) or i).cache()
    assert [int(i) for i in dataset] == [int(i) for i in dataset] == [0, 1, 2]
    assert made == [0, 1, 2]


def test_windows_and_halves() -> None:
    dataset = timeseries_dataset_from_array(np.arange(10), None, 2, sequence_stride=3, sampling_rate=2, batch_size=2)
    assert [x.tolist() for x in dataset] == [[[0, 2], [3, 5]], [[6, 8]]]
    left, right = split_dataset((np.arange(4), np.arange(4)), right_size=1)
    assert [int(x) for x, _ in left] == [0, 1, 2]
    assert [int(y) for _, y in right] == [3]
    with pytest.raises(ValueError, match="give left_size or right_size"):
        split_dataset(np.arange(4))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"validation_split": 1.5, "subset": "both", "seed": 1},
            "validation_split must be above 0 and below 1, got 1.5",
        ),
        ({"validation_split": -0.2, "subset": "both", "seed": 1}, "validation_split must be above 0"),
        ({"validation_split": 0.01, "subset": "training", "seed": 1}, "leaves 10 for training and 0 for validation"),
        ({"labels": ["x"] * 10}, "labels must be whole numbers, one for each file, got 'x'"),
        ({"labels": [5] * 5 + [9] * 5, "label_mode": "categorical"}, "needs labels from 0 to 1, .* got 5, 9"),
        ({"labels": [5] * 5 + [9] * 5, "label_mode": "binary"}, "needs labels from 0 to 1"),
        ({"image_size": (0, 4)}, "image_size must be a positive whole number, got 0"),
    ],
)
def test_settings_that_would_make_other_data_than_meant_are_refused(folder: Path, settings: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        image_dataset_from_directory(folder, verbose=False, **settings)


def test_labels_that_are_given_may_be_any_whole_numbers(folder: Path) -> None:
    (batch,) = image_dataset_from_directory(folder, labels=[5] * 5 + [9] * 5, shuffle=False, verbose=False)
    assert batch[1].tolist() == [5] * 5 + [9] * 5


def test_a_class_without_a_folder_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match="there is no folder birds"):
        pictures.ImageDataGenerator().flow_from_directory(folder, classes=["cats", "birds"])


def test_one_number_is_too_few_to_tell_words_apart() -> None:
    with pytest.raises(ValueError, match="n must be at least 2"):
        text.one_hot("a b", 1)


def test_a_model_learns_from_pictures_that_change(folder: Path) -> None:
    from pellucid import Sequential
    from pellucid.layers import Dense, Flatten, Input

    batches = pictures.ImageDataGenerator(rescale=1 / 255, horizontal_flip=True).flow_from_directory(
        folder, (4, 4), class_mode="binary", batch_size=5
    )
    model = Sequential([Input((4, 4, 3)), Flatten(), Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(batches, epochs=2, verbose=0)
    assert len(model.history.history["loss"]) == 2
