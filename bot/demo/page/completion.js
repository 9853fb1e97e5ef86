/** The bot's commands above the input: while a command is typed, or asked for by the menu button. */

import { byId, make } from "./dom.js";
import { see } from "./server.js";
import { on, store } from "./store.js";

const list = byId("commands");
const text = byId("text");
let commands = [];
let at = 0;
let take = () => {};

export const isOpen = () => !list.hidden;

/** `onTake(name, send)`: a command was chosen, to be sent at once or to go on typing after it. */
export function startCompletion(onTake) {
  take = onTake;
  for (const kind of ["reset", "chosen", "settings"]) on(kind, fetchCommands);
  text.addEventListener("input", suggest);
  byId("menu").addEventListener("click", () => {
    if (isOpen()) close();
    else show(commands);
    text.focus();
  });
  document.addEventListener("click", (event) => !event.target.closest("#composer") && close());
}

async function fetchCommands() {
  close();
  const person = store.active;
  const found = await see(`commands?person=${person.speaker}`).catch(() => []);
  if (person !== store.active) return;
  commands = found;
  byId("menu").hidden = commands.length === 0;
  if (document.activeElement === text) suggest();
}

/** The list for what is typed; no list where that is no beginning of a command. */
export function suggest() {
  const typed = /^\/([a-z0-9_]*)$/i.exec(text.value);
  show(typed ? commands.filter(({ command }) => command.startsWith(typed[1].toLowerCase())) : []);
}

export function close() {
  list.hidden = true;
  text.removeAttribute("aria-activedescendant");
  byId("menu").setAttribute("aria-expanded", "false");
}

function show(found) {
  if (!found.length) {
    close();
    return;
  }
  list.replaceChildren(...found.map(option));
  list.hidden = false;
  byId("menu").setAttribute("aria-expanded", "true");
  mark(0);
}

function option({ command, description }, index) {
  const item = make(
    "li",
    { role: "option", id: `command-${index}`, "data-command": command },
    make("strong", {}, `/${command}`),
    make("span", {}, description),
  );
  // The focus stays in the field.
  item.addEventListener("mousedown", (event) => event.preventDefault());
  item.addEventListener("click", () => chosen(index, true));
  return item;
}

function mark(index) {
  at = (index + list.children.length) % list.children.length;
  [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
  list.children[at].scrollIntoView({ block: "nearest" });
  text.setAttribute("aria-activedescendant", list.children[at].id);
}

function chosen(index, send) {
  const { command } = list.children[index].dataset;
  close();
  take(command, send);
}

/** Whether the list has dealt with a key: arrows move, Enter sends, Tab goes on typing, Escape closes. */
export function handled(event) {
  if (!isOpen() || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key === "ArrowDown") mark(at + 1);
  else if (event.key === "ArrowUp") mark(at - 1);
  else if (event.key === "Enter") chosen(at, true);
  else if (event.key === "Tab") chosen(at, false);
  else if (event.key === "Escape") close();
  else return false;
  event.preventDefault();
  return true;
}
