"""The explorer of Part 1: curves, and a palindrome of one's own inside an LSTM."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
import torch

from bundle.analysis.curves import shared_metric
from bundle.analysis.statistics import arrival
from bundle.figures.memory import draw_inside
from bundle.figures.part1 import draw_accuracy_curves
from bundle.figures.style import COLOURS, SCREEN_DPI, WIDE
from bundle.notebook import controls
from bundle.study.records import Record, grouped
from lib.palindromes import palindromes
from lib.recurrent.inspection import trace
from lib.recurrent.lstm import LSTM

CURVES, INSIDE = round(WIDE * SCREEN_DPI), 560  # widths on the screen, in pixels


def part1_explorer(
    records: Sequence[Record], model: LSTM, *, units: Sequence[int], trained: int
) -> widgets.Widget:
    titles = "How fast each network learns", "Inside an LSTM while it reads your palindrome"
    first, second = (widgets.HTML(f"<h4 style='margin:12px 0 4px'>{title}</h4>") for title in titles)
    curves = accuracy_explorer(records)
    return widgets.VBox([first, curves, second, palindrome_explorer(model, units=units, trained=trained)])


def accuracy_explorer(records: Sequence[Record]) -> widgets.Widget:
    """Return an explorer of the accuracy at each look: any cells and recipes, overlaid."""
    runs = grouped(records, "seq_length", "cell", "recipe")
    lengths, cells, recipes = (list(dict.fromkeys(values)) for values in zip(*runs, strict=True))
    some = [controls.check(cell, f"show the {cell}", on=True) for cell in cells]
    how = [controls.check(spaced(name), f"trained {spaced(name)}", on=name == recipes[0]) for name in recipes]
    tip = "digits that the network reads before it answers"
    length = controls.dropdown("Length", sorted(lengths), tip, value=lengths[0])
    words, picture = widgets.HTML(), widgets.HTML()

    def show(_=None) -> None:
        pairs = [(cell, recipe) for cell in ticked(cells, some) for recipe in ticked(recipes, how)]
        found = {pair: runs[length.value, *pair] for pair in pairs if (length.value, *pair) in runs}
        said = [in_words(*pair, found[pair]) for pair in found]
        none = [f"{cell}, {spaced(recipe)}" for cell, recipe in pairs if (cell, recipe) not in found]
        said += [f"No runs of length {length.value}: {'; '.join(none)}."] if none else []
        words.value = controls.status("\n".join(said) or "Tick a cell and a recipe.")
        picture.value = ""
        if found:
            pixels = controls.drawn(draw_accuracy_curves([run for of in found.values() for run in of]))
            picture.value = controls.image(pixels, f"Accuracy against step. {' '.join(said)}", width=CURVES)

    controls.whenever([*some, *how, length], show)
    return widgets.VBox([controls.row(length, *some, *how), words, picture])


def spaced(recipe: str) -> str:
    return recipe.replace("-", " ")


def ticked(names: Sequence[str], boxes: Sequence[widgets.Checkbox]) -> list[str]:
    return [name for name, box in zip(names, boxes, strict=True) if box.value]


def in_words(cell: str, recipe: str, runs: Sequence[Record]) -> str:
    """Return when runs of one cell and recipe arrive, and how they end."""
    final = [shared_metric(run).late().mean() for run in runs]
    name = f"{cell}, {spaced(recipe)} ({len(runs)} seeds)"
    ended = f"{np.mean(final):.1%} right, from {min(final):.1%} to {max(final):.1%}"
    return f"{name}. Median step first at 100 %: {arrival(runs)}. Last third: {ended}."


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

    typed.observe(controls.one_at_a_time(read), "value")
    step.observe(controls.one_at_a_time(show), "value")
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
