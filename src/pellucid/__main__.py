"""`python -m pellucid` is `pellucid`."""

from .cli import app

app(prog_name="python -m pellucid")
