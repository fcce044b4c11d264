/** Earlier versions of the letter beside the present one, and items brought back from them. */

import { byId, element, find, say, write } from "./page.js";
import { difference } from "./difference.js";

/** Shows `versions` (newest first); `restore(number, text, button)` tells whether an item was brought back. */
export function compare(versions, restore) {
  const dialog = byId("versions-dialog");
  const [present, ...earlier] = versions;
  const choice = byId("versions-choice");
  choice.replaceChildren(
    ...earlier.map(({ version, origin, company }) =>
      element("option", {
        value: version,
        textContent: say("versions.one", { version, origin: say(`versions.${origin}`), company: company.name }),
      }),
    ),
  );
  // Filling in blanks makes many versions: the last one that the writer made tells more than the last edit.
  choice.value = (earlier.find(({ origin }) => origin !== "edited") ?? earlier[0]).version;
  const draw = () => {
    const chosen = earlier.find(({ version }) => version === Number(choice.value));
    find(".differences", dialog).replaceChildren(...chosen.sections.map((section) => item(section, present, dialog, restore)));
  };
  choice.onchange = draw;
  draw();
  dialog.showModal();
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
