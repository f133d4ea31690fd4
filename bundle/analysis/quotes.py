"""What the original report says of its digits, for as long as report/original.yaml is not read for them."""

# by our sentence, under which a claim tests it
QUOTES = {
    "At the very beginning the images are like noise; no figure can be told": (
        "very similar to random noise and we cannot tell any figure",
        "Figure 7",
    ),
    "During the process some figures can be told, not very clear or consistent": (
        "we can tell some figures […] but they are not very clear or consistent",
        "Figure 10",
    ),
    "At batch 79 500 most figures are clear, but some are not": (
        "At batches 79500, most figures are clear but some figures are unconsipuous",
        "Figure 14",
    ),
    "After training all figures are clear and consistent": (
        "After training terminated, all the figures are clear and consistent",
        "Figure 16",
    ),
    "The generated images are more and more clear": (
        "the generated images are more and more clear",
        "Figure S10",
    ),
    "They are hard to tell from MNIST": ("hard to discriminate from the mnist dataset", "Table 9"),
    "The discriminator is unable to find differences (§3.1.1)": (
        "until […] the discriminator is unable to find differences",
        "Table 9",
    ),
    "From 2 to 7 the number changes from 2 to 7 (Figure 17)": ("the number changes from 2 to 7", "Figure 17"),
    "From 2 to 6 the figure between looks like 1 (Figure 18)": (
        "from 2 to 6, while the intermediate figure looks like 1",
        "Figure 18",
    ),
    "From 6 to 7 the figure between looks like 5 (Figure 19)": (
        "from 6 to 7, while the intermediate figure looks like 5",
        "Figure 19",
    ),
}
