/** Whose chat is shown: one chip a person, with what they have not seen. */

import { byId, make } from "./dom.js";
import { gist } from "./message.js";
import { choose, on, store, unread } from "./store.js";

export function startPeople() {
  for (const kind of ["reset", "chosen", "message", "edited", "deleted", "unread", "standing"]) on(kind, show);
}

function show() {
  const nav = byId("people");
  const focused = nav.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  nav.replaceChildren(...[...store.people.values()].map(chip));
  if (focused) nav.querySelector(`[data-id="${focused}"]`)?.focus();
  const all = [...store.people.values()].reduce((sum, person) => sum + unread(person).length, 0);
  document.title = `${all ? `(${all}) ` : ""}${store.bot.first_name} – local chat`;
}

function chip(person) {
  const count = unread(person).length;
  const current = person === store.active;
  const last = [...person.messages.values()].at(-1);
  const line = person.blocked ? "Bot blocked" : last ? gist(last.message) : "Nothing written yet";
  return make(
    "button",
    {
      type: "button",
      class: "person",
      "data-id": person.id,
      "aria-current": current ? "true" : null,
      "aria-label": count ? `${person.first_name}, ${count} unread` : person.first_name,
      onclick: () => choose(person.id),
    },
    make("span", { class: `avatar tint${person.speaker % 3}`, "aria-hidden": "true" }, person.first_name.slice(0, 1)),
    make("span", { class: "name" }, person.first_name),
    make("span", { class: "last" }, line),
    count ? make("span", { class: "badge" }, count > 99 ? "99+" : String(count)) : "",
  );
}
