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

/** One message above everything; a kind of "bad" is an error, "good" a confirmation. */
export function notify(text, kind = "bad") {
  const notice = byId("notice");
  notice.className = `notice ${kind}`;
  write(find("p", notice), text);
  show(notice, Boolean(text));
  if (text) notice.scrollIntoView({ block: "nearest" });
}

/** Runs what a button asks for: one at a time, and every failure is said. */
export async function act(button, action) {
  if (button.disabled) return;
  notify("");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    return await action();
  } catch (error) {
    notify(error.detail ?? say("error.server"));
    if (!("detail" in error)) throw error;
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

/** Paragraph text with the blanks, such as [기간], marked. */
export function marked(text) {
  const parts = document.createDocumentFragment();
  let position = 0;
  for (const blank of text.matchAll(/\[[^[\]\n]{1,60}\]/g)) {
    parts.append(text.slice(position, blank.index), element("mark", { textContent: blank[0] }));
    position = blank.index + blank[0].length;
  }
  parts.append(text.slice(position));
  return parts;
}

byId("notice").querySelector("button").addEventListener("click", () => notify(""));
