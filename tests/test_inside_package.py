"""pellucid.inside brings in what is asked for, and each of its names stands for what it says."""

import subprocess
import sys
from types import ModuleType

import pytest

from pellucid import inside


def test_each_name_comes_from_one_place_and_is_no_module() -> None:
    assert sorted(inside.__all__) == sorted(inside._HOME)
    assert not [name for name in inside.__all__ if isinstance(getattr(inside, name), ModuleType)]
    assert set(inside.__all__) <= set(dir(inside))


def test_the_doctor_comes_without_the_views() -> None:
    program = "\n".join([
        "import sys",
        "from pellucid.inside.doctor import Doctor",
        "print([name for name in ('descent', 'film', 'watch') if f'pellucid.inside.{name}' in sys.modules])",
        "from pellucid.inside import trace",
        "import pellucid.inside.film",
        "print(callable(trace), pellucid.inside.trace is trace)",
    ])  # fmt: skip
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split("\n")[:2] == ["[]", "True True"]


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(AttributeError, match="no attribute 'horoscope'"):
        inside.horoscope  # noqa: B018
