/** The market clock: which session it is, one further, on by itself, and how IWM/SPY went until then. */

import { draw } from "./chart.js";
import { byId } from "./dom.js";
import { act } from "./server.js";
import { on, store } from "./store.js";
import { sessionWords } from "./when.js";

const NARROW = "(max-width: 719px), (max-height: 559px)";
// Between a press and the first word of it from the server.
let asked = false;
let refused = "";

export function startClock() {
  on("reset", show);
  on("clock", () => {
    asked = false;
    refused = "";
    show();
  });
  byId("next").addEventListener("click", () => !busy() && step("next"));
  byId("play").addEventListener("click", () => step(store.clock.playing ? "pause" : "play"));
  byId("fold").addEventListener("click", () => fold(!byId("clock").classList.contains("folded")));
  fold(matchMedia(NARROW).matches);
  new ResizeObserver(drawn).observe(byId("chart"));
}

const busy = () => asked || store.clock.working;

function fold(is) {
  byId("clock").classList.toggle("folded", is);
  byId("fold").setAttribute("aria-expanded", String(!is));
  drawn();
}

async function step(name) {
  asked = name === "next";
  refused = "";
  show();
  try {
    store.clock = await act(`clock/${name}`);
  } catch (error) {
    refused = `The clock does not answer: ${error.message}`;
  }
  asked = false;
  show();
}

function show() {
  const { clock } = store;
  byId("clock").hidden = !clock;
  if (!clock) return;
  put("session", clock.session ? sessionWords(clock.session) : "none yet");
  byId("session").dateTime = clock.session ?? "";
  byId("simulated").hidden = !clock.simulated;
  // Not `disabled`, which would take the focus away.
  byId("next").setAttribute("aria-disabled", String(busy()));
  byId("play").textContent = clock.playing ? "Pause" : "Play";
  byId("play").classList.toggle("on", clock.playing);
  // While it plays, reading every step aloud would drown the messages.
  for (const id of ["session", "working"]) byId(id).setAttribute("aria-live", clock.playing ? "off" : "polite");
  put("working", busy() ? clock.doing || "working…" : "");
  put("clock-error", refused || clock.error || "");
  byId("clock-error").hidden = !byId("clock-error").textContent;
  drawn();
}

/** Sets a text where it is another one: the same again would be read aloud again. */
function put(id, words) {
  if (byId(id).textContent !== words) byId(id).textContent = words;
}

function drawn() {
  const figure = byId("chart");
  const { clock } = store;
  if (clock && figure.clientWidth) draw(figure, clock);
}
