"""Views of training: planes, paths, projections, probes and capacity say what is so; their pictures show it."""

import builtins
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, layers, optimizers
from pellucid.errors import DataError, ShapeError
from pellucid.inside import Watch, learning_speed, learning_speed_of, saturation
from pellucid.inside.capacity import capacity
from pellucid.inside.descent import LANDSCAPES, descend, explore, explore_training, landscape
from pellucid.inside.engineered import oriented_gradients
from pellucid.inside.fork import Comparison, compare, fork
from pellucid.inside.frame import Frame
from pellucid.inside.grid_warp import grid_warp
from pellucid.inside.loss_surface import loss_surface, path_plane, random_plane
from pellucid.inside.network_view import network_view
from pellucid.inside.pca import principal
from pellucid.inside.probing import PENALTIES, compare_features, linear_probe
from pellucid.inside.recording import Recording
from pellucid.inside.representation import as_labels, representation, representation_over
from pellucid.inside.samples import confusion_of, duplicates, hardest, most_confused
from pellucid.inside.saturation_history import saturation_over

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype("float32")
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)


def network(activation: str = "tanh") -> Sequential:
    model = Sequential(
        [
            layers.Dense(5, activation=activation, name="hidden", input_shape=(4,)),
            layers.Dense(3, activation="softmax", name="out"),
        ],
        name="small",
    )
    model.compile(optimizer=optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def watched(epochs: int = 4, **settings: Any) -> tuple[Sequential, Recording]:
    model, watch = network(), Watch(X, LABELS, every=2, **settings)
    model.fit(X, LABELS, batch_size=10, epochs=epochs, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    return model, watch.recording


# The loss surface ------------------------------------------------------------------------------------


def test_the_middle_of_a_random_plane_is_the_models_own_loss_and_the_model_stays_as_it_is() -> None:
    model = network()
    before = [array.copy() for array in model.get_weights()]
    surface = loss_surface(model, X, LABELS, size=5)
    assert surface.loss[2, 2] == pytest.approx(model.evaluate(X, LABELS, verbose=0)[0], rel=1e-6)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_every_place_of_the_surface_is_the_loss_of_the_weights_there() -> None:
    model = network()
    plane = random_plane(model, seed=3)
    surface = loss_surface(model, X, LABELS, plane, size=3, span=0.5)
    for row, b in enumerate(surface.ys):
        for column, a in enumerate(surface.xs):
            for name, array in plane.at(a, b).items():
                layer, _, param = name.partition("/")
                weights = model.get_layer(layer).get_weights()
                weights[param == "bias"] = array
                model.get_layer(layer).set_weights(weights)
            assert surface.loss[row, column] == pytest.approx(model.evaluate(X, LABELS, verbose=0)[0], rel=1e-5)


def test_random_directions_are_as_long_as_the_weights_filter_by_filter_and_leave_vectors_alone() -> None:
    model = Sequential([layers.Conv2D(4, 3, input_shape=(6, 6, 2)), layers.Flatten(), layers.Dense(3)])
    model.compile(loss="mse", optimizer="sgd")
    plane = random_plane(model)
    for name, array in plane.origin.items():
        axes = tuple(range(array.ndim - 1))
        for direction in (plane.x[name], plane.y[name]):
            if array.ndim == 1:
                assert not direction.any()
            else:
                sizes = np.sqrt((direction**2).sum(axis=axes))
                np.testing.assert_allclose(sizes, np.sqrt((array**2).sum(axis=axes)), rtol=1e-5)


def recording_of(*weights: np.ndarray) -> Recording:
    recording = Recording({"places": [], "layers": []}, {})
    for number, one in enumerate(weights):
        recording.add(Frame(number, number, 0, number, 0.0, None, 0.1, 1, {}, {"weights/a/kernel": one}))
    return recording


def test_a_path_that_lies_in_a_plane_is_held_whole_by_its_plane() -> None:
    one, other = np.eye(6)[0], np.eye(6)[3]
    places = [(-3.0, 1.0), (-1.0, 2.0), (1.0, 0.0), (0.0, 0.0)]
    path = recording_of(*(a * one + b * other + 7 for a, b in places))
    plane = path_plane(path)
    assert plane.explained is not None
    assert plane.explained.sum() == pytest.approx(1)
    found = np.array([plane.place(frame.part("weights")) for frame in path.frames])
    np.testing.assert_allclose(found[:, 2], 0, atol=1e-12)
    np.testing.assert_allclose(found[-1], 0, atol=1e-12)
    gaps = np.linalg.norm(found[1:, :2] - found[:-1, :2], axis=1)
    np.testing.assert_allclose(gaps, [np.hypot(2, 1), np.hypot(2, 2), 1.0])


def test_what_leaves_the_plane_is_said() -> None:
    path = recording_of(*(np.array([10.0 * t, 5.0 * (t % 2), 0.5 * (t == 2), 0.0]) for t in range(5)))
    plane = path_plane(path)
    assert plane.explained is not None
    assert 0.99 < plane.explained.sum() < 1
    assert max(plane.place(frame.part("weights"))[2] for frame in path.frames) > 0.3


def test_a_trainings_own_path_ends_in_the_middle_with_its_real_loss() -> None:
    model, recording = watched()
    surface = loss_surface(model, X, LABELS, paths=recording, size=5)
    (path,) = surface.paths
    assert (path.x[-1], path.y[-1], path.off[-1]) == pytest.approx((0, 0, 0), abs=1e-5)
    assert path.loss[-1] == pytest.approx(model.evaluate(X, LABELS, verbose=0)[0], rel=1e-5)
    assert surface.xs[0] < path.x.min() < path.x.max() < surface.xs[-1]
    assert "of the paths' variance" in str(surface)


def test_a_plane_of_another_network_and_a_path_too_short_are_refused() -> None:
    other = Sequential([layers.Dense(2, name="hidden", input_shape=(4,))])
    other.compile(loss="mse", optimizer="sgd")
    with pytest.raises(ValueError, match=r"plane has 'hidden/kernel' shaped \(4, 2\)"):
        loss_surface(network(), X, LABELS, random_plane(other))
    with pytest.raises(ValueError, match="three frames"):
        path_plane(recording_of(np.zeros(3), np.ones(3)))
    with pytest.raises(ValueError, match="different networks"):
        path_plane(recording_of(np.zeros(3), np.ones(3)), recording_of(np.zeros(2), np.ones(2)))


# Gradient descent ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["beale", "rosenbrock", "himmelblau", "valley"])
def test_the_minima_that_landscapes_name_are_minima(name: str) -> None:
    ground = LANDSCAPES[name]
    for x, y in ground.minima:
        assert ground.function(x, y) == pytest.approx(0, abs=1e-9)
        np.testing.assert_allclose(ground.gradient(x, y), 0, atol=1e-4)


def test_sgd_on_the_valley_does_what_the_formula_says() -> None:
    path = descend(LANDSCAPES["valley"], optimizers.SGD(0.3), start=(2.0, 1.0), steps=20)
    steps = np.arange(21)
    np.testing.assert_allclose(path.x, 2 * (1 - 0.3 * 0.1) ** steps, rtol=1e-6)
    np.testing.assert_allclose(path.y, (1 - 0.3 * 2) ** steps, rtol=1e-5, atol=1e-9)


def test_a_rate_too_large_ends_far_out_and_a_larger_batch_is_steadier() -> None:
    away = descend(LANDSCAPES["valley"], optimizers.SGD(1.2), steps=500)
    assert len(away.x) < 100
    assert np.isfinite(away.loss).all()
    ways = {"few": optimizers.SGD(0.1), "many": optimizers.SGD(0.1)}
    sizes = {"few": 1, "many": 400}
    seen = explore("valley", ways, noise=2.0, batch_sizes=sizes, steps=200, size=5)
    few, many = (np.std(np.diff(path.y[100:])) for path in seen.paths)
    assert few / many == pytest.approx(20, rel=0.1)


def test_a_function_of_ones_own_can_be_explored() -> None:
    ground = landscape(lambda x, y: (x - 1) ** 2 + (y + 1) ** 2, name="bowl")
    (path,) = explore(ground, {"adam": optimizers.Adam(0.3)}, steps=200, size=7).paths
    assert (path.x[-1], path.y[-1]) == pytest.approx((1, -1), abs=1e-2)
    with pytest.raises(ValueError, match="no landscape is called 'alps'"):
        explore("alps", {})


def test_copies_of_a_model_descend_from_one_start_and_the_model_stays() -> None:
    model = network()
    before = [array.copy() for array in model.get_weights()]
    ways = {"slow": optimizers.SGD(0.01), "fast": optimizers.Adam(0.05)}
    seen = explore_training(model, X, LABELS, ways, epochs=3, batch_sizes={"fast": 20}, size=3)
    slow, fast = seen.paths
    assert (slow.x[0], slow.y[0]) == pytest.approx((fast.x[0], fast.y[0]), abs=1e-5)
    assert fast.loss[-1] < slow.loss[-1]
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# Representation and features -------------------------------------------------------------------------


def test_principal_components_are_at_right_angles_and_hold_the_variance_in_order() -> None:
    rows = RNG.normal(size=(40, 5)) * (5, 1, 3, 0.1, 0.1)
    found = principal(rows, 3)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(3), atol=1e-12)
    shares = np.var(found.project(rows), axis=0) / np.var(rows, axis=0).sum()
    np.testing.assert_allclose(found.shares, shares)
    assert list(found.shares) == sorted(found.shares, reverse=True)


def test_components_of_few_long_rows_are_those_of_the_singular_values() -> None:
    rows = RNG.normal(size=(9, 3)) @ RNG.normal(size=(3, 50)) + 7
    found = principal(rows, 4)
    _, sizes, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(found.shares[:3], (sizes**2 / (sizes**2).sum())[:3], rtol=1e-10)
    np.testing.assert_allclose(np.abs(found.directions[:3] @ directions[:3].T), np.eye(3), atol=1e-9)
    assert not found.directions[3].any()  # three directions are all there are
    np.testing.assert_allclose(principal(np.ones((3, 8))).shares, [0, 0], atol=1e-12)


def test_fewer_dimensions_than_components_leave_the_rest_empty() -> None:
    found = principal(np.array([[1.0], [2.0], [4.0]]))
    assert found.directions.tolist() == [[1.0], [0.0]]
    assert found.shares.tolist() == [1.0, 0.0]


def test_each_layer_is_projected_and_what_only_reshapes_is_left_out() -> None:
    model = Sequential(
        [layers.Flatten(input_shape=(2, 2)), layers.Dense(6, "relu", name="a"), layers.Dense(3, name="b")]
    )
    seen = representation(model, X.reshape(-1, 2, 2), LABELS)
    assert [one.layer for one in seen.layers] == ["inputs", "a", "b"]
    assert all(one.points.shape == (60, 2) for one in seen.layers)
    with pytest.raises(ValueError, match="no layer is called 'c'"):
        representation(model, X.reshape(-1, 2, 2), layers=["c"])


def test_a_layers_history_ends_with_the_representation_of_the_trained_model() -> None:
    model, recording = watched()
    history = representation_over(recording, "hidden")
    (last,) = representation(model, X, layers=["hidden"]).layers
    np.testing.assert_allclose(history.points[-1], last.points, atol=1e-5)
    assert history.explained[-1] == pytest.approx(last.explained)
    assert history.points.shape == (len(recording.frames), 60, 2)
    assert history.labels is not None
    np.testing.assert_array_equal(history.labels, LABELS)


def test_without_scikit_learn_tsne_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return plain(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        representation(network(), X, method="tsne")


def test_labels_are_whole_numbers_or_rows_with_a_one() -> None:
    assert as_labels([[1], [0]]).tolist() == [1, 0]  # type: ignore[union-attr]
    assert as_labels([[0.0, 1.0], [1.0, 0.0]]).tolist() == [1, 0]  # type: ignore[union-attr]
    assert as_labels([0.5, 1.0]) is None
    assert as_labels([[0.2, 0.8]]) is None


def test_a_probe_parts_what_a_line_can_part_and_fails_where_none_can() -> None:
    train, test = linear_probe(X, LABELS > 0, X + 0.01, LABELS > 0)
    assert min(train, test) > 0.85
    corners = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (10, 1))
    answers = (corners.sum(axis=1) == 1).astype(int)
    assert linear_probe(corners, answers, corners, answers)[0] <= 0.75  # exclusive or


@pytest.mark.parametrize("features", [3, 200])
def test_a_probe_fits_as_ridge_regression_does_whichever_way_it_goes(features: int) -> None:
    x = RNG.normal(size=(40, features)) * np.linspace(0.1, 9, features)
    labels = (x[:, 0] + 0.1 * x[:, 1] > 0).astype(int)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    targets = np.eye(2)[labels] - np.eye(2)[labels].mean(axis=0)
    fits = []
    for penalty in PENALTIES:
        solved = np.linalg.solve(scaled.T @ scaled + penalty * 40 * np.eye(features), scaled.T)
        reach = np.diag(scaled @ solved) + 1 / 40
        missed = (targets - scaled @ solved @ targets) / (1 - reach)[:, None]
        right = ((scaled @ solved @ targets + np.eye(2)[labels].mean(axis=0)).argmax(axis=1) == labels).mean()
        fits.append((float(np.square(missed).mean()), float(right)))
    assert linear_probe(x, labels, x, labels)[0] == min(fits)[1]


def test_oriented_gradients_tell_upright_from_lying_edges_and_forget_brightness() -> None:
    upright = np.zeros((1, 8, 8))
    upright[:, :, 4:] = 1
    lying = upright.swapaxes(1, 2)
    by_angle = [oriented_gradients(image, cell=4).reshape(-1, 9).sum(axis=0).argmax() for image in (upright, lying)]
    assert by_angle == [0, 4]  # 0 and 90 degrees: nine bins of 20
    np.testing.assert_allclose(oriented_gradients(upright), oriented_gradients(5 + 3 * upright), atol=1e-6)
    with pytest.raises(ShapeError, match="2×2 cells"):
        oriented_gradients(np.zeros((1, 3, 3)))


def test_pixels_gradients_and_layers_are_compared_on_the_same_samples() -> None:
    images = RNG.normal(size=(40, 6, 6)).astype("float32")
    answers = (images[:, :, :3].mean(axis=(1, 2)) > 0).astype(int)
    model = Sequential(
        [layers.Flatten(input_shape=(6, 6)), layers.Dense(4, "tanh", name="a"), layers.Dense(2, "softmax")]
    )
    found = compare_features(model, images, answers, images[:20], answers[:20])
    assert [row.kind for row in found.rows] == ["raw", "engineered", "learned", "learned"]
    assert [row.size for row in found.rows][0::2] == [36, 4]
    assert found.model == pytest.approx(np.mean(model.predict(images[:20], verbose=0).argmax(axis=1) == answers[:20]))
    with pytest.raises(DataError, match="needs classes"):
        compare_features(model, images, RNG.normal(size=40), images, answers)


def test_the_grid_is_carried_as_the_layer_computes() -> None:
    model = Sequential([layers.Dense(2, "tanh", name="bend", input_shape=(2,)), layers.Dense(1, "sigmoid")])
    warp = grid_warp(model, X[:, :2], LABELS, lines=3)
    grid, sums, bent = warp.stages
    kernel, bias = model.layers[0].get_weights()
    np.testing.assert_allclose(sums.points, grid.points @ kernel + bias, atol=1e-5)
    np.testing.assert_allclose(bent.points, np.tanh(sums.points), atol=1e-6)
    np.testing.assert_allclose(bent.samples, np.tanh(X[:, :2] @ kernel + bias), atol=1e-5)
    with pytest.raises(ShapeError, match=r"needs \(2,\)"):
        grid_warp(network())
    with pytest.raises(ShapeError, match="no layer of two units"):
        grid_warp(Sequential([layers.Dense(3, input_shape=(2,)), layers.Dense(2)]))


# Saturation, learning speed, the graph ---------------------------------------------------------------


def test_saturation_over_time_ends_with_what_saturation_finds() -> None:
    model, recording = watched()
    history, now = saturation_over(recording), saturation(model, X)
    assert history.layers == tuple(layer.layer for layer in now.layers)
    assert history.flat[-1] == pytest.approx([layer.flat for layer in now.layers])
    assert history.saturated[-1] == pytest.approx([layer.saturated.mean() for layer in now.layers])
    assert len(history.steps) == len(recording.frames)


def test_units_that_never_fire_count_as_dead() -> None:
    model = network("relu")
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([kernel, bias - [0, 0, 0, 99, 99]])
    watch = Watch(X, LABELS, every=1)
    model.fit(X, LABELS, epochs=1, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    history = saturation_over(watch.recording)
    assert history.dead[-1] == pytest.approx([0.4])
    assert history.grade(0) == "warning"


def test_the_graph_shows_the_strongest_weights_and_says_what_it_leaves_out() -> None:
    model = network()
    kernel = np.arange(-10, 10, dtype="float32").reshape(4, 5)
    model.layers[0].set_weights([kernel, np.zeros(5)])
    view = network_view(model, X[0], edges=3)
    first, hidden, _ = view.columns
    assert (first.units, hidden.units, hidden.activation) == (4, 5, "tanh")
    assert view.edges[0].weights.tolist() == [-10.0, -9.0, 9.0]
    assert view.edges[0].total == 20
    assert first.values == pytest.approx(X[0])
    assert hidden.values == pytest.approx(np.tanh(X[0] @ kernel), rel=1e-5)
    few = network_view(model, units=2)
    assert [len(column.shown) for column in few.columns] == [2, 2, 2]
    assert few.columns[0].units == 4


def test_the_graph_joins_channels_flattened_places_gates_and_branches() -> None:
    x = Input((6, 6, 1))
    one = layers.Conv2D(3, 3, name="one")(x)
    two = layers.Conv2D(2, 3, name="two")(x)
    both = layers.Concatenate()([layers.Flatten()(one), layers.Flatten()(two)])
    model = Model(x, layers.Dense(2, name="out")(both))
    view = network_view(model)
    assert [column.name for column in view.columns][1:] == ["one", "two", "out"]
    assert {(edges.before, edges.after) for edges in view.edges} == {(0, 1), (0, 2), (1, 3), (2, 3)}
    line = Sequential(
        [layers.Conv2D(3, 3, name="one", input_shape=(6, 6, 1)), layers.Flatten(), layers.Dense(2, name="out")]
    )
    last = network_view(line).edges[1]
    kernel = line.layers[-1].get_weights()[0].reshape(16, 3, 2)
    assert last.total == 6
    assert [column.noun for column in network_view(line).columns] == ["channel", "channel", "unit"]
    assert last.weights[0] == pytest.approx(kernel.ravel()[np.abs(kernel).argmax()])
    words = Sequential([layers.Embedding(9, 4, name="table"), layers.LSTM(3, name="lstm"), layers.Dense(1, name="out")])
    words.build((None, 5))
    view = network_view(words, np.zeros(5))
    assert [(column.name, column.units) for column in view.columns] == [("table", 4), ("lstm", 3), ("out", 1)]
    assert [edges.total for edges in view.edges] == [12, 3]


# Capacity and samples --------------------------------------------------------------------------------


def test_capacity_trains_each_size_once_and_tells_how_far_it_is() -> None:
    told: list[tuple[int, int, int, int]] = []
    found = capacity(
        X[:40], LABELS[:40], (X[40:], LABELS[40:]), widths=(1, 4), depths=(1, 2), width=4, epochs=3,
        progress=lambda *facts: told.append(facts),
    )  # fmt: skip
    assert [(run.width, run.depth) for run in found.runs] == [(1, 1), (4, 1), (4, 2)]
    assert told == [(0, 3, 1, 1), (1, 3, 4, 1), (2, 3, 4, 2)]
    assert [run.parameters for run in found.by_width] == [4 + 1 + 3 + 3, 16 + 4 + 12 + 3]
    assert found.complete
    assert all(run.loss.shape == run.val_loss.shape == (3,) for run in found.runs)
    again = capacity(X[:40], LABELS[:40], (X[40:], LABELS[40:]), widths=(1,), depths=(), epochs=3)
    np.testing.assert_array_equal(again.runs[0].loss, found.runs[0].loss)


def test_ctrl_c_keeps_the_networks_that_are_done() -> None:
    def stop(done: int, of: int, width: int, depth: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    found = capacity(X, LABELS, (X, LABELS), widths=(1, 2, 3), depths=(), epochs=1, progress=stop)
    assert [run.width for run in found.runs] == [1]
    assert not found.complete
    assert "Stopped" in str(found)


def test_the_hardest_samples_are_those_with_the_highest_loss() -> None:
    model = network()
    found = hardest(model, X, LABELS, 7)
    answers = model.predict(X, verbose=0)
    losses = -np.log(answers[np.arange(60), LABELS])
    np.testing.assert_allclose(found.every, losses, rtol=1e-5)
    np.testing.assert_array_equal(found.places, np.argsort(-losses, kind="stable")[:7])
    np.testing.assert_array_equal(found.taken_for, answers[found.places].argmax(axis=1))
    assert found.share == pytest.approx(np.sort(losses)[-7:].sum() / losses.sum(), rel=1e-5)


def test_of_a_thousand_classes_the_confused_ones_are_drawn() -> None:
    plots, text = pytest.importorskip("pellucid.plots"), pytest.importorskip("matplotlib.text")
    counts = np.diag(np.full(1000, 3))
    counts[[7, 7, 990], [8, 990, 7]] = 1, 2, 5
    assert most_confused(counts, 3).tolist() == [7, 8, 990]
    figure = plots.confusion_picture(counts)
    assert max(figure.get_size_inches()) < 15
    words = [one.get_text() for one in figure.findobj(text.Text)]
    assert {"990", "The 20 of 1,000 classes with the most mistakes."} <= set(words)


def test_confusion_counts_every_sample_once_also_for_one_output() -> None:
    model = network()
    counts = confusion_of(model, X, LABELS)
    assert counts.sum() == 60
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(LABELS, minlength=3))
    single = Sequential([layers.Dense(1, "sigmoid", input_shape=(4,))])
    assert confusion_of(single, X, LABELS > 0).shape == (2, 2)
    with pytest.raises(DataError, match="needs classes"):
        confusion_of(model, X, X[:, 0])


def test_equal_samples_in_both_parts_are_found_with_their_places() -> None:
    other = np.concatenate([RNG.normal(size=(5, 4)), X[[7, 3]]]).astype("float32")
    assert duplicates(X, other) == ((7, 5), (3, 6))
    assert duplicates(X, other[:5]) == ()
    with pytest.raises(ShapeError, match="cannot be equal"):
        duplicates(X, X[:, :2])


# Pictures --------------------------------------------------------------------------------------------


def pictures() -> dict[str, Callable[[], Any]]:
    from pellucid import plots

    model, recording = watched()
    two = Sequential([layers.Dense(2, "tanh", input_shape=(2,)), layers.Dense(1, "sigmoid")])
    many = {"one": {"loss": [1.0, 0.01], "val_loss": [1.1, 0.5]}, "other": {"loss": [1.0, 0.3]}}
    sizes = capacity(X, LABELS, (X, LABELS), widths=(1, 2, 16), depths=(1, 2), epochs=3)
    runs = {"one": fork(model), "other": fork(model)}
    bowls = {"one": optimizers.SGD(0.1), "two": optimizers.SGD(1.2)}
    return {
        "network": lambda: plots.network_picture(network_view(model, X[0])),
        "network without a sample": lambda: plots.network_picture(network_view(model)),
        "activations": lambda: plots.activations_picture(["step", "relu", "sigmoid", "gelu"]),
        "sums": lambda: plots.sums_picture(saturation(model, X)),
        "saturation": lambda: plots.saturation_picture(saturation_over(recording)),
        "speed now": lambda: plots.learning_speed_picture(learning_speed(model, X, LABELS)),
        "speed": lambda: plots.learning_speed_picture(learning_speed_of(recording)),
        "random surface": lambda: plots.surface_picture(loss_surface(model, X, LABELS, size=7)),
        "path": lambda: plots.surface_picture(loss_surface(model, X, LABELS, paths=recording, size=7)),
        "valley": lambda: plots.surface_picture(explore("valley", bowls, steps=30, size=31)),
        "representation": lambda: plots.representation_picture(representation(model, X, LABELS)),
        "no labels": lambda: plots.representation_picture(representation(model, X)),
        "history": lambda: plots.representation_history_picture(representation_over(recording)),
        "features": lambda: plots.features_picture(compare_features(model, X, LABELS, X, LABELS)),
        "grid": lambda: plots.grid_warp_picture(grid_warp(two, X[:, :2], LABELS > 0)),
        "capacity": lambda: plots.capacity_picture(sizes),
        "confusion": lambda: plots.confusion_picture(confusion_of(model, X, LABELS), ["a", "b", "c"]),
        "hardest": lambda: plots.hardest_picture(hardest(model, X, LABELS, 9), X.reshape(-1, 2, 2)),
        "hardest bars": lambda: plots.hardest_picture(hardest(model, X, LABELS, 9)),
        "curves": lambda: plots.learning_curves_picture(many),
        "runs compared": lambda: plots.comparison_picture(compare(runs, X, LABELS, epochs=3)),
    }


def test_a_comparison_says_which_run_ends_lowest_and_which_had_to_stop() -> None:
    from pellucid import plots

    losses = np.array([[0.5, 0.4, 0.3], [0.6, np.nan, np.nan], [0.7, 0.2, 0.1]])
    figure = plots.comparison_picture(Comparison(("a", "b", "c"), "validation", losses, losses))
    assert figure.get_suptitle() == "3 runs compared: 'c' ends lowest"
    left, right = figure.axes
    told = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in (left, right)]
    assert told == [["a: 0.3", "b: stopped in epoch 2", "c: 0.1"], ["b: stopped in epoch 2", "c: 0.1"]]
    marks = {line.get_marker(): line.get_xydata().tolist() for line in left.get_lines() if len(line.get_xdata()) == 1}
    assert marks == {"o": [[3, 0.1]], "x": [[1, 0.6]]}
    one = plots.comparison_picture(Comparison(("a",), "training", losses[:1], losses[:1]))
    assert len(one.axes) == 1
    stopped = np.full((2, 2), np.nan)
    none = plots.comparison_picture(Comparison(("a", "b"), "training", stopped, stopped))
    assert none.get_suptitle() == "2 runs compared: all stopped"


def test_every_picture_becomes_a_png_that_is_not_blank() -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    for name, make in pictures().items():
        file = io.BytesIO()
        make().savefig(file, format="png", dpi=40)
        file.seek(0)
        assert imread(file)[..., :3].std() > 0.03, name


def test_pictures_name_what_they_leave_out() -> None:
    pytest.importorskip("matplotlib")
    from pellucid.plots import network_picture

    model = Sequential([layers.Dense(20, input_shape=(784,), name="hidden"), layers.Dense(2)])
    figure = network_picture(network_view(model, units=16))
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "16 of 784 inputs" in words
    assert "16 of 20 units" in words
    assert "120 of 15,680 weights" in words


def test_negative_weights_are_dashed_as_well_as_orange() -> None:
    pytest.importorskip("matplotlib")
    from pellucid.plots import network_picture

    positive, negative, *_ = network_picture(network_view(network())).axes[0].collections
    assert positive.get_linestyles()[0][1] is None
    assert negative.get_linestyles()[0][1] is not None
    assert positive.get_colors()[0][2] > positive.get_colors()[0][0]
    assert negative.get_colors()[0][0] > negative.get_colors()[0][2]


def test_several_trainings_share_a_panel_and_losses_that_fall_far_a_logarithmic_axis() -> None:
    pytest.importorskip("matplotlib")
    from pellucid.plots import learning_curves_picture

    runs = {"a": {"loss": [1.0, 0.01], "val_loss": [1.0, 0.02]}, "b": {"loss": [1.0, 0.5]}}
    (axes,) = learning_curves_picture(runs).axes
    assert axes.get_yscale() == "log"
    assert [line.get_label() for line in axes.get_lines()] == ["a training 0.01", "a validation 0.02", "b training 0.5"]
    (axes,) = learning_curves_picture(runs, log=False).axes
    assert axes.get_yscale() == "linear"
