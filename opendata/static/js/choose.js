// Saves every tick of a list as it is made, and keeps the button's number true. Without this module a button saves them.

const form = document.querySelector("form[data-choice]");
const publish = document.querySelector("[data-publish]");

async function save() {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) return location.reload();
    const { chosen, words } = await answer.json();
    if (publish) {
      publish.textContent = words;
      publish.disabled = chosen === 0;
    }
  } catch {
    saver.hidden = false; // Offline: the ticks are saved by hand, or with the publication.
  }
}

const saver = form?.querySelector("[data-choice-save]");
if (form && saver) {
  saver.hidden = true;
  for (const tick of document.querySelectorAll('input[type="checkbox"][name="row"]')) {
    tick.addEventListener("change", () => {
      tick.closest("li")?.classList.toggle("sheet-row--out", !tick.checked);
      save();
    });
  }
}
