"""Measure how fast the explorer of walks answers its slider, in the kernel and in a browser.

    python -m benchmarks.explore [--quick] [--output results/bench-explore.json]

In the kernel: from the slider's new value to the new image, judgement and words, everything that is sent to
the page included. In the browser, where there is a Chromium: from the key press to the painted picture,
through JupyterLab and its kernel and back.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import ipywidgets as widgets
import torch

from benchmarks.machine import goal, load, run
from bundle.notebook.explorers import task3_explorer
from lib.evaluation.classifier import load_classifier
from lib.gan.networks import load_generator

GOAL = 50  # ms
WATCH = """explorer => {
    window.times = [];
    let pressed, shown;
    document.addEventListener("keydown", event => { pressed = event.timeStamp; }, true);
    new MutationObserver(async () => {
        const image = explorer.querySelector("img[alt^='At alpha']");
        if (!image || image.alt === shown) return;
        shown = image.alt;
        await image.decode();
        const start = pressed;
        requestAnimationFrame(() => setTimeout(() => window.times.push(performance.now() - start)));
    }).observe(explorer, {childList: true, subtree: true});
}"""


def parts(widget: widgets.Widget) -> list[widgets.Widget]:
    """Return a widget and all that is in it."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def summary(milliseconds: list[float]) -> dict:
    """Return median, 95th percentile and largest of some times, and how busy the machine was."""
    ordered = sorted(milliseconds)
    return {
        "median_ms": statistics.median(ordered),
        "p95_ms": ordered[round(0.95 * (len(ordered) - 1))],
        "largest_ms": ordered[-1],
        "positions": len(ordered),
        "load": load(),
    }


def in_the_kernel(*, positions: int, kind: str) -> dict:
    """Set the slider to this many places in turn, far from each other."""
    torch.set_num_threads(1)
    generator, classifier = load_generator("models"), load_classifier("models")
    explorer = task3_explorer(generator, classifier, steps=9, candidates=2000, seed=0)
    by_name = {getattr(part, "description", ""): part for part in parts(explorer)}
    slider, path = by_name["Alpha"], by_name["Path"]
    path.value = kind
    times = []
    for place in range(positions):
        value = place * 77 % 200 / 200
        start = time.perf_counter()
        slider.value = value
        times.append(1e3 * (time.perf_counter() - start))
    return summary(times[1:])


def in_the_browser(*, positions: int) -> dict | None:
    """Press an arrow key this many times on the slider of task3.ipynb; None without a Chromium."""
    from tests import lab

    if lab.CHROMIUM is None:
        return None
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        lab.server(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=list(lab.QUIET))
        page = lab.opened(browser, address, "task3")
        lab.run_all(page)
        page.locator(lab.EXPLORER).evaluate(WATCH)
        page.locator(lab.EXPLORER).get_by_role("slider").focus()
        for count in range(positions):
            page.keyboard.press("ArrowRight")
            page.wait_for_function("count => window.times.length > count", arg=count, polling=20)
            page.wait_for_timeout(30)
        times = page.evaluate("window.times")
        browser.close()
    return summary(times[1:])


def measure(*, quick: bool) -> dict:
    positions = 40 if quick else 400
    rows = {
        "kernel, straight line": in_the_kernel(positions=positions, kind="line"),
        "kernel, great circle": in_the_kernel(positions=positions, kind="circle"),
        "key to painted picture": in_the_browser(positions=positions // 4),
    }
    print(f"\n{'The slider for alpha':26}{'median ms':>11}{'95 % ms':>11}{'largest':>11}{'positions':>11}")
    for name, row in rows.items():
        if row is None:
            print(f"{name:26}   no Chromium here")
            continue
        numbers = "".join(f"{row[key]:11.1f}" for key in ("median_ms", "p95_ms", "largest_ms"))
        print(f"{name:26}{numbers}{row['positions']:11}")
    goals = [
        goal(f"{name}: {words}, ms", row[key], GOAL)
        for name, row in rows.items()
        if row is not None
        for key, words in (("median_ms", "median"), ("p95_ms", "95th percentile"))
    ]
    return {"quick": quick, "goals": goals, "alpha": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer positions")
    parser.add_argument("--output", type=Path, default=Path("results/bench-explore.json"))
    arguments = parser.parse_args()
    run(lambda: measure(quick=arguments.quick), arguments.output)


if __name__ == "__main__":
    main()
