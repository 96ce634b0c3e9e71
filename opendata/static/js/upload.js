// Sends the file of a form in pieces by the tus protocol, so that a large one shows how far it is and goes on after a
// break, even after the page was left: the same file chosen again goes on where it was. Without this module, and for
// small files, it is a plain form. What has arrived becomes an upload of its own, or, where the form names a field for
// it (data-field), goes with that form.

const SMALL = 256 * 1024; // Bytes up to which the plain form is quicker.
const LARGEST_PIECE = 8 * 1024 * 1024;
const SMALLEST_PIECE = 256 * 1024; // A proxy that takes no more than this takes no files.
const SILENCE = 60000; // Milliseconds without progress after which a connection is given up.
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
const SAID_EVERY = 25; // Percent: more often would keep a screen reader talking.
const REMEMBERED = 24 * 3600 * 1000; // The server keeps an unfinished file no longer.
const PREFIX = "upload:";
const VERSION = { "Tus-Resumable": "1.0.0" };

class Refused extends Error {
  constructor(status) {
    super(`the server answered ${status}`);
    this.status = status;
  }
}

class Stopped extends Error {}

class Upload {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.file = form.querySelector("input[type=file]");
    this.button = form.querySelector("button[type=submit]");
    this.box = form.querySelector("[data-upload-progress]");
    this.bar = form.querySelector("progress");
    this.status = form.querySelector("[data-upload-status]");
    this.percent = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" });
    this.shown = document.createElement("p");
    this.shown.setAttribute("aria-hidden", "true"); // It changes all the time; `heard` says it now and then instead.
    this.heard = document.createElement("span");
    this.heard.className = "visually-hidden";
    this.heard.setAttribute("role", "status");
    this.pauser = this.control(this.words.wordsPause, () => (this.paused ? this.goOn() : this.pause()));
    const canceller = this.control(this.words.wordsCancel, () => this.cancel());
    const controls = document.createElement("div");
    controls.className = "cluster";
    controls.append(this.pauser, canceller);
    this.box.prepend(this.shown);
    this.box.append(controls);
    form.append(this.heard);
    this.lock(false);
    form.addEventListener("submit", (event) => this.submit(event));
    addEventListener("online", () => this.wake?.());
    addEventListener("pageshow", (event) => event.persisted && this.lock(false));
  }

  control(words, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = words;
    button.addEventListener("click", act);
    return button;
  }

  submit(event) {
    const chosen = this.file.files[0];
    if (!chosen || chosen.size <= SMALL) return;
    event.preventDefault();
    if (chosen.size > Number(this.words.maxBytes)) return this.say(this.words.wordsTooLarge);
    this.begin(chosen);
  }

  async begin(chosen) {
    this.chosen = chosen;
    this.organization = new FormData(this.form).get("organization") || "";
    this.key = `${PREFIX}${[chosen.name, chosen.size, chosen.lastModified, this.organization].join("/")}`;
    this.piece = LARGEST_PIECE;
    this.url = null;
    this.aborter = new AbortController();
    this.stopped = this.paused = this.override = false;
    this.told = -1;
    this.lock(true);
    try {
      const upload = await this.whole();
      forget(this.key);
      if (!upload) return this.sendForm();
      this.say(this.words.wordsChecking);
      location.assign(this.words.page + upload.id);
    } catch (error) {
      if (error instanceof Stopped) return this.discard();
      this.lock(false);
      // A server or a proxy that knows nothing of this way gets the file as any form sends it.
      if ([404, 405, 501].includes(error.status)) return this.form.submit();
      if (error.status === 410) forget(this.key);
      this.say(error.status === 401 ? this.words.wordsSignedOut : this.words.wordsFailed);
      this.button.focus();
    }
  }

  // The upload that the file has become.
  async whole() {
    this.url = recall(this.key);
    let offset = this.url ? await this.lasting(() => this.offset()) : null;
    if (offset === null) {
      this.url = await this.lasting(() => this.create());
      remember(this.key, this.url);
      offset = 0;
    }
    while (offset < this.chosen.size) {
      const from = offset;
      this.show(from);
      offset = await this.lasting(
        () => this.send(from),
        () => this.offset(),
      );
      if (offset === null) throw new Refused(410);
    }
    this.show(offset);
    return this.words.field ? null : this.lasting(() => this.finish());
  }

  // What `act` gives, however often the connection breaks meanwhile; after a break `again` is tried in its place.
  async lasting(act, again = act) {
    for (let wait = FIRST_WAIT, next = act; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      await this.unpaused();
      try {
        return await next();
      } catch (error) {
        if (this.stopped) throw new Stopped();
        if (error.status === 413 && this.piece > SMALLEST_PIECE) this.piece /= 2;
        else if (error.status === 405 && !this.override) this.override = true;
        else if (error.status && !passing(error.status)) throw error;
        if (!this.paused && wait > FIRST_WAIT) this.say(this.words.wordsWaiting);
        await this.rest(this.paused ? 0 : wait);
        next = again;
      }
    }
  }

  async unpaused() {
    while (this.paused && !this.stopped) await this.rest(LONGEST_WAIT);
    if (this.stopped) throw new Stopped();
  }

  // Until the time is over, or somebody goes on, or the network is back.
  rest(time) {
    return new Promise((done) => {
      const timer = setTimeout(done, time);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  fetch(url, options) {
    return fetch(url, { ...options, signal: this.aborter.signal });
  }

  async create() {
    const name = btoa(String.fromCharCode(...new TextEncoder().encode(this.chosen.name)));
    const headers = { ...VERSION, "Upload-Length": String(this.chosen.size), "Upload-Metadata": `filename ${name}` };
    const answer = await this.fetch(this.words.tus, { method: "POST", headers });
    const location = answer.headers.get("Location");
    if (answer.status !== 201 || !location) throw new Refused(answer.status);
    return location;
  }

  // How far the file has come; null where the server does not have it any more.
  async offset() {
    const answer = await this.fetch(this.url, { method: "HEAD", headers: VERSION, cache: "no-store" });
    if ([403, 404, 410].includes(answer.status)) return null;
    if (!answer.ok) throw new Refused(answer.status);
    return Number(answer.headers.get("Upload-Offset"));
  }

  // Sends one piece; the offset behind it. By XMLHttpRequest, for fetch does not tell how much has been sent.
  send(from) {
    return new Promise((done, fail) => {
      const request = (this.request = new XMLHttpRequest());
      let silence = 0;
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => request.abort(), SILENCE);
      };
      request.open(this.override ? "POST" : "PATCH", this.url);
      if (this.override) request.setRequestHeader("X-HTTP-Method-Override", "PATCH");
      request.setRequestHeader("Tus-Resumable", VERSION["Tus-Resumable"]);
      request.setRequestHeader("Upload-Offset", String(from));
      request.setRequestHeader("Content-Type", "application/offset+octet-stream");
      request.upload.addEventListener("progress", ({ loaded }) => {
        heard();
        this.show(from + loaded);
      });
      request.addEventListener("loadend", () => {
        clearTimeout(silence);
        if (request.status === 204) done(Number(request.getResponseHeader("Upload-Offset")));
        else fail(new Refused(request.status === 404 ? 410 : request.status));
      });
      heard();
      request.send(this.chosen.slice(from, from + this.piece));
    });
  }

  // The form goes with the id of what has arrived, in place of the file; the server answers it as any form.
  sendForm() {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = this.words.field;
    field.value = this.url.split("/").pop();
    this.say(this.words.wordsChecking);
    for (const one of this.form.elements) one.disabled = one === this.file;
    this.form.append(field);
    this.form.submit();
  }

  async finish() {
    const said = { file: this.url.split("/").pop(), organization: this.organization, language: this.words.language };
    const headers = { "Content-Type": "application/json" };
    const answer = await this.fetch(this.words.create, { method: "POST", headers, body: JSON.stringify(said) });
    if (!answer.ok) throw new Refused(answer.status === 404 ? 410 : answer.status);
    return answer.json();
  }

  show(sent) {
    this.say("");
    const share = sent / this.chosen.size;
    const percent = Math.floor(share * 100);
    this.bar.value = percent;
    this.shown.textContent = this.words.wordsSending.replace("{percent}", this.percent.format(percent / 100));
    if (this.told < 0 || percent >= this.told + SAID_EVERY) {
      this.told = percent - (percent % SAID_EVERY);
      this.heard.textContent = this.shown.textContent;
    }
  }

  say(words) {
    if (this.status.textContent !== words) this.status.textContent = words;
  }

  pause() {
    this.paused = true;
    this.pauser.textContent = this.words.wordsResume;
    this.request?.abort();
    this.say(this.words.wordsPaused);
  }

  goOn() {
    this.paused = false;
    this.told = -1;
    this.pauser.textContent = this.words.wordsPause;
    this.wake?.();
  }

  cancel() {
    this.stopped = true;
    this.request?.abort();
    this.aborter.abort();
    this.wake?.();
    this.lock(false);
    this.say(this.words.wordsStopped);
    this.button.focus();
  }

  async discard() {
    const { url } = this;
    forget(this.key);
    // While the last bytes of a slow line are still being written, the file cannot be removed.
    for (let tries = 0; url && tries < 3; tries += 1) {
      const answer = await fetch(url, { method: "DELETE", headers: VERSION, keepalive: true }).catch(() => null);
      if (answer?.status !== 423) return;
    }
  }

  // While a file is sent nothing of the form can be changed; who pressed the button finds the controls in its place.
  lock(locked) {
    for (const field of this.form.elements) if (!this.box.contains(field)) field.disabled = locked;
    this.box.hidden = !locked;
    this.button.hidden = locked;
    this.pauser.textContent = this.words.wordsPause;
    if (locked) this.pauser.focus();
  }
}

// Whether it is worth trying again: no answer at all, somebody else writes, or the server has trouble of its own.
function passing(status) {
  return [408, 409, 423, 429, 460, 502, 503, 504].includes(status);
}

function remember(key, url) {
  try {
    localStorage.setItem(key, JSON.stringify({ url, at: Date.now() }));
  } catch {
    // Without a place to remember it, the file begins anew after the page was left.
  }
}

function recall(key) {
  try {
    const { url, at } = JSON.parse(localStorage.getItem(key)) ?? {};
    return url && Date.now() - at < REMEMBERED ? url : null;
  } catch {
    return null;
  }
}

function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was remembered.
  }
}

function tidy() {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX) && !recall(key)) forget(key);
  } catch {
    // Storage is closed to us; there is nothing in it.
  }
}

for (const form of document.querySelectorAll("form[data-upload][data-tus]")) {
  if (!form.querySelector("[data-upload-progress] progress") || !form.querySelector("[data-upload-status]")) continue;
  tidy();
  new Upload(form);
}
