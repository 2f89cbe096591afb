"""Keras judges preprocessing: the same words, windows and pictures."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import preprocessing
from pellucid.preprocessing import image, sequence, text

keras = pytest.importorskip("keras")
kimage = pytest.importorskip("keras.src.legacy.preprocessing.image")
ktext = pytest.importorskip("keras.src.legacy.preprocessing.text")
ksequence = pytest.importorskip("keras.src.legacy.preprocessing.sequence")
PIL = pytest.importorskip("PIL.Image")

# Keras itself uses what SciPy and Python call deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:non-integer arguments:DeprecationWarning"),
]

WORDS = ["the", "a", "cat", "dog", "sat", "on", "Mat,", "and.", "THEN", "it's!", "we-know", "x1"]


def texts() -> list[str]:
    draw = random.Random(1)
    return [" ".join(draw.choice(WORDS) for _ in range(draw.randint(0, 12))) for _ in range(40)] + ["unseen words"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"num_words": 5},
        {"oov_token": "?"},
        {"num_words": 5, "oov_token": "?"},
        {"char_level": True},
        {"lower": False},
    ],
)
def test_tokenizer(settings: dict[str, Any]) -> None:
    ours, theirs = text.Tokenizer(**settings), ktext.Tokenizer(**settings)
    for tokenizer in (ours, theirs):
        tokenizer.fit_on_texts(texts()[:30])
    assert ours.word_index == theirs.word_index
    assert dict(ours.index_docs) == dict(theirs.index_docs)
    numbers = ours.texts_to_sequences(texts())
    assert numbers == theirs.texts_to_sequences(texts())
    assert ours.sequences_to_texts(numbers) == theirs.sequences_to_texts(numbers)
    for mode in ("binary", "count", "freq", "tfidf"):
        np.testing.assert_allclose(ours.texts_to_matrix(texts(), mode), theirs.texts_to_matrix(texts(), mode))
    assert text.tokenizer_from_json(theirs.to_json()).texts_to_sequences(texts()) == numbers
    for padding in ("pre", "post"):
        for maxlen in (None, 3, 20):
            kwargs = {"maxlen": maxlen, "padding": padding, "truncating": padding}
            np.testing.assert_array_equal(
                sequence.pad_sequences(numbers, **kwargs), keras.utils.pad_sequences(numbers, **kwargs)
            )


def test_hashing_and_skipgrams() -> None:
    for one in texts():
        assert text.hashing_trick(one, 50, "md5") == ktext.hashing_trick(one, 50, "md5")
        assert text.one_hot(one, 50) == ktext.one_hot(one, 50)
    np.testing.assert_allclose(sequence.make_sampling_table(500), ksequence.make_sampling_table(500), rtol=1e-9)
    words = [random.Random(i).randint(0, 9) for i in range(30)]
    table = ksequence.make_sampling_table(10, 1e-1)
    for settings in ({}, {"seed": 3}, {"categorical": True}, {"sampling_table": table, "negative_samples": 0.5}):
        random.seed(5)
        ours = sequence.skipgrams(words, 10, **settings)
        random.seed(5)
        theirs = ksequence.skipgrams(words, 10, **settings)
        assert ours[0] == theirs[0]
        assert ours[1] == theirs[1]


@pytest.mark.parametrize(
    "settings", [{}, {"sampling_rate": 2}, {"stride": 3}, {"start_index": 4, "end_index": 30}, {"reverse": True}]
)
def test_timeseries_generator(settings: dict[str, Any]) -> None:
    data, targets = np.random.default_rng(0).random((50, 2)), np.arange(50.0)
    ours, theirs = (
        cls(data, targets, 7, batch_size=4, **settings)
        for cls in (sequence.TimeseriesGenerator, ksequence.TimeseriesGenerator)
    )
    assert len(ours) == len(theirs)
    for i in range(len(ours)):
        for a, b in zip(ours[i], theirs[i], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("fill_mode", ["nearest", "constant", "reflect", "wrap"])
@pytest.mark.parametrize("order", [0, 1])
def test_affine_transforms_of_square_pictures(fill_mode: str, order: int) -> None:
    draw = np.random.default_rng(0)
    x = (draw.random((12, 12, 3)) * 255).astype("float32")
    for _ in range(20):
        settings = {
            "theta": draw.uniform(-90, 90), "tx": draw.uniform(-15, 15), "ty": draw.uniform(-15, 15),
            "shear": draw.uniform(-30, 30), "zx": draw.uniform(0.4, 1.6), "zy": draw.uniform(0.4, 1.6),
            "row_axis": 0, "col_axis": 1, "channel_axis": 2, "fill_mode": fill_mode, "cval": 7.0, "order": order,
        }  # fmt: skip
        ours, theirs = image.apply_affine_transform(x, **settings), kimage.apply_affine_transform(x, **settings)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize(
    "settings",
    [
        {"rotation_range": 30, "shear_range": 9, "zoom_range": 0.3, "channel_shift_range": 20, "horizontal_flip": True},
        {"brightness_range": (0.5, 1.5), "vertical_flip": True},
        {"samplewise_center": True, "samplewise_std_normalization": True},
        {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 1 / 255},
        {"zca_whitening": True, "dtype": "float64", "rescale": 1 / 255},
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:This ImageDataGenerator specifies")
def test_pictures_that_change(settings: dict[str, Any]) -> None:
    x = np.random.default_rng(0).random((300, 5, 5, 1)) * 255
    ours, theirs = image.ImageDataGenerator(**settings), kimage.ImageDataGenerator(**settings)
    for generator in (ours, theirs):
        generator.fit(x.copy())  # theirs changes what it is given
    a, b = (generator.flow(x.copy(), np.arange(300), batch_size=110, seed=3) for generator in (ours, theirs))
    for _ in range(4):
        (x_a, y_a), (x_b, y_b) = next(a), next(b)
        np.testing.assert_array_equal(y_a, y_b)
        np.testing.assert_allclose(x_a, x_b, rtol=1e-4, atol=1e-4 * np.abs(x_b).max())


def test_shifts_are_as_large_as_theirs_along_the_axis_of_their_name() -> None:
    settings = {"width_shift_range": 3, "height_shift_range": [1, 2]}
    for seed in range(10):
        ours = image.ImageDataGenerator(**settings).get_random_transform((9, 9, 3), seed)
        theirs = kimage.ImageDataGenerator(**settings).get_random_transform((9, 9, 3), seed)
        assert (ours["tx"], ours["ty"]) == (theirs["ty"], theirs["tx"])


@pytest.mark.parametrize(
    "settings",
    [
        {}, {"subset": "training"}, {"subset": "validation"}, {"class_mode": "sparse", "color_mode": "grayscale"},
        {"classes": ["b", "a"], "class_mode": "binary", "interpolation": "bilinear"},
        {"class_mode": None, "keep_aspect_ratio": True, "interpolation": "bicubic"},
    ],
)  # fmt: skip
def test_folders_of_pictures(tmp_path: Path, settings: dict[str, Any]) -> None:
    draw = np.random.default_rng(0)
    for name in "abc":
        (tmp_path / name / "sub").mkdir(parents=True)
        for place in [f"{i}.png" for i in range(7)] + ["sub/z.bmp"]:
            size = draw.integers(5, 30), draw.integers(5, 30), 3
            PIL.fromarray(draw.integers(0, 256, size, dtype=np.uint8)).save(tmp_path / name / place)
    ours, theirs = (
        module.ImageDataGenerator(rescale=1 / 255, validation_split=0.3).flow_from_directory(
            tmp_path, target_size=(10, 12), batch_size=5, seed=4, **settings
        )
        for module in (image, kimage)
    )
    assert ours.filenames == theirs.filenames
    assert ours.class_indices == theirs.class_indices
    for _ in range(3):
        a, b = next(ours), next(theirs)
        for mine, yours in zip(*((c if isinstance(c, tuple) else (c,)) for c in (a, b)), strict=True):
            assert mine.dtype == yours.dtype
            np.testing.assert_allclose(mine, yours, atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [{"color_mode": "grayscale"}, {"target_size": (9, 7), "interpolation": "lanczos"}, {"color_mode": "rgba"}],
)
def test_load_img(tmp_path: Path, settings: dict[str, Any]) -> None:
    PIL.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(tmp_path / "x.png")
    ours, theirs = (m.load_img(tmp_path / "x.png", **settings) for m in (image, keras.utils))
    assert ours.mode == theirs.mode
    a, b = image.img_to_array(ours), keras.utils.img_to_array(theirs)
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(np.asarray(image.array_to_img(a - 5)), np.asarray(keras.utils.array_to_img(b - 5)))


@pytest.mark.parametrize(
    "settings", [{}, {"sequence_stride": 3}, {"sampling_rate": 2}, {"start_index": 3, "end_index": 25}]
)
def test_timeseries_dataset(settings: dict[str, Any]) -> None:
    pytest.importorskip("tensorflow")
    data, targets = np.arange(60.0).reshape(30, 2), np.arange(30)
    ours, theirs = (
        f(data, targets, 5, batch_size=4, **settings)
        for f in (preprocessing.timeseries_dataset_from_array, keras.utils.timeseries_dataset_from_array)
    )
    for (a, b), (c, d) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, np.asarray(c))
        np.testing.assert_array_equal(b, np.asarray(d))


@pytest.mark.parametrize("size", [(20, 6), (6, 20), (9, 11), (30, 30)])
@pytest.mark.parametrize(
    "settings",
    [{}, {"pad_to_aspect_ratio": True}, {"crop_to_aspect_ratio": True}, {"interpolation": "nearest"}],
)
def test_image_dataset(tmp_path: Path, size: tuple[int, int], settings: dict[str, Any]) -> None:
    pytest.importorskip("tensorflow")
    (tmp_path / "a").mkdir()
    picture = np.random.default_rng(0).integers(1, 256, (*size, 3), dtype=np.uint8)
    PIL.fromarray(picture).save(tmp_path / "a" / "x.png")
    ours, theirs = (
        np.asarray(next(iter(read(tmp_path, image_size=(10, 13), verbose=False, **settings)))[0], dtype="float32")
        for read in (preprocessing.image_dataset_from_directory, keras.utils.image_dataset_from_directory)
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
