/** The page as a whole: which part shows, and what each button asks of the server. */

import { get, patch, post, remove, send } from "./api.js";
import { act, byId, copy, find, findAll, notify, say, settings, show, tell, write } from "./page.js";
import { ask as askBlank, blanksOf } from "./blanks.js";
import { CompaniesView } from "./companies.js";
import { FactsView } from "./facts.js";
import { LetterView } from "./letter.js";
import { PhotoView } from "./photo.js";
import { StartView } from "./start.js";
import { Stream } from "./stream.js";
import { after, letterEnded } from "./state.js";

let resume = null;
let stream = null;
let lastChoice = Promise.resolve(); // The latest choice on its way.
let choosing = false; // Whether the person looks for a company although there is a letter.

const path = (rest = "") => `resumes/${resume.id}/${rest}`;
const addressOf = (id) => `${settings.home}resumes/${id}/`;
const ask = (button, request) => act(button, async () => (await request(), true));

const start = new StartView(byId("start"), (made, photoUrl) => {
  photo.take(photoUrl);
  history.replaceState(null, "", addressOf(made.id));
  open(made);
  window.scrollTo(0, 0);
  find("#resume h1").focus();
});

/**
 * A choice among inputs: shown at once, and taken back if the server does not take it. The inputs stay enabled, so that
 * none loses the focus; choices go out one after the other, so that the last one made is the last to arrive.
 */
const choice = (put, wanted, before, request) =>
  tell(async () => {
    const draw = (values) => resume && update(put(values));
    draw(wanted);
    const answer = lastChoice.catch(() => {}).then(request);
    lastChoice = answer;
    try {
      const taken = await answer;
      if (answer === lastChoice) draw(taken);
    } catch (error) {
      draw(before);
      stream?.refresh();
      throw error;
    }
  });

const photoWith = (values) => ({ ...resume, photo: { ...resume.photo, ...values } });
const resumeWith = (values) => ({ ...resume, ...values });

const photo = new PhotoView(byId("photo"), {
  retry: (button) => ask(button, () => post(path("retry/"))),
  choose: (candidate, background) => {
    const { chosen: previous, background: behind } = resume.photo;
    const address = path("portrait/");
    return choice(photoWith, { chosen: candidate, background }, { chosen: previous, background: behind }, async () => {
      const { chosen, background: painted, candidates } = (await post(address, { candidate, background })).photo;
      return { chosen, background: painted, candidates };
    });
  },
  restyle: (style) => {
    const address = path();
    return choice(resumeWith, { style }, { style: resume.style }, async () => {
      await patch(address, { style });
      return { style };
    });
  },
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
  retry: (button) => ask(button, () => post(path("retry/"))),
  cancel: (button) => ask(button, () => post(path("cancel/"))),
  rewrite: (button) => writeLetter(button, resume.letter.company.slug),
  company: () => choose(true),
  versions: (button) =>
    act(button, async () => {
      const [{ compare }, versions] = await Promise.all([import("./versions.js"), get(path("letter/versions/"))]);
      compare(versions, edit);
    }),
  edit,
  regenerate: (number, button) => ask(button, () => post(path(`letter/sections/${number}/regenerate/`))),
  fill: (number, place) => {
    const { sections } = resume.letter;
    askBlank({ sections, number, place, facts: resume.facts }, (answer, button) => ask(button, () => fillIn(answer)));
  },
});

const facts = new FactsView(byId("facts"), async (values, button) => {
  const saved = await ask(button, () => patch(path(), { facts: values }));
  if (saved) notify(say("facts.saved"), "good");
  return saved;
});

async function edit(number, text, button) {
  const saved = await ask(button, () => patch(path(`letter/sections/${number}/`), { text }));
  if (saved) notify(say("letter.saved"), "good");
  return saved;
}

/** The API saves one item at a time; each answer brings the letter with all that was saved before. */
async function fillIn({ facts: known, texts, count }) {
  if (known) await patch(path(), { facts: known });
  const { sections } = (await get(path())).letter;
  for (const [number, text] of texts(sections)) await patch(path(`letter/sections/${number}/`), { text });
  notify(say("blank.filled", { count }), "good");
}

async function writeLetter(button, company) {
  const asked = await ask(button, () => post(path("letter/"), { company }));
  if (!asked) return;
  choose(false);
  byId("letter").scrollIntoView({ block: "start" });
  byId("letter-heading").focus({ preventScroll: true });
}

function choose(wanted) {
  choosing = wanted;
  render();
  if (wanted) byId("companies-heading").focus();
}

/** Shows a résumé and follows it. */
function open(made) {
  resume = made;
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
  resume = null;
  connection(true);
  for (const dialog of findAll("dialog[open]")) dialog.close();
  show(byId("resume"), false);
  photo.take(null);
}

function leave(sentence, kind = "bad") {
  close();
  history.replaceState(null, "", settings.home);
  start.route();
  start.focus();
  notify(sentence, kind);
}

function render() {
  if (!resume) return;
  const { letter: written, pdf_url: pdf } = resume;
  write(byId("person"), say("resume.of", { name: resume.profile.name }));
  photo.render(resume);
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
    stream.close();
    try {
      await remove(path());
    } catch (error) {
      stream.open();
      throw error;
    }
    start.reset();
    leave(say("deleted"), "good");
  });
});

/** What the address names: a résumé, a step of the way to one, or the welcome. */
async function route() {
  const wanted = location.pathname.match(/\/resumes\/([^/]+)\/$/)?.[1];
  if (wanted && wanted === resume?.id) return;
  const onward = resume && addressOf(resume.id);
  close();
  if (!wanted) {
    start.route(onward);
    return start.focus();
  }
  try {
    open(await get(`resumes/${wanted}/`));
  } catch (error) {
    if (!error.detail) throw error;
    leave(error.status ? say("error.gone") : error.detail);
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
  if (location.pathname !== settings.home) return route();
  const address = settings.known ? await latest() : null;
  if (!address || location.hash || location.search) return start.route(address);
  history.replaceState(null, "", address);
  await route();
}

window.addEventListener("popstate", route);
enter();
