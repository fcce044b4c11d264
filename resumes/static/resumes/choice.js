/** Something that the person chooses among inputs, as it goes to the server. */

/**
 * A choice is shown at once, and holds until the server has answered to the last one made: of several only the last is
 * sent, and what the server tells in between undoes none. The inputs stay enabled, so that none loses the focus.
 */
export class Choice {
  /** What is chosen and not answered yet, or null. */
  wish = null;
  sending = false;
  #timer = null;

  /**
   * `on` hears `changed()` and `failed(error)`, and its `send(wish)` asks the server. `pause`: milliseconds without
   * another choice after which the last one is sent.
   */
  constructor(on, pause = 0) {
    Object.assign(this, { on, pause });
  }

  make(values) {
    this.wish = { ...this.wish, ...values };
    this.on.changed();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), this.pause);
  }

  /** Forgets what is not sent, and hears no answer to what is. */
  close() {
    clearTimeout(this.#timer);
    this.wish = null;
  }

  async #send() {
    if (this.sending || !this.wish) return;
    const { wish } = this;
    let failure = null;
    this.sending = true;
    this.on.changed();
    try {
      await this.on.send(wish);
    } catch (error) {
      failure = error;
    }
    this.sending = false;
    // Whoever has chosen again meanwhile asks for no word about the choice before.
    if (this.wish !== wish) return this.#send();
    this.wish = null;
    this.on.changed();
    if (failure) this.on.failed(failure);
  }
}
