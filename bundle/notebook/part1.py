"""From the parameters of Part 1's notebooks to the settings of its runs, by their groups."""

from bundle.experiments.part1 import Part1Plan, SpanPlan, seed_range
from bundle.notebook.parameters import parameters_of


def part1_plan(namespace: dict) -> Part1Plan:
    """Return the plan of part1.ipynb; `namespace` is its globals(), or its parameters."""
    return Part1Plan(**parameters_of(Part1Plan, namespace))


def part1_settings(namespace: dict) -> dict[str, list[dict]]:
    return part1_plan(namespace).settings()


def protocol_settings(namespace: dict, main: dict) -> dict[str, list[dict]]:
    """Return the runs of studies/protocol.ipynb alone; `main` is `Page.main_parameters()`."""
    seeds = seed_range(main["seed"], readings_seeds=namespace["readings_seeds"])
    return {"readings": part1_plan(main).readings(seeds)}


def memory_settings(namespace: dict, main: dict) -> dict[str, list[dict]]:
    """Return the runs of studies/memory.ipynb alone; `main` is `Page.main_parameters()`."""
    plan, span = part1_plan(main), SpanPlan(**parameters_of(SpanPlan, namespace))
    seeds = seed_range(main["seed"], span_seeds=namespace["span_seeds"])
    return {"span": span.settings(plan, seeds), "parts": plan.with_and_without_rehearsal(seeds)}
