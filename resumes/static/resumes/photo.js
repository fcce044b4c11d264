/** The photo on its way: steps, guesses for fun, the three portraits, another photo. */

import { element, find, findAll, has, say, show, write } from "./page.js";
import { photoEnded } from "./state.js";
import { Picker } from "./picker.js";

const STEPS = ["detecting", "masking", "painting"];

export class PhotoView {
  #drawn = "";
  #changing = false;
  #chosen = null;

  /** `on` hears `choose(number, input)`, `replace(file, button, onProgress)` and `retry(button)`. */
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
    find(".candidates", root).addEventListener("change", (event) => on.choose(Number(event.target.value), event.target));
  }

  /** The picture as chosen in this tab; without it the server's copy is shown. */
  take(url) {
    this.#chosen = url;
  }

  render({ photo, events_url: events }) {
    const { root } = this;
    root.dataset.state = photo.state;
    const bad = photo.state === "rejected" || photo.state === "failed";
    find(".status", root).classList.toggle("bad", bad);
    write(find("[data-status]", root), [say(`photo.${photo.state}`), bad && photo.detail].filter(Boolean).join(". "));
    waiting(find("[data-waiting]", root), photo.waiting);
    this.#steps(photo);
    this.#guess(photo);
    this.#candidates(photo);
    this.#original(!photoEnded(photo), events.replace("events/", "media/original.jpg"));
    show(find(".again", root), photo.state === "rejected" || (photoEnded(photo) && this.#changing));
    show(find('[data-action="retry"]', root), photo.state === "failed");
    show(find('[data-action="change"]', root), ["done", "failed"].includes(photo.state) && !this.#changing);
  }

  #original(visible, stored) {
    const place = find(".original", this.root);
    const image = find("img", place);
    show(place, visible);
    if (!visible) return image.removeAttribute("src");
    const address = this.#chosen ?? stored;
    if (image.getAttribute("src") === address) return;
    // Not every browser shows a HEIC file; the server keeps every photo as JPEG.
    image.onerror = () => {
      if (image.getAttribute("src") === stored) show(place, false);
      else image.src = stored;
      this.#chosen = null;
    };
    image.src = address;
  }

  #steps(photo) {
    const list = find(".steps", this.root);
    show(list, !photoEnded(photo));
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
    show(place, Boolean(age || mood) && !bad);
    if (age && mood) write(find("strong", place), say("guess.both", { age, mood }));
    else if (age || mood) write(find("strong", place), say("guess.one", { guess: age || mood }));
  }

  #candidates({ candidates, chosen, state }) {
    const place = find(".candidates", this.root);
    show(place, candidates.length > 0 && state !== "rejected");
    // Scores tell two rounds of portraits apart even where their addresses are the same.
    const drawn = JSON.stringify(candidates);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      find("div", place).replaceChildren(...candidates.map(candidate));
    }
    for (const input of findAll("input", place)) input.checked = Number(input.value) === chosen;
  }
}

function candidate({ number, url }) {
  const alt = say("photo.candidate", { number });
  return element(
    "label",
    {},
    element("input", { type: "radio", name: "candidate", value: number }),
    element("img", { src: url, alt, width: 768, height: 1152, decoding: "async" }),
  );
}

/** Place in the queue and seconds to go, where the server knows them. */
export function waiting(place, wait) {
  show(place, Boolean(wait));
  if (wait) write(place, say("waiting", wait));
}
