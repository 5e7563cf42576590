// Numbers and times as people read them. Every function is pure; times are milliseconds since 1970.

const THIN = "\u202f";

function scaled(value: number, steps: readonly string[]): { text: string; unit: string } {
  let size = value;
  let step = 0;
  while (step < steps.length - 1 && Number(size.toPrecision(3)) >= 1000) {
    size /= 1000;
    step += 1;
  }
  const text = step === 0 ? String(Math.round(size)) : Number(size.toPrecision(3)).toString();
  return { text, unit: steps[step] ?? "" };
}

/** Bytes in decimal units, three digits: "812 B", "1.93 MB". */
export function bytes(value: number): string {
  const { text, unit } = scaled(value, ["B", "kB", "MB", "GB", "TB", "PB"]);
  return `${text}${THIN}${unit}`;
}

/** A count, exact below ten thousand, then three digits: "9 841", "4.21 M". */
export function count(value: number): string {
  if (value < 10_000) return grouped(value);
  const { text, unit } = scaled(value, ["", "k", "M", "G", "T"]);
  return `${text}${THIN}${unit}`;
}

/** Every digit, in groups of three. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
}

/** Bytes sensed for each byte sent; null until something has been both sensed and sent. */
export function reduction(sensed: number, sent: number): number | null {
  return sensed > 0 && sent > 0 ? sensed / sent : null;
}

/** "3.4×", "187×", "58.8 k×"; "–" while unknown. */
export function factor(value: number | null): string {
  if (value === null) return "–";
  if (value >= 99.5) return `${count(value)}×`;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}×`;
}

/** A score in 1/1000 as "93.1 %". */
export function percent(permille: number): string {
  return `${(permille / 10).toFixed(1)}${THIN}%`;
}

/** A part of a whole that never rounds a leak away to zero: "none", "<0.1 %", "1.2 %". */
export function share(part: number, whole: number): string {
  if (part <= 0) return "none";
  if (whole <= 0) return "–";
  const value = (part / whole) * 100;
  return value < 0.1 ? `<0.1${THIN}%` : `${value.toFixed(1)}${THIN}%`;
}

/** A length of time: "8 ms", "3.4 s", "2 min", "5 h", "3 d". */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Number(ms.toPrecision(2)) : Math.round(ms)}${THIN}ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))}${THIN}s`;
  if (seconds < 99.5) return `${Math.round(seconds)}${THIN}s`;
  if (seconds < 5940) return `${Math.round(seconds / 60)}${THIN}min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)}${THIN}h`;
  return `${Math.round(seconds / 86_400)}${THIN}d`;
}

/** How long ago; the server's clock may run ahead of the reader's, so the future reads "just now". */
export function ago(time_ms: number, now_ms: number): string {
  const past = now_ms - time_ms;
  return past < 2000 ? "just now" : `${duration(past)} ago`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Local time of day "14:03:22", with milliseconds where asked. */
export function clock(time_ms: number, milliseconds = false): string {
  const date = new Date(time_ms);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return milliseconds ? `${time}.${String(date.getMilliseconds()).padStart(3, "0")}` : time;
}

/** Local date "2026-11-22". */
export function day(time_ms: number): string {
  const date = new Date(time_ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** "wake_word" as "wake word". */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}
