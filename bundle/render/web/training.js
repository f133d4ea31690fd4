// The GAN through its training: the same 25 noises at every moment, and what was measured there.

explorer("training", async (say) => {
  const { batches, pictures, measures } = dataOf("training-data");
  const sets = await Promise.all(pictures.map(bytesOfPicture));
  const [moment, set, svg] = [by("training-moment"), by("training-set"), by("training-curve")];
  moment.max = batches.length - 1;
  const before = chosenBefore.has("moment") ? batches.indexOf(+chosenBefore.get("moment")) : -1;
  moment.value = before < 0 ? batches.length - 1 : before;
  set.replaceChildren(...sets.map((_, k) => made("option", `${k + 1} of ${sets.length}`, { value: k })));
  const [{ values, real }] = measures;
  const last = batches.at(-1);
  const low = 10 ** Math.floor(Math.log10(real));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  const decades = [0, 1, 2, 3, 4, 5].map((k) => low * 10 ** k).filter((value) => value <= 1.001 * high);
  by("training-measures").replaceChildren(
    ...measures.map(({ name, real }) => {
      const row = made("tr");
      row.append(made("th", name, { scope: "row" }), made("td"), made("td", fixed(real, 3)));
      return row;
    }),
  );

  function show() {
    const at = +moment.value;
    const batch = batches[at];
    const digits = Array.from({ length: 25 }, (_, k) => [...digitOf(sets[+set.value], at, k, 25)]);
    paint(by("training-digits"), Uint8Array.from(digits.flat()), { columns: 5, gap: 1 });
    const said = `25 images after ${spaced(batch)} batches, Fréchet distance ${values[at].toFixed(2)}`;
    by("training-digits").setAttribute("aria-label", said);
    by("training-batch").textContent = spaced(batch);
    moment.setAttribute("aria-valuetext", `${spaced(batch)} batches`);
    [...by("training-measures").rows].forEach((row, k) => {
      row.cells[1].textContent = fixed(measures[k].values[at], 3);
    });
    const level = { points: [[0, real], [last, real]], class: "level" };
    const curve = { points: batches.map((x, k) => [x, values[k]]), class: "curve" };
    const xTicks = [0, last / 2, last].map(Math.round);
    const labels = { xLabel: "batch", yLabel: "Fréchet distance" };
    const axes = { x: [0, last], y: [low, high], xTicks, yTicks: decades, log: true };
    const { X, Y, draw } = plot(svg, [level, curve], { ...axes, ...labels });
    draw("text", { x: X(last / 2), y: Y(real) + 14, "text-anchor": "middle" }, "real digits");
    draw("circle", { class: "ring", cx: X(batch), cy: Y(values[at]), r: 7 });
    say(`${said}; of real digits ${real.toFixed(2)}. The noise is the same at every moment.`);
  }

  moment.addEventListener("input", show);
  moment.addEventListener("change", () => keep({ moment: batches[+moment.value] }));
  set.addEventListener("change", show);
  plays(by("training-play"), moment, { every: 400 });
  show();
  fitted(svg, show);
});
