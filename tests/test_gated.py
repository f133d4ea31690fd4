import pytest
import torch

from lib.recurrent.gated import GRU, MinGRU, MinGRULayer


def test_the_min_gru_is_what_its_paper_says():
    """h = (1 - z) h + z g from h = 0, with z and g of the input alone: a weighted sum of all g."""
    torch.manual_seed(0)
    layer, x = MinGRULayer(3, 5).double(), torch.randn(2, 7, 3).double()
    z = torch.sigmoid(layer.zx(x))
    linear = layer.gx(x)
    g = torch.where(linear >= 0, linear + 0.5, torch.sigmoid(linear))
    kept = torch.flip(torch.cumprod(torch.flip(1 - z, [1]), 1), [1])  # from each step on, itself included
    later = torch.cat((kept[:, 1:], torch.ones_like(kept[:, :1])), 1)
    torch.testing.assert_close(layer(x)[:, -1], (later * z * g).sum(1))


def test_the_gru_is_the_equations_of_torch():
    torch.manual_seed(0)
    model, x = GRU(2, 4, 10), torch.randn(3, 6, 2)
    cell, h = torch.nn.GRUCell(2, 4), torch.zeros(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in model.gru.state_dict().items()})
    for x_t in x.unbind(1):
        h = cell(x_t, h)
    torch.testing.assert_close(model(x), model.head(h))


@pytest.mark.parametrize("kind", [GRU, MinGRU])
def test_the_candidate_s_layer_is_a_part_of_the_network(kind):
    model, x = kind(1, 8, 10), torch.randn(2, 3, 1)
    before = model(x)
    for part in model.candidate():
        assert part.shape[0] == 8
        with torch.no_grad():
            part.add_(1)
    assert not torch.allclose(before, model(x))


@pytest.mark.parametrize("kind", [GRU, MinGRU])
def test_a_sequence_of_other_inputs_is_refused(kind):
    with pytest.raises(ValueError, match="meaning 2 inputs per step"):
        kind(1, 8, 10)(torch.zeros(1, 3, 2))
