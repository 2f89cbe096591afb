"""`pellucid look` writes one page that needs nothing else, with every view that applies to a model and its data."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pellucid import Input, Model, Sequential, layers
from pellucid.cli import app
from pellucid.cli.samples import load_samples, read_csv
from pellucid.datasets import digits
from pellucid.errors import DataError, FormatError
from pellucid.inside import Watch, follow
from pellucid.inside.samples import confusion_of
from pellucid.report import VIEWS, Picture, Subject, View, common_views, image_views, make_report, write
from pellucid.report import subject as subject_of_report
from pellucid.terminal.signed import signed_image

pytest.importorskip("matplotlib")

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module", autouse=True)
def small_pictures() -> Iterator[None]:
    """Coarse pictures and surfaces: these tests look at what is there, not at how fine it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "DPI", 30)
        patch.setattr(common_views, "_SIDES", (5,))
        patch.setattr(image_views, "_STEPS", 4)
        yield


def digit_network(**settings: Any) -> Sequential:
    model = Sequential(
        [
            layers.Flatten(input_shape=(8, 8)),
            layers.Dense(6, "relu", name="hidden"),
            layers.Dense(10, "softmax", name="out"),
        ],
        name="digits",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    (x, y), _ = digits.load_data()
    model.fit(x[:200] / np.float32(255), y[:200], epochs=2, verbose=0, **settings)
    return model


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The page and what the terminal showed, for a digit network with its recording."""
    folder = tmp_path_factory.mktemp("look")
    watch = Watch(every=4)
    digit_network(callbacks=[watch]).save(folder / "net.keras")
    assert watch.recording is not None
    watch.recording.save(folder / "net.recording")
    arguments = ["look", str(folder / "net.keras"), "--recording", str(folder / "net.recording")]
    result = CliRunner().invoke(app, [*arguments, "--out", str(folder / "page.html")])
    assert result.exit_code == 0, result.output
    return (folder / "page.html").read_text(encoding="utf-8"), result.output


def test_the_page_loads_and_runs_nothing(made: tuple[str, str]) -> None:
    page = Page(made[0])
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:image/(?:png|gif);base64,)""", made[0])
    assert not re.findall(r"@import|url\(", made[0])
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    policy = next(meta for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in str(policy["content"])


def test_the_page_can_be_read_without_its_pictures_and_on_a_phone(made: tuple[str, str]) -> None:
    page = Page(made[0])
    assert page.all("html") == [{"lang": "en"}]
    assert any(meta.get("name") == "viewport" for meta in page.all("meta"))
    pictures = page.all("img")
    assert len(pictures) >= 10
    assert all(len(picture["alt"] or "") > 30 for picture in pictures)
    contents = [(link["href"] or "")[1:] for link in page.all("a")]
    assert contents == [heading["id"] for heading in page.all("h2")]
    assert "prefers-color-scheme: dark" in made[0]


def test_every_view_that_applies_is_on_the_page_and_none_failed(made: tuple[str, str]) -> None:
    headings = [heading["id"] for heading in Page(made[0]).all("h2")]
    mine = [
        "layers",
        "journey",
        "graph",
        "weights",
        "curves",
        "activations",
        "saturation",
        "speed",
        "surface",
        "representation",
    ]
    mine += ["features", "confusion", "hardest", "duplicates"]
    assert [name for name in mine if name not in headings] == []
    assert "Left out" not in made[1]


def test_the_terminal_shows_the_essentials(made: tuple[str, str]) -> None:
    for words in ("Total params", "accuracy", "Most often confused", "Saturation", "Learning speed", "6 of 6 units"):
        assert words in made[1]


KINDS: dict[str, tuple[Callable[[], list[Any]], Any, Any]] = {
    "regression": (
        lambda: [layers.Dense(4, "tanh", input_shape=(3,)), layers.Dense(1)],
        RNG.normal(size=(30, 3)),
        RNG.normal(size=30),
    ),
    "two units": (
        lambda: [layers.Dense(2, "tanh", input_shape=(2,)), layers.Dense(1, "sigmoid")],
        RNG.normal(size=(30, 2)),
        RNG.integers(0, 2, 30),
    ),
    "words": (
        lambda: [layers.Embedding(9, 4, input_length=5), layers.LSTM(3), layers.Dense(1, "sigmoid")],
        RNG.integers(0, 9, (30, 5)),
        RNG.integers(0, 2, 30),
    ),
    "images": (
        lambda: [
            layers.Conv2D(3, 3, activation="relu", input_shape=(6, 6, 1)),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(2, "softmax"),
        ],
        RNG.normal(size=(30, 6, 6, 1)),
        RNG.integers(0, 2, 30),
    ),
    "no answers": (lambda: [layers.Dense(2, input_shape=(2,))], RNG.normal(size=(30, 2)), None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_models_of_all_kinds_are_looked_at_without_a_failing_view(kind: str) -> None:
    parts, x, y = KINDS[kind]
    network = Sequential(parts())
    losses = {"regression": "mse", "images": "sparse_categorical_crossentropy"}
    if y is not None:
        network.compile("sgd", losses.get(kind, "binary_crossentropy"))
    subject = Subject(network, x.astype("float32"), y)
    shown = {view.heading for view in VIEWS if list(view.draw(subject))}
    wanted = {"images": ["Kernels", "Feature maps", "Receptive fields", "What units see"], "words": ["Through time"]}
    wanted["two units"] = ["Grid warp"]
    assert {"Units and weights", *wanted.get(kind, [])} <= shown


def test_a_view_that_fails_costs_only_itself() -> None:
    def fail(subject: Subject) -> list[Picture]:
        raise RuntimeError("no luck <b>")

    def speak(subject: Subject) -> list[Picture]:
        return [Picture(None, blocks=("Hello.",))]

    views = (View("a", "Bad", "", fail), View("b", "Good", "", speak), View("c", "None", "", lambda subject: []))
    made = make_report(Subject(None, np.zeros((1, 2))), "T", views=views)
    assert made.left_out == ("Bad: no luck <b>",)
    assert made.shown == ("Good",)
    assert "no luck &lt;b&gt;" in made.html
    assert "Hello." in made.html


def test_ctrl_c_leaves_a_whole_page_of_what_was_drawn_before_it() -> None:
    def stop(subject: Subject) -> list[Picture]:
        raise KeyboardInterrupt

    def speak(subject: Subject) -> list[Picture]:
        return [Picture(None, blocks=("Hello.",))]

    told: list[tuple[str, int, int]] = []
    views = (View("a", "One", "", speak), View("b", "Two", "", stop), View("c", "Three", "", speak))
    made = make_report(Subject(None, np.zeros((1, 2))), "T", views=views, progress=lambda *words: told.append(words))
    assert made.stopped
    assert made.shown == ("One",)
    assert made.html.endswith("</html>\n")
    assert "Two, and what comes after it: stopped by hand" in made.html
    assert told == [("One", 1, 3), ("Two", 2, 3)]
    with pytest.raises(KeyboardInterrupt):
        make_report(Subject(None, np.zeros((1, 2))), "T", views=views[1:])


def test_a_model_of_two_inputs_is_looked_at_with_an_array_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    left, right = Input((3,), name="left"), Input((2,), name="right")
    both = layers.Concatenate()([layers.Dense(4, "tanh")(left), layers.Dense(4, "relu")(right)])
    model = Model([left, right], layers.Dense(2, "softmax")(both))
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.save("two.keras")
    arrays = {"left": RNG.normal(size=(30, 3)), "right": RNG.normal(size=(30, 2)), "y": RNG.integers(0, 2, 30)}
    np.savez("good.npz", **arrays)
    np.savez("short.npz", **{**arrays, "right": arrays["right"][:9]})
    result = CliRunner().invoke(app, ["look", "two.keras", "--data", "good.npz"])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "two.html").read_text(encoding="utf-8")
    headings = {heading["id"] for heading in Page(page).all("h2")}
    wanted = {"graph", "activations", "speed", "surface", "representation", "confusion", "hardest"}
    assert wanted <= headings
    assert "left-out" not in headings
    assert "right (input)" in page
    for more, words in (([], "called left, right"), (["--data", "short.npz"], "equally many samples, got 9, 30")):
        result = CliRunner().invoke(app, ["look", "two.keras", *more])
        assert result.exit_code == 2
        assert words in result.stderr


def test_a_journey_names_a_class_only_where_there_are_classes() -> None:
    def headings(*parts: Any) -> tuple[str, str]:
        model = Sequential([layers.Flatten(input_shape=(6, 6)), *parts])
        figure = image_views.journey_picture(follow(model, RNG.random((1, 6, 6))))
        return figure.get_suptitle(), figure.axes[-1].get_xlabel()

    assert "takes it for" in headings(layers.Dense(4, "softmax"))[0]
    assert headings(layers.Dense(36, "sigmoid")) == ("From the input to the last layer", "36")
    assert headings(layers.Dense(4)) == ("From the input to the last layer", "4 units")


def test_a_network_too_large_for_all_samples_is_looked_at_with_some_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = Sequential([layers.Flatten(input_shape=(8, 8)), layers.Dense(6, "relu"), layers.Dense(10, "softmax")])
    network.compile("sgd", "sparse_categorical_crossentropy")
    x, y = RNG.normal(size=(60, 8, 8)).astype("float32"), RNG.integers(0, 10, 60)
    monkeypatch.setattr(subject_of_report, "ROOM", 3200)
    monkeypatch.setattr(common_views, "ROOM", 4 * 700)
    subject = Subject(network, x, y)
    few = subject.few(500)
    assert 1 < few < 32
    assert f"look at the first {few} samples" in subject.facts()[0]
    pictures = [picture for view in VIEWS for picture in view.draw(subject)]
    words = [block for picture in pictures for block in picture.blocks if isinstance(block, str)]
    assert any("layers are left out: they make too many numbers" in line for line in words)
    np.testing.assert_array_equal(subject.confusion, confusion_of(network, x, y))
    assert subject.answers[0] == pytest.approx(network.predict(x, verbose=0), abs=1e-6)


def save(model: Sequential, path: Path) -> str:
    model.save(path)
    return str(path)


def test_samples_come_from_npy_npz_and_csv_files(tmp_path: Path) -> None:
    model = Sequential([layers.Dense(2, "softmax", input_shape=(3,))])
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = RNG.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "two.npz", x=x, y=y)
    np.savez(tmp_path / "four.npz", x_train=x[:3], y_train=y[:3], x_test=x[3:], y_test=y[3:])
    np.savetxt(tmp_path / "bare.csv", np.c_[x, y], delimiter=",")
    np.savetxt(tmp_path / "named.csv", np.c_[y, x], delimiter=";", header="Label;a;b;c", comments="")
    assert load_samples(str(tmp_path / "x.npy"), model, None).y is None
    for name in ("two.npz", "bare.csv", "named.csv"):
        found = load_samples(str(tmp_path / name), model, None)
        np.testing.assert_allclose(found.x, x, rtol=1e-6)
        np.testing.assert_array_equal(found.y, y)
        assert found.x_train is None
    both = load_samples(str(tmp_path / "four.npz"), model, None)
    assert (both.x.shape, both.x_train.shape) == ((2, 3), (3, 3))  # type: ignore[union-attr]


def test_bad_csv_files_are_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,cat\n")
    with pytest.raises(FormatError, match="line 3 holds 'cat'"):
        read_csv(str(tmp_path / "a.csv"), None)
    (tmp_path / "b.csv").write_text("1,2\n3\n")
    with pytest.raises(FormatError, match="line 2 has 1 columns"):
        read_csv(str(tmp_path / "b.csv"), None)
    (tmp_path / "c.csv").write_text("a,b\n")
    with pytest.raises(FormatError, match="no line of numbers"):
        read_csv(str(tmp_path / "c.csv"), None)


def test_digits_are_taken_where_they_fit_in_the_models_size() -> None:
    small = load_samples(None, Sequential([layers.Dense(2, input_shape=(64,))]), None)
    large = load_samples(None, Sequential([layers.Conv2D(2, 3, input_shape=(28, 28, 1))]), None)
    assert (small.x.shape[1:], large.x.shape[1:]) == ((64,), (28, 28, 1))
    assert small.x.max() <= 1
    with pytest.raises(DataError, match="give samples with --data"):
        load_samples(None, Sequential([layers.Dense(2, input_shape=(13,))]), None)
    with pytest.raises(DataError, match="give samples with --data"):
        load_samples(None, Sequential([layers.Conv2D(2, 3, input_shape=(8, 8, 3))]), None)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--data", "none.npz"], "none.npz"),
        (["--data", "wrong.npy"], "takes samples shaped"),
        (["--out", "nowhere/page.html"], "no folder"),
        (["--recording", "net.keras"], "recording"),
        (["--recording", "none.recording"], "no file none.recording"),
        (["--recording", "other.recording"], "is of another network, wider"),
    ],
)
def test_errors_are_one_line_and_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    save(Sequential([layers.Dense(2, input_shape=(64,))]), tmp_path / "net.keras")
    np.save("wrong.npy", np.zeros((3, 5)))
    wider, watch = Sequential([layers.Dense(3, input_shape=(64,))], name="wider"), Watch(every=1)
    wider.compile("sgd", "mse")
    wider.fit(np.zeros((2, 64)), np.zeros((2, 3)), verbose=0, callbacks=[watch])
    assert watch.recording is not None
    watch.recording.save("other.recording")
    result = CliRunner().invoke(app, ["look", "net.keras", *more])
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("*.html"))


def test_a_model_saved_before_compile_is_looked_at_without_its_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save(Sequential([layers.Dense(10, "softmax", input_shape=(64,))]), tmp_path / "net.keras")
    result = CliRunner().invoke(app, ["look", "net.keras"])
    assert result.exit_code == 0, result.output
    headings = [heading["id"] for heading in Page((tmp_path / "net.html").read_text(encoding="utf-8")).all("h2")]
    assert "confusion" in headings
    assert "surface" not in headings


def test_signed_numbers_are_told_apart_without_colours() -> None:
    text = signed_image(np.array([[1.0, -1.0], [1.0, -1.0]]), colours=False).plain
    assert text[0] != text[1]
    wide = signed_image(np.where(np.arange(200) == 150, -1.0, 0.0)[None], colours=False, width=50).plain
    assert len(wide) == 50
    assert len(wide.strip()) == 1


def test_words_on_the_page_cannot_become_markup() -> None:
    made = make_report(Subject(None, np.zeros((1, 2))), "<i>title", ["<b>fact"], views=())
    assert "<i>" not in made.html
    assert "<b>" not in made.html
    assert "&lt;b&gt;fact" in made.html
