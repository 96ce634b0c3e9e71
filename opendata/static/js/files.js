// Keeps the states of files that are still being read up to date. Without it a link asks for the page again.

const WAIT = 3000; // Milliseconds between two questions.
const PATIENCE = 30000; // The longest wait: a large scan takes its time, and offline there is no answer.

async function ask(list, wait) {
  await new Promise((rest) => setTimeout(rest, wait));
  try {
    const answer = await fetch(list.dataset.live, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return; // Signed out: the page says so when it is next used.
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const now of page.querySelectorAll("[data-state]")) {
      const shown = list.querySelector(`[data-state="${now.dataset.state}"]`);
      if (shown && shown.innerHTML !== now.innerHTML) shown.replaceChildren(...document.importNode(now, true).childNodes);
    }
    if (!page.querySelector("[data-pending]")) return;
  } catch {
    // Offline: asked again later.
  }
  return ask(list, Math.min(wait * 1.3, PATIENCE));
}

for (const list of document.querySelectorAll("[data-live]")) ask(list, WAIT);
