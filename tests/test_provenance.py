"""Which commit a result says it comes from."""

import subprocess

import pytest

from bundle.study.provenance import commit


@pytest.fixture
def checkout(tmp_path):
    """A small checkout with code, a result and a notebook."""
    files = {"lib/a.py": "x = 1\n", "bundle/b.py": "y = 2\n", "results/r.json": "{}", "part1.ipynb": "{}"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "first")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    commit.cache_clear()
    yield tmp_path
    commit.cache_clear()


def changed(checkout, name: str) -> bool:
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("changed")
    return commit(checkout).endswith("+")


def test_a_clean_checkout_is_its_commit(checkout):
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True).stdout
    assert commit(checkout) == head[:12]


@pytest.mark.parametrize("name", ["results/r.json", "part1.ipynb", "figures/figure-01.png", "models/g.json"])
def test_what_a_run_writes_does_not_mark_the_runs_beside_it(checkout, name):
    assert not changed(checkout, name)


@pytest.mark.parametrize("name", ["lib/a.py", "bundle/b.py", "lib/new.py", "requirements.lock"])
def test_other_code_is_marked(checkout, name):
    assert changed(checkout, name)


def test_without_a_commit_it_is_unknown(tmp_path):
    commit.cache_clear()
    (tmp_path / "lib").mkdir()
    assert commit(tmp_path) == "unknown"
    commit.cache_clear()
