/** The page as a whole: which part shows, and what each button asks of the server. */

import { get, patch, post, remove, send } from "./api.js";
import { act, byId, copy, find, findAll, notify, remember, remembered } from "./page.js";
import { say, settings, show, tell, write } from "./page.js";
import { ask as askBlank, blanksOf } from "./blanks.js";
import { Choice } from "./choice.js";
import { CompaniesView } from "./companies.js";
import { FactsView } from "./facts.js";
import { LetterView } from "./letter.js";
import { PhotoView } from "./photo.js";
import { StartView } from "./start.js";
import { Stream } from "./stream.js";
import { after, letterEnded } from "./state.js";

const NOTICE = "notice";
const TRYING_ON = 800; // Milliseconds that clothes are looked at among others, before they are painted.
const SLEEP = 20000; // Milliseconds out of sight after which a connection may be dead without a word.

let resume = null; // As the server tells it.
let only = null; // The id of the one résumé that this document has shown.
let choices = null;
let stream = null;
let choosing = false; // Whether the person looks for a company although there is a letter.
let arrivals = []; // Who waits for which version of the letter.
let left = false;

const path = (rest = "") => `resumes/${resume.id}/${rest}`;
const addressOf = (id) => `${settings.home}resumes/${id}/`;

/** Runs what a button asks for the open résumé. Once that is shut, neither answer nor failure is of interest. */
function ask(button, request) {
  const { id } = resume;
  const open = () => resume?.id === id;
  return act(button, async () => {
    try {
      await request();
    } catch (error) {
      if (open() || !error.detail) throw error;
    }
    return open();
  });
}

const start = new StartView(byId("start"), (made, photoUrl) => {
  photo.take(photoUrl);
  history.replaceState(null, "", addressOf(made.id));
  open(made);
  window.scrollTo(0, 0);
  find("#resume h1").focus();
});

/** What the person may choose of a résumé among inputs. */
function choicesOf({ id }) {
  const taken = (values) => {
    if (resume?.id === id) resume = { ...resume, ...values };
  };
  const failed = (error) => {
    stream?.refresh();
    tell(() => Promise.reject(error));
  };
  const portrait = async ({ chosen, background = resume.photo.background }) => {
    const { photo: now } = await post(`resumes/${id}/portrait/`, { candidate: chosen, background });
    taken({ photo: { ...resume?.photo, chosen: now.chosen, background: now.background, candidates: now.candidates } });
  };
  const style = async (wish) => {
    await patch(`resumes/${id}/`, wish);
    taken(wish);
  };
  return {
    portrait: new Choice({ changed: render, failed, send: portrait }),
    style: new Choice({ changed: render, failed, send: style }, TRYING_ON),
  };
}

/** The résumé as the server tells it, with what the person has chosen since. */
const shown = () => ({ ...resume, ...choices.style.wish, photo: { ...resume.photo, ...choices.portrait.wish } });

function make(choice, values) {
  notify("");
  choice.make(values);
}

const photo = new PhotoView(byId("photo"), {
  retry: (button) => ask(button, () => post(path("retry/"), { what: "photo" })),
  choose: (values) => make(choices.portrait, values),
  restyle: (style) => make(choices.style, { style }),
  replace: (file, button, onProgress) => {
    const form = new FormData();
    form.set("photo", file, file.name);
    return ask(button, () => send("PUT", path("photo/"), form, { onProgress }));
  },
});

const companies = new CompaniesView(byId("companies"), {
  choose: (slug, button) => writeLetter(button, slug),
  back: () => choose(false),
});

const letter = new LetterView(byId("letter"), {
  retry: (button) => ask(button, () => post(path("retry/"), { what: "letter" })),
  cancel: (button) => ask(button, () => post(path("cancel/"), { what: "letter" })),
  rewrite: (button) => writeLetter(button, resume.letter.company.slug),
  company: () => choose(true),
  versions: async (button) => {
    let parts;
    const asked = async () => (parts = await Promise.all([import("./versions.js"), get(path("letter/versions/"))]));
    if (await ask(button, asked)) parts[0].compare(parts[1], edit);
  },
  edit,
  regenerate: (number, button) => ask(button, () => post(path(`letter/sections/${number}/regenerate/`))),
  fill: (number, place) => {
    const { sections } = resume.letter;
    askBlank({ sections, number, place, facts: resume.facts }, async (answer, button) => {
      const filled = await ask(button, () => fillIn(answer));
      if (filled) notify(say("blank.filled", { count: answer.count }), "good");
      return filled;
    });
  },
});

const facts = new FactsView(byId("facts"), async (values, button) => {
  const saved = await ask(button, async () => take(await patch(path(), { facts: values })));
  if (saved) notify(say("facts.saved"), "good");
  return saved;
});

async function edit(number, text, button) {
  const saved = await ask(button, async () => take(await patch(path(`letter/sections/${number}/`), { text })));
  if (saved) notify(say("letter.saved"), "good");
  return saved;
}

/** The API saves one item at a time; each answer brings the letter with all that was saved before. */
async function fillIn({ known, texts }) {
  const here = path();
  const { facts: told, letter: written } = await get(here);
  const facts = known(told);
  if (facts) take(await patch(here, { facts }));
  for (const [number, text] of texts(written.sections)) {
    take(await patch(`${here}letter/sections/${number}/`, { text }));
  }
}

/**
 * What an answer may tell ahead of the stream, so that nobody changes a text that is no more: facts, which no event
 * tells, and a letter that is finished, which never changes.
 */
function take({ id, facts, letter: written, pdf_url }) {
  if (resume?.id !== id) return;
  const newer = written && letterEnded(written) && written.version > (resume.letter?.version ?? 0);
  update({ ...resume, facts, ...(newer && { letter: written, pdf_url }) });
}

async function writeLetter(button, company) {
  const arrived = await ask(button, async () => arrival((await post(path("letter/"), { company })).letter.version));
  if (!arrived) return;
  choose(false);
  // The letter is drawn with the next frame; a heading is of use to the ear when it is written.
  requestAnimationFrame(() => {
    byId("letter").scrollIntoView({ block: "start" });
    byId("letter-heading").focus({ preventScroll: true });
  });
}

/** Settles when the stream has brought that version of the letter, or the résumé is shut. */
function arrival(version) {
  return new Promise((settle) => {
    arrivals.push({ version, settle });
    arrive();
  });
}

function arrive() {
  const here = ({ version }) => !resume || resume.letter?.version >= version;
  for (const { settle } of arrivals.filter(here)) settle();
  arrivals = arrivals.filter((one) => !here(one));
}

function choose(wanted) {
  choosing = wanted;
  render();
  if (wanted) byId("companies-heading").focus();
}

/** Shows a résumé and follows it. Another one than before gets a document of its own, where every field is empty. */
function open(made) {
  if (only && only !== made.id) return location.replace(addressOf(made.id));
  only = made.id;
  resume = made;
  choices = choicesOf(made);
  choosing = false;
  start.hide();
  show(byId("resume"), true);
  const next = new URLSearchParams({ next: addressOf(resume.id) });
  for (const link of findAll("[data-sign-up]")) link.href = `${link.pathname}?${next}`;
  render();
  stream?.close();
  stream = new Stream(resume.events_url, path(), { event: hear, connection, gone: () => leave(say("error.gone")) });
}

function hear(name, data) {
  if (name === "deleted") return leave(say("error.gone"));
  const { resume: next, stale } = after(resume, name, data);
  update(next);
  if (stale) stream.refresh();
}

function update(next) {
  resume = next;
  render();
}

function connection(up) {
  const place = byId("connection");
  write(place, up ? "" : say("error.reconnecting"));
  show(place, !up);
}

/** Shuts the résumé; the welcome stands in its place. */
function close() {
  stream?.close();
  stream = null;
  if (choices) for (const choice of Object.values(choices)) choice.close();
  resume = null;
  arrive();
  connection(true);
  for (const dialog of findAll("dialog[open]")) dialog.close();
  show(byId("resume"), false);
  photo.take(null);
}

/** Ends with the document that showed the résumé, so that the next person at this browser finds nothing of the last. */
function leave(sentence, kind = "bad") {
  close();
  start.reset();
  left = true;
  remember("sessionStorage", NOTICE, JSON.stringify({ sentence, kind }));
  location.replace(`${settings.home}?new`);
}

/** The welcome in place of a résumé that is not to be had. */
function turnAway(sentence) {
  history.replaceState(null, "", settings.home);
  start.route();
  start.focus();
  notify(sentence);
}

function render() {
  arrive();
  if (!resume) return;
  const { letter: written, pdf_url: pdf } = resume;
  write(byId("person"), say("resume.of", { name: resume.profile.name }));
  photo.render(shown(), { dressing: choices.style.sending });
  companies.render(resume, { visible: !written || choosing, returning: Boolean(written) });
  letter.render(resume, { visible: Boolean(written) && !choosing });
  facts.render(resume);
  const finished = Boolean(written) && letterEnded(written) && !choosing && written.sections.some(({ text }) => text);
  show(byId("finish"), finished);
  mark(pdf ? "finish" : written && !choosing ? "letter" : resume.photo.state === "rejected" ? "photo" : "company");
  if (!finished) return;
  const link = find("[data-pdf]");
  show(link, Boolean(pdf));
  if (pdf) link.href = pdf;
  show(find("#finish .sizes"), resume.photo.state === "done" && resume.photo.candidates.length > 0);
  for (const file of findAll("[data-file]")) file.href = settings.api + path(file.dataset.file);
  const blanks = written.sections.reduce((sum, { text }) => sum + blanksOf(text).length, 0);
  write(find("[data-blanks]"), say(blanks > 5 ? "finish.many" : blanks ? "finish.blanks" : "finish.ready", { count: blanks }));
}

/** Where on the way the person stands. */
function mark(now) {
  const places = findAll("[data-way]");
  const here = places.findIndex((place) => place.dataset.way === now);
  places.forEach((place, number) => {
    place.className = number < here ? "past" : "";
    if (number === here) place.setAttribute("aria-current", "step");
    else place.removeAttribute("aria-current");
  });
}

const copying = find('#finish [data-action="copy"]');
copying.addEventListener("click", () =>
  act(copying, async () => {
    await copy(letter.text);
    notify(say("letter.copied"), "good");
  }),
);
find('[data-action="print"]').addEventListener("click", () => window.print());

const dialog = byId("delete-dialog");
const deleting = byId("delete");
deleting.addEventListener("click", () => dialog.showModal());
dialog.addEventListener("close", () => {
  if (dialog.returnValue !== "delete") return;
  dialog.returnValue = "";
  act(deleting, async () => {
    const watched = stream;
    const doomed = path();
    watched.close();
    try {
      await remove(doomed);
    } catch (error) {
      if (stream === watched) watched.open();
      throw error;
    }
    leave(say("deleted"), "good");
  });
});

/** What the address names: a résumé, a step of the way to one, or the welcome. */
async function route() {
  const asked = location.pathname;
  const wanted = asked.match(/\/resumes\/([^/]+)\/$/)?.[1];
  if (wanted && wanted === resume?.id) return;
  const onward = resume && addressOf(resume.id);
  close();
  if (!wanted) {
    start.route(onward);
    return start.focus();
  }
  const current = () => location.pathname === asked && !resume; // Back and forward are quicker than an answer.
  try {
    const found = await get(`resumes/${wanted}/`);
    if (current()) open(found);
  } catch (error) {
    if (!error.detail) throw error;
    if (!current()) return;
    if (error.gone && only) leave(say("error.gone"));
    else turnAway(error.gone ? say("error.gone") : error.detail);
  }
}

/** The address of the newest résumé, or null. */
async function latest() {
  try {
    const [found] = (await get("resumes/")).results;
    return found ? addressOf(found.id) : null;
  } catch (error) {
    if (!error.detail) throw error;
    return null;
  }
}

/** At the door: whoever has a résumé goes on with it, unless they want a new one. */
async function enter() {
  const { sentence, kind } = JSON.parse(remembered("sessionStorage", NOTICE)) ?? {};
  remember("sessionStorage", NOTICE, null);
  if (sentence) notify(sentence, kind);
  if (location.pathname !== settings.home) return route();
  const address = settings.known ? await latest() : null;
  if (!address || location.hash || location.search) return start.route(address);
  history.replaceState(null, "", address);
  await route();
}

let hidden = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hidden = Date.now();
  else if (Date.now() - hidden > SLEEP) stream?.refresh();
});
window.addEventListener("online", () => stream?.refresh());
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  if (left) location.replace(settings.home);
  else stream?.refresh();
});

// The page changes its address without a new document: the switch of languages leads back to where the person is.
find(".languages").addEventListener("submit", ({ target }) => {
  target.elements.next.value = location.pathname + location.search + location.hash;
});

window.addEventListener("popstate", route);
enter();
if (window.HTMLDialogElement) settings.up = "yes"; // See fallback.js.
