"""The LSTM and the RNN through time, fast, on the processor: one product a step, the gates in `cells.c`."""

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.autograd.graph import increment_version

from lib.recurrent import compiled


def can_compute(x: Tensor) -> bool:
    """Return whether `last_state` takes such inputs: float32 on the processor, with a C compiler."""
    return x.dtype == torch.float32 and x.is_cpu and not x.requires_grad and compiled.library() is not None


def last_state(x: Tensor, cell: nn.Module, gates: str) -> Tensor:
    """Return the last h (batch, hidden) of a cell with the layers ix, fx, ... ih, fh, ...: "ifog" or "h"."""
    rows = []
    for gate in gates:
        of_h, of_x = getattr(cell, f"{gate}h"), getattr(cell, f"{gate}x")
        rows.append(torch.cat([of_h.weight, of_x.weight, of_h.bias[:, None], of_x.bias[:, None]], dim=1))
    return ThroughTime.apply(x, torch.cat(rows))


class ThroughTime(torch.autograd.Function):
    """From x (batch, length, inputs) and w (rows, depth) to the last h; a second backward pass is refused.

    A step's sums are [h, x, 1, 1] (batch, depth) times w: the weights and both biases of all gates.
    """

    @staticmethod
    def forward(ctx, x: Tensor, w: Tensor) -> Tensor:
        batch, length, inputs = x.shape
        rows, depth = w.shape
        hidden = depth - inputs - 2
        states = x.new_empty(length + 1, batch, depth)  # [h, x, 1, 1] before each step
        states[:-1, :, hidden:-2] = x.transpose(0, 1)
        states[:, :, -2:] = 1
        cells = x.new_empty(length + 1, batch, hidden)  # c before each step
        states[0, :, :hidden] = cells[0] = 0
        gates = x.new_empty(length, batch, rows)
        state, h, c, a = states.unbind(), states[:, :, :hidden].unbind(), cells.unbind(), gates.unbind()
        w_t = w.t()
        torch.mm(state[0][:, hidden:], w_t[hidden:], out=a[0])  # h is 0
        for t in range(length):
            if t > 0:
                torch.mm(state[t], w_t, out=a[t])
            if rows == hidden:  # one gate: the RNN
                compiled.call("rnn_step", h[t + 1], a[t])
            else:
                compiled.call("lstm_step", h[t + 1], a[t], c[t], c[t + 1])
        ctx.save_for_backward(w, states, cells, gates)
        return h[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, Tensor]:
        w, states, cells, gates = ctx.saved_tensors
        increment_version(gates)  # their gradients take their place: a second call raises an error
        hidden = cells.shape[2]
        w_h = w[:, :hidden]
        dh, dc = dh.clone(memory_format=torch.contiguous_format), torch.zeros_like(cells[0])
        h, c, da = states[:, :, :hidden].unbind(), cells.unbind(), gates.unbind()
        for t in reversed(range(len(gates))):
            if len(w) == hidden:
                torch.ops.aten.tanh_backward.grad_input(dh, h[t + 1], grad_input=da[t])
            else:
                compiled.call("lstm_step_back", dh, da[t], c[t], c[t + 1], dc)
            if t > 0:
                torch.mm(da[t], w_h, out=dh)
        dw = states[1:-1].flatten(0, 1).t() @ gates[1:].flatten(0, 1)  # (depth, rows)
        dw[hidden:] += states[0, :, hidden:].t() @ gates[0]
        return None, dw.t()
