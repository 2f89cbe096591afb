"""How much memory a process has: its peak, and the part that is its own.

What is resident is private (numbers, the heap) or comes from files (libraries, memory-mapped data), and the system may
drop pages of files at any time. MB are millions of bytes.
"""

import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

EVERY = 0.005  # seconds between two looks at a process


def forget_peak() -> None:
    """Let the peak of this process begin anew, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_mb() -> float:
    """The most that this process has had, files included; 0 where the system does not say.

    On Linux `getrusage` would tell the peak of the process that started this one, if that was higher.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return status_mb(status.read_text(), "VmHWM")
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


class PrivatePeak:
    """The most private memory that a process has within the block, looked at every few milliseconds.

    >>> import os
    >>> with PrivatePeak(os.getpid()) as peak:
    ...     pass
    >>> peak.mb > 1
    True

    Raises OSError where the system does not tell (it is Linux that does), or when the process has ended.
    """

    def __init__(self, process: int) -> None:
        self.mb = 0.0
        self._status, self._over = Path(f"/proc/{process}/status"), threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "PrivatePeak":
        self.mb = status_mb(self._status.read_text(), "RssAnon")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with suppress(OSError):  # it has ended
            while not self._over.wait(EVERY):
                self.mb = max(self.mb, status_mb(self._status.read_text(), "RssAnon"))


def status_mb(status: str, name: str) -> float:
    """A line of what /proc tells of a process; 0 where it has none, as of a process that is ending.

    >>> status_mb("VmHWM:   35792 kB", "VmHWM")
    36.651008
    """
    lines = (line.split() for line in status.splitlines())
    return next((int(words[1]) * 1024 / 1e6 for words in lines if words[0] == f"{name}:"), 0.0)
