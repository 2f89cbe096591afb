"""TensorBoard: metrics, weights and kernels as files that TensorBoard shows. TensorFlow is not needed."""

import os
import time
import warnings
from typing import Any

import numpy as np

from .. import data
from ..arrays import Array
from ..engine.passes import run
from ..tree import leaves
from .callback import Callback, Logs
from .event_file import EventFile

SEEN = 256  # validation samples at most whose way through the network is drawn
_OLDER = {"batch_size", "write_grads", "embeddings_layer_names", "embeddings_data"}  # accepted, and without effect


class TensorBoard(Callback):
    """Writes event files: log_dir/train and log_dir/validation. See them with `tensorboard --logdir logs`.

    Args:
        log_dir: the folder.
        histogram_freq: histograms every so many epochs, of the weights, and, where the validation data are arrays, of
            what each layer makes of their first samples; 0 for none.
        write_graph: write the network, for the Graphs page.
        write_images: write the weights as pictures, too, whenever their histograms are written.
        write_steps_per_second: write how many training steps a second takes.
        update_freq: "epoch", or a number of batches ("batch" is 1): metrics are written every so many batches, too.
        profile_batch, embeddings_freq, embeddings_metadata: not offered; setting them warns.

    Tags: epoch_<metric> by epoch, batch_<metric> by batch since the training began, evaluation_<metric>_vs_iterations
    by update, <layer>/<weight>/histogram and …/image, and <layer>/out/histogram by epoch.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: int | str | tuple[int, int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
        **older: Any,
    ) -> None:
        super().__init__()
        unknown = sorted(set(older) - _OLDER)
        if unknown:
            raise TypeError(f"TensorBoard: unknown argument {unknown[0]!r}.")
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        if isinstance(update_freq, str) and update_freq not in ("epoch", "batch"):
            raise ValueError(f"TensorBoard: update_freq must be 'epoch', 'batch' or a number, got {update_freq!r}.")
        self.update_freq = 1 if update_freq == "batch" else update_freq
        for name, value in (("profile_batch", profile_batch), ("embeddings_freq", embeddings_freq)):
            if value:
                warnings.warn(f"TensorBoard: {name}={value!r} is ignored, it is not offered here.", stacklevel=2)
        self._files: dict[str, EventFile] = {}
        self._batches = 0  # since the training began
        self._written = (0, 0.0)  # batches and the time when batch metrics were last written
        self._epoch_began = (0, 0.0)  # updates and the time then

    def watches(self, moment: str) -> bool:
        if moment == "on_train_batch_end" and self.update_freq == "epoch":
            return False
        return super().watches(moment)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._batches = 0
        self._written = (0, time.perf_counter())
        self._epoch_began = (self._iterations(), time.perf_counter())
        if self.write_graph:
            self._network()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if not isinstance(self.update_freq, int) or self._batches % self.update_freq:
            return
        values = dict(logs or {})
        if self.write_steps_per_second:
            before, then = self._written
            self._written = (self._batches, time.perf_counter())
            values["steps_per_second"] = (self._batches - before) / (self._written[1] - then)
        self._scalars("train", "batch_{}", values, self._batches)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch_began = (self._iterations(), time.perf_counter())

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        validation = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
        if train:
            train["learning_rate"] = float(self.model.optimizer.learning_rate)
            if self.write_steps_per_second:
                steps, then = self._epoch_began
                train["steps_per_second"] = (self._iterations() - steps) / (time.perf_counter() - then)
        self._scalars("train", "epoch_{}", train, epoch)
        self._scalars("validation", "epoch_{}", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._weights(epoch)
            self._outputs(epoch)
        for file in self._files.values():
            file.flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        if getattr(self.model, "optimizer", None) is not None:
            self._scalars("validation", "evaluation_{}_vs_iterations", logs or {}, self._iterations())
            if "validation" in self._files:
                self._files["validation"].flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        for file in self._files.values():
            file.flush()
        self._files = {}

    def get_state(self) -> dict[str, Any]:
        return {"batches": self._batches}

    def set_state(self, state: dict[str, Any]) -> None:
        self._batches = state["batches"]
        self._written = (self._batches, time.perf_counter())

    def _file(self, part: str) -> EventFile:
        """The event file of "train" or "validation", begun when there is something to write."""
        if part not in self._files:
            self._files[part] = EventFile(os.path.join(self.log_dir, part))
        return self._files[part]

    def _iterations(self) -> int:
        return int(self.model.optimizer.iterations)

    def _scalars(self, part: str, tag: str, values: Logs, step: int) -> None:
        for name, value in values.items():
            if not getattr(value, "ndim", 0):
                self._file(part).scalar(tag.format(name), float(value), step)

    def _network(self) -> None:
        """For the Graphs page: what computes what ("Op graph"), and the layers in Keras's form ("Conceptual graph")."""
        graph = getattr(self.model, "graph", None)
        if graph is not None:
            inputs = [(name, "Input", (), (graph.shapes[name],)) for name in graph.inputs]
            nodes = [(n.name, type(n.layer).__name__, n.reads, [graph.shapes[v] for v in n.makes]) for n in graph.nodes]
            self._file("train").graph([*inputs, *nodes])
        try:
            text = self.model.to_json()
        except Exception as error:  # a picture of the network is not worth a training
            warnings.warn(f"TensorBoard: the conceptual graph is left out, {error}", stacklevel=2)
        else:
            self._file("train").text("keras", text, 0, plugin="graph_keras_model")

    def _outputs(self, epoch: int) -> None:
        """What each layer makes of the first validation samples."""
        graph = getattr(self.model, "graph", None)
        if graph is None or self.validation_data is None:
            return
        slots, numbers = self.model.input_slots(), self.model.numbers
        given = self.validation_data[: len(slots)]
        batch = data.batch(given if len(slots) > 1 else given[0], None, inputs=slots, targets=())
        inputs = tuple(x[:SEEN] for x in batch.x)
        found = run(graph, numbers.params, numbers.state, inputs, caching=False, keep=lambda name: True)
        for node in graph.nodes:
            for i, name in enumerate(node.makes):
                if found.values[name].dtype.kind == "f":
                    tag = f"{node.name}/out/histogram" + (f"/{i}" if i else "")
                    self._file("train").histogram(tag, np.asarray(found.values[name]), epoch)

    def _weights(self, epoch: int) -> None:
        numbers = self.model.numbers
        for tree in (numbers.params, numbers.state):
            for path, value in leaves(tree):
                weight = np.asarray(value)
                if weight.dtype.kind != "f":
                    continue
                name = "/".join(path)
                self._file("train").histogram(f"{name}/histogram", weight, epoch)
                if self.write_images:
                    for i, picture in enumerate(pictures(weight)):
                        self._file("train").image(f"{name}/image" + (f"/{i}" if i else ""), picture, epoch)


def pictures(weight: Array, most: int = 3) -> list[Array]:
    """A weight as grey pictures (H, W, 1), from black (its smallest number) to white; the first few of many.

    A bias is one row. A Dense kernel lies on its longer side. A convolution's kernels are one picture each where one
    of its two channel axes has length 1; otherwise there are none.

    >>> [picture.shape for picture in pictures(np.zeros((3, 3, 1, 8)))]
    [(3, 3, 1), (3, 3, 1), (3, 3, 1)]
    """
    found = np.squeeze(weight)
    if found.ndim not in (1, 2, 3) or not np.isfinite(found).all():
        return []
    if found.ndim == 1:
        found = found[None, :]
    if found.ndim == 2:
        found = (found.T if found.shape[0] > found.shape[1] else found)[..., None]
    low, span = found.min(), np.ptp(found)
    grey = np.round((found - low) / (span if span > 0 else 1) * 255)  # (H, W, pictures)
    return [grey[..., i : i + 1].astype(np.uint8) for i in range(min(grey.shape[-1], most))]
