// What the API says of releases and rollouts, checked, and how the page groups it for people.

import { type Fields, fields, list, number, text } from "./json.ts";

export interface Release {
  id: string;
  name: string;
  component: string;
  version: string;
  note: string;
  /** It can be undone by itself. */
  has_way_back: boolean;
  card: string;
}

export interface Stage {
  share: number;
  wait_s: number;
  devices: number;
  counts: Readonly<Record<string, number>>;
}

export interface Decision {
  time_ms: number;
  kind: string;
  text: string;
}

export interface Rollout {
  id: number;
  name: string;
  release_name: string;
  component: string;
  version: string;
  has_way_back: boolean;
  state: string;
  stage: number;
  why: string;
  stages: readonly Stage[];
  decisions: readonly Decision[];
}

/** A device of a rollout that is not where it should be. */
export interface Stuck {
  device: string;
  state: string;
  reason: string;
  since_ms: number;
  online: boolean;
  seen_ms: number;
}

function read_stage(from: Fields): Stage {
  const counts: Record<string, number> = {};
  const given = fields(from["counts"], "counts");
  for (const state of Object.keys(given)) counts[state] = number(given, state);
  return {
    share: number(from, "share"),
    wait_s: number(from, "wait_s"),
    devices: number(from, "devices"),
    counts,
  };
}

function read_rollout(from: Fields): Rollout {
  return {
    id: number(from, "id"),
    name: text(from, "name"),
    release_name: text(from, "release_name"),
    component: text(from, "component"),
    version: text(from, "version"),
    has_way_back: from["has_way_back"] === true,
    state: text(from, "state"),
    stage: number(from, "stage"),
    why: text(from, "why"),
    stages: list(from["stages"], read_stage, "stages"),
    decisions: list(
      from["decisions"],
      (one) => ({ time_ms: number(one, "time_ms"), kind: text(one, "kind"), text: text(one, "text") }),
      "decisions",
    ),
  };
}

export function read_rollouts(value: unknown): Rollout[] {
  return list(value, read_rollout, "rollouts");
}

export function read_one_rollout(value: unknown): Rollout {
  return read_rollout(fields(value, "rollout"));
}

export function read_releases(value: unknown): Release[] {
  return list(
    value,
    (from) => ({
      id: text(from, "id"),
      name: text(from, "name"),
      component: text(from, "component"),
      version: text(from, "version"),
      note: text(from, "note"),
      has_way_back: number(from, "back_sequence") > 0,
      card: text(from, "card"),
    }),
    "releases",
  );
}

export function read_stuck(value: unknown): Stuck[] {
  return list(
    value,
    (from) => ({
      device: text(from, "device"),
      state: text(from, "state"),
      reason: text(from, "reason"),
      since_ms: number(from, "since_ms"),
      online: from["online"] === true,
      seen_ms: number(from, "seen_ms"),
    }),
    "devices",
  );
}

/** The steps of the funnel in their order, each with the states that belong to it. */
export const STEPS = [
  { name: "have it", tone: "good", states: ["done", "skipped"] },
  { name: "on trial", tone: "busy", states: ["trial", "installing"] },
  { name: "fetching", tone: "busy", states: ["offered", "downloading"] },
  { name: "waiting", tone: "idle", states: ["queued", "offline", "blocked"] },
  { name: "failed", tone: "bad", states: ["failed", "unhealthy", "undo_failed"] },
  {
    name: "taken back",
    tone: "back",
    states: ["undone", "undoing", "undo_offered", "undo_queued", "undo_offline", "left"],
  },
] as const;

export interface Step {
  name: string;
  tone: string;
  devices: number;
}

/** The devices of a stage by step; steps without any are left out. */
export function funnel(stage: Stage): Step[] {
  return STEPS.map(({ name, tone, states }) => ({
    name,
    tone,
    devices: states.reduce((sum, state) => sum + (stage.counts[state] ?? 0), 0),
  })).filter((step) => step.devices > 0);
}

/** States of devices that a person may want to look after. */
export const STUCK_STATES = [
  "failed",
  "unhealthy",
  "blocked",
  "offline",
  "undo_failed",
  "undo_offline",
] as const;

/** The state's name in words for people, with the reason where there is one. */
export function why_stuck(one: Stuck, ago: string): string {
  const state =
    one.state === "offline" || one.state === "undo_offline" ? `offline, last seen ${ago}` : one.state;
  return one.reason === "" ? state : `${state}: ${one.reason}`;
}

/** What a person has written into the form. */
export interface Draft {
  release: string;
  shares: string;
  wait_minutes: string;
  devices: string;
  window: string;
}

export interface Wish {
  release: string;
  stages: { share: number; wait_s: number }[];
  devices: string;
  windows: { days: number[]; from: string; to: string }[];
}

/** "1, 10, 100" as stages with this wait after each but the last. Throws with what is wrong. */
export function stages_of(shares: string, wait_minutes: number): Wish["stages"] {
  const parts = shares.split(",").map((part) => Number(part.replace("%", "").trim()));
  if (parts.some((part) => !(part > 0 && part <= 100))) {
    throw new Error("The stages are shares in percent with commas between, such as 1, 10, 100");
  }
  if (parts.some((part, at) => at > 0 && part <= (parts[at - 1] ?? 0))) {
    throw new Error("Each stage counts the ones before in, so the shares must rise");
  }
  if (!(wait_minutes >= 0)) throw new Error("The wait is a number of minutes");
  return parts.map((part, at) => ({
    share: part / 100,
    wait_s: at + 1 === parts.length ? 0 : Math.round(wait_minutes * 60),
  }));
}

/** The form as the API wants it. Throws with what is wrong. */
export function wish_of(draft: Draft): Wish {
  const window = draft.window.trim();
  const times = /^(\d\d:\d\d)\s*[-–]\s*(\d\d:\d\d)$/.exec(window);
  if (window !== "" && times === null) throw new Error("The time of day is two times, such as 22:00-05:00");
  return {
    release: draft.release,
    stages: stages_of(draft.shares, Number(draft.wait_minutes)),
    devices: draft.devices.trim(),
    windows: times === null ? [] : [{ days: [], from: times[1] ?? "", to: times[2] ?? "" }],
  };
}

/** How many devices each stage would reach, those before counted in. */
export function read_plan(value: unknown): number[] {
  const stages = fields(value, "plan")["stages"];
  if (!Array.isArray(stages) || !stages.every((one) => typeof one === "number")) {
    throw new Error("plan: expected numbers");
  }
  return stages;
}
