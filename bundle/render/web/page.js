// What the page does beside its explorers: pictures that enlarge, and where one is in the contents.

const shown = document.createElement("dialog");
shown.setAttribute("aria-label", "Enlarged figure");
shown.innerHTML = '<button type="button" autofocus>Close</button><div class="scroll" tabindex="0"></div>';
shown.addEventListener("click", () => shown.close());
document.body.append(shown);

function enlarge(image) {
  const copy = image.cloneNode();
  copy.removeAttribute("style");
  shown.querySelector("div").replaceChildren(copy);
  shown.showModal();
}

for (const image of document.querySelectorAll(".card img")) {
  image.classList.add("zooms");
  image.addEventListener("click", () => enlarge(image)); // its figure, behind "Evidence", has a button
}

for (const image of document.querySelectorAll("figure > img")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Enlarge";
  button.setAttribute("aria-label", `Enlarge ${image.parentElement.id.replace("figure-", "Figure ")}`);
  button.addEventListener("click", () => enlarge(image));
  image.parentElement.querySelector("figcaption").append(button);
  image.classList.add("zooms");
  image.addEventListener("click", () => enlarge(image));
}

/** Open what a place is folded in, and go there. */
function reveal() {
  const place = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!place) return;
  for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  place.scrollIntoView();
  follow();
}
addEventListener("hashchange", reveal);
addEventListener("load", reveal);

const wide = matchMedia("(min-width: 64rem)");
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const headings = [...document.querySelectorAll("main :is(h1, h2)[id]")].filter(({ id }) => links.has(id));

function follow() {
  const passed = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
  const here = links.get((passed.at(-1) ?? headings[0])?.id);
  if (!here || here.ariaCurrent) return;
  for (const link of links.values()) link.removeAttribute("aria-current");
  here.setAttribute("aria-current", "true");
  if (!wide.matches) return;
  const contents = document.querySelector("nav"); // scrollIntoView would stop the page where it is
  const { top, bottom } = here.getBoundingClientRect();
  if (top < 0) contents.scrollTop += top - 20;
  if (bottom > contents.clientHeight) contents.scrollTop += bottom - contents.clientHeight + 20;
}

addEventListener("scroll", follow, { passive: true });
follow();
