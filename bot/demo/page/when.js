/** Days and times in words. */

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "2025-07-30" → "Wed 30 Jul 2025", whatever the reader's time zone. */
export function sessionWords(session) {
  const [year, month, day] = session.split("-").map(Number);
  return `${DAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()]} ${day} ${MONTHS[month - 1]} ${year}`;
}

/** "2025-07-30" → "30 Jul 2025" */
export const dayWords = (session) => sessionWords(session).slice(4);

/** Seconds since 1970 → "14:03", the reader's time. */
export function timeWords(seconds) {
  const at = new Date(seconds * 1000);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

/** Seconds since 1970 → "Today", "Yesterday" or "30 Jul 2025". */
export function dateWords(seconds, now = new Date()) {
  const at = new Date(seconds * 1000);
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
}

const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
