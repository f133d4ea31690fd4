// A palindrome of one's own, read by an LSTM and an RNN side by side.

const UNITS = 24; // rows of a map
const INSIDE = {
  LSTM: { i: "input gate", f: "forget gate", o: "output gate", c: "cell state" },
  RNN: { h: "state" },
};

/** Return what keeps a text from being a palindrome of 3 to `longest` digits, in words, or nothing. */
function wrong(text, longest) {
  const strange = [...new Set(text)].filter((sign) => !"0123456789".includes(sign));
  const named = strange.map((sign) => (sign === " " ? "a space" : sign)).join(", ");
  if (strange.length) return `Only the digits 0 to 9 can be read; here is also ${named}.`;
  if (text.length < 3 || text.length > longest) {
    return `The number of digits is ${text.length}; it must be from 3 to ${longest}.`;
  }
  const back = [...text].reverse().join("");
  if (text === back) return "";
  const mended = text + back.slice(1), hint = mended.length <= longest ? ` ${mended} is one.` : "";
  return `${text} is not a palindrome: backwards it is ${back}.${hint}`;
}

/** Return a random palindrome of an odd number of digits, at most one more than were trained on. */
function randomPalindrome(uniform, trained) {
  const half = 3 + Math.floor(uniform() * (trained / 2 - 2));
  const digits = Array.from({ length: half }, () => Math.floor(10 * uniform()));
  return [...digits, ...digits.slice(0, -1).reverse()].join("");
}

/** Return the layers of each cell by its name, with weights row by row. */
function layersOf(networks) {
  const numbers = ([weight, bias]) => ({
    weight: floatsOf(weight),
    bias: Float64Array.from(floatsOf(bias)),
  });
  const each = (of, change) => Object.fromEntries(Object.keys(of).map((key) => [key, change(of[key])]));
  return each(networks, (layers) => each(layers, numbers));
}

/** Add a cell's part of the page: a map for each of its gates and states, and the bars of its answer. */
function addCell(name) {
  const part = made("section", "", { class: "cell" }), maps = made("div", "", { class: "maps" });
  for (const words of Object.values(INSIDE[name])) {
    const map = made("figure"), label = `${name}: ${words} of ${UNITS} units`;
    map.append(made("canvas", "", { role: "img", class: "map", "aria-label": label }));
    map.append(made("span", words, { "aria-hidden": "true" }));
    maps.append(map);
  }
  part.append(made("h3", name), maps, made("div", "", { class: "bars" }));
  by("read-cells").append(part);
  return part;
}

/** Paint values of units (rows) after each digit (columns), up to a step: gates 0 to 1, states around 0. */
function paintMap(canvas, steps, state, units, upTo) {
  [canvas.width, canvas.height] = [steps.length, units.length];
  const values = steps.map((step) => units.map((unit) => step[state][unit]));
  const most = "ifo".includes(state) ? 1 : Math.max(...values.flat().map(Math.abs));
  const context = canvas.getContext("2d");
  values.slice(0, upTo).forEach((column, x) =>
    column.forEach((value, y) => {
      const colour = value < 0 ? [213, 94, 0] : [0, 114, 178];
      const mixed = colour.map((part) => Math.round(247 + ((part - 247) * Math.abs(value)) / most));
      context.fillStyle = `rgb(${mixed})`;
      context.fillRect(x, y, 1, 1);
    }),
  );
}

/** Draw how sure each cell was of the right digit, had the palindrome ended after each digit read. */
function drawSure(read, last, length, upTo) {
  const lines = Object.entries(read).map(([name, { steps }]) => ({
    points: steps.slice(0, upTo).map(({ chances }, k) => [k + 1, chances[last]]),
    class: name,
  }));
  const ticks = new Set([1, Math.ceil(length / 2), length]);
  const axes = { x: [1, length], y: [0, 1], xTicks: [...ticks], yTicks: [0, 0.5, 1] };
  const labels = { xLabel: "digits read", yLabel: "chance of the right digit" };
  const { X, Y, draw } = plot(by("read-sure"), lines, { ...axes, ...labels });
  for (const { points, class: name } of lines) {
    if (!points.length) continue;
    const [x, y] = points.at(-1);
    draw("circle", { class: `${name} dot`, cx: X(x), cy: Y(y), r: 4 });
  }
}

explorer("palindromes", async (say) => {
  const { networks, trained } = dataOf("palindromes-data"), cells = layersOf(networks);
  const [text, step, uniform, longest] = [by("read-text"), by("read-step"), uniformOf(1), 2 * trained + 1];
  const parts = Object.keys(cells).map((name) => [name, addCell(name)]);
  const guesses = by("read-guesses").querySelectorAll("button");
  let shown = "", read = {}, guessed = "";

  function begin(words) {
    const problem = wrong(words, longest);
    by("read-problem").textContent = problem && `${problem} Still shown: ${shown}.`;
    text.setAttribute("aria-invalid", `${problem !== ""}`);
    if (problem) return;
    shown = words;
    const digits = [...words].slice(0, -1).map(Number);
    for (const [name, layers] of Object.entries(cells)) {
      const units = byMemory(name, layers, digits).slice(0, UNITS);
      read[name] = { steps: readBy(name, layers, digits), units };
    }
    step.max = digits.length; // first: a value is held within what is allowed
    step.value = 0;
    guessed = "";
    show();
  }

  /** Return who names the last digit: "both", "LSTM", "RNN" or "none". */
  function winner() {
    const right = Object.keys(read).filter((name) => largest(read[name].steps.at(-1).chances) === +shown.at(-1));
    return right.length === 2 ? "both" : (right[0] ?? "none");
  }

  function show() {
    const at = +step.value, last = +shown.at(-1), length = shown.length - 1;
    by("read-count").textContent = `${at} of ${length}`;
    step.setAttribute("aria-valuetext", `${at} of ${length}`);
    const box = (sign, k) => made("span", sign, { class: k < at ? "read" : "" });
    by("read-boxes").replaceChildren(...[...shown.slice(0, -1), "?"].map(box));
    const said = parts.map(([name, part]) => {
      const { steps, units } = read[name], chances = at ? steps[at - 1].chances : Array(10).fill(0);
      const answer = largest(chances);
      const states = Object.keys(INSIDE[name]);
      part.querySelectorAll("canvas").forEach((map, k) => paintMap(map, steps, states[k], units, at));
      bars(part.querySelector(".bars"), chances, at ? last : null);
      const right = at < length ? "" : answer === last ? ", right" : ", wrong";
      return `the ${name} says ${answer}, ${percent(chances[answer])} sure${right}`;
    });
    by("read-inside").hidden = !at;
    drawSure(read, last, length, at);
    for (const button of guesses) button.setAttribute("aria-pressed", `${button.value === guessed}`);
    if (!at) return say("Guess, and watch both read; or move the slider.");
    const early = ` If the palindrome ended here, that would be the answer; the right one is ${last}.`;
    const far = ` They were trained on no more than ${trained} digits.`;
    const first = `After ${at} of ${length} digits ${said.join("; ")}.`;
    const yours = guessed && at === length ? ` Your guess was ${guessed === winner() ? "right" : "wrong"}.` : "";
    say(first + (at < length ? early : yours) + (length > trained ? far : ""));
  }

  function another() {
    text.value = randomPalindrome(uniform, trained);
    begin(text.value);
  }

  by("read-trained").textContent = trained;
  text.maxLength = longest;
  by("read-form").addEventListener("submit", (event) => {
    event.preventDefault();
    begin(text.value.trim());
    keep({ palindrome: shown });
  });
  for (const button of guesses) {
    button.addEventListener("click", () => {
      guessed = button.value;
      step.value = 0;
      by("read-play").click();
    });
  }
  step.addEventListener("input", show);
  by("read-another").addEventListener("click", another);
  plays(by("read-play"), step, { every: 500 });
  another();
  const before = chosenBefore.get("palindrome") ?? "";
  if (before && !wrong(before, longest)) {
    text.value = before;
    begin(before);
  }
  fitted(by("read-sure"), show);
});
