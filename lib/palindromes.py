"""The task of Part 1: read a palindrome's digits and name the last one, which is the first."""

import torch
from torch import Tensor

from lib.checks import sizes


def palindromes(batch_size: int, seq_length: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw decimal palindromes of seq_length + 1 digits, on the generator's device, and hold back the last.

    The digits that a palindrome leaves free are independent and uniform on 0 to 9.
    Returns inputs (batch_size, seq_length, 1) float32, raw, and targets (batch_size,) int64, the last digits.
    Raises ValueError for batch_size or seq_length below 1.
    """
    sizes(batch_size=batch_size, seq_length=seq_length)
    digits = seq_length + 1
    shape = batch_size, (digits + 1) // 2  # (batch, free)
    free = torch.randint(10, shape, generator=generator, device=generator.device)
    mirrored = free[:, : digits // 2].flip(1)
    palindrome = torch.cat((free, mirrored), dim=1)  # (batch, digits)
    return palindrome[:, :-1, None].float(), palindrome[:, -1].clone()
