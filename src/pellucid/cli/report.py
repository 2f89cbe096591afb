"""What `pellucid train` prints."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..arrays import Array
from ..inside.samples import confusion
from ..sequential import Sequential
from ..terminal import confusion_table, image_row, in_words
from ..terminal.colours import BLUE, ORANGE
from .images import Images
from .learning import Learned, Settings

_DRAWN = 4  # images that it got wrong


def settings_in_words(model: Sequential, settings: Settings) -> str:
    """How the network learns."""
    assert model.optimizer is not None
    rate = float(model.optimizer.learning_rate)
    epochs = "1 epoch" if settings.epochs == 1 else f"{settings.epochs} epochs"
    return (
        f"{settings.optimizer} with learning rate {rate:g}, {settings.loss}, "
        f"batches of {settings.batch_size}, {epochs}, seed {settings.seed}"
    )


def introduce(console: Console, images: Images, model: Sequential, settings: Settings) -> None:
    """The data, the network and the settings."""
    learn, validate, test = (f"{len(part):,}" for part in (images.x_train, images.x_validation, images.x_test))
    neurons = " and ".join(str(n) for n in settings.hidden)
    network = f"{images.x_train.shape[1]} inputs, {neurons} sigmoid neurons, {len(images.names)} softmax"
    _print_rows(
        console,
        ("data", f"{images.source}: {learn} images to learn from, {validate} to validate, {test} to test"),
        ("network", f"{network}: {model.count_params():,} parameters"),
        ("learning", settings_in_words(model, settings)),
    )


def show_end(console: Console, learned: Learned, settings: Settings) -> None:
    """Why the learning ended before its time, if it did."""
    if learned.stopped:
        epoch = len(learned.history["loss"])
        console.print(
            f"Stopped in epoch {epoch} of {settings.epochs}; what has been learned so far is kept.", style=ORANGE
        )
    if learned.trouble:
        console.print(Text(learned.trouble, style=ORANGE))


def show_accuracy(console: Console, right: int, total: int, seconds: float) -> None:
    """The one number that counts."""
    accuracy = Text.assemble("Test accuracy ", (f"{right / total:.1%}", f"bold {BLUE}"))
    console.print(accuracy + f": {right:,} of {total:,} images it had never seen; learned in {seconds:.1f} s.\n")


def show_confusion(console: Console, images: Images, taken_for: Array) -> None:
    """What was taken for what, as a matrix and in words, and some of the images."""
    counts = confusion(images.y_test, taken_for, len(images.names))
    table = confusion_table(counts, images.names)
    if console.measure(table, options=console.options.update(max_width=1000)).minimum <= console.width:
        console.print("Each row is what the images are, each column what they were taken for:")
        console.print(table)
    else:
        console.print(f"(The {len(counts)} by {len(counts)} confusion matrix needs a wider terminal.)")
    console.print(Text("\n" + in_words(counts, images.names) + "\n"))


def show_mistakes(console: Console, images: Images, probabilities: Array) -> None:
    """The mistakes that the network is surest about, drawn."""
    pictures, taken_for = images.pictures(), probabilities.argmax(axis=1)
    wrong = np.flatnonzero(taken_for != images.y_test)
    if pictures is None or not len(wrong):
        return
    sure = probabilities.max(axis=1)
    chosen = wrong[np.argsort(-sure[wrong], kind="stable")][: min(_DRAWN, console.width // 18)]
    captions = [
        Text(f"{images.names[images.y_test[i]]}, taken\nfor {images.names[taken_for[i]]} ({sure[i]:.0%})", style=ORANGE)
        for i in chosen
    ]
    colours = console.color_system is not None and not console.options.ascii_only
    grey = [picture.mean(axis=2) if picture.ndim == 3 else picture for picture in pictures[chosen]]
    console.print("The mistakes that it is surest about:", image_row(grey, captions, colours), "")


def show_files(console: Console, saved: Sequence[str]) -> None:
    """What was saved, a line each."""
    _print_rows(console, *zip(("saved", *[""] * (len(saved) - 1)), saved, strict=True))


def show_next(console: Console, images: Images, model_file: Path) -> None:
    """Commands to go on with, as they can be typed here."""
    command = command_name()
    tries = [
        (f"{command} train --data mnist", "70,000 digits, 11 MB"),
        (f"{command} train --hidden 4", "are 4 neurons enough?"),
        (f"{command} train --epochs 5", "what does patience add?"),
        (f"{command} train --optimizer sgd --loss mse", "why is this so slow?"),
    ]
    if Path("Makefile").is_file() and Path("src", "pellucid").is_dir():
        tries.append(("make test", "are its numbers right?"))
    width = max(len(line) for line, _ in tries)
    fits = width + max(len(why) for _, why in tries) + 4 <= console.width
    console.print("Try next", style="bold")
    for line, why in tries:
        start = f"  {line:{width}}  " if fits else f"  {line}\n      "
        console.print(Text(start).append(why, style=BLUE), soft_wrap=True)
    console.print(Text(f"\nUse the network in Python ({python_name()}):", style="bold"))
    console.print(Text(snippet(images, model_file)), soft_wrap=True)


def snippet(images: Images, model_file: Path) -> str:
    """A program that loads the saved network and lets it look at a test image."""
    size = ", size=28" if images.source == "digits" else ""
    lines = [
        "from pellucid.datasets import load",
        "from pellucid.models import load_model",
        f"model = load_model({str(model_file)!r})",
        f"_, (x, y) = load({images.source!r}{size})",
        f"print(model.predict(x[:1].reshape(1, -1) / {images.scale:g}).round(2), y[0])",
    ]
    return "\n".join("  " + line for line in lines)


def command_name() -> str:
    """How `pellucid` is called from here."""
    path = Path(sys.argv[0])
    return _callable_as("pellucid", path) if path.stem == "pellucid" else "pellucid"


def python_name() -> str:
    """How this Python is called from here."""
    return _callable_as("python", Path(sys.executable))


def _callable_as(name: str, path: Path) -> str:
    """The name, where the shell finds this file by it; otherwise the file's path."""
    found = shutil.which(name)
    if not path.is_file() or (found is not None and Path(found).parent.samefile(path.parent)):
        return name
    path, here = path.absolute(), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _print_rows(console: Console, *rows: tuple[str, str]) -> None:
    """Lines with a bold word in front."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", min_width=8)
    table.add_column()
    for name, text in rows:
        table.add_row(name, Text(text))
    console.print(table, "")
