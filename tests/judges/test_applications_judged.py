"""The same network as Keras's: layers, signatures, and predictions at the same random weights."""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import applications, backend
from pellucid.layers.layer import waiting_for

NETWORKS = ["VGG16", "VGG19", "ResNet50"]
LATER = {
    "MobileNet": 40, "MobileNetV2": 40, "ResNet50V2": 40, "Xception": 71, "InceptionV3": 75, "DenseNet121": 40,
    "EfficientNetB0": 40,
}  # fmt: skip
OTHERS = ["ResNet101", "ResNet152", "ResNet101V2", "ResNet152V2", "DenseNet169", "DenseNet201",
          *(f"EfficientNetB{i}" for i in range(1, 8))]  # fmt: skip


@pytest.mark.parametrize("name", [*NETWORKS, *LATER, *OTHERS])
def test_the_arguments_are_keras(keras: ModuleType, name: str) -> None:
    ours, theirs = (inspect.signature(getattr(a, name)).parameters for a in (applications, keras.applications))
    assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()]


@pytest.mark.parametrize(
    "settings", [{"input_shape": (40, 33, 3), "classes": 10}, {"include_top": False, "pooling": "max"}]
)
@pytest.mark.parametrize("name", NETWORKS)
def test_predictions_at_the_same_weights(
    keras: ModuleType, name: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    """Keras draws the weights and writes them as `.h5`; our own reader takes them from there."""
    theirs = getattr(keras.applications, name)(weights=None, **settings)
    draw = np.random.default_rng(0)
    theirs.set_weights([_moved(w, draw) for w in theirs.get_weights()])
    theirs.save(tmp_path / "theirs.h5")
    with waiting_for(2 * 10**8):
        ours = getattr(applications, name)(weights=None, **settings)
    ours.load_weights(tmp_path / "theirs.h5")
    names = [[layer.name for layer in model.layers if layer.weights] for model in (ours, theirs)]
    assert names[0] == names[1]
    x = draw.normal(size=(2, 40, 33, 3)).astype("float32")
    expected = theirs.predict(x, verbose=0)
    assert np.abs(ours.predict(x, verbose=0) - expected).max() <= 1e-5 * max(1, np.abs(expected).max())


@pytest.mark.parametrize("name", LATER)
def test_later_networks_layer_by_layer(keras: ModuleType, name: str, tmp_path: Path) -> None:
    """The names of all layers, those that nobody gave a name among them, and predictions at the same weights."""
    keras.backend.clear_session()
    backend.clear_session()
    settings: dict[str, Any] = {"weights": None, "classes": 5, "input_shape": (LATER[name], LATER[name] + 1, 3)}
    theirs = getattr(keras.applications, name)(**settings)
    draw = np.random.default_rng(0)
    theirs.set_weights([_moved(w, draw) for w in theirs.get_weights()])
    theirs.save(tmp_path / "theirs.h5")
    with waiting_for(2 * 10**8):
        ours = getattr(applications, name)(**settings)
    ours.load_weights(tmp_path / "theirs.h5")
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert ours.name == theirs.name
    x = draw.uniform(size=(1, *settings["input_shape"])).astype("float32")
    expected = theirs.predict(x, verbose=0)
    assert np.abs(ours.predict(x, verbose=0) - expected).max() <= 1e-5 * max(1, np.abs(expected).max())


def _moved(weights: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Biases, means and scales away from 0 and 1, so that none can be mistaken for another."""
    return weights + draw.uniform(0, 0.1, weights.shape).astype(weights.dtype) if weights.ndim == 1 else weights


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("form", ["channels_last", "channels_first"])
def test_pixels_are_prepared_as_by_keras(keras: ModuleType, mode: str, form: str) -> None:
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, 3, 3)).astype("float32")
    theirs = keras.applications.imagenet_utils.preprocess_input(x.copy(), form, mode)
    assert np.abs(applications.imagenet_utils.preprocess_input(x, form, mode) - theirs).max() <= 1e-4
