import pytest
import torch

from lib.recurrent.gru import GRU


def test_the_gru_is_the_equations_of_torch():
    torch.manual_seed(0)
    model, x = GRU(2, 4, 10), torch.randn(3, 6, 2)
    cell, h = torch.nn.GRUCell(2, 4), torch.zeros(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in model.gru.state_dict().items()})
    for x_t in x.unbind(1):
        h = cell(x_t, h)
    torch.testing.assert_close(model(x), model.head(h))


def test_a_sequence_of_other_inputs_is_refused():
    with pytest.raises(ValueError, match="meaning 2 inputs per step"):
        GRU(1, 8, 10)(torch.zeros(1, 3, 2))
