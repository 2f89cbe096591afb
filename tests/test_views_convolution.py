"""Looking into convolutions: stepped, kernels, maps, receptive fields, what a unit sees, films, and their pictures."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, inside, layers, plots
from pellucid.inside.convolution import SMALL_IMAGE, TOP_EDGE
from pellucid.inside.explain import explain
from pellucid.inside.moves import Move, whiten
from pellucid.inside.recording import Recording
from pellucid.inside.watch import Watch

RNG = np.random.default_rng(5)
ONCE = [[12, 4, -2, -8], [0, 3, 9, 11], [-13, -14, -14, -11], [7, 9, 12, 14]]
TWICE = [[-2, 29], [-53, -62]]


def convnet(**first: Any) -> Sequential:
    model = Sequential(
        [
            Input((12, 12, 1)),
            layers.Conv2D(4, 3, activation="relu", name="one", **first),
            layers.MaxPooling2D(name="pool"),
            layers.Conv2D(6, 2, activation="tanh", name="two"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="answer"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(2)
    model.set_weights([rng.normal(0, 0.4, array.shape) for array in model.get_weights()])
    return model


X, Y = RNG.uniform(size=(20, 12, 12, 1)), RNG.integers(0, 3, 20)


# Stepped -----------------------------------------------------------------------------------------


def test_the_courses_image_gives_the_courses_numbers_step_by_step() -> None:
    once = inside.convolve(SMALL_IMAGE, TOP_EDGE)
    assert [pixel.z for pixel in once] == np.ravel(ONCE).tolist()
    assert [pixel.z for pixel in inside.convolve(once.a, TOP_EDGE)] == np.ravel(TWICE).tolist()
    assert len(once) == 16


def test_a_step_shows_patch_times_kernel() -> None:
    step = inside.convolve(SMALL_IMAGE, TOP_EDGE, bias=-10, activation="relu").at(0, 0)
    assert step.patch[..., 0].tolist() == SMALL_IMAGE[:3, :3].tolist()
    assert step.kernel[..., 0].tolist() == TOP_EDGE.tolist()
    assert (step.z, step.a, step.slope) == (2, 2, 1)
    assert step.formula.endswith("- 10 = 2 → relu → 2")
    assert "patch·kernel" in str(step)


def test_beyond_the_edge_a_window_sees_zeros() -> None:
    step = inside.convolve(SMALL_IMAGE, TOP_EDGE, padding="same").at(0, 0)
    assert step.start == (-1, -1)
    assert step.patch[..., 0].tolist() == [[0, 0, 0], [0, 1, 2], [0, 8, 5]]
    assert [product.place for product in step.products] == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)]


@pytest.mark.parametrize(
    "settings",
    [{"strides": 2}, {"padding": "same"}, {"dilation_rate": 2}, {"groups": 2}, {"padding": "same", "strides": (2, 1)}],
)
def test_every_step_of_a_layer_is_that_layers_number(settings: dict[str, Any]) -> None:
    model = Sequential([Input((7, 6, 4)), layers.Conv2D(4, 3, activation="tanh", name="c", **settings)])
    x = RNG.normal(size=(2, 7, 6, 4))
    made = inside.trace(model, x, dtype="float64")["c"]
    for filter in (0, 3):
        stepped = inside.convolution(model, x, filter=filter, sample=1)
        for pixel in stepped:
            row, column, _ = pixel.place
            total = (pixel.patch * pixel.kernel).sum() + pixel.bias
            assert total == pytest.approx(made.z[1, row, column, filter], rel=1e-5, abs=1e-6)
            assert sum(product.value for product in pixel.products) == pytest.approx(total, rel=1e-5, abs=1e-6)
            assert pixel.a == pytest.approx(np.tanh(total), rel=1e-5, abs=1e-6)


def test_explain_and_the_stepped_convolution_say_the_same() -> None:
    model = convnet()
    one = explain(model, X, layer="two", unit=(1, 2, 3), sample=4)
    two = inside.convolution(model, X, layer="two", filter=3, sample=4).at(1, 2)
    assert str(one) == str(two)
    assert one.formula == two.formula


def test_channels_first_are_stepped_as_well() -> None:
    layer = layers.Conv2D(2, 3, data_format="channels_first", name="c")
    model = Sequential([Input((3, 6, 5)), layer])
    x = RNG.normal(size=(1, 3, 6, 5))
    z = inside.trace(model, x)["c"].z
    assert inside.convolution(model, x, filter=1).at(2, 1).z == pytest.approx(z[0, 1, 2, 1])
    pixel = explain(model, x, layer="c", unit=(1, 2, 1))
    assert (pixel.patch * pixel.kernel).sum() == pytest.approx(pixel.z, rel=1e-5)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"layer": "pool"}, "no Conv2D is called 'pool'. There are: one, two"),
        ({"filter": 4}, "4 filters"),
        ({"sample": 20}, "20 samples"),
    ],
)
def test_what_there_is_not_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        inside.convolution(convnet(), X, **wrong)


def test_an_image_and_a_kernel_of_other_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="as many channels"):
        inside.convolve(np.ones((5, 5, 3)), np.ones((3, 3, 2)))


# Kernels, maps, the journey ----------------------------------------------------------------------


def test_kernels_come_with_their_gradients() -> None:
    model = convnet()
    found, seen = inside.kernels(model, "two", X, Y), inside.trace(model, X, Y)
    assert found.gradient is not None
    np.testing.assert_array_equal(found.gradient, seen.grads["two"]["kernel"])
    np.testing.assert_array_equal(found.kernel, model.get_layer("two").get_weights()[0])
    assert inside.kernels(model).layer == "one"
    assert inside.kernels(model).gradient is None


def test_feature_maps_are_the_layers_activations() -> None:
    model = convnet()
    maps = inside.feature_maps(model, X, sample=3)
    assert [one.layer for one in maps.layers] == ["one", "two"]
    np.testing.assert_allclose(maps["two"].maps, inside.trace(model, X)["two"].a[3], rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="There are: one, two"):
        maps["pool"]


def test_an_image_is_followed_to_the_answer() -> None:
    model = convnet()
    journey = inside.follow(model, X, Y, sample=2, names=["a", "b", "c"])
    assert [stage.layer for stage in journey.stages] == ["one", "pool", "two", "flat", "answer"]
    np.testing.assert_allclose(journey.stages[-1].value, model.predict(X, verbose=0)[2], rtol=1e-5)
    assert journey.answer == int(model.predict(X, verbose=0)[2].argmax())
    assert journey.label == Y[2]
    assert "the answer: " in str(journey)


# Receptive fields --------------------------------------------------------------------------------


def support(model: Any, layer: str, place: tuple[int, ...], size: tuple[int, ...]) -> np.ndarray:
    """Which inputs move a unit at all: the slopes from a random place, every weight positive."""
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 1, array.shape) for array in model.get_weights()])
    value = inside.trace(model, np.zeros((1, *size)))[layer].z
    reached = np.zeros(size, dtype=bool)
    base = value[(0, *place)]
    for spot in np.ndindex(*size):
        x = np.zeros((1, *size))
        x[(0, *spot)] = 1
        reached[spot] = inside.trace(model, x)[layer].z[(0, *place)] != base
    return reached


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ([layers.Conv2D(2, 3, strides=2), layers.Conv2D(1, 2, name="last")], (1, 0, 0)),
        ([layers.Conv2D(2, 3, dilation_rate=2, padding="same"), layers.Conv2D(1, 2, name="last")], (0, 3, 0)),
        ([layers.MaxPooling2D(2), layers.Conv2D(1, (1, 3), padding="same", name="last")], (2, 0, 0)),
        ([layers.ZeroPadding2D(((1, 0), (2, 0))), layers.AveragePooling2D(3, 2, name="last")], (0, 0, 1)),
        ([layers.UpSampling2D(2), layers.Conv2D(1, 3, name="last")], (4, 5, 0)),
        ([layers.Conv2DTranspose(1, 3, strides=2), layers.Conv2D(1, 2, name="last")], (5, 6, 0)),
        ([layers.DepthwiseConv2D(3), layers.Conv2D(2, 1, groups=2, name="last")], (1, 1, 1)),
        ([layers.SeparableConv2D(2, 2), layers.Cropping2D(1), layers.Conv2D(1, 2, name="last")], (0, 1, 0)),
    ],
)
def test_the_field_is_exactly_what_can_move_the_unit(parts: list[Any], place: tuple[int, ...]) -> None:
    model = Sequential([Input((7, 8, 2)), *parts])
    field = inside.receptive_field(model, "last", place)
    np.testing.assert_array_equal(next(iter(field.masks.values())), support(model, "last", place, (7, 8, 2)))


def test_branches_are_heard_together() -> None:
    x = Input((9, 9, 1))
    wide, narrow = layers.Conv2D(2, 5, padding="same")(x), layers.Conv2D(2, 1)(x)
    model = Model(x, layers.Conv2D(1, 1, name="last")(layers.concatenate([wide, narrow])))
    field = inside.receptive_field(model, "last", (0, 4))
    assert field.ranges == ((-2, 2), (2, 6))
    assert field.box == (slice(0, 3), slice(2, 7))
    np.testing.assert_array_equal(field.masks[next(iter(field.masks))], support(model, "last", (0, 4, 0), (9, 9, 1)))


def test_a_dense_unit_hears_everything_that_the_convolutions_use() -> None:
    field = inside.receptive_field(convnet(), "answer", 1)
    assert field.mask.sum() == 12 * 12
    assert "144 of 144" in str(field)


def test_fields_grow_and_their_steps_multiply() -> None:
    model = convnet()
    rows = {one.layer: (one.size, one.step) for one in inside.receptive_fields(model).layers}
    assert rows == {"one": ((3, 3), (1, 1)), "pool": ((4, 4), (2, 2)), "two": ((6, 6), (2, 2))}


def test_an_open_size_has_to_be_said() -> None:
    model = Sequential([Input((None, None, 1)), layers.Conv2D(1, 3, name="c")])
    with pytest.raises(ValueError, match="Give size="):
        inside.receptive_field(model, "c")
    assert inside.receptive_field(model, "c", (0, 0), size=(8, 8, 1)).size == (3, 3)
    with pytest.raises(ValueError, match="places within"):
        inside.receptive_field(model, "c", (6, 0), size=(8, 8, 1))


# What it sees ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "units"), [("two", [1, 5]), ("answer", [0, 1, 2])])
def test_a_made_image_excites_its_unit_more_than_grey_and_than_any_we_have(layer: str, units: list[int]) -> None:
    model = convnet()
    made = inside.maximise(model, layer, units, steps=40, jitter=0.5)
    assert (made.final > made.start).all()
    assert (made.final > inside.strongest(model, X, layer, units).z[:, 0]).all()
    assert made.images.min() >= 0
    assert made.images.max() <= 1
    again = inside.maximise(model, layer, units, steps=40, jitter=0.5)
    np.testing.assert_array_equal(made.images, again.images)


def test_a_first_filter_is_made_white_where_its_weights_are_positive_and_black_elsewhere() -> None:
    model = convnet()
    made = inside.maximise(model, "one", range(4), steps=400, jitter=0, turn=0, scale=0, smooth=0, decay=0)
    kernel, bias = model.get_layer("one").get_weights()
    np.testing.assert_array_equal(made.images[..., 0], np.moveaxis(kernel[:, :, 0] > 0, -1, 0))
    np.testing.assert_allclose(made.final, np.maximum(kernel, 0).sum(axis=(0, 1, 2)) + bias, rtol=1e-5)


def test_an_image_made_for_a_place_leaves_the_rest_out() -> None:
    assert inside.maximise(convnet(), "two", (0, 1, 2), steps=1).images.shape == (1, 6, 6, 1)
    assert inside.maximise(convnet(), "two", [(0, 0, 2), (1, 1, 0)], steps=1).images.shape == (2, 8, 8, 1)


def test_an_image_made_for_a_filter_is_what_its_place_sees() -> None:
    model = convnet()
    assert inside.maximise(model, "two", 0, steps=1).images.shape == (1, 6, 6, 1)
    assert inside.maximise(model, "answer", 0, steps=1).images.shape == (1, 12, 12, 1)
    with pytest.raises(ValueError, match="has units within"):
        inside.maximise(model, "two", 6, steps=1)
    with pytest.raises(ValueError, match="There are: one, pool"):
        inside.maximise(model, "three", 0, steps=1)


def test_the_strongest_images_are_those_with_the_largest_sums() -> None:
    model = convnet()
    found = inside.strongest(model, X, "two", [2, 4], count=5, batch_size=7)
    z = inside.trace(model, X)["two"].z
    for k, unit in enumerate((2, 4)):
        best = z[..., unit].reshape(len(X), -1).max(axis=1)
        assert found.index[k].tolist() == np.argsort(-best, kind="stable")[:5].tolist()
        np.testing.assert_allclose(found.z[k], np.sort(best)[::-1][:5], rtol=1e-5)
        row, column = found.places[k][0]
        assert z[found.index[k, 0], row, column, unit] == pytest.approx(found.z[k, 0], rel=1e-5)
        patch = X[found.index[k, 0], 2 * row : 2 * row + 6, 2 * column : 2 * column + 6]
        np.testing.assert_array_equal(found.patch(k, 0), patch)


def test_saliency_is_the_central_difference() -> None:
    model, x = convnet(), X[:1].astype("float32")
    found = inside.saliency(model, x)
    assert found.layer == "answer"
    assert found.unit == int(model.predict(x, verbose=0)[0].argmax())
    for spot in ((3, 4, 0), (8, 8, 0)):
        ends = []
        for sign in (1, -1):
            moved = x.astype("float64")
            moved[(0, *spot)] += sign / 1024
            ends.append(inside.trace(model, moved, dtype="float64")["answer"].z[0, found.unit])
        assert found.gradient[spot] == pytest.approx((ends[0] - ends[1]) * 512, rel=1e-3, abs=1e-5)
    assert found.product.shape == found.map.shape == (12, 12)


def test_the_way_back_of_a_move_is_its_adjoint() -> None:
    move = Move.of((11, 13), (7, 8), 1.3, -0.6, 12, 1.1)
    canvas, dview = RNG.normal(size=(2, 11, 13, 3)), RNG.normal(size=(2, 7, 8, 3))
    assert (move.view(canvas) * dview).sum() == pytest.approx((canvas * move.back(dview)).sum())
    np.testing.assert_allclose(Move.still((9, 9), (5, 5)).view(np.ones((1, 9, 9, 1))), 1)
    middle = np.arange(81.0).reshape(1, 9, 9, 1)
    np.testing.assert_allclose(Move.still((9, 9), (5, 5)).view(middle), middle[:, 2:7, 2:7])


def test_a_whitened_slope_prefers_slow_changes() -> None:
    rows = np.arange(16)
    slow, quick = (
        np.cos(2 * np.pi * waves * rows / 16)[None, :, None, None] * np.ones((1, 1, 16, 1)) for waves in (1, 4)
    )
    assert np.abs(whiten(slow, 1)).max() == pytest.approx(4 * np.abs(whiten(quick, 1)).max())
    assert whiten(slow, 0) is slow


# Films and pictures ------------------------------------------------------------------------------


def recorded() -> tuple[Sequential, Recording]:
    model, watch = convnet(), Watch(X[:2], Y[:2], every=2)
    model.fit(X, Y, batch_size=5, epochs=2, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    return model, watch.recording


def test_a_film_has_a_picture_for_every_recorded_moment() -> None:
    model, recording = recorded()
    kernels = inside.film_of_kernels(recording, "one")
    assert kernels.images.shape == (5, 4, 3, 3)
    np.testing.assert_array_equal(kernels.images[-1, 2], model.get_layer("one").get_weights()[0][:, :, 0, 2])
    assert kernels.captions[0].startswith("before training, step 0")
    maps = inside.film_of_feature_maps(recording, "one/relu", sample=1, most=3)
    assert maps.images.shape == (5, 3, 10, 10)
    assert maps.left_out == "3 of 4 maps"
    made = inside.film_of_maximisation(model, recording, "two", [0, 1], steps=2)
    assert made.images.shape == (5, 2, 6, 6, 1)
    with pytest.raises(ValueError, match="no frame has 'weights/pool/kernel'"):
        inside.film_of_kernels(recording, "pool")


class Page(HTMLParser):
    """What a page loads from elsewhere, and its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]


def test_films_are_saved_as_gif_and_as_one_page(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    image = pytest.importorskip("PIL.Image")
    _, recording = recorded()
    film = inside.film_of_kernels(recording, "one")
    figures = list(plots.film_figures(film))[:2]
    with image.open(plots.save_film(figures, tmp_path / "film.gif")) as gif:
        assert gif.n_frames == 2
    hostile = ["</script><b>", film.captions[1]]
    saved = plots.save_film(figures, tmp_path / "film.html", captions=hostile, title="<i>")
    text, page = saved.read_text(), Page()
    page.feed(text)
    assert text.count("data:image/png;base64,") == 2
    assert page.loaded == []
    assert {"b", "i"}.isdisjoint(page.tags)
    with pytest.raises(ValueError, match=r"writes .gif and .html"):
        plots.save_film([], tmp_path / "film.mp4")
    with pytest.raises(ValueError, match="no figures"):
        plots.save_film([], tmp_path / "film.gif")


def test_every_picture_is_drawn() -> None:
    pytest.importorskip("matplotlib")
    model = convnet()
    fields = [inside.receptive_field(model, "one", (0, 0)), inside.receptive_field(model, "two", (3, 3))]
    figures = [
        plots.convolution_picture(inside.convolve(SMALL_IMAGE, TOP_EDGE, padding="same"), 0, 0),
        plots.convolution_picture(inside.convolution(model, X, layer="two"), 1, 1, so_far=True),
        plots.kernels_picture(inside.kernels(model, "one", X, Y)),
        plots.kernels_picture(inside.kernels(model, "two")),
        plots.feature_maps_picture(inside.feature_maps(model, X)),
        plots.receptive_field_picture(X[0], fields),
        plots.journey_picture(inside.follow(model, X, Y)),
        plots.maximised_picture(inside.maximise(model, "answer", [0, 1], steps=2)),
        plots.strongest_picture(inside.strongest(model, X, "two", [0, 1])),
        plots.saliency_picture(inside.saliency(model, X)),
    ]
    for figure in figures:
        figure.canvas.draw()
        assert figure.get_suptitle()


def test_what_is_left_out_of_a_picture_is_said() -> None:
    pytest.importorskip("matplotlib")
    model = Sequential([Input((8, 8, 1)), layers.Conv2D(80, 3, name="many")])
    assert plots.kernels_picture(inside.kernels(model)).get_suptitle() == "many: 64 of 80 kernels of 3 × 3"


def test_a_long_way_is_drawn_in_rows_and_what_is_left_out_is_said() -> None:
    pytest.importorskip("matplotlib")
    deep = Sequential([Input((8, 8, 1)), *(layers.Conv2D(2, 3, padding="same") for _ in range(20))])
    figure = plots.journey_picture(inside.follow(deep, X[:1, :8, :8]))
    assert figure.get_suptitle() == "From the input to the last layer (15 of 20 layers)"  # and no class is made up
    assert len(figure.subfigs) == 3
    maps = plots.feature_maps_picture(inside.feature_maps(deep, X[:1, :8, :8]))
    assert maps.get_suptitle().endswith("8 of 20 convolutions")


def test_a_film_of_the_steps_shows_what_is_computed_so_far() -> None:
    pytest.importorskip("matplotlib")
    steps = list(plots.convolution_steps(inside.convolve(SMALL_IMAGE[:4, :4], TOP_EDGE)))
    assert len(steps) == 4
    written = [sum(bool(text.get_text()) for text in figure.axes[-1].texts) for figure in steps]
    assert written == [1, 2, 3, 4]


def test_everything_shows_itself_in_jupyter() -> None:
    model = convnet()
    for thing in (inside.convolve(SMALL_IMAGE, TOP_EDGE), inside.kernels(model), inside.feature_maps(model, X),
                  inside.follow(model, X), inside.receptive_fields(model), inside.saliency(model, X)):  # fmt: skip
        assert thing._repr_html_().startswith("<div")
        assert str(thing)
