/** A style as the API names it: a suit, and after it what is worn under the jacket, where the person chose. */

import { findAll } from "./page.js";

const OWN_CLOTHES = "own_clothes";
const GARMENTS = ["shirt", "blouse"];

/** `navy_suit` with `shirt` is `navy_suit_shirt`; own clothes have no garment. */
export const joined = (suit, garment) => (garment && suit !== OWN_CLOTHES ? `${suit}_${garment}` : suit);

export function parted(style) {
  const garment = GARMENTS.find((name) => style.endsWith(`_${name}`)) ?? "";
  return { suit: garment ? style.slice(0, -garment.length - 1) : style, garment };
}

/** Whether the choices may be changed. Unlike `disabled` it takes the focus from none; who listens asks `allowed`. */
export function allow(choices, may) {
  choices.setAttribute("aria-disabled", String(!may));
}

export const allowed = (choices) => choices.getAttribute("aria-disabled") !== "true";

/** The choice of garment stands still for own clothes. */
export function allowGarments(garments, suit) {
  garments.disabled = suit === OWN_CLOTHES;
}

/** What is checked among the radio buttons of a fieldset. */
export const checked = (fieldset) => findAll("input", fieldset).find((input) => input.checked)?.value ?? "";
