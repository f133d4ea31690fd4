"""`cells.c`: numbers at the edges, and what happens with and without a compiler."""

import pytest
import torch

from lib.recurrent import compiled
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN

pytestmark = pytest.mark.skipif(compiled.library() is None, reason="needs a C compiler")


@pytest.mark.parametrize("cell", [LSTM, VanillaRNN])
def test_gates_that_saturate_stay_finite_and_right(cell):
    torch.manual_seed(0)
    model = cell(1, 8, 10)
    x = torch.tensor([[[1e30]], [[-1e30]], [[300.0]], [[0.0]]])
    torch.testing.assert_close(model(x), model.forward_reference(x), rtol=0, atol=1e-5)
    assert model(torch.full((1, 2, 1), float("nan"))).isnan().all()


def test_small_numbers_survive():
    """A library linked with -ffast-math once made the whole process round them to zero."""
    assert torch.tensor(1e-40) * 0.5 > 0


@pytest.fixture
def compile_by(monkeypatch):
    """Call `library` anew with a compiler."""

    def compile_by(compiler):
        monkeypatch.setenv("CELLS_COMPILER", str(compiler))
        return compiled.library.__wrapped__()

    return compile_by


def test_without_a_compiler_nothing_is_said_and_one_that_fails_is_named_in_a_warning(compile_by, recwarn):
    assert compile_by("no-such-compiler") is None
    assert not recwarn
    with pytest.warns(UserWarning, match="'cc', .*'-fnord'"):
        assert compile_by("cc -fnord") is None


def test_a_compiler_that_lacks_openmp_and_native_will_do(compile_by, tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text('#!/bin/sh\ncase "$*" in *native*) exit 1; esac\nexec cc "$@"\n')
    compiler.chmod(0o755)
    assert compile_by(compiler)


def test_every_process_compiles_the_same():
    assert compiled.library.__wrapped__().name == compiled.name()
