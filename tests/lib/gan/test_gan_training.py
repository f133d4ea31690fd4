import dataclasses
import signal

import pytest
import torch
import torch.nn.functional as F

from lib.gan.networks import Discriminator, Generator, as_bytes
from lib.gan.settings import GanSettings
from lib.gan.training import train_gan
from lib.networks import answers

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


def interrupt_at(batch):
    """Send what a notebook's stop button sends."""

    def progress(done, batches):
        if done == batch:
            signal.raise_signal(signal.SIGINT)

    return progress


def interrupted(path, batch):
    """Leave the state after `batch` in `path`, between two of those that are written by the clock."""
    with pytest.raises(KeyboardInterrupt, match=f"stopped after batch {batch}; run it again to go on"):
        train(state_path=path, progress=interrupt_at(batch), on_checkpoint=measure)


def textbook(data: torch.Tensor, settings: GanSettings) -> tuple:
    """Return both networks and the losses (2, batches) after the plain loop.

    Sigmoid and cross-entropy, shuffled epochs, both gradients before either step; of `decay_from` 0 and 1.
    """
    s = settings
    common = {"topology": s.topology, "channels": s.channels}
    torch.manual_seed(s.seed)
    generator = Generator(latent_dim=s.latent_dim, width=s.generator_width, **common)
    discriminator = Discriminator(width=s.discriminator_width, **common)
    networks, adam = (generator, discriminator), {"lr": s.learning_rate, "betas": (s.beta1, s.beta2)}
    optimisers = [torch.optim.Adam(network.parameters(), **adam) for network in networks]
    noise_source = torch.Generator().manual_seed(s.seed)
    order_source = torch.Generator().manual_seed(s.seed + 1)
    losses, batches = [], []
    ones, zeros = torch.ones(s.batch_size), torch.zeros(s.batch_size)
    for batch in range(s.batches):
        if not batches:
            order = torch.randperm(len(data), generator=order_source)
            batches = list(order.split(s.batch_size)[: len(data) // s.batch_size])  # no smaller one
        true = data[batches.pop(0)].requires_grad_()
        fake = generator(torch.randn(s.batch_size, s.latent_dim, generator=noise_source))
        on_fake, on_true = discriminator(fake), discriminator(true)
        g_loss = F.binary_cross_entropy(on_fake.sigmoid(), ones)
        d_loss = F.binary_cross_entropy(on_true.sigmoid(), ones) / 2
        d_loss = d_loss + F.binary_cross_entropy(on_fake.sigmoid(), zeros) / 2
        losses.append([g_loss.item(), d_loss.item()])
        if s.gradient_penalty and batch % s.penalty_every == 0:
            for logits, seen in ((on_true, true), (on_fake, fake)):
                (slopes,) = torch.autograd.grad(logits.sum(), seen, create_graph=True)
                penalty = slopes.flatten(1).norm(dim=1).square().mean()
                d_loss = d_loss + s.penalty_every * s.gradient_penalty / 2 * penalty
        g_grads = torch.autograd.grad(g_loss, list(generator.parameters()), retain_graph=True)
        d_grads = torch.autograd.grad(d_loss, list(discriminator.parameters()))
        if s.decay_from == 0:
            optimisers[0].param_groups[0]["lr"] = s.learning_rate * (1 - batch / s.batches)
        for network, optimiser, grads in zip(networks, optimisers, (g_grads, d_grads), strict=True):
            for parameter, grad in zip(network.parameters(), grads, strict=True):
                parameter.grad = grad
            optimiser.step()
    return generator, discriminator, torch.tensor(losses).T


CHANGES = {
    "as written": {"topology": "as-written", "batches": 9},
    "falling rate": {"batches": 9, "decay_from": 0},
    "penalty and colour": {"channels": 3, "gradient_penalty": 0.3, "batches": 4},
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_step_is_the_textbook_step(case):
    settings = dataclasses.replace(SETTINGS, **{"decay_from": 1, "ema_decay": 0, **CHANGES[case]})
    data = torch.rand(36, settings.channels, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1
    result = train_gan(data.clone(), settings=settings, checkpoints=[], noise=noise())
    generator, discriminator, losses = textbook(data, settings)
    ours = [result.generator_loss, result.discriminator_loss]
    ours += [*result.generator.parameters(), *result.discriminator.parameters()]
    expected = [*losses, *generator.parameters(), *discriminator.parameters()]
    torch.testing.assert_close(ours, expected, rtol=0, atol=2e-3)


def untrained() -> Generator:
    torch.manual_seed(SETTINGS.seed)
    return Generator(latent_dim=4, width=2, topology="shuffle")


def test_grids_are_of_fixed_noise_and_of_the_next_training_batch():
    result = train()
    assert list(result.grids) == CHECKPOINTS
    for batch, generator in {12: result.ema, 0: untrained()}.items():
        assert torch.equal(result.grids[batch], as_bytes(answers(generator, noise(), batch_size=25)))
    batch = untrained()(torch.randn(8, 4, generator=torch.Generator().manual_seed(3)))[:, 0].detach()
    expected = (batch - batch.min()) / (batch.max() - batch.min()) * 255
    assert (result.train_grids[0].float() - expected).abs().max() <= 0.51


def test_looking_changes_nothing_in_the_training_and_training_nothing_in_the_global_random_state():
    before = torch.get_rng_state()
    assert torch.equal(train().generator_loss, train(checkpoints=[]).generator_loss)
    assert torch.equal(before, torch.get_rng_state())


def test_the_generators_learning_rate_is_constant_then_falls_linearly():
    rates = [SETTINGS.generator_rate_at(batch) for batch in (0, 6, 9, 12)]
    assert rates == pytest.approx([0.002, 0.002, 0.001, 0])


def test_an_interrupt_ends_the_batch_and_keeps_it(tmp_path):
    path = tmp_path / "gan.state"
    interrupted(path, 7)
    assert torch.load(path, weights_only=True)["trainer"]["batch"] == 7
    assert same_bytes(train(state_path=path, on_checkpoint=measure), train(on_checkpoint=measure))


def test_a_run_that_dies_goes_on_from_the_last_state_written_by_the_clock_to_the_same_bytes(tmp_path):
    def die(done, batches):
        if done == 9:
            raise SystemExit

    path, seen = tmp_path / "gan.state", []
    with pytest.raises(SystemExit):
        train(state_path=path, state_seconds=0, progress=die, on_checkpoint=measure)
    resumed = train(state_path=path, on_checkpoint=measure, progress=lambda done, _: seen.append(done))
    assert seen[0] == 8  # the state was written before every batch
    assert same_bytes(resumed, train(on_checkpoint=measure))


def test_a_state_of_other_settings_is_refused_with_the_differences_and_kept(tmp_path):
    path = tmp_path / "gan.state"
    interrupted(path, 6)
    before = path.read_bytes()
    other = dataclasses.replace(SETTINGS, learning_rate=0.001, seed=5)
    named = ["learning_rate 0.002 there and 0.001 here", "seed 3 there and 5 here"]
    named += [r"checkpoints \[0, 5, 12\] there and \[0, 6\] here", "noise .* there and .* here"]
    with pytest.raises(ValueError, match=", ".join(named)):
        train(other, checkpoints=[0, 6], noise=noise() + 1, state_path=path)
    assert path.read_bytes() == before


def test_a_loss_that_is_not_finite_stops_the_run_with_its_batch(tmp_path):
    spoilt = images()
    spoilt[torch.randperm(36, generator=torch.Generator().manual_seed(4))[20]] = torch.nan  # seen in batch 2
    path = tmp_path / "gan.state"
    with pytest.raises(FloatingPointError, match="loss of batch 2 is not finite"):
        train_gan(spoilt, settings=SETTINGS, checkpoints=[], noise=noise(), state_path=path, state_seconds=0)
    assert torch.load(path, weights_only=True)["trainer"]["batch"] == 2
