"""scikit-learn judges our estimators by its own checks, with no expected failures."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_iris, make_blobs, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Perceptron as TheirPerceptron
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import pellucid
from pellucid.layers import Dense
from pellucid.sklearn import PellucidClassifier, PellucidRegressor, Perceptron

ESTIMATORS = [PellucidClassifier(epochs=60), PellucidRegressor(epochs=60), Perceptron()]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.fixture
def iris() -> Any:
    return load_iris(return_X_y=True)


def test_in_a_pipeline_and_a_grid(iris: Any) -> None:
    pipeline = make_pipeline(StandardScaler(), PellucidClassifier(epochs=20, random_state=0))
    grid = {"pellucidclassifier__hidden_layers": [(4,), (16,)], "pellucidclassifier__learning_rate": [1e-5, 0.02]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(*iris)
    assert search.best_params_["pellucidclassifier__learning_rate"] == 0.02
    assert search.best_score_ > 0.9


def test_several_processes_at_once(iris: Any) -> None:
    scores = cross_val_score(PellucidClassifier(epochs=30, learning_rate=0.01, random_state=0), *iris, cv=3, n_jobs=2)
    assert scores.min() > 0.9


def test_names_of_classes_come_back(iris: Any) -> None:
    names = np.array(["setosa", "versicolor", "virginica"])
    fitted = PellucidClassifier(epochs=30, random_state=0).fit(iris[0], names[iris[1]])
    assert set(fitted.predict(iris[0])) <= set(names)
    assert np.allclose(fitted.predict_proba(iris[0]).sum(axis=1), 1)


def test_the_same_random_state_gives_the_same_bits_and_leaves_the_programs_stream_alone(iris: Any) -> None:
    pellucid.utils.set_random_seed(5)
    expected = pellucid.random.next_key()
    pellucid.utils.set_random_seed(5)
    one, two = (PellucidClassifier(epochs=3, random_state=1).fit(*iris).predict_proba(iris[0]) for _ in range(2))
    assert np.array_equal(one, two)
    assert np.array_equal(pellucid.random.next_key(), expected)


def test_a_pickled_estimator_predicts_the_same_and_goes_on_learning(iris: Any) -> None:
    fitted = PellucidClassifier(epochs=3, random_state=1).fit(*iris)
    back = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(back.predict_proba(iris[0]), fitted.predict_proba(iris[0]))
    assert back.model_.optimizer.iterations == fitted.model_.optimizer.iterations > 0
    assert clone(back).get_params() == fitted.get_params()
    for each in (back, fitted):
        each.model_.fit(*iris, epochs=1, shuffle=False, verbose=0)
    assert np.array_equal(back.predict_proba(iris[0]), fitted.predict_proba(iris[0]))


class Doubled(pellucid.layers.Layer):
    """A layer of one's own, with another inside."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.inner = Dense(4, "tanh")

    def call(self, x: Any) -> Any:
        return 2 * self.inner(x)[:, 1:]


def doubled_network(inputs: int, outputs: int) -> Any:
    return pellucid.Sequential([pellucid.Input((inputs,)), Doubled(), Dense(outputs, "softmax")])


def test_a_network_with_layers_of_ones_own_can_be_pickled_and_copied(iris: Any) -> None:
    fitted = PellucidClassifier(doubled_network, epochs=3, random_state=1).fit(*iris)
    for back in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert np.array_equal(back.predict_proba(iris[0]), fitted.predict_proba(iris[0]))


def test_no_epochs_are_refused(iris: Any) -> None:
    with pytest.raises(ValueError, match="epochs must be a positive whole number, got 0"):
        PellucidClassifier(epochs=0).fit(*iris)


def own_network(inputs: int, outputs: int) -> Any:
    return pellucid.Sequential([pellucid.Input((inputs,)), Dense(8, "tanh"), Dense(outputs, "softmax")])


@pytest.mark.parametrize("loss", [None, "categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_a_network_of_ones_own(loss: str | None, iris: Any) -> None:
    def build(inputs: int, outputs: int) -> Any:
        model = own_network(inputs, outputs)
        if loss:
            model.compile(pellucid.optimizers.Adam(0.02), loss)
        return model

    assert PellucidClassifier(build, learning_rate=0.02, epochs=30, random_state=0).fit(*iris).score(*iris) > 0.9


def test_one_sigmoid_for_two_classes() -> None:
    def build(inputs: int, outputs: int) -> Any:
        model = pellucid.Sequential([pellucid.Input((inputs,)), Dense(1, "sigmoid")])
        model.compile(pellucid.optimizers.SGD(0.5), "binary_crossentropy")
        return model

    x, y = make_blobs(100, centers=[[-2, 0], [2, 0]], random_state=0)
    fitted = PellucidClassifier(build, epochs=20, random_state=0).fit(x, y)
    assert fitted.score(x, y) > 0.95
    assert fitted.predict_proba(x).shape == (100, 2)


def test_several_targets_at_once() -> None:
    x, y = make_regression(80, 4, n_targets=2, random_state=0)
    x, y = StandardScaler().fit_transform(x), StandardScaler().fit_transform(y)
    fitted = PellucidRegressor(epochs=100, learning_rate=0.01, random_state=0).fit(x, y)
    assert fitted.predict(x).shape == (80, 2)
    assert fitted.score(x, y) > 0.95


def test_the_perceptron_makes_scikit_learns_mistakes() -> None:
    """The same order of samples, the same weights: a step for every sample on the wrong side."""
    x, y = make_blobs(60, centers=[[-3, 0], [3, 1]], random_state=3)
    theirs = TheirPerceptron(shuffle=False, tol=None, max_iter=50).fit(x, y)
    ours = Perceptron(shuffle=False, epochs=50).fit(x, y)
    assert ours.separable_
    assert ours.mistakes_[-1] == 0
    assert np.allclose(ours.coef_, theirs.coef_)
    assert np.allclose(ours.intercept_, theirs.intercept_)


def test_the_perceptron_tells_no_line_from_no_time() -> None:
    with pytest.warns(ConvergenceWarning, match="no line separates class 1"):
        fitted = Perceptron().fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    assert not fitted.separable_
    with pytest.warns(ConvergenceWarning, match="a line separates class 1 .* not found in 2 passes"):
        fitted = Perceptron(epochs=2, shuffle=False).fit([[100, 0], [100.1, 0], [99.9, 0]], [0, 1, 0])
    assert fitted.separable_
