/** Above the chat: the bot's name, what it is doing, and a small menu. */

import { byId } from "./dom.js";
import { act } from "./server.js";
import { on, store } from "./store.js";
import { toast } from "./toast.js";

const LASTS = 5000;
const WORDS = { typing: "typing", upload_photo: "sending a picture", upload_document: "sending a file" };
// What the bot is doing, by person: {words, timer}.
const doing = new Map();
let connected = null;

export function startHeader() {
  on("reset", () => {
    byId("bot-name").textContent = store.bot.first_name;
    byId("bot-avatar").textContent = store.bot.first_name.slice(0, 1);
    byId("notice").textContent = `Local chat on this machine. ${store.notice}`.trim();
    show();
  });
  on("connection", (is) => {
    connected = is;
    document.body.classList.toggle("away", !is);
    show();
  });
  on("action", ({ person, action }) => {
    clearTimeout(doing.get(person.id)?.timer);
    doing.set(person.id, { words: WORDS[action] ?? "busy", timer: setTimeout(() => stops(person), LASTS) });
    show();
  });
  on("message", ({ person, row }) => row.from_bot && stops(person));
  on("chosen", show);
  on("standing", show);
  startMenu();
}

function stops(person) {
  clearTimeout(doing.get(person.id)?.timer);
  doing.delete(person.id);
  show();
}

function show() {
  const line = byId("doing");
  const now = store.active && doing.get(store.active.id);
  const words = connected === false ? "reconnecting…" : now ? now.words : store.active?.blocked ? "blocked" : "bot";
  if (line.textContent !== words) line.textContent = words;
  line.className = connected === false ? "away" : now ? "busy" : "";
  byId("more").hidden = store.active ? store.active.chat < 0 : false;
  byId("block").textContent = store.active?.blocked ? "Unblock bot" : "Block bot";
}

function startMenu() {
  const menu = byId("more-menu");
  const more = byId("more");
  const open = (is) => {
    menu.hidden = !is;
    more.setAttribute("aria-expanded", String(is));
    if (is) byId("block").focus();
  };
  more.addEventListener("click", () => open(menu.hidden));
  document.addEventListener("click", (event) => !event.target.closest(".more") && open(false));
  menu.addEventListener("focusout", (event) => !event.relatedTarget?.closest(".more") && open(false));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open(false);
    more.focus();
  });
  byId("block").addEventListener("click", async () => {
    more.focus();
    open(false);
    const route = store.active.blocked ? "unblock" : "block";
    await act(route, { person: store.active.id }).catch((error) => toast(error.message));
  });
}
