"""The LSTM and the RNN through time, fast: torch's products, between them `cells.c` or torch operations.

A step is one product: [h, x, 1, 1] (batch, depth) with the weights and biases of all gates (depth, rows).
"""

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from lib.recurrent import compiled


def last_state(x: Tensor, cell: nn.Module, gates: str) -> Tensor:
    """Return the last h (batch, hidden) of a cell with the layers ix, fx, ... ih, fh, ...: "ifog" or "h"."""
    rows = []
    for gate in gates:
        of_h, of_x = getattr(cell, f"{gate}h"), getattr(cell, f"{gate}x")
        rows.append(torch.cat([of_h.weight, of_x.weight, of_h.bias[:, None], of_x.bias[:, None]], dim=1))
    return ThroughTime.apply(x, torch.cat(rows), torch.is_grad_enabled())


class ThroughTime(torch.autograd.Function):
    """From x (batch, length, inputs) and w (rows, depth) to the last h; `keep` all steps for a way back."""

    @staticmethod
    def forward(ctx, x: Tensor, w: Tensor, keep: bool) -> Tensor:
        batch, length, inputs = x.shape
        rows, depth = w.shape
        hidden = depth - inputs - 2
        kept = length if keep else 1  # steps; without a way back two places take turns
        states = x.new_empty(kept + 1, batch, depth)  # [h, x, 1, 1] before each step
        states[:, :, -2:] = 1
        if keep:
            states[:length, :, hidden:-2] = x.transpose(0, 1)
        h = states[:, :, :hidden].unbind()
        gates = x.new_empty(kept, batch, rows)
        cells = x.new_empty(kept + 1, batch, hidden)
        cells[0] = 0
        w_t = w.t()
        for t in range(length):
            now, after = t % (kept + 1), (t + 1) % (kept + 1)
            if not keep:
                states[now, :, hidden:-2] = x[:, t]
            a = gates[t % kept]
            if t == 0:  # h is 0
                torch.mm(states[0, :, hidden:], w_t[hidden:], out=a)
            else:
                torch.mm(states[now], w_t, out=a)
            if rows == hidden:  # one gate: the RNN
                rnn_step(h[after], a)
            else:
                lstm_step(h[after], a, cells[now], cells[after])
        ctx.save_for_backward(w, states, gates, cells)
        return h[after].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        w, states, gates, cells = ctx.saved_tensors
        length, batch, rows = gates.shape
        hidden = cells.shape[2]
        dh, dc = dh.contiguous(), torch.zeros_like(cells[0])
        da = torch.empty_like(gates[0])
        dw = torch.zeros(w.shape[::-1], dtype=w.dtype, device=w.device)
        w_h = w[:, :hidden]
        dx = dh.new_empty(batch, length, w.shape[1] - hidden - 2) if ctx.needs_input_grad[0] else None
        for t in reversed(range(length)):
            if rows == hidden:
                torch.ops.aten.tanh_backward.grad_input(dh, states[t + 1, :, :hidden], grad_input=da)
            else:
                lstm_step_back(dh, dc, gates[t], (cells[t], cells[t + 1]), da)
            if dx is not None:
                dx[:, t] = da @ w[:, hidden:-2]
            if t == 0:
                dw[hidden:].addmm_(states[0, :, hidden:].t(), da)
            else:
                dw.addmm_(states[t].t(), da)
                dh = da @ w_h
        return dx, dw.t(), None


def rnn_step(h: Tensor, a: Tensor) -> None:
    """Write h from its sum a, both (batch, hidden)."""
    if not compiled.call("rnn_step", h, a):
        torch.tanh(a, out=h)


def lstm_step(h: Tensor, a: Tensor, c_before: Tensor, c: Tensor) -> None:
    """Write h and c (batch, hidden), and the gates i, f, o, g over their sums a (batch, 4 hidden)."""
    if compiled.call("lstm_step", h, a, c_before, c):
        return
    i, f, o, g = a.chunk(4, dim=1)
    for gate in (i, f, o):
        gate.sigmoid_()
    g.tanh_()
    torch.add(g * i, c_before * f, out=c)
    torch.mul(c.tanh(), o, out=h)


def lstm_step_back(dh: Tensor, dc: Tensor, gates: Tensor, cells: tuple[Tensor, Tensor], da: Tensor) -> None:
    """Write the gradient da of the sums, and that of c before over dc, that of c after."""
    c_before, c = cells
    if compiled.call("lstm_step_back", dh, dc, gates, c_before, c, da):
        return
    i, f, o, g = gates.chunk(4, dim=1)
    tanh_c = c.tanh()
    dc += dh * o * (1 - tanh_c**2)
    di = dc * g * i * (1 - i)
    df = dc * c_before * f * (1 - f)
    do = dh * tanh_c * o * (1 - o)
    dg = dc * i * (1 - g**2)
    torch.cat([di, df, do, dg], dim=1, out=da)
    dc *= f
