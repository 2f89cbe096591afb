"""VGG and ResNet50: sizes, settings, published weights in Keras's form, what goes in and what comes out."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pellucid import Input, Model
from pellucid.applications import (
    VGG16,
    VGG19,
    DenseNet121,
    DenseNet201,
    EfficientNetB0,
    EfficientNetB3,
    InceptionV3,
    MobileNet,
    MobileNetV2,
    ResNet50,
    ResNet50V2,
    ResNet101,
    ResNet152V2,
    Xception,
    efficientnet,
    imagenet_utils,
    mobilenet,
    resnet50,
    vgg16,
)
from pellucid.applications.imagenet_utils import decode_predictions, preprocess_input
from pellucid.errors import FormatError, ShapeError
from pellucid.layers import Dense
from pellucid.layers.layer import waiting_for

COUNTS = {
    (VGG16, True): 138_357_544,
    (VGG19, True): 143_667_240,
    (ResNet50, True): 25_636_712,
    (VGG16, False): 14_714_688,
    (VGG19, False): 20_024_384,
    (ResNet50, False): 23_587_712,
    (ResNet101, True): 44_707_176,
    (ResNet50V2, True): 25_613_800,
    (ResNet152V2, False): 58_331_648,
    (MobileNet, True): 4_253_864,
    (MobileNetV2, True): 3_538_984,
    (MobileNetV2, False): 2_257_984,
    (Xception, True): 22_910_480,
    (InceptionV3, True): 23_851_784,
    (DenseNet121, True): 8_062_504,
    (DenseNet201, False): 18_321_984,
    (EfficientNetB0, True): 5_330_571,
    (EfficientNetB3, False): 10_783_535,
}


@pytest.mark.parametrize(("make", "top"), COUNTS)
def test_the_number_of_weights_is_the_published_one(make: Any, top: bool) -> None:
    with waiting_for(2 * 10**8):  # counted, not drawn
        assert make(weights=None, include_top=top).count_params() == COUNTS[make, top]


@pytest.mark.parametrize(("pooling", "shape"), [(None, (2, 1, 1, 512)), ("avg", (2, 512)), ("max", (2, 512))])
def test_without_top_images_of_any_size_become_features(pooling: str | None, shape: tuple[int, ...]) -> None:
    model = VGG16(weights=None, include_top=False, pooling=pooling)
    assert model.input_shape == (None, None, None, 3)
    assert model.predict(np.zeros((2, 32, 40, 3), "float32"), verbose=0).shape == shape


@pytest.mark.parametrize(
    ("make", "shape", "features"),
    [(MobileNet, (33, 35, 3), 1024), (MobileNetV2, (33, 35, 3), 1280), (EfficientNetB0, (33, 35, 3), 1280),
     (ResNet50V2, (33, 35, 3), 2048), (Xception, (71, 73, 3), 2048), (InceptionV3, (75, 77, 3), 2048),
     (DenseNet121, (33, 35, 3), 1024)],
)  # fmt: skip
def test_images_of_odd_sizes_go_through(make: Any, shape: tuple[int, ...], features: int) -> None:
    with waiting_for(2 * 10**8):
        model = make(weights=None, include_top=False, pooling="avg", input_shape=shape)
    assert model.output_shape == (None, features)


def test_networks_for_larger_images() -> None:
    with waiting_for(2 * 10**8):
        assert InceptionV3(weights=None).input_shape == (None, 299, 299, 3)
        assert EfficientNetB3(weights=None).input_shape == (None, 300, 300, 3)
        assert MobileNet(weights=None, alpha=0.5, input_shape=(128, 128, 3)).name == "mobilenet_0.50_128"
        assert MobileNetV2(weights=None, include_top=False).name == "mobilenetv2_1.00_None"
    with pytest.raises(ShapeError, match="at least 75"):
        InceptionV3(weights=None, input_shape=(60, 60, 3))
    with pytest.raises(ValueError, match="alpha, with published weights"):
        MobileNet(alpha=0.3)
    assert efficientnet.preprocess_input("as it is") == "as it is"
    np.testing.assert_allclose(mobilenet.preprocess_input(np.array([[0.0, 255.0]])), [[-1, 1]])


def test_a_network_on_top_of_it() -> None:
    image = Input((32, 32, 3), name="image")
    with waiting_for(10**8):
        body = VGG16(weights=None, include_top=False, input_tensor=image, pooling="avg")
        model = Model(body.input, Dense(7, activation="softmax")(body.output))
    assert model.inputs[0] is image
    assert model.output_shape == (None, 7)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"weights": "imagnet"}, "weights must be"),
        ({"weights": "imagenet", "classes": 10}, "1000 classes"),
        ({"weights": None, "pooling": "sum"}, "pooling must be"),
        ({"weights": None, "input_shape": (20, 20, 3)}, "at least 32"),
        ({"weights": None, "input_shape": (None, None, 3)}, "must be known"),
        ({"weights": "imagenet", "input_shape": (64, 64, 3)}, r"for \(224, 224, 3\)"),
        ({"weights": "imagenet", "include_top": False, "input_shape": (64, 64, 1)}, "3 channels"),
        ({"weights": "imagenet", "classifier_activation": "relu"}, "classifier_activation must be"),
    ],
)
@pytest.mark.parametrize("make", [VGG16, ResNet50])
def test_settings_that_cannot_work_are_refused(make: Any, settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        make(**settings)


def published(path: Path, model: Model) -> list[np.ndarray]:
    """A file of weights in the form of Keras's published ones: Keras 1's names, one group a layer, all at the root."""
    draw, numbers = np.random.default_rng(0), []
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            ends = ("W", "b") if len(layer.weights) == 2 else ("gamma", "beta", "running_mean", "running_std")
            names = [f"{layer.name}_{end}_1:0" for end in ends[: len(layer.weights)]]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.weights, strict=True):
                numbers.append(draw.random(weight.shape, dtype="float32"))
                group[name] = numbers[-1]
    return numbers


@pytest.mark.parametrize("make", [VGG16, ResNet50])
def test_published_weights_are_loaded_in_order(make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with waiting_for(10**8):
        model = make(weights=None, include_top=False)
    numbers = published(tmp_path / "w.h5", model)
    asked: dict[str, Any] = {}

    def get_file(name: str, address: str, **settings: Any) -> str:
        asked.update(settings, name=name, address=address)
        return str(tmp_path / "w.h5")

    monkeypatch.setattr("pellucid.applications.building.get_file", get_file)
    for weights in ("imagenet", tmp_path / "w.h5"):
        loaded = make(weights=weights, include_top=False)
        assert all(np.array_equal(a, b) for a, b in zip(loaded.get_weights(), numbers, strict=True))
    assert asked["address"].startswith("https://storage.googleapis.com/tensorflow/keras-applications/")
    assert asked["name"].endswith("_weights_tf_dim_ordering_tf_kernels_notop.h5")
    assert len(asked["file_hash"]) == 32


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    with waiting_for(10**8):
        published(tmp_path / "w.h5", VGG16(weights=None, include_top=False))
        with pytest.raises(FormatError, match="13 layers with weights and the model has 16"):
            VGG19(weights=tmp_path / "w.h5", include_top=False)


def test_pixels_are_prepared_and_the_image_stays_as_it_is() -> None:
    image = np.arange(12, dtype="float32").reshape(1, 2, 2, 3)
    before = image.copy()
    for prepare in (vgg16.preprocess_input, resnet50.preprocess_input, preprocess_input):
        assert np.allclose(prepare(image)[0, 0, 0], [2 - 103.939, 1 - 116.779, 0 - 123.68])
    assert np.allclose(preprocess_input(image, mode="tf"), image / 127.5 - 1)
    assert np.array_equal(image, before)
    assert preprocess_input(image.astype("uint8")).dtype == np.float32
    turned = preprocess_input(image.transpose(0, 3, 1, 2), "channels_first").transpose(0, 2, 3, 1)
    assert np.array_equal(turned, preprocess_input(image))
    with pytest.raises(ShapeError, match="3 channels"):
        preprocess_input(np.zeros((2, 28, 28), "float32"))


def test_predictions_are_named_the_likeliest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index.json"
    path.write_text(json.dumps({str(i): [f"n{i:08}", f"thing_{i}"] for i in range(1000)}))
    monkeypatch.setattr(imagenet_utils, "get_file", lambda *_, **__: str(path))
    shares = np.zeros((1, 1000), "float32")
    shares[0, [3, 7]] = 0.25, 0.75
    assert decode_predictions(shares, top=2) == [[("n00000007", "thing_7", 0.75), ("n00000003", "thing_3", 0.25)]]
    with pytest.raises(ShapeError, match=r"\(N, 1000\)"):
        decode_predictions(np.zeros((1, 10)))
    path.write_text("{}")
    with pytest.raises(FormatError, match="1,000 classes"):
        decode_predictions(shares)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_a_model_prepares_its_images_itself(mode: str) -> None:
    image = Input((4, 5, 3))
    model = Model(image, preprocess_input(image, mode=mode))
    x = np.random.default_rng(0).uniform(0, 255, size=(2, 4, 5, 3)).astype("float32")
    np.testing.assert_allclose(model.predict(x, verbose=0), preprocess_input(x, mode=mode), atol=2e-5)
