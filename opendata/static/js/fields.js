// Checks numbers as soon as one leaves their field, and keeps titles on one line. Without this module both is done when
// the form is sent.

// The check digits of an identifier.
async function check(input) {
  const by = input.dataset.checkBy && document.getElementById(input.dataset.checkBy);
  const kind = by ? by.value : input.dataset.checkKind;
  const url = `${input.dataset.check}?${new URLSearchParams({ kind, value: input.value })}`;
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (answer.ok) tell(input, (await answer.json()).problem);
  } catch {
    // It is checked when the form is sent.
  }
}

function tell(input, problem) {
  const id = `error-${input.name}`;
  let place = document.getElementById(id);
  if (!place) {
    place = document.createElement("p");
    place.className = "field__error";
    place.id = id;
    place.setAttribute("role", "status");
    input.closest(".field").append(place);
    input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${id}`.trim());
  }
  place.textContent = problem;
  input.toggleAttribute("aria-invalid", false);
  if (problem) input.setAttribute("aria-invalid", "true");
}

function enhance(root) {
  for (const input of root.querySelectorAll("input[data-check]"))
    input.addEventListener("change", () => check(input));
  // A title is one line, however many it takes to show it.
  for (const area of root.querySelectorAll("textarea[data-line]"))
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) event.preventDefault();
    });
}

enhance(document);
document.addEventListener("edit:new", (event) => enhance(event.detail));
