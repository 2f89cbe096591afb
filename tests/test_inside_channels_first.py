"""A network that has its channels first is looked into as one that has them last."""

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.inside import maximise, receptive_field, receptive_fields, saliency, strongest
from pellucid.layers import Conv2D, Conv2DTranspose, Dense, DepthwiseConv2D, GlobalMaxPooling2D, MaxPooling2D

IMAGES = np.random.default_rng(0).uniform(size=(12, 12, 12, 2)).astype("float32")


def network(order: str) -> Sequential:
    form = {"data_format": order}
    return Sequential(
        [
            layers.Input((12, 12, 2) if order == "channels_last" else (2, 12, 12)),
            Conv2D(4, 3, activation="relu", padding="same", name="conv", **form),
            layers.ZeroPadding2D(1, **form),
            MaxPooling2D(2, name="pool", **form),
            DepthwiseConv2D(2, name="depth", **form),
            layers.SeparableConv2D(6, 2, name="apart", **form),
            Conv2DTranspose(3, 2, strides=2, name="up", **form),
            layers.UpSampling2D(2, name="twice", **form),
            Conv2D(3, 3, strides=2, groups=3, name="groups", **form),
            GlobalMaxPooling2D(name="most", **form),
            Dense(5, name="answer"),
        ]
    )


@pytest.fixture(scope="module")
def both() -> tuple[Sequential, Sequential]:
    """The same network with its channels last and first."""
    last, first = network("channels_last"), network("channels_first")
    first.set_weights(last.get_weights())
    return last, first


@pytest.mark.parametrize(
    ("layer", "unit"),
    [("conv", (3, 4)), ("conv", (3, 4, 1)), ("pool", None), ("depth", (1, 1)), ("apart", (0, 2, 1)), ("up", (2, 3)),
     ("twice", (5, 5)), ("groups", (1, 1, 1)), ("groups", None), ("answer", 2)],
)  # fmt: skip
def test_a_unit_sees_the_same_pixels(both: tuple[Sequential, Sequential], layer: str, unit: object) -> None:
    last, first = (receptive_field(model, layer, unit) for model in both)
    assert (last.ranges, last.place, last.box) == (first.ranges, first.place, first.box)
    for mine, theirs in zip(last.masks.values(), first.masks.values(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_every_layer_sees_as_much(both: tuple[Sequential, Sequential]) -> None:
    assert receptive_fields(both[0]).layers == receptive_fields(both[1]).layers


@pytest.mark.parametrize(("layer", "units"), [("groups", [0, 1]), ("answer", [0, 4]), ("apart", [2])])
def test_units_like_the_same_images(both: tuple[Sequential, Sequential], layer: str, units: list[int]) -> None:
    made = [maximise(model, layer, units, steps=4) for model in both]
    np.testing.assert_allclose(made[0].images, made[1].images, atol=1e-5)
    last = strongest(both[0], IMAGES, layer, units)
    first = strongest(both[1], np.moveaxis(IMAGES, -1, 1), layer, units)
    np.testing.assert_array_equal(last.index, first.index)
    np.testing.assert_array_equal(last.images, first.images)
    assert (last.places, last.boxes) == (first.places, first.boxes)


def test_an_answer_hangs_on_the_same_pixels(both: tuple[Sequential, Sequential]) -> None:
    last, first = saliency(both[0], IMAGES), saliency(both[1], np.moveaxis(IMAGES, -1, 1))
    assert last.unit == first.unit
    np.testing.assert_allclose(last.gradient, first.gradient, atol=1e-6)


def test_channels_here_first_and_there_last_are_refused() -> None:
    model = Sequential([layers.Input((2, 6, 6)), Conv2D(3, 3, data_format="channels_first"), MaxPooling2D(name="pool")])
    with pytest.raises(ValueError, match="channels last in some layers and first in others"):
        receptive_field(model, "pool")
