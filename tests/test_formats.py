"""What is saved comes back, bit for bit; a crash at any moment leaves the last good file; damage is found.

PELLUCID_KILLS and PELLUCID_MUTATIONS set how often the long tests try (damage.py); `make damage` runs the full counts.
"""

import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from damage import KILLS, MUTATIONS, mutated
from pellucid.errors import FormatError
from pellucid.formats import Document, Entry, fill, group, group_names, keras_file, safe_write, weights_file


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def model() -> Entry:
    inner = Entry("Sequential", children=[Entry("Dense", [numbers(4, 2, seed=5), numbers(2, seed=6)])])
    lstm = Entry("LSTM", parts={"cell": Entry("LSTMCell", [numbers(3, 8), numbers(2, 8), numbers(8)])})
    dense = Entry("Dense", [numbers(3, 4), numbers(4)])
    batch = Entry("BatchNormalization", [numbers(4, seed=i) for i in range(4)])
    return Entry("Functional", children=[Entry("InputLayer"), dense, batch, Entry("Dropout"), dense, lstm, inner])


def document(entry: Entry | None = None) -> Document:
    config = {"module": "keras", "class_name": "Functional", "config": {"name": "net", "limit": float("inf")}}
    optimizer = [np.int64(7), np.float32(0.001), numbers(3, 4, seed=9)]
    return Document(config, group(entry or model()), optimizer, {"keras_version": "3.15.1"})


def same(a: Any, b: Any) -> bool:
    """Whether two trees hold the same names and the same bits."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.fixture(params=[keras_file, weights_file], ids=["keras", "weights_h5"])
def room(request: pytest.FixtureRequest) -> ModuleType:
    return request.param


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert not list(tmp_path.glob(".*.tmp")), "a temporary file was left behind"


def test_what_is_saved_comes_back(room: ModuleType, folder: Path) -> None:
    saved = document()
    room.write(folder / "net", saved)
    loaded = room.read(folder / "net")
    assert same(loaded.weights, saved.weights)
    assert same(loaded.optimizer, saved.optimizer)
    if room is keras_file:
        assert loaded.config == saved.config
        assert loaded.metadata == saved.metadata


def test_groups_carry_the_class_and_its_count_never_the_name() -> None:
    assert group_names(["Dense", "Dropout", "Dense", "Conv2D", "Dense"]) == [
        "dense",
        "dropout",
        "dense_1",
        "conv2d",
        "dense_2",
    ]
    with pytest.raises(ValueError, match="another name"):
        group_names(["Dense", "Dense", "Dense_1"])


def test_a_saved_file_fills_the_same_model(folder: Path) -> None:
    keras_file.write(folder / "net", document())
    filled = fill(model(), keras_file.read(folder / "net").weights, "net")
    assert same(group(filled), group(model()))
    assert filled.children[6].children[0].weights[1].tobytes() == numbers(2, seed=6).tobytes()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Entry("Sequential", children=[Entry("Dense", [(3, 4), (4,)])]), r"Only in the file: layers/dense_1/vars/0"),
        (Entry("Sequential", children=[Entry("Dense", [(3, 4), (4,)]), Entry("Dense", [(1, 2)]), Entry("GRU", [(1,)])]),
         r"Only in the model: layers/gru/vars/0. Only in the file: nothing"),
        (Entry("Sequential", children=[Entry("Dense", [(3, 5), (4,)]), Entry("Dense", [(1, 2)])]),
         r"Shapes differ at layers/dense/vars/0 \(model \(3, 5\), file \(3, 4\)\)"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_lists_both_sides(wrong: Entry, reason: str) -> None:
    tree = group(
        Entry("Sequential", children=[Entry("Dense", [numbers(3, 4), numbers(4)]), Entry("Dense", [numbers(1, 2)])])
    )
    with pytest.raises(FormatError, match=reason):
        fill(wrong, tree, "net.keras")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int32", "int64", "uint8", "uint32"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (2, 3), (2, 1, 3, 2)])
def test_every_number_type_and_shape_survives(dtype: str, shape: tuple[int, ...]) -> None:
    array = (np.random.default_rng(1).normal(size=shape) * 100).astype(dtype)
    loaded = weights_file.decode(weights_file.encode(Document({}, {"vars": [array, array.T]})), "net")
    assert same(loaded.weights, {"vars": [array, np.ascontiguousarray(array.T).reshape(array.T.shape)]})


def test_many_arrays_keep_their_order() -> None:
    arrays = [np.full(2, i) for i in range(1200)]
    assert same(weights_file.decode(weights_file.encode(Document({}, {"vars": arrays})), "net").weights["vars"], arrays)


def test_the_same_document_gives_the_same_bytes(room: ModuleType, folder: Path) -> None:
    room.write(folder / "a", document())
    room.write(folder / "b", document())
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


def test_members_stand_as_keras_writes_them(folder: Path) -> None:
    keras_file.write(folder / "net", document())
    with zipfile.ZipFile(folder / "net") as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert all(member.compress_type == zipfile.ZIP_STORED for member in archive.infolist())


def test_files_compressed_by_others_load(folder: Path) -> None:
    keras_file.write(folder / "net", document())
    with (
        zipfile.ZipFile(folder / "net") as archive,
        zipfile.ZipFile(folder / "zipped", "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for name in archive.namelist():
            out.writestr(name, archive.read(name))
    assert same(keras_file.read(folder / "zipped").weights, document().weights)


@pytest.mark.parametrize("libver", ["earliest", ("v108", "v108"), ("v110", "v110")])
@pytest.mark.parametrize("count", [1, 8, 9, 50, 700])
def test_files_of_the_hdf5_library_old_and_new_load(libver: Any, count: int, folder: Path) -> None:
    import h5py

    with h5py.File(folder / "net", "w", libver=libver) as file:
        for i in range(count):
            file[f"layers/dense/vars/{i}"] = np.full((2, 3), i, "float32")
    loaded = weights_file.read(folder / "net").weights["layers"]["dense"]["vars"]
    assert same(loaded, [np.full((2, 3), i, "float32") for i in range(count)])


def test_weights_that_are_not_finite_need_a_word(room: ModuleType, folder: Path) -> None:
    saved = document(Entry("Dense", [np.array([1.0, np.nan], "float32")]))
    room.write(folder / "net", saved)
    with pytest.raises(FormatError, match=r"vars/0.*allow_nonfinite"):
        room.read(folder / "net")
    assert same(room.read(folder / "net", allow_nonfinite=True).weights, saved.weights)


def test_arrays_that_are_not_numbers_are_not_saved(room: ModuleType, folder: Path) -> None:
    room.write(folder / "net", document())
    before = (folder / "net").read_bytes()
    with pytest.raises(ValueError, match=r"vars/0 must hold whole or floating-point numbers, got dtype <U1"):
        room.write(folder / "net", document(Entry("Dense", [np.array("x")])))
    assert (folder / "net").read_bytes() == before


def test_a_missing_file_is_a_missing_file(room: ModuleType, folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        room.read(folder / "net")


# Writing: the old file or the new one, never half of one.


def test_the_order_is_write_fsync_replace_fsync(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        steps.append("fsync folder" if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir() else "fsync file")
        fsync(descriptor)

    def noted_replace(source: str, target: str) -> None:
        assert Path(source).parent == Path(target).parent == folder
        assert Path(source).read_bytes() == b"new", "replaced before all was written"
        steps.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    with safe_write.replacing(folder / "net") as file:
        file.write(b"new")
    assert steps == ["fsync file", "replace", "fsync folder"]


@pytest.mark.parametrize("failing", ["fsync", "replace", "chmod"])
def test_a_failing_disk_leaves_the_old_file(
    room: ModuleType, failing: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.write(folder / "net", document())
    before = (folder / "net").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match="No space"):
        room.write(folder / "net", document(Entry("Dense", [numbers(9)])))
    monkeypatch.undo()
    assert (folder / "net").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["net"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_leaves_the_old_file(room: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room.write(folder / "net", document())
    before = (folder / "net").read_bytes()
    really_open = os.open
    monkeypatch.setattr(
        os,
        "open",
        lambda path, flags, *mode: (
            really_open("/dev/full", os.O_RDWR) if flags & os.O_EXCL else really_open(path, flags, *mode)
        ),
    )
    monkeypatch.setattr(os, "chmod", lambda *_: None)
    with pytest.raises(OSError, match=r"No space|seek"):
        room.write(folder / "net", document())
    assert (folder / "net").read_bytes() == before


def test_a_read_only_folder_leaves_the_old_file(room: ModuleType, folder: Path) -> None:
    room.write(folder / "net", document())
    before = (folder / "net").read_bytes()
    folder.chmod(0o555)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(PermissionError):
            room.write(folder / "net", document())
    finally:
        folder.chmod(0o755)
    assert (folder / "net").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_permissions_stay_and_links_stay_links(folder: Path) -> None:
    weights_file.write(folder / "net", document())
    umask = os.umask(0)
    os.umask(umask)
    assert (folder / "net").stat().st_mode & 0o777 == 0o666 & ~umask
    (folder / "net").chmod(0o640)
    (folder / "link").symlink_to("net")
    weights_file.write(folder / "link", document(Entry("Dense", [numbers(2)])))
    assert (folder / "link").is_symlink()
    assert (folder / "net").stat().st_mode & 0o777 == 0o640
    assert same(weights_file.read(folder / "net").weights, {"vars": [numbers(2)]})


SAVES_FOREVER = """
import sys
import numpy as np
from pellucid.formats import Document, Entry, group, keras_file, weights_file
room, path = {"keras": keras_file, "weights": weights_file}[sys.argv[1]], sys.argv[2]
config = {"class_name": "Sequential", "config": {}}
for i in range(10**9):
    room.write(path, Document(config, group(Entry("Dense", [np.full(60_000, i, "float32")] * 4))))
    if i == 1:
        print("saving", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("kind", ["keras", "weights"])
def test_kill_9_while_saving_costs_nothing(kind: str, tmp_path: Path) -> None:
    path, chance = tmp_path / "net", random.Random(1)
    room = {"keras": keras_file, "weights": weights_file}[kind]
    source = str(Path(safe_write.__file__).parents[2])
    kills = KILLS // 2
    for _ in range(kills):
        saver = subprocess.Popen(
            [sys.executable, "-c", SAVES_FOREVER, kind, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": source},
        )
        assert saver.stdout
        with saver.stdout:
            assert saver.stdout.readline() == b"saving\n"
            time.sleep(chance.random() * 0.05)
            saver.send_signal(signal.SIGKILL)
            saver.wait()
        arrays = room.read(path).weights["vars"]
        assert len(arrays) == 4
        assert all((array == arrays[0][0]).all() for array in arrays)


# Damage: an error that names the file, or the very same weights; never anything else.


def load_or_refuse(room: ModuleType, path: Path, data: bytes, whole: Document) -> bool:
    """Whether the damaged data was refused; fails when it loads with other contents."""
    path.write_bytes(data)
    try:
        loaded = room.read(path)
    except FormatError as error:
        return error.file == str(path) and len(error.reason) > 10
    assert same(loaded.weights, whole.weights)
    assert same(loaded.optimizer, whole.optimizer)
    assert loaded.config == whole.config
    return False


def test_a_file_cut_off_anywhere_is_refused(room: ModuleType, folder: Path) -> None:
    room.write(folder / "net", document())
    data, whole = (folder / "net").read_bytes(), room.read(folder / "net")
    for length in [*range(0, len(data), 4096), *range(0, len(data), 997), len(data) - 1]:
        assert load_or_refuse(room, folder / "net", data[:length], whole)


def test_mutations_are_refused_or_harmless(room: ModuleType, folder: Path) -> None:
    room.write(folder / "net", document())
    data, whole = (folder / "net").read_bytes(), room.read(folder / "net")
    refused = sum(
        load_or_refuse(room, folder / "net", mutated(data, random.Random(seed)), whole) for seed in range(MUTATIONS)
    )
    assert refused > MUTATIONS // 4


@pytest.mark.parametrize("libver", ["earliest", ("v108", "v108")])
def test_mutations_of_files_without_checksums_are_refused_or_load(libver: Any, folder: Path) -> None:
    import h5py

    with h5py.File(folder / "net", "w", libver=libver) as file:
        for i in range(60):
            file[f"layers/dense/vars/{i}"] = np.full((2, 3), i, "float32")
            file[f"layers/dense/vars/{i}"].attrs["name"] = "kernel"
    data = (folder / "net").read_bytes()
    for seed in range(MUTATIONS):
        copy = mutated(data, random.Random(seed))
        try:
            loaded = weights_file.decode(copy, "net", allow_nonfinite=True)
        except FormatError:
            continue
        assert isinstance(loaded, Document)


def test_no_bit_flip_in_a_weight_is_missed(room: ModuleType, folder: Path) -> None:
    weights = numbers(40, 50)
    room.write(folder / "net", document(Entry("Dense", [weights])))
    data = (folder / "net").read_bytes()
    start = data.index(weights.tobytes())
    chance = random.Random(2)
    for _ in range(MUTATIONS):
        copy = bytearray(data)
        copy[start + chance.randrange(weights.nbytes)] ^= 1 << chance.randrange(8)
        (folder / "net").write_bytes(copy)
        with pytest.raises(FormatError):
            room.read(folder / "net", allow_nonfinite=True)


def test_the_damaged_array_is_named() -> None:
    weights = numbers(5)
    data = weights_file.encode(
        Document({}, group(Entry("Sequential", children=[Entry("Dense", [numbers(2, 2), weights])])))
    )
    copy = data.replace(weights.tobytes(), weights[::-1].tobytes())
    with pytest.raises(FormatError, match=r"'layers/dense/vars/1' does not match its checksum"):
        weights_file.decode(copy, "net")


def test_a_checksum_taken_away_is_noticed() -> None:
    data = weights_file.encode(document())
    with pytest.raises(FormatError, match="checksum"):
        weights_file.decode(data.replace(b"sha256", b"sha257", 1), "net")
    unsealed = data.replace(b"sha256", b"sha257")  # every one: now it is a file as Keras writes it
    assert same(weights_file.decode(unsealed, "net").weights, document().weights)
