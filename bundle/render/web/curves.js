// How fast each network learnt: curves of cells and recipes over one another, at one length.

const COLOURS = { LSTM: "var(--lstm)", RNN: "var(--rnn)", GRU: "var(--gru)" }; // a cell's, everywhere
const DASHES = ["none", "7 4", "2 3", "9 3 2 3"]; // a recipe's

explorer("curves", async (say) => {
  const curves = dataOf("curves-data");
  const valuesOf = (name) => [...new Set(curves.map((curve) => curve[name]))];
  const lengths = valuesOf("length").sort((one, other) => one - other);
  const recipes = valuesOf("recipe").sort();
  const ticked = { cell: new Set(["LSTM", "RNN"]), recipe: new Set(recipes.slice(0, 2)) };
  const select = by("curve-length");
  select.replaceChildren(...lengths.map((length) => made("option", length, { value: length })));
  select.value = lengths.includes(10) ? 10 : lengths[0];

  const look = ({ cell, recipe }) => {
    const dash = DASHES[recipes.indexOf(recipe) % DASHES.length];
    return `stroke:${COLOURS[cell] ?? "var(--ink)"};stroke-dasharray:${dash}`;
  };

  /** Offer what there are curves of at this length, ticked as before. */
  function offer(name, atLength) {
    const values = valuesOf(name).filter((value) => atLength.some((curve) => curve[name] === value));
    const boxes = values.sort().map((value) => {
      const [label, box] = [made("label"), made("input", "", { type: "checkbox", value })];
      box.checked = ticked[name].has(value);
      box.addEventListener("change", () => {
        ticked[name][box.checked ? "add" : "delete"](value);
        show();
      });
      label.append(box, ` ${value.replaceAll("-", " ")}`);
      return label;
    });
    by(`curve-${name}`).replaceChildren(...boxes);
  }

  function choose() {
    const atLength = curves.filter(({ length }) => length === +select.value);
    for (const name of Object.keys(ticked)) offer(name, atLength);
    show();
  }

  function show() {
    const shown = curves.filter(
      ({ cell, recipe, length }) =>
        length === +select.value && ticked.cell.has(cell) && ticked.recipe.has(recipe),
    );
    const last = Math.max(1, ...shown.map(({ steps }) => steps.at(-1)));
    const lines = shown.map((curve) => ({
      points: curve.mean.map((value, k) => [curve.steps[k], value]),
      style: look(curve),
    }));
    plot(by("curve-plot"), lines, {
      x: [0, last],
      y: [0, 100],
      xTicks: [0, last / 2, last].map(Math.round),
      yTicks: [0, 50, 100],
      xLabel: "step",
      yLabel: "mean accuracy (%)",
    });
    by("curve-legend").replaceChildren(...shown.map(described));
    const count = `${shown.length} ${shown.length === 1 ? "curve" : "curves"}.`;
    say(shown.length ? count : "Nothing is ticked; tick a cell and a recipe.");
  }

  function described(curve) {
    const { cell, recipe, seeds, mean, low, high } = curve;
    const [item, line] = [made("li"), document.createElementNS("http://www.w3.org/2000/svg", "svg")];
    line.setAttribute("viewBox", "0 0 30 8");
    line.innerHTML = `<path d="M0 4H30" style="${look(curve)}"/>`;
    const ended = `${mean.at(-1).toFixed(1)} % at the end, from ${low.at(-1)} to ${high.at(-1)}`;
    item.append(line, `${cell}, ${recipe.replaceAll("-", " ")} (n = ${seeds}): ${ended}`);
    return item;
  }

  select.addEventListener("change", choose);
  choose();
  fitted(by("curve-plot"), show);
});
