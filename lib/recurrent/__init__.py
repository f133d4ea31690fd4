"""The LSTM and the vanilla RNN of the report, and how they are trained on palindromes."""

from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN
