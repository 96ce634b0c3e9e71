// Shows how far a long piece of work is: asks for the page again, takes the part that changes out of it, and loads the
// page anew once the work is done. Without this module the page refreshes itself.

const WAIT = 1000; // Milliseconds between two questions.
const PATIENCE = 10000; // The longest wait, after failures.

const box = document.querySelector("[data-progress]");

async function ask(wait) {
  await new Promise((rest) => setTimeout(rest, wait));
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-progress]");
    if (!now) return location.reload();
    box.replaceChildren(...document.importNode(now, true).childNodes);
    wait = WAIT;
  } catch {
    wait = Math.min(wait * 2, PATIENCE); // Offline: asked again later.
  }
  return ask(wait);
}

if (box) ask(WAIT);
