"""The LSTM and the RNN through time, fast, on the processor: one product a step, the gates in `cells.c`."""

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from lib.recurrent import compiled

# torch.mm is MKL's, which has no AVX-512 on AMD's processors; with AVX2 it is the faster of the two
ONEDNN = torch.backends.mkldnn.is_available() and torch.backends.cpu.get_cpu_capability() == "AVX512"


def can_compute(x: Tensor) -> bool:
    """Return whether `last_state` takes such inputs: float32 on the processor, with a C compiler."""
    return x.dtype == torch.float32 and x.is_cpu and not x.requires_grad and compiled.library() is not None


def last_state(x: Tensor, cell: nn.Module, gates: str) -> Tensor:
    """Return the last h (batch, hidden) of a cell with the layers ix, fx, ... ih, fh, ...: "ifog" or "h"."""
    rows = []
    for gate in gates:
        of_h, of_x = getattr(cell, f"{gate}h"), getattr(cell, f"{gate}x")
        rows.append(torch.cat([of_h.weight, of_x.weight, of_h.bias[:, None], of_x.bias[:, None]], dim=1))
    return ThroughTime.apply(x, torch.cat(rows), torch.is_grad_enabled())


def product(x: Tensor, w: Tensor) -> Tensor:
    """Return x (n, depth) times w (rows, depth) transposed."""
    if ONEDNN:
        return torch.ops.mkldnn._linear_pointwise(x, w, None, "none", [], "")
    return x @ w.t()


class ThroughTime(torch.autograd.Function):
    """From x (batch, length, inputs) and w (rows, depth) to the last h; `keep` all steps for a way back.

    A step's sums are [h, x, 1, 1] (batch, depth) times w: the weights and both biases of all gates.
    """

    @staticmethod
    def forward(ctx, x: Tensor, w: Tensor, keep: bool) -> Tensor:
        batch, length, inputs = x.shape
        hidden = w.shape[1] - inputs - 2
        places = length + 1 if keep else 2  # of which, without a way back, each is used by every second step
        states = x.new_zeros(places, batch, w.shape[1])  # [h, x, 1, 1] before each step
        states[:, :, -2:] = 1
        cells = x.new_zeros(places, batch, hidden)
        gates = []
        for t in range(length):
            now, after = t % places, (t + 1) % places
            states[now, :, hidden:-2] = x[:, t]
            a = product(states[now], w) if t else states[0, :, hidden:] @ w[:, hidden:].t()  # h is 0 at first
            h = states[after, :, :hidden]
            if len(w) == hidden:  # one gate: the RNN
                compiled.call("rnn_step", h, a)
            else:
                compiled.call("lstm_step", h, a, cells[now], cells[after])
            gates += [a] * keep
        ctx.save_for_backward(w, states, cells, *gates)
        return h.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        w, states, cells, *gates = ctx.saved_tensors
        hidden = cells.shape[2]
        length, w_h = len(gates), w[:, :hidden].t().contiguous()
        dh, dc = dh.contiguous(), torch.zeros_like(cells[0])
        da = w.new_empty(length, *gates[0].shape)
        for t in reversed(range(length)):
            if len(w) == hidden:
                torch.ops.aten.tanh_backward.grad_input(dh, states[t + 1, :, :hidden], grad_input=da[t])
            else:
                compiled.call("lstm_step_back", dh, dc, gates[t], cells[t], cells[t + 1], da[t])
            if t > 0:
                dh = product(da[t], w_h)
        dw = product(states[:length].flatten(0, 1).t(), da.flatten(0, 1).t())  # (depth, rows)
        return None, dw.t(), None
