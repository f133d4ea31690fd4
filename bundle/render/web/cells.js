// The two cells of Part 1 in plain JavaScript: lib/recurrent/lstm.py and rnn.py, one number after the other.

/** Return w x + b of a linear layer, whose weights stand row by row. */
function linear({ weight, bias }, x) {
  return bias.map((sum, row) => {
    for (let k = 0, at = row * x.length; k < x.length; k++, at++) sum += weight[at] * x[k];
    return sum;
  });
}

const sigmoid = (v) => 1 / (1 + Math.exp(-v));
const softmax = (logits) => {
  const powers = [...logits].map((v) => Math.exp(v - Math.max(...logits)));
  return powers.map((p) => p / powers.reduce((sum, q) => sum + q));
};

/** Take one step of each cell: layers, digit, state before -> what is inside, and its output h. */
const CELLS = {
  LSTM(layers, x, { c, h }) {
    const both = (gate) => {
      const [fromInput, fromOutput] = [linear(layers[`${gate}x`], [x]), linear(layers[`${gate}h`], h)];
      return fromInput.map((value, k) => value + fromOutput[k]);
    };
    const [i, f, o] = ["i", "f", "o"].map((gate) => both(gate).map(sigmoid)),
      g = both("g").map(Math.tanh);
    const cell = g.map((value, k) => value * i[k] + c[k] * f[k]);
    return { i, f, o, c: cell, h: cell.map((value, k) => Math.tanh(value) * o[k]) };
  },
  RNN(layers, x, { h }) {
    const [fromInput, fromOutput] = [linear(layers.hx, [x]), linear(layers.hh, h)];
    return { h: fromInput.map((value, k) => Math.tanh(value + fromOutput[k])) };
  },
};

/** Read digits; return what is inside after each, with the chances of the answer if it ended there. */
function readBy(name, layers, digits) {
  const zero = new Float64Array(layers.ph.weight.length / 10),
    steps = [];
  let state = { c: zero, h: zero };
  for (const digit of digits) {
    state = CELLS[name](layers, digit, state);
    steps.push({ ...state, chances: softmax(linear(layers.ph, state.h)) });
  }
  return steps;
}

/** Return the units in order: first those whose state at the end depends most on the first digit. */
function byMemory(name, layers, digits) {
  const state = name === "LSTM" ? "c" : "h";
  const ends = Array.from(
    { length: 10 },
    (_, first) => readBy(name, layers, [first, ...digits.slice(1)]).at(-1)[state],
  );
  const spread = [...ends[0]].map((_, k) => {
    const values = ends.map((end) => end[k]),
      mean = values.reduce((sum, v) => sum + v) / 10;
    return values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  });
  return spread.map((_, k) => k).sort((one, other) => spread[other] - spread[one]);
}
