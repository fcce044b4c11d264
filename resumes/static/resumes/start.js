/** The way to a résumé: welcome, then one question after another. */

import { newKey, post, send } from "./api.js";
import { act, byId, find, findAll, notify, remember, remembered, say, settings, show, write } from "./page.js";
import { FactsForm } from "./facts.js";
import { Picker } from "./picker.js";
import { watchTypes } from "./mbti.js";
import { allowGarments, joined } from "./styles.js";

const STEPS = ["about", "mbti", "photo", "story", "consent"];
const FIELDS = ["name", "phone", "mbti", "style", "garment", "language"];
const DRAFT = "draft";
const PHOTO_CODES = ["not_an_image", "corrupt_image", "image_too_small", "unsupported_format", "too_large"];

export class StartView {
  #key = null;
  #step = null;
  #language; // The letter's, once the person has chosen it: until then it is the page's.

  /** `onCreated(resume, photoUrl)` hears of the new résumé. */
  constructor(root, onCreated) {
    this.root = root;
    this.form = find("form", root);
    this.onCreated = onCreated;
    this.picker = new Picker(find("[data-picker]", root), () => (this.#key = null));
    this.story = new FactsForm(this.form);
    watchTypes(this.form);
    this.form.addEventListener("change", () =>
      allowGarments(find("[data-garments]", this.form), this.form.elements.style.value),
    );
    this.#restore();
    this.form.addEventListener("input", (event) => {
      this.#key = null;
      if (event.target.name === "language") this.#language = event.target.value;
      this.#fault(event.target.name, "");
      this.#save();
    });
    this.next = find("[data-next]", this.form);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(this.next, () => this.#forward());
    });
    const begin = find("[data-begin]", root);
    begin.addEventListener("click", () => this.#go("about"));
    begin.disabled = false;
    find("[data-back]", this.form).addEventListener("click", () => history.back());
    this.onward = find("[data-continue]", root);
  }

  /** The screen that the address names, as far as the answers before it are given. `onward` leads to a résumé. */
  route(onward = null) {
    this.onward.hidden = !onward;
    if (onward) this.onward.href = onward;
    const wanted = location.hash.slice(1);
    const open = STEPS.slice(0, STEPS.findIndex((step) => this.#faultsOf(step).length) + 1 || STEPS.length);
    const step = STEPS.includes(wanted) ? (open.includes(wanted) ? wanted : open[open.length - 1]) : null;
    show(this.root, true);
    this.#draw(step);
  }

  hide() {
    show(this.root, false);
  }

  reset() {
    this.form.reset();
    this.story.facts = {};
    this.form.dispatchEvent(new Event("change"));
    this.picker.clear();
    this.#key = null;
    this.#language = undefined;
    remember("sessionStorage", DRAFT, null);
  }

  focus() {
    find(this.#step ? `[data-step="${this.#step}"] h2` : "h1", this.root).focus();
  }

  #go(step) {
    history.pushState(null, "", `${settings.home}#${step}`);
    this.#draw(step);
    window.scrollTo(0, 0);
    this.focus();
  }

  #draw(step) {
    this.#step = step;
    show(byId("welcome"), !step);
    show(this.form, Boolean(step));
    if (!step) return;
    const place = STEPS.indexOf(step) + 1;
    for (const part of findAll("[data-step]", this.form)) show(part, part.dataset.step === step);
    find(".pace progress", this.form).value = place;
    write(find("[data-pace]", this.form), `${place} / ${STEPS.length}`);
    this.#label();
    if (step === "consent") this.#review();
  }

  #label() {
    const skips = this.#step === "story" && !Object.keys(this.story.facts).length;
    write(this.next, say(this.#step === "consent" ? "form.create" : skips ? "form.skip" : "form.next"));
  }

  async #forward() {
    const last = this.#step === STEPS[STEPS.length - 1];
    const faults = (last ? STEPS : [this.#step]).flatMap((step) => this.#faultsOf(step).map((field) => [step, field]));
    for (const [, field] of faults) this.#fault(field, say(`form.${field}`));
    if (faults.length) {
      const [step, field] = faults[0];
      if (step !== this.#step) this.#go(step);
      return this.#focus(field);
    }
    if (last) return this.#submit();
    this.#go(STEPS[STEPS.indexOf(this.#step) + 1]);
  }

  #faultsOf(step) {
    const { name, phone, mbti, consent } = this.form.elements;
    const length = [...name.value.trim()].length;
    const wrong = {
      about: { name: length < 1 || length > 40, phone: phone.value.replace(/\D/g, "").length < 9 },
      mbti: { mbti: !mbti.value },
      photo: { photo: !this.picker.file },
      story: {},
      consent: { consent: !consent.checked },
    }[step];
    return Object.keys(wrong).filter((field) => wrong[field]);
  }

  async #submit() {
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
      const { url } = this.picker;
      this.picker.release();
      this.reset();
      this.onCreated(resume, url);
    } catch (error) {
      this.#explain(error);
    } finally {
      show(uploading, false);
    }
  }

  #data() {
    const data = new FormData();
    for (const name of FIELDS) data.set(name, this.form.elements[name].value.trim());
    data.set("style", joined(data.get("style"), data.get("garment")));
    data.delete("garment");
    data.set("consent", "true");
    data.set("photo", this.picker.file, this.picker.file.name);
    const { facts } = this.story;
    if (Object.keys(facts).length) data.set("facts", JSON.stringify(facts));
    return data;
  }

  #review() {
    const { name, mbti } = this.form.elements;
    write(find("[data-review]", this.form), [name.value.trim(), mbti.value].filter(Boolean).join(" · "));
    const image = find(".review img", this.form);
    image.onerror = () => show(image, false); // HEIC, where the browser cannot show it.
    show(image, Boolean(this.picker.url));
    if (this.picker.url) image.src = this.picker.url;
  }

  #progress(share) {
    const percent = Math.round(share * 100);
    find(".uploading progress", this.form).value = percent;
    // Every quarter is enough for the ear.
    if (percent === 100) write(find(".uploading p", this.form), say("form.processing"));
    else write(find(".uploading p", this.form), say("form.uploading", { percent: percent - (percent % 25) }));
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
    const { code, detail, errors } = problem;
    const faults = PHOTO_CODES.includes(code) ? [{ field: "photo", detail }] : errors;
    for (const fault of faults) this.#fault(fault.field, fault.detail);
    const first = faults[0]?.field;
    const place = first && find(`[name="${first}"], [data-error="${first}"]`, this.form)?.closest("[data-step]");
    if (place && place.dataset.step !== this.#step) this.#go(place.dataset.step);
    if (first) this.#focus(first);
    if (code === "idempotency_mismatch") this.#key = null;
    if (problem.status === 401) settings.known = "";
  }

  /** A phone short of memory forgets the page while its camera is open; the tab remembers the answers. */
  #save() {
    this.#label();
    const answers = Object.fromEntries(FIELDS.map((name) => [name, this.form.elements[name].value]));
    const draft = { ...answers, language: this.#language, facts: this.story.facts };
    remember("sessionStorage", DRAFT, JSON.stringify(draft));
  }

  #restore() {
    const { facts, ...answers } = JSON.parse(remembered("sessionStorage", DRAFT) ?? "{}");
    for (const [name, value] of Object.entries(answers)) this.form.elements[name].value = value;
    this.#language = answers.language;
    if (facts) this.story.facts = facts;
    this.form.dispatchEvent(new Event("change"));
  }
}
