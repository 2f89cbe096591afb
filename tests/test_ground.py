"""The ground floor: keys, trees, tables, errors."""

import numpy as np
import pytest

from pellucid import config, random
from pellucid.arrays import one_hot
from pellucid.errors import fraction, one_of, pair, positive_int
from pellucid.registry import Registry, custom_object_scope
from pellucid.tree import leaves, tree_map


def test_threefry_gives_the_known_answers() -> None:
    """The answers published with the authors' reference code (Random123, kat_vectors, threefry2x32 20)."""
    for key, counter, answer in [
        ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ]:
        found = random.threefry(np.array(key, "uint32"), *(np.array([c], "uint32") for c in counter))
        assert (found[0][0], found[1][0]) == answer


@pytest.mark.parametrize("size", [0, 1, 5, 2 * random._BLOCK, 2 * random._BLOCK + 1, 4 * random._BLOCK + 7])
def test_bits_are_the_ciphers_of_the_counters_whatever_the_blocks(size: int) -> None:
    key, half = random.key(0xDEADBEEF00000003), (size + 1) // 2
    counters = np.arange(half, dtype="uint32")
    cipher = np.concatenate(random.threefry(key, np.ones_like(counters), counters))[:size]
    np.testing.assert_array_equal(random.bits(key, (size,)), cipher)
    np.testing.assert_array_equal(random.uniform(key, (size,), "float64"), (cipher >> 8) / 2.0**24)


def test_uniform_is_even_and_normal_is_a_bell() -> None:
    u = random.uniform(random.key(1), (200_000,), "float64")
    assert u.min() >= 0
    assert u.max() < 1
    assert np.histogram(u, 20, (0, 1))[0] / 10_000 == pytest.approx(np.ones(20), abs=0.04)
    n = random.normal(random.key(2), (200_000,), "float64")
    moments = [n.mean(), n.std(), (n**3).mean(), (n**4).mean()]
    assert moments == pytest.approx([0, 1, 0, 3], abs=0.05)
    assert random.uniform(random.key(1), (3, 5)).dtype == random.normal(random.key(1), (3, 5)).dtype == np.float32


def test_keys_made_from_a_key_differ_and_repeat() -> None:
    key = random.key(3)
    made = [tuple(random.fold_in(key, i)) for i in range(1000)]
    assert len(set(made)) == 1000
    assert made[7] == tuple(random.fold_in(random.key(3), 7))
    np.testing.assert_array_equal(random.split(key, 4), [random.fold_in(key, i) for i in range(4)])


def test_the_program_s_stream_starts_again_with_the_seed() -> None:
    random.set_random_seed(5)
    first = [random.next_key(), random.next_key()]
    random.set_random_seed(5)
    np.testing.assert_array_equal([random.next_key(), random.next_key()], first)
    with random.keys_from(random.key(9)):
        np.testing.assert_array_equal(random.next_key(), random.fold_in(random.key(9), 0))
    for wrong in (-1, 2**32, 1.5, True):
        with pytest.raises(ValueError, match="seed must be a whole number"):
            random.set_random_seed(wrong)  # type: ignore[arg-type]


def test_trees_are_mapped_and_listed() -> None:
    tree = {"a": {"x": 1, "y": 2}, "b": 3}
    assert tree_map(lambda p, q: p * q, tree, {"a": {"x": 10, "y": 10}, "b": 10}) == {"a": {"x": 10, "y": 20}, "b": 30}
    assert dict(leaves(tree)) == {("a", "x"): 1, ("a", "y"): 2, ("b",): 3}


def test_a_table_is_closed_but_for_the_callers_own_objects() -> None:
    table: Registry = Registry("thing")
    table.add("dense", "Dense")(int)
    assert table.find("Dense") is int
    with pytest.raises(ValueError, match=r"unknown thing 'dence'. Did you mean 'dense'"):
        table.find("dence")
    with pytest.raises(ValueError, match="There are: Dense, dense"):
        table.find("os.system")
    with pytest.raises(KeyError, match="registered already"):
        table.add("dense")(str)
    with custom_object_scope({"mine": str}):
        assert table.find("mine") is str
    assert "mine" not in table


def test_checks_say_what_arrived() -> None:
    assert (positive_int(np.int64(3), "n"), pair([1, 2], "k"), one_of("a", "ab", "x"), fraction(0, "r")) == (
        3,
        (1, 2),
        "a",
        0.0,
    )
    for check, words in [
        (lambda: positive_int(True, "units"), "units must be a positive whole number, got True"),
        (lambda: positive_int(2.0, "units"), "got 2.0"),
        (lambda: pair((1, 2, 3), "kernel_size"), "kernel_size must be one number or two"),
        (lambda: one_of("full", ("same", "valid"), "padding"), "padding must be one of 'same', 'valid', got 'full'"),
        (lambda: fraction(-0.1, "rate"), "rate must be at least 0 and below 1, got -0.1"),
    ]:
        with pytest.raises(ValueError, match=words):
            check()


def test_float_type_and_fuzz_factor_are_checked() -> None:
    with pytest.raises(ValueError, match="floatx must be"):
        config.set_floatx("int32")
    with pytest.raises(ValueError, match="epsilon must be above 0"):
        config.set_epsilon(0)
    assert (config.floatx(), config.epsilon()) == ("float32", 1e-7)


def test_one_hot_keeps_the_leading_axes() -> None:
    assert one_hot(np.array([[0, 2]]), 3, "float64").tolist() == [[[1, 0, 0], [0, 0, 1]]]
