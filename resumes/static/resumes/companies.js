/** Three companies that look for what the person has; three others on demand. */

import { get } from "./api.js";
import { act, byId, element, find, say, show, write } from "./page.js";

const PAGE = 3;

export class CompaniesView {
  #skip = 0;
  #of = null;
  #known = new Map();

  /** `on` hears `choose(slug, button)` and `back()`. */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    this.list = find(".cards", root);
    const others = find('[data-action="others"]', root);
    others.addEventListener("click", () => act(others, () => this.#others()));
    find('[data-action="back"]', root).addEventListener("click", () => on.back());
  }

  render(resume, { visible, returning }) {
    show(this.root, visible);
    show(find('[data-action="back"]', this.root), returning);
    const of = resume.id + resume.profile.mbti;
    if (!visible || this.#of === of) return;
    this.#of = of;
    this.#skip = 0;
    this.mbti = resume.profile.mbti;
    this.#draw(resume.recommendations);
  }

  async #others() {
    this.#skip += PAGE;
    let found = await this.#recommended();
    if (!found.length) {
      this.#skip = 0; // All seen: from the best again.
      found = await this.#recommended();
    }
    this.#draw(found);
    byId("companies-heading").focus();
  }

  #recommended() {
    return get(`companies/recommendations/?mbti=${encodeURIComponent(this.mbti)}&skip=${this.#skip}`);
  }

  #draw(recommendations) {
    this.list.replaceChildren(...recommendations.map((recommendation) => this.#card(recommendation)));
  }

  #card({ company, matched }) {
    const card = byId("company-card").content.cloneNode(true).firstElementChild;
    write(find("h3", card), company.name);
    write(find("[data-label]", card), say("company.matched"));
    find(".matched", card).append(...matched.map((word) => element("span", { className: "tag", textContent: word })));
    show(find(".matched", card), matched.length > 0);
    const button = find("button", card);
    button.setAttribute("aria-label", say("company.choose", { company: company.name }));
    button.addEventListener("click", () => this.on.choose(company.slug, button));
    this.#describe(card, company);
    return card;
  }

  async #describe(card, company) {
    let whole = company.talent_summary ? company : this.#known.get(company.slug);
    // A card without its details still serves, so a failure here needs no word.
    whole ??= await get(`companies/${encodeURIComponent(company.slug)}/`).catch((problem) => problem.detail && null);
    if (!whole) return;
    this.#known.set(company.slug, whole);
    write(find(".industry", card), whole.industry);
    write(find(".summary", card), whole.talent_summary);
  }
}
