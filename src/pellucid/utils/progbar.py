"""Progbar: the progress line, redrawn in place on a terminal and in a notebook, written once in a file.

     57/469 ━━━━━━━━━━━━━━━━━━━━ 1s 2ms/step - accuracy: 0.0996 - loss: 0.0921

A line that is redrawn starts with a carriage return and nothing else, so notebooks show it, too. Where the output
goes to a file or a pipe only the finished line is written, without colours.
"""

import os
import sys
import time
from collections.abc import Iterable

BAR = "━"
BOLD, GREEN, GREY, PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"

Values = Iterable[tuple[str, float]]


class Progbar:
    """A progress line for `target` steps; Keras's `utils.Progbar`.

    Args:
        target: how many steps there will be; None when nobody knows.
        width: characters of the bar.
        verbose: 0 prints nothing, 1 draws the bar, 2 prints one line at the end.
        interval: seconds between two drawings at least.
        stateful_metrics: names whose values are shown as they come; all others are averaged over the steps.
        stateless_metrics: the other way round: names that are averaged, all others are shown as they come.
        unit_name: what a step is called, in "2ms/step".

    >>> bar = Progbar(3, verbose=2)
    >>> bar.update(2, [("loss", 0.5)])
    >>> bar.update(3, [("loss", 0.25)])
    3/3 - 0s - ...s/step - loss: 0.2500
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Progbar: give stateful_metrics or stateless_metrics, not both.")
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._shown_as_is = None if stateless_metrics is not None else set(stateful_metrics or ())
        self._averaged = set(stateless_metrics or ())
        self.live = verbose == 1 and is_live()
        self._colours = self.live and _is_terminal() and "NO_COLOR" not in os.environ
        self._sums: dict[str, tuple[float, int]] = {}  # by metric: a sum, and over how many steps
        self._seen = 0
        self._start = time.time()
        self._after_first: float | None = None
        self._next_drawing = 0.0
        self._drawn_width = 0

    def due(self) -> bool:
        """Whether a line drawn now would be seen: the last one is at least `interval` old."""
        return self.live and time.time() >= self._next_drawing

    def update(self, current: int, values: Values | None = None, finalize: bool | None = None) -> None:
        """Show that `current` steps are done.

        values    (name, value of the last step) pairs
        finalize  whether this is the last line; by default, when the target is reached
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._take(name, float(value), current, finalize)
        self._seen = current
        now = time.time()
        seconds_per_step = self._seconds_per_step(current, now)
        if self.verbose == 1:
            if finalize or (self.live and now >= self._next_drawing):
                self._draw(current, now, seconds_per_step, finalize)
                self._next_drawing = now + self.interval
        elif self.verbose == 2 and finalize and self.target:
            elapsed = f"{now - self._start:.0f}s"
            pace = self._pace(seconds_per_step)
            write(f"{self._count(current)} - {elapsed} - {pace}{self._metrics()}\n")

    def add(self, n: int, values: Values | None = None) -> None:
        """Show that n more steps are done."""
        self.update(self._seen + n, values)

    def _take(self, name: str, value: float, current: int, finalize: bool) -> None:
        averaged = name in self._averaged if self._shown_as_is is None else name not in self._shown_as_is
        if averaged and not finalize:
            steps = max(current - self._seen, 1)
            total, count = self._sums.get(name, (0.0, 0))
            self._sums[name] = (total + value * steps, count + steps)
        else:
            self._sums[name] = (value, 1)

    def _seconds_per_step(self, current: int, now: float) -> float:
        """The mean, without the first step when there are more: that one also warms up."""
        if not current:
            return 0.0
        if self._after_first is not None and current > 1:
            return (now - self._after_first) / (current - 1)
        if current == 1:
            self._after_first = now
        return (now - self._start) / current

    def _draw(self, current: int, now: float, seconds_per_step: float, finalize: bool) -> None:
        if self.target:
            done = int(self.width * min(current / self.target, 1.0))
            head = self._styled(self._count(current), BOLD) + " "
            head += self._styled(BAR * done, GREEN) if done else ""
            head += self._styled(BAR * (self.width - done), GREY)
            width = len(self._count(current)) + 1 + self.width
        else:
            head = f"{current:7d}/Unknown"
            width = len(head)
        if self.target and not finalize:
            clock = countdown(seconds_per_step * (self.target - current))
        else:
            clock = f"{now - self._start:.0f}s"
        tail = f" {self._pace(seconds_per_step)}{self._metrics()}"
        if not finalize:
            tail = tail[: max(0, self._columns() - width - len(clock) - 2)]
        width += 1 + len(clock) + len(tail)
        line = f"{head} {self._styled(clock, BOLD)}{tail}"
        if self.live:
            line = "\r" + line + " " * (self._drawn_width - width)
        write(line + "\n" if finalize else line)
        self._drawn_width = width

    def _columns(self) -> int:
        """How long a line may be that is to be redrawn: a wrapped one would scroll."""
        import shutil  # here: slow to import

        return shutil.get_terminal_size((10_000, 24)).columns if _is_terminal() else 10_000

    def _styled(self, text: str, style: str) -> str:
        return f"{style}{text}{PLAIN}" if self._colours else text

    def _count(self, current: int) -> str:
        return f"{current:{len(str(self.target))}d}/{self.target}"

    def _pace(self, seconds: float) -> str:
        """How long a step takes, in the unit that suits: 2ms/step."""
        if seconds >= 1 or seconds == 0:
            return f"{seconds:.0f}s/{self.unit_name}"
        if seconds >= 1e-3:
            return f"{seconds * 1e3:.0f}ms/{self.unit_name}"
        return f"{seconds * 1e6:.0f}us/{self.unit_name}"

    def _metrics(self) -> str:
        return "".join(f" - {name}: {_number(total / count)}" for name, (total, count) in self._sums.items())


def is_live() -> bool:
    """Whether a line can be redrawn in place: on a terminal, in a notebook, in PyCharm's console."""
    return _is_terminal() or "ipykernel" in sys.modules or "PYCHARM_HOSTED" in os.environ


def countdown(seconds: float) -> str:
    """Seconds that remain, as a clock where there are many.

    >>> countdown(59.9), countdown(75), countdown(3725)
    ('59s', '1:15', '1:02:05')
    """
    whole = int(seconds)
    if seconds > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if seconds > 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"


def write(text: str) -> None:
    """Write to the standard output at once, with "=" for the bar where its encoding has no such character."""
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.replace(BAR, "=").encode(encoding, errors="replace").decode(encoding))
    sys.stdout.flush()


def _is_terminal() -> bool:
    return bool(getattr(sys.stdout, "isatty", bool)())


def _number(value: float) -> str:
    """Four decimals; very small values with their exponent. NaN compares false, so it takes the second form."""
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"
