/** The sixteen types, and four plain questions for those who do not know theirs. */

import { find, findAll, has, say, show, write } from "./page.js";

export function watchTypes(form) {
  const found = find(".found", form);
  const questions = [1, 2, 3, 4].map((number) => `letter-${number}`);

  function describe() {
    const type = form.elements.mbti.value;
    show(found, has(`type.${type}`));
    if (has(`type.${type}`)) write(found, say("form.type", { type, summary: say(`type.${type}`) }));
  }

  form.addEventListener("change", (event) => {
    if (questions.includes(event.target.name)) {
      const letters = questions.map((name) => form.elements[name].value);
      if (letters.every(Boolean)) {
        form.elements.mbti.value = letters.join("");
        find(':checked[name="mbti"]', form).dispatchEvent(new Event("input", { bubbles: true }));
      }
    } else if (event.target.name === "mbti") {
      for (const input of findAll('#unsure input', form)) input.checked = false;
    }
    describe();
  });
}
