/** The form that begins a résumé. */

import { newKey, post, send } from "./api.js";
import { act, find, findAll, notify, say, settings, show, write } from "./page.js";
import { readFacts } from "./facts.js";
import { Picker } from "./picker.js";

export class StartView {
  #key = null;

  /** `onCreated(resume, photoUrl)` hears of the new résumé. */
  constructor(root, onCreated) {
    this.root = root;
    this.form = find("form", root);
    this.onCreated = onCreated;
    this.picker = new Picker(find("[data-picker]", root), () => (this.#key = null));
    this.form.addEventListener("input", (event) => {
      this.#key = null;
      this.#fault(event.target.name, "");
    });
    const button = find("button.main", this.form);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(button, () => this.#submit());
    });
    button.disabled = false;
  }

  async #submit() {
    if (!this.#valid()) return;
    // The same answers sent twice, after a lost network say, are one résumé.
    this.#key ??= newKey();
    const uploading = find(".uploading", this.form);
    show(uploading, true);
    try {
      this.#progress(0);
      if (!settings.known) {
        await post("auth/guest/");
        settings.known = "yes";
      }
      const resume = await send("POST", "resumes/", this.#data(), {
        key: this.#key,
        onProgress: (share) => this.#progress(share),
      });
      this.#key = null;
      this.onCreated(resume, this.picker.url);
    } catch (error) {
      this.#explain(error);
    } finally {
      show(uploading, false);
    }
  }

  #data() {
    const data = new FormData();
    for (const name of ["name", "phone", "mbti", "language"]) data.set(name, this.form.elements[name].value.trim());
    data.set("consent", "true");
    data.set("photo", this.picker.file, this.picker.file.name);
    const facts = readFacts(this.form);
    if (Object.keys(facts).length) data.set("facts", JSON.stringify(facts));
    return data;
  }

  #progress(share) {
    const percent = Math.round(share * 100);
    find("progress", this.form).value = percent;
    // Every quarter is enough for the ear.
    if (percent === 100) write(find(".uploading p", this.form), say("form.processing"));
    else write(find(".uploading p", this.form), say("form.uploading", { percent: percent - (percent % 25) }));
  }

  #valid() {
    const { name, phone, mbti, consent } = this.form.elements;
    const length = [...name.value.trim()].length;
    const faults = {
      name: length < 1 || length > 40,
      phone: phone.value.replace(/\D/g, "").length < 9,
      mbti: !mbti.value,
      photo: !this.picker.file,
      consent: !consent.checked,
    };
    for (const [field, wrong] of Object.entries(faults)) this.#fault(field, wrong ? say(`form.${field}`) : "");
    const first = Object.keys(faults).find((field) => faults[field]);
    if (first) this.#focus(first);
    return !first;
  }

  #fault(field, sentence) {
    if (field === "photo") return this.picker.say(sentence);
    const place = find(`[data-error="${field}"]`, this.form);
    if (place) write(place, sentence);
    for (const input of findAll(`[name="${field}"]`, this.form)) {
      if (sentence) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  #focus(field) {
    if (field === "photo") this.picker.focus();
    else find(`[name="${field}"]`, this.form)?.focus();
  }

  #explain(problem) {
    if (!problem.detail) throw problem;
    notify(problem.detail);
    const photo = ["not_an_image", "corrupt_image", "image_too_small", "unsupported_format", "too_large"];
    const faults = photo.includes(problem.code) ? [{ field: "photo", detail: problem.detail }] : problem.errors;
    for (const { field, detail } of faults) this.#fault(field, detail);
    if (faults.length) this.#focus(faults[0].field);
    if (problem.code === "idempotency_mismatch") this.#key = null;
    if (problem.status === 401) settings.known = "";
  }

  show() {
    show(this.root, true);
  }

  reset() {
    this.form.reset();
    this.picker.clear();
    this.#key = null;
  }
}
