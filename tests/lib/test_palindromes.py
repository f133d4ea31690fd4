import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.palindromes import palindromes


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.integers(1, 9), st.integers(1, 40), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_inputs_and_target_together_read_the_same_backwards(batch_size, seq_length, seed):
    inputs, targets = palindromes(batch_size, seq_length, generator=generator(seed))
    assert (inputs.dtype, targets.dtype) == (torch.float32, torch.int64)
    whole = torch.cat((inputs[:, :, 0].long(), targets[:, None]), dim=1)
    assert whole.shape == (batch_size, seq_length + 1)
    assert torch.equal(whole, whole.flip(1))


def test_the_free_digits_are_uniform_and_independent():
    inputs, _ = palindromes(40_000, 4, generator=generator(0))
    first, second, third = inputs[:, :3, 0].long().T
    for digit in (first, second, third):
        counts = digit.bincount(minlength=10)
        # chi-squared with 9 degrees of freedom: 27.9 is passed once in a thousand draws
        assert ((counts - 4000) ** 2 / 4000).sum() < 27.9
    for a, b in ((first, second), (second, third), (first, third)):
        counts = (10 * a + b).bincount(minlength=100)
        assert ((counts - 400) ** 2 / 400).sum() < 148.2  # 99 degrees of freedom, likewise
