import assert from "node:assert/strict";
import { test } from "node:test";
import { funnel, read_plan, read_rollouts, stages_of, STEPS, why_stuck, wish_of } from "./rollouts.ts";

const STAGE = { share: 0.1, wait_s: 60, devices: 7, counts: { done: 3, trial: 1, failed: 2, offline: 1 } };

test("the funnel counts every device of a stage once", () => {
  const steps = funnel(STAGE);
  assert.deepEqual(
    steps.map((step) => [step.name, step.devices]),
    [
      ["have it", 3],
      ["on trial", 1],
      ["waiting", 1],
      ["failed", 2],
    ],
  );
  const states = STEPS.flatMap((step) => [...step.states] as string[]);
  assert.equal(new Set(states).size, states.length);
  assert.equal(states.length, 18);
});

test("stages are rising shares", () => {
  assert.deepEqual(stages_of("1, 10,100%", 5), [
    { share: 0.01, wait_s: 300 },
    { share: 0.1, wait_s: 300 },
    { share: 1, wait_s: 0 },
  ]);
  for (const wrong of ["", "0", "101", "10, 5", "ten"]) assert.throws(() => stages_of(wrong, 1));
  assert.throws(() => stages_of("100", -1));
});

test("a form becomes a wish", () => {
  const draft = { release: "r", shares: "10, 100", wait_minutes: "1", devices: " a-* ", window: "" };
  assert.deepEqual(wish_of(draft).windows, []);
  assert.equal(wish_of(draft).devices, "a-*");
  assert.deepEqual(wish_of({ ...draft, window: "22:00-05:00" }).windows, [
    { days: [], from: "22:00", to: "05:00" },
  ]);
  assert.throws(() => wish_of({ ...draft, window: "at night" }));
  assert.deepEqual(read_plan({ stages: [1, 10] }), [1, 10]);
  assert.throws(() => read_plan({ stages: ["1"] }));
});

test("a device that is stuck says why", () => {
  const one = { device: "a", state: "offline", reason: "", since_ms: 0, online: false, seen_ms: 0 };
  assert.equal(why_stuck(one, "2 h ago"), "offline, last seen 2 h ago");
  assert.equal(why_stuck({ ...one, state: "failed", reason: "proof" }, ""), "failed: proof");
});

test("an answer that is not a rollout is not believed", () => {
  assert.throws(() => read_rollouts([{ id: 1 }]));
  assert.throws(() => read_rollouts({}));
});
