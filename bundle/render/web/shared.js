// What the explorers share: data that stands in the page, pictures, bars, and taking one thing at a time.

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const by = (id) => document.getElementById(id);
const spaced = (number) => number.toLocaleString("fr"); // thousands apart by a space
const fixed = (number, places) => number.toFixed(places).replace(/^-(0\.0*)$/, "$1"); // no negative zero
const percent = (share) => `${Math.round(100 * share)}\u00a0%`; // not parted at the end of a line
const largest = (values) => values.indexOf(Math.max(...values));
const pause = () => new Promise((go) => setTimeout(go));

function made(tag, words = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = words;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Return a function that gives numbers from 0 to 1, the same for the same seed (mulberry32). */
function uniformOf(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const bytesOf = (base64) =>
  Uint8Array.fromBase64?.(base64) ?? Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const floatsOf = (base64) => new Float32Array(bytesOf(base64).buffer);
const dataOf = (id) => JSON.parse(by(id).textContent);

const whole = new Promise((go) =>
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", go) : go(),
);

/** Unpack gzipped bytes that stand at the page's end. */
async function unpacked(id) {
  await whole;
  const stream = new Blob([bytesOf(dataOf(id))]).stream();
  return new Response(stream.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Start an explorer when it comes near the screen; what goes wrong is said in its place. */
function explorer(id, begin) {
  const section = by(id);
  if (!section?.matches(".explorer")) return; // the page was made without it
  const status = section.querySelector(".said");
  const say = (words) => "plays" in section.dataset || (status.textContent = words);
  const watch = new IntersectionObserver(
    async ([seen]) => {
      if (!seen.isIntersecting) return;
      watch.disconnect();
      try {
        await begin(say);
        section.dataset.state = "ready";
      } catch (error) {
        say(`This explorer could not start: ${error.message}. The figures above stand for it.`);
        section.dataset.state = "failed";
      }
    },
    { rootMargin: "400px" },
  );
  watch.observe(section);
}

// What the address says is chosen: #walk=2-7&alpha=0.4, #palindrome=12321, #moment=50000.
const STATES = { walk: "walks", palindrome: "palindromes", moment: "training" };
const chosenBefore = new URLSearchParams(location.hash.slice(1));

/** Let the address say what is chosen, so that it can be sent. */
function keep(values) {
  const words = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  history.replaceState(null, "", `#${words.join("&")}`);
}

for (const [name, id] of Object.entries(STATES)) {
  if (chosenBefore.has(name)) whole.then(() => by(id)?.scrollIntoView());
}

/** Return a function that does something, and once more at the end if it was asked for meanwhile. */
function latest(act) {
  let running = null;
  let again = false;
  async function run() {
    do {
      again = false;
      await act();
    } while (again);
  }
  return () => {
    again = running !== null;
    return (running ??= run().finally(() => (running = null)));
  };
}

/** Let a button move a slider to its end, and stop there, when pressed again, and by Escape or the space bar.
 *
 * Nothing is said on the way: what is at the end is. Who wants less motion sees at most ten pictures. */
function plays(button, slider, { every, by: step = 1 }) {
  let timer = 0;
  const section = button.closest(".explorer");
  const move = (to) => {
    slider.value = to;
    slider.dispatchEvent(new Event("input"));
  };
  const name = (word) => {
    button.textContent = word;
    button.setAttribute("aria-label", `${word}: ${slider.labels[0].textContent}`);
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    name("Play");
    delete section.dataset.plays;
    move(slider.value);
  };
  button.addEventListener("click", () => {
    if (timer) return stop();
    section.dataset.plays = "";
    if (+slider.value >= +slider.max) move(slider.min);
    name("Stop");
    const leap = Math.max(step, (slider.max - slider.min) / 10);
    timer = setInterval(
      () => {
        move(+slider.value + (calm.matches ? leap : step));
        if (+slider.value >= +slider.max) stop();
      },
      calm.matches ? 1000 : every,
    );
  });
  section.addEventListener("keydown", (event) => {
    const ends = event.key === "Escape" || (event.key === " " && event.target !== button);
    if (!timer || !ends) return;
    event.preventDefault();
    stop();
  });
  slider.addEventListener("pointerdown", () => timer && stop());
  name("Play");
}

/** Paint digits of 784 bytes each side by side, `columns` in a row, on a canvas of just their size. */
function paint(canvas, bytes, { columns = 1, gap = 0 } = {}) {
  const count = bytes.length / 784,
    side = 28 + gap;
  canvas.width = columns * side - gap;
  canvas.height = Math.ceil(count / columns) * side - gap;
  const pixels = new ImageData(canvas.width, canvas.height);
  for (let p = 3; p < pixels.data.length; p += 4) pixels.data[p] = 255;
  for (let k = 0; k < bytes.length; k++) {
    const digit = Math.floor(k / 784),
      row = Math.floor((k % 784) / 28);
    const x = (digit % columns) * side + (k % 28),
      y = Math.floor(digit / columns) * side + row;
    pixels.data.fill(bytes[k], 4 * (y * canvas.width + x), 4 * (y * canvas.width + x) + 3);
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

/** Return the bytes of a picture in grey, its rows one after the other. */
async function bytesOfPicture(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height).data.filter((_, k) => k % 4 === 0);
}

/** Return one of the digits (28 x 28) that stand in rows of `columns`. */
function digitOf(picture, row, column, columns) {
  const digit = new Uint8Array(784);
  for (let y = 0; y < 28; y++) {
    const start = (28 * row + y) * columns * 28 + 28 * column;
    digit.set(picture.subarray(start, start + 28), 28 * y);
  }
  return digit;
}

/** Return images in [-1, 1] as bytes with fixed contrast. */
const asBytes = (images) =>
  Uint8Array.from(images, (v) => Math.min(255, Math.max(0, Math.round((v + 1) * 127.5))));

/** Show the chance of each digit, the largest one full; words elsewhere say the same.
 *
 * Where the right digit is known it is marked, and another answer has another colour. */
function bars(element, chances, right) {
  while (element.children.length < 10) {
    const row = made("div", "", { class: "bar" });
    row.append(made("span", element.children.length), made("i"), made("span"));
    element.append(row);
  }
  element.setAttribute("aria-hidden", "true");
  chances.forEach((chance, digit) => {
    const row = element.children[digit];
    row.classList.toggle("most", chance > 0 && digit === largest(chances));
    row.classList.toggle("right", digit === right);
    row.classList.toggle("wrong", typeof right === "number" && digit !== right);
    row.children[1].style.width = `${100 * chance}%`;
    row.children[2].textContent = percent(chance);
  });
}

/** Show now, and again whenever an element gets another size. */
const fitted = (element, show) => new ResizeObserver(show).observe(element);

/** Draw lines (points [x, y] in data) into an SVG as wide as it is shown; return the functions to pixels. */
function plot(svg, lines, { x, y, xTicks, yTicks, xLabel, yLabel, log = false }) {
  const [width, height, left, bottom] = [svg.clientWidth || 560, 200, 50, 40],
    up = (v) => (log ? Math.log10(v) : v);
  const X = (v) => left + ((v - x[0]) / (x[1] - x[0])) * (width - left - 12);
  const Y = (v) => height - bottom - ((up(v) - up(y[0])) / (up(y[1]) - up(y[0]))) * (height - bottom - 10);
  const draw = (tag, attributes, words = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = words;
    svg.append(element);
  };
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  draw("path", { class: "axis", d: `M${left} 10V${height - bottom}H${width - 12}` });
  for (const v of xTicks) {
    const anchor = v === x[1] ? "end" : "middle";
    draw("text", { x: X(v), y: height - bottom + 16, "text-anchor": anchor }, spaced(v));
  }
  for (const v of yTicks) draw("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end" }, v);
  draw("text", { x: (left + width) / 2, y: height - 6, "text-anchor": "middle" }, xLabel);
  draw(
    "text",
    { transform: `rotate(-90)`, x: -(height - bottom) / 2 - 5, y: 13, "text-anchor": "middle" },
    yLabel,
  );
  for (const { points, ...look } of lines.filter((line) => line.points.length)) {
    draw("path", {
      fill: "none",
      d: "M" + points.map(([a, b]) => `${X(a).toFixed(1)} ${Y(b).toFixed(1)}`).join("L"),
      ...look,
    });
  }
  return { X, Y, draw };
}
