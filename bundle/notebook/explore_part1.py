"""The explorer of Part 1: curves, and a palindrome of one's own inside an LSTM."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
import pandas as pd
import torch

from bundle.analysis.curves import median_arrival
from bundle.figures.memory import draw_inside
from bundle.figures.part1 import draw_accuracy_curves, spoken
from bundle.figures.style import COLOURS, SCREEN_DPI, WIDE
from bundle.notebook import controls
from lib.palindromes import palindromes
from lib.recurrent.inspection import trace
from lib.recurrent.lstm import LSTM

CURVES, INSIDE = round(WIDE * SCREEN_DPI), 560  # widths on the screen, in pixels


def part1_explorer(runs: pd.DataFrame, model: LSTM, *, units: Sequence[int], trained: int) -> widgets.Widget:
    titles = "How fast each network learns", "Inside an LSTM while it reads your palindrome"
    first, second = (widgets.HTML(f"<h4 style='margin:12px 0 4px'>{title}</h4>") for title in titles)
    curves = accuracy_explorer(runs)
    return widgets.VBox([first, curves, second, palindrome_explorer(model, units=units, trained=trained)])


def accuracy_explorer(runs: pd.DataFrame) -> widgets.Widget:
    """Return an explorer of the accuracy at each evaluation: any cells and recipes, overlaid."""
    cells, recipes = list(runs["cell"].unique()), list(runs["recipe"].unique())
    cell_boxes = [controls.check(cell, f"show the {cell}", on=True) for cell in cells]
    recipe_boxes = [
        controls.check(spoken(name), f"trained {spoken(name)}", on=name == recipes[0]) for name in recipes
    ]
    tip = "digits that the network reads before it answers"
    lengths = runs["seq_length"]
    length = controls.dropdown("Length", sorted(lengths.unique()), tip, value=lengths.iloc[0])
    words, picture = widgets.HTML(), widgets.HTML()

    def show(_=None) -> None:
        groups, lines, missing = [], [], []
        for cell in ticked(cells, cell_boxes):
            for recipe in ticked(recipes, recipe_boxes):
                same = (runs["cell"] == cell) & (runs["recipe"] == recipe)
                group = runs[same & (lengths == length.value)]
                if group.empty:
                    missing.append(f"{cell}, {spoken(recipe)}")
                else:
                    groups.append(group)
                    lines.append(in_words(cell, recipe, group))
        if missing:
            lines.append(f"No runs of length {length.value}: {'; '.join(missing)}.")
        words.value = controls.status("\n".join(lines) or "Tick a cell and a recipe.")
        picture.value = ""
        if groups:
            pixels = controls.render(draw_accuracy_curves(pd.concat(groups)))
            caption = f"Accuracy against step. {' '.join(lines)}"
            picture.value = controls.image(pixels, caption, width=CURVES)

    controls.whenever([*cell_boxes, *recipe_boxes, length], show)
    return widgets.VBox([controls.row(length, *cell_boxes, *recipe_boxes), words, picture])


def ticked(names: Sequence[str], boxes: Sequence[widgets.Checkbox]) -> list[str]:
    return [name for name, box in zip(names, boxes, strict=True) if box.value]


def in_words(cell: str, recipe: str, runs: pd.DataFrame) -> str:
    """Return when runs of one cell and recipe arrive, and how they end."""
    late = pd.Series([curve.late().mean() for curve in runs["curve"]])
    name = f"{cell}, {spoken(recipe)} ({len(runs)} seeds)"
    accuracy = f"{late.mean():.1%} right, from {late.min():.1%} to {late.max():.1%}"
    return f"{name}. Median step first at 100 %: {median_arrival(runs)}. Last third: {accuracy}."


def palindrome_explorer(model: LSTM, *, units: Sequence[int], trained: int) -> widgets.Widget:
    """Return an explorer of a palindrome of one's own inside an LSTM that was `trained` on so many digits."""
    longest, source = 2 * trained + 1, torch.Generator().manual_seed(0)
    allowed = f"3 to {longest} digits that read the same backwards, then Enter"
    look = {"layout": {"width": "480px", "max_width": "100%"}, "style": controls.NAMES}
    field = widgets.Text(description="Palindrome", continuous_update=False, tooltip=allowed, **look)
    step = widgets.IntSlider(min=1, max=1, tooltip="how many digits the network has read")
    words, inside, answer = (widgets.HTML() for _ in range(3))
    now: dict = {}

    def read(_=None) -> None:
        text = field.value.strip()
        problem = wrong(text, longest=longest)
        if problem:
            words.value = controls.status(problem + (f" Still shown: {now['text']}." if now else ""))
            return
        *digits, last = map(int, text)
        x = torch.tensor(digits, dtype=torch.float32, device=model.ph.weight.device)[None, :, None]
        steps = {name: values[:, 0].cpu() for name, values in trace(model, x).items()}
        chances = steps["logits"].softmax(1).numpy()  # (steps, 10)
        states = {name: steps[name].numpy() for name in "ifoc"}
        figure = draw_inside(states, digits, units=units, right=chances[:, last])
        now.update(text=text, chances=chances, figure=figure, pixels=controls.render(figure))
        step.max = len(text) - 1
        if step.value == step.max:
            show()
        else:
            step.value = step.max

    def show(_=None) -> None:
        text, chances = now["text"], now["chances"][step.value - 1]
        sentence = answer_in_words(text, chances, step=step.value, trained=trained)
        words.value = controls.status(sentence)
        gates = controls.veil(now["pixels"], now["figure"], step.value - 0.5)
        inside.value = controls.image(gates, f"Gates and cell state. {sentence}", width=INSIDE)
        bars = controls.bars(chances, title="The answer so far", colour=COLOURS["LSTM"])
        answer.value = controls.boxes(text[:-1], filled=step.value) + bars

    def draw(_=None) -> None:
        length = int(torch.randint(4, trained + 1, (), generator=source))
        inputs, targets = palindromes(1, length, generator=source)
        field.value = "".join(str(int(digit)) for digit in [*inputs.flatten(), *targets])

    field.observe(controls.one_at_a_time(read), "value")
    step.observe(controls.one_at_a_time(show), "value")
    draw()
    another = controls.button("Another one", "draw a random palindrome", draw)
    steering = controls.steering_row(step, controls.number("Digits read", step, words), milliseconds=500)
    return widgets.VBox([controls.row(field, another), steering, words, controls.row(inside, answer)])


def answer_in_words(text: str, chances: np.ndarray, *, step: int, trained: int) -> str:
    """Return what a network, trained on so many digits, answers after `step` digits of a palindrome."""
    length, digit = len(text) - 1, int(chances.argmax())
    words = f"After {step} of {length} digits the network says {digit}, {chances[digit]:.0%} sure."
    if step < length:
        words += " If the palindrome ended here, that would be its answer."
    elif digit == int(text[-1]):
        words += " Right!"
    else:
        words += f" Wrong: the last digit is {text[-1]}."
    if length > trained:
        words += f" It was trained on no more than {trained} digits."
    return words


def wrong(text: str, *, longest: int) -> str:
    """Return what keeps a text from being a palindrome of 3 to `longest` digits, in words, or nothing."""
    strange = sorted(set(text) - set("0123456789"))
    if strange:
        signs = ", ".join("a space" if sign == " " else sign for sign in strange)
        return f"Only the digits 0 to 9 can be read; here is also {signs}."
    if not 3 <= len(text) <= longest:
        return f"The number of digits is {len(text)}; it must be from 3 to {longest}."
    if text == text[::-1]:
        return ""
    palindrome = text + text[-2::-1]
    hint = f" {palindrome} is one." if len(palindrome) <= longest else ""
    return f"{text} is not a palindrome: backwards it is {text[::-1]}.{hint}"
