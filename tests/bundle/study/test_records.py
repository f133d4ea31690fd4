"""What a result says of itself: the key of its settings, the commit that it comes from."""

import subprocess

from bundle.study.provenance import commit


def test_a_commit_is_marked_where_code_is_another_and_not_where_a_run_wrote_its_results(tmp_path):
    assert commit(tmp_path) == "unknown"
    for name in ("lib/a.py", "results/r.json", "part1.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("before")
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "first")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, capture_output=True, text=True).stdout
    for name, mark in {"results/r.json": "", "part1.ipynb": "", "models": "", "lib/a.py": "+"}.items():
        (tmp_path / name).write_text("after")
        commit.cache_clear()
        assert commit(tmp_path) == head[:12] + mark
    commit.cache_clear()


def test_without_git_a_commit_is_unknown(monkeypatch):
    """Once every run failed there after it had been trained."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    commit.cache_clear()
    assert commit() == "unknown"
    commit.cache_clear()
