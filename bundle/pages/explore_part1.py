"""The explorer of Part 1: curves, and a palindrome of one's own inside an LSTM."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
import torch

from bundle.claims.part1 import final_accuracy, in_words
from bundle.pages import controls
from bundle.plots.part1 import draw_accuracy_curves, draw_inside
from bundle.plots.style import COLOURS, SCREEN_DPI, WIDE
from bundle.runs.records import Record, grouped
from lib.palindromes import palindromes
from lib.recurrent.inspection import trace
from lib.recurrent.lstm import LSTM

CURVES, INSIDE = round(WIDE * SCREEN_DPI), 560  # widths on the screen, in pixels


def part1_explorer(
    records: Sequence[Record], model: LSTM, *, every: int, units: Sequence[int], trained: int
) -> widgets.Widget:
    titles = "How fast each network learns", "Inside an LSTM while it reads your palindrome"
    first, second = (widgets.HTML(f"<h4 style='margin:12px 0 4px'>{title}</h4>") for title in titles)
    curves = accuracy_explorer(records, every=every)
    return widgets.VBox([first, curves, second, palindrome_explorer(model, units=units, trained=trained)])


def accuracy_explorer(records: Sequence[Record], *, every: int) -> widgets.Widget:
    """Return an explorer of the accuracy of each `every` nth step: by cell, recipe and length."""
    runs = grouped(records, "cell", "recipe", "seq_length")
    cells, recipes, lengths = (list(dict.fromkeys(values)) for values in zip(*runs, strict=True))
    named = [(recipe.replace("-", " "), recipe) for recipe in recipes]
    cell = controls.dropdown("Cell", cells, "the network: LSTM or vanilla RNN")
    recipe = controls.dropdown("Recipe", named, "how it was trained")
    length = controls.dropdown("Length", sorted(lengths), "digits that the network reads before it answers")
    words, picture = widgets.HTML(), widgets.HTML()

    def show(_=None) -> None:
        chosen = runs.get((cell.value, recipe.value, length.value))
        name = f"{cell.value}, {recipe.label}, length {length.value}"
        if not chosen:
            there = sorted(n for c, r, n in runs if (c, r) == (cell.value, recipe.value))
            rest = f"the lengths {', '.join(map(str, there))}" if there else "none: take another"
            said = f"No runs of {name}. Of this cell and recipe there are {rest}."
            words.value, picture.value = controls.status(said), ""
            return
        final = [final_accuracy(record, last=100) for record in chosen]
        said = f"{name}, {len(chosen)} seeds. Median step first at 100 %: {in_words(chosen, recipe.value)}. "
        said += f"Last 100 steps: {np.mean(final):.1%} right, from {min(final):.1%} to {max(final):.1%}."
        words.value = controls.status(said)
        pixels = controls.drawn(draw_accuracy_curves(chosen, every=every))
        picture.value = controls.image(pixels, f"Accuracy against step. {said}", width=CURVES)

    length.value = lengths[0]
    controls.whenever([cell, recipe, length], show)
    return widgets.VBox([controls.row(cell, recipe, length), words, picture])


def palindrome_explorer(model: LSTM, *, units: Sequence[int], trained: int) -> widgets.Widget:
    """Return an explorer of a palindrome of one's own inside an LSTM that was `trained` on so many digits."""
    longest, source = 2 * trained + 1, torch.Generator().manual_seed(0)
    allowed = f"3 to {longest} digits that read the same backwards, then Enter"
    look = {"layout": {"width": "480px", "max_width": "100%"}, "style": controls.NAMES}
    typed = widgets.Text(description="Palindrome", continuous_update=False, tooltip=allowed, **look)
    step = widgets.IntSlider(min=1, max=1, tooltip="how many digits the network has read")
    words, inside, answer = (widgets.HTML() for _ in range(3))
    now: dict = {}

    def read(_=None) -> None:
        text = typed.value.strip()
        if problem := wrong(text, longest=longest):
            words.value = controls.status(problem + (f" Still shown: {now['text']}." if now else ""))
            return
        *digits, last = map(int, text)
        x = torch.tensor(digits, dtype=torch.float32, device=model.ph.weight.device)[None, :, None]
        seen = {name: values[:, 0].cpu() for name, values in trace(model, x).items()}
        chances = seen["logits"].softmax(1).numpy()  # (steps, 10)
        states = {name: seen[name].numpy() for name in "ifoc"}
        figure = draw_inside(states, digits, units=units, right=chances[:, last])
        now.update(text=text, chances=chances, figure=figure, pixels=controls.drawn(figure))
        step.max = len(text) - 1
        if step.value == step.max:
            show()
        else:
            step.value = step.max

    def show(_=None) -> None:
        text, chances = now["text"], now["chances"][step.value - 1]
        length, says = len(text) - 1, int(chances.argmax())
        said = f"After {step.value} of {length} digits the network says {says}, {chances[says]:.0%} sure."
        ended = " Right!" if says == int(text[-1]) else f" Wrong: the last digit is {text[-1]}."
        said += ended if step.value == length else " If the palindrome ended here, that would be its answer."
        said += f" It was trained on no more than {trained} digits." if length > trained else ""
        words.value = controls.status(said)
        seen = controls.veiled(now["pixels"], now["figure"], step.value - 0.5)
        inside.value = controls.image(seen, f"Gates and cell state. {said}", width=INSIDE)
        bars = controls.bars(chances, title="The answer so far", colour=COLOURS["LSTM"])
        answer.value = controls.boxes(text[:-1], filled=step.value) + bars

    def draw(_=None) -> None:
        length = int(torch.randint(4, trained + 1, (), generator=source))
        inputs, targets = palindromes(1, length, generator=source)
        typed.value = "".join(str(int(digit)) for digit in [*inputs.flatten(), *targets])

    typed.observe(read, "value")
    step.observe(show, "value")
    draw()
    another = controls.button("Another one", "draw a random palindrome", draw)
    steering = controls.steered(step, controls.number("Digits read", step, words), milliseconds=500)
    return widgets.VBox([controls.row(typed, another), steering, words, controls.row(inside, answer)])


def wrong(text: str, *, longest: int) -> str:
    """Return what keeps a text from being a palindrome of 3 to `longest` digits, in words, or nothing."""
    if strange := sorted(set(text) - set("0123456789")):
        shown = ", ".join("a space" if sign == " " else sign for sign in strange)
        return f"Only the digits 0 to 9 can be read; here is also {shown}."
    if not 3 <= len(text) <= longest:
        return f"The number of digits is {len(text)}; it must be from 3 to {longest}."
    if text == text[::-1]:
        return ""
    mended = text + text[-2::-1]
    hint = f" {mended} is one." if len(mended) <= longest else ""
    return f"{text} is not a palindrome: backwards it is {text[::-1]}.{hint}"
