// Everything that the page knows, and how each message from the fleet changes it. Pure.
import type { Device, EventKind, FleetEvent, Gap, Person } from "./api.ts";

/** The newest events that are kept; a page left open for weeks stays small. */
export const EVENTS_KEPT = 4000;

export type Link =
  | { state: "connecting" }
  /** The server asks who we are; `refused` says why the last try failed. */
  | { state: "locked"; refused: string }
  | { state: "live" }
  | { state: "lost"; since_ms: number; retry_ms: number; reason: string };

export interface State {
  person: Person | null;
  devices: readonly Device[];
  /** By id, so by order of arrival. */
  events: readonly FleetEvent[];
  gaps: readonly Gap[];
  link: Link;
  /** What the server says is wrong with itself; empty: nothing. */
  trouble: string;
  /** Whether the store may hold events before the oldest one here. */
  older: boolean;
  /** False until the first answer: nothing is known, which is not the same as no device. */
  known: boolean;
}

export const EMPTY: State = {
  person: null,
  devices: [],
  events: [],
  gaps: [],
  link: { state: "connecting" },
  trouble: "",
  older: false,
  known: false,
};

export type Message =
  | { type: "devices"; devices: readonly Device[] }
  | { type: "device"; device: Device }
  | { type: "events"; events: readonly FleetEvent[] }
  | { type: "forget" }
  | { type: "older"; older: boolean }
  | { type: "gaps"; gaps: readonly Gap[] }
  | { type: "person"; person: Person | null }
  | { type: "link"; link: Link }
  | { type: "trouble"; trouble: string };

function by_name(devices: readonly Device[]): Device[] {
  return [...devices].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** Whether both are the same event of the same store. */
export function same_event(a: FleetEvent, b: FleetEvent): boolean {
  return (
    a.id === b.id &&
    a.device === b.device &&
    a.boot === b.boot &&
    a.sequence === b.sequence &&
    a.time_ms === b.time_ms
  );
}

/** Adds what is new; an event that comes twice (stream and catch-up overlap) counts once. */
export function merge_events(
  known: readonly FleetEvent[],
  more: readonly FleetEvent[],
): readonly FleetEvent[] {
  const seen = new Set(known.map((event) => event.id));
  const fresh = more.filter((event) => !seen.has(event.id) && seen.add(event.id));
  if (fresh.length === 0) return known;
  return [...known, ...fresh].sort((a, b) => a.id - b.id).slice(-EVENTS_KEPT);
}

export function update(state: State, message: Message): State {
  switch (message.type) {
    case "devices":
      return { ...state, devices: by_name(message.devices), known: true };
    case "device": {
      const others = state.devices.filter((device) => device.id !== message.device.id);
      return { ...state, devices: by_name([...others, message.device]) };
    }
    case "events":
      return { ...state, events: merge_events(state.events, message.events) };
    case "forget":
      return { ...state, events: [], gaps: [], older: false };
    case "older":
      return { ...state, older: message.older };
    case "gaps":
      return { ...state, gaps: message.gaps };
    case "person":
      return { ...state, person: message.person };
    case "link":
      return { ...state, link: message.link };
    case "trouble":
      return { ...state, trouble: message.trouble };
  }
}

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

export function totals(devices: readonly Device[]): Totals {
  const sum = (of: (device: Device) => number) => devices.reduce((total, device) => total + of(device), 0);
  return {
    devices: devices.length,
    online: devices.filter((device) => device.online).length,
    events: sum((device) => device.events),
    bytes_sensed: sum((device) => device.bytes_sensed),
    bytes_sent: sum((device) => device.bytes_sent),
    bytes_gate: sum((device) => device.bytes_gate),
    gate_openings: sum((device) => device.gate_openings),
    inferences: sum((device) => device.inferences),
  };
}

/** Events that are known to be missing. */
export function missing(gaps: readonly Gap[], device?: string): number {
  return gaps
    .filter((gap) => device === undefined || gap.device === device)
    .reduce((total, gap) => total + gap.last - gap.first + 1, 0);
}

export interface Filter {
  /** Empty: all. */
  device: string;
  kinds: ReadonlySet<EventKind>;
}

/** The chosen events by time, oldest first: an event that waited in an outbox takes its true place. */
export function chosen(events: readonly FleetEvent[], filter: Filter): FleetEvent[] {
  return events
    .filter(
      (event) => filter.kinds.has(event.kind) && (filter.device === "" || event.device === filter.device),
    )
    .sort((a, b) => a.time_ms - b.time_ms || a.id - b.id);
}
