import torch

from lib.recurrent.curriculum import Curriculum


def curriculum(**changes) -> Curriculum:
    settings = {"length": 2, "target": 9, "growth": 1.5, "pass_accuracy": 0.9, "rehearsal": False}
    return Curriculum(**{**settings, **changes}, generator=torch.Generator().manual_seed(0))


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
