/** What every part of the page needs of the document: elements, sentences, notices. */

const texts = JSON.parse(document.getElementById("texts").textContent);

export const settings = document.body.dataset;

/** The sentence of that key with the words in braces filled in. */
export function say(key, words = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => words[name] ?? "");
}

export const has = (key) => key in texts;

export const find = (selector, root = document) => root.querySelector(selector);

export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];

export const byId = (id) => document.getElementById(id);

export function show(element, visible) {
  element.hidden = !visible;
}

/** Sets text only when it differs, so that a screen reader hears a status once. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/**
 * One message above everything; a kind of "bad" is an error, "good" a confirmation that goes by itself.
 * An error stands in the dialog that is open: what lies behind one is out of sight.
 */
export function notify(text, kind = "bad") {
  const notice = byId("notice");
  notice.className = `notice ${kind}`;
  if (text) ((kind === "bad" && find("dialog[open]")) || byId("main")).prepend(notice);
  write(find("p", notice), text);
  show(notice, Boolean(text));
  clearTimeout(notify.timer);
  if (text && kind === "good") notify.timer = setTimeout(() => show(notice, false), 6000);
}

/** Runs what the person asks for; every failure is said. */
export async function tell(action) {
  notify("");
  try {
    return await action();
  } catch (error) {
    notify(error.detail ?? say("error.server"));
    if (!("detail" in error)) throw error;
  }
}

/** Runs what a button asks for, one at a time. */
export async function act(button, action) {
  if (button.disabled) return;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    return await tell(action);
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

/** What the browser remembers for the person; without such a memory everything else still works. */
export function remembered(store, key) {
  try {
    return window[store].getItem(key);
  } catch {
    return null;
  }
}

export function remember(store, key, value) {
  try {
    if (value === null) window[store].removeItem(key);
    else window[store].setItem(key, value);
  } catch {
    // A browser that keeps nothing.
  }
}

export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without a secure context, at a fair's local address say, there is only the old way.
  const area = element("textarea", { value: text, className: "away" });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

byId("notice").querySelector("button").addEventListener("click", () => notify(""));
