import assert from "node:assert/strict";
import { test } from "node:test";
import { axis, hour, level_words, measured, power, read_coordination } from "./grid.ts";

const CYCLE = {
  time_s: 1_800_000_000,
  demand_w: 100,
  scheduled_w: 110,
  measured_w: 90,
  local_w: 150,
  storage_w: -20,
  tasks_w: 10,
  buffers_w: 0,
  price: 62,
  over: 0,
  believed: 10,
  left_out: 0,
  seconds: 0.1,
};

test("coordination is read, and what is not of it is refused by name", () => {
  const read = read_coordination({
    running: true,
    rejected: 0,
    feeders: [{ id: "f", expected_w: 1, measured_w: 1, most_w: 2, devices: 3, levels: [1, 0, 0], fault: "" }],
    cycles: [CYCLE, { ...CYCLE, measured_w: 95 }],
    decisions: [{ time_s: 1, kind: "plan", object: "region", why: "cheap" }],
  });
  assert.equal(read.feeders[0]?.levels[0], 1);
  assert.equal(measured(read.cycles, 0), 95);
  assert.equal(measured(read.cycles, 1), null);
  assert.throws(() => read_coordination({ ...read, cycles: [{ ...CYCLE, price: "much" }] }), /price/);
  assert.throws(() => read_coordination([]), /coordination/);
});

test("powers, hours and levels read as people write them", () => {
  assert.equal(power(1_234_000), "1.23 MW");
  assert.equal(power(-45_600), "−45.6 kW");
  assert.equal(power(12), "12 W");
  assert.equal(hour(1_800_000_000), "08:00");
  assert.match(level_words([-120, 0, 0]), /give 12 % .* tasks wait/);
  assert.match(level_words([0, 1500, 30]), /rest, tasks at 1.5 ×.*buffers fill by 3 %/);
});

test("an axis is round and has 0 within", () => {
  assert.deepEqual(axis([30, 97]), { low: 0, high: 100, step: 50 });
  assert.deepEqual(axis([-30, 60]), { low: -50, high: 100, step: 50 });
  assert.ok(axis([]).high > 0);
});
