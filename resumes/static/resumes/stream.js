/** Follows a résumé's event stream through lost networks. The browser itself asks again with `Last-Event-ID`. */

import { Problem, get } from "./api.js";

const NAMES = [
  "snapshot",
  "photo.state",
  "photo.face",
  "photo.mask",
  "photo.advice",
  "photo.candidate",
  "letter.state",
  "letter.section",
  "letter.delta",
  "letter.reset",
  "done",
  "deleted",
];
const PATIENCE = 1500; // Milliseconds before a broken connection is worth a word.
const LONGEST_WAIT = 15000;

export class Stream {
  #source;
  #wait = 1000;
  #timers = {};

  /** `on` hears `event(name, data)`, `connection(isUp)` and `gone(problem)`. */
  constructor(url, path, on) {
    Object.assign(this, { url, path, on });
    this.open();
  }

  /** Opens anew, without a place in the log: the first event is a snapshot. */
  open() {
    this.#end();
    const source = new EventSource(this.url);
    this.#source = source;
    source.onopen = () => {
      this.#wait = 1000;
      this.#up();
    };
    source.onerror = () => this.#broken(source);
    for (const name of NAMES) {
      source.addEventListener(name, (message) => this.on.event(name, JSON.parse(message.data)));
    }
  }

  /** Asks for a snapshot soon; many calls make one. A closed stream stays closed. */
  refresh() {
    if (!this.#source) return;
    clearTimeout(this.#timers.refresh);
    this.#timers.refresh = setTimeout(() => this.open(), 50);
  }

  close() {
    this.#end();
    this.#source = null;
  }

  #end() {
    this.#source?.close();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#timers = {};
  }

  #up() {
    clearTimeout(this.#timers.word);
    delete this.#timers.word;
    this.on.connection(true);
  }

  #broken(source) {
    this.#timers.word ??= setTimeout(() => this.on.connection(false), PATIENCE);
    // The browser gives up for good when the answer was no stream: a restart, a proxy, a session that ended.
    if (source.readyState === EventSource.CLOSED) this.#ask();
  }

  async #ask() {
    const source = this.#source;
    const replaced = () => this.#source !== source;
    try {
      const resume = await get(this.path);
      if (!replaced()) this.on.event("snapshot", resume);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.gone && !replaced()) return this.on.gone(error);
    }
    if (replaced()) return;
    const word = this.#timers.word;
    this.#timers.again = setTimeout(() => {
      this.open();
      if (word) this.#timers.word = setTimeout(() => this.on.connection(false), PATIENCE);
    }, this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }
}
