/** The letter: four items that stream, are edited in place, filled in, or written anew. */

import { byId, copy, element, find, notify, say, settings, show, write } from "./page.js";
import { letterEnded } from "./state.js";
import { pieces } from "./blanks.js";
import { waiting } from "./photo.js";

const ACTIONS = ["retry", "cancel", "versions", "rewrite", "company"];

export class LetterView {
  #items = new Map();
  #frame = null;

  /** `on` hears `retry cancel versions rewrite company` with the button, `edit(number, text, button)`,
   * `regenerate(number, button)` and `fill(number, place, button)`. */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    this.list = find(".items", root);
    for (const name of ACTIONS) {
      const button = find(`[data-action="${name}"]`, root);
      button.addEventListener("click", () => on[name](button));
    }
  }

  render(resume, { visible }) {
    show(this.root, visible);
    this.letter = resume.letter;
    if (!visible) return;
    // Pieces arrive faster than a screen draws.
    if (this.#frame !== null) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = null;
      if (this.letter) this.#draw(this.letter);
    });
  }

  #draw(letter) {
    const { root } = this;
    const ended = letterEnded(letter);
    root.dataset.state = letter.state;
    root.dataset.version = letter.version;
    write(byId("letter-heading"), say("letter.heading", { company: letter.company.name }));
    write(find(".status [data-status]", root), this.#status(letter));
    find(".status", root).classList.toggle("bad", letter.state === "failed");
    waiting(find("[data-waiting]", root), letter, ended);
    const visible = {
      retry: letter.state === "failed" || letter.state === "cancelled",
      cancel: !ended,
      versions: ended && letter.version > 1,
      rewrite: letter.state === "done",
      company: ended,
    };
    for (const name of ACTIONS) show(find(`[data-action="${name}"]`, root), visible[name]);
    for (const section of letter.sections) this.#item(section.number).render(section, letter);
    for (const [number, item] of this.#items) {
      if (letter.sections.some((section) => section.number === number)) continue;
      item.root.remove();
      this.#items.delete(number);
    }
  }

  #status(letter) {
    if (letter.state !== "writing") return say(`letter.${letter.state}`);
    const now = letter.sections.find((section) => section.number === writing(letter));
    return now ? say("letter.writing", { title: now.title }) : say("letter.starting");
  }

  #item(number) {
    if (!this.#items.has(number)) {
      const item = new Item(number, this.on);
      this.#items.set(number, item);
      const next = [...this.#items.entries()].filter(([other]) => other > number).sort(([a], [b]) => a - b)[0];
      this.list.insertBefore(item.root, next ? next[1].root : null);
    }
    return this.#items.get(number);
  }

  /** The whole letter as plain text, for the clipboard. */
  get text() {
    return (this.letter?.sections ?? []).map(({ title, text }, place) => `${place + 1}. ${title}\n\n${text}`).join("\n\n");
  }
}

class Item {
  #drawn = null;

  constructor(number, on) {
    this.root = byId("letter-item").content.cloneNode(true).firstElementChild;
    this.number = number;
    const id = `item-${number}`;
    find("h3", this.root).id = id;
    this.root.setAttribute("aria-labelledby", id);
    this.form = find("form", this.root);
    this.area = find("textarea", this.root);
    this.area.setAttribute("aria-labelledby", id);
    this.area.addEventListener("input", () => this.#count());
    const [edit, regenerate, taking, drop] = ["edit", "regenerate", "copy", "drop"].map((name) =>
      find(`[data-action="${name}"]`, this.root),
    );
    edit.addEventListener("click", () => this.#edit());
    drop.addEventListener("click", () => this.#close(edit));
    regenerate.addEventListener("click", () => on.regenerate(number, regenerate));
    taking.addEventListener("click", async () => {
      await copy(this.text);
      notify(say("letter.item_copied"), "good");
    });
    find(".text", this.root).addEventListener("click", ({ target }) => {
      const button = target.closest("button.blank");
      if (button) on.fill(number, Number(button.dataset.place), button);
    });
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const sent = this.area.value;
      const saved = await on.edit(number, sent, find("button", this.form));
      if (saved && this.area.value === sent) this.#close(edit);
    });
  }

  get editing() {
    return !this.form.hidden;
  }

  render(section, letter) {
    this.text = section.text;
    const ended = letterEnded(letter);
    const now = letter.state === "writing" && writing(letter) === this.number;
    this.root.classList.toggle("now", now);
    write(find("h3", this.root), `${this.number}. ${section.title}`);
    const characters = count(find("header .count", this.root), section.text, ended);
    find(".gauge", this.root).style.setProperty("--filled", Math.min(characters / Number(settings.longest), 1));
    const fillable = letter.state === "done";
    const drawn = `${fillable} ${section.text}`;
    if (this.#drawn !== drawn) {
      this.#drawn = drawn;
      this.#write(section.text, fillable);
    }
    this.#problems(ended ? section.problems ?? [] : []);
    show(find(".tools", this.root), fillable && !this.editing);
    show(find(".text", this.root), !this.editing);
  }

  #write(text, fillable) {
    let place = 0;
    const lines = text.split(/\n+/).filter(Boolean).map((line) => {
      const paragraph = element("p");
      for (const { words, blank } of pieces(line)) {
        if (!blank) paragraph.append(words);
        else if (!fillable) paragraph.append(element("mark", { textContent: words }));
        else {
          const button = element("button", { type: "button", className: "blank", textContent: words });
          button.title = say("blank.tap");
          button.dataset.place = place++;
          paragraph.append(button);
        }
      }
      return paragraph;
    });
    find(".text", this.root).replaceChildren(...lines);
  }

  #problems(problems) {
    const list = find(".problems", this.root);
    // The blanks stand in the text, marked, and the count beside the title.
    const said = problems.filter(({ check }) => check !== "blanks");
    show(list, said.length > 0);
    list.replaceChildren(...said.map(({ detail }) => element("li", { textContent: detail })));
  }

  #edit() {
    this.area.value = this.text;
    this.#count();
    show(this.form, true);
    show(find(".text", this.root), false);
    show(find(".tools", this.root), false);
    this.area.focus();
  }

  #close(next) {
    show(this.form, false);
    show(find(".text", this.root), true);
    show(find(".tools", this.root), true);
    next.focus();
  }

  #count() {
    count(find("form .count", this.root), this.area.value, true);
  }
}

/** The number of the item under way: as the stream said, or after a snapshot the last one begun. */
function writing(letter) {
  return letter.writing ?? letter.sections.filter(({ text }) => text).pop()?.number;
}

/** Characters as the server counts them: code points, spaces included. */
function count(place, text, judged) {
  const characters = [...text].length;
  const { shortest, longest } = settings;
  const off = judged && (characters < Number(shortest) || characters > Number(longest));
  const words = { count: characters.toLocaleString(), shortest, longest: Number(longest).toLocaleString() };
  write(place, say(off ? "letter.off" : "letter.characters", words));
  place.classList.toggle("off", off);
  return characters;
}
