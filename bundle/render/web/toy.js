// What moves first: images between two digits that stand in the page; see walks.js for the network itself.
(() => {
  const [digit, strip, alpha, images] = ["digit", "strip", "alpha", "images"].map((name) =>
    document.getElementById(`toy-${name}`),
  );
  const STEPS = 9;

  function put(canvas, place, column) {
    const image = Math.round(place * (images.naturalWidth / 28 - 1));
    canvas.getContext("2d").drawImage(images, 28 * image, 0, 28, 28, 29 * column, 0, 28, 28);
  }
  const show = () => "network" in digit.dataset || put(digit, +alpha.value, 0);

  images.decode().then(() => {
    [digit.width, digit.height] = [28, 28];
    [strip.width, strip.height] = [29 * STEPS - 1, 28];
    for (let k = 0; k < STEPS; k++) put(strip, k / (STEPS - 1), k);
    show();
  });
  alpha.addEventListener("input", show);
})();
