// Adds, removes and moves rows of a form without leaving the page: the button is sent as ever, and of the answer only
// the rows are taken. Without this module the whole page is shown again.

const ACTS = /^(add|remove|up|down):/;

async function act(form, button, rows) {
  const body = new URLSearchParams(new FormData(form));
  body.set("act", button.value);
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const changed = page.getElementById(rows.id);
  if (!changed) throw new Error("no rows");
  rows.replaceWith(changed);
  form.elements["form-draft"].value = page.querySelector("form[data-draft] input[name=form-draft]")?.value ?? "";
  form.dispatchEvent(new CustomEvent("edit:changed"));
  document.dispatchEvent(new CustomEvent("edit:new", { detail: changed }));
  return changed;
}

// Where one goes on: in the new row, at the row that was moved, or at the rows where one was removed.
function focus(rows, [what, target]) {
  const group = document.getElementById(`field-${target}`) ?? rows;
  if (what === "add") {
    const added = [...group.querySelectorAll(":scope > .edit-row")].at(-1);
    return (added?.querySelector("input:not([type=hidden]), select, textarea") ?? group).focus();
  }
  if (what === "remove") return (document.getElementById(`field-${target.replace(/-\d+$/, "")}`) ?? rows).focus();
  const [, name, number] = /^(.*)-(\d+)$/.exec(target);
  const moved = document.getElementById(`field-${name}-${Number(number) + (what === "up" ? -1 : 1)}`);
  (moved?.querySelector(`button[value^="${what}:"]`) ?? moved ?? rows).focus();
}

let silent = false;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("form[data-draft] button[name=act]");
  const rows = button && outermost(button);
  if (silent || !rows || !ACTS.test(button.value)) return;
  event.preventDefault();
  button.disabled = true;
  try {
    focus(await act(button.form, button, rows), button.value.split(":"));
  } catch {
    // As without this module: the page says what is the matter.
    button.disabled = false;
    silent = true;
    button.click();
  }
});

function outermost(button) {
  let found = null;
  for (let one = button.closest("[data-rows]"); one; one = one.parentElement.closest("[data-rows]")) found = one;
  return found;
}
