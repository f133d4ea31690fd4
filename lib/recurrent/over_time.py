"""What owns time: a cell is taken from step to step, and a linear head reads its last output."""

from torch import Tensor, nn

from lib.checks import check_sequence, sizes
from lib.recurrent.through_time import can_compute, last_state


class OverTime(nn.Module):
    """Read (batch, seq_length, input_size), return the logits (batch, num_classes) of the last step.

    The state starts at zero. Nothing about the batch, the length or the device is stored.
    """

    def __init__(self, cell: type[nn.Module], input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        sizes(input_size=input_size, hidden_size=hidden_size, num_classes=num_classes)
        self.sizes = input_size, hidden_size
        self.cell, self.ph = cell(*self.sizes), nn.Linear(hidden_size, num_classes)

    def forward_reference(self, x: Tensor) -> Tensor:
        """Return the same as `forward` by the plain loop, one step after the other."""
        input_size, hidden_size = self.sizes
        check_sequence(x.shape, input_size)
        state = [x.new_zeros(len(x), hidden_size)] * self.cell.STATES  # each (batch, hidden)
        for x_t in x.unbind(1):
            state = self.cell(x_t, *state)[-self.cell.STATES :]
        return self.ph(state[-1])

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, the fast way if that can be had.

        A second backward pass, or a second derivative, needs `forward_reference`.

        Raises ValueError unless x is (batch, seq_length, input_size) with seq_length at least 1.
        """
        if not can_compute(x):
            return self.forward_reference(x)
        check_sequence(x.shape, self.sizes[0])
        return self.ph(last_state(x, self.cell, self.cell.GATES))
