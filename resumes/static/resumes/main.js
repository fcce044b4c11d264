/** The page as a whole: which part shows, and what each button asks of the server. */

import { get, patch, post, remove, send } from "./api.js";
import { act, byId, find, notify, say, settings, show, write } from "./page.js";
import { CompaniesView } from "./companies.js";
import { FactsView } from "./facts.js";
import { LetterView } from "./letter.js";
import { PhotoView } from "./photo.js";
import { StartView } from "./start.js";
import { Stream } from "./stream.js";
import { after, letterEnded } from "./state.js";

let resume = null;
let stream = null;
let choosing = false; // Whether the person looks for a company although there is a letter.

const path = (rest = "") => `resumes/${resume.id}/${rest}`;
const ask = (button, request) => act(button, async () => (await request(), true));

const start = new StartView(byId("start"), (made, photoUrl) => {
  photo.take(photoUrl);
  open(made);
  find("#resume h1").focus();
});

const photo = new PhotoView(byId("photo"), {
  retry: (button) => ask(button, () => post(path("retry/"))),
  choose: (candidate, input) =>
    act(input, async () => {
      try {
        await post(path("portrait/"), { candidate });
        update({ ...resume, photo: { ...resume.photo, chosen: candidate } });
      } catch (error) {
        photo.render(resume);
        throw error;
      }
      input.disabled = false;
      input.focus();
    }),
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
  edit: async (number, text, button) => {
    const saved = await ask(button, () => patch(path(`letter/sections/${number}/`), { text }));
    if (saved) notify(say("letter.saved"), "good");
    return saved;
  },
  regenerate: (number, button) => ask(button, () => post(path(`letter/sections/${number}/regenerate/`))),
});

const facts = new FactsView(byId("facts"), async (values, button) => {
  const saved = await ask(button, () => patch(path(), { facts: values }));
  if (saved) notify(say("facts.saved"), "good");
  return saved;
});

async function writeLetter(button, company) {
  const asked = await ask(button, () => post(path("letter/"), { company }));
  if (!asked) return;
  choose(false);
  byId("letter-heading").focus({ preventScroll: true });
  byId("letter").scrollIntoView({ block: "start" });
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
  history.replaceState(null, "", `${settings.home}resumes/${resume.id}/`);
  show(byId("start"), false);
  show(byId("resume"), true);
  render();
  stream?.close();
  stream = new Stream(resume.events_url, path(), { event: hear, connection, gone: leave });
}

function hear(name, data) {
  if (name === "deleted") return leave();
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

function leave() {
  stream?.close();
  stream = null;
  resume = null;
  connection(true);
  history.replaceState(null, "", settings.home);
  show(byId("resume"), false);
  photo.take(null);
  start.show();
  find("#start h1").focus();
  notify(say("error.gone"));
}

function render() {
  if (!resume) return;
  const { letter: written, pdf_url: pdf } = resume;
  write(byId("person"), resume.profile.name);
  photo.render(resume);
  companies.render(resume, { visible: !written || choosing, returning: Boolean(written) });
  letter.render(resume, { visible: Boolean(written) && !choosing });
  facts.render(resume);
  const finished = Boolean(written) && letterEnded(written) && !choosing && written.sections.some(({ text }) => text);
  show(byId("finish"), finished);
  if (!finished) return;
  const link = find("[data-pdf]");
  show(link, Boolean(pdf));
  if (pdf) link.href = pdf;
  show(find("[data-blanks]"), written.sections.some(({ text }) => /\[[^[\]\n]+\]/.test(text)));
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without a secure context, at a fair's local address say, there is only the old way.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "away";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

const copying = find('[data-action="copy"]');
copying.addEventListener("click", () =>
  act(copying, async () => {
    await copy(letter.text);
    notify(say("letter.copied"), "good");
  }),
);

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
    leave();
    start.reset();
    notify(say("deleted"), "good");
  });
});

/** The résumé that the address names, or the latest one, or the form. */
async function restore() {
  const wanted = settings.resume;
  if (!settings.known) {
    start.show();
    if (wanted) notify(say("error.gone"));
    return;
  }
  if (!wanted && new URLSearchParams(location.search).has("new")) return start.show();
  try {
    const found = wanted ? await get(`resumes/${wanted}/`) : (await get("resumes/")).results[0];
    if (found) open(found);
    else start.show();
  } catch (error) {
    if (!error.detail) throw error;
    start.show();
    notify(error.detail);
  }
}

restore();
