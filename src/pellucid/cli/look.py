"""`pellucid look`: a saved network from the inside, as one HTML file and, the essentials, in the terminal."""

import io
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.columns import Columns
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ..formats.safe_write import replacing
from ..inside import Recording
from ..inside.saturation import saturation
from ..models import load_model
from ..report import Subject, make_report
from ..terminal import in_words
from ..terminal.colours import BLUE, ORANGE
from ..terminal.explained import Drawn
from ..terminal.signed import signed_image
from .samples import Samples, load_samples

_UNITS = 12  # of the first layer, drawn in the terminal
_ENOUGH = 1_000_000  # weights that tell how large nearly all are
_MATRIX = 48  # columns of a matrix in the terminal


def look(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A network saved as .keras or .h5.")],
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="digits, mnist, fashion_mnist, or an .npz, .npy or .csv file.",
            show_default="the digits, if they fit",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The report.", show_default="MODEL's name with .html, here")
    ] = None,
    recording: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Its training, as watch.recording.save(FILE) wrote it."),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(metavar="NUMBER", help="What inputs are divided by.", show_default="255 for bytes, else 1"),
    ] = None,
) -> None:
    """Look inside a network: everything in one HTML file, the essentials here.

    The report needs no other file, no script and no network. An .npz file holds
    x_train, y_train, x_test and y_test, or x and y; in a CSV file a line is a
    sample, and the answers stand in a column called label, y, class or target,
    or in the last one. The file of the model stays as it is.
    """
    console = Console(highlight=False)
    out = Path(f"{model.stem}.html") if out is None else out
    try:
        if not out.parent.is_dir():
            raise FileNotFoundError(f"--out: there is no folder {out.parent}.")
        with _Status(console) as status:
            status.told(f"Reading {model.name}")
            network = load_model(model)
            samples = load_samples(data, network, scale)
            watched = None if recording is None else recording_of(recording, network)
            subject = Subject(network, samples.x, samples.y, samples.x_train, samples.y_train, recording=watched)
            status.told(f"Asking the network about {subject.count:,} samples")
            show_essentials(console, subject, samples.source)
            facts = [*facts_of(model, network, samples), *subject.facts()]
            made = make_report(subject, f"Inside {network.name}", facts, progress=status.drawing)
        with replacing(out) as file:
            file.write(made.html.encode("utf-8"))
    except BrokenPipeError:
        raise
    except (OSError, ValueError, ImportError) as error:
        typer.echo(f"pellucid look: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from None
    for line in made.left_out:
        console.print(Text(f"Left out: {line}", style=ORANGE))
    if made.stopped:
        console.print(Text("Stopped by hand: the report holds what was drawn before that.", style=ORANGE))
    size = out.stat().st_size / 1e6
    console.print(Text.assemble("Report: ", (str(out), f"bold {BLUE}"), f", {len(made.shown)} views, {size:.1f} MB"))
    if made.stopped:
        raise typer.Exit(130)


def recording_of(path: Path, network: Any) -> Recording:
    """A saved recording of this network's training.

    Raises FileNotFoundError, or ValueError where it is of another network.
    """
    if not path.exists():
        raise FileNotFoundError(f"--recording: there is no file {path}.")
    found = Recording.load(path)
    latest = found.latest
    mine = sorted(np.shape(weight) for part in network.numbers.params.values() for weight in part.values())
    if latest is None or sorted(weight.shape for weight in latest.part("weights").values()) != mine:
        raise ValueError(
            f"--recording: {path} is of another network, {found.description.get('model')}: its weights are shaped "
            "otherwise."
        )
    return found


def facts_of(path: Path, model: Any, samples: Samples) -> list[str]:
    """What the report says under its title."""
    answers = "" if samples.y is None else " with answers"
    lines = [f"{path.name}: {model.count_params():,} parameters in {len(model.layers)} layers."]
    count = len(samples.x[0] if isinstance(samples.x, list) else samples.x)
    lines.append(f"Looked at with {count:,} samples{answers} ({samples.source}).")
    return lines


def show_essentials(console: Console, subject: Subject, source: str) -> None:
    """The layers, what is right, saturation, learning speed, and the weights.

    source   where the samples are from, in words
    """
    model, speed = (
        subject.model,
        subject.speed,
    )  # the speed first: it wants the most memory, and nothing else is held yet
    text = io.StringIO()
    model.summary(print_fn=lambda line, line_break=False: text.write(f"{line}\n"))
    console.print(Text(text.getvalue().rstrip()), soft_wrap=True)
    console.print(Text(f"\nsamples   {subject.count:,}, {source}"))
    counts = subject.confusion
    if counts is not None:
        right, total = int(np.trace(counts)), int(counts.sum())
        words = in_words(counts, [str(i) for i in range(len(counts))])
        rate = Text.assemble((f"{right / total:.1%}", f"bold {BLUE}"), f": {right:,} of {total:,}. {words}")
        line = Table.grid(padding=(0, 2))
        line.add_row("accuracy", rate)
        console.print(line)
    x, y = subject.some()
    if y is not None:
        loss = model.evaluate(x, y, verbose=0)
        console.print(Text(f"loss      {loss[0] if isinstance(loss, list) else loss:.4g}"))
    console.print()
    flat = saturation(model, x)
    if flat.layers:
        console.print(Drawn(flat))
    if speed is not None:
        console.print(Drawn(speed), "")
    show_weights(console, subject)


def show_weights(console: Console, subject: Subject) -> None:
    """Each kernel of a dense or convolutional layer, in blocks; the first layer's units as images where that fits."""
    colours = console.color_system is not None and not console.options.ascii_only
    for place, layer in enumerate(each for each in subject.model.leaf_layers() if each.count_params()):
        weights = np.asarray(layer.get_weights()[0])
        if weights.ndim < 2:
            continue
        shape, units = subject.image_shape, weights.shape[-1]
        some = weights.reshape(-1)[:: max(1, weights.size // _ENOUGH)]
        limit = float(np.quantile(np.abs(some), 0.99)) or 1.0
        if place == 0 and weights.ndim == 2 and shape is not None and weights.shape[0] == int(np.prod(shape)):
            shown = min(units, _UNITS)
            images = [weights[:, i].reshape(*shape[:2], -1).sum(axis=2) for i in range(shown)]
            drawn: Any = Columns([signed_image(image, colours, limit, 14) for image in images], padding=(0, 1))
            words = f"{layer.name}: the weights of {shown} of {units} units, as images"
        else:
            matrix = weights.reshape(-1, units)
            drawn = signed_image(matrix if units >= len(matrix) else matrix.T, colours, limit, _MATRIX)
            across = "units" if units >= len(matrix) else "inputs"
            words = f"{layer.name}: {len(matrix):,}×{units:,} weights, {across} across"
        console.print(Group(Text(words, style="bold"), drawn, ""))
    console.print(Text.assemble("(", ("blue", BLUE), " or +: for; ", ("orange", ORANGE), " or -: against)\n"))


class _Status:
    """A line that tells what is being done, while it is being done; in a terminal only."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Any = None

    def told(self, words: str) -> None:
        if self._status is not None:
            self._status.update(f"{words} …")

    def drawing(self, heading: str, number: int, count: int) -> None:
        self.told(f"Drawing {number} of {count}: {heading}")

    def __enter__(self) -> "_Status":
        if self._console.is_terminal:
            self._status = self._console.status("Looking …")
            self._status.start()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._status is not None:
            self._status.stop()
