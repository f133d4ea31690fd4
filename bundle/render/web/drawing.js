// A pad to draw a digit on, and the search for the noise whose image comes nearest to it.

const SIDE = 280; // pixels of the pad
const PAUSE = 900; // milliseconds without a stroke, after which the search begins
const STARTS = 1500; // random noises, of which the nearest is where the search starts
const ROUNDS = 60, TRIED = 40, KEPT = 10; // of the search: rounds, noises in each, and those that lead on

const WAYS = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10], " ": [0, 0] };

/** Draw on a canvas with the pointer or the keyboard; `changed` is called when something was drawn. */
function pad(canvas, changed) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pen = { down: false }; // `clear` puts it in its place
  Object.assign(context, { lineWidth: 22, lineCap: "round", lineJoin: "round", strokeStyle: "white" });

  function go(x, y, draws) {
    if (draws) {
      context.beginPath();
      context.moveTo(pen.x, pen.y);
      context.lineTo(x, y);
      context.stroke();
    }
    [pen.x, pen.y] = [x, y];
    const mark = `${(100 * x) / SIDE}% ${(100 * y) / SIDE}%`;
    canvas.parentElement.style.setProperty("--pen", mark);
  }
  function clear() {
    pen.down = false;
    go(SIDE / 2, SIDE / 4, false);
    context.fillStyle = "black";
    context.fillRect(0, 0, SIDE, SIDE);
    changed(context);
  }
  const at = (event) => [event.offsetX, event.offsetY].map((place) => (place * SIDE) / canvas.clientWidth);

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    go(...at(event), false);
    go(pen.x, pen.y, true);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    go(...at(event), true);
    changed(context);
  });
  canvas.addEventListener("pointerup", () => changed(context));
  canvas.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way) return;
    event.preventDefault();
    if (event.key === " ") pen.down = !pen.down;
    const inside = (place) => Math.min(SIDE - 10, Math.max(10, place));
    go(inside(pen.x + way[0]), inside(pen.y + way[1]), pen.down);
    changed(context);
  });
  return { clear };
}

/** Return the box of what is drawn, as left, top, width and height; null if nothing is. */
function boxOf(context) {
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const [xs, ys] = [[], []];
  for (let k = 0; k < SIDE * SIDE; k++) {
    if (data[4 * k] > 40) {
      xs.push(k % SIDE);
      ys.push(Math.floor(k / SIDE));
    }
  }
  if (!xs.length) return null;
  const least = (values) => values.reduce((one, other) => Math.min(one, other));
  const most = (values) => values.reduce((one, other) => Math.max(one, other));
  return [least(xs), least(ys), most(xs) - least(xs) + 1, most(ys) - least(ys) + 1];
}

/** Return what is drawn as MNIST's digits are, 20 pixels large, its mass in the middle; or null. */
function read(context) {
  const box = boxOf(context);
  if (!box) return null;
  const [left, top, width, height] = box;
  const scale = 20 / Math.max(width, height);

  /** Return 28 x 28 bytes with the box's middle moved from the picture's. */
  function draw(right, down) {
    const small = new OffscreenCanvas(28, 28).getContext("2d", { willReadFrequently: true });
    small.imageSmoothingQuality = "high";
    small.translate(14 + right - scale * (left + width / 2), 14 + down - scale * (top + height / 2));
    small.scale(scale, scale);
    small.drawImage(context.canvas, ...box, ...box);
    return small.getImageData(0, 0, 28, 28).data.filter((_, k) => k % 4 === 0);
  }
  const first = draw(0, 0);
  const total = first.reduce((sum, value) => sum + value, 0);
  const middle = (place) => first.reduce((sum, value, k) => sum + value * (place(k) + 0.5), 0) / total;
  return draw(14 - middle((k) => k % 28), 14 - middle((k) => Math.floor(k / 28)));
}

const meanOf = (values, of) => values.reduce((sum, value, k) => sum + of(value, k), 0) / values.length;

/** Return noises with their images, the nearest to the target first; the loss is that of `project` in
 * lib/latent/projection.py. */
async function ranked(noises, { target, wanted }, data, { images, judged }) {
  const pixels = await images(noises);
  const { features } = await judged(pixels);
  const tried = noises.map((noise, n) => {
    const image = pixels.slice(784 * n, 784 * (n + 1));
    const far = meanOf(target, (value, k) => (value - image[k]) ** 2);
    const content = meanOf(wanted, (value, k) => (value - features[n][k]) ** 2);
    const norm = (meanOf(noise, (value) => value * value) - 1) ** 2;
    return { noise, image, far, loss: far + data.feature_weight * content + data.norm_weight * norm };
  });
  return tried.sort((one, other) => one.loss - other.loss);
}

/** Search for the noise whose image is nearest to a target (784 numbers in [-1, 1]), without gradients.
 *
 * The nearest of many random ones, then rounds of the cross-entropy method (Rubinstein 1999): noises around
 * the best, each number with its own spread, and then the mean and spread of those that come nearest. */
async function search(target, data, nets, progress, givenUp) {
  const draw = noiseOf(1, data.size);
  const aim = { target, wanted: (await nets.judged(Float32Array.from(target))).features[0] };
  let best = { loss: Infinity };

  async function nearest(noises, done) {
    const elite = (await ranked(noises, aim, data, nets)).slice(0, KEPT);
    if (elite[0].loss < best.loss) best = elite[0];
    progress(done);
    await pause();
    return elite;
  }

  for (let count = BATCH; count <= STARTS && !givenUp(); count += BATCH) {
    await nearest(Array.from({ length: BATCH }, draw), (0.4 * count) / STARTS);
  }
  let centre = best.noise;
  let spread = centre.map(() => 0.5);
  for (let round = 1; round <= ROUNDS && !givenUp(); round++) {
    const around = () => draw().map((value, k) => centre[k] + spread[k] * value);
    const elite = await nearest(Array.from({ length: TRIED }, around), 0.4 + (0.6 * round) / ROUNDS);
    centre = centre.map((_, k) => meanOf(elite, ({ noise }) => noise[k]));
    const apart = (k) => Math.sqrt(meanOf(elite, ({ noise }) => (noise[k] - centre[k]) ** 2));
    spread = spread.map((before, k) => 0.7 * before + 0.3 * apart(k));
  }
  return best;
}

/** Let the reader draw, and say at once what the classifier sees; `found` is given the noise that is found. */
function drawing(data, nets, found) {
  const [find, bar] = [by("draw-find"), by("draw-progress")];
  const say = (words) => (by("draw-said").textContent = words);
  const wanted = () => Array.from(digit, (value) => value / 127.5 - 1);
  let digit = null;
  let strokes = 0; // a search for what has been drawn over is given up
  let waiting = 0;

  const guess = latest(async () => {
    if (!digit) return (by("draw-guess").textContent = "Nothing is drawn yet.");
    const [chances] = (await nets.judged(Float32Array.from(wanted()))).chances;
    const sure = percent(Math.max(...chances));
    by("draw-guess").textContent = `The classifier sees a ${largest(chances)}, ${sure} sure.`;
  });

  const look = latest(async () => {
    const [mine, target] = [strokes, wanted()];
    find.ariaDisabled = "true"; // a button that is disabled would lose the keyboard's focus
    bar.hidden = false;
    say("Searching …");
    const best = await search(target, data, nets, (done) => (bar.value = done), () => mine !== strokes);
    [find.ariaDisabled, bar.hidden] = ["false", true];
    if (mine !== strokes) return;
    paint(by("draw-found"), asBytes(best.image));
    const [chances] = (await nets.judged(best.image)).chances;
    const sure = `the classifier sees a ${largest(chances)}, ${percent(Math.max(...chances))} sure`;
    const error = (Math.sqrt(best.far) / 2).toFixed(3);
    say(`Found: ${sure}; root mean square error of a pixel ${error} of 1. The walk below starts there.`);
    await found(best.noise);
  });

  const { clear } = pad(by("draw-pad"), (context) => {
    digit = read(context);
    context.canvas.parentElement.classList.toggle("empty", !digit);
    strokes += 1;
    paint(by("draw-read"), digit ?? new Uint8Array(784));
    guess();
    clearTimeout(waiting);
    if (digit) waiting = setTimeout(look, PAUSE);
  });

  by("draw-clear").addEventListener("click", () => {
    clear();
    say("");
    by("draw-walk").hidden = true;
  });
  find.addEventListener("click", () => {
    if (!digit) return say("There is nothing on the pad yet; draw a digit first.");
    clearTimeout(waiting);
    if (find.ariaDisabled !== "true") look();
  });
  clear();
  paint(by("draw-found"), new Uint8Array(784));
}
