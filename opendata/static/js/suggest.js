// Offers people, bodies, subjects, keywords and records while one types into a form of the desk, and checks numbers at
// once: the combobox of the WAI-ARIA Authoring Practices with a list. Choosing fills the fields beside it as well.
// Without this module "Look up" shows the same.

const WAIT = 180; // Milliseconds of rest before a question is sent.
const LEAST = 2;
const SELF = "=";

let lists = 0;

class Suggest {
  constructor(input, choose) {
    this.input = input;
    this.choose = choose;
    this.items = [];
    this.options = [];
    this.active = -1;
    this.list = document.createElement("div");
    this.list.id = `suggestions-${(lists += 1)}`;
    this.list.className = "completions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.dataset.listName);
    this.list.hidden = true;
    this.said = document.createElement("span");
    this.said.className = "visually-hidden";
    this.said.setAttribute("role", "status");
    input.parentElement.classList.add("lookup--live");
    input.after(this.list, this.said);
    const parts = {
      role: "combobox",
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    };
    for (const [name, value] of Object.entries(parts)) input.setAttribute(name, value);
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  later() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    const typed = this.input.value.trim();
    if (typed.length < LEAST) return this.close();
    this.asking = new AbortController();
    try {
      const url = `${this.input.dataset.suggest}?${new URLSearchParams({ q: typed })}`;
      const answer = await fetch(url, { signal: this.asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return this.close();
      const found = await answer.json();
      if (typed === this.input.value.trim() && document.activeElement === this.input) this.show(found);
    } catch {
      // Offline, or asked again meanwhile: typing works as ever.
    }
  }

  show({ items, said }) {
    this.mark(-1);
    this.items = items;
    this.options = items.map((item, place) => this.option(item, place));
    this.list.replaceChildren(...this.options);
    this.open(items.length > 0);
    this.said.textContent = said;
  }

  option({ label, note, language }, place) {
    const option = document.createElement("div");
    option.id = `${this.list.id}-option-${place}`;
    option.className = "completions__option";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const words = document.createElement("span");
    if (language) words.lang = language;
    words.textContent = label;
    option.append(words);
    if (note) {
      const small = document.createElement("small");
      small.textContent = note;
      option.append(" ", small);
    }
    option.addEventListener("click", () => this.take(place));
    return option;
  }

  take(place) {
    this.choose(this.input, this.items[place].values);
    this.close();
  }

  open(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    if (!open) this.mark(-1);
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.open(false);
    this.said.textContent = "";
  }

  mark(place) {
    this.options[this.active]?.setAttribute("aria-selected", "false");
    this.active = place;
    const option = this.options[place];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  move(step) {
    if (this.list.hidden) {
      if (!this.options.length) return this.ask();
      this.open(true);
    }
    const places = this.options.length + 1; // The field is one of the places that the arrows go round.
    this.mark(((this.active + 1 + step + places) % places) - 1);
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      // Who is choosing never sends the form by chance.
      event.preventDefault();
      if (!this.list.hidden && this.active >= 0) this.take(this.active);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Tab") {
      this.close();
    }
  }
}

// Fills the field itself and those beside it in its row.
function fill(input, values) {
  const row = input.name.includes("-") ? `${input.name.slice(0, input.name.lastIndexOf("-"))}-` : "";
  for (const [name, value] of Object.entries(values)) {
    const field = name === SELF ? input : input.form.elements[row + name];
    if (field) put(field, value);
  }
}

function put(field, value) {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// A field for one word above a field of many: what is chosen there becomes a line of it.
function adder(area) {
  const box = document.createElement("div");
  box.className = "lookup";
  const input = document.createElement("input");
  input.type = "text";
  input.lang = area.lang;
  input.placeholder = area.dataset.addName;
  input.setAttribute("aria-label", `${area.dataset.addName}: ${area.labels[0]?.firstChild.textContent.trim() ?? ""}`);
  input.dataset.suggest = area.dataset.suggest;
  input.dataset.listName = area.dataset.listName;
  const add = (words) => {
    if (!words) return;
    const lines = area.value.split("\n").filter((line) => line.trim());
    if (!lines.includes(words)) put(area, [...lines, words].join("\n"));
    input.value = "";
  };
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || input.getAttribute("aria-activedescendant")) return;
    event.preventDefault();
    add(input.value.trim());
  });
  box.append(input);
  area.before(box);
  new Suggest(input, (_, values) => add(values[SELF]));
}

// The check digits of an identifier, when one leaves the field.
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
  for (const input of root.querySelectorAll("input[data-suggest]")) new Suggest(input, fill);
  for (const area of root.querySelectorAll("textarea[data-suggest]")) adder(area);
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
