// Positions on axes. Pure.

/** Powers of ten from at or below `low` (at least 1) to at or above `high`; always two or more. */
export function decades(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(Math.max(low, 1)));
  const last = Math.max(Math.ceil(Math.log10(Math.max(high, 1))), first + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/** Where `value` lies between the ends of a log axis: 0..1, clamped. */
export function log_position(value: number, low: number, high: number): number {
  if (value <= low) return 0;
  return Math.min(1, Math.log(value / low) / Math.log(high / low));
}

const STEPS = [
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
  7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
];

/**
 * Round local times between `from` and `to`, at most `most` of them.
 * @param offset_ms local time minus UTC, so that days begin at local midnight
 */
export function time_ticks(from: number, to: number, most: number, offset_ms: number): number[] {
  const span = Math.max(to - from, 1);
  const longest = STEPS[STEPS.length - 1] as number;
  const step =
    STEPS.find((candidate) => span / candidate <= most) ?? Math.ceil(span / most / longest) * longest;
  const ticks: number[] = [];
  for (let at = Math.ceil((from + offset_ms) / step) * step - offset_ms; at <= to; at += step) ticks.push(at);
  return ticks.slice(0, most + 1);
}
