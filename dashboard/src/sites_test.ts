import assert from "node:assert/strict";
import test from "node:test";
import type { Incident } from "./pages.ts";
import { mood, read_places, sites_of } from "./sites.ts";

const PLACES = read_places([
  { site: "south", line: "1", devices: 2, online: 2, faults: 1 },
  { site: "north", line: "", devices: 3, online: 3, faults: 0 },
  { site: "south", line: "2", devices: 5, online: 4, faults: 0 },
]);
const INCIDENT: Incident = {
  id: 1,
  kind: "site_event",
  scope: "site:south",
  severity: "warning",
  state: "open",
  opened_ms: 1,
  resolved_ms: 0,
  acknowledged_by: "",
  subjects: 7,
  active: 7,
  text: "",
  cause: "",
};

test("lines are gathered by site, the largest first, with the site's own incidents", () => {
  const [north, south] = sites_of(PLACES, [INCIDENT, { ...INCIDENT, id: 2, scope: "device:pump" }]);
  assert.equal(north?.name, "north");
  assert.deepEqual(north?.incidents, []);
  assert.deepEqual(
    south?.lines.map((one) => one.line),
    ["2", "1"],
  );
  assert.deepEqual([south?.devices, south?.online, south?.faults], [7, 6, 1]);
  assert.deepEqual(
    south?.incidents.map((one) => one.id),
    [1],
  );
});

test("a fault is worse than silence", () => {
  assert.deepEqual(
    PLACES.map((one) => mood(one)),
    ["bad", "good", "away"],
  );
});

test("places that are not of the API are refused", () => {
  assert.throws(() => read_places([{ site: "north" }]));
});
