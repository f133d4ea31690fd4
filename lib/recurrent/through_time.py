"""The LSTM and the RNN through time in torch operations, with a backward written by hand."""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# On AMD processors MKL, behind torch.mm, keeps to AVX2; oneDNN uses AVX-512 there and is twice as fast.
_ONEDNN = torch.backends.mkldnn.is_available() and torch.backends.cpu.get_cpu_capability() == "AVX512"


def product(a: Tensor, b: Tensor) -> Tensor:
    """Return a @ b.T for a (m, k) and b (n, k), by the fastest route there is without a compiler."""
    if _ONEDNN and a.dtype == torch.float32 and a.device.type == "cpu" and a.numel() and b.numel():
        return torch.ops.mkldnn._linear_pointwise(a, b, None, "none", [], "")
    return torch.mm(a, b.t())


class LSTMThroughTime(torch.autograd.Function):
    """All steps of the LSTM at once, from x and the sixteen gate parameters to the last h (batch, hidden).

    A step is one product: [h, x, 1] (batch, K) with a fused weight (4 * hidden, K), where
    K = hidden + input_size + 1; the rows are the gates i, f, o and the candidate g.  The weight gradient of
    all steps is one product too.  torch's tanh costs several times its sigmoid, so tanh(a) is
    2 sigmoid(2 a) - 1 here: the candidate's rows are doubled in advance, and the cell is kept as 2 c.
    """

    @staticmethod
    def forward(ctx, x: Tensor, keep: bool, *parameters: Tensor) -> Tensor:
        wx, wh, bx, bh = (torch.cat(parameters[k : k + 4]) for k in (0, 4, 8, 12))  # rows i f o g
        batch, length, _ = x.shape
        hidden = wh.shape[1]
        w = torch.cat((wh, wx, (bx + bh)[:, None]), dim=1)  # (4 hidden, K)
        w[3 * hidden :] *= 2
        hx1 = x.new_empty(length + 1 if keep else 1, batch, w.shape[1])  # each step's [h, x, 1]
        hx1[..., -1] = 1
        if keep:
            hx1[:length, :, hidden:-1] = x.transpose(0, 1)
        steps, states = hx1.unbind(), hx1[..., :hidden].unbind()
        minus_1, minus_2 = x.new_full((), -1), x.new_full((), -2)
        scratch = x.new_empty(batch, hidden)
        gates, cells, tanhs = [], [], []
        c2 = None
        for t in range(length):
            if not keep:
                hx1[0, :, hidden:-1] = x[:, t]
            now, h = (steps[t], states[t + 1]) if keep else (steps[0], states[0])
            # h is zero before the first step, so that only [x, 1] counts
            a = product(now, w) if t else now[:, hidden:] @ w[:, hidden:].t()
            i, f, o, s = a.sigmoid_().view(batch, 4, hidden).unbind(1)
            twice_g = torch.add(minus_2, s, alpha=4, out=scratch)
            c2 = torch.mul(f, c2).addcmul_(i, twice_g) if t else i * twice_g
            tanh_c = torch.add(minus_1, torch.sigmoid(c2, out=scratch), alpha=2)
            torch.mul(o, tanh_c, out=h)
            if keep:
                gates.append(a), cells.append(c2), tanhs.append(tanh_c)
        ctx.save_for_backward(w, hx1, *gates, *cells, *tanhs)
        return h.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        w, hx1, *steps = ctx.saved_tensors
        length, (batch, hidden) = len(steps) // 3, dh.shape
        gates, cells, tanhs = steps[:length], steps[length : 2 * length], steps[2 * length :]
        # The candidate's rows of da below are 1/8 of the gradient: 2 from w, 4 from twice_g = 4 s - 2.
        w = torch.cat((w[: 3 * hidden], w[3 * hidden :] * 4))
        w_h = w[:, :hidden].t().contiguous()  # (hidden, 4 hidden)
        da = dh.new_empty(length, batch, 4 * hidden)
        da_steps = da.unbind()
        d_gates = dh.new_zeros(batch, 4 * hidden)
        d_i, d_f, d_o, d_s = d_gates.view(batch, 4, hidden).unbind(1)
        minus_2 = dh.new_full((), -2)
        scratch = torch.empty_like(tanhs[0])
        dc2 = torch.zeros_like(scratch)
        for t in reversed(range(length)):
            i, f, o, s = gates[t].view(batch, 4, hidden).unbind(1)
            torch.mul(dh, tanhs[t], out=d_o)
            torch.mul(dh, o, out=scratch)
            torch.ops.aten.tanh_backward.grad_input(scratch, tanhs[t], grad_input=scratch)
            dc2.add_(scratch, alpha=0.5)
            torch.mul(dc2, torch.add(minus_2, s, alpha=4, out=scratch), out=d_i)
            torch.mul(dc2, i, out=d_s)
            if t:
                torch.mul(dc2, cells[t - 1], out=d_f)
            else:
                d_f.zero_()
            torch.ops.aten.sigmoid_backward.grad_input(d_gates, gates[t], grad_input=da_steps[t])
            if t:
                dc2.mul_(f)
                dh = product(da_steps[t], w_h)
        dx = (da @ w[:, hidden:-1]).transpose(0, 1) if ctx.needs_input_grad[0] else None
        dw = product(hx1[1:length].flatten(0, 1).t(), da[1:].flatten(0, 1).t())  # (K, 4 hidden)
        dw[hidden:] += hx1[0, :, hidden:].t() @ da[0]
        dw[:, 3 * hidden :] *= 8
        dwh, dwx, db = dw[:hidden].t().contiguous(), dw[hidden:-1].t().contiguous(), dw[-1]
        # The two biases of a gate have one gradient but not one memory: clipping scales each in place.
        return dx, None, *dwx.chunk(4), *dwh.chunk(4), *db.clone().chunk(4), *db.clone().chunk(4)


class RNNThroughTime(torch.autograd.Function):
    """All steps of the RNN at once, from x and the four parameters to the last h (batch, hidden).

    As there: a step is one product of [h, x, 1] (batch, K) with a fused weight (hidden, K), the
    weight gradient of all steps is one product, and tanh(a) is 2 sigmoid(2 a) - 1 because that is faster.
    """

    @staticmethod
    def forward(ctx, x: Tensor, keep: bool, wx: Tensor, wh: Tensor, bx: Tensor, bh: Tensor) -> Tensor:
        batch, length, _ = x.shape
        hidden = wh.shape[1]
        w = torch.cat((wh, wx, (bx + bh)[:, None]), dim=1)  # (hidden, K)
        twice_w = 2 * w
        hx1 = x.new_empty(length + 1 if keep else 1, batch, w.shape[1])  # each step's [h, x, 1]
        hx1[..., -1] = 1
        if keep:
            hx1[:length, :, hidden:-1] = x.transpose(0, 1)
        steps, states = hx1.unbind(), hx1[..., :hidden].unbind()
        minus_1 = x.new_full((), -1)
        for t in range(length):
            if not keep:
                hx1[0, :, hidden:-1] = x[:, t]
            now, h = (steps[t], states[t + 1]) if keep else (steps[0], states[0])
            # h is zero before the first step, so that only [x, 1] counts
            a2 = product(now, twice_w) if t else now[:, hidden:] @ twice_w[:, hidden:].t()
            torch.add(minus_1, a2.sigmoid_(), alpha=2, out=h)
        ctx.save_for_backward(w, hx1)
        return h.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        w, hx1 = ctx.saved_tensors
        length, hidden = hx1.shape[0] - 1, dh.shape[1]
        w_h = w[:, :hidden].t().contiguous()
        da = dh.new_empty(length, *dh.shape)
        da_steps, states = da.unbind(), hx1[..., :hidden].unbind()
        for t in reversed(range(length)):
            torch.ops.aten.tanh_backward.grad_input(dh, states[t + 1], grad_input=da_steps[t])
            if t:
                dh = product(da_steps[t], w_h)
        dx = (da @ w[:, hidden:-1]).transpose(0, 1) if ctx.needs_input_grad[0] else None
        dw = product(hx1[1:length].flatten(0, 1).t(), da[1:].flatten(0, 1).t())  # (K, hidden)
        dw[hidden:] += hx1[0, :, hidden:].t() @ da[0]
        # The two biases have one gradient but not one memory: clipping scales each in place.
        return dx, None, dw[hidden:-1].t(), dw[:hidden].t(), dw[-1].clone(), dw[-1].clone()
