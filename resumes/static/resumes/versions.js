/** Earlier versions of the letter beside the present one, and items brought back from them. */

import { byId, element, find, say, write } from "./page.js";
import { blanksOf, pieces } from "./blanks.js";
import { difference } from "./difference.js";

/** Shows `versions` (newest first); `restore(number, text, button)` tells whether an item was brought back. */
export function compare(versions, restore) {
  const dialog = byId("versions-dialog");
  const [present, ...earlier] = told(versions);
  const choice = byId("versions-choice");
  choice.replaceChildren(
    ...earlier.map(({ version, made, company }) =>
      element("option", { value: version, textContent: say("versions.one", { version, origin: made, company: company.name }) }),
    ),
  );
  // The last one that the writer made tells more than the last edit.
  choice.value = (earlier.find(({ origin }) => origin !== "edited") ?? earlier[0]).version;
  const draw = () => {
    const chosen = earlier.find(({ version }) => version === Number(choice.value));
    find(".differences", dialog).replaceChildren(...chosen.sections.map((section) => item(section, present, dialog, restore)));
  };
  choice.onchange = draw;
  draw();
  dialog.showModal();
}

/**
 * The versions worth a line of their own, each with how it was `made`. One answer to a blank that stands in several items
 * makes a version for each of them: of such a row only the last is shown, and the present one always.
 */
function told(versions) {
  const named = versions.map((version, place) => ({ ...version, ...making(version, versions[place + 1]) }));
  return named.filter(({ filling }, place) => !(place && filling && named[place - 1].filling));
}

function making({ origin, sections }, before) {
  const changed = origin === "edited" && before ? changes(before.sections, sections) : [];
  if (!changed.length) return { made: say(`versions.${origin}`) };
  if (changed.every(([old, young]) => fills(old.text, young.text))) return { made: say("versions.filled"), filling: true };
  return { made: say("versions.edited_item", { title: changed.map(([, { title }]) => title).join(", ") }) };
}

const changes = (before, after) =>
  after
    .map((young) => [before.find(({ number }) => number === young.number), young])
    .filter(([old, young]) => old && old.text !== young.text);

/** Whether the text came of the other by answers to blanks: fewer of those, and every other word in its place. */
function fills(old, young) {
  let position = 0;
  const kept = pieces(old).filter(({ blank }) => !blank);
  const stands = ({ words }) => {
    const found = young.indexOf(words, position);
    position = found + words.length;
    return found >= 0;
  };
  return blanksOf(young).length < blanksOf(old).length && kept.every(stands);
}

function item(earlier, present, dialog, restore) {
  const now = present.sections.find(({ number }) => number === earlier.number)?.text ?? "";
  const root = element("article");
  root.append(element("h3", { textContent: `${earlier.number}. ${earlier.title}` }));
  if (now === earlier.text) {
    root.append(element("p", { className: "hint", textContent: say("versions.same") }));
    return root;
  }
  const text = element("p", { className: "difference" });
  for (const { kind, words } of difference(earlier.text, now)) {
    text.append(kind === "same" ? words : element(kind, { textContent: words }));
  }
  const button = element("button", { type: "button", className: "button small" });
  write(button, say("versions.restore"));
  button.addEventListener("click", async () => {
    if (await restore(earlier.number, earlier.text, button)) dialog.close();
  });
  root.append(text, button);
  return root;
}
