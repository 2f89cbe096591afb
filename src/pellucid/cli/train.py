"""`pellucid train`: a shallow network learns to read images, and shows what it has learned."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..arrays import Array
from ..formats.safe_write import replacing
from ..plots import training_picture
from ..random import set_random_seed
from ..terminal import LiveCurves
from . import report
from .images import Images, load_images
from .learning import Learned, Settings, learn, make_network

_EPOCHS = {"digits": 60}
_EPOCHS_ELSEWHERE = 10
_HIDDEN = [64]


def train(
    data: Annotated[
        str, typer.Option(metavar="DATA", help="digits, mnist, fashion_mnist, or an .npz file.")
    ] = "digits",
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Times through the images.", show_default="60 for the digits, else 10"),
    ] = None,
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Images in one step of learning.")] = 32,
    optimizer: Annotated[str, typer.Option(metavar="NAME", help="Keras's name: sgd, adam, rmsprop, ...")] = "adam",
    learning_rate: Annotated[
        float | None, typer.Option(metavar="RATE", help="How far a step goes.", show_default="the optimizer's own")
    ] = None,
    loss: Annotated[str, typer.Option(metavar="NAME", help="Keras's name: mse, ...")] = "categorical_crossentropy",
    hidden: Annotated[
        list[int],
        typer.Option(metavar="N", min=1, help="Neurons of the hidden layer; once more for another layer."),
    ] = _HIDDEN,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Same seed, same result.")] = 1,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go.")] = Path("."),
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Do not draw what was learned.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Keras's log lines instead of curves.")] = False,
) -> None:
    """Train a network on handwritten digits, and show what it has learned.

    The network is a shallow one: a hidden layer of sigmoid neurons, and softmax
    for the classes. It learns from images, is validated after every epoch on a
    tenth of them that is kept apart, and is tested on others in the end.

    It is saved as pellucid-DATA.keras, and a picture of what it has learned as
    pellucid-DATA.png; older files of these names are replaced. Ctrl-C ends the
    learning early and saves what there is.

    An .npz file holds x_train, y_train, x_test and y_test: images, and their
    classes numbered from 0.

    The settings are chosen to learn well. A classic first try, which hardly
    learns, is --data mnist --optimizer sgd --loss mse --batch-size 128
    --epochs 200
    """
    console = Console(highlight=False)
    settings = Settings(
        hidden=tuple(hidden),
        optimizer=optimizer,
        learning_rate=learning_rate,
        loss=loss,
        batch_size=batch_size,
        epochs=epochs or _EPOCHS.get(data, _EPOCHS_ELSEWHERE),
        seed=seed,
    )
    try:
        folder_for(out)
        images = load_images(data)
        set_random_seed(seed)
        model = make_network(images, settings)
        report.introduce(console, images, model, settings)
        live = console.is_terminal and not (verbose or console.is_dumb_terminal or console.options.ascii_only)
        keras_lines = 1 if console.is_terminal else 2
        learned = learn(model, images, settings, 0 if live else keras_lines, [LiveCurves(console)] if live else [])
        code = conclude(console, images, settings, learned, out, not no_picture)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        typer.echo(f"pellucid train: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from None
    raise typer.Exit(code)


def folder_for(out: Path) -> None:
    """Make the folder, and see now, not after the learning, that files can be written there."""
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK):
        raise PermissionError(f"--out: files cannot be written to {out}.")


def conclude(
    console: Console, images: Images, settings: Settings, learned: Learned, out: Path, wants_picture: bool
) -> int:
    """Save what has been learned, test it and show it; returns the exit status."""
    model_file, picture_file = out / f"pellucid-{images.name}.keras", out / f"pellucid-{images.name}.png"
    learned.model.save(model_file)
    probabilities = learned.model.predict(images.x_test, verbose=0)
    taken_for = probabilities.argmax(axis=1)
    console.print()
    report.show_end(console, learned, settings)
    report.show_accuracy(console, int((taken_for == images.y_test).sum()), len(taken_for), learned.seconds)
    if not learned.stopped:
        report.show_confusion(console, images, taken_for)
        report.show_mistakes(console, images, probabilities)
    saved = [f"{model_file}   the network"]
    if wants_picture:
        try:
            save_picture(picture_file, images, settings, learned, probabilities)
            saved.append(f"{picture_file}   a picture of what it has learned")
        except ImportError as error:
            saved.append(f"No picture: {error}")
    report.show_files(console, saved)
    if learned.stopped:
        return 128 + learned.stopped
    report.show_next(console, images, model_file)
    return 1 if learned.trouble else 0


def save_picture(path: Path, images: Images, settings: Settings, learned: Learned, probabilities: Array) -> None:
    """Draw what has been learned, and write it whole or not at all. Raises ImportError without matplotlib."""
    right, total = int((probabilities.argmax(axis=1) == images.y_test).sum()), len(images.y_test)
    neurons = "–".join(str(n) for n in (images.x_train.shape[1], *settings.hidden, len(images.names)))
    figure = training_picture(
        learned.history,
        images.pictures(),
        images.y_test,
        probabilities,
        learned.model.get_weights()[0],
        names=images.names,
        heading=f"{neurons} neurons recognise {right:,} of {total:,} test images ({right / total:.1%})",
        note=report.settings_in_words(learned.model, settings),
    )
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=150)
