/** A list in a form, as many rows as the person needs: lines of text, or groups of fields. */

import { find, findAll, say, show } from "./page.js";

const MOST = 20; // The API's own limit.

export class Rows {
  /** `root` holds an `ol`, a row's `template` and a button that adds one; there is always a row to write in. */
  constructor(root) {
    this.root = root;
    this.name = root.dataset.rows;
    this.list = find("ol", root);
    this.adding = find("[data-add]", root);
    this.adding.addEventListener("click", () => this.#add());
    this.list.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-remove]");
      if (button) this.#remove(button.closest("li"));
    });
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    this.values = [];
  }

  /** What stands in the rows, without empty ones: texts, or objects of the named parts. */
  get values() {
    return [...this.list.children].map(valueOf).filter((value) => Object.keys(value).length);
  }

  set values(values) {
    const wanted = Math.max(1, values.length);
    while (this.list.children.length > wanted) this.list.lastElementChild.remove();
    while (this.list.children.length < wanted) this.#append();
    [...this.list.children].forEach((row, place) => fill(row, values[place] ?? ""));
    this.#number();
  }

  #append() {
    this.list.append(find("template", this.root).content.cloneNode(true));
  }

  #add() {
    this.#append();
    this.#number();
    focus(this.list.lastElementChild);
    this.#changed();
  }

  #remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (next) row.remove();
    else fill(row, "");
    this.#number();
    focus(next ?? row);
    this.#changed();
  }

  /** Return begins the next line, as it would in a list on paper. */
  #onKey(event) {
    const row = event.target.closest(".line");
    if (event.key !== "Enter" || event.isComposing || event.target !== row?.firstElementChild) return;
    event.preventDefault();
    if (row.nextElementSibling) focus(row.nextElementSibling);
    else if (event.target.value.trim() && !this.adding.hidden) this.#add();
  }

  /** Each row is known by its number, to the ear as well. */
  #number() {
    const rows = [...this.list.children];
    rows.forEach((row, place) => {
      const name = `${this.root.dataset.name} ${place + 1}`;
      const legend = find("legend", row);
      if (legend) legend.textContent = name;
      else row.firstElementChild.setAttribute("aria-label", name);
      const button = find("[data-remove]", row);
      button.setAttribute("aria-label", say("facts.remove", { row: name }));
      show(button, rows.length > 1);
    });
    show(this.adding, rows.length < MOST);
  }

  #changed() {
    this.list.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

const fields = (row) => findAll("input, textarea", row);

const focus = (row) => fields(row)[0].focus();

function valueOf(row) {
  const [first, ...others] = fields(row);
  if (!others.length) return first.value.trim();
  const parts = [first, ...others].map((field) => [field.dataset.part, field.value.trim()]);
  return Object.fromEntries(parts.filter(([, value]) => value));
}

function fill(row, value) {
  for (const field of fields(row)) field.value = (field.dataset.part ? value[field.dataset.part] : value) ?? "";
}
