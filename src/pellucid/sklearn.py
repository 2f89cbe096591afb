"""Networks as scikit-learn estimators: in a Pipeline, in GridSearchCV, cloned and pickled by scikit-learn's rules.

    PellucidClassifier, PellucidRegressor   a network of dense layers, or one that you build
    Perceptron                              Rosenblatt's rule, one mistake at a time

scikit-learn is needed here and nowhere else: pip install 'pellucid[sklearn]'.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data
except ImportError as missing:
    raise ImportError("pellucid.sklearn needs scikit-learn: pip install 'pellucid[sklearn]'") from missing

from . import optimizers
from .errors import positive_int
from .layers.dense import Dense
from .layers.input import Input
from .model import Model
from .random import key, keys_from
from .sequential import Sequential

__all__ = ["PellucidClassifier", "PellucidRegressor", "Perceptron"]


@contextmanager
def _random_numbers(random_state: Any) -> Iterator[None]:
    """Within the block, weights and shuffles come from this random_state, not from the program's stream."""
    with keys_from(key(int(check_random_state(random_state).randint(2**31)))):
        yield


class _Network(BaseEstimator):
    """What classifier and regressor share: a network, trained; `model_` is an ordinary Model."""

    def __init__(
        self,
        model: Callable[[int, int], Model] | None = None,
        hidden_layers: Sequence[int] = (100,),
        activation: Any = "relu",
        optimizer: Any = "adam",
        learning_rate: float | None = None,
        epochs: int = 100,
        batch_size: int = 32,
        random_state: Any = None,
        verbose: Any = 0,
    ) -> None:
        self.model = model
        self.hidden_layers = hidden_layers
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.verbose = verbose

    def _made(self, inputs: int, outputs: int, dtype: str, last: str, loss: str) -> Model:
        """A fresh network, compiled."""
        if self.model is not None:
            made = self.model(inputs, outputs)
            if not isinstance(made, Model):
                raise TypeError(f"model must be a function (inputs, outputs) that returns a Model, it gave {made!r}.")
        else:
            sizes = [positive_int(units, "hidden_layers") for units in self.hidden_layers]
            made = Sequential([Input((inputs,), dtype=dtype, name="features")], name="network")
            for i, units in enumerate(sizes, 1):
                made.add(Dense(units, activation=self.activation, dtype=dtype, name=f"hidden_{i}"))
            made.add(Dense(outputs, activation=last, dtype=dtype, name="outputs"))
        if not made.compiled:
            made.compile(self._fresh_optimizer(), loss)
        return made

    def _fresh_optimizer(self) -> Any:
        """An optimizer of our own: a setting is never changed by training."""
        chosen = optimizers.get(self.optimizer)
        fresh = type(chosen).from_config(chosen.get_config())
        if self.learning_rate is not None:
            fresh.learning_rate = self.learning_rate
        return fresh

    def _train(self, x: np.ndarray, targets: np.ndarray) -> None:
        epochs = positive_int(self.epochs, "epochs")
        history = self.model_.fit(x, targets, batch_size=self.batch_size, epochs=epochs, verbose=self.verbose)
        self.loss_curve_ = list(history.history["loss"])
        self.n_iter_ = len(self.loss_curve_)

    def _outputs(self, x: Any) -> np.ndarray:
        """What the network gives for checked x, (samples, outputs)."""
        check_is_fitted(self)
        x = validate_data(self, x, dtype=(np.float64, np.float32), reset=False)
        return self.model_.predict(x, batch_size=max(self.batch_size, 256), verbose=0)


class PellucidClassifier(ClassifierMixin, _Network):
    """A network that tells classes apart.

    Args:
        model: a function (inputs, outputs) that builds your own network, compiled or not; by default dense layers.
        hidden_layers: units of each hidden layer.
        activation: of the hidden layers.
        optimizer: name or instance.
        learning_rate: of the optimizer; its own by default.
        epochs, batch_size: of the training.
        random_state: seed for weights and shuffles, a RandomState, or None.
        verbose: as in `fit` of a model.

    Attributes: `classes_`, `model_` (the Model), `loss_curve_` (by epoch), `n_iter_`, `n_features_in_`.

    >>> features = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> xor = PellucidClassifier(None, (8,), "tanh", learning_rate=0.05, random_state=0)
    >>> xor.fit(features, ["same", "other", "other", "same"]).predict([[1, 0]])
    array(['other'], dtype='<U5')
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train a fresh network on rows of features X and their classes y."""
        X, y = validate_data(self, X, y, dtype=(np.float64, np.float32))
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        self.classes_, places = np.unique(y, return_inverse=True)
        with _random_numbers(self.random_state):
            loss = "sparse_categorical_crossentropy"
            self.model_ = self._made(X.shape[1], len(self.classes_), X.dtype.name, "softmax", loss)
            slot = self.model_.target_slots()[0]
            one_hot = np.eye(len(self.classes_), dtype="float32")
            if slot.kind != "labels" and slot.shape[-1] == 1:
                places = places[:, None]
            self._train(X, places if slot.kind == "labels" or slot.shape[-1] == 1 else one_hot[places])
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """The share of each class, (samples, classes), in the order of `classes_`."""
        shares = self._outputs(X)
        return np.hstack([1 - shares, shares]) if shares.shape[1] == 1 < len(self.classes_) else shares

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each row."""
        shares = self.predict_proba(X)
        return self.classes_[shares.argmax(axis=1)]


class PellucidRegressor(RegressorMixin, _Network):
    """A network that predicts numbers, one or several for each row. Bring targets to a scale near 1.

    Settings and attributes are those of PellucidClassifier, without classes.
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train a fresh network on rows of features X and their targets y, (samples,) or (samples, outputs)."""
        X, y = validate_data(self, X, y, dtype=(np.float64, np.float32), multi_output=True, y_numeric=True)
        y = np.asarray(y, dtype=X.dtype)
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        self._flat = y.ndim == 1
        with _random_numbers(self.random_state):
            self.model_ = self._made(X.shape[1], self.n_outputs_, X.dtype.name, "linear", "mean_squared_error")
            self._train(X, y.reshape(len(y), -1))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The prediction for each row, in the form that y had."""
        values = self._outputs(X)
        return values[:, 0] if self._flat else values

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class Perceptron(ClassifierMixin, BaseEstimator):
    """Rosenblatt's perceptron: whenever a sample lies on the wrong side, turn the line towards it.

        on a mistake    w += rate · y · x        y is +1 or -1
                        b += rate · y

    It ends when one pass makes no mistake, which it does if and only if a line separates the classes. If it does not
    end within `epochs`, a linear program decides whether there is such a line, and a ConvergenceWarning says so. More
    than two classes: one line each, against all others.

    Args:
        learning_rate: length of a step.
        epochs: passes over the samples, at most.
        shuffle: whether to take the samples in a new order each pass.
        random_state: seed for these orders.

    Attributes: `coef_` (lines, features), `intercept_`, `classes_`, `n_iter_` (passes made), `mistakes_` (by pass, of
    all lines together), `separable_` (whether the classes can be separated by lines).

    Source: Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain",
    Psychological Review 65 (1958); Novikoff, "On convergence proofs on perceptrons" (1962).

    >>> points = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> Perceptron(shuffle=False).fit(points, [0, 0, 0, 1]).mistakes_          # and
    [2, 3, 3, 2, 2, 3, 2, 1, 0]
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     Perceptron().fit(points, [0, 1, 1, 0]).separable_                   # exclusive or
    False
    >>> print(said[0].message)
    Perceptron: no line separates class 1 from the others; the rule would never end. Stopped after 100 passes.
    """

    def __init__(
        self, learning_rate: float = 1.0, epochs: int = 100, shuffle: bool = True, random_state: Any = None
    ) -> None:
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.shuffle = shuffle
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Learn the lines from rows of features X and their classes y."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        epochs = positive_int(self.epochs, "epochs")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate!r}.")
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError("Perceptron needs at least two classes, got one class.")
        against = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        random = check_random_state(self.random_state)
        lines = [self._line(X, np.where(y == each, 1.0, -1.0), epochs, random) for each in against]
        self.coef_ = np.stack([weights for weights, _, _ in lines])
        self.intercept_ = np.array([bias for _, bias, _ in lines])
        self.n_iter_ = max(len(mistakes) for _, _, mistakes in lines)
        self.mistakes_ = [sum(m[i] for _, _, m in lines if i < len(m)) for i in range(self.n_iter_)]
        self.separable_ = True
        for each, (_, _, mistakes) in zip(against, lines, strict=True):
            if mistakes[-1]:
                self._tell(each, X, np.where(y == each, 1.0, -1.0))
        return self

    def _line(self, X: np.ndarray, signs: np.ndarray, epochs: int, random: Any) -> tuple[np.ndarray, float, list[int]]:
        """Weights and bias of one line, and its mistakes in each pass."""
        weights, bias, mistakes = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            mistakes.append(0)
            for i in random.permutation(len(X)) if self.shuffle else range(len(X)):
                if signs[i] * (X[i] @ weights + bias) <= 0:
                    weights = weights + self.learning_rate * signs[i] * X[i]
                    bias += self.learning_rate * signs[i]
                    mistakes[-1] += 1
            if not mistakes[-1]:
                break
        return weights, bias, mistakes

    def _tell(self, each: Any, X: np.ndarray, signs: np.ndarray) -> None:
        """Say why a line was not found: there is none, or there was not time enough."""
        self.separable_ &= (exists := _line_exists(X, signs))
        if exists:
            reason = f"a line separates class {each} from the others, but was not found in {self.epochs} passes. "
            reason += "Raise epochs, or scale the features."
        else:
            reason = f"no line separates class {each} from the others; the rule would never end. "
            reason += f"Stopped after {self.epochs} passes."
        warnings.warn(f"Perceptron: {reason}", ConvergenceWarning, stacklevel=3)

    def decision_function(self, X: Any) -> np.ndarray:
        """How far each row lies on the side of class 1, (samples,); with several classes (samples, classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        scores = X @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: Any) -> np.ndarray:
        """The class of each row."""
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]


def _line_exists(X: np.ndarray, signs: np.ndarray) -> bool:
    """Whether some weights and bias give every sample its sign: sign · (x·w + b) >= 1, a linear program."""
    from scipy.optimize import linprog

    rows = -signs[:, None] * np.hstack([X, np.ones((len(X), 1))])
    answer = linprog(np.zeros(rows.shape[1]), A_ub=rows, b_ub=-np.ones(len(X)), bounds=(None, None), method="highs")
    return bool(answer.success)
