"""Films: figures one after another, as an animated GIF or as one HTML page that needs nothing else.

The page has buttons and a slider for mouse and keyboard, says each moment in words to those who hear it read (the
pictures have them, too), and does not move by itself for those who asked their system for less motion.
"""

import base64
import io
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..inside.film import Film
from .mosaic import columns_for
from .style import colour_bar, heading, new_figure
from .tiles import draw_tiles

_DPI = 90
_NAMED = 24  # images of a film that have their names under them, at most


def film_figures(film: Film) -> Iterator[Any]:
    """A matplotlib Figure for each moment of a film, all on one scale and of one size."""
    count = film.images.shape[1]
    columns = columns_for(count)
    rows = -(-count // columns)
    width = 6.4
    height = 1.4 + (width - 1.2) * rows / columns * (0.1 + 1.2 * film.images.shape[2] / film.images.shape[3])
    limits = _limits(film)
    for images, caption in zip(film.images, film.captions, strict=True):
        figure = new_figure(width, height)
        note = f" ({film.left_out})" if film.left_out else ""
        heading(figure, f"{film.title}{note}", caption)
        axes = figure.subplots()
        tiles = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
        grey = "gray_r" if film.images.ndim == 5 else "viridis"
        drawn = draw_tiles(axes, tiles, columns, signed=film.signed, limits=limits, colours=grey,
                           captions=film.labels if count <= _NAMED else ())  # fmt: skip
        if film.images.ndim == 4:
            colour_bar(drawn, axes, "orange below 0    blue above" if film.signed else "activation")
        yield figure


def save_film(
    figures: Iterable[Any], path: Any, *, seconds: float = 0.4, captions: Iterable[str] | None = None, title: str = ""
) -> Path:
    """Write figures as a film to `path`, by its ending: .gif (needs Pillow) or .html.

    seconds    how long each is shown; the last one three times as long in a GIF
    captions   of the moments, said beside the slider of a page and to those who cannot see it
    title      of the page

    Raises ValueError for another ending, or when there are no figures.
    """
    path = Path(path)
    if path.suffix not in (".gif", ".html"):
        raise ValueError(f"save_film: writes .gif and .html, got {path.name!r}.")
    pictures = [_png(figure) for figure in figures]
    if not pictures:
        raise ValueError("save_film: there are no figures to show.")
    if path.suffix == ".gif":
        _save_gif(pictures, path, seconds)
    else:
        words = list(captions) if captions is not None else [f"moment {i + 1}" for i in range(len(pictures))]
        path.write_text(film_page(pictures, words, title or path.stem, seconds), encoding="utf-8")
    return path


def film_page(pictures: list[bytes], captions: list[str], title: str, seconds: float) -> str:
    """An HTML page of PNG pictures, with everything in it."""
    sources = ",".join(f'"data:image/png;base64,{base64.b64encode(png).decode()}"' for png in pictures)
    words = ",".join('"' + _in_script(caption) + '"' for caption in captions)
    parts = {"title": escape(title), "last": str(len(pictures) - 1), "sources": sources, "words": words,
             "pause": str(round(1000 * seconds))}  # fmt: skip
    page = _PAGE
    for name, text in parts.items():
        page = page.replace(f"@{name}@", text)
    return page


def _in_script(text: str) -> str:
    """A text as it may stand between quotes in a script."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return safe.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _png(figure: Any) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI)
    return stream.getvalue()


def _save_gif(pictures: list[bytes], path: Path, seconds: float) -> None:
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("Pillow, which writes GIFs, is missing. Install it: pip install pillow") from error
    frames = [Image.open(io.BytesIO(png)).convert("RGB").quantize(256) for png in pictures]
    times = [round(1000 * seconds)] * len(frames)
    times[-1] *= 3
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=times, loop=0, optimize=True)


def _limits(film: Film) -> tuple[float, float]:
    if film.signed:
        most = float(np.quantile(np.abs(film.images), 0.999)) or 1.0
        return -most, most
    low, high = float(film.images.min()), float(film.images.max())
    return low, high if high > low else low + 1


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@title@</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif }
  body { margin: 1rem auto; max-width: 60rem; padding: 0 1rem }
  img { width: 100%; height: auto; background: #fff; border-radius: 4px }
  .bar { display: flex; gap: .6rem; align-items: center; flex-wrap: wrap; margin: .6rem 0 }
  input { flex: 1; min-width: 12rem }
  button { font: inherit; padding: .3rem .8rem }
  .said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
</style>
<h1 class="said">@title@</h1>
<img id="picture" alt="">
<div class="bar">
  <button id="play" type="button">Play</button>
  <label for="moment">Moment</label>
  <input id="moment" type="range" min="0" max="@last@" value="0">
</div>
<p id="words" class="said" aria-live="polite"></p>
<script>
  const pictures = [@sources@], words = [@words@];
  const picture = document.getElementById("picture"), slider = document.getElementById("moment");
  const button = document.getElementById("play"), text = document.getElementById("words");
  let timer = null;
  function show(i) {
    slider.value = i; picture.src = pictures[i]; picture.alt = words[i]; text.textContent = words[i];
    slider.setAttribute("aria-valuetext", words[i]);
  }
  function stop() { clearInterval(timer); timer = null; button.textContent = "Play"; }
  function play() {
    button.textContent = "Pause";
    timer = setInterval(() => show((+slider.value + 1) % pictures.length), @pause@);
  }
  button.onclick = () => timer ? stop() : play();
  slider.oninput = () => { stop(); show(+slider.value); };
  show(0);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches && pictures.length > 1) play();
</script>
</html>
"""
