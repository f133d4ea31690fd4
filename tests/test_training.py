import math

import pytest
import torch

from bundle.plots.part1 import best_units, draw_inside_of
from bundle.runs.palindromes import (
    LAST_SEED,
    PalindromeRun,
    run_inside,
    run_palindromes,
    seed_range,
    trained_on_palindromes,
)
from bundle.runs.records import Record
from lib.palindromes import palindromes
from lib.recurrent.curriculum import Curriculum, spread_kinks
from lib.recurrent.inspection import accuracy_on, look_inside, trace
from lib.recurrent.training import cross_entropy, train

SETTINGS = {
    "cell": "LSTM",
    "recipe": "corrected",
    "seq_length": 3,
    "seed": 0,
    "steps": 30,
    "hidden_size": 16,
    "batch_size": 32,
    "learning_rate": 0.001,
    "schedule_every": 10,
    "schedule_factor": 0.5,
    "clip_norm": 10.0,
}
UNBOUNDED = ("growth", "kink_slope", "forget_bias")
OURS = {
    **SETTINGS,
    "recipe": "ours",
    "seq_length": 6,
    "steps": 40,
    "hidden_size": 32,
    "learning_rate": 0.01,
    "schedule_every": 30,
    "clip_norm": 0.1,
    "first_length": 1,
    "growth": 1.5,
    "pass_accuracy": 0.6,
    "rehearsal": True,
    "kink_slope": 2.0,
    "forget_bias": 3.0,
}


def curriculum(**changes) -> Curriculum:
    settings = {"length": 2, "target": 9, "growth": 1.5, "pass_accuracy": 0.9, "rehearsal": False}
    return Curriculum(**{**settings, **changes}, generator=torch.Generator().manual_seed(0))


def tiny_training(*, slips: bool, clip_norm: float, steps: int = 5) -> torch.nn.Module:
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 10)
    data = torch.Generator().manual_seed(1)

    def next_batch(accuracy):
        return torch.randn(8, 4, generator=data), torch.randint(10, (8,), generator=data)

    train(
        model,
        next_batch,
        softmax_twice=slips,
        clip_after_step=slips,
        steps=steps,
        learning_rate=0.01,
        schedule_every=2,
        schedule_factor=0.5,
        clip_norm=clip_norm,
    )
    return model


def test_softmax_twice_cannot_fall_below_its_floor_and_softmax_once_can():
    sure = torch.full((1, 10), -1e4)
    sure[0, 3] = 1e4
    target = torch.tensor([3])
    floor = math.log(math.e + 9) - 1
    assert cross_entropy(sure, target, softmax_twice=True).item() == pytest.approx(floor, abs=1e-6)
    assert floor == pytest.approx(1.46115, abs=1e-5)
    assert cross_entropy(sure, target, softmax_twice=False).item() == pytest.approx(0, abs=1e-6)


def test_clipping_as_written_comes_too_late_to_matter_and_corrected_it_matters():
    loose, tight = (tiny_training(slips=True, clip_norm=c).weight for c in (1e6, 1e-3))
    assert torch.equal(loose, tight)
    loose, tight = (tiny_training(slips=False, clip_norm=c).weight for c in (1e6, 1e-9))
    assert not torch.equal(loose, tight)


def test_the_schedule_is_stepped_once_a_batch():
    """Against RMSprop written out for one weight: v = 0.99 v + 0.01 g2, w -= rate g / (sqrt v + 1e-8)."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 2, bias=False).double()
    weight, square = model.weight.detach().clone(), torch.zeros(2, 1, dtype=torch.float64)
    inputs, targets = torch.tensor([[2.0]]).double(), torch.tensor([1])
    train(
        model,
        lambda accuracy: (inputs, targets),
        softmax_twice=False,
        clip_after_step=False,
        steps=5,
        learning_rate=0.1,
        schedule_every=2,
        schedule_factor=0.5,
        clip_norm=1e6,
    )
    for step in range(5):
        share = torch.softmax(inputs @ weight.T, 1)
        gradient = ((share - torch.tensor([[0.0, 1.0]])).T @ inputs).double()
        square = 0.99 * square + 0.01 * gradient**2
        weight = weight - 0.1 * 0.5 ** (step // 2) * gradient / (square.sqrt() + 1e-8)
    torch.testing.assert_close(model.weight.detach(), weight, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("cell", ["LSTM", "RNN"])
def test_the_same_settings_give_the_same_numbers_and_another_seed_others(cell):
    first, again = (run_palindromes({**SETTINGS, "cell": cell}) for _ in range(2))
    other = run_palindromes({**SETTINGS, "cell": cell, "seed": 1})
    assert first.columns == again.columns
    assert first.columns != other.columns
    assert len(first.columns["accuracy"]) == len(first.columns["loss"]) == SETTINGS["steps"]


def test_training_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    run_palindromes({**SETTINGS, "steps": 2})
    assert torch.equal(before, torch.get_rng_state())


def test_an_easy_length_is_learnt():
    outcome = run_palindromes(
        {**SETTINGS, "cell": "RNN", "seq_length": 1, "steps": 300, "learning_rate": 0.01}
    )
    assert max(outcome.columns["accuracy"][-50:]) > 0.9


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("seq_length", 0, "seq_length is 0; it must be at least 1"),
        ("seed", -1, "seed is -1; it must be at least 0"),
        ("cell", "GRU", "cell is 'GRU'; it must be one of LSTM, RNN"),
        ("recipe", "mine", "recipe is 'mine'; it must be one of as-written, corrected, ours"),
        ("learning_rate", float("nan"), "learning_rate is nan; it must be a positive number"),
        ("steps", 0, "steps is 0; it must be at least 1"),
        ("first_length", 4, "first_length is 4; it must be from 1 to seq_length"),
        ("growth", 0.5, "growth is 0.5; it must be at least 1"),
        *(
            (name, value, f"{name} is {value}; it must be a (finite|positive) number")
            for name in ("learning_rate", "schedule_factor", "clip_norm", "pass_accuracy", *UNBOUNDED)
            for value in (float("nan"), float("inf"))
        ),
        ("kink_slope", float("-inf"), "kink_slope is -inf; it must be a finite number"),
        ("learning_rate", 10.5, "learning_rate is 10.5; it must be at most 10"),
        ("pass_accuracy", 1.01, "pass_accuracy is 1.01; it must be at most 1"),
        ("seed", LAST_SEED + 1, r"it must be at least 0 and at most 2\*\*63 - 1 - 4 \* 2\*\*32"),
        (
            "check_lengths",
            [3, 4, 3],
            r"check_lengths is \[3, 4, 3\]; it must be lengths of at least 1, each once",
        ),
        ("check_lengths", [0, 4], r"check_lengths is \[0, 4\]; it must be lengths of at least 1, each once"),
        ("check_count", 0, "check_count is 0; it must be at least 1"),
    ],
)
def test_a_setting_out_of_range_is_named(name, value, message):
    with pytest.raises(ValueError, match=message):
        PalindromeRun(**{**SETTINGS, name: value})


def test_the_last_seed_has_room_for_every_stream_of_random_numbers():
    run_palindromes({**SETTINGS, "seed": LAST_SEED, "steps": 1, "check_lengths": [2], "check_count": 5})


def test_with_every_part_switched_off_the_third_recipe_is_the_corrected_one():
    corrected, ours = (run_palindromes({**SETTINGS, "recipe": recipe}) for recipe in ("corrected", "ours"))
    assert corrected.columns == ours.columns


@pytest.mark.parametrize(
    "off",
    [
        {"first_length": 0},
        {"rehearsal": False},
        {"kink_slope": 0},
        {"forget_bias": 0},
        {"clip_norm": 1e6},
        {"growth": 3.0},
        {"pass_accuracy": 0.1},
    ],
    ids=lambda off: next(iter(off)),
)
def test_each_part_of_our_recipe_can_be_switched_and_matters(off):
    assert run_palindromes({**OURS, **off}).columns["loss"] != run_palindromes(OURS).columns["loss"]


def test_our_recipe_gives_the_same_numbers_twice_and_says_which_lengths_it_trained_at():
    first, again = (run_palindromes({**OURS, "check_lengths": [2, 6]}) for _ in range(2))
    assert (first.columns, first.summary) == (again.columns, again.summary)
    assert len(first.columns["length"]) == OURS["steps"]
    assert first.columns["length"][0] == 1
    assert set(first.summary["accuracy_at"]) == {"2", "6"}


def test_the_check_after_training_does_not_change_the_training():
    assert run_palindromes({**OURS, "check_lengths": [4]}).columns == run_palindromes(OURS).columns


def test_the_curriculum_lengthens_after_each_success_until_the_target():
    lengths = curriculum()
    accuracies = [0.0, 0.9, 0.5, 1.0, 0.89, 0.95, 0.9, 0.99, 1.0]  # of the batch before
    assert [lengths(accuracy) for accuracy in accuracies] == [2, 3, 3, 4, 4, 6, 9, 9, 9]


def test_the_curriculum_adds_at_least_one():
    lengths = curriculum(length=1, growth=1)
    assert [lengths(1.0) for _ in range(4)] == [1, 2, 3, 4]


def test_rehearsal_takes_every_second_batch_and_success_at_a_shorter_length_does_not_count():
    lengths = curriculum(length=50, target=90, rehearsal=True)
    drawn = [lengths(0.0)]
    while len(drawn) < 200:
        drawn.append(lengths(1.0 if drawn[-1] < 50 else 0.0))
    assert set(drawn[::2]) == {50}
    assert all(1 <= length <= 50 for length in drawn[1::2])
    assert len(set(drawn[1::2])) > 25


def test_kinks_lie_in_the_range_of_the_input_with_the_slope_asked_for():
    torch.manual_seed(0)
    layer = torch.nn.Linear(1, 2000)
    spread_kinks(layer, slope=2.0, low=0, high=9)
    weight, bias = layer.weight.detach()[:, 0], layer.bias.detach()
    assert set(weight.tolist()) == {-2.0, 2.0}
    places = -bias / weight
    assert places.min() >= 0
    assert places.max() <= 9
    assert places.mean().item() == pytest.approx(4.5, abs=0.2)
    assert places.std().item() == pytest.approx(9 / math.sqrt(12), abs=0.1)


@pytest.mark.parametrize("cell", ["LSTM", "RNN"])
def test_only_the_candidate_and_the_forget_bias_start_elsewhere(cell):
    ours = {"kink_slope": 2.0} | ({"forget_bias": 3.0} if cell == "LSTM" else {})
    plain, moved = (
        trained_on_palindromes({**SETTINGS, "cell": cell, "steps": 1, "learning_rate": 1e-12, **start})[0]
        for start in ({}, ours)
    )
    before, after = dict(plain.named_parameters()), dict(moved.named_parameters())
    changed = {name for name in before if not torch.allclose(before[name], after[name], atol=1e-6)}
    candidate = "gx" if cell == "LSTM" else "hx"
    moved_too = {"cell.fx.bias"} if cell == "LSTM" else set()
    assert changed == {f"cell.{candidate}.weight", f"cell.{candidate}.bias"} | moved_too
    for name in moved_too:
        torch.testing.assert_close(after[name] - before[name], torch.full((16,), 3.0))


def test_accuracy_on_many_is_the_share_of_right_answers():
    targets = torch.arange(2500) % 10
    logits = torch.nn.functional.one_hot(torch.where(torch.arange(2500) < 500, 0, targets), 10).float()
    assert accuracy_on(torch.nn.Identity(), logits, targets) == pytest.approx(2050 / 2500)


def test_our_recipe_learns_a_short_length_and_the_network_shows_where_it_keeps_the_digit():
    model, outcome = trained_on_palindromes(
        {**OURS, "steps": 150, "pass_accuracy": 0.9, "schedule_factor": 0.9, "check_lengths": [3, 6]}
    )
    assert min(outcome.summary["accuracy_at"].values()) > 0.9
    inside = look_inside(model, seq_length=6, count=200, seed=1)
    assert {name: inside[name].shape for name in "ifoc"} == dict.fromkeys("ifoc", (6, 32))
    inputs, targets = palindromes(200, 6, generator=torch.Generator().manual_seed(1))
    assert inside["digits"].tolist() == inputs[0, :, 0].int().tolist()
    answer = model.forward_reference(inputs[:1]).softmax(1)[0, targets[0]].item()
    assert inside["right"][-1] == pytest.approx(answer, abs=1e-5)
    last = trace(model, inputs)["c"][-1].double()
    within = sum(((last[targets == d] - last[targets == d].mean(0)) ** 2).sum(0) for d in range(10))
    explained = 1 - within / ((last - last.mean(0)) ** 2).sum(0)
    torch.testing.assert_close(torch.from_numpy(inside["remembered"]), explained.detach())


def test_a_look_inside_is_kept_as_columns_and_the_units_that_remember_best_come_first():
    outcome = run_inside({"run": "inside"} | OURS)
    model, length = trained_on_palindromes(OURS)[0], OURS["seq_length"]
    inside = look_inside(model, seq_length=length, count=2000, seed=3 * 2**32 + OURS["seed"])
    for name, values in inside.items():
        assert outcome.columns[name] == pytest.approx(values.flatten().tolist(), abs=1e-6)
    record = Record({"run": "inside"} | OURS, outcome.columns)
    units = best_units(record, 5)
    assert set(units) == set(inside["remembered"].argsort()[-5:].tolist())
    assert inside["c"][-1, units].tolist() == sorted(inside["c"][-1, units].tolist(), reverse=True)
    assert draw_inside_of(record, 5).axes


def test_an_rnn_has_no_forget_gate_to_bias():
    with pytest.raises(ValueError, match="forget_bias is 3.0; only the LSTM has a forget gate"):
        PalindromeRun(**{**SETTINGS, "cell": "RNN", "forget_bias": 3.0})


def test_seeds_count_up_from_the_first():
    assert list(seed_range(4, 3)) == [4, 5, 6]
    with pytest.raises(ValueError, match="num_seeds is 0; it must be at least 1"):
        seed_range(0, 0)


@pytest.mark.parametrize(("slips", "clip_norm"), [(True, 1e-3), (False, 1e-3), (False, 1e6)])
def test_one_optimiser_for_the_joined_parameters_does_what_one_for_each_does(slips, clip_norm):
    joined = tiny_training(slips=slips, clip_norm=clip_norm, steps=20)
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 10)
    data = torch.Generator().manual_seed(1)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(20):
        inputs, targets = torch.randn(8, 4, generator=data), torch.randint(10, (8,), generator=data)
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets, softmax_twice=slips).backward()
        if not slips:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
        schedule.step()
    torch.testing.assert_close(joined.state_dict(), model.state_dict(), rtol=1e-6, atol=1e-7)


def test_a_trained_model_s_parameters_are_on_their_own_again():
    model = tiny_training(slips=False, clip_norm=1.0)
    assert model.weight.untyped_storage().nbytes() == 4 * model.weight.numel()
    assert model.weight.grad is None
    assert model.bias.untyped_storage().data_ptr() != model.weight.untyped_storage().data_ptr()


def test_a_record_keeps_only_the_settings_that_are_on():
    """Or every new option would orphan the stored results of all runs that do not use it."""
    plain = PalindromeRun(**SETTINGS)
    assert plain.settings() == SETTINGS
    assert PalindromeRun(**SETTINGS, first_length=0, forget_bias=0).settings() == SETTINGS
    assert PalindromeRun(**SETTINGS, first_length=1).settings() == SETTINGS | {"first_length": 1}
