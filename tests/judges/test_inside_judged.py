"""What is seen inside, judged: torch.autograd for dL/d…, JAX for paths, scikit-learn and SciPy for the perceptron."""

from types import ModuleType

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, layers
from pellucid.inside.chain_rule import chain_rule, jacobian
from pellucid.inside.perceptron import learn, separability
from pellucid.inside.trace import Trace, trace

RNG = np.random.default_rng(11)
X = RNG.normal(size=(6, 4))
LABELS = RNG.integers(0, 3, size=6)


def deep_network() -> Sequential:
    model = Sequential(
        [
            layers.Dense(5, activation="tanh", name="one", input_shape=(4,)),
            layers.BatchNormalization(name="norm"),
            layers.Dense(5, activation="sigmoid", name="two"),
            layers.Dense(3, activation="softmax", name="three"),
        ]
    )
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    rng = np.random.default_rng(2)
    model.set_weights([rng.uniform(0.2, 1, size=array.shape) for array in model.get_weights()])
    return model


def test_every_gradient_of_a_trace_is_torchs(torch: ModuleType) -> None:
    seen = trace(deep_network(), X, LABELS, dtype="float64", training=True)
    kept: dict[str, object] = {}

    def leaf(name: str, array: np.ndarray) -> object:
        kept[name] = torch.tensor(array, requires_grad=True)
        return kept[name]

    def note(name: str, tensor: object) -> object:
        tensor.retain_grad()
        kept[name] = tensor
        return tensor

    params = {f"{o}/{p}": leaf(f"{o}/{p}", a) for o, part in seen.params.items() for p, a in part.items()}
    h = note("one", leaf("x", seen.batch.x[0]) @ params["one/kernel"] + params["one/bias"])
    h = note("one/tanh", torch.tanh(h))
    h = torch.nn.functional.batch_norm(
        h, None, None, params["norm/gamma"], params["norm/beta"], training=True, eps=1e-3
    )
    h = note("norm", h)
    h = note("two", h @ params["two/kernel"] + params["two/bias"])
    h = note("two/sigmoid", torch.sigmoid(h))
    z = note("three", h @ params["three/kernel"] + params["three/bias"])
    loss = torch.nn.functional.cross_entropy(z, torch.tensor(LABELS))
    loss.backward()
    assert seen.loss == pytest.approx(loss.item(), rel=1e-12)
    for name in params:
        owner, param = name.split("/")
        np.testing.assert_allclose(seen.grads[owner][param], kept[name].grad.numpy(), atol=1e-12, err_msg=name)
    for value in ("one", "one/tanh", "norm", "two", "two/sigmoid", "three"):
        np.testing.assert_allclose(seen.values[value], kept[value].detach().numpy(), atol=1e-12, err_msg=value)
        np.testing.assert_allclose(seen.dvalues[value], kept[value].grad.numpy(), atol=1e-12, err_msg=value)
    np.testing.assert_allclose(seen["one"].dx[0], kept["x"].grad.numpy(), atol=1e-12)


def test_the_gradient_at_a_softmax_output_is_torchs_where_nothing_is_fused(torch: ModuleType) -> None:
    model = deep_network()
    model.compile(optimizer="sgd", loss="mean_squared_error")
    y = np.eye(3)[LABELS]
    seen = trace(model, X, y, dtype="float64")
    a = torch.tensor(seen["three"].a, requires_grad=True)
    torch.nn.functional.mse_loss(a, torch.tensor(y)).backward()
    np.testing.assert_allclose(seen["three"].da, a.grad.numpy(), atol=1e-13)
    z = torch.tensor(seen["three"].z, requires_grad=True)
    torch.nn.functional.mse_loss(torch.softmax(z, dim=-1), torch.tensor(y)).backward()
    np.testing.assert_allclose(seen["three"].dz, z.grad.numpy(), atol=1e-13)


def _trace_of_branches() -> tuple[Model, Trace]:
    x = Input((4,), name="x")
    left = layers.Dense(3, activation="relu", name="left")(x)
    right = layers.Dense(3, activation="tanh", name="right")(x)
    model = Model(x, layers.Dense(2, name="out")(layers.Multiply(name="both")([left, right])))
    model.compile(optimizer="sgd", loss="mse")
    return model, trace(model, X, RNG.normal(size=(6, 2)), dtype="float64")


def test_the_paths_through_branches_add_up_to_jaxs_gradient(jax: ModuleType, x64: None) -> None:
    model, seen = _trace_of_branches()
    target = np.array(seen.batch.y[0], dtype=np.float64)

    def cost(kernel: object, rows: slice) -> object:
        jnp, p, x = jax.numpy, seen.params, seen.batch.x[0]
        left = jax.nn.relu(x @ kernel + p["left"]["bias"])
        right = jnp.tanh(x @ p["right"]["kernel"] + p["right"]["bias"])
        squares = ((left * right) @ p["out"]["kernel"] + p["out"]["bias"] - target) ** 2
        return squares[rows].sum() / squares.size

    for sample in range(3):
        found = chain_rule(model, X, target, layer="left", weight=(2, 1), sample=sample)
        whole = jax.grad(cost)(seen.params["left"]["kernel"], slice(None))[2, 1]
        assert found.gradient == pytest.approx(float(whole), rel=1e-10, abs=1e-14)
        own = jax.grad(cost)(seen.params["left"]["kernel"], slice(sample, sample + 1))[2, 1]
        paths = sum(path.value for path in found.paths) + found.other_paths
        assert paths == pytest.approx(float(own), rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("name", ["softmax", "tanh", "sigmoid"])
def test_a_jacobian_is_jaxs(jax: ModuleType, x64: None, name: str) -> None:
    layer = layers.Activation(name)
    model = Sequential([layers.Input((5,)), layer])
    seen = trace(model, RNG.normal(size=(1, 5)), dtype="float64")
    node = next(node for node in model.graph.nodes if node.layer is layer)
    expected = jax.jacobian(getattr(jax.nn, name))(seen.values[node.reads[0]][0])
    np.testing.assert_allclose(jacobian(model.graph, node, seen, 0)[node.reads[0]], expected, atol=1e-14)


@pytest.mark.parametrize("seed", range(6))
def test_the_verdict_is_a_linear_programs_and_the_margin_a_support_vector_machines(seed: int) -> None:
    svm, optimize = pytest.importorskip("sklearn.svm"), pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 2))
    y = (x @ [1.0, 1.0] > 0).astype(int)
    x += np.where(y == 1, 0.2, -0.2)[:, None]
    if seed % 2:
        x[0], y[0] = x[y == 1].mean(axis=0), 0
    found = separability(x, y)
    signs = np.where(y == 1, -1.0, 1.0)[:, None]  # is there a plane with sign · (w·x - t) ≤ -1 for all?
    plane = optimize.linprog(np.zeros(3), np.hstack([x, -np.ones((40, 1))]) * signs, -np.ones(40), bounds=(None, None))
    assert found.separable == (plane.status == 0)
    assert learn(x, y, epochs=300).converged == found.separable
    if found.separable:
        machine = svm.SVC(kernel="linear", C=1e6).fit(x, y)
        assert found.margin == pytest.approx(1 / np.linalg.norm(machine.coef_), rel=1e-3)
