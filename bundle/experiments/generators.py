"""The generators in a folder of models: the first, and further ones that differ from it by their seed."""

import re
from pathlib import Path

from lib.gan.networks import Generator, load_generator
from lib.weights import about_network

NAME = re.compile(r"generator(?:-(\d+))?")  # "generator" is the first, "generator-1" the next


def generator_names(models: Path) -> list[str]:
    """Return the names of all generators that have weights in a folder, the first one first."""
    return _names(models, ending=".safetensors")


def generator_of(digest: str, models: Path) -> Generator:
    """Return the generator whose weights have this digest, see `weights_digest`.

    Raises FileNotFoundError where its weights are missing, and ValueError where no generator has this digest;
    both say how to get it.
    """
    names = {about_network(models, name)["weights"]: name for name in _names(models, ending=".json")}
    if digest in names:
        return load_generator(models, names[digest])
    listed = ", ".join(f"{name} ({found})" for found, name in names.items()) or "none"
    raise ValueError(
        f"the settings ask for the generator of digest {digest}; the generators in {models} are: {listed}. "
        "task2.ipynb (or `make report`) trains those that are missing, as many as its generator_seeds says"
    )


def _names(models: Path, *, ending: str) -> list[str]:
    numbered = []
    for path in Path(models).glob(f"generator*{ending}"):
        match = NAME.fullmatch(path.name.removesuffix(ending))
        if match:
            numbered.append((int(match[1] or 0), match[0]))
    return [name for _, name in sorted(numbered)]
