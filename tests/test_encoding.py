import torch

from lib.recurrent.encoding import ENCODINGS, Encoded, encoded

DIGITS = torch.arange(10.0).repeat(2, 1)[..., None]  # (2, 10, 1)


def test_each_encoding_has_the_shape_that_it_says_and_tells_all_digits_apart():
    for encoding, inputs in ENCODINGS.items():
        x = encoded(DIGITS, encoding)
        assert (x.shape, x.dtype) == ((2, 10, inputs), torch.float32)
        assert len(x[0].unique(dim=0)) == 10


def test_what_the_encodings_are():
    assert torch.equal(encoded(DIGITS, "raw"), DIGITS)
    assert torch.equal(encoded(DIGITS, "one-hot")[1], torch.eye(10))


def test_an_encoded_network_reads_the_encoding():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(100, 3))
    assert torch.equal(Encoded(network, "one-hot")(DIGITS), network(encoded(DIGITS, "one-hot")))
