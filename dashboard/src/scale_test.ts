import assert from "node:assert/strict";
import { test } from "node:test";
import { decades, log_position, time_ticks } from "./scale.ts";

test("decades enclose the values and are never fewer than two", () => {
  assert.deepEqual(decades(1000, 4_460_000), [1e3, 1e4, 1e5, 1e6, 1e7]);
  assert.deepEqual(decades(1000, 0), [1e3, 1e4]);
  assert.deepEqual(decades(1000, 10_000), [1e3, 1e4]);
  assert.deepEqual(decades(0, 0), [1, 10]);
});

test("a log axis puts factors at equal distances and clamps", () => {
  assert.equal(log_position(1000, 1000, 1e6), 0);
  assert.equal(log_position(0, 1000, 1e6), 0);
  assert.ok(Math.abs(log_position(1e4, 1000, 1e6) - 1 / 3) < 1e-12);
  assert.equal(log_position(1e9, 1000, 1e6), 1);
});

test("ticks are round, in range and not too many", () => {
  for (const span of [500, 61_000, 3_600_000, 86_400_000, 40 * 86_400_000, 4000 * 86_400_000]) {
    const from = 1_790_000_123_456;
    const ticks = time_ticks(from, from + span, 6, 0);
    assert.ok(ticks.length <= 7, `${span}: ${ticks.length}`);
    for (const tick of ticks) {
      assert.ok(tick >= from && tick <= from + span);
      assert.equal(tick % 1000, 0);
    }
  }
  assert.equal(time_ticks(0, 60_000, 6, 0).length, 7);
});

test("days begin at local midnight", () => {
  const offset = 3_600_000;
  for (const tick of time_ticks(0, 5 * 86_400_000, 6, offset)) assert.equal((tick + offset) % 86_400_000, 0);
});

test("an empty span gives no endless axis", () => {
  assert.ok(time_ticks(5000, 5000, 6, 0).length <= 1);
});
