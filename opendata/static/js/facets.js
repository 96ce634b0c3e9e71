// Shortens long facets and lets the reader open them. Without this module every choice is simply there.

const SHOWN = 7;
const SPARE = 2; // Hiding one or two choices behind a button would save nothing.

for (const facet of document.querySelectorAll("[data-facet]")) {
  const items = [...facet.querySelectorAll("li")];
  const rest = items.slice(SHOWN).filter((item) => !item.querySelector("[aria-current]"));
  if (rest.length <= SPARE) continue;

  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small";

  const show = (open) => {
    for (const item of rest) item.hidden = !open;
    button.textContent = open ? facet.dataset.less : facet.dataset.more;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => {
    const open = rest[0].hidden;
    show(open);
    if (open) rest[0].querySelector("a")?.focus();
  });
  facet.querySelector("ul").after(button);
  show(false);
}
