/**
 * All that the page knows: people with their messages, who is shown, what is unread, which buttons wait.
 *
 * `on(kind, listener)` hears: reset (all is new), chosen (another person is shown), message, edited, deleted, unread,
 * action, answered, waiting, settings, standing, clock, connection.
 */

const WAITS = 30_000;
const listeners = new Map();

export const store = { run: null, bot: null, description: "", notice: "", clock: null, people: new Map(), active: null };

export function on(kind, listener) {
  listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
}

export function emit(kind, what) {
  for (const listener of listeners.get(kind) ?? []) listener(what);
}

/** Kept for this tab only, until the server starts anew. */
export const kept = {
  get: (name) => sessionStorage.getItem(name),
  set: (name, value) => sessionStorage.setItem(name, value),
};

/** A snapshot: everything, as it is now. */
export function load(snapshot) {
  if (kept.get("run") !== snapshot.run) {
    sessionStorage.clear();
    kept.set("run", snapshot.run);
    waiting.clear();
  }
  const { run, bot, description, notice, clock } = snapshot;
  Object.assign(store, { run, bot, description, notice, clock });
  store.people = new Map(snapshot.people.map((person) => [person.id, withMessages(person)]));
  const active = [...store.people.values()].find((person) => String(person.id) === kept.get("active"));
  store.active = active ?? store.people.values().next().value;
  emit("reset");
}

function withMessages(person) {
  const messages = new Map(person.messages.map((row) => [row.message_id, row]));
  const last = person.messages.at(-1)?.message_id ?? 0;
  const mark = kept.get(`read ${person.id}`);
  return { ...person, messages, read: mark === null ? last : Number(mark) };
}

/** Where a change belongs: a person's chat, a topic of a group, a group or a channel. */
function placeOf(kind, chat, what) {
  if (kind === "answered") return waiting.get(what.id)?.person ?? store.people.get(chat);
  const places = [...store.people.values()].filter((place) => place.chat === chat);
  if (places.length < 2) return places[0];
  if (kind === "query") return places.find((place) => place.messages.has(what.message_id));
  return places.find((place) => place.topic === (what.message?.message_thread_id ?? null));
}

/** One change, as the socket tells it. */
export function apply({ kind, chat, what }) {
  const person = placeOf(kind, chat, what);
  if (kind === "clock") {
    store.clock = what;
    emit("clock");
  } else if (kind === "settings") {
    emit("settings");
  } else if (!person) {
    return; // somebody whom the page does not show
  } else if (kind === "message" || kind === "edited") {
    person.messages.set(what.message_id, what);
    emit(kind, { person, row: what });
    if (kind === "message") emit("unread", person);
  } else if (kind === "deleted") {
    person.messages.delete(what.message_id);
    emit(kind, { person, row: what });
    emit("unread", person);
  } else if (kind === "bot_status") {
    person.blocked = what.new === "kicked";
    emit("standing", person);
  } else if (kind === "query") {
    waits(what.id, { person, messageId: what.message_id, data: what.data });
  } else if (kind === "answered") {
    ends(what.id);
    emit("answered", { ...what, person });
  } else if (kind === "action") {
    emit("action", { person, action: what.action });
  }
}

export function choose(id) {
  if (store.active?.id === id) return;
  store.active = store.people.get(id);
  kept.set("active", id);
  emit("chosen");
}

/** The bot's messages that this person has not seen. */
export function unread(person) {
  return [...person.messages.values()].filter((row) => row.from_bot && row.message_id > person.read);
}

/** All that is there has been seen. */
export function read(person) {
  const last = Math.max(person.read, ...person.messages.keys());
  kept.set(`read ${person.id}`, last);
  if (last === person.read) return;
  person.read = last;
  emit("unread", person);
}

// Buttons that were pressed and are not answered yet, by the id of their query.
const waiting = new Map();

function waits(id, press) {
  waiting.set(id, press);
  emit("waiting", press);
  setTimeout(() => ends(id), WAITS);
}

function ends(id) {
  const press = waiting.get(id);
  waiting.delete(id);
  if (press) emit("waiting", press);
}

export function isWaiting(person, messageId, data) {
  return [...waiting.values()].some(
    (press) => press.person.id === person.id && press.messageId === messageId && press.data === data,
  );
}
