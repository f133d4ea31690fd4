"""A gated cell to compare the LSTM with: that of `torch.nn`."""

from torch import Tensor, nn

from lib.checks import check_sequence


class GRU(nn.Module):
    """Read (batch, seq_length, input_size), return the logits (batch, num_classes) of the last step.

    Source: Cho et al. 2014, as `torch.nn.GRU` has it.
    """

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        check_sequence(x.shape, self.gru.input_size)
        return self.head(self.gru(x)[0][:, -1])
