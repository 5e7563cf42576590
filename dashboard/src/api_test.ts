import assert from "node:assert/strict";
import { test } from "node:test";
import { read_device, read_event, read_events, read_gap, read_list } from "./api.ts";

const EVENT = {
  id: 7,
  device: "speaker-1",
  boot: 1,
  sequence: 3,
  time_ms: 1_790_000_000_000,
  uncertainty_ms: 8,
  received_ms: 1_790_000_000_010,
  kind: "action",
  label: "stop",
  score: 930,
  sample: 829_200,
  stop_samples: 51,
  stop_instructions: 148_211,
};

test("an event keeps its fields; no stop line is null, not zero", () => {
  assert.equal(read_event(EVENT).stop_samples, 51);
  assert.equal(read_event({ ...EVENT, stop_samples: 0 }).stop_samples, 0);
  assert.equal(read_event({ ...EVENT, stop_samples: null }).stop_samples, null);
  const { stop_samples: _, ...without } = EVENT;
  assert.equal(read_event(without).stop_samples, null);
});

test("what is not an event is refused by name", () => {
  for (const bad of [null, 3, "event", [], undefined])
    assert.throws(() => read_event(bad), /event: expected an object/);
  for (const key of ["id", "boot", "sequence", "time_ms", "uncertainty_ms", "score", "sample"]) {
    assert.throws(
      () => read_event({ ...EVENT, [key]: "1" }),
      new RegExp(`event\\.${key}: expected a number`),
    );
    assert.throws(() => read_event({ ...EVENT, [key]: Number.NaN }), new RegExp(`event\\.${key}`));
    assert.throws(() => read_event({ ...EVENT, [key]: undefined }), new RegExp(`event\\.${key}`));
  }
  assert.throws(() => read_event({ ...EVENT, label: 1 }), /event\.label: expected a string/);
  assert.throws(
    () => read_event({ ...EVENT, kind: "else" }),
    /event\.kind: expected one of decision, started, action/,
  );
  assert.throws(() => read_event({ ...EVENT, stop_samples: "51" }), /event\.stop_samples/);
});

test("an error in a list names the element", () => {
  assert.throws(() => read_events({ events: [EVENT, { ...EVENT, id: null }] }), /events\[1\]\.id/);
  assert.throws(() => read_events([]), /events: expected an object/);
  assert.throws(() => read_list({}, read_gap, "gaps"), /gaps: expected an array/);
  assert.throws(() => read_list([{ device: "a", boot: 1, first: 2 }], read_gap, "gaps"), /gaps\[0\]\.last/);
});

test("a device that has said nothing yet is a device", () => {
  const device = read_device({ id: "new-1", online: false });
  assert.equal(device.bundle.ram_bytes, 0);
  assert.equal(device.application, "");
  assert.deepEqual(read_device({ id: "new-1", online: false, bundle: null }), device);
});

test("what is not a device is refused by name", () => {
  assert.throws(() => read_device({ online: true }), /device\.id: expected a string/);
  assert.throws(() => read_device({ id: "a", online: 1 }), /device\.online: expected true or false/);
  assert.throws(
    () => read_device({ id: "a", online: true, bytes_sent: "9" }),
    /device\.bytes_sent: expected a number/,
  );
  assert.throws(
    () => read_device({ id: "a", online: true, bundle: 3 }),
    /device\.bundle: expected an object/,
  );
  assert.throws(
    () => read_device({ id: "a", online: true, bundle: { version: 1 } }),
    /device\.bundle\.version: expected a string/,
  );
});
