"""Makes the pages of the API, one for each module of the package, and sets docstring examples as code."""

import ast
from pathlib import Path

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "pellucid"


def modules() -> list[str]:
    """The modules and packages right inside the package, those with a documented purpose."""
    found = []
    for path in sorted(PACKAGE.iterdir()):
        source = path / "__init__.py" if path.is_dir() else path
        is_public = not path.name.startswith("_") and source.suffix == ".py" and source.is_file()
        if is_public and ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))):
            found.append(path.stem)
    return found


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages in the menu, and read doctests as code."""
    config.nav.append({"API": [{f"pellucid.{name}": f"api/{name}.md"} for name in modules()]})
    config.markdown_extensions.append(Doctests())
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for name in modules():
        files.append(File.generated(config, f"api/{name}.md", content=f"# {name}\n\n::: pellucid.{name}\n"))
    return files


class FenceDoctests(Preprocessor):
    """Puts each run of lines that begins with '>>>' between fences."""

    def run(self, lines: list[str]) -> list[str]:
        """The same lines, with fences."""
        fenced: list[str] = []
        inside = False
        for line in [*lines, ""]:
            if not inside and line.startswith(">>>"):
                inside = True
                fenced.append("```pycon")
            elif inside and not line.strip():
                inside = False
                fenced.append("```")
            fenced.append(line)
        return fenced


class Doctests(Extension):
    """Markdown that knows Python's examples."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Fence the examples before fences are read."""
        md.preprocessors.register(FenceDoctests(md), "doctests", 28)
