"""scikit-learn and PyTorch judge the numbers behind the views of training."""

from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers, optimizers
from pellucid.inside import loss_surface, random_plane, representation
from pellucid.inside.descent import LANDSCAPES, descend
from pellucid.inside.pca import principal
from pellucid.inside.probing import PENALTIES, linear_probe

torch = pytest.importorskip("torch")
decomposition = pytest.importorskip("sklearn.decomposition")
linear_model = pytest.importorskip("sklearn.linear_model")
preprocessing = pytest.importorskip("sklearn.preprocessing")

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(40, 6), (5, 12), (30, 2)])
def test_principal_components_are_scikit_learns(shape: tuple[int, int]) -> None:
    rows = RNG.normal(size=shape) @ RNG.normal(size=(shape[1], shape[1]))
    judge = decomposition.PCA(2, svd_solver="full").fit(rows)
    ours = principal(rows)
    np.testing.assert_allclose(ours.shares, judge.explained_variance_ratio_, rtol=1e-10)
    np.testing.assert_allclose(np.abs((ours.directions * judge.components_).sum(axis=1)), 1, rtol=1e-10)
    np.testing.assert_allclose(np.abs(ours.project(rows)), np.abs(judge.transform(rows)), rtol=1e-8, atol=1e-10)


def test_the_linear_probe_is_ridge_regression_with_the_penalty_that_leave_one_out_chooses() -> None:
    centres = RNG.normal(size=(4, 7))
    labels = RNG.integers(0, 4, 120)
    x = centres[labels] + RNG.normal(size=(120, 7))
    scaler = preprocessing.StandardScaler().fit(x[:80])
    scaled, others = scaler.transform(x[:80]), scaler.transform(x[80:])
    judge = linear_model.RidgeCV(alphas=[80 * penalty for penalty in PENALTIES])
    judge.fit(scaled, np.eye(4)[labels[:80]])
    rates = [
        (judge.predict(part).argmax(axis=1) == true).mean()
        for part, true in ((scaled, labels[:80]), (others, labels[80:]))
    ]
    assert linear_probe(x[:80], labels[:80], x[80:], labels[80:]) == pytest.approx(rates)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (optimizers.SGD(0.005), lambda p: torch.optim.SGD(p, 0.005)),
        (optimizers.SGD(0.002, momentum=0.9), lambda p: torch.optim.SGD(p, 0.002, momentum=0.9)),
        (optimizers.Adam(0.05, epsilon=1e-8), lambda p: torch.optim.Adam(p, 0.05)),
    ],
)
def test_descents_go_the_way_that_pytorch_goes(ours: Any, theirs: Any) -> None:
    ground = LANDSCAPES["beale"]
    place = torch.tensor(ground.start, dtype=torch.float64, requires_grad=True)
    optimizer = theirs([place])
    way = [place.detach().numpy().copy()]
    for _ in range(50):
        optimizer.zero_grad()
        ground.function(place[0], place[1]).backward()
        optimizer.step()
        way.append(place.detach().numpy().copy())
    path = descend(ground, ours, steps=50)
    np.testing.assert_allclose(np.stack([path.x, path.y], axis=1), way, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(LANDSCAPES))
def test_gradients_of_landscapes_are_those_of_autograd(name: str) -> None:
    ground = LANDSCAPES[name]
    for _ in range(10):
        x, y = (RNG.uniform(*ends) for ends in ground.window)
        place = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
        ground.function(place[0], place[1]).backward()
        np.testing.assert_allclose(ground.gradient(x, y), place.grad.numpy(), rtol=1e-6, atol=1e-5)


def test_a_loss_surface_is_what_pytorch_computes_there() -> None:
    model = Sequential([layers.Dense(5, "tanh", input_shape=(3,), name="a"), layers.Dense(2, "softmax", name="b")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = RNG.normal(size=(20, 3)).astype("float32"), RNG.integers(0, 2, 20)
    plane = random_plane(model, seed=1)
    surface = loss_surface(model, x, y, plane, size=3)
    for row, b in enumerate(surface.ys):
        for column, a in enumerate(surface.xs):
            w = {name: torch.tensor(array) for name, array in plane.at(a, b).items()}
            hidden = torch.tanh(torch.tensor(x) @ w["a/kernel"] + w["a/bias"])
            judge = torch.nn.functional.cross_entropy(hidden @ w["b/kernel"] + w["b/bias"], torch.tensor(y))
            assert surface.loss[row, column] == pytest.approx(float(judge), rel=1e-5)


def test_tsne_keeps_groups_apart_and_repeats_itself() -> None:
    rows = np.concatenate([RNG.normal(size=(20, 6)), 20 + RNG.normal(size=(20, 6))]).astype("float32")
    labels = np.repeat([0, 1], 20)
    model = Sequential([layers.Dense(3, input_shape=(6,))])
    (one,) = representation(model, rows, labels, layers=["inputs"], method="tsne").layers
    (again,) = representation(model, rows, labels, layers=["inputs"], method="tsne").layers
    np.testing.assert_array_equal(one.points, again.points)
    gaps = np.linalg.norm(one.points[:, None] - one.points, axis=2) + 1e9 * np.eye(40)
    assert (labels[gaps.argmin(axis=1)] == labels).all()
    assert one.nearest == 1.0
