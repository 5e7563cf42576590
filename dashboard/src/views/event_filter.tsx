import { type Device, EVENT_KINDS, type EventKind } from "../api.ts";
import type { Filter } from "../state.ts";
import { KIND_WORDS, KindMark } from "./kind_mark.tsx";

/** Lengths of the chart's time axis; 0: everything loaded. */
const RANGES = [
  { ms: 60_000, name: "1 min" },
  { ms: 600_000, name: "10 min" },
  { ms: 3_600_000, name: "1 h" },
  { ms: 86_400_000, name: "1 day" },
  { ms: 0, name: "All" },
];

interface Props {
  filter: Filter;
  on_filter: (filter: Filter) => void;
  devices: readonly Device[];
  range_ms: number;
  on_range: (range_ms: number) => void;
}

export function EventFilter({ filter, on_filter, devices, range_ms, on_range }: Props) {
  const toggle = (kind: EventKind) => {
    const kinds = new Set(filter.kinds);
    if (!kinds.delete(kind)) kinds.add(kind);
    on_filter({ ...filter, kinds });
  };
  return (
    <div class="controls">
      <fieldset class="segments">
        <legend class="unseen">Time shown</legend>
        {RANGES.map(({ ms, name }) => (
          <label key={name}>
            <input type="radio" name="range" checked={range_ms === ms} onChange={() => on_range(ms)} />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
      <fieldset class="chips">
        <legend class="unseen">Kinds shown</legend>
        {EVENT_KINDS.map((kind) => (
          <label key={kind}>
            <input type="checkbox" checked={filter.kinds.has(kind)} onChange={() => toggle(kind)} />
            <span>
              <KindMark kind={kind} />
              {KIND_WORDS[kind]}
            </span>
          </label>
        ))}
      </fieldset>
      <label class="choose">
        <span class="unseen">Device shown</span>
        <select
          value={filter.device}
          onChange={(change) => on_filter({ ...filter, device: change.currentTarget.value })}
        >
          <option value="">all devices</option>
          {devices.map((device) => (
            <option key={device.id} value={device.id}>
              {device.id}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
