"""Explorers for a running notebook: ipywidgets over the functions behind the static figures."""

from collections.abc import Mapping, Sequence

import ipywidgets as widgets
import numpy as np
import torch

from lib import controls, digits, figures, ledger
from lib.adversarial import as_bytes
from lib.classifier import Classifier, predict
from lib.gan import Generator, sample
from lib.latent import between, endpoints, path
from lib.lstm import LSTM
from lib.palindromes import palindromes
from lib.records import Record

STRIP, INSIDE, CURVE, GRID, DIGIT = 560, 560, 440, 370, 224  # widths on the screen, in pixels
FINE = 25  # places of the slider from one image of a strip to the next


def part1(
    records: Sequence[Record], model: LSTM, *, every: int, units: Sequence[int], trained: int
) -> widgets.Widget:
    """Return an explorer of accuracy curves, and of a palindrome of one's own inside a trained LSTM.

    Args:
        records: runs of any cells, recipes, lengths and seeds.
        model: an LSTM trained on palindromes.
        every: steps between plotted points.
        units: of the model, drawn from top to bottom.
        trained: the longest sequence in its training.
    """
    return widgets.VBox(
        [
            controls.heading("How fast each network learns"),
            accuracy(records, every=every),
            controls.heading("Inside an LSTM while it reads your palindrome"),
            palindrome(model, units=units, trained=trained),
        ]
    )


def accuracy(records: Sequence[Record], *, every: int) -> widgets.Widget:
    """Return an explorer of accuracy against step: cell, recipe and length; see `part1`."""
    runs = figures.by(records, "cell", "recipe", "seq_length")
    cells, recipes, lengths = (list(dict.fromkeys(values)) for values in zip(*runs, strict=True))
    named = [(recipe.replace("-", " "), recipe) for recipe in recipes]
    cell = controls.dropdown("Cell", cells, "the network: LSTM or vanilla RNN")
    recipe = controls.dropdown("Recipe", named, "how it was trained")
    length = controls.dropdown(
        "Length", sorted(lengths), "digits that the network reads before it answers", value=lengths[0]
    )
    words, picture = widgets.HTML(), widgets.HTML()

    def show(_=None) -> None:
        chosen = runs.get((cell.value, recipe.value, length.value))
        name = f"{cell.value}, {recipe.label}, length {length.value}"
        if not chosen:
            there = sorted(n for c, r, n in runs if (c, r) == (cell.value, recipe.value))
            rest = f"the lengths {', '.join(map(str, there))}" if there else "none: take another"
            words.value = controls.status(f"No runs of {name}. Of this cell and recipe there are {rest}.")
            picture.value = ""
            return
        final = [ledger.final_accuracy(record, last=100) for record in chosen]
        first = ledger.in_words(chosen, recipe.value)
        said = (
            f"{name}, {len(chosen)} seeds. Median step first at 100 %: {first}. "
            f"Last 100 steps: {np.mean(final):.1%} right, from {min(final):.1%} to {max(final):.1%}."
        )
        words.value = controls.status(said)
        figure = figures.accuracy_curves(chosen, every=every)
        picture.value = controls.image(
            controls.drawn(figure), f"Accuracy against step. {said}", width=controls.width(figure)
        )

    controls.whenever([cell, recipe, length], show)
    return widgets.VBox([controls.row(cell, recipe, length), words, picture])


def palindrome(model: LSTM, *, units: Sequence[int], trained: int) -> widgets.Widget:
    """Return an explorer of one palindrome inside an LSTM, digit by digit; see `part1`."""
    longest = 2 * trained + 1
    source = torch.Generator().manual_seed(0)
    typed = widgets.Text(
        description="Palindrome",
        continuous_update=False,
        tooltip=f"3 to {longest} digits that read the same backwards, then Enter",
        layout={"width": "480px", "max_width": "100%"},
        style=controls.NAMES,
    )
    another = controls.button("Another one", "draw a random palindrome")
    step = widgets.IntSlider(min=1, max=1, tooltip="how many digits the network has read")
    words, inside, answer = widgets.HTML(), widgets.HTML(), widgets.HTML()
    now: dict = {}

    def read(_=None) -> None:
        text = typed.value.strip()
        if problem := wrong(text, longest=longest):
            words.value = controls.status(problem + (f" Still shown: {now['text']}." if now else ""))
            return
        now.update(text=text, **_followed(model, text, units=units))
        step.max = len(text) - 1
        if step.value == step.max:
            show()
        else:
            step.value = step.max

    def show(_=None) -> None:
        text, count = now["text"], step.value
        chances, length = now["chances"][count - 1], len(text) - 1
        says = int(chances.argmax())
        said = f"After {count} of {length} digits the network says {says}, {chances[says]:.0%} sure."
        if count < length:
            said += " If the palindrome ended here, that would be its answer."
        else:
            said += " Right!" if says == int(text[-1]) else f" Wrong: the last digit is {text[-1]}."
        if length > trained:
            said += f" It was trained on no more than {trained} digits."
        words.value = controls.status(said)
        seen = controls.veiled(now["picture"], now["later"][count - 1])
        inside.value = controls.image(seen, f"Gates and cell state. {said}", width=INSIDE)
        answer.value = controls.boxes(text[:-1], filled=count) + controls.bars(
            chances, title="The answer so far", colour=figures.COLOURS["LSTM"]
        )

    def draw(_=None) -> None:
        length = int(torch.randint(4, trained + 1, (), generator=source))
        inputs, targets = palindromes(1, length, generator=source)
        typed.value = "".join(str(int(digit)) for digit in [*inputs.flatten(), *targets])

    typed.observe(read, "value")
    another.on_click(draw)
    draw()
    step.observe(show, "value")
    show()
    field = controls.number("Digits read", step, words)
    steering = controls.steered(step, field, milliseconds=500)
    return widgets.VBox([controls.row(typed, another), steering, words, controls.row(inside, answer)])


def wrong(text: str, *, longest: int) -> str:
    """Return what keeps a text from being a palindrome of 3 to `longest` digits, in words, or nothing."""
    if strange := sorted(set(text) - set("0123456789")):
        shown = ", ".join("a space" if sign == " " else sign for sign in strange)
        return f"Only the digits 0 to 9 can be read; here is also {shown}."
    if not 3 <= len(text) <= longest:
        return f"The number of digits is {len(text)}; it must be from 3 to {longest}."
    if text != text[::-1]:
        mended = text + text[-2::-1]
        hint = f" {mended} is one." if len(mended) <= longest else ""
        return f"{text} is not a palindrome: backwards it is {text[::-1]}.{hint}"
    return ""


def _followed(model: LSTM, text: str, *, units: Sequence[int]) -> dict:
    """Return the answers (steps, 10) on a palindrome's way through an LSTM, and a picture of the way."""
    read = [int(digit) for digit in text]
    x = torch.tensor(read[:-1], dtype=torch.float32, device=model.ph.weight.device)[None, :, None]
    with torch.no_grad():
        seen = {name: values[:, 0].cpu() for name, values in model.trace(x).items()}
    chances = seen["logits"].softmax(1).numpy()
    states = {name: seen[name].numpy() for name in "ifoc"}
    figure = figures.inside(states, read[:-1], units=units, right=chances[:, read[-1]])
    picture = controls.drawn(figure)
    later = [controls.after(figure, step + 0.5) for step in range(len(read) - 1)]
    return {"chances": chances, "picture": picture, "later": later}


def task2(
    record: Record,
    grids: Mapping[int, np.ndarray],
    generator: Generator,
    *,
    floor: Mapping[str, float],
    seed: int,
) -> widgets.Widget:
    """Return an explorer of a GAN's training: the same noises at each checkpoint, with what was measured.

    Args:
        record: of the GAN, as `lib.digits.ready_gan` returns it.
        grids: by batch, (25 k, 28, 28) uint8: the images of k sets of 25 noises, the same at each batch.
        generator: the one that is kept, for noises drawn at a click.
        floor: the measures of real digits.
        seed: of the first noises drawn at a click; the next clicks count up.
    """
    batches, quality = list(grids), digits.quality_by_batch(record)
    sets = min(len(images) for images in grids.values()) // 25
    batch = controls.dropdown(
        "Batch", [(controls.spaced(b), b) for b in batches], "how many batches the generator has seen"
    )
    slider = widgets.IntSlider(max=len(batches) - 1, tooltip=batch.tooltip)
    widgets.link((batch, "index"), (slider, "value"))
    other = controls.button("Other noise", "the next stored set of noises, at every batch", disabled=sets < 2)
    new = controls.button("New noise", "25 noises drawn now, for the generator that is kept")
    words, picture, beside = widgets.HTML(), widgets.HTML(), widgets.HTML()
    distances = [quality[b]["frechet_distance"] for b in batches]
    curve = figures.quality_curve(batches, {"averaged generator": distances}, floor=floor["frechet_distance"])
    plain = controls.drawn(curve)
    places = [controls.place(curve, *point) for point in zip(batches, distances, strict=True)]
    now = {"set": 0, "seed": seed - 1}

    def show(_=None) -> None:
        which = f"noise {now['set'] + 1} of {sets}" if sets > 1 else "the noise"
        said = f"25 images after {controls.spaced(batch.value)} batches; {which}, the same at every batch."
        display(grids[batch.value][25 * now["set"] :][:25], said, quality[batch.value])

    def display(images: np.ndarray, said: str, measured: Mapping[str, float]) -> None:
        words.value = controls.status(said)
        picture.value = controls.image(figures.tile(images, columns=5), said, width=GRID, pixelated=True)
        beside.value = controls.measures(measured, floor, words=figures.MEASURES) + controls.image(
            controls.ringed(plain, places[batch.index]),
            "Fréchet distance against the batch, a ring at this one.",
            width=CURVE,
        )

    def turn(_) -> None:
        now["set"] = (now["set"] + 1) % sets
        show()

    def draw(_) -> None:
        now["seed"] += 1
        noise = torch.randn(25, generator.latent_dim, generator=torch.Generator().manual_seed(now["seed"]))
        noise = noise.to(next(generator.parameters()).device)
        batch.value = batches[-1]
        said = f"25 images of new noise (seed {now['seed']}) by the generator that is kept."
        display(as_bytes(sample(generator, noise, batch_size=25)).numpy(), said, record.summary)

    controls.whenever([batch], show)
    other.on_click(turn)
    new.on_click(draw)
    steering = controls.steered(slider, batch, milliseconds=500)
    return widgets.VBox([steering, controls.row(other, new), words, controls.row(picture, beside)])


def task3(
    generator: Generator,
    classifier: Classifier,
    *,
    first: int,
    second: int,
    steps: int,
    candidates: int,
    seed: int,
) -> widgets.Widget:
    """Return an explorer of walks from one digit to another; it begins with the walk of a static strip.

    Args:
        first, second: the digits at the start.
        steps: images of the strip.
        candidates: noises drawn to choose the two ends from.
        seed: of the candidates; each click on new end points counts up.
    """
    begin = controls.dropdown("From", range(10), "the digit to walk from", value=first, width=150)
    end = controls.dropdown("To", range(10), "the digit to walk to", value=second, width=150)
    new = controls.button("New end points", "draw other noises for the same two digits")
    kind = widgets.RadioButtons(
        options=[("straight line", "line"), ("great circle", "circle")],
        description="Path",
        orientation="horizontal",
        tooltip="the path between the two noises",
        layout={"width": "240px"},
    )
    alpha = widgets.FloatSlider(
        max=1,
        step=1 / (FINE * (steps - 1)),
        tooltip="how far along the path: 0 the first digit, 1 the second",
    )
    chosen, strip, mark, words, picture, judged = (widgets.HTML() for _ in range(6))
    now: dict = {"seed": seed, "ends": None}

    def choose(_=None) -> None:
        source = torch.Generator().manual_seed(now["seed"])
        try:
            ends = endpoints(
                generator, classifier, begin.value, end.value, candidates=candidates, noise_source=source
            )
        except ValueError as error:
            now["ends"], alpha.disabled = None, True
            chosen.value = controls.status(f"{error}.")
            for part in (strip, mark, words, picture, judged):
                part.value = ""
            return
        now["ends"], alpha.disabled = [one.noise for one in ends], False
        walk()

    def walk(_=None) -> None:
        if now["ends"] is None:
            return
        images, chances = _seen(generator, classifier, path(*now["ends"], steps=steps, kind=kind.value))
        tops = [(int(p.argmax()), float(p.max())) for p in chances]
        alt = f"Strip of {steps} images; the judge sees {', '.join(str(digit) for digit, _ in tops)}."
        strip.value = controls.image(
            figures.tile(images, columns=steps), alt, width=STRIP, pixelated=True
        ) + controls.columns([f"{digit}<br>{sure:.0%}" for digit, sure in tops], width=STRIP)
        chosen.value = controls.status(
            f"From {begin.value} to {end.value} along a {kind.label}. The ends: of {candidates} noises "
            f"(seed {now['seed']}) the two that the judge is surest of."
        )
        move()

    def move(_=None) -> None:
        if now["ends"] is None:
            return
        noise = between(*now["ends"], torch.tensor(alpha.value), kind=kind.value)
        (image,), (chances,) = _seen(generator, classifier, noise[None])
        said = f"At alpha {alpha.value:.3f} the judge sees a {chances.argmax()}, {chances.max():.0%} sure."
        picture.value = controls.image(image, said, width=DIGIT, pixelated=True)  # first: it is waited for
        mark.value = controls.pointer((0.5 + alpha.value * (steps - 1)) / steps, width=STRIP)
        judged.value = controls.bars(
            chances, title="What the judge sees", colour=figures.COLOURS["generator"]
        )
        words.value = controls.status(said)

    def renew(_) -> None:
        now["seed"] += 1
        choose()

    controls.whenever([begin, end], choose)
    kind.observe(walk, "value")
    alpha.observe(move, "value")
    new.on_click(renew)
    steering = controls.steered(alpha, controls.number("Alpha", alpha, words), milliseconds=50)
    choices = controls.row(begin, end, kind, new)
    shown = controls.row(picture, judged)
    return widgets.VBox([choices, chosen, steering, mark, strip, words, shown])


def _seen(
    generator: Generator, classifier: Classifier, noises: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (n, 28, 28) uint8 of noises (n, latent_dim), and what the judge sees (n, 10)."""
    images = sample(generator, noises.to(next(generator.parameters()).device), batch_size=len(noises))
    return as_bytes(images).numpy(), predict(classifier, images).cpu().numpy()
