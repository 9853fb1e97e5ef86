/** The buttons under a message. A pressed one waits until the bot answers. */

import { make } from "./dom.js";
import { act } from "./server.js";
import { choose, isWaiting } from "./store.js";
import { copy, toast } from "./toast.js";

export function buttonRows(rows, row, person) {
  const elements = rows.map((buttons) =>
    make("div", { class: "row" }, ...buttons.map((button) => buttonElement(button, row, person))),
  );
  return make("div", { class: "buttons" }, ...elements);
}

function buttonElement(button, row, person) {
  const style = button.style ?? "";
  const start = /^https:\/\/t\.me\/\w+\?start=([\w-]+)$/.exec(button.url ?? "");
  if (start) {
    const element = make("button", { type: "button", class: style }, `${button.text} ↗`);
    element.addEventListener("click", () => startInPrivate(person.speaker, start[1]));
    return element;
  }
  if (button.url) {
    return make("a", { class: style, href: button.url, target: "_blank", rel: "noopener noreferrer" }, `${button.text} ↗`);
  }
  const element = make("button", { type: "button", class: style }, button.text);
  if (button.callback_data !== undefined) {
    element.dataset.data = button.callback_data;
    element.addEventListener("click", () => press(element, row, person));
    showWaiting(element, row, person);
  } else if (button.copy_text) {
    element.addEventListener("click", async () => toast((await copy(button.copy_text.text)) ? "Copied" : "Not copied"));
  } else {
    element.disabled = true;
    element.title = "Works in Telegram only";
  }
  return element;
}

/** A link to the bot: the private chat opens, and what the link carries is sent. */
async function startInPrivate(speaker, payload) {
  choose(speaker);
  await act("say", { person: speaker, text: `/start ${payload}` }).catch((error) => toast(`Not sent: ${error.message}`));
}

async function press(element, row, person) {
  if (element.getAttribute("aria-busy") === "true") return;
  element.setAttribute("aria-busy", "true");
  try {
    await act("press", { person: person.speaker, chat: person.chat, message_id: row.message_id, data: element.dataset.data });
  } catch (error) {
    element.removeAttribute("aria-busy");
    toast(`Not pressed: ${error.message}`);
  }
}

/** Marks a button as waiting, or as waiting no more. */
export function showWaiting(element, row, person) {
  if (isWaiting(person, row.message_id, element.dataset.data)) element.setAttribute("aria-busy", "true");
  else element.removeAttribute("aria-busy");
}
