/** A word that shows for a moment, an alert that asks for OK, and the clipboard. */

import { byId } from "./dom.js";

let hiding = 0;

export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => box.classList.remove("shown"), Math.max(2500, text.length * 60));
}

export function alertOf(text) {
  byId("alert-text").textContent = text;
  byId("alert").showModal();
}

/** Whether it could be copied. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
