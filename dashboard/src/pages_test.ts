import assert from "node:assert/strict";
import { test } from "node:test";
import { extent, page_of, read_incidents, read_insight, scope_words, read_versions } from "./pages.ts";

const INCIDENT = {
  id: 1,
  kind: "fault",
  scope: "site:north",
  severity: "critical",
  state: "open",
  opened_ms: 5,
  resolved_ms: 0,
  acknowledged_by: "",
  subjects: 5,
  active: 3,
  text: "stuck",
  cause: "batch=B7",
};

test("an incident says where, how many, and what they share", () => {
  const [incident] = read_incidents([INCIDENT]);
  assert.ok(incident);
  assert.equal(scope_words(incident.scope), "site north");
  assert.equal(scope_words("device:pump-7"), "pump-7");
  assert.equal(scope_words("fleet"), "the whole fleet");
  assert.equal(extent(incident), "3 of 5 devices with batch B7");
  assert.equal(extent({ ...incident, subjects: 1 }), "");
  assert.throws(() => read_incidents([{ ...INCIDENT, active: "3" }]));
  assert.throws(() => read_incidents({}));
});

test("insight in words", () => {
  const finding = { shape: "trend", slope: 12, jump: 0 };
  const insight = read_insight({
    now_ms: 1,
    devices: 9,
    rising: [{ device: "a", steps_left: 3.2, earliest: 2 }],
    unlike_peers: [{ device: "b", finding }],
    site_events: [{ site: "north", finding: { shape: "step", slope: 0, jump: -30 }, sharing: 0.9 }],
    common_causes: [{ attribute: "batch", value: "B7", affected: 7, members: 9, elsewhere: 1 }],
    versions: [{ version: "1.2", alerts_per_hour: 0.5, alerts_differ: true, drifted: false }],
  });
  assert.deepEqual(
    insight.findings.map((one) => `${one.who}: ${one.what}`),
    [
      "a: reaches the threshold in 3 days (at the earliest 2)",
      "b: moves by +1.2 % a day while its peers do not",
      "north: 90 % of its devices alike: it jumped by −3.0 %",
      "batch B7: 7 of its 9 devices decided within an hour, 1 elsewhere",
      "1.2: 0.50 decisions an hour, unlike the others",
    ],
  );
  assert.throws(() => read_insight({ now_ms: 1, devices: 9 }));
});

test("versions are read", () => {
  const row = {
    application: "guard",
    version: "2",
    devices: 2,
    online: 1,
    faults: 0,
    ram_bytes: 10,
    flash_bytes: 20,
    instructions: 30,
  };
  assert.deepEqual(read_versions([row]), [row]);
  assert.throws(() => read_versions([{ ...row, online: "1" }]));
});

test("the address names the page", () => {
  assert.deepEqual(page_of("#/incidents"), { page: "incidents", device: "" });
  assert.deepEqual(page_of("#/device/pump%207"), { page: "device", device: "pump 7" });
  for (const odd of ["", "#events", "#/nowhere", "#/device/", "#/device/%"])
    assert.equal(page_of(odd).page, "fleet");
});
