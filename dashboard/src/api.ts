// What the fleet's HTTP API says (docs/protocol.md), checked before the page believes it.

import { type Fields, fields, flag, number, text } from "./json.ts";

export const EVENT_KINDS = ["decision", "started", "action"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** The model that a device runs; null fields: the device has not said. */
export interface Bundle {
  version: string;
  digest: string;
  ram_bytes: number;
  flash_bytes: number;
  instructions: number;
}

export interface Device {
  id: string;
  application: string;
  online: boolean;
  last_seen_ms: number;
  boot: number;
  bundle: Bundle;
  firmware: string;
  /** Why the device does not decide; empty where it does. */
  fault: string;
  rate_hz: number;
  bytes_sensed: number;
  bytes_sent: number;
  bytes_gate: number;
  gate_openings: number;
  inferences: number;
  outbox: number;
  overruns: number;
  /** Events that no longer fitted the outbox. */
  events_lost: number;
  score: number;
  events: number;
  rejected: number;
}

export interface FleetEvent {
  id: number;
  device: string;
  boot: number;
  sequence: number;
  time_ms: number;
  uncertainty_ms: number;
  kind: EventKind;
  label: string;
  score: number;
  sample: number;
  /** Samples from the decision's last sample to the stop line; null where none was pulled. */
  stop_samples: number | null;
  stop_instructions: number | null;
}

/** Sequences of one boot that never arrived though later ones did. */
export interface Gap {
  device: string;
  boot: number;
  first: number;
  last: number;
}

/** The whole fleet in numbers. */
export interface Totals {
  devices: number;
  online: number;
  events: number;
  bytes_sensed: number;
  bytes_sent: number;
  bytes_gate: number;
  gate_openings: number;
  inferences: number;
}

/** Who looks at the page. `open`: anybody may, and there is nothing to log out of. */
export interface Person {
  name: string;
  role: string;
  open: boolean;
}

function number_or_null(from: Fields, key: string, where: string): number | null {
  return from[key] === null || from[key] === undefined ? null : number(from, key, where);
}

/** Zero where the device has not reported yet. */
function number_or_zero(from: Fields, key: string, where: string): number {
  return number_or_null(from, key, where) ?? 0;
}

/** Empty where the device has not said yet. */
function text_or_empty(from: Fields, key: string, where: string): string {
  return from[key] === null || from[key] === undefined ? "" : text(from, key, where);
}

export function read_totals(value: unknown, where = "summary"): Totals {
  const from = fields(value, where);
  return {
    devices: number(from, "devices", where),
    online: number(from, "online", where),
    events: number(from, "events", where),
    bytes_sensed: number(from, "bytes_sensed", where),
    bytes_sent: number(from, "bytes_sent", where),
    bytes_gate: number(from, "bytes_gate", where),
    gate_openings: number(from, "gate_openings", where),
    inferences: number(from, "inferences", where),
  };
}

export function read_person(value: unknown, where = "me"): Person {
  const from = fields(value, where);
  return {
    name: text(from, "name", where),
    role: text(from, "role", where),
    open: flag(from, "open", where),
  };
}

export function read_device(value: unknown, where = "device"): Device {
  const from = fields(value, where);
  const bundle = fields(from["bundle"] ?? {}, `${where}.bundle`);
  return {
    id: text(from, "id", where),
    application: text_or_empty(from, "application", where),
    online: flag(from, "online", where),
    last_seen_ms: number_or_zero(from, "last_seen_ms", where),
    boot: number_or_zero(from, "boot", where),
    bundle: {
      version: text_or_empty(bundle, "version", `${where}.bundle`),
      digest: text_or_empty(bundle, "digest", `${where}.bundle`),
      ram_bytes: number_or_zero(bundle, "ram_bytes", `${where}.bundle`),
      flash_bytes: number_or_zero(bundle, "flash_bytes", `${where}.bundle`),
      instructions: number_or_zero(bundle, "instructions", `${where}.bundle`),
    },
    firmware: text_or_empty(from, "firmware", where),
    fault: text_or_empty(from, "fault", where),
    rate_hz: number_or_zero(from, "rate_hz", where),
    bytes_sensed: number_or_zero(from, "bytes_sensed", where),
    bytes_sent: number_or_zero(from, "bytes_sent", where),
    bytes_gate: number_or_zero(from, "bytes_gate", where),
    gate_openings: number_or_zero(from, "gate_openings", where),
    inferences: number_or_zero(from, "inferences", where),
    outbox: number_or_zero(from, "outbox", where),
    overruns: number_or_zero(from, "overruns", where),
    events_lost: number_or_zero(from, "events_lost", where),
    score: number_or_zero(from, "score", where),
    events: number_or_zero(from, "events", where),
    rejected: number_or_zero(from, "rejected", where),
  };
}

export function read_event(value: unknown, where = "event"): FleetEvent {
  const from = fields(value, where);
  const kind = EVENT_KINDS.find((name) => name === from["kind"]);
  if (kind === undefined) throw new Error(`${where}.kind: expected one of ${EVENT_KINDS.join(", ")}`);
  return {
    id: number(from, "id", where),
    device: text(from, "device", where),
    boot: number(from, "boot", where),
    sequence: number(from, "sequence", where),
    time_ms: number(from, "time_ms", where),
    uncertainty_ms: number(from, "uncertainty_ms", where),
    kind,
    label: text(from, "label", where),
    score: number(from, "score", where),
    sample: number(from, "sample", where),
    stop_samples: number_or_null(from, "stop_samples", where),
    stop_instructions: number_or_null(from, "stop_instructions", where),
  };
}

export function read_gap(value: unknown, where = "gap"): Gap {
  const from = fields(value, where);
  return {
    device: text(from, "device", where),
    boot: number(from, "boot", where),
    first: number(from, "first", where),
    last: number(from, "last", where),
  };
}

/** Reads each element with `read`, so that an error names the element. */
export function read_list<T>(value: unknown, read: (item: unknown, where: string) => T, where: string): T[] {
  if (!Array.isArray(value)) throw new Error(`${where}: expected an array`);
  return value.map((item, index) => read(item, `${where}[${index}]`));
}

export function read_events(value: unknown): FleetEvent[] {
  return read_list(fields(value, "events")["events"], read_event, "events");
}
