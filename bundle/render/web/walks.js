// Walks between two noises, on the straight line and on the great circle, with what the classifier sees.

const DRAWN = "drawn"; // the end point that the reader drew
const STEPS = 9; // images of a strip
const CANDIDATES = 600; // new noises, of which the end points are those that the judge is surest of
const BATCH = 100; // noises that are asked for at once

/** Return the noise at alpha between two; see `between` in lib/latent/interpolation.py. */
function between(begin, end, alpha, kind) {
  if (kind === "line") return begin.map((value, k) => (1 - alpha) * value + alpha * end[k]);
  const [a, b] = [Math.hypot(...begin), Math.hypot(...end)];
  const first = begin.map((value) => value / a);
  const last = end.map((value) => value / b);
  const cosine = first.reduce((sum, value, k) => sum + value * last[k], 0);
  const aside = last.map((value, k) => value - cosine * first[k]);
  const sine = Math.max(Math.hypot(...aside), 1e-300);
  const angle = alpha * Math.atan2(sine, cosine);
  const [along, across] = [Math.cos(angle), Math.sin(angle) / sine];
  const length = (1 - alpha) * a + alpha * b;
  return first.map((value, k) => length * (along * value + across * aside[k]));
}

/** Return a function that gives normal noises of a size, the same for the same seed (Box and Muller). */
function noiseOf(seed, size) {
  const uniform = uniformOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return () => Array.from({ length: size }, normal);
}

/** Return the noises, by the digit that the judge sees, of which it is surest among those drawn. */
async function surestOf(draw, { images, judged }) {
  const best = new Map();
  for (let count = 0; count < CANDIDATES; count += BATCH) {
    const noises = Array.from({ length: BATCH }, draw);
    const { chances } = await judged(await images(noises));
    chances.forEach((seen, k) => {
      const [digit, sure] = [`${largest(seen)}`, Math.max(...seen)];
      if (sure > (best.get(digit)?.sure ?? 0)) best.set(digit, { sure, noise: noises[k] });
    });
    await pause();
  }
  return new Map([...best].map(([digit, { noise }]) => [digit, noise]));
}

/** Add a kind of path to the page: its strip, the image at alpha and its bars. */
function addPath(kind, title) {
  by("walk-paths").append(by("walk-path").content.cloneNode(true));
  const section = by("walk-paths").lastElementChild;
  section.querySelector("h3").textContent = title;
  const [strip, big] = section.querySelectorAll("canvas");
  return { kind, title, section, strip, big };
}

function showStrip({ title, section, strip }, pixels, chances) {
  const seen = chances.map(largest);
  paint(strip, asBytes(pixels), { columns: STEPS, gap: 1 });
  strip.setAttribute("aria-label", `${title}: ${STEPS} images; the classifier sees ${seen.join(", ")}`);
  const words = seen.map((digit, k) => `${digit}\n${percent(chances[k][digit])}`);
  section.querySelector("ol").replaceChildren(...words.map((said) => made("li", said)));
}

/** Show the image at a place of a path, and return in words what the judge sees. */
function showPlace({ title, section, big }, pixels, chances, alpha) {
  const digit = largest(chances);
  const said = `${title.toLowerCase()}: a ${digit}, ${percent(chances[digit])} sure`;
  paint(big, asBytes(pixels));
  big.setAttribute("aria-label", `Image at alpha ${alpha.toFixed(3)}, ${said}`);
  bars(section.querySelector(".bars"), chances);
  section.style.setProperty("--place", (0.5 + alpha * (STEPS - 1)) / STEPS);
  return said;
}

/** Offer the digits that there are noises of in both choices, and keep what is chosen. */
function offer(selects, keys) {
  const words = (key) => (key === DRAWN ? "your drawing" : key);
  for (const select of selects) {
    const before = select.value;
    select.replaceChildren(...keys.map((key) => made("option", words(key), { value: key })));
    if (before) select.value = before;
  }
}

explorer("walks", async (say) => {
  say("Loading the networks …");
  const data = dataOf("walks-data");
  const nets = await networks();
  const floats = floatsOf(data.noises);
  const noiseAt = (k) => [...floats.slice(data.size * k, data.size * (k + 1))];
  const surest = new Map(data.digits.map((digit, k) => [`${digit}`, noiseAt(k)]));
  const ends = new Map(surest);
  const [from, to, alpha] = ["from", "to", "alpha"].map((name) => by(`walk-${name}`));
  const remember = () => keep({ walk: `${from.value}-${to.value}`, alpha: (+alpha.value).toFixed(3) });
  const paths = [addPath("line", "Straight line"), addPath("circle", "Great circle")];
  const chosen = () => (from.value === to.value ? null : [ends.get(from.value), ends.get(to.value)]);
  let seed = 0;

  const move = latest(async () => {
    const [pair, place] = [chosen(), +alpha.value];
    by("walk-paths").classList.toggle("stale", !pair);
    by("walk-place").textContent = place.toFixed(3);
    if (!pair) return say("From and To are the same; take two different digits.");
    const pixels = await nets.images(paths.map(({ kind }) => between(...pair, place, kind)));
    const { chances } = await nets.judged(pixels);
    const at = (k) => pixels.slice(784 * k, 784 * (k + 1));
    const said = paths.map((path, k) => showPlace(path, at(k), chances[k], place));
    say(`At alpha ${place.toFixed(3)} the classifier sees on the ${said.join("; on the ")}.`);
  });

  const walk = latest(async () => {
    const pair = chosen();
    for (const path of pair ? paths : []) {
      const alphas = Array.from({ length: STEPS }, (_, k) => k / (STEPS - 1));
      const pixels = await nets.images(alphas.map((place) => between(...pair, place, path.kind)));
      showStrip(path, pixels, (await nets.judged(pixels)).chances);
    }
    await move();
  });

  /** Take other noises for the digits that they are of. */
  function take(noises) {
    noises.forEach((noise, digit) => ends.set(digit, noise));
    offer([from, to], [...ends.keys()]);
    return walk();
  }

  for (const { strip } of paths) {
    strip.addEventListener("click", (event) => {
      alpha.value = ((event.offsetX / strip.clientWidth) * STEPS - 0.5) / (STEPS - 1);
      move();
    });
  }
  for (const select of [from, to]) {
    select.addEventListener("change", walk);
    select.addEventListener("change", remember);
  }
  alpha.addEventListener("input", move);
  alpha.addEventListener("change", remember);
  by("walk-save").addEventListener("click", () => save(paths[0].strip, `walk-${from.value}-${to.value}.png`));
  const renew = latest(async () => take(await surestOf(noiseOf(++seed, data.size), nets)));
  by("walk-new").addEventListener("click", renew);
  by("walk-surest").addEventListener("click", () => take(surest));
  plays(by("walk-play"), alpha, { every: 40, by: 0.01 });
  drawing(data, nets, async (noise) => {
    await take(new Map([[DRAWN, noise]]));
    from.value = DRAWN;
    if (to.value === DRAWN) to.value = `${data.walk[1]}`;
    alpha.value = 0; // the walk starts at what was drawn
    await walk();
    const [strip, beside] = [paths[0].strip, by("draw-walk")]; // on a phone the others are below the screen
    [beside.width, beside.height, beside.hidden] = [strip.width, strip.height, false];
    beside.getContext("2d").drawImage(strip, 0, 0);
  });
  offer([from, to], [...ends.keys()]);
  [from.value, to.value] = data.walk;
  const [first, last] = (chosenBefore.get("walk") ?? "").split("-");
  if (first !== last && ends.has(first) && ends.has(last)) [from.value, to.value] = [first, last];
  if (chosenBefore.has("alpha")) alpha.value = chosenBefore.get("alpha");
  await walk();
  takeOver(nets, ...data.walk.map((digit) => surest.get(`${digit}`)));
});

/** Let the network itself answer the slider at the head of the page. */
function takeOver(nets, begin, end) {
  const [slider, digit] = [by("toy-alpha"), by("toy-digit")];
  if (!slider) return;
  const show = latest(async () =>
    paint(digit, asBytes(await nets.images([between(begin, end, +slider.value, "line")]))),
  );
  digit.dataset.network = "";
  slider.addEventListener("input", show);
}

/** Hand a canvas to the reader as a picture, four times as large. */
function save(canvas, name) {
  const large = made("canvas");
  [large.width, large.height] = [4 * canvas.width, 4 * canvas.height];
  const context = large.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  large.toBlob((picture) => {
    const link = made("a", "", { href: URL.createObjectURL(picture), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
