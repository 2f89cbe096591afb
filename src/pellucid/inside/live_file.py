"""A training as lines of a file, for others to follow while it goes on: `Watch(file="run.jsonl")`, `pellucid watch`.

Each line is one JSON object:

    {"kind": "pellucid live", "version": 1, "run": …, "model": …, "epochs": 20, "steps": 45, …}     the first line
    {"frame": {"step": 90, "epoch": 2, "loss": 0.31, "gradient": {"dense": 0.02}, "ratio": …}}      one a look
    {"epoch": {"epoch": 1, "step": 90, "logs": {"loss": …, "val_loss": …}}}
    {"end": {"seconds": 12.5, "why": ""}}                         "broken off": by Ctrl-C or an error

A line is appended by one write, and readers take whole lines only: what is half written they see next time. Writer and
readers know nothing of each other. Lines come at most ten a second, and more slowly in long trainings, so that the
file stays small: about 5,000 lines for the first eight minutes, and 30,000 for a day.
"""

import math
import os
import socket
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import FormatError
from ..formats import safe_json
from .frame import Frame
from .learning_speed import learning_speed_of
from .recording import Recording
from .saturation_history import saturation_over

KIND, VERSION = "pellucid live", 1
PAUSE = 0.1  # seconds at least between two frames' lines …
SHARE = 5000  # … and a 5,000th of the time gone by
LONGEST = 2**22  # bytes of a line


class LiveFile:
    """Writes a training's lines. What can no longer be written is said once, and the training goes on.

    Raises OSError when the file cannot be made, ValueError when it is there and holds something else.
    """

    def __init__(self, path: str | os.PathLike[str], description: dict[str, Any], params: dict[str, Any]) -> None:
        self.path = Path(path)
        self._description = description
        self._latest = -math.inf
        self._skipped: Frame | None = None  # the latest that was left out, and tells of an update
        _check_free(self.path)
        self._stream = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o644)
        about = {name: description.get(name) for name in ("model", "optimizer", "losses")}
        times = {name: params.get(name) for name in ("epochs", "steps")}
        who = {"process": os.getpid(), "host": socket.gethostname()}
        self._write({"kind": KIND, "version": VERSION, "run": os.urandom(8).hex(), **about, **times, **who})

    def frame(self, frame: Frame, last: bool = False) -> None:
        """A look at the model; left out when the one before it is too recent, unless it is the last."""
        if self._stream < 0 or (not last and frame.seconds - self._latest < max(PAUSE, frame.seconds / SHARE)):
            self._skipped = frame if frame.update_steps else self._skipped
            return
        if last and self._skipped is not None and not frame.update_steps:
            self._write({"frame": vitals(self._skipped, self._description)})
        self._latest, self._skipped = frame.seconds, None
        self._write({"frame": vitals(frame, self._description)})

    def epoch(self, facts: dict[str, Any]) -> None:
        """An epoch is over: its number, the step, and the logs."""
        self._write({"epoch": facts})

    def end(self, seconds: float, why: str = "") -> None:
        """The training is over; `why`, where it was not done."""
        self._write({"end": {"seconds": seconds, "why": why}})
        self._close()

    def _write(self, line: dict[str, Any]) -> None:
        if self._stream < 0:
            return
        data = safe_json.dumps(line) + b"\n"
        try:
            written = os.write(self._stream, data)
        except OSError as error:
            warnings.warn(f"Watch: {self.path} gets no more lines: {error}.", RuntimeWarning, stacklevel=4)
            self._close()
            return
        if written < len(data):  # the disk is full: the part of a line ends here, and readers skip it
            warnings.warn(f"Watch: {self.path} gets no more lines: there is no room.", RuntimeWarning, stacklevel=4)
            self._close()

    def _close(self) -> None:
        if self._stream >= 0:
            os.close(self._stream)
        self._stream = -1

    def __del__(self) -> None:
        if hasattr(self, "_stream"):
            self._close()


def vitals(frame: Frame, description: dict[str, Any]) -> dict[str, Any]:
    """One frame in a few numbers.

    step, epoch, batch, seconds, loss, rate, logs    as in the frame
    gradient, ratio                                  ‖gradient‖ and update/weights, by layer; without targets, none
    saturated, dead                                  share of units, by layer
    """
    alone = Recording(description, {})
    alone.restore(frame)
    found: dict[str, Any] = {
        name: getattr(frame, name) for name in ("step", "epoch", "batch", "seconds", "loss", "rate", "logs")
    }
    if frame.part("gradients"):
        speed = learning_speed_of(alone)
        found["gradient"] = dict(zip(speed.layers, speed.gradient[0].tolist(), strict=True))
        found["ratio"] = dict(zip(speed.layers, speed.update_ratio[0].tolist(), strict=True))
    flat = saturation_over(alone)
    found["saturated"] = dict(zip(flat.layers, flat.saturated[0].tolist(), strict=True))
    found["dead"] = dict(zip(flat.layers, flat.dead[0].tolist(), strict=True))
    return found


@dataclass
class LiveReader:
    """Reads a training's lines as they come.

    header    the first line; None until it is there
    frames    vitals, in order
    epochs    facts of the epochs that are over
    seconds   the whole training took; None while it goes on
    why       it ended before it was done: "broken off", by Ctrl-C or an error; "" where it was done
    """

    path: Path
    header: dict[str, Any] | None = None
    frames: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    seconds: float | None = None
    why: str = ""
    _first: bytes = b""
    _read: int = 0

    def poll(self) -> bool:
        """Read the lines that are new; whether there were any. A file that is not there yet has none.

        Raises FormatError for a file that is something else, OSError for one that cannot be read.
        """
        try:
            with open(self.path, "rb") as file:
                if self._first and file.read(len(self._first)) != self._first:
                    self._restart()  # another training writes here now
                file.seek(self._read)
                new = file.read()
        except FileNotFoundError:
            return False
        whole, mark, rest = new.rpartition(b"\n")
        if len(rest) > LONGEST:
            raise FormatError(self.path, f"it has a line of more than {LONGEST:,} bytes: it is no live training.")
        self._read += len(whole) + len(mark)
        lines = whole.split(b"\n") if mark else []
        for line in lines:
            self._take(line)
        return bool(lines)

    @property
    def over(self) -> bool:
        """Whether the training said that it is over."""
        return self.seconds is not None

    @property
    def gone(self) -> bool:
        """Whether the process that wrote it is no more; False where that cannot be told."""
        if self.header is None or os.name != "posix" or self.header.get("host") != socket.gethostname():
            return False
        try:
            os.kill(int(self.header["process"]), 0)  # signal 0 asks only whether it is there
        except ProcessLookupError:
            return True
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return False
        return False

    def _restart(self) -> None:
        self.header, self.frames, self.epochs, self.seconds, self.why = None, [], [], None, ""
        self._first, self._read = b"", 0

    def _take(self, line: bytes) -> None:
        if self.header is None:
            if KIND.encode() not in line[:200]:
                raise FormatError(self.path, "it is no live training. Write one with Watch(file=…).")
            found = safe_json.loads(line, self.path, "its first line", LONGEST)
            if found.get("kind") != KIND or found.get("version") != VERSION:
                raise FormatError(self.path, f"it is no live training of version {VERSION}.")
            self.header, self._first = found, line + b"\n"
            return
        try:
            found = safe_json.loads(line, self.path, "a line", LONGEST)
        except FormatError:
            return  # damaged: the next one is whole again
        if _sound(found.get("frame"), ("step", "epoch", "batch", "seconds", "rate")):
            self.frames.append(found["frame"])
        elif _sound(found.get("epoch"), ("epoch", "step")):
            self.epochs.append(found["epoch"])
        elif isinstance(found.get("end"), dict):
            self.seconds, self.why = float(found["end"].get("seconds", 0.0)), str(found["end"].get("why", ""))


def _sound(line: Any, numbers: tuple[str, ...]) -> bool:
    """Whether a line has what readers count on."""
    if not isinstance(line, dict) or not isinstance(line.get("logs"), dict):
        return False
    return all(isinstance(value, int | float) for value in (*map(line.get, numbers), *line["logs"].values()))


def _check_free(path: Path) -> None:
    """A file that we would write over must be an old one of ours."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with open(path, "rb") as file:
        if KIND.encode() not in file.read(200):
            raise ValueError(f"Watch: {path} is there and is no live training; give file= another name.")
