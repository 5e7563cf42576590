import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENT_KINDS, type FleetEvent, read_device } from "./api.ts";
import { chosen, EMPTY, EVENTS_KEPT, merge_events, missing, same_event, update } from "./state.ts";

function event(id: number, more: Partial<FleetEvent> = {}): FleetEvent {
  return {
    id,
    device: "a",
    boot: 1,
    sequence: id,
    time_ms: id * 1000,
    uncertainty_ms: 5,
    kind: "decision",
    label: "alexa",
    score: 900,
    sample: id,
    stop_samples: null,
    stop_instructions: null,
    ...more,
  };
}

const ids = (events: readonly FleetEvent[]) => events.map(({ id }) => id);

test("the same event from stream and catch-up counts once, in the order of ids", () => {
  const merged = merge_events([event(1), event(4)], [event(4), event(2), event(2), event(3)]);
  assert.deepEqual(ids(merged), [1, 2, 3, 4]);
  assert.equal(merge_events(merged, [event(2)]), merged);
});

test("only the newest events are kept", () => {
  const many = Array.from({ length: EVENTS_KEPT + 5 }, (_, index) => event(index + 1));
  const merged = merge_events([], many);
  assert.equal(merged.length, EVENTS_KEPT);
  assert.equal(merged[0]?.id, 6);
});

test("a device message replaces its device and keeps the order of names", () => {
  const device = (id: string, bytes_sent = 0) => read_device({ id, online: true, bytes_sent });
  let state = update(EMPTY, {
    type: "devices",
    devices: [device("a"), device("b")],
    after: "",
    more: false,
    search: "",
  });
  assert.equal(state.known, true);
  state = update(state, { type: "device", device: device("b", 7) });
  state = update(state, { type: "device", device: device("aa") });
  assert.deepEqual(
    state.devices.map(({ id, bytes_sent }) => [id, bytes_sent]),
    [
      ["a", 0],
      ["aa", 0],
      ["b", 7],
    ],
  );
});

test("a device message before the first list does not claim to know the fleet", () => {
  const device = read_device({ id: "a", online: true });
  assert.equal(update(EMPTY, { type: "device", device }).known, false);
});

test("another store makes the page forget", () => {
  let state = update(EMPTY, { type: "events", events: [event(1)] });
  state = update(state, { type: "forget" });
  assert.deepEqual(state.events, []);
  assert.equal(same_event(event(1), event(1)), true);
  assert.equal(same_event(event(1), event(1, { time_ms: 5 })), false);
});

test("a page of a large fleet grows by pages, and by no device that is not on it", () => {
  const device = (id: string) => read_device({ id, online: true });
  const names = (state: typeof EMPTY) => state.devices.map(({ id }) => id);
  let state = update(EMPTY, {
    type: "devices",
    devices: [device("pump-1"), device("pump-3")],
    after: "",
    more: true,
    search: "pump",
  });
  for (const id of ["pump-2", "pump-9", "fan-1"])
    state = update(state, { type: "device", device: device(id) });
  assert.deepEqual(names(state), ["pump-1", "pump-2", "pump-3"]);
  state = update(state, {
    type: "devices",
    devices: [device("pump-9")],
    after: "pump-3",
    more: false,
    search: "pump",
  });
  state = update(state, { type: "device", device: device("pump-99") });
  assert.deepEqual(names(state), ["pump-1", "pump-2", "pump-3", "pump-9", "pump-99"]);
});

test("gaps count both ends", () => {
  const gaps = [
    { device: "a", boot: 1, first: 5, last: 7 },
    { device: "b", boot: 1, first: 2, last: 2 },
  ];
  assert.equal(missing(gaps), 4);
  assert.equal(missing(gaps, "a"), 3);
  assert.equal(missing([]), 0);
});

test("a late event takes its true place in time", () => {
  const events = [
    event(1, { time_ms: 5000 }),
    event(2, { time_ms: 1000 }),
    event(3, { device: "b", kind: "started" }),
  ];
  assert.deepEqual(ids(chosen(events, { device: "", kinds: new Set(EVENT_KINDS) })), [2, 3, 1]);
  assert.deepEqual(ids(chosen(events, { device: "a", kinds: new Set(EVENT_KINDS) })), [2, 1]);
  assert.deepEqual(ids(chosen(events, { device: "", kinds: new Set(["started"]) })), [3]);
});
