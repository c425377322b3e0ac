// Words in the page's language, each sentence where it is said and in both languages at once, as in the server's
// templates; days, times and deadlines. Not here: names of stages, steps and roles (names.js).
const desk = document.getElementById("desk");

export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

export const say = (zh, en) => (language === "zh" ? zh : en);

// A name as the service tells it, in both languages.
export const named = (name) => name?.[language] ?? "";

const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December"];

// A day `YYYY-MM-DD`; whatever else stands there is left as it is.
export function day(text) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!found) return text;
  const [year, month, date] = found.slice(1).map(Number);
  return say(`${year}年${month}月${date}日`, `${date} ${months[month - 1]} ${year}`);
}

// Milliseconds by which the authority's clock is ahead of UTC.
const offset = (() => {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):(\d{2})$/.exec(desk.dataset.offset) ?? [0, "+", 0, 0];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
})();

// A time on the authority's clock, not on this machine's.
export function time(text) {
  const [date, clock] = new Date(Date.parse(text) + offset).toISOString().split("T");
  return `${day(date)} ${clock.slice(0, 5)}`;
}

// The authority's day, so many days after a time.
export const dayAhead = (milliseconds, days) => new Date(milliseconds + offset + days * 86_400_000).toISOString().slice(0, 10);

// How a deadline stands: told by word and sign as well as by colour.
export function left(due) {
  if (!due) return null;
  const days = due.working_days_left;
  if (days < 0) {
    return { how: "late", sign: "✕", text: say(`已逾期 ${-days} 个工作日`, `${counted(-days)} late`) };
  }
  if (days === 0) return { how: "soon", sign: "!", text: say("今天到期", "due today") };
  if (days === 1) return { how: "soon", sign: "!", text: say("还剩 1 个工作日", "1 working day left") };
  return { how: "in-time", sign: "✓", text: say(`还剩 ${days} 个工作日`, `${counted(days)} left`) };
}

const counted = (days) => `${days} working day${days === 1 ? "" : "s"}`;
