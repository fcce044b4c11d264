/** A photo chosen from files or camera: checked, previewed, remembered. */

import { find, findAll, say, show, write } from "./page.js";

const LARGEST = 20 * 1024 * 1024;
const TYPES = /^image\/(jpeg|png|webp|heic|heif)$/;
const HEIC = /\.hei[cf]$/i; // Some browsers name no type for these.

export class Picker {
  file = null;
  #url = null;
  #filming = false;

  constructor(root, onChange = () => {}) {
    this.root = root;
    this.onChange = onChange;
    for (const input of findAll("input", root)) {
      input.addEventListener("change", () => {
        if (input.files.length) this.#take(input.files[0]);
        input.value = ""; // The same file again is a choice too.
      });
    }
    this.#offerCamera();
  }

  say(sentence) {
    write(find(".error", this.root), sentence);
    const input = find("input", this.root);
    if (sentence) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  focus() {
    find("input", this.root).focus();
  }

  /** An address of the picture for this tab, or null. */
  get url() {
    return this.#url;
  }

  /** Leaves the picture's address to whoever took it. */
  release() {
    this.#url = null;
  }

  /** Forgets the photo. */
  clear() {
    this.file = null;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
    write(find("[data-file]", this.root), "");
    show(find("img", this.root), false);
  }

  /** With a frame over the live picture where the browser allows it, else by the phone's own camera. */
  #offerCamera() {
    const live = find("[data-camera]", this.root);
    const [input, label] = [find("input[capture]", this.root), find(".touch", this.root)];
    const own = () => (show(live, false), show(input, true), show(label, true), input.removeAttribute("tabindex"));
    if (!navigator.mediaDevices?.getUserMedia) return own();
    show(live, true);
    live.addEventListener("click", async () => {
      if (this.#filming) return;
      this.#filming = true;
      try {
        const { takePhoto } = await import("./camera.js");
        const file = await takePhoto();
        if (file) this.#take(file);
        live.focus();
      } catch {
        own(); // No camera, or the person does not allow this page one.
        this.say(say("form.camera"));
        this.focus();
      }
      this.#filming = false;
    });
  }

  #take(file) {
    const fault = !TYPES.test(file.type) && !HEIC.test(file.name) ? "type" : file.size > LARGEST ? "size" : null;
    this.say(fault ? say(`form.photo_${fault}`) : "");
    if (fault) return;
    this.clear();
    this.file = file;
    this.#url = URL.createObjectURL(file);
    write(find("[data-file]", this.root), file.name);
    const image = find("img", this.root);
    image.onload = () => show(image, true);
    image.onerror = () => show(image, false); // HEIC, where the browser cannot show it.
    image.src = this.#url;
    this.onChange(file);
  }
}
