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

/** Shows the stored facts, and saves changed ones. What is being typed is never overwritten. */
export class FactsView {
  #dirty = false;
  #stored = null;

  constructor(root, onSave) {
    const form = find("form", root);
    this.form = new FactsForm(form);
    form.addEventListener("input", () => (this.#dirty = true));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await onSave(this.form.facts, find("[data-save]", form))) this.#dirty = false;
    });
  }

  render({ facts }) {
    if (this.#dirty || JSON.stringify(facts) === JSON.stringify(this.#stored)) return;
    this.#stored = facts;
    this.form.facts = facts;
  }
}
