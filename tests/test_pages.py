"""The pages for readers tell the truth: their programs run, and print what is printed under them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "docs" / "index.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
TIMES = re.compile(r"\d+s \d+[mu]?s/step|[━╸ ]{3,}")
END = "=== the end of a block"


def same(said: str, expected: str) -> bool:
    """Whether two lines agree: in every word, and in their numbers within what training on another CPU may change."""
    said, expected = (" ".join(TIMES.sub(" ", line).split()) for line in (said, expected))
    if NUMBER.sub("#", said) != NUMBER.sub("#", expected):
        return False
    pairs = zip(NUMBER.findall(said), NUMBER.findall(expected), strict=True)
    return all(
        float(a.replace(",", "")) == pytest.approx(float(b.replace(",", "")), rel=0.02, abs=0.005) for a, b in pairs
    )


def agree(said: list[str], expected: list[str]) -> bool:
    """Whether these lines are those of the page, on which "…" stands for any number of lines."""
    if not expected:
        return not said
    if expected[0] == "…":
        return any(agree(said[skipped:], expected[1:]) for skipped in range(len(said) + 1))
    return bool(said) and same(said[0], expected[0]) and agree(said[1:], expected[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_programs_of_a_page_print_what_it_says(page: Path, tmp_path: Path) -> None:
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks
    program = f"\nprint({END!r})\n".join(code for code, _ in blocks)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PELLUCID_ENGINE": "numpy", "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    assert ran.returncode == 0, ran.stderr
    for (code, expected), said in zip(blocks, ran.stdout.split(END + "\n"), strict=True):
        if expected:
            assert agree(said.rstrip().splitlines(), expected.rstrip().splitlines()), f"{code}\nprints\n\n{said}"


def test_a_page_that_says_something_else_is_found_out() -> None:
    assert agree(["a", "b", "c 1.00"], ["a", "…", "c 1.001"])
    assert not agree(["a", "b"], ["a", "c"])
    assert not agree(["loss 0.5"], ["loss 0.8"])
    assert not agree(["a", "b"], ["a"])
