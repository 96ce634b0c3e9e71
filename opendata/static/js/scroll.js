// Takes tables that fit out of the tab order: only what scrolls needs to be reached by keyboard.

const update = (region) => {
  const scrolls = region.scrollWidth > region.clientWidth || region.scrollHeight > region.clientHeight;
  if (scrolls) region.setAttribute("tabindex", "0");
  else region.removeAttribute("tabindex");
};

const observer = new ResizeObserver((entries) => {
  for (const entry of entries) update(entry.target);
});

for (const region of document.querySelectorAll("[data-table-scroll]")) {
  update(region);
  observer.observe(region);
}
