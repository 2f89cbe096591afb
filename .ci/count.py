"""Adds up pytest's JUnit reports and prints 'N passed, N failed, N skipped'; exits 1 unless all is well.

A report that is missing counts as one failure: its run never came to an end.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def count(paths: list[str]) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of all reports."""
    passed = failed = skipped = 0
    for path in paths:
        if not Path(path).is_file():
            print(f"{Path(path).name}: no report, so this run counts as one failure")
            failed += 1
            continue
        for suite in ElementTree.parse(path).getroot().iter("testsuite"):
            tests, failures, errors, skips = (int(suite.get(k, 0)) for k in ("tests", "failures", "errors", "skipped"))
            failed += failures + errors
            skipped += skips
            passed += max(0, tests - failures - errors - skips)
    return passed, failed, skipped


if __name__ == "__main__":
    passed, failed, skipped = count(sys.argv[1:])
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or not passed else 0)
