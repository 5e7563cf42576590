import { useMemo } from "preact/hooks";
import { bytes, day } from "../format.ts";
import type { Live } from "../live.ts";
import { type PrivacyDay, read_privacy } from "../pages.ts";
import { chosen, type State } from "../state.ts";
import { EVENT_KINDS, read_device, read_list } from "../api.ts";
import { DeviceCard } from "./device_card.tsx";
import { use_asked } from "./hooks.ts";
import { Timeline } from "./timeline.tsx";

const LOOK_EVERY_MS = 30_000;

function Privacy({ days }: { days: readonly PrivacyDay[] }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th>day</th>
            <th class="figure">sensed</th>
            <th class="figure">sent</th>
            <th class="figure">raw samples</th>
            <th>budget</th>
          </tr>
        </thead>
        <tbody>
          {days.map((one) => (
            <tr key={one.day_ms} data-day={one.day_ms}>
              <td>{day(one.day_ms)}</td>
              <td class="figure">{bytes(one.bytes_sensed)}</td>
              <td class="figure">{bytes(one.bytes_sent)}</td>
              <td class="figure">{one.bytes_gate === 0 ? "none" : bytes(one.bytes_gate)}</td>
              <td class={one.breach ? "wrong" : undefined}>{one.breach ? "overspent" : "kept"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One device: what it costs, what it decided, what it let out. */
export function DevicePage({ live, id, state, now }: { live: Live; id: string; state: State; now: number }) {
  const { value: privacy } = use_asked(live, "api/privacy", LOOK_EVERY_MS, read_privacy);
  const on_page = state.devices.find((one) => one.id === id);
  const path = `api/devices?${new URLSearchParams({ device: id })}`;
  const { value: asked } = use_asked(live, path, LOOK_EVERY_MS, (value) =>
    read_list(value, read_device, "devices"),
  );
  const device = on_page ?? asked?.find((one) => one.id === id);
  const events = useMemo(
    () => chosen(state.events, { device: id, kinds: new Set(EVENT_KINDS) }),
    [state.events, id],
  );
  if (device === undefined && asked === undefined) return <p class="quiet waiting">Asking the fleet…</p>;
  if (device === undefined) return <p class="quiet waiting">There is no device {id} in this fleet.</p>;
  const days = (privacy ?? []).filter((one) => one.device === id);
  return (
    <>
      <section aria-label={`Device ${id}`}>
        <ul class="cards">
          <DeviceCard device={device} gaps={state.gaps.filter((gap) => gap.device === id)} now={now} />
        </ul>
      </section>
      <section aria-labelledby="device-events">
        <h2 id="device-events">What it decided</h2>
        <Timeline devices={[device]} events={events} range_ms={0} now={now} on_all={() => undefined} />
      </section>
      <section aria-labelledby="device-privacy">
        <h2 id="device-privacy">What left it, by day</h2>
        {days.length === 0 ? <p class="quiet">No report yet.</p> : <Privacy days={days} />}
      </section>
    </>
  );
}
