/** The person's own facts: form to JSON and back. */

import { find, findAll } from "./page.js";
import { Rows } from "./rows.js";

export class FactsForm {
  constructor(root) {
    this.texts = findAll("[data-fact]", root);
    this.rows = findAll("[data-rows]", root).map((each) => new Rows(each));
  }

  /** Only what was told. */
  get facts() {
    const texts = this.texts.map((field) => [field.dataset.fact, field.value.trim()]);
    const lists = this.rows.map((rows) => [rows.name, rows.values]);
    return Object.fromEntries([...texts, ...lists].filter(([, value]) => value.length));
  }

  set facts(facts) {
    for (const field of this.texts) field.value = facts[field.dataset.fact] ?? "";
    for (const rows of this.rows) rows.values = facts[rows.name] ?? [];
  }
}

/** Shows the stored facts, and saves changed ones. What is being typed is never overwritten, nor what is not. */
export class FactsView {
  #dirty = false;
  #told = {};
  #drawn = null;
  #before = {}; // The form as filled or saved last, by which the person's changes are known.

  constructor(root, onSave) {
    const form = find("form", root);
    this.form = new FactsForm(form);
    form.addEventListener("input", () => (this.#dirty = true));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const typed = this.form.facts;
      const saved = await onSave(changed(this.#told, this.#before, typed), find("[data-save]", form));
      if (!saved) return;
      this.#before = typed;
      // Who goes on typing meanwhile has something to save again.
      this.#dirty = !same(this.form.facts, typed);
    });
  }

  render({ facts }) {
    this.#told = facts;
    if (this.#dirty || same(facts, this.#drawn)) return;
    this.#drawn = facts;
    this.form.facts = facts;
    this.#before = this.form.facts;
  }
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** The facts with what the person has changed in the form. A blank may have told others since. */
function changed(facts, before, typed) {
  const names = Object.keys({ ...before, ...typed }).filter((name) => !same(before[name], typed[name]));
  const changes = names.map((name) => [name, typed[name]]);
  return Object.fromEntries(Object.entries({ ...facts, ...Object.fromEntries(changes) }).filter(([, value]) => value));
}
