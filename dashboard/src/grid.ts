// What the API says of coordination, checked, and in the words of the page.

import { fields, list, number, numbers, text } from "./json.ts";

/** One cycle of the coordinator; powers in W, time in s since 1970 by the devices' clock. */
export interface Cycle {
  time_s: number;
  demand_w: number;
  scheduled_w: number;
  measured_w: number;
  local_w: number;
  storage_w: number;
  tasks_w: number;
  buffers_w: number;
  price: number;
  over: number;
  believed: number;
  left_out: number;
  seconds: number;
}

export interface Feeder {
  id: string;
  expected_w: number;
  measured_w: number;
  most_w: number;
  devices: number;
  /** Thousandths an hour of room or content, by kind: storages, tasks, buffers. */
  levels: readonly number[];
  fault: string;
}

export interface Decision {
  time_s: number;
  kind: string;
  object: string;
  why: string;
}

export interface Coordination {
  running: boolean;
  rejected: number;
  feeders: readonly Feeder[];
  cycles: readonly Cycle[];
  decisions: readonly Decision[];
}

export function read_coordination(value: unknown): Coordination {
  const from = fields(value, "coordination");
  return {
    running: from["running"] === true,
    rejected: number(from, "rejected"),
    feeders: list(
      from["feeders"],
      (one) => ({
        id: text(one, "id"),
        expected_w: number(one, "expected_w"),
        measured_w: number(one, "measured_w"),
        most_w: number(one, "most_w"),
        devices: number(one, "devices"),
        levels: numbers(one["levels"], "levels"),
        fault: text(one, "fault"),
      }),
      "feeders",
    ),
    cycles: list(
      from["cycles"],
      (one) => ({
        time_s: number(one, "time_s"),
        demand_w: number(one, "demand_w"),
        scheduled_w: number(one, "scheduled_w"),
        measured_w: number(one, "measured_w"),
        local_w: number(one, "local_w"),
        storage_w: number(one, "storage_w"),
        tasks_w: number(one, "tasks_w"),
        buffers_w: number(one, "buffers_w"),
        price: number(one, "price"),
        over: number(one, "over"),
        believed: number(one, "believed"),
        left_out: number(one, "left_out"),
        seconds: number(one, "seconds"),
      }),
      "cycles",
    ),
    decisions: list(
      from["decisions"],
      (one) => ({
        time_s: number(one, "time_s"),
        kind: text(one, "kind"),
        object: text(one, "object"),
        why: text(one, "why"),
      }),
      "decisions",
    ),
  };
}

/** 1_234_000 W as "1.23 MW"; three digits. */
export function power(watts: number): string {
  const size = Math.abs(watts);
  const [unit, of] = size >= 1e6 ? ["MW", 1e6] : size >= 1e3 ? ["kW", 1e3] : ["W", 1];
  const value = watts / of;
  const digits = Math.abs(value) >= 100 || of === 1 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits).replace("-", "−")} ${unit}`;
}

/** The devices' own time of day, UTC: "18:05". */
export function hour(time_s: number): string {
  return new Date(time_s * 1000).toISOString().slice(11, 16);
}

/** What a cycle measured: its successor says it; the last one is still going on. */
export function measured(cycles: readonly Cycle[], index: number): number | null {
  return cycles[index + 1]?.measured_w ?? null;
}

/** What levels tell devices to do, in words. */
export function level_words(levels: readonly number[]): string {
  const [storage = 0, task = 0, buffer = 0] = levels;
  const percent = (level: number) => `${Math.round(Math.abs(level) / 10)} %`;
  const parts = [
    storage === 0
      ? "storages rest"
      : storage > 0
        ? `storages take ${percent(storage)} of their room an hour`
        : `storages give ${percent(storage)} of what they hold an hour`,
    task === 0 ? "tasks wait" : `tasks at ${(task / 1000).toFixed(1)} × the rate that is just in time`,
  ];
  if (buffer !== 0) parts.push(`buffers ${buffer > 0 ? "fill" : "empty"} by ${percent(buffer)} an hour`);
  return parts.join(", ");
}

/** The ends of an axis for these powers: round, 0 within. */
export function axis(values: readonly number[]): { low: number; high: number; step: number } {
  const high = Math.max(0, ...values);
  const low = Math.min(0, ...values);
  const rough = Math.max(high - low, 1) / 4;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * ten >= rough) ?? 10) * ten;
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step || step, step };
}
