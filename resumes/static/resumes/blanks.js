/** Blanks, such as [기간]: finding them in a text, and asking the person for what is missing. */

import { byId, element, find, say, show, write } from "./page.js";

const BLANK = /\[[^[\]\n]{1,60}\]/g;

/** Blanks that mean the same wherever they stand. */
const ONE_ANSWER = /^\[(지원 직무|프로젝트 이름|position|project name)\]$/i;

/** Which fact a blank's words ask for; the first that fits. */
const FACTS = [
  ["job", /지원 직무|position|job/i],
  ["title", /프로젝트 이름|project name|project title/i],
  ["role", /역할|role/i],
  ["period", /기간|period/i],
  ["result", /결과|수치|성과|달라진|차이|result|figure|outcome|changed|different/i],
  ["weakness", /단점|약점|아쉬|weak/i],
  ["strengths", /강점|장점|strength/i],
  ["education", /전공|학교|교육|자격|major|school|degree|studied/i],
  ["motivation", /지원.{0,60}(계기|장면|과정)|관심|동기|apply|interest|choose this job/i],
  ["action", /한 일|행동|해결|푼 방법|action|what you did|method/i],
];
const EXPERIENCE = ["title", "role", "period", "action", "result"];
const LISTS = ["education", "strengths"];

/** The text in pieces of words, each a blank or not. */
export function pieces(text) {
  const found = [];
  let position = 0;
  for (const blank of text.matchAll(BLANK)) {
    found.push({ words: text.slice(position, blank.index) }, { words: blank[0], blank: true });
    position = blank.index + blank[0].length;
  }
  return [...found, { words: text.slice(position) }].filter(({ words }) => words);
}

export const blanksOf = (text) => [...text.matchAll(BLANK)];

/** The items' texts, by number, in which the answer stands for the blank. Items that hold it no more are left out. */
function filled(sections, { number, place, blank, answer }) {
  if (ONE_ANSWER.test(blank)) {
    const holding = sections.filter(({ text }) => text.includes(blank));
    return holding.map((section) => [section.number, section.text.replaceAll(blank, () => answer)]);
  }
  let seen = 0;
  const { text } = sections.find((section) => section.number === number);
  const now = text.replace(BLANK, (each) => (seen++ === place && each === blank ? answer : each));
  return now === text ? [] : [[number, now]];
}

/** The facts with the answer where its blank belongs, or null where none is missing there. */
function factsWith(facts, blank, answer) {
  const name = FACTS.find(([, words]) => words.test(blank))?.[0];
  if (!name) return null;
  if (EXPERIENCE.includes(name)) {
    const [first = {}, ...others] = facts.experiences ?? [];
    return first[name] ? null : { ...facts, experiences: [{ ...first, [name]: answer }, ...others] };
  }
  if (facts[name]?.length) return null;
  return { ...facts, [name]: LISTS.includes(name) ? [answer] : answer };
}

/**
 * Asks for the words of one blank of the letter. `onAnswer({known, texts, count}, button)` tells whether they were
 * taken: `known(facts)` and `texts(sections)` are what to save of facts (null: nothing) and items as they stand by
 * then, so that asking again saves only what is left.
 */
export function ask({ sections, number, place, facts }, onAnswer) {
  const { text } = sections.find((section) => section.number === number);
  const blank = blanksOf(text)[place];
  const dialog = byId("blank-dialog");
  const form = find("form", dialog);
  const [answer, keep] = [byId("blank-answer"), byId("blank-keep")];
  write(byId("blank-heading"), say("blank.heading", { name: blank[0].slice(1, -1) }));
  find(".context", dialog).replaceChildren(...around(text, blank));
  const same = sections.reduce((sum, section) => sum + section.text.split(blank[0]).length - 1, 0);
  const count = ONE_ANSWER.test(blank[0]) ? same : 1;
  write(find("[data-same]", dialog), count > 1 ? say("blank.same", { count }) : "");
  write(find(".error", dialog), "");
  form.reset();
  const belongs = Boolean(factsWith(facts, blank[0], "…"));
  show(keep.closest("label"), belongs);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const words = answer.value.trim();
    write(find(".error", dialog), words ? "" : say("blank.empty"));
    if (!words) return answer.focus();
    const known = (present) => (belongs && keep.checked ? factsWith(present, blank[0], words) : null);
    const texts = (present) => filled(present, { number, place, blank: blank[0], answer: words });
    const taken = await onAnswer({ known, texts, count }, find("button.main", form));
    if (taken) dialog.close();
  };
  find("[data-close]", dialog).onclick = () => dialog.close();
  dialog.showModal();
  answer.focus();
}

/** The sentence in which the blank stands. */
function around(text, blank) {
  const before = text.slice(0, blank.index).split(/\n|[.!?](?=\s)/).at(-1);
  const [after] = text.slice(blank.index + blank[0].length).match(/^(?:[^.!?\n]|[.!?](?!\s))*[.!?]?/);
  return [before.trimStart(), element("mark", { textContent: blank[0] }), after];
}
