import dataclasses
import inspect
import math
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from lib.gan.networks import Discriminator, Generator, as_bytes
from lib.gan.settings import GanSettings
from lib.gan.trainer import GanTrainer
from lib.gan.training import train_gan

SETTINGS = GanSettings(
    topology="shuffle",
    generator_width=2,
    discriminator_width=3,
    latent_dim=4,
    channels=1,
    batches=12,
    batch_size=8,
    learning_rate=0.002,
    beta1=0.5,
    beta2=0.99,
    decay_from=0.5,
    ema_decay=0.9,
    gradient_penalty=0.0,
    penalty_every=2,
    seed=3,
)
CHECKPOINTS = [0, 5, 12]


def images(n: int = 36) -> torch.Tensor:
    return torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1


def noise() -> torch.Tensor:
    return torch.randn(25, 4, generator=torch.Generator().manual_seed(2))


def train(settings: GanSettings = SETTINGS, **kwargs):
    return train_gan(images(), settings=settings, **{"checkpoints": CHECKPOINTS, "noise": noise(), **kwargs})


def every_byte(result) -> list[torch.Tensor]:
    networks = (result.generator, result.ema, result.discriminator)
    weights = [tensor for network in networks for tensor in network.state_dict().values()]
    grids = [*result.grids.values(), *result.train_grids.values()]
    return [*weights, *grids, result.generator_loss, result.discriminator_loss]


def same_bytes(first, second) -> bool:
    pairs = zip(every_byte(first), every_byte(second), strict=True)
    return all(torch.equal(a, b) for a, b in pairs) and first.quality == second.quality


def measure(batch, generator, ema):
    return {"mean": ema(noise()).mean().item(), "raw": next(generator.parameters()).mean().item()}


def stop_at(batch):
    def progress(done, batches):
        if done == batch:
            raise KeyboardInterrupt

    return progress


def interrupted(path, batch, **kwargs):
    """Leave the state of the batch before `batch` in `path`."""
    with pytest.raises(KeyboardInterrupt):
        train(state_path=path, state_seconds=0, progress=stop_at(batch), on_checkpoint=measure, **kwargs)


@pytest.mark.parametrize("topology", ["as-written", "shuffle"])
def test_a_step_is_the_textbook_step(topology):
    """The plain loop: sigmoid and cross-entropy, two forward passes over the fakes, shuffled epochs."""
    settings = dataclasses.replace(SETTINGS, topology=topology, batches=9, decay_from=1, ema_decay=0)
    result = train(settings, checkpoints=[])

    torch.manual_seed(3)
    generator = Generator(latent_dim=4, width=2, topology=topology)
    discriminator = Discriminator(width=3, topology=topology)
    optimisers = [
        torch.optim.Adam(network.parameters(), lr=0.002, betas=(0.5, 0.99))
        for network in (generator, discriminator)
    ]
    noise_source, order_source = torch.Generator().manual_seed(3), torch.Generator().manual_seed(4)
    data, losses = images(), []
    while len(losses) < 9:
        order = torch.randperm(36, generator=order_source)
        for chosen in order.split(8)[:4]:  # the last, smaller batch is dropped
            if len(losses) == 9:
                break
            fake = generator(torch.randn(8, 4, generator=noise_source))
            g_loss = F.binary_cross_entropy(discriminator(fake).sigmoid(), torch.ones(8))
            optimisers[0].zero_grad()
            g_loss.backward()
            optimisers[0].step()
            on_true = F.binary_cross_entropy(discriminator(data[chosen]).sigmoid(), torch.ones(8))
            on_fake = F.binary_cross_entropy(discriminator(fake.detach()).sigmoid(), torch.zeros(8))
            d_loss = (on_true + on_fake) / 2
            optimisers[1].zero_grad()
            d_loss.backward()
            optimisers[1].step()
            losses.append([g_loss.item(), d_loss.item()])
    curves = torch.stack([result.generator_loss, result.discriminator_loss], dim=1)
    assert torch.allclose(curves, torch.tensor(losses), atol=2e-3)
    for trained, textbook in zip(result.generator.parameters(), generator.parameters(), strict=True):
        assert torch.allclose(trained, textbook, atol=2e-3)


def test_penalised_training_on_colour_images_is_the_textbook_step():
    """Double backward on every second batch."""
    settings = dataclasses.replace(SETTINGS, channels=3, gradient_penalty=0.3, batches=4, decay_from=1)
    data = torch.rand(32, 3, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1
    result = train_gan(data, settings=settings, checkpoints=[4], noise=noise())
    assert result.grids[4].shape == (25, 3, 28, 28)

    torch.manual_seed(3)
    generator = Generator(latent_dim=4, width=2, topology="shuffle", channels=3)
    discriminator = Discriminator(width=3, topology="shuffle", channels=3)
    optimisers = [
        torch.optim.Adam(network.parameters(), lr=0.002, betas=(0.5, 0.99))
        for network in (generator, discriminator)
    ]
    noise_source = torch.Generator().manual_seed(3)
    order = torch.randperm(32, generator=torch.Generator().manual_seed(4))
    for batch, chosen in enumerate(order.split(8)):
        true = data[chosen].requires_grad_()
        fake = generator(torch.randn(8, 4, generator=noise_source))
        on_fake, on_true = discriminator(fake), discriminator(true)
        g_loss = -F.logsigmoid(on_fake).mean()
        d_loss = -(F.logsigmoid(on_true).mean() + F.logsigmoid(-on_fake).mean()) / 2
        curves = [result.generator_loss[batch], result.discriminator_loss[batch]]
        assert curves == pytest.approx([g_loss.item(), d_loss.item()], abs=2e-3)
        if batch % 2 == 0:
            for logits, seen in ((on_true, true), (on_fake, fake)):
                (slopes,) = torch.autograd.grad(logits.sum(), seen, create_graph=True)
                d_loss = d_loss + 2 * 0.3 / 2 * slopes.flatten(1).norm(dim=1).square().mean()
        g_grads = torch.autograd.grad(g_loss, list(generator.parameters()), retain_graph=True)
        d_grads = torch.autograd.grad(d_loss, list(discriminator.parameters()))
        for network, optimiser, grads in zip(
            (generator, discriminator), optimisers, (g_grads, d_grads), strict=True
        ):
            for parameter, grad in zip(network.parameters(), grads, strict=True):
                parameter.grad = grad
            optimiser.step()
    for trained, textbook in zip(result.discriminator.parameters(), discriminator.parameters(), strict=True):
        assert torch.allclose(trained, textbook, atol=2e-3)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    assert same_bytes(train(), train())
    other = train(dataclasses.replace(SETTINGS, seed=4))
    assert not torch.equal(train().generator_loss, other.generator_loss)


def test_training_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    train()
    assert torch.equal(before, torch.get_rng_state())


def test_every_grid_is_drawn_from_the_one_fixed_noise_by_the_ema():
    result = train()
    assert list(result.grids) == CHECKPOINTS
    with torch.no_grad():
        assert torch.equal(result.grids[12], as_bytes(result.ema(noise())))
    torch.manual_seed(3)
    untrained = Generator(latent_dim=4, width=2, topology="shuffle").eval()
    with torch.no_grad():
        assert torch.equal(result.grids[0], as_bytes(untrained(noise())))


def test_train_mode_grids_show_the_next_training_batch_with_its_own_contrast():
    grid = train().train_grids[0]
    torch.manual_seed(3)
    untrained = Generator(latent_dim=4, width=2, topology="shuffle")
    with torch.no_grad():
        batch = untrained(torch.randn(8, 4, generator=torch.Generator().manual_seed(3)))[:, 0]
    expected = (batch - batch.min()) / (batch.max() - batch.min()) * 255
    assert (grid.float() - expected).abs().max() <= 0.51


def test_looking_at_checkpoints_changes_nothing_in_the_training():
    assert torch.equal(train().generator_loss, train(checkpoints=[]).generator_loss)


def test_without_averaging_the_ema_is_the_generator():
    result = train(dataclasses.replace(SETTINGS, ema_decay=0))
    kept, new = result.ema.state_dict(), result.generator.state_dict()
    assert all(torch.equal(kept[name], new[name]) for name in kept if kept[name].is_floating_point())


def test_numbers_measured_at_checkpoints_become_columns():
    quality = train(on_checkpoint=measure).quality
    assert quality["batch"] == CHECKPOINTS
    assert len(set(quality["mean"])) == 3


def test_the_generators_learning_rate_is_constant_then_falls_linearly():
    rates = [SETTINGS.generator_rate_at(batch) for batch in range(13)]
    assert rates[:7] == [0.002] * 7
    assert rates[9] == pytest.approx(0.001)
    assert rates[12] == 0
    steady = dataclasses.replace(SETTINGS, decay_from=1)
    assert steady.generator_rate_at(11) == 0.002


def test_the_generators_rate_falls_and_the_discriminators_stays():
    """Adam's first step moves a weight by the learning rate."""
    settings = dataclasses.replace(SETTINGS, decay_from=0)
    for name, rate in {"generator": 0.0005, "discriminator": 0.002}.items():
        trainer = GanTrainer(images(), settings)
        trainer.batch = 9  # of 12: the generator's rate has fallen to a quarter
        parameters = list(getattr(trainer, name).parameters())
        before = [parameter.detach().clone() for parameter in parameters]
        trainer.step()
        moved = max((b - a).abs().max().item() for a, b in zip(before, parameters, strict=True))
        assert moved == pytest.approx(rate, rel=0.01)


@pytest.mark.parametrize("batch", [1, 4, 5, 9])
def test_an_interrupted_run_goes_on_to_the_same_bytes(tmp_path, batch):
    path = tmp_path / "gan.state"
    interrupted(path, batch)
    seen = []
    resumed = train(state_path=path, on_checkpoint=measure, progress=lambda done, batches: seen.append(done))
    assert seen[0] == batch - 1
    assert same_bytes(resumed, train(on_checkpoint=measure))


def test_an_interrupt_ends_the_batch_and_keeps_it(tmp_path):
    """What a notebook's stop button sends, between two of the states that are written by the clock."""

    def interrupt(done, batches):
        if done == 7:
            signal.raise_signal(signal.SIGINT)

    path, before = tmp_path / "gan.state", signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match="stopped after batch 7; run it again to go on"):
        train(state_path=path, progress=interrupt, on_checkpoint=measure)
    assert signal.getsignal(signal.SIGINT) is before
    assert torch.load(path, weights_only=True)["trainer"]["batch"] == 7
    assert same_bytes(train(state_path=path, on_checkpoint=measure), train(on_checkpoint=measure))


def test_a_finished_run_is_not_trained_again(tmp_path):
    first = train(state_path=tmp_path / "gan.state")
    seen = []
    again = train(state_path=tmp_path / "gan.state", progress=lambda done, batches: seen.append(done))
    assert seen == [12]
    assert same_bytes(first, again)


KILLED = """
import dataclasses, sys, torch
from pathlib import Path
sys.path.append("tests")
from lib.gan.training import train_gan
from test_gan_training import SETTINGS, images, noise, measure
torch.set_num_threads(1)
result = train_gan(
    images(), settings=dataclasses.replace(SETTINGS, batches=150),
    checkpoints=[0, 50, 100, 150], noise=noise(), state_path=Path(sys.argv[1]), state_seconds=0,
    on_checkpoint=measure, progress=lambda done, batches: print(done, flush=True),
)
tensors = [*result.generator.state_dict().values(), *result.ema.state_dict().values(),
           *result.discriminator.state_dict().values(), *result.grids.values(),
           *result.train_grids.values(), result.generator_loss, result.discriminator_loss]
torch.save([tensors, result.quality], sys.argv[2])
"""


def test_a_run_killed_at_random_moments_ends_in_the_same_bytes(tmp_path):
    root = Path(__file__).parents[1]

    def start(state, out):
        command = [sys.executable, "-c", KILLED, str(state), str(out)]
        return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)

    whole = start(tmp_path / "whole.state", tmp_path / "whole.pt")
    chance, reached = random.Random(7), []
    for latest in (40, 80, 120):
        process = start(tmp_path / "killed.state", tmp_path / "killed.pt")
        kill_at = chance.randint(latest - 35, latest)
        for line in process.stdout:
            if int(line) >= kill_at:
                time.sleep(chance.random() / 100)  # anywhere in a step or in the writing of the state
                break
        process.kill()
        process.communicate()
        reached.append(int(line))
        assert not (tmp_path / "killed.pt").exists()
    assert reached == sorted(reached)
    batches = start(tmp_path / "killed.state", tmp_path / "killed.pt").communicate()[0].split()
    assert int(batches[0]) >= reached[-1] - 1  # the state was written before every batch
    whole.communicate()
    expected, found = (torch.load(tmp_path / name) for name in ("whole.pt", "killed.pt"))
    assert all(torch.equal(a, b) for a, b in zip(expected[0], found[0], strict=True))
    assert expected[1] == found[1]


def test_a_state_of_other_settings_is_refused_with_the_differences_and_kept(tmp_path):
    path = tmp_path / "gan.state"
    interrupted(path, 6)
    before = path.read_bytes()
    other = dataclasses.replace(SETTINGS, learning_rate=0.001, seed=5)
    with pytest.raises(ValueError, match="learning_rate 0.002 there and 0.001 here, seed 3 there and 5 here"):
        train(other, state_path=path)
    with pytest.raises(ValueError, match="noise .* there and .* here"):
        train(noise=noise() + 1, state_path=path)
    with pytest.raises(ValueError, match=r"checkpoints \[0, 5, 12\] there and \[0, 6\] here"):
        train(checkpoints=[0, 6], state_path=path)
    assert path.read_bytes() == before


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [flip, lambda data: data[: len(data) // 2], lambda data: b""])
def test_a_damaged_state_is_set_aside_and_the_run_starts_afresh(tmp_path, damage):
    path = tmp_path / "gan.state"
    interrupted(path, 9)
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.warns(UserWarning, match=r"gan\.state is damaged .* gan\.state\.damaged"):
        assert same_bytes(train(state_path=path), train())
    assert (tmp_path / "gan.state.damaged").read_bytes() == damaged


def test_a_loss_that_is_not_finite_stops_the_run_with_its_batch(tmp_path):
    spoilt = images()
    spoilt[torch.randperm(36, generator=torch.Generator().manual_seed(4))[20]] = torch.nan  # seen in batch 2
    path = tmp_path / "gan.state"
    with pytest.raises(FloatingPointError, match="loss of batch 2 is not finite"):
        train_gan(spoilt, settings=SETTINGS, checkpoints=[], noise=noise(), state_path=path, state_seconds=0)
    assert torch.load(path, weights_only=True)["trainer"]["batch"] == 2


def test_a_disk_that_fills_up_leaves_the_last_good_state_to_go_on_from(tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "gan.state"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(done, batches):
        if done == 6:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))

    try:
        with pytest.raises(OSError, match=r"gan\.state"):
            train(state_path=path, state_seconds=0, progress=fill, on_checkpoint=measure)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {file.name for file in tmp_path.iterdir()} == {"gan.state"}
    assert torch.load(path, weights_only=True)["trainer"]["batch"] == 5
    assert same_bytes(train(state_path=path, on_checkpoint=measure), train(on_checkpoint=measure))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("topology", "dense"),
        ("generator_width", 0),
        ("generator_width", 513),
        ("discriminator_width", 513),
        ("latent_dim", 0),
        ("latent_dim", 4097),
        ("channels", 4),
        ("batches", 0),
        ("batches", 10**7 + 1),
        ("batch_size", 1),
        ("batch_size", 4097),
        ("gradient_penalty", -1.0),
        ("penalty_every", 0),
        ("learning_rate", 0.0),
        ("learning_rate", 10.1),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("gradient_penalty", math.nan),
        ("gradient_penalty", math.inf),
        ("decay_from", math.nan),
        ("ema_decay", math.nan),
        ("beta1", 1.0),
        ("ema_decay", 1.0),
        ("decay_from", 1.5),
        ("decay_from", -0.1),
        ("seed", -1),
        ("seed", 2**63 - 2**33),
    ],
)
def test_a_setting_out_of_range_is_named_with_what_is_allowed(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value!r}; it must be"):
        dataclasses.replace(SETTINGS, **{name: value})


def test_arguments_that_do_not_fit_together_are_named():
    with pytest.raises(ValueError, match="batch_size is 8; it must be at most the number of images, 7"):
        train_gan(images(7), settings=SETTINGS, checkpoints=[], noise=noise())
    with pytest.raises(ValueError, match=r"noise's shape is \(25, 3\)"):
        train(noise=noise()[:, :3])
    with pytest.raises(ValueError, match="checkpoints is 13; it must be between 0 and batches, 12"):
        train(checkpoints=[13])
    with pytest.raises(ValueError, match=r"images' shape is \(8, 28, 28\)"):
        train_gan(images(8)[:, 0], settings=SETTINGS, checkpoints=[], noise=noise())


def test_the_step_is_short_enough_to_be_shown():
    lines = inspect.getsource(GanTrainer.step).splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 110


def test_the_largest_seed_trains():
    train(dataclasses.replace(SETTINGS, batches=1, seed=2**63 - 2**33 - 1), checkpoints=[1])
