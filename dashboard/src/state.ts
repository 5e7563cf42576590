// Everything that the page knows, and how each message from the fleet changes it. Pure.
import type { Device, EventKind, FleetEvent, Gap, Person, Totals } from "./api.ts";

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
  /** By name; the first ones alone where `more_devices`. */
  devices: readonly Device[];
  more_devices: boolean;
  /** Only devices with this in their name are asked for; empty: all. */
  search: string;
  totals: Totals | null;
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
  more_devices: false,
  search: "",
  totals: null,
  events: [],
  gaps: [],
  link: { state: "connecting" },
  trouble: "",
  older: false,
  known: false,
};

export type Message =
  /** A page of devices, the first where `after` is empty. */
  | { type: "devices"; devices: readonly Device[]; after: string; more: boolean; search: string }
  | { type: "totals"; totals: Totals }
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

/** Whether a device belongs among those that were asked for so far. */
function is_on_page(state: State, id: string): boolean {
  const last = state.devices[state.devices.length - 1];
  return id.includes(state.search) && (!state.more_devices || (last !== undefined && id <= last.id));
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
      return {
        ...state,
        devices: message.after === "" ? message.devices : [...state.devices, ...message.devices],
        more_devices: message.more,
        search: message.search,
        known: true,
      };
    case "device": {
      if (!is_on_page(state, message.device.id)) return state;
      const others = state.devices.filter((device) => device.id !== message.device.id);
      return { ...state, devices: by_name([...others, message.device]) };
    }
    case "totals":
      return { ...state, totals: message.totals };
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
