"""The helpers: one-hot rows, unit lengths, and files that are fetched whole and checked, or not at all."""

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import utils
from pellucid.errors import DataError, FormatError
from pellucid.utils import get_file, normalize, set_random_seed, to_categorical


def test_each_label_gets_its_row() -> None:
    rows = to_categorical(np.array([2, 0, 1]), num_classes=4)
    assert rows.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]
    assert rows.dtype == np.float64


@pytest.mark.parametrize(
    ("labels", "shape"), [(3, (4,)), ([0, 2], (2, 3)), ([[0], [2]], (2, 3)), ([[0, 1], [1, 2]], (2, 2, 3))]
)
def test_the_classes_are_a_new_last_axis(labels: object, shape: tuple[int, ...]) -> None:
    assert to_categorical(labels).shape == shape


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([0, -1], None, "got -1 at index 1"),
        ([0, 5, 6], 5, "from 0 to 4, got 5 at index 1"),
        ([0.0, 1.5], None, "got 1.5 at index 1"),
        ([[0, 1], [7, 1]], 3, r"got 7 at index \(1, 0\)"),
        ([0.0, float("nan")], 3, "got nan at index 1"),
        (["a"], 3, "got dtype <U1"),
        ([], None, "no labels at all"),
    ],
)
def test_a_bad_label_is_named(labels: object, classes: int | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        to_categorical(labels, classes)


def test_lengths_become_one_and_zeros_stay() -> None:
    x = np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32)
    y = normalize(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(normalize([[1.0, 3.0], [3.0, 1.0]], axis=0, order=1), [[0.25, 0.75], [0.75, 0.25]])
    assert x.tolist() == [[3.0, 4.0], [0.0, 0.0]]


def test_one_seed_repeats_everything() -> None:
    import random

    def draw() -> tuple[float, float]:
        set_random_seed(7)
        return random.random(), np.random.rand()  # noqa: NPY002

    assert draw() == draw()


@pytest.fixture
def fetch(tmp_path: Path) -> Callable[..., Path]:
    """get_file into a folder of this test."""
    return lambda *args, **settings: Path(get_file(*args, cache_dir=tmp_path / "cache", **settings))


@pytest.fixture
def origin(tmp_path: Path) -> str:
    """The address of a file that says "hello"."""
    path = tmp_path / "hello.txt"
    path.write_text("hello")
    return path.as_uri()


SHA256 = hashlib.sha256(b"hello").hexdigest()
MD5 = hashlib.md5(b"hello").hexdigest()


@pytest.mark.parametrize(
    "settings",
    [{}, {"file_hash": SHA256}, {"md5_hash": MD5}, {"file_hash": SHA256.upper(), "hash_algorithm": "sha256"}],
)
def test_a_file_is_fetched_once(fetch: Callable[..., Path], origin: str, tmp_path: Path, settings: dict) -> None:
    path = fetch("greeting.txt", origin=origin, **settings)
    assert path == tmp_path / "cache/datasets/greeting.txt"
    assert path.read_text() == "hello"
    (tmp_path / "hello.txt").unlink()
    assert fetch("greeting.txt", origin=origin, **settings) == path


def test_the_name_comes_from_the_address(fetch: Callable[..., Path], origin: str) -> None:
    assert fetch(origin=origin).name == "hello.txt"


def test_force_download_fetches_again(fetch: Callable[..., Path], origin: str, tmp_path: Path) -> None:
    fetch(origin=origin)
    (tmp_path / "hello.txt").write_text("again")
    assert fetch(origin=origin).read_text() == "hello"
    assert fetch(origin=origin, force_download=True).read_text() == "again"


def test_a_file_that_is_not_the_right_one_is_fetched_again(fetch: Callable[..., Path], origin: str) -> None:
    path = fetch(origin=origin)
    path.write_text("spoilt")
    assert fetch(origin=origin, file_hash=SHA256).read_text() == "hello"


def test_a_wrong_checksum_leaves_nothing_behind(fetch: Callable[..., Path], origin: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="its checksum differs"):
        fetch(origin=origin, file_hash="0" * 64)
    assert list((tmp_path / "cache").rglob("*.*")) == []


def test_a_missing_source_names_the_place_for_the_file(fetch: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"put it at .*datasets.gone\.bin"):
        fetch(origin=(tmp_path / "gone.bin").as_uri())


@pytest.mark.parametrize("fname", ["/etc/name", "../name", "a/b", ".."])
def test_a_name_that_is_a_path_is_refused(fetch: Callable[..., Path], origin: str, fname: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        fetch(fname, origin=origin)


@pytest.mark.parametrize("address", ["ftp://localhost/x", "data:text/plain,x", "localhost/x"])
def test_only_web_and_file_addresses_are_fetched(fetch: Callable[..., Path], address: str) -> None:
    with pytest.raises(ValueError, match="scheme"):
        fetch("x", origin=address)


class Server(BaseHTTPRequestHandler):
    """Sends "hello", but promises ten bytes under /short and finds nothing under /gone."""

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Length", "10" if self.path == "/short" else "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a web server in this process."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as opened:
        thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{opened.server_port}"
        opened.shutdown()
        thread.join()


def test_a_file_comes_over_http(fetch: Callable[..., Path], server: str) -> None:
    assert fetch(origin=f"{server}/folder/hello%20you.txt?version=2", file_hash=SHA256).name == "hello you.txt"


@pytest.mark.parametrize(
    ("place", "reason"), [("short", "broke off after 5 of 10 bytes"), ("gone", "cannot be fetched")]
)
def test_a_broken_download_leaves_nothing(
    fetch: Callable[..., Path], server: str, tmp_path: Path, place: str, reason: str
) -> None:
    with pytest.raises(OSError, match=reason):
        fetch(origin=f"{server}/{place}")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def make_archive(path: Path, members: dict[str, bytes]) -> Path:
    """A ZIP or tar file with these members."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as opened:
            for name, content in members.items():
                opened.writestr(name, content)
    else:
        with tarfile.open(path, "w:gz") as opened:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                opened.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_an_archive_is_unpacked_into_its_folder(fetch: Callable[..., Path], tmp_path: Path, suffix: str) -> None:
    archive = make_archive(tmp_path / f"flowers{suffix}", {"rose/1.txt": b"red", "readme": b"flowers"})
    folder = fetch(origin=archive.as_uri(), extract=True)
    assert folder == tmp_path / "cache/datasets/flowers_extracted"
    assert (folder / "rose/1.txt").read_bytes() == b"red"
    assert fetch(origin=archive.as_uri(), extract=True) == folder
    assert fetch("flowers", origin=archive.as_uri(), untar=True) == tmp_path / "cache/datasets/flowers"


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
@pytest.mark.parametrize("name", ["../out.txt", "/out.txt", "a/../../out.txt", "..\\out.txt", "C:\\out.txt"])
def test_an_archive_writes_nothing_outside_its_folder(
    fetch: Callable[..., Path], tmp_path: Path, suffix: str, name: str
) -> None:
    archive = make_archive(tmp_path / f"trap{suffix}", {"good.txt": b"good", name: b"bad"})
    with pytest.raises(FormatError, match="outside its folder"):
        fetch(origin=archive.as_uri(), extract=True)
    assert list(tmp_path.rglob("out.txt")) == []
    assert not (tmp_path / "cache/datasets/trap_extracted").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_an_archive_are_refused(fetch: Callable[..., Path], tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "trap.tar"
    with tarfile.open(path, "w") as opened:
        member = tarfile.TarInfo("link")
        member.type, member.linkname = kind, "/etc/passwd"
        opened.addfile(member)
    with pytest.raises(FormatError, match="not a plain file"):
        fetch(origin=path.as_uri(), extract=True)


def test_a_link_in_a_zip_file_is_refused(fetch: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "trap.zip"
    with zipfile.ZipFile(path, "w") as opened:
        member = zipfile.ZipInfo("link")
        member.external_attr = 0o120777 << 16
        opened.writestr(member, "/etc/passwd")
    with pytest.raises(FormatError, match="not a plain file"):
        fetch(origin=path.as_uri(), extract=True)


def test_what_is_no_archive_is_refused(fetch: Callable[..., Path], origin: str) -> None:
    with pytest.raises(FormatError, match="is not an archive"):
        fetch(origin=origin, extract=True)


def test_what_is_registered_is_found_by_name() -> None:
    from pellucid import activations

    @utils.register_keras_serializable(package="tests")
    def third(x: Any) -> Any:
        return x / 3

    try:
        assert utils.get_registered_name(third) == "tests>third"
        assert utils.get_registered_object("tests>third") is third
        assert float(activations.get("third")(np.float64(6.0))) == 2
    finally:
        for name in ("third", "tests>third"):
            del utils.get_custom_objects()[name]
    with pytest.raises(ValueError, match="unknown"):
        activations.get("third")


def test_objects_come_back_from_plain_data() -> None:
    from pellucid.layers import Dense
    from pellucid.optimizers import SGD

    given = [Dense(3, name="d"), SGD(0.5), np.arange(3), (1, "a"), {"x": None}]
    found = utils.deserialize_keras_object(utils.serialize_keras_object(given))
    assert (found[0].units, found[1].learning_rate, found[2].tolist(), found[3:]) == (3, 0.5, [0, 1, 2], given[3:])


def test_a_network_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from pellucid import Input, Model
    from pellucid.layers import Dense, add

    x = Input((4,))
    model = Model(x, add([Dense(3)(x), Dense(3)(x)]))
    drawing = utils.plot_model(model, tmp_path / "model.png", show_shapes=True, show_layer_names=True)
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG")
    assert b"(None, 3)" in drawing.create(format="svg") or b"<svg" in drawing.create(format="svg")


def test_a_batch_is_packed_and_unpacked() -> None:
    for batch in ((1,), (1, 2), (1, 2, 3)):
        assert utils.unpack_x_y_sample_weight(batch) == (*batch, None, None)[:3]
    assert utils.pack_x_y_sample_weight(1, 2, 3) == (1, 2, 3)
