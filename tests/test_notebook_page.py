import yaml

from bundle.notebook import page as notebook


def test_models_that_are_missing_are_made_by_the_quick_profile(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr("papermill.execute_notebook", lambda *arguments, **_: calls.append(arguments))
    needed = tmp_path / "generator.safetensors"
    notebook.make_first("task2.ipynb", needed, output_dir=str(tmp_path))
    quick = yaml.safe_load(notebook.QUICK.read_text())["parameters"]["task2"]
    ((source, _, parameters),) = calls
    assert source == "task2.ipynb"
    assert parameters == quick | {"output_dir": str(tmp_path)}
    needed.touch()
    notebook.make_first("task2.ipynb", needed, output_dir=str(tmp_path))
    assert len(calls) == 1
