/** Three companies that look for what the person has; three others on demand. */

import { get } from "./api.js";
import { act, byId, element, find, say, show, write } from "./page.js";

const PAGE = 3;

export class CompaniesView {
  #skip = 0;
  #of = null;
  #chosen = false;

  /** `on` hears `choose(slug, button)`, which settles when the letter is there, and `back()`. */
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
    this.#describe();
  }

  /** The résumé names the companies, the recommendations describe them. */
  async #describe() {
    const of = this.#of;
    // A card without its details still serves, so a failure here needs no word.
    const found = await this.#recommended().catch((problem) => problem.detail && []);
    if (found.length && this.#of === of && this.#skip === 0) this.#draw(found);
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

  /** One at a time: a letter takes a moment to begin. */
  async #choose(slug, button) {
    if (this.#chosen) return;
    this.#chosen = true;
    this.list.setAttribute("aria-busy", "true");
    await this.on.choose(slug, button).finally(() => {
      this.#chosen = false;
      this.list.removeAttribute("aria-busy");
    });
  }

  #recommended() {
    return get(`companies/recommendations/?mbti=${encodeURIComponent(this.mbti)}&skip=${this.#skip}`);
  }

  #draw(recommendations) {
    this.list.replaceChildren(...recommendations.map((recommendation) => this.#card(recommendation)));
  }

  #card({ company, matched }) {
    const card = byId("company-card").content.cloneNode(true).firstElementChild;
    const english = document.documentElement.lang === "en";
    const name = (english && company.name_en) || company.name;
    write(find("h3", card), name);
    write(find(".industry", card), company.industry ?? "");
    find(".matched", card).append(...matched.map((word) => element("span", { className: "tag", textContent: word })));
    show(find('[data-term="matched"]', card), matched.length > 0);
    write(find(".values", card), (company.talent_values ?? []).join(" · "));
    write(find(".summary", card), company.talent_summary ?? "");
    const source = company.sources?.[0];
    show(find(".source", card), Boolean(source));
    if (source) find(".source a", card).href = source.url;
    const button = find("button", card);
    button.setAttribute("aria-label", say("company.choose", { company: name }));
    button.addEventListener("click", () => this.#choose(company.slug, button));
    return card;
  }
}
