"""Recording: what a training looked like, frame by frame. Everything that shows a training reads one.

Memory is bounded: when it is full, every second frame goes, and from then on every second new one. The first frame
and the latest are always there. Whoever follows live gets the latest frame; nobody is waited for.
"""

import os
import threading
from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from ..arrays import Array
from . import recording_file
from .blocks import Block, Shown, Table, some_of
from .frame import Frame
from .recording_file import Kept

LIMIT = 256 * 2**20  # bytes of frames
MOST_LISTED = 20  # frames


class Recording(Shown):
    """Frames of one training, with the network they are of.

    Args:
        description: the network as plain data: {"model": name, "places": [...], "layers": [...]}.
        probe: the batch that frames are taken on, by name: {"x/0": …, "y/0": …}.
        limit: bytes that frames may take.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Recording({"model": "net"}, {"x/0": np.ones((1, 2))}).save(f"{folder}/net.recording")
    ...     Recording.load(f"{folder}/net.recording").description
    {'model': 'net'}
    """

    def __init__(self, description: dict[str, Any], probe: dict[str, Array], limit: int = LIMIT) -> None:
        self.description, self.probe, self.limit = description, probe, limit
        self.epochs: list[dict[str, Any]] = []  # {"epoch": 0, "step": 16, "logs": {"loss": …, "val_loss": …}}
        self.closed = False
        self._kept: list[Frame] = []
        self._latest: Frame | None = None
        self._bytes = 0
        self._stride = 1
        self._news = threading.Condition()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to one file, which appears whole or not at all. Raises OSError when it cannot be written."""
        recording_file.save(path, Kept(self.description, self.probe, self.epochs, self.frames))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read one back. Nothing in the file is run or imported.

        Raises FormatError when it is damaged or not a recording, OSError when it cannot be opened.
        """
        kept = recording_file.load(path)
        found = cls(kept.description, kept.probe, max(LIMIT, sum(frame.size for frame in kept.frames)))
        for frame in kept.frames:
            found.restore(frame)
        found.epochs = kept.epochs
        found.close()
        return found

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames that are kept, the latest last."""
        with self._news:
            kept, latest = tuple(self._kept), self._latest
        return kept if latest is None or (kept and kept[-1] is latest) else (*kept, latest)

    @property
    def latest(self) -> Frame | None:
        return self._latest

    def at(self, step: int) -> Frame:
        """The frame after so many updates.

        Raises ValueError, naming the nearest that there are, where no frame is of that step.
        """
        frames = self.frames
        for frame in frames:
            if frame.step == step:
                return frame
        near = sorted(sorted(frames, key=lambda frame: abs(frame.step - step))[:4], key=lambda frame: frame.step)
        there = ", ".join(str(frame.step) for frame in near) or "none"
        raise ValueError(f"recording: no frame is of step {step}. The nearest are {there}; Watch(every=1) keeps more.")

    def add(self, frame: Frame) -> None:
        """Keep a frame, making room when there is none, and wake whoever follows."""
        with self._news:
            self._latest = frame
            if frame.number % self._stride == 0:
                self._kept.append(frame)
                self._bytes += frame.size
            while self._bytes > self.limit and len(self._kept) > 1:
                self._stride *= 2
                self._kept = [kept for kept in self._kept if kept.number % self._stride == 0]
                self._bytes = sum(kept.size for kept in self._kept)
            self._news.notify_all()

    def restore(self, frame: Frame) -> None:
        """Keep a frame that was kept once, as it comes from a file."""
        with self._news:
            self._latest = frame
            self._kept.append(frame)
            self._bytes += frame.size

    def close(self) -> None:
        """No more frames will come: whoever waits for one stops waiting."""
        with self._news:
            self.closed = True
            self._news.notify_all()

    def reopen(self) -> None:
        """Training goes on."""
        with self._news:
            self.closed = False

    def follow(self) -> "Follower":
        """A view of the frames to come, for another thread."""
        return Follower(self)

    def wait(self, after: int, timeout: float | None) -> Frame | None:
        """The latest frame once its number is above `after`; None when time is up or no more will come."""
        with self._news:
            self._news.wait_for(lambda: self.closed or _number(self._latest) > after, timeout)
            return self._latest if _number(self._latest) > after else None

    def series(self, name: str) -> tuple[Array, Array]:
        """One array through time: the steps (T,), and the arrays (T, …).

        Raises ValueError, naming a few that there are, for a name that no frame has.
        """
        frames = [frame for frame in self.frames if name in frame.arrays]
        if not frames:
            known = [] if self._latest is None else list(self._latest.arrays)
            raise ValueError(f"recording: no frame has {name!r}. There are {', '.join(known[:6]) or 'no frames'}, ….")
        return np.array([frame.step for frame in frames]), np.stack([frame.arrays[name] for frame in frames])

    def blocks(self) -> list[Block]:
        """One row a frame; of many, some from the first to the last."""
        frames = self.frames
        listed = [frames[i] for i in some_of(len(frames), MOST_LISTED)]
        rows = tuple(
            (str(f.step), str(f.epoch + 1), "" if f.loss is None else f.loss, f.rate, f.logs.get("loss", ""))
            for f in listed
        )
        title = f"{len(frames):,} frames of {self.description.get('model', 'a model')}"
        left_out = f"{len(rows)} of {len(frames):,} frames" if len(rows) < len(frames) else ""
        return [Table(title, ("step", "epoch", "loss on the probe", "rate", "training loss"), rows, left_out)]


class Follower:
    """Frames as they come. A slow follower misses some and always gets the latest.

    >>> recording = Recording({}, {})
    >>> follower = recording.follow()
    >>> for number in range(3):
    ...     recording.add(Frame(number, number, 0, number, 0.0, None, 0.1, 1, {}, {}))
    >>> recording.close()
    >>> [frame.number for frame in follower]
    [2]
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.seen = -1  # number of the latest frame that was handed on

    def next(self, timeout: float | None = None) -> Frame | None:
        """Wait, up to `timeout` seconds, for a frame newer than the last one; None when there is none."""
        frame = self.recording.wait(self.seen, timeout)
        if frame is not None:
            self.seen = frame.number
        return frame

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self.next()) is not None:
            yield frame


def _number(frame: Frame | None) -> int:
    return -1 if frame is None else frame.number
