// Adds a button that copies a text, and says so to screen readers. Needs a secure context; else the text is selected by hand.

for (const box of document.querySelectorAll("[data-copy]")) {
  const source = box.querySelector("[data-copy-text]");
  if (!source || !navigator.clipboard) continue;

  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small no-print";
  button.textContent = box.dataset.copyWords;

  const said = document.createElement("span");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");

  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = said.textContent = box.dataset.copiedWords;
    setTimeout(() => {
      button.textContent = box.dataset.copyWords;
      said.textContent = "";
    }, 2500);
  });
  box.append(button, said);
}
