import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ago,
  bytes,
  clock,
  count,
  day,
  duration,
  factor,
  grouped,
  percent,
  reduction,
  share,
  words,
} from "./format.ts";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test("bytes keep three digits and change unit where rounding does", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [31_488, "31.5 kB"],
    [999_499, "999 kB"],
    [999_500, "1 MB"],
    [1_930_000, "1.93 MB"],
    [6.1e9, "6.1 GB"],
  ];
  for (const [value, expected] of cases) assert.equal(plain(bytes(value)), expected);
});

test("counts are exact while small", () => {
  assert.equal(plain(count(0)), "0");
  assert.equal(plain(count(9841)), "9 841");
  assert.equal(plain(count(10_000)), "10 k");
  assert.equal(plain(count(4_213_388)), "4.21 M");
  assert.equal(plain(grouped(4_213_388)), "4 213 388");
});

test("a reduction needs both sides", () => {
  assert.equal(reduction(0, 5), null);
  assert.equal(reduction(5, 0), null);
  assert.equal(reduction(300, 100), 3);
  assert.equal(factor(null), "–");
});

test("factors get coarser as they grow", () => {
  const cases: [number, string][] = [
    [0.42, "0.4×"],
    [3.44, "3.4×"],
    [9.96, "10×"],
    [99.4, "99×"],
    [99.6, "100×"],
    [187.2, "187×"],
    [1234.5, "1 235×"],
    [58_848, "58.8 k×"],
  ];
  for (const [value, expected] of cases) assert.equal(plain(factor(value)), expected);
});

test("a small leak is never rounded to nothing", () => {
  assert.equal(share(0, 1e9), "none");
  assert.equal(plain(share(1, 1e9)), "<0.1 %");
  assert.equal(plain(share(12, 1000)), "1.2 %");
  assert.equal(share(5, 0), "–");
});

test("durations read in one unit", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [4.25, "4.3 ms"],
    [812, "812 ms"],
    [3400, "3.4 s"],
    [9_960, "10 s"],
    [60_000, "60 s"],
    [100_000, "2 min"],
    [7_200_000, "2 h"],
    [3 * 86_400_000, "3 d"],
  ];
  for (const [value, expected] of cases) assert.equal(plain(duration(value)), expected);
});

test("the future and the last second read as just now", () => {
  assert.equal(ago(10_000, 5000), "just now");
  assert.equal(ago(5000, 6000), "just now");
  assert.equal(plain(ago(0, 65_000)), "65 s ago");
});

test("times are local", () => {
  const time = new Date(2026, 10, 22, 14, 3, 22, 41).getTime();
  assert.equal(clock(time), "14:03:22");
  assert.equal(clock(time, true), "14:03:22.041");
  assert.equal(day(time), "2026-11-22");
});

test("scores and names", () => {
  assert.equal(plain(percent(931)), "93.1 %");
  assert.equal(plain(percent(1000)), "100.0 %");
  assert.equal(words("wake_word"), "wake word");
});
