"""The vanilla RNN of the report: three linear layers, from a sequence to the logits of one class.

`VanillaRNN.forward_reference` is the cell as the report writes it; `VanillaRNN.forward` computes the same
from the same weights, faster, as in `lib.lstm`.
"""

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from lib import compiled
from lib.lstm import check_sequence, product


class _ThroughTime(torch.autograd.Function):
    """All steps of the RNN at once, from x and the four parameters to the last h (batch, hidden).

    As in `lib.lstm`: a step is one product of [h, x, 1] (batch, K) with a fused weight (hidden, K), the
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


class VanillaRNN(nn.Module):
    """Read (batch, seq_length, input_size), return the logits (batch, num_classes) of the last step.

    The state starts at zero.  Nothing about the batch, the length or the device is stored.

    Source: Elman 1990.
    """

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        for name, value in (
            ("input_size", input_size),
            ("hidden_size", hidden_size),
            ("num_classes", num_classes),
        ):
            if value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1")
        self.hx, self.hh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        self.ph = nn.Linear(hidden_size, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (batch, num_classes) after the last step.

        Gradients reach x and all weights, once: a second derivative needs `forward_reference`.

        Raises:
            ValueError: x is not (batch, seq_length, input_size) with seq_length at least 1.
        """
        check_sequence(x, self.hx.in_features)
        weights, biases = (self.hx.weight, self.hh.weight), (self.hx.bias, self.hh.bias)
        if compiled.usable(x, *weights, *biases):
            return self.ph(compiled.through_time(x, *weights, *biases))
        return self.ph(_ThroughTime.apply(x, torch.is_grad_enabled(), *weights, *biases))

    def forward_reference(self, x: Tensor) -> Tensor:
        """Return the same as `forward` by the plain loop, one step after the other."""
        check_sequence(x, self.hx.in_features)
        h = x.new_zeros(x.shape[0], self.hh.in_features)
        for x_t in x.unbind(1):
            h = torch.tanh(self.hx(x_t) + self.hh(h))  # (batch, hidden)
        return self.ph(h)
