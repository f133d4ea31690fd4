"""The LSTM and the RNN through time, fast: in C where that can be had, elsewhere in torch operations, here.

A step is one product: [h, x, 1] (batch, K) with a fused weight (rows, K), where K = hidden + input_size + 1;
the rows are those of the gates i, f, o and the candidate g, for the RNN of its tanh alone.  torch's tanh
costs several times its sigmoid, so tanh(a) is 2 sigmoid(2 a) - 1: its rows are doubled, and c is kept as 2 c.
"""

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from lib.recurrent import compiled

# On AMD processors MKL, behind torch.mm, keeps to AVX2; oneDNN uses AVX-512 there.
_ONEDNN = torch.backends.mkldnn.is_available() and torch.backends.cpu.get_cpu_capability() == "AVX512"


def last_state(x: Tensor, cell: nn.Module, gates: str) -> Tensor:
    """Return the last h (batch, hidden) of a cell with the layers ix, fx, ... ih, fh, ...: "ifog" or "h"."""
    layers = [getattr(cell, gate + of) for of in "xh" for gate in gates]
    parameters = [layer.weight for layer in layers] + [layer.bias for layer in layers]
    if compiled.usable(x, *parameters):
        return compiled.run(x, *parameters)
    return ThroughTime.apply(x, torch.is_grad_enabled(), *parameters)


def product(a: Tensor, b: Tensor) -> Tensor:
    """Return a @ b.T for a (m, k) and b (n, k), by the fastest route there is without a compiler."""
    if _ONEDNN and a.dtype == torch.float32 and a.device.type == "cpu" and a.numel() and b.numel():
        return torch.ops.mkldnn._linear_pointwise(a, b, None, "none", [], "")
    return torch.mm(a, b.t())


class ThroughTime(torch.autograd.Function):
    """From x, whether to keep what the way back needs, and all parameters to the last h (batch, hidden)."""

    @staticmethod
    def forward(ctx, x: Tensor, keep: bool, *parameters: Tensor) -> Tensor:
        gates, (batch, length, _) = len(parameters) // 4, x.shape
        wx, wh, bx, bh = (torch.cat(parameters[k : k + gates]) for k in range(0, 4 * gates, gates))
        hidden = wh.shape[1]
        w = torch.cat((wh, wx, (bx + bh)[:, None]), dim=1)  # (rows, K)
        w[-hidden:] *= 2
        hx1 = x.new_empty(length + 1 if keep else 1, batch, w.shape[1])  # each step's [h, x, 1]
        hx1[..., -1] = 1
        if keep:
            hx1[:length, :, hidden:-1] = x.transpose(0, 1)
        steps, states = hx1.unbind(), hx1[..., :hidden].unbind()
        minus_1, minus_2 = x.new_full((), -1), x.new_full((), -2)
        kept, c2, scratch = [], None, x.new_empty(batch, hidden)
        for t in range(length):
            if not keep:
                hx1[0, :, hidden:-1] = x[:, t]
            now, h = (steps[t], states[t + 1]) if keep else (steps[0], states[0])
            # h is zero before the first step, so that only [x, 1] counts
            a = (product(now, w) if t else now[:, hidden:] @ w[:, hidden:].t()).sigmoid_()
            if gates == 1:
                torch.add(minus_1, a, alpha=2, out=h)
                continue
            i, f, o, s = a.view(batch, 4, hidden).unbind(1)
            twice_g = torch.add(minus_2, s, alpha=4, out=scratch)
            c2 = torch.mul(f, c2).addcmul_(i, twice_g) if t else i * twice_g
            tanh_c = torch.add(minus_1, torch.sigmoid(c2, out=scratch), alpha=2)
            torch.mul(o, tanh_c, out=h)
            if keep:
                kept += a, c2, tanh_c
        ctx.save_for_backward(w, hx1, *kept)
        return h.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        w, hx1, *kept = ctx.saved_tensors
        length, rows, (batch, hidden) = len(hx1) - 1, len(w), dh.shape
        # The last rows of da below are the gradient's, of an LSTM 1/8: 2 from w, 4 from twice_g = 4 s - 2.
        short = 8 if kept else 1
        w = torch.cat((w[:-hidden], w[-hidden:] * (short / 2)))
        w_h = w[:, :hidden].t().contiguous()  # (hidden, rows)
        da = dh.new_empty(length, batch, rows)
        da_steps, states = da.unbind(), hx1[1:, :, :hidden].unbind()
        if kept:
            gates, cells, tanhs = kept[::3], kept[1::3], kept[2::3]
            d_gates, minus_2 = dh.new_zeros(batch, rows), dh.new_full((), -2)
            d_i, d_f, d_o, d_s = d_gates.view(batch, 4, hidden).unbind(1)
            scratch, dc2 = torch.empty_like(tanhs[0]), torch.zeros_like(tanhs[0])
        for t in reversed(range(length)):
            if not kept:
                torch.ops.aten.tanh_backward.grad_input(dh, states[t], grad_input=da_steps[t])
            else:
                i, f, o, s = gates[t].view(batch, 4, hidden).unbind(1)
                torch.mul(dh, tanhs[t], out=d_o)
                torch.mul(dh, o, out=scratch)
                torch.ops.aten.tanh_backward.grad_input(scratch, tanhs[t], grad_input=scratch)
                dc2.add_(scratch, alpha=0.5)
                torch.mul(dc2, torch.add(minus_2, s, alpha=4, out=scratch), out=d_i)
                torch.mul(dc2, i, out=d_s)
                if t:
                    torch.mul(dc2, cells[t - 1], out=d_f)
                    dc2.mul_(f)
                else:
                    d_f.zero_()
                torch.ops.aten.sigmoid_backward.grad_input(d_gates, gates[t], grad_input=da_steps[t])
            if t:
                dh = product(da_steps[t], w_h)
        dx = (da @ w[:, hidden:-1]).transpose(0, 1) if ctx.needs_input_grad[0] else None
        dw = product(hx1[1:length].flatten(0, 1).t(), da[1:].flatten(0, 1).t())  # (K, rows)
        dw[hidden:] += hx1[0, :, hidden:].t() @ da[0]
        dw[:, -hidden:] *= short
        # The two biases of a gate have one gradient but not one memory: clipping scales each in place.
        parts = dw[hidden:-1].t().contiguous(), dw[:hidden].t().contiguous(), dw[-1].clone(), dw[-1].clone()
        return dx, None, *(gate for part in parts for gate in part.split(hidden))
