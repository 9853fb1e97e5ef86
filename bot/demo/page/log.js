/** The messages of the person who is shown: kept in step, scrolled to the newest unless the reader looks back. */

import { showWaiting } from "./buttons.js";
import { byId, make } from "./dom.js";
import { elementId, messageElement } from "./message.js";
import { on, read, store, unread } from "./store.js";
import { toast } from "./toast.js";
import { dateWords } from "./when.js";

const NEAR = 60;
const log = byId("log");
// Whether the newest message is in view, and stays so when another comes.
let atEnd = true;
let reply = () => {};

/** `onReply(row)`: the reader wants to answer this message. */
export function startLog(onReply) {
  reply = onReply;
  on("reset", () => rebuild(atEnd ? null : log.scrollTop));
  on("chosen", () => rebuild(null));
  on("message", ({ person, row }) => person === store.active && add(row));
  on("edited", ({ person, row }) => person === store.active && replace(row));
  on("deleted", ({ person, row }) => person === store.active && remove(row));
  on("waiting", ({ person, messageId }) => person === store.active && showWaitingOf(messageId));
  on("unread", seen);
  log.addEventListener("scroll", () => {
    atEnd = nearEnd();
    seen();
  });
  document.addEventListener("visibilitychange", seen);
  new ResizeObserver(() => atEnd && toEnd()).observe(log);
  byId("pill").addEventListener("click", toEnd);
}

const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;

function rebuild(scrollTop) {
  const person = store.active;
  const firstUnread = unread(person)[0];
  // All of it at once is no news to read aloud.
  log.setAttribute("aria-busy", "true");
  log.replaceChildren(...[...person.messages.values()].map(elementOf));
  if (!person.messages.size) log.append(welcome());
  const mark = firstUnread && byId(elementId(firstUnread.message_id));
  mark?.before(make("p", { class: "unread-mark" }, "New messages"));
  dates();
  toEnd();
  if (scrollTop !== null) log.scrollTop = scrollTop;
  else if (mark) log.scrollTop = Math.min(log.scrollTop, mark.offsetTop - 48);
  setTimeout(() => log.removeAttribute("aria-busy"), 100);
}

const elementOf = (row) => {
  const element = messageElement(row, store.active, { onJump: jump, onReply: reply });
  element.dataset.date = row.message.date;
  return element;
};

const nothingYet = ({ chat, first_name: name }) =>
  chat < 0 ? `Nothing has been written in ${name} yet.` : `${name} has not written yet.`;

function welcome() {
  const box = make("div", { class: "welcome" }, make("p", {}, nothingYet(store.active)));
  if (store.description) box.append(make("p", {}, store.description));
  return box;
}

function add(row) {
  atEnd = nearEnd();
  const follows = atEnd || !row.from_bot;
  log.querySelector(".welcome")?.remove();
  if (row.from_bot === false) log.querySelector(".unread-mark")?.remove();
  const element = elementOf(row);
  element.classList.add("new");
  log.append(element);
  dates();
  if (follows) toEnd();
  seen();
}

function replace(row) {
  const old = byId(elementId(row.message_id));
  if (!old) return;
  // Whoever works by keyboard stays where they were, as far as that is still there.
  const places = [...old.querySelectorAll("button, a, [tabindex='0']")];
  const place = places.indexOf(document.activeElement);
  const element = elementOf(row);
  old.replaceWith(element);
  if (place >= 0) {
    const found = [...element.querySelectorAll("button:not(.reply), a, [tabindex='0']")];
    (found[Math.min(place, found.length - 1)] ?? log).focus({ preventScroll: true });
  }
  if (atEnd) toEnd();
}

function remove(row) {
  const element = byId(elementId(row.message_id));
  if (element?.contains(document.activeElement)) log.focus({ preventScroll: true });
  element?.remove();
  dates();
}

/** A line with the date before the first message of each day. */
function dates() {
  log.querySelectorAll(".date").forEach((line) => line.remove());
  let last = "";
  for (const element of log.querySelectorAll("article")) {
    const words = dateWords(Number(element.dataset.date));
    if (words !== last) element.before(make("p", { class: "date" }, words));
    last = words;
  }
}

function jump(messageId) {
  const element = byId(elementId(messageId));
  if (!element) {
    toast("That message is not here any more");
    return;
  }
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
  element.classList.remove("flash");
  requestAnimationFrame(() => element.classList.add("flash"));
  setTimeout(() => element.classList.remove("flash"), 2000);
}

function showWaitingOf(messageId) {
  const row = store.active.messages.get(messageId);
  const element = byId(elementId(messageId));
  element?.querySelectorAll("[data-data]").forEach((button) => showWaiting(button, row, store.active));
}

function toEnd() {
  log.scrollTop = log.scrollHeight;
  atEnd = true;
  seen();
}

/** What is in view is read; what is not is counted. */
function seen() {
  if (!store.active) return;
  if (atEnd && document.visibilityState === "visible" && unread(store.active).length) read(store.active);
  const count = unread(store.active).length;
  byId("pill").hidden = atEnd;
  byId("pill-text").textContent = count ? `${count} new message${count > 1 ? "s" : ""}` : "To the newest";
}
