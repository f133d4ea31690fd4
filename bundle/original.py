"""Every fact of the original report that the bundle needs, its figures by their numbers."""

from pathlib import Path

SENTENCES = Path(__file__).parents[1] / "report" / "original.yaml"  # every one, by its id

SCHEDULED = {"LSTM": True, "RNN": False}  # was the learning rate lowered on the way?
ORIGINAL_EVERY = {"LSTM": 25, "RNN": 50}  # steps from one accuracy to the next
# of what: the LSTM's of 128 fresh batches of 128 palindromes, the RNN's of the batch it is being trained on
ORIGINAL_COLUMN, ORIGINAL_COUNT = {"LSTM": "n_correct_original", "RNN": "n_correct_batch"}, 128 * 128

# cell and sequence length by the number of the figure
ACCURACY_FIGURES = {
    1: ("LSTM", 10),
    2: ("LSTM", 3),
    3: ("LSTM", 5),
    4: ("RNN", 5),
    5: ("LSTM", 30),
    6: ("RNN", 30),
}

GAN_BATCHES = 187_400  # 200 epochs of 937 batches

GAN_CHECKPOINTS = (
    *(0, 1000, 2000, 3000, 5000, 7500, 9000, 11500, 13500, 16000, 20000, 32000, 41000, 50000, 60000, 79500),
    *(80000, 99500, 120000, 130000, 140000, 150000, 160000, 170000, 185000, 187000),
)

# checkpoints whose samples are printed, by the number of the figure
PRINTED_BATCHES = dict(enumerate((0, 2000, 5000, 7500, 11500, 13500, 50000, 79500, 170000, 187000), start=7))

GAN_RECIPE = {
    "topology": "as-written",
    "generator_width": 128,
    "discriminator_width": 128,
    "latent_dim": 100,
    "batch_size": 64,
    "learning_rate": 0.0002,
    "beta1": 0.9,
    "beta2": 0.999,
    "decay_from": 1.0,
    "ema_decay": 0.0,
    "gradient_penalty": 0.0,
    "penalty_every": 1,
}

WALK_FIGURES = {17: (2, 7), 18: (2, 6), 19: (6, 7)}  # first and last digit


def scaled_batch(batch: int, batches: int) -> int:
    """Return where in a run of `batches` the original's batch number falls: at the same fraction."""
    return round(batch * batches / GAN_BATCHES)


def checkpoint_batches(batches: int) -> list[int]:
    """Return where in a run of `batches` the original's 26 checkpoints fall."""
    return sorted({scaled_batch(batch, batches) for batch in GAN_CHECKPOINTS})
