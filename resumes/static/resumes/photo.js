/** The photo on its way: the original, steps, guesses for fun, the three portraits, their background, other clothes. */

import { byId, element, find, findAll, has, remember, remembered, say, show, write } from "./page.js";
import { photoEnded, photoExpired } from "./state.js";
import { Picker } from "./picker.js";
import { allow, allowGarments, allowed, checked, joined, parted } from "./styles.js";

const STEPS = ["detecting", "masking", "painting"];
const GUESSING = "guessing";

export class PhotoView {
  #drawn = "";
  #changing = false;
  #taken = null;
  #missing = null;

  /**
   * `on` hears `choose({chosen, background})`, of which the second may be missing, `restyle(slug)`,
   * `replace(file, button, onProgress)` and `retry(button)`.
   */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    const again = find(".again", root);
    const sending = find("[data-send]", again);
    this.picker = new Picker(find("[data-picker]", again), (file) => (sending.disabled = !file));
    sending.addEventListener("click", async () => {
      const uploading = find(".uploading", again);
      show(uploading, true);
      const sent = await on.replace(this.picker.file, sending, (share) => (find("progress", again).value = share * 100));
      show(uploading, false);
      if (!sent) return;
      this.#changing = false;
      this.take(this.picker.url);
    });
    const [retry, change] = ["retry", "change"].map((name) => find(`[data-action="${name}"]`, root));
    retry.addEventListener("click", () => on.retry(retry));
    change.addEventListener("click", () => {
      this.#changing = true;
      show(again, true);
      show(change, false);
      this.picker.focus();
    });
    this.backgrounds = find("[data-backgrounds]", root);
    [this.styles, this.garments] = ["styles", "garments"].map((name) => find(`[data-${name}]`, root));
    const candidates = find(".candidates", root);
    const background = () => on.choose({ chosen: standing(this.photo).number, background: checked(this.backgrounds) });
    const restyle = () => on.restyle(joined(checked(this.styles), checked(this.garments)));
    candidates.addEventListener("change", () => on.choose({ chosen: Number(checked(candidates)) }));
    this.#hear(this.backgrounds, background);
    this.#hear(this.styles, restyle);
    this.#hear(this.garments, restyle);
    this.original = find(".original", root);
    this.original.addEventListener("load", () => this.#frame());
    new ResizeObserver(() => this.#frame()).observe(find(".viewer", root));
    const guessing = byId("guessing");
    guessing.checked = remembered("localStorage", GUESSING) !== "off";
    guessing.addEventListener("change", () => {
      remember("localStorage", GUESSING, guessing.checked ? null : "off");
      this.#guess(this.photo);
    });
  }

  /** The picture as chosen in this tab; without it the server's copy is shown. */
  take(url) {
    this.#taken = url;
    this.#missing = null;
  }

  /** `dressing`: whether other clothes are being asked for. */
  render({ photo, style, events_url: events }, { dressing }) {
    const { root } = this;
    this.photo = photo;
    this.style = style;
    root.dataset.state = photo.state;
    const bad = photo.state === "rejected" || photo.state === "failed";
    const ended = photoEnded(photo);
    const expired = photoExpired(photo);
    root.toggleAttribute("data-expired", expired);
    find(".status", root).classList.toggle("bad", bad);
    const said = say(expired ? "photo.expired" : `photo.${photo.state}`);
    write(find("[data-status]", root), [said, photo.code && photo.detail].filter(Boolean).join(". "));
    waiting(find("[data-waiting]", root), photo, ended);
    this.#steps(photo);
    this.#candidates(photo);
    this.#advise(photo);
    const made = photo.state === "done" && photo.candidates.length > 0;
    this.#original(!made && !expired, events.replace("events/", "media/original.jpg"));
    this.#guess(photo);
    show(find(".again", root), photo.state === "rejected" || expired || (ended && this.#changing));
    show(find('[data-action="retry"]', root), photo.state === "failed");
    const change = find('[data-action="change"]', root);
    show(change, photo.state !== "rejected" && !expired && !this.#changing);
    change.disabled = !ended;
    for (const choices of [this.styles, this.garments]) allow(choices, ended && !bad && !dressing);
    allow(this.backgrounds, made);
    this.#check();
  }

  #hear(choices, change) {
    choices.addEventListener("change", () => (allowed(choices) ? change() : this.#check()));
  }

  #check() {
    const { suit, garment } = parted(this.style || "navy_suit");
    allowGarments(this.garments, suit);
    check(this.styles, suit);
    check(this.garments, garment);
    check(this.backgrounds, this.photo.background);
  }

  #original(wanted, stored) {
    const image = this.original;
    const address = this.#taken ?? stored;
    const visible = wanted && address !== this.#missing;
    show(image, visible);
    if (!visible) return show(find(".found-face", this.root), false);
    this.#frame();
    if (image.getAttribute("src") === address) return;
    // Not every browser shows a HEIC file; the server keeps every photo as JPEG, for some days.
    image.onerror = () => {
      if (!this.#taken) this.#missing = stored;
      this.#taken = null;
      this.#original(wanted, stored);
    };
    image.src = address;
  }

  /** Moves the picture so that the face stands in the middle of the viewer, and draws the frame around it. */
  #frame() {
    const frame = find(".found-face", this.root);
    const image = this.original;
    const box = this.photo?.face?.box;
    const visible = Boolean(box) && !image.hidden && image.naturalWidth > 0;
    show(frame, visible);
    if (!visible) return image.style.removeProperty("object-position");
    const { clientWidth, clientHeight } = image;
    const scale = Math.max(clientWidth / image.naturalWidth, clientHeight / image.naturalHeight);
    const place = (room, size, middle) => {
      const spare = size * scale - room;
      return { spare, offset: Math.min(Math.max(middle * size * scale - room / 2, 0), spare) };
    };
    const across = place(clientWidth, image.naturalWidth, box.left + box.width / 2);
    const down = place(clientHeight, image.naturalHeight, box.top + box.height / 2);
    const share = ({ spare, offset }) => (spare > 0.5 ? (offset / spare) * 100 : 50);
    image.style.objectPosition = `${share(across)}% ${share(down)}%`;
    Object.assign(frame.style, {
      left: `${box.left * image.naturalWidth * scale - across.offset}px`,
      top: `${box.top * image.naturalHeight * scale - down.offset}px`,
      width: `${box.width * image.naturalWidth * scale}px`,
      height: `${box.height * image.naturalHeight * scale}px`,
    });
  }

  #steps(photo) {
    const list = find(".steps", this.root);
    show(list, photo.state !== "done");
    const now = STEPS.indexOf(photo.state);
    for (const step of findAll("li", list)) {
      const place = STEPS.indexOf(step.dataset.step);
      step.className = place < now ? "past" : place === now ? "now" : "";
      if (place === now) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    }
  }

  #guess({ face, state }) {
    const age = face?.age_range && say("guess.age", { low: face.age_range[0], high: face.age_range[1] });
    const type = face?.emotions?.[0]?.type;
    const mood = type && has(`mood.${type}`) && say("guess.mood", { mood: say(`mood.${type}`) });
    const place = find(".guess", this.root);
    const bad = state === "rejected" || state === "failed";
    const on = byId("guessing").checked;
    const guess = age && mood ? say("guess.both", { age, mood }) : age || mood ? say("guess.one", { guess: age || mood }) : "";
    const unsure = face || bad ? "guess.unsure" : "guess.soon";
    write(find("strong", place), on ? (!bad && guess) || say(unsure) : say("guess.off"));
  }

  #advise({ advice = [] }) {
    const list = find("[data-advice]", this.root);
    show(list, advice.length > 0);
    const told = JSON.stringify(advice);
    if (list.dataset.told === told) return;
    list.dataset.told = told;
    list.replaceChildren(...advice.map(({ detail }) => element("li", {}, detail)));
  }

  #candidates(photo) {
    const { candidates, chosen, state } = photo;
    const place = find(".candidates", this.root);
    show(place, state === "done" && candidates.length > 0);
    // Scores tell two rounds of portraits apart even where their addresses are the same.
    const drawn = JSON.stringify(candidates.map(({ url, score, verdict }) => [url, score, verdict]));
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      find("div", place).replaceChildren(...candidates.map(candidate));
    }
    for (const input of findAll("input", place)) input.checked = Number(input.value) === chosen;
    const large = standing(photo);
    const reasons = (large?.reasons ?? []).map(({ detail }) => detail);
    write(find("[data-verdict]", this.root), large && state === "done" ? [say(`verdict.${large.verdict}`), ...reasons].join(" ") : "");
    const portrait = find(".portrait", this.root);
    show(portrait, state === "done" && Boolean(large));
    if (portrait.hidden) return portrait.removeAttribute("src");
    const address = addressOf({ ...large, url: large.portrait_url });
    if (portrait.getAttribute("src") !== address) portrait.src = address;
    portrait.alt = say(chosen ? "photo.chosen" : "photo.candidate", { number: large.number });
  }
}

/** The portrait that stands for the person: the chosen one, or the first. */
const standing = ({ candidates, chosen }) => candidates.find(({ number }) => number === chosen) ?? candidates[0];

function check(fieldset, value) {
  for (const input of findAll("input", fieldset)) input.checked = input.value === value;
}

/** Other portraits come under the same address: what sets them apart keeps the browser from showing the old ones. */
const addressOf = ({ url, score }) => `${url}?${score}`;

function candidate(one) {
  const alt = say("photo.candidate", { number: one.number });
  return element(
    "label",
    {},
    element("input", { type: "radio", name: "candidate", value: one.number }),
    element("img", { src: addressOf(one), alt, width: 768, height: 1152, decoding: "async" }),
  );
}

/** Place in the queue and seconds to go where the server knows them, or why it does not. */
export function waiting(place, { waiting: wait, detail }, ended) {
  const known = wait && wait.seconds !== null ? say(wait.seconds ? "waiting" : "waiting.soon", wait) : "";
  write(place, ended ? "" : detail || known);
}
