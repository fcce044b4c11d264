/** The person's own facts: form to JSON and back. The form knows one experience; others are kept as they are. */

import { find, findAll } from "./page.js";

const SEPARATOR = { education: /\n/, strengths: /[,\n]/ };
const JOINT = { education: "\n", strengths: ", " };

export function readFacts(root, present = {}) {
  const facts = {};
  for (const field of findAll("[data-fact]", root)) {
    const name = field.dataset.fact;
    const value = field.value.trim();
    const parts = SEPARATOR[name] && value.split(SEPARATOR[name]).map((part) => part.trim()).filter(Boolean);
    if (parts ? parts.length : value) facts[name] = parts ?? value;
  }
  const experience = {};
  for (const field of findAll("[data-experience]", root)) {
    if (field.value.trim()) experience[field.dataset.experience] = field.value.trim();
  }
  const others = (present.experiences ?? []).slice(1);
  const experiences = [...(Object.keys(experience).length ? [experience] : []), ...others];
  if (experiences.length) facts.experiences = experiences;
  return facts;
}

export function fillFacts(root, facts) {
  for (const field of findAll("[data-fact]", root)) {
    const value = facts[field.dataset.fact] ?? "";
    field.value = Array.isArray(value) ? value.join(JOINT[field.dataset.fact]) : value;
  }
  const [experience = {}] = facts.experiences ?? [];
  for (const field of findAll("[data-experience]", root)) field.value = experience[field.dataset.experience] ?? "";
}

/** Shows the stored facts, and saves changed ones. What is being typed is never overwritten. */
export class FactsView {
  #dirty = false;
  #stored = null;

  constructor(root, onSave) {
    this.form = find("form", root);
    this.form.addEventListener("input", () => (this.#dirty = true));
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await onSave(readFacts(this.form, this.#stored ?? {}), find("button", this.form))) this.#dirty = false;
    });
  }

  render({ facts }) {
    if (this.#dirty || JSON.stringify(facts) === JSON.stringify(this.#stored)) return;
    this.#stored = facts;
    fillFacts(this.form, facts);
  }
}
