"""Files made to hurt: each is refused with FormatError, quickly, in little memory, and touches nothing but itself.

An audit hook counts what Python opens, imports, runs or connects to while a file is read.
"""

import io
import json
import os
import struct
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pellucid.errors import FormatError
from pellucid.formats import Document, keras_file, limits, safe_json, weights_file

CONFIG = json.dumps({"module": "keras", "class_name": "Sequential", "config": {}}).encode()
WATCHED = ("open", "import", "exec", "compile", "socket.", "subprocess.", "os.system", "os.exec", "ctypes.", "pickle.")
_events: list[str] = []
_watching = [False]


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching[0] and event.startswith(WATCHED):
        _events.append(f"{event} {arguments[:1]}")


sys.addaudithook(_audit)


def refused(path: Path, read: Callable[..., Document], reason: str) -> None:
    """Check that reading raises FormatError with this reason, opens the file once and nothing else, and stays small."""
    size = path.stat().st_size
    with pytest.raises(FormatError):
        read(path)  # everything that Python itself loads late is loaded now
    _events.clear()
    tracemalloc.start()
    started = time.process_time()
    try:
        _watching[0] = True
        with pytest.raises(FormatError, match=reason) as caught:
            read(path)
    finally:
        _watching[0] = False
        spent, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert _events == [f"open ({str(path)!r},)"] or _events == [f"open ({path!r},)"]
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 600
    assert peak <= 2 * size + 64 * 2**20
    assert spent < 30, "a hang"


def h5(make: Callable[[Any], object], **settings: Any) -> bytes:
    """The bytes of an HDF5 file that `make` filled."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **settings) as file:
        make(file)
    return buffer.getvalue()


def zipped(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def good_weights() -> bytes:
    return weights_file.encode(Document({}, {"vars": [np.ones((2, 3), "float32")]}))


def test_the_hook_sees_what_it_should(tmp_path: Path) -> None:
    _events.clear()
    _watching[0] = True
    try:
        (tmp_path / "other").write_text("x")
        compile("1", "x", "eval")
    finally:
        _watching[0] = False
    assert [event.split()[0] for event in _events] == ["open", "compile"]


# HDF5: only plain arrays in this file, under hard links.


def elsewhere(tmp_path: Path) -> Path:
    """Another HDF5 file, holding what an attacker would like us to read."""
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["secret"] = np.ones(3, "float32")
    (tmp_path / "secret.bin").write_bytes(bytes(12))
    return path


def soft_link(file: Any, _: Path) -> None:
    file["vars/0"] = np.ones(3)
    file["vars/1"] = h5py.SoftLink("/vars/0")


def external_link(file: Any, secret: Path) -> None:
    file["vars/0"] = h5py.ExternalLink(str(secret), "/secret")


def external_storage(file: Any, secret: Path) -> None:
    file.create_dataset("vars/0", (3,), "float32", external=[(str(secret.with_suffix(".bin")), 0, 12)])


def virtual_dataset(file: Any, secret: Path) -> None:
    layout = h5py.VirtualLayout((3,), "float32")
    layout[:] = h5py.VirtualSource(str(secret), "secret", (3,))
    file.create_virtual_dataset("vars/0", layout)


def object_dtype(file: Any, _: Path) -> None:
    file.create_dataset("vars/0", data=["text"], dtype=h5py.string_dtype())


def reference_dtype(file: Any, _: Path) -> None:
    file.create_dataset("vars/0", data=file.ref, dtype=h5py.ref_dtype)


def compound_dtype(file: Any, _: Path) -> None:
    file["vars/0"] = np.zeros(2, [("a", "f4"), ("b", "f4")])


def named_dtype(file: Any, _: Path) -> None:
    file["kind"] = np.dtype("float32")
    file.create_dataset("vars/0", (3,), file["kind"], data=np.ones(3))


def two_names(file: Any, _: Path) -> None:
    file["vars/0"] = np.ones(3)
    file["vars/1"] = file["vars/0"]


def never_written(file: Any, _: Path) -> None:
    file.create_dataset("vars/0", (2**33,), "float32")  # 32 GB declared, none stored


def chunked_shape_bomb(file: Any, _: Path) -> None:
    file.create_dataset("vars/0", (2**16, 2**16), "float32", chunks=(64, 64))


def compressed_bomb(file: Any, _: Path) -> None:
    file.create_dataset("vars/0", data=np.zeros((2**12, 2**12), "float32"), compression="gzip", compression_opts=9)


def fill_value_bomb(file: Any, _: Path) -> None:
    file.create_dataset("vars/0", (2**40,), "int8", fillvalue=7, chunks=True)


def deep_groups(file: Any, _: Path) -> None:
    file["/".join(["layers"] * (limits.NESTING + 1)) + "/vars/0"] = np.ones(1)


def number_missing(file: Any, _: Path) -> None:
    file["vars/1"] = np.ones(1)


def not_numbered(file: Any, _: Path) -> None:
    file["dense/kernel:0"] = np.ones(1)


def odd_number(file: Any, _: Path) -> None:
    file["vars/00"] = np.ones(1)


def group_among_numbers(file: Any, _: Path) -> None:
    file["vars/0/vars/0"] = np.ones(1)


def climbing_name(file: Any, _: Path) -> None:
    file["layers/dense/vars/0"] = np.ones(1)
    file["layers/dense"].move("vars", "..\\..\\passwd")


ATTACKS = {
    soft_link: "link to elsewhere",
    external_link: "link to elsewhere",
    external_storage: "in another file",
    virtual_dataset: "is virtual",
    object_dtype: "plain whole or floating",
    reference_dtype: "plain whole or floating",
    compound_dtype: "plain whole or floating",
    named_dtype: "shared|without shape, type or place",
    two_names: "used twice",
    never_written: "declares 34,359,738,368 bytes",
    chunked_shape_bomb: "is chunked",
    compressed_bomb: "is compressed",
    fill_value_bomb: "is chunked",
    deep_groups: "deeper than 64",
    number_missing: "number 0 is missing",
    not_numbered: "not a numbered array",
    odd_number: "number 0 is missing",
    group_among_numbers: "group among numbers|not a numbered array",
    climbing_name: "cannot be a name",
}


@pytest.mark.parametrize("libver", ["earliest", ("v108", "v108"), ("v110", "v110")], ids=["old", "v108", "v110"])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
@pytest.mark.parametrize("inside", [False, True], ids=["weights_h5", "keras"])
def test_hdf5_attacks_are_refused(attack: Callable[..., None], libver: Any, inside: bool, tmp_path: Path) -> None:
    if attack is virtual_dataset and libver != ("v110", "v110"):
        pytest.skip("virtual datasets came with HDF5 1.10")
    secret, path = elsewhere(tmp_path), tmp_path / "net"
    data = h5(lambda file: attack(file, secret), libver=libver)
    path.write_bytes(zipped(("config.json", CONFIG), ("model.weights.h5", data)) if inside else data)
    refused(path, keras_file.read if inside else weights_file.read, ATTACKS[attack])


def test_a_group_inside_itself_is_refused(tmp_path: Path) -> None:
    def loop(file: Any) -> None:
        file["layers/vars/0"] = np.ones(1)
        file["layers/again"] = file["layers"]

    (tmp_path / "net").write_bytes(h5(loop))
    refused(tmp_path / "net", weights_file.read, "used twice")


def test_arrays_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """A hundred arrays of one megabyte each, all at the same place of a file of one megabyte."""

    def make(file: Any) -> None:
        for i in range(100):
            file[f"vars/{i}"] = np.full(2**18 if i == 0 else 2, i, "float32")

    data = bytearray(h5(make))
    at = data.index(np.zeros(2**18, "float32").tobytes())
    with h5py.File(io.BytesIO(bytes(data))) as file:
        small = [file[f"vars/{i}"].id.get_offset() for i in range(1, 100)]
        at = file["vars/0"].id.get_offset()
    for address in small:  # layout: address, size; shape: one axis, twice (now, at most)
        place = data.index(struct.pack("<QQ", address, 8))
        data[place : place + 16] = struct.pack("<QQ", at, 2**20)
    one_axis = b"\x01\x01\x01" + bytes(5) + struct.pack("<QQ", 2, 2)
    data = bytearray(bytes(data).replace(one_axis, one_axis[:8] + struct.pack("<QQ", 2**18, 2**18)))
    (tmp_path / "net").write_bytes(data)
    refused(tmp_path / "net", weights_file.read, "arrays overlap")


def test_too_many_arrays_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MEMBERS", 21)

    def make(file: Any, count: int) -> None:
        for i in range(count):
            file[f"vars/{i}"] = np.ones(1)

    (tmp_path / "net").write_bytes(h5(lambda file: make(file, 20)))  # and their group
    assert len(weights_file.read(tmp_path / "net").weights["vars"]) == 20
    (tmp_path / "net").write_bytes(h5(lambda file: make(file, 21)))
    refused(tmp_path / "net", weights_file.read, "more than 21 groups and arrays")


OTHER_KINDS = [b"", b"\x89HDF\r\n\x1a\n", b"not hdf5" * 100, b"\x80\x04\x95pickle", b"PK\5\6" + bytes(18)]


@pytest.mark.parametrize("data", OTHER_KINDS)
def test_other_kinds_of_files_are_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes(data)
    refused(tmp_path / "net", weights_file.read, "HDF5|cut off|damaged")
    refused(tmp_path / "net", keras_file.read, r"\.keras file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "net")
    for read in (weights_file.read, keras_file.read):
        with pytest.raises(FormatError, match="not a file"):
            read(tmp_path / "net")


# ZIP: the three members, in proportion.


def zips() -> Iterator[tuple[str, bytes, str]]:
    weights, config = ("model.weights.h5", good_weights()), ("config.json", CONFIG)
    deflated = zipfile.ZIP_DEFLATED
    bomb = ("model.weights.h5", good_weights() + bytes(2**26))
    yield "bomb in the weights", zipped(config, bomb, compression=deflated), "out of proportion"
    yield "bomb in the config", zipped(("config.json", b" " * 2**25), weights, compression=deflated), "the limit is"
    yield "config beyond the limit", zipped(("config.json", b" " * (limits.CONFIG_BYTES + 1)), weights), "the limit is"
    yield "bzip2", zipped(config, weights, compression=zipfile.ZIP_BZIP2), "compressed in a way"
    yield "a path", zipped(config, weights, ("../../evil.py", b"x")), "which no model of ours needs"
    yield "an absolute path", zipped(config, weights, ("/etc/cron.d/x", b"x")), "which no model of ours needs"
    yield "assets", zipped(config, weights, ("assets/layers/hook.py", b"x")), "which no model of ours needs"
    yield "words", zipped(config, weights, ("assets/layers/words/vocabulary.txt", b"\xff")), "is not text"
    yield "no config", zipped(weights), "lacks config.json"
    yield "no weights", zipped(config), "lacks model.weights.h5"
    yield "npz weights", zipped(config, ("model.weights.npz", b"")), "which no model of ours needs"
    yield "many members", zipped(config, weights, *((f"m{i}", b"") for i in range(2000))), "list of members"
    sizes = bytearray(zipped(config, bomb, compression=deflated))
    entry = sizes.rindex(b"PK\1\2")
    sizes[entry + 24 : entry + 28] = struct.pack("<I", 1000)  # the real size hidden
    yield "a lie about the size", bytes(sizes), "not a sound"
    encrypted = bytearray(zipped(config, weights))
    encrypted[encrypted.rindex(b"PK\1\2") + 8] |= 1
    yield "encrypted", bytes(encrypted), "not a sound"


@pytest.mark.parametrize(("data", "reason"), [pytest.param(data, why, id=name) for name, data, why in zips()])
def test_zip_attacks_are_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes(data)
    refused(tmp_path / "net", keras_file.read, reason)


def test_a_member_named_twice_is_refused(tmp_path: Path) -> None:
    data = zipped(("config.json", CONFIG), ("model.weights.h5", good_weights()), ("conFig.json", b"{}"))
    (tmp_path / "net").write_bytes(data.replace(b"conFig.json", b"config.json"))
    refused(tmp_path / "net", keras_file.read, "names a member twice")


# JSON.


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (b"[" * 100_000, "nests deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nests deeper than 64"),
        (b'{"class_name": "A", "config": {}, "config": {"x": 1}}', "'config' stands twice"),
        (b'{"class_name": "A", "config": {"units": ' + b"9" * 5000 + b"}}", "not sound JSON"),
        (b'{"class_name": "A", "config": {}', "not sound JSON"),
        (b"\xff\xfe{}", "not sound JSON"),
        (b"[1, 2]", "must be a JSON object, got list"),
        (b"{}", 'must name a "class_name"'),
        (b'{"class_name": "A", "config": [' + b"[]," * 2_000_000 + b"[]]}", "more than 500,000 values"),
        (b'{"a": "' + b'\\"' * 4_000_000, "not sound JSON"),
        (b'{"a": ' + b'"' * 1_000_001, "not sound JSON"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
def test_json_attacks_are_refused(config: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes(zipped(("config.json", config), ("model.weights.h5", good_weights())))
    refused(tmp_path / "net", keras_file.read, reason)


def test_brackets_in_a_text_are_no_nesting_and_nan_is_a_number() -> None:
    text = b'{"name": "' + rb"[{\\\"" * 200 + b'", "limit": NaN, "most": -Infinity}'
    value = safe_json.loads(text, "net", "config.json")
    assert value["limit"] != value["limit"]
    assert value["most"] == float("-inf")


def test_a_config_that_names_code_is_only_text(tmp_path: Path) -> None:
    config = {
        "module": "os",
        "class_name": "system",
        "config": {"command": "true"},
        "registered_name": "eval",
    }
    data = zipped(("config.json", json.dumps(config).encode()), ("model.weights.h5", good_weights()))
    (tmp_path / "net").write_bytes(data)
    keras_file.read(tmp_path / "net")
    _events.clear()
    _watching[0] = True
    try:
        loaded = keras_file.read(tmp_path / "net")
    finally:
        _watching[0] = False
    assert loaded.config == config
    assert len(_events) == 1
    assert _events[0].startswith("open")
