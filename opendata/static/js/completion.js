// Offers what is there already while somebody types: records, agencies, subjects, people and keywords in a search, and the
// same in the forms of the desk, where choosing fills the fields beside it as well. It is the combobox of the WAI-ARIA
// Authoring Practices with a list. Without this module these are plain fields, and "Look up" shows the same.

const LEAST = 2;
const SELF = "=";

let lists = 0;

class Combobox {
  constructor(input, url, wait) {
    this.input = input;
    this.url = url;
    this.wait = wait; // Milliseconds of rest before a question is sent.
    this.options = [];
    this.active = -1;
    this.known = new Map();
    this.list = element("div", "completions");
    this.list.id = `completions-${(lists += 1)}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.dataset.listName);
    this.list.hidden = true;
    this.said = element("span", "visually-hidden");
    this.said.setAttribute("role", "status");
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
    // The field keeps the focus while something of the list is pressed.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  later() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = setTimeout(() => this.ask(), this.wait);
  }

  async ask() {
    const typed = this.input.value.trim();
    if (typed.length < LEAST) return this.close();
    if (!this.known.has(typed)) {
      this.asking = new AbortController();
      try {
        const url = `${this.url}?${new URLSearchParams({ q: typed })}`;
        const answer = await fetch(url, { signal: this.asking.signal, headers: { Accept: "application/json" } });
        if (!answer.ok) return this.close();
        this.known.set(typed, await answer.json());
      } catch {
        return; // Offline, or asked again meanwhile: typing works as ever.
      }
    }
    if (typed === this.input.value.trim() && document.activeElement === this.input) this.show(this.known.get(typed));
  }

  show(found) {
    this.mark(-1);
    this.options = [];
    this.list.replaceChildren(...this.drawn(found));
    this.open(this.options.length > 0);
    this.said.textContent = found.said;
  }

  // One of the list: `tag` with words in a language, and a note.
  option(tag, words, language, note) {
    const option = element(tag, "completions__option");
    option.id = `${this.list.id}-option-${this.options.length}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const said = document.createElement("span");
    if (language) said.lang = language;
    said.append(...words);
    option.append(said);
    if (note) {
      const small = document.createElement("small");
      small.textContent = note;
      option.append(" ", small);
    }
    this.options.push(option);
    return option;
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

  // The option at that place is the one that Enter chooses; -1 is the field itself.
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
      this.enter(event);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Tab") {
      this.close();
    }
  }

  enter(event) {
    if (this.list.hidden || this.active < 0) return;
    event.preventDefault();
    this.options[this.active].click();
  }
}

// In a search the list leads to what it names, in groups.
class Search extends Combobox {
  constructor(input) {
    super(input, input.dataset.complete, 130);
    // A search field cannot be a combobox (ARIA in HTML): for who reads the screen it is a text field that has a list.
    input.type = "text";
    input.enterKeyHint = "search";
    input.form.append(this.list, this.said);
  }

  drawn({ groups }) {
    return groups.map(({ label, items }, number) => {
      const group = document.createElement("div");
      group.setAttribute("role", "group");
      const heading = element("span", "completions__heading");
      heading.id = `${this.list.id}-${number}`;
      heading.textContent = label;
      group.setAttribute("aria-labelledby", heading.id);
      group.append(heading, ...items.map((item) => this.link(item)));
      return group;
    });
  }

  link({ pieces, language, note, url }) {
    const words = pieces.map(([text, typed]) => {
      const piece = document.createElement(typed ? "b" : "span");
      piece.textContent = text;
      return piece;
    });
    const option = this.option("a", words, language, note);
    option.href = url;
    option.rel = "nofollow";
    option.tabIndex = -1;
    return option;
  }
}

// In a form what is chosen is given to `choose`.
class Suggestions extends Combobox {
  constructor(input, choose) {
    super(input, input.dataset.suggest, 180);
    this.choose = choose;
    input.parentElement.classList.add("lookup--live");
    input.after(this.list, this.said);
  }

  drawn({ items }) {
    return items.map(({ label, note, language, values }) => {
      const option = this.option("div", [label], language, note);
      option.addEventListener("click", () => {
        this.choose(this.input, values);
        this.close();
      });
      return option;
    });
  }

  enter(event) {
    event.preventDefault(); // Who is choosing never sends the form by chance.
    super.enter(event);
  }
}

function element(tag, className) {
  const made = document.createElement(tag);
  made.className = className;
  return made;
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
  const box = element("div", "lookup");
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
  new Suggestions(input, (_, values) => add(values[SELF]));
}

function enhance(root) {
  for (const input of root.querySelectorAll("input[data-complete]")) new Search(input);
  for (const input of root.querySelectorAll("input[data-suggest]")) new Suggestions(input, fill);
  for (const area of root.querySelectorAll("textarea[data-suggest]")) adder(area);
}

enhance(document);
document.addEventListener("edit:new", (event) => enhance(event.detail));
