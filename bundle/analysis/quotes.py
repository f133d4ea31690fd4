"""What the original report says of its results, in its own words, and where this report shows it."""

# by our sentence, under which a claim tests it
QUOTES = {
    "The learning-rate schedule gives better results (§2.1.2)": (
        "for better results, I used torch.optim.lr_scheduler to adjust the learning rate",
        "Table 1",
    ),
    "Length 5 gives the best performance (§2.2)": (
        "When sequence length is 5, it achieves the best performance",
        "Figure S1",
    ),
    "Beyond 5, longer is worse (§2.2)": (
        "if length continues to increase, the performance will decrease",
        "Figure S1",
    ),
    "Length 3 is better than length 10 (§2.2)": ("Length 3 is apparently better than length 10", "Figure 2"),
    "Length 30 is worse because the memory is limited (§2.2)": ("because the memory is limited", "Table 5"),
    "At 5 the LSTM reaches 100 % in about 400 steps (§2.2)": (
        "it can achieve 100% accuracy within fewer epochs, about 400",
        "Figure 3",
    ),
    "At 5 the RNN needs more than 600 steps (§2.2)": (
        "while vanilla needs more than 600 epochs",
        "Figure 4",
    ),
    "At 5 the LSTM reaches 100 % before the RNN (§2.2)": ("within fewer epochs", "Figure S2"),
    "At 5 the LSTM is more stable than the RNN (§2.2)": ("And LSTM is more stable", "Figure 3"),
    "At 30 neither LSTM nor RNN is stable at 100 % (§2.2)": (
        "the result is still not stable at 100% accuracy",
        "Figure 5",
    ),
    "At 30 it is worse because training ends at 1500 steps (§2.2)": (
        "because here the max steps is set to 1500",
        "Figure 5",
    ),
    "At 30 the LSTM reaches 100 % after 1400 steps (§2.2)": (
        "the LSTM has reached 100% accuracy over 1400 epochs",
        "Figure 5",
    ),
    "At 30 the RNN does not reach 100 % in 1500 steps (§2.2)": (
        "the Vanilla RNN hasn't within 1500 epochs",
        "Figure 6",
    ),
    "At 30 the LSTM has reached 100 % while the RNN has not (§2.2)": (
        "the LSTM has reached 100% […] while the Vanilla RNN hasn't",
        "Figure S2",
    ),
    "At 30 the LSTM is more stable than the RNN (§2.2)": (
        "the accuracy of LSTM is more stable",
        "Figure 5",
    ),
    "At 30 the RNN fluctuates dramatically (§2.2)": (
        "of the Vanilla RNN, there are dramatic fluctuations",
        "Figure 6",
    ),
    "The LSTM performs better than the RNN (§2.2)": (
        "This proves that LSTM has better performance than Vanilla RNN",
        "Figure S1",
    ),
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
