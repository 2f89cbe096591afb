"""SIGTERM while a model trains: the batch at hand is finished, what must be kept is saved, and the program ends."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

EXIT_STATUS = 128 + signal.SIGTERM  # what a shell calls a program that the signal has ended


@contextmanager
def sigterm_noted(wanted: bool) -> Iterator[Callable[[], bool]]:
    """Within the block, the first SIGTERM does no more than make the function that it is given say True.

    Nothing changes where it is not wanted, in another thread than the main one, and where the program has a handler
    of its own.
    """
    came: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    if not (wanted and main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL):
        yield lambda: False
        return

    def note(number: int, frame: Any) -> None:
        came.append(number)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends the program at once

    signal.signal(signal.SIGTERM, note)
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
