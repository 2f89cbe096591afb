"""Views of convolutions and recurrent layers, judged: torch's autograd for values and slopes, JAX for fields."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, inside, layers
from pellucid.applications import VGG16
from pellucid.inside.way import Way
from pellucid.tree import tree_map

RNG = np.random.default_rng(21)


def network(layer: Any) -> Sequential:
    model = Sequential([Input((6, 3)), layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    rng = np.random.default_rng(4)
    model.set_weights([rng.normal(0, 0.6, array.shape) for array in model.get_weights()])
    return model


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU", "GRU before"])
def test_what_the_loss_says_to_every_state_and_sum_is_torchs(torch: ModuleType, kind: str) -> None:
    """The unrolled formula in torch, every state and sum of it keeping its gradient."""
    made = {"SimpleRNN": layers.SimpleRNN, "LSTM": layers.LSTM}.get(kind, layers.GRU)
    settings = {"reset_after": False} if kind == "GRU before" else {}
    model = network(made(4, name="r", **settings))
    x, y = RNG.normal(size=(5, 6, 3)), RNG.normal(size=(5, 1))
    seen = inside.trace(model, x, y, dtype="float64")
    (part,) = inside.unroll(model, x, y, dtype="float64")
    tensors = {name: torch.tensor(array) for name, array in part.params.items()}
    kernel, recurrent, bias = tensors["kernel"], tensors["recurrent_kernel"], tensors["bias"]
    inputs = torch.tensor(part.x)
    h = c = torch.zeros(5, 4, dtype=torch.float64, requires_grad=True)
    kept: list[dict[str, Any]] = []

    def cut(sums: Any) -> tuple[Any, ...]:
        parts = sums.split(4, dim=1)
        for one in parts:
            one.retain_grad()
        return parts

    for t in range(6):
        w = inputs[:, t] @ kernel
        if kind == "SimpleRNN":
            (s,) = cut((w + h @ recurrent + bias).requires_grad_())
            h, step = torch.tanh(s), {"s": s}
        elif kind == "LSTM":
            i, f, g, o = cut(w + h @ recurrent + bias)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h, step = torch.sigmoid(o) * torch.tanh(c), {"i": i, "f": f, "g": g, "o": o, "c": c}
        else:
            after = bias.ndim == 2
            m = h @ recurrent + bias[1] if after else h @ recurrent
            w = w + (bias[0] if after else bias)
            z, r = cut(w[:, :8] + m[:, :8])
            gate = torch.sigmoid(r)
            n = w[:, 8:] + (gate * m[:, 8:] if after else (gate * h) @ recurrent[:, 8:])
            n.retain_grad()
            h, step = torch.sigmoid(z) * h + (1 - torch.sigmoid(z)) * torch.tanh(n), {"z": z, "r": r, "n": n}
        for tensor in (h, *((c,) if kind == "LSTM" else ())):
            tensor.retain_grad()
        kept.append({**step, "h": h})
    dense = {name: torch.tensor(array) for name, array in seen.params[model.layers[-1].name].items()}
    loss = ((h @ dense["kernel"] + dense["bias"] - torch.tensor(seen.batch.y[0].astype("float64"))) ** 2).mean()
    loss.backward()
    assert seen.loss == pytest.approx(loss.item(), rel=1e-12)
    for name in ("h", "c") if kind == "LSTM" else ("h",):
        for t in range(6):
            np.testing.assert_allclose(part.states[name][:, t], kept[t][name].detach().numpy(), rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(part.dstates[name][:, t], kept[t][name].grad.numpy(), rtol=1e-10, atol=1e-13)
    for name in part.sums:
        for t in range(6):
            np.testing.assert_allclose(part.sums[name][:, t], kept[t][name].detach().numpy(), rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(part.dsums[name][:, t], kept[t][name].grad.numpy(), rtol=1e-10, atol=1e-13)


def test_a_planted_fault_in_the_way_back_is_found(torch: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is listened to is the layer's own way back: a wrong one shows."""
    own = layers.LSTMCell.step_back

    def faulty(self: Any, *args: Any) -> Any:
        (dh, dc), slopes = own(self, *args)
        return (dh * 1.01, dc), slopes

    monkeypatch.setattr(layers.LSTMCell, "step_back", faulty)
    with pytest.raises(AssertionError):
        test_what_the_loss_says_to_every_state_and_sum_is_torchs(torch, "LSTM")


def convnet() -> tuple[Model, list[tuple[int, ...]]]:
    """Two branches of unlike strides, dilation and padding, joined again."""
    x = Input((13, 11, 2))
    a = layers.Conv2D(3, 3, strides=2, padding="same", activation="tanh", name="a")(x)
    b = layers.Conv2D(3, 3, dilation_rate=2, padding="same", activation="tanh", name="b")(x)
    b = layers.AveragePooling2D(2, padding="same")(b)
    joined = layers.add([a, b])
    model = Model(x, layers.Conv2D(2, 2, activation="tanh", name="last")(joined))
    rng = np.random.default_rng(6)
    model.set_weights([rng.normal(0, 0.5, array.shape) for array in model.get_weights()])
    return model, [(0, 0, 0), (2, 3, 1), (5, 4, 0)]


def in_torch(torch: ModuleType, model: Model, x: Any) -> Any:
    """The same network in torch, up to the last sums; x (1, H, W, C)."""
    F = torch.nn.functional
    kernels = {}
    for name in ("a", "b", "last"):
        kernel, bias = (torch.tensor(w.astype("float64")) for w in model.get_layer(name).get_weights())
        kernels[name] = kernel.permute(3, 2, 0, 1), bias
    image = x.permute(0, 3, 1, 2)
    a = torch.tanh(F.conv2d(F.pad(image, (1, 1, 1, 1)), *kernels["a"], stride=2))
    b = torch.tanh(F.conv2d(F.pad(image, (2, 2, 2, 2)), *kernels["b"], dilation=2))
    b = F.avg_pool2d(b, 2, ceil_mode=True, count_include_pad=False)
    return F.conv2d(a + b, *kernels["last"]).permute(0, 2, 3, 1)


def test_slopes_down_to_the_pixels_are_torchs(torch: ModuleType) -> None:
    model, places = convnet()
    image = RNG.normal(size=(1, 13, 11, 2))
    params = tree_map(lambda array: np.asarray(array, dtype="float64"), model.numbers.params)
    way = Way(model, "last", None, params)
    for place in places:
        x = torch.tensor(image, requires_grad=True)
        z = in_torch(torch, model, x)[(0, *place)]
        z.backward()
        value, slope = way.slope(image, (place,))
        assert value[0] == pytest.approx(z.item(), rel=1e-10)
        np.testing.assert_allclose(slope[0], x.grad.numpy()[0], rtol=1e-9, atol=1e-12)


def test_a_field_is_where_torchs_gradient_is_not_zero(torch: ModuleType) -> None:
    model, places = convnet()
    for place in places:
        x = torch.tensor(RNG.normal(size=(1, 13, 11, 2)), requires_grad=True)
        in_torch(torch, model, x)[(0, *place)].backward()
        field = inside.receptive_field(model, "last", place)
        np.testing.assert_array_equal(next(iter(field.masks.values())), x.grad.numpy()[0] != 0)


def test_a_field_is_where_jaxs_gradient_is_not_zero(jax: ModuleType) -> None:
    """Pools that overlap, a transposed convolution and groups, by JAX's own derivative of our forward."""
    model = Sequential(
        [
            Input((10, 9, 4)),
            layers.Conv2D(4, 3, groups=2, name="g"),
            layers.AveragePooling2D(3, 2),
            layers.Conv2DTranspose(2, 3, strides=2, padding="same"),
            layers.SeparableConv2D(3, 2, name="last"),
        ]
    )
    rng = np.random.default_rng(7)
    model.set_weights([rng.uniform(0.1, 1, array.shape) for array in model.get_weights()])
    from pellucid.engine.passes import run

    graph, numbers = model._graph, model.numbers

    def unit(x: Any, place: tuple[int, ...]) -> Any:
        return run(graph, numbers.params, numbers.state, (x,), caching=False).values["last"][(0, *place)]

    for place in ((0, 0, 0), (3, 2, 1), (4, 3, 2)):
        slope = jax.grad(unit)(jax.numpy.asarray(RNG.normal(size=(1, 10, 9, 4)), dtype="float32"), place)
        field = inside.receptive_field(model, "last", place)
        np.testing.assert_array_equal(next(iter(field.masks.values())), np.asarray(slope)[0] != 0)


def test_every_step_of_a_convolution_is_torchs(torch: ModuleType) -> None:
    image, kernel = RNG.normal(size=(9, 8, 3)), RNG.normal(size=(3, 2, 3))
    found = inside.convolve(image, kernel, bias=0.3, dilation_rate=2, activation="sigmoid")
    wanted = torch.nn.functional.conv2d(
        torch.tensor(image).permute(2, 0, 1)[None], torch.tensor(kernel).permute(2, 0, 1)[None], dilation=2
    )
    wanted = torch.sigmoid(wanted + 0.3)[0, 0].numpy()
    assert found.size == wanted.shape
    np.testing.assert_allclose([pixel.a for pixel in found], wanted.ravel(), rtol=1e-12)


def test_vgg16_is_seen_into_without_its_top() -> None:
    """Its published field of 212 pixels; and an image made for a filter of its third block."""
    model = VGG16(weights=None, include_top=False, input_shape=(None, None, 3))
    fields = {one.layer: one.size for one in inside.receptive_fields(model, size=(224, 224, 3)).layers}
    assert (fields["block1_conv2"], fields["block3_conv3"], fields["block5_conv3"]) == ((5, 5), (40, 40), (196, 196))
    made = inside.maximise(model, "block3_conv1", [0, 7], steps=8, size=(48, 48, 3))
    assert made.images.shape == (2, 24, 24, 3)
    assert (made.final > made.start).all()
