// Offers titles, agencies, subjects, people and keywords while somebody types a search: the combobox of the WAI-ARIA
// Authoring Practices with a list. Without this module, and while the list is closed, it is a plain search field.

const WAIT = 130; // Milliseconds of rest before a question is sent.
const LEAST = 2;

let lists = 0;

class Completion {
  constructor(input) {
    this.input = input;
    this.form = input.form;
    this.options = [];
    this.active = -1;
    this.known = new Map();
    this.list = document.createElement("div");
    this.list.id = `completions-${(lists += 1)}`;
    this.list.className = "completions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.dataset.listName);
    this.list.hidden = true;
    this.said = document.createElement("span");
    this.said.className = "visually-hidden";
    this.said.setAttribute("role", "status");
    this.form.append(this.list, this.said);

    // A search field cannot be a combobox (ARIA in HTML): for who reads the screen it is a text field that has a list.
    input.type = "text";
    input.enterKeyHint = "search";
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    }))
      input.setAttribute(name, value);

    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    // The field keeps the focus while something of the list is pressed.
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
    if (!this.known.has(typed)) {
      this.asking = new AbortController();
      try {
        const url = `${this.input.dataset.complete}?${new URLSearchParams({ q: typed })}`;
        const answer = await fetch(url, { signal: this.asking.signal, headers: { Accept: "application/json" } });
        if (!answer.ok) return this.close();
        this.known.set(typed, await answer.json());
      } catch {
        return; // Offline, or asked again meanwhile: searching works as ever.
      }
    }
    if (typed === this.input.value.trim() && document.activeElement === this.input) this.show(this.known.get(typed));
  }

  show({ groups, said }) {
    this.mark(-1);
    this.options = [];
    this.list.replaceChildren(...groups.map((group, number) => this.group(group, number)));
    this.open(this.options.length > 0);
    this.said.textContent = said;
  }

  group({ label, items }, number) {
    const group = document.createElement("div");
    group.setAttribute("role", "group");
    const heading = document.createElement("span");
    heading.id = `${this.list.id}-${number}`;
    heading.className = "completions__heading";
    heading.textContent = label;
    group.setAttribute("aria-labelledby", heading.id);
    group.append(heading, ...items.map((item) => this.option(item)));
    return group;
  }

  option({ pieces, language, note, url }) {
    const option = document.createElement("a");
    option.id = `${this.list.id}-option-${this.options.length}`;
    option.className = "completions__option";
    option.href = url;
    option.rel = "nofollow";
    option.tabIndex = -1;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const words = document.createElement("span");
    if (language) words.lang = language;
    for (const [text, typed] of pieces) {
      const piece = document.createElement(typed ? "b" : "span");
      piece.textContent = text;
      words.append(piece);
    }
    option.append(words);
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
    } else if (event.key === "Enter" && !this.list.hidden && this.active >= 0) {
      event.preventDefault();
      this.options[this.active].click();
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Tab") {
      this.close();
    }
  }
}

for (const input of document.querySelectorAll("input[data-complete]")) new Completion(input);
