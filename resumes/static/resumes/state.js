/**
 * The résumé as the event stream tells it: the latest snapshot, and every event after it.
 *
 * Answers of the API never change a letter on its way. They may be older or newer than what has streamed, and a letter
 * put together from both would double or lose text.
 */

const ENDED = ["done", "failed", "cancelled"];

export const photoEnded = (photo) => ["done", "rejected", "failed"].includes(photo.state);

/** Pictures are kept for some days only; the rest of the résumé stays. */
export const photoExpired = (photo) => photo.state === "done" && photo.candidates.length === 0;

export const letterEnded = (letter) => ENDED.includes(letter.state);

/** The résumé after one event. `stale` is true when only a new snapshot can tell the rest. */
export function after(resume, name, data) {
  if (name === "snapshot") return { resume: data, stale: false };
  if (!resume) return { resume, stale: true };
  const [group, event] = name.split(".");
  if (group === "photo") return photoAfter(resume, event, data);
  if (group === "letter") return letterAfter(resume, event, data);
  // The PDF's address and the checks' findings come with a snapshot only.
  if (name === "done") return { resume, stale: !resume.pdf_url || resume.letter?.version !== data.letter_version };
  return { resume, stale: false };
}

function photoAfter(resume, event, data) {
  const photo = { ...resume.photo };
  if (event === "state") Object.assign(photo, data);
  if (event === "face") photo.face = data;
  if (event === "advice") photo.advice = data.advice;
  if (event === "mask") photo.mask_url = data.url;
  if (event === "candidate") {
    // They are told best first, and a new round replaces the old one from its best on.
    photo.candidates = [...photo.candidates.filter((other) => other.number !== data.number), data];
  }
  return { resume: { ...resume, photo }, stale: false };
}

function letterAfter(resume, event, data) {
  const letter = resume.letter;
  if (letter && data.version < letter.version) return { resume, stale: false };
  if (!letter || data.version > letter.version) {
    // A first letter begins empty; a later version may keep items of the one before.
    if (letter || event !== "state") return { resume, stale: true };
    return { resume: { ...resume, letter: { origin: "written", sections: [], ...data } }, stale: false };
  }
  if (event === "state") {
    const news = ENDED.includes(data.state) && data.state !== letter.state;
    return { resume: { ...resume, letter: { ...letter, ...data } }, stale: news };
  }
  const sections = letter.sections.some((section) => section.number === data.section)
    ? letter.sections
    : [...letter.sections, { number: data.section, title: data.title ?? "", text: "", problems: [] }];
  return {
    resume: {
      ...resume,
      letter: {
        ...letter,
        writing: event === "reset" ? letter.writing : data.section,
        sections: sections.map((section) =>
          section.number === data.section ? sectionAfter(section, event, data) : section,
        ),
      },
    },
    stale: false,
  };
}

function sectionAfter(section, event, data) {
  if (event === "section") return { ...section, title: data.title };
  if (event === "reset") return { ...section, text: "", problems: [] };
  return { ...section, text: section.text + data.text };
}
