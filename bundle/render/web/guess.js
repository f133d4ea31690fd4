// A game: which of two digits did a person write? Ten pairs, then the score beside the networks'.

const ROUNDS_OF_GAME = 10;

explorer("guess", async (say) => {
  const { picture, pairs, networks: tests } = dataOf("guess-data");
  const bytes = await bytesOfPicture(picture);
  const digitAt = (row, column) => digitOf(bytes, row, column, pairs);
  const buttons = [by("guess-left"), by("guess-right")];
  const uniform = uniformOf(Date.now());
  let order = [];
  let [asked, right, realSide] = [0, 0, 0];

  function shuffled() {
    const keys = Array.from({ length: pairs }, (_, k) => k);
    return keys.map((k) => [uniform(), k]).sort(([a], [b]) => a - b).map(([, k]) => k);
  }

  function ask() {
    if (order.length < 2) order = shuffled();
    realSide = uniform() < 0.5 ? 0 : 1;
    const real = digitAt(0, order.pop());
    const generated = digitAt(1, order.pop());
    buttons.forEach((button, side) => {
      paint(button.firstElementChild, side === realSide ? real : generated);
      button.className = "";
    });
    say(`Pair ${asked + 1} of ${ROUNDS_OF_GAME}: which one is real?`);
  }

  function answer(side) {
    if (asked === ROUNDS_OF_GAME || buttons.some((button) => button.className)) return;
    asked += 1;
    right += side === realSide ? 1 : 0;
    buttons[realSide].className = "real";
    if (side !== realSide) buttons[side].className = "missed";
    const which = realSide ? "right" : "left";
    say(`${side === realSide ? "Yes" : "No"}: the ${which} one is real.`);
    by("guess-score").textContent = `You: ${right} of ${asked}.`;
    setTimeout(asked === ROUNDS_OF_GAME ? end : ask, 1100);
  }

  function end() {
    const others = tests.map(({ name, share }) => `by ${name} ${percent(share)}`).join(", ");
    const beside = others ? ` Tests that had learnt from thousands of both: ${others}.` : "";
    by("guess-score").textContent = `You were right ${right} times of ${asked}.${beside}`;
    say(`You were right ${right} times of ${asked}.`);
    by("guess-again").hidden = false;
    by("guess-again").focus();
  }

  function begin() {
    [asked, right] = [0, 0];
    by("guess-score").textContent = "";
    by("guess-again").hidden = true;
    ask();
  }

  buttons.forEach((button, side) => button.addEventListener("click", () => answer(side)));
  by("guess-again").addEventListener("click", () => {
    begin();
    buttons[0].focus();
  });
  begin();
});
