// How fast each network learnt: curves of any cells, recipes and lengths over one another.

const HUES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a7a00", "#7f7f7f"];
const DASHES = ["none", "7 4", "2 3", "9 3 2 3"];

explorer("curves", async (say) => {
  const curves = dataOf("curves-data"),
    chosen = { cell: [], recipe: [], length: [] };
  for (const name of Object.keys(chosen)) {
    const values = [...new Set(curves.map((curve) => curve[name]))].sort((a, b) => (a > b ? 1 : -1));
    const first =
      name === "length" ? values.filter((v) => v === (values.includes(10) ? 10 : values[0])) : values;
    chosen[name] = name === "recipe" ? first.slice(0, 2) : first;
    by(`curve-${name}`).append(
      ...values.map((value) => {
        const label = made("label"),
          box = made("input", "", { type: "checkbox", value });
        box.checked = chosen[name].includes(value);
        box.addEventListener("change", () => {
          chosen[name] = box.checked ? [...chosen[name], value] : chosen[name].filter((one) => one !== value);
          show();
        });
        label.append(box, ` ${`${value}`.replaceAll("-", " ")}`);
        return label;
      }),
    );
  }

  function show() {
    const shown = curves.filter((curve) =>
      Object.keys(chosen).every((name) => chosen[name].includes(curve[name])),
    );
    const recipes = [...new Set(curves.map(({ recipe }) => recipe))];
    const last = Math.max(1, ...shown.map(({ steps }) => steps.at(-1)));
    const lines = shown.map(({ steps, mean, recipe }, k) => ({
      points: mean.map((value, look) => [steps[look], value]),
      style: `stroke:${HUES[k % HUES.length]};stroke-dasharray:${DASHES[recipes.indexOf(recipe) % 4]}`,
    }));
    plot(by("curve-plot"), lines, {
      x: [0, last],
      y: [0, 100],
      xTicks: [0, last / 2, last].map(Math.round),
      yTicks: [0, 50, 100],
      xLabel: "step",
      yLabel: "mean accuracy (%)",
    });
    by("curve-legend").replaceChildren(
      ...shown.map(({ cell, recipe, length, seeds, mean, low, high }, k) => {
        const item = made("li"),
          line = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        line.setAttribute("viewBox", "0 0 30 8");
        line.innerHTML = `<path d="M0 4H30" style="${lines[k].style}"/>`;
        const ended = `${mean.at(-1).toFixed(1)} % at the end, from ${low.at(-1)} to ${high.at(-1)}`;
        item.append(
          line,
          `${cell}, ${recipe.replaceAll("-", " ")}, length ${length} (n = ${seeds}): ${ended}`,
        );
        return item;
      }),
    );
    say(
      shown.length
        ? `${shown.length} ${shown.length === 1 ? "curve" : "curves"}.`
        : "There are no runs of these; take another cell, recipe or length.",
    );
  }
  show();
  fitted(by("curve-plot"), show);
});
