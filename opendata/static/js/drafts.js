// Keeps what is typed into a form of the desk a few seconds after typing, and when the page is left. Without this module
// the same is kept whenever the form is sent.

const REST = 3000; // Milliseconds without typing.
const AT_LEAVING = 60000; // Bytes that a browser still sends for a page that is gone.

class Draft {
  constructor(form) {
    this.form = form;
    this.said = form.querySelector("[data-draft-said]");
    this.dirty = false;
    this.kept = true;
    this.sending = Promise.resolve();
    form.addEventListener("input", () => this.later());
    form.addEventListener("edit:changed", () => this.later());
    form.addEventListener("submit", () => this.stop());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.keep(true);
    });
    // Only where it could not be kept is somebody asked whether to leave.
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty && !this.kept) event.preventDefault();
    });
  }

  later() {
    this.dirty = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), REST);
  }

  stop() {
    clearTimeout(this.timer);
    this.dirty = false;
  }

  keep(leaving = false) {
    clearTimeout(this.timer);
    if (!this.dirty) return;
    this.dirty = false;
    this.sending = this.sending.then(() => this.send(leaving));
  }

  async send(leaving) {
    const body = new URLSearchParams(new FormData(this.form));
    try {
      const keepalive = leaving && String(body).length < AT_LEAVING;
      const headers = { Accept: "application/json" };
      const answer = await fetch(this.form.dataset.draft, { method: "POST", body, headers, keepalive });
      if (!answer.ok) throw new Error(answer.status);
      const { draft, said } = await answer.json();
      this.form.elements["form-draft"].value = draft;
      this.say(said, true);
    } catch {
      this.dirty = true;
      this.say(this.form.dataset.draftFailed, false);
    }
  }

  say(words, kept) {
    this.kept = kept;
    this.said.textContent = words;
    this.said.classList.toggle("edit__kept--not", !kept);
  }
}

for (const form of document.querySelectorAll("form[data-draft]")) new Draft(form);
