from bundle.figures.part1 import draw_softmax_twice
from bundle.notebook import page as notebook
from tests.notebooks import page_of


def test_what_other_code_made_is_counted_on_the_page_and_marked_in_figures_and_captions(
    tmp_path, monkeypatch
):
    shown = []
    monkeypatch.setattr(notebook, "display", lambda output, metadata=None: shown.append((output, metadata)))
    page = page_of("part1", tmp_path)
    page._note(["", ""])
    assert not shown
    judge = {"test_accuracy": 0.99, "other_code": "lib/x.py changed"}
    page.cached("Judge", lambda **_: (object(), judge, None))
    (output, metadata), *_ = shown
    assert output.data.endswith("1: lib/x.py changed.")
    assert metadata == {notebook.OTHER_CODE: {"lib/x.py changed": 1}}
    figure = draw_softmax_twice()
    page.show(figure, "S2", {}, "Two curves.")
    page.table("1", (["a"], [["b"]]), "A table.")
    assert figure.get_suptitle() == notebook.OTHER_CODE
    captions = [output.data for output, _ in shown[1:] if ".**" in str(output.data)]
    assert [caption.endswith(f"*{notebook.OTHER_CODE}.*") for caption in captions] == [True, True]
