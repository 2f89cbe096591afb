"""A watched training learns the same bits; what was seen fits into bounded memory and into one file."""

import contextlib
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.callbacks import LambdaCallback
from pellucid.errors import FormatError
from pellucid.inside import watch as watch_module
from pellucid.inside.frame import Frame
from pellucid.inside.recording import Recording
from pellucid.inside.trace import trace
from pellucid.inside.watch import Watch
from pellucid.layers.layer import names
from pellucid.random import set_random_seed

RNG = np.random.default_rng(0)
FACTS = ("number", "step", "epoch", "batch", "seconds", "loss", "rate", "update_steps", "logs")
X = RNG.normal(size=(20, 3)).astype("float32")
LABELS = RNG.integers(0, 3, size=20)


def network() -> Sequential:
    names.restart()
    set_random_seed(7)
    model = Sequential(
        [
            layers.Dense(4, activation="tanh", name="hidden", input_shape=(3,)),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.25),
            layers.Dense(3, activation="softmax", name="out"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fitted(*callbacks: object, epochs: int = 3) -> Sequential:
    model = network()
    model.fit(X, LABELS, batch_size=4, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return model


def frame(number: int, size: int = 1) -> Frame:
    return Frame(number, number, 0, number, 0.0, None, 0.1, 1, {}, {"weights/a/kernel": np.zeros(size, np.uint8)})


@pytest.mark.parametrize("settings", [{"every": 1}, {"every": 3}, {}, {"x": X[:5], "y": LABELS[:5]}, {"x": X[:5]}])
def test_a_watched_training_learns_the_same_bits(settings: dict[str, object]) -> None:
    plain, watched = fitted(), fitted(Watch(**settings))
    assert plain.history.history == watched.history.history
    for a, b in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_frame_holds_what_the_trace_of_the_probe_shows() -> None:
    watch = Watch(X[:5], LABELS[:5], every=1)
    model = fitted(watch)
    assert watch.recording is not None
    last = watch.recording.latest
    seen = trace(model, X[:5], LABELS[:5])
    assert last is not None
    assert last.loss == seen.loss
    assert (last.step, last.epoch, last.batch) == (15, 2, 4)
    np.testing.assert_array_equal(last.arrays["weights/hidden/kernel"], model.get_weights()[0])
    np.testing.assert_array_equal(last.arrays["values/out/softmax"], seen["out"].a)
    np.testing.assert_array_equal(last.arrays["gradients/out/bias"], seen["out"].grads["bias"])
    assert last.part("state").keys() == {"norm/moving_mean", "norm/moving_variance"}
    assert last.logs.keys() == {"accuracy", "loss"}


def test_updates_are_what_each_step_added() -> None:
    watch = Watch(every=1)
    fitted(watch)
    assert watch.recording is not None
    _, weights = watch.recording.series("weights/hidden/kernel")
    _, updates = watch.recording.series("updates/hidden/kernel")
    np.testing.assert_array_equal(updates[1:], weights[1:] - weights[:-1])
    assert [f.update_steps for f in watch.recording.frames] == [0] + 15 * [1]


def test_frames_come_after_every_so_many_batches_and_at_both_ends() -> None:
    watch = Watch(every=4)
    fitted(watch)
    assert watch.recording is not None
    assert [f.step for f in watch.recording.frames] == [0, 4, 8, 12, 15]
    assert [f.update_steps for f in watch.recording.frames] == [0, 1, 1, 1, 0]
    assert [epoch["step"] for epoch in watch.recording.epochs] == [5, 10, 15]


def ticking(watch: Watch, batch: float, a_frame: float = 0.0) -> LambdaCallback:
    """A clock of the test's own: so many seconds a batch, and a frame."""
    now = [0.0]
    watch.clock = lambda: now[0]
    honest = watch._record

    def slow(*given: object) -> None:
        now[0] += a_frame
        honest(*given)  # type: ignore[arg-type]

    def work(batch_number: int, logs: object) -> None:
        now[0] += batch

    watch._record = slow  # type: ignore[method-assign]
    return LambdaCallback(on_train_batch_end=work)


def test_watching_takes_its_share_of_the_time_and_no_more() -> None:
    watch = Watch(budget=0.1)
    fitted(ticking(watch, 1.0, 3.0), watch, epochs=40)  # a frame takes 3 seconds, a batch 1
    assert watch.recording is not None
    assert 6 <= len(watch.recording.frames) <= 9  # of 200 batches; 10 % of 200 s is 6 or 7 frames, and the last


def test_a_training_of_a_fifth_of_a_second_is_seen_in_many_frames() -> None:
    watch = Watch()
    fitted(ticking(watch, 0.001, 0.0001), watch, epochs=40)  # 200 batches
    assert watch.recording is not None
    steps = [f.step for f in watch.recording.frames]
    assert 20 <= len(steps) <= 60
    assert max(np.diff(steps)) < 30
    assert watch.spent < 0.01 + 0.03 * 0.25


def test_a_long_training_has_a_few_thousand_frames() -> None:
    watch = Watch()
    fitted(ticking(watch, 3.0), watch, epochs=400)  # 2000 batches in 100 minutes
    assert watch.recording is not None
    assert 1000 < watch._number < 3000


def test_a_frame_is_worked_out_only_when_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    honest = watch_module.trace_batch

    def counted(*given: object, **settings: object) -> object:
        looks.append(len(given))
        return honest(*given, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(watch_module, "trace_batch", counted)
    watch = Watch(every=1)
    fitted(watch)
    assert len(looks) == 1  # what names there are
    assert watch.recording is not None
    frame = watch.recording.at(7)
    frame.part("weights")
    assert frame.size == sum(frame.arrays[name].nbytes for name in frame.arrays)
    assert frame.loss is not None
    assert len(looks) == 2


def test_what_is_worked_out_later_is_what_was_seen_then() -> None:
    seen = {}

    def look(batch: int, logs: object) -> None:
        step = int(model.numbers.step)
        seen[step] = trace(model, X[:5], LABELS[:5])

    model, watch = network(), Watch(X[:5], LABELS[:5], every=1)
    model.fit(X, LABELS, batch_size=4, epochs=2, verbose=0, callbacks=[watch, LambdaCallback(on_train_batch_end=look)])
    model.compile("sgd", "mse")
    model.layers[0].set_weights([np.zeros((3, 4)), np.zeros(4)])
    assert watch.recording is not None
    for step, then in seen.items():
        frame = watch.recording.at(step)
        assert frame.loss == then.loss
        for name, value in then.values.items():
            np.testing.assert_array_equal(frame.arrays[f"values/{name}"], value)
        for owner, grads in then.grads.items():
            for name, grad in grads.items():
                np.testing.assert_array_equal(frame.arrays[f"gradients/{owner}/{name}"], grad)


def test_what_a_function_of_ones_own_gives_is_worked_out_at_once() -> None:
    factor = [1.0]

    def turn(batch: int, logs: object) -> None:
        factor[0] += 1

    model = Sequential([layers.Lambda(lambda x: x * factor[0], name="own", input_shape=(3,)), layers.Dense(3)])
    model.compile("sgd", "mse")
    watch = Watch(every=1)
    model.fit(X, np.zeros((20, 3)), batch_size=4, verbose=0, callbacks=[watch, LambdaCallback(on_train_batch_end=turn)])
    assert watch.recording is not None
    own = [f.arrays["values/own"] / watch.recording.probe["x/0"] for f in watch.recording.frames]
    assert len({round(float(values.mean())) for values in own}) > 3


def test_whoever_follows_may_come_first_hang_or_fail() -> None:
    watch, hung, seen = Watch(every=1), threading.Event(), {"quick": [], "failing": [], "hanging": []}

    def follow(name: str, then: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):
            for frame in watch.follow(timeout=10):
                seen[name].append((frame.step, frame.loss))
                then()

    def fail() -> None:
        raise RuntimeError

    acts = {"quick": lambda: None, "failing": fail, "hanging": lambda: hung.wait(10) and None}
    threads = [threading.Thread(target=follow, args=given, daemon=True) for given in acts.items()]
    for thread in threads:
        thread.start()
    model, plain = fitted(watch), fitted()
    hung.set()
    for thread in threads:
        thread.join(10)
    for a, b in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert watch.recording is not None
    end = watch.recording.latest
    assert end is not None
    assert seen["quick"][-1] == (end.step, end.loss)
    assert len(seen["failing"]) == 1
    assert seen["hanging"][-1] == (end.step, end.loss)


def test_following_a_training_that_never_begins_ends_when_time_is_up() -> None:
    assert list(Watch().follow(timeout=0.001)) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_training_that_breaks_off_is_recorded_to_its_last_step_and_followers_go_home(error: type) -> None:
    watch = Watch(every=4)

    def breaks(batch: int, logs: object) -> None:
        if batch == 2:
            raise error

    thread = threading.Thread(target=lambda: list(watch.follow(timeout=10)), daemon=True)
    thread.start()
    with pytest.raises(error):
        fitted(watch, LambdaCallback(on_train_batch_end=breaks))
    thread.join(10)
    assert not thread.is_alive()
    assert watch.recording is not None
    assert watch.recording.closed
    assert [f.step for f in watch.recording.frames] == [0, 3]


def test_a_model_that_was_put_back_is_recorded_anew() -> None:
    model, watch = network(), Watch(every=5)
    start = model.numbers
    for _ in range(2):
        model.numbers = start
        model.fit(X, LABELS, batch_size=4, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    assert [f.step for f in watch.recording.frames] == [0, 5]
    assert len(watch.recording.epochs) == 1


def test_the_same_watch_goes_on_with_the_next_fit() -> None:
    watch = Watch(every=5)
    model = fitted(watch, epochs=1)
    model.fit(X, LABELS, batch_size=4, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    assert [f.step for f in watch.recording.frames] == [0, 5, 10]
    assert [f.number for f in watch.recording.frames] == [0, 1, 2]


def test_a_training_that_runs_away_is_recorded_to_its_end() -> None:
    model, watch = Sequential([layers.Dense(1, input_shape=(1,))]), Watch(every=1)
    model.compile(optimizer="sgd", loss="mse")
    with pytest.warns(UserWarning, match="not all numbers are finite"), np.errstate(all="ignore"):
        model.fit(np.full((40, 1), 1e6), np.ones((40, 1)), batch_size=1, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    steps = [f.step for f in watch.recording.frames]
    assert len(steps) > 2
    assert watch.recording.closed


def test_data_that_are_no_arrays_need_a_probe() -> None:
    def batches() -> object:
        while True:
            yield X[:4], LABELS[:4]

    with pytest.raises(ValueError, match=r"give the probe batch: Watch\(x, y\)"):
        network().fit(batches(), steps_per_epoch=2, verbose=0, callbacks=[Watch()])
    watch = Watch(X[:2], LABELS[:2], every=1)
    network().fit(batches(), steps_per_epoch=2, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    assert len(watch.recording.frames) == 3


@pytest.mark.parametrize("settings", [{"y": [1]}, {"every": 0}, {"budget": 0.0}, {"budget": 2.0}])
def test_settings_are_checked(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"Watch|every|budget"):
        Watch(**settings)


def test_a_full_memory_keeps_every_second_frame_the_first_and_the_latest() -> None:
    recording = Recording({}, {}, limit=1000)
    for number in range(100):
        recording.add(frame(number, 100))
        frames = recording.frames
        assert frames[0].number == 0
        assert frames[-1].number == number
        assert sum(f.size for f in frames) <= 1100  # the latest stands beside those that are kept
    spaces = np.diff([f.number for f in recording.frames[:-1]])
    assert set(spaces) == {16}


def test_a_frame_larger_than_the_memory_leaves_the_first_and_the_latest() -> None:
    recording = Recording({}, {}, limit=10)
    for number in range(9):
        recording.add(frame(number, 100))
    assert [f.number for f in recording.frames] == [0, 8]


def test_a_slow_follower_gets_the_latest_frame_and_nobody_waits_for_it() -> None:
    recording, seen, ready, go = Recording({}, {}), [], threading.Event(), threading.Event()

    def follow() -> None:
        follower = recording.follow()
        while (news := follower.next(timeout=10)) is not None:
            seen.append(news.number)
            ready.set()
            go.wait(10)  # it hangs, until all frames are there

    thread = threading.Thread(target=follow)
    thread.start()
    recording.add(frame(0))
    assert ready.wait(10)
    for number in range(1, 50):
        recording.add(frame(number))
    go.set()
    recording.close()
    thread.join(10)
    assert seen == [0, 49]


def test_waiting_ends_when_time_is_up() -> None:
    assert Recording({}, {}).follow().next(timeout=0.001) is None


def test_a_file_gives_the_recording_back(tmp_path: Path) -> None:
    watch = Watch(every=2)
    fitted(watch)
    kept = watch.recording
    assert kept is not None
    kept.save(tmp_path / "run.npz")
    found = Recording.load(tmp_path / "run.npz")
    assert found.description == kept.description
    assert found.epochs == kept.epochs
    assert found.closed
    assert len(found.frames) == len(kept.frames)
    for mine, theirs in zip(found.frames, kept.frames, strict=True):
        assert [getattr(mine, fact) for fact in FACTS] == [getattr(theirs, fact) for fact in FACTS]
        assert mine.arrays.keys() == theirs.arrays.keys()
        for name, array in theirs.arrays.items():
            np.testing.assert_array_equal(mine.arrays[name], array)
    for name, array in kept.probe.items():
        np.testing.assert_array_equal(found.probe[name], array)


def test_numpy_opens_the_file_without_pickle(tmp_path: Path) -> None:
    watch = Watch(every=5)
    fitted(watch)
    assert watch.recording is not None
    watch.recording.save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as opened:
        assert opened["frames/weights/hidden/kernel"].shape == (4, 3, 4)


def test_a_damaged_file_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(b"PK nonsense")
    with pytest.raises(FormatError, match="not a sound recording"):
        Recording.load(path)
    recording = Recording({}, {})
    recording.add(frame(0))
    recording.save(path)
    path.write_bytes(
        path.read_bytes().replace(b'"arrays": {"weights/a/kernel": [0]}', b'"arrays": {"weights/a/kernel": [1]}')
    )
    with pytest.raises(FormatError, match="not a sound recording"):
        Recording.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.json", "{}")
    with pytest.raises(FormatError, match=r"lacks recording\.json"):
        Recording.load(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("recording.json", "{}")
    with pytest.raises(FormatError, match="compressed"):
        Recording.load(path)
    np.savez(path, a=np.array([object()], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match="lacks"):
        Recording.load(path)


def test_a_pickle_in_the_file_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    recording = Recording({}, {})
    recording.add(Frame(0, 0, 0, 0, 0.0, None, 0.1, 1, {}, {"a": np.zeros(1)}))
    recording.save(path)
    with zipfile.ZipFile(path) as archive:
        facts = archive.read("recording.json")
    with zipfile.ZipFile(path, "w") as archive, archive.open("frames/a.npy", "w") as stream:
        np.lib.format.write_array(stream, np.array([{}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("recording.json", facts)
    with pytest.raises(FormatError, match=r"[Pp]ickle|allow_pickle|Object"):
        Recording.load(path)


def test_a_name_that_no_frame_has_is_told_with_some_that_are_there() -> None:
    recording = Recording({}, {})
    recording.add(frame(0))
    with pytest.raises(ValueError, match=r"no frame has 'weights/b'. There are weights/a/kernel"):
        recording.series("weights/b")


def test_the_text_has_a_row_for_each_frame() -> None:
    watch = Watch(every=5)
    fitted(watch)
    assert len(str(watch.recording).splitlines()) == 6


@pytest.mark.parametrize("batch_size", [1, 8, 64])
def test_the_probe_does_not_depend_on_the_size_of_a_batch(batch_size: int) -> None:
    model, watch = network(), Watch()
    x, labels = np.tile(X, (3, 1)), np.tile(LABELS, 3)
    model.fit(x, labels, batch_size=batch_size, epochs=1, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    np.testing.assert_array_equal(watch.recording.probe["x/0"], x[:32])
