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
    """From x (batch, length, inputs) and w (rows, depth) to the last h; all steps are kept for a way back."""

    @staticmethod
    def forward(ctx, x: Tensor, w: Tensor, way_back: bool) -> Tensor:
        batch, length, inputs = x.shape
        rows, depth = w.shape
        hidden = depth - inputs - 2
        kept = length if way_back else 1  # steps
        states, gates = x.new_empty(kept + 1, batch, depth), x.new_empty(kept, batch, rows)
        states[:, :, -2:] = 1
        cells = x.new_zeros(kept + 1, batch, hidden)
        h, x_here, _ = (part.unbind() for part in states.split([hidden, inputs, 2], dim=2))
        state, a, c, x_steps = states.unbind(), gates.unbind(), cells.unbind(), x.unbind(1)
        w_t = w.t().contiguous()
        for t in range(length):
            now, after, gate = t % (kept + 1), (t + 1) % (kept + 1), t % kept
            x_here[now].copy_(x_steps[t])
            if t == 0:  # h is 0
                torch.mm(state[0][:, hidden:], w_t[hidden:], out=a[0])
            else:
                torch.mm(state[now], w_t, out=a[gate])
            if rows == hidden:
                rnn_step(h[after], a[gate])
            else:
                lstm_step(h[after], a[gate], c[now], c[after])
        ctx.save_for_backward(w, states, gates, cells)
        return h[after].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        w, states, gates, cells = ctx.saved_tensors
        length, hidden = len(gates), cells.shape[2]
        h, a, c = states[:, :, :hidden].unbind(), gates.unbind(), cells.unbind()
        d_gates = torch.empty_like(gates)
        da = d_gates.unbind()
        dh, dc = dh.contiguous(), torch.zeros_like(c[0])
        w_h = w[:, :hidden]
        for t in reversed(range(length)):
            if gates.shape[2] == hidden:
                torch.ops.aten.tanh_backward.grad_input(dh, h[t + 1], grad_input=da[t])
            else:
                lstm_step_back(dh, dc, a[t], c[t], c[t + 1], da[t])
            if t > 0:
                dh = torch.mm(da[t], w_h)
        dw = states[1:-1].flatten(0, 1).t() @ d_gates[1:].flatten(0, 1)  # (depth, rows)
        dw[hidden:] += states[0, :, hidden:].t() @ da[0]
        dx = (d_gates @ w[:, hidden:-2]).transpose(0, 1) if ctx.needs_input_grad[0] else None
        return dx, dw.t().contiguous(), None


def rnn_step(h: Tensor, a: Tensor) -> None:
    """Write h from its sum a, both (batch, hidden)."""
    if compiled.usable(a):
        compiled.call("rnn_step", h, a)
    else:
        torch.tanh(a, out=h)


def lstm_step(h: Tensor, a: Tensor, c_before: Tensor, c: Tensor) -> None:
    """Write h and c (batch, hidden), and the gates i, f, o, g over their sums a (batch, 4 hidden)."""
    if compiled.usable(a):
        compiled.call("lstm_step", h, a, c_before, c)
        return
    i, f, o, g = a.chunk(4, dim=1)
    for gate in (i, f, o):
        gate.sigmoid_()
    g.tanh_()
    torch.add(g * i, c_before * f, out=c)
    torch.mul(c.tanh(), o, out=h)


def lstm_step_back(dh: Tensor, dc: Tensor, a: Tensor, c_before: Tensor, c: Tensor, da: Tensor) -> None:
    """Write the gradient da of the sums, and that of c_before over dc, that of c."""
    if compiled.usable(a):
        compiled.call("lstm_step_back", dh, dc, a, c_before, c, da)
        return
    i, f, o, g = a.chunk(4, dim=1)
    tanh_c = c.tanh()
    dc += dh * o * (1 - tanh_c**2)
    di = dc * g * i * (1 - i)
    df = dc * c_before * f * (1 - f)
    do = dh * tanh_c * o * (1 - o)
    dg = dc * i * (1 - g**2)
    torch.cat([di, df, do, dg], dim=1, out=da)
    dc *= f
