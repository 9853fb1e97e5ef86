/** The page's composition: each part starts to listen, then the socket connects. */

import { startClock } from "./clock.js";
import { reply, startComposer } from "./composer.js";
import { startHeader } from "./header.js";
import { startLog } from "./log.js";
import { startPeople } from "./people.js";
import { startPictures } from "./picture.js";
import { follow } from "./server.js";
import { on, store } from "./store.js";
import { alertOf, toast } from "./toast.js";

startHeader();
startPeople();
startClock();
startComposer();
startLog(reply);
startPictures();
on("answered", ({ person, text, show_alert: asAlert }) => {
  if (person === store.active && text) (asAlert ? alertOf : toast)(text);
});
follow();
