import type { Device, Gap } from "../api.ts";
import { ago, bytes, count, factor, grouped, percent, reduction, share, words } from "../format.ts";
import { missing } from "../state.ts";
import { ByteScale } from "./byte_scale.tsx";

function Fact({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={title}>{value}</dd>
    </div>
  );
}

/** Zero means: the device has not said. */
function said(value: number, as: (value: number) => string): string {
  return value > 0 ? as(value) : "–";
}

function Privacy({ device }: { device: Device }) {
  const open = device.bytes_gate > 0;
  return (
    <p class={open ? "privacy open" : "privacy"}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={open ? "M5 7V5a3 3 0 0 1 5.8-1" : "M5 7V5a3 3 0 0 1 6 0v2"} />
        <rect x="3" y="7" width="10" height="7" rx="1.5" />
      </svg>
      {open ? (
        <span>
          Gate opened <b>{device.gate_openings === 1 ? "once" : `${count(device.gate_openings)} times`}</b>:{" "}
          <b>{bytes(device.bytes_gate)}</b> of raw samples let out (
          {share(device.bytes_gate, device.bytes_sensed)} of what was sensed).
        </span>
      ) : (
        <span>
          No raw sample has left this device.
          {device.gate_openings > 0 && ` Gate opened ${count(device.gate_openings)}×, nothing let out.`}
        </span>
      )}
    </p>
  );
}

function Warnings({ device, gaps }: { device: Device; gaps: readonly Gap[] }) {
  const lines: string[] = [];
  if (device.fault !== "") lines.push(`Not deciding: ${device.fault}.`);
  if (device.events_lost > 0) lines.push(`${grouped(device.events_lost)} events lost: the outbox was full.`);
  if (device.overruns > 0)
    lines.push(`${grouped(device.overruns)} samples lost: the device could not keep up.`);
  if (device.rejected > 0) lines.push(`${grouped(device.rejected)} messages rejected: not of the protocol.`);
  const first = gaps[0];
  if (first !== undefined) {
    const where =
      gaps.length === 1 ? `boot ${first.boot}, ${first.first}–${first.last}` : `${gaps.length} gaps`;
    lines.push(`${grouped(missing(gaps))} events never arrived (${where}).`);
  }
  if (lines.length === 0) return null;
  return (
    <ul class="warnings">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

interface Props {
  device: Device;
  gaps: readonly Gap[];
  now: number;
}

export function DeviceCard({ device, gaps, now }: Props) {
  const { bundle } = device;
  return (
    <li class={device.online ? "card" : "card away"} data-device={device.id}>
      <div class="card-head">
        <h3>
          <a href={`#/device/${encodeURIComponent(device.id)}`}>{device.id}</a>
          <small>{device.application === "" ? "not introduced yet" : words(device.application)}</small>
        </h3>
        <p class="presence">
          <span>
            <span class={device.online ? "dot on" : "dot"} aria-hidden="true" />
            {device.online ? "online" : "offline"}
          </span>
          <small>{device.last_seen_ms > 0 ? `heard ${ago(device.last_seen_ms, now)}` : "never heard"}</small>
        </p>
      </div>

      <div class="saving">
        <p class="factor small">{factor(reduction(device.bytes_sensed, device.bytes_sent))}</p>
        <ByteScale sensed={device.bytes_sensed} sent={device.bytes_sent} />
      </div>

      <dl class="facts">
        <Fact name="RAM" value={said(bundle.ram_bytes, bytes)} title={`${grouped(bundle.ram_bytes)} bytes`} />
        <Fact
          name="flash"
          value={said(bundle.flash_bytes, bytes)}
          title={`${grouped(bundle.flash_bytes)} bytes`}
        />
        <Fact
          name="instructions"
          value={said(bundle.instructions, count)}
          title={`${grouped(bundle.instructions)} instructions for one inference with its features`}
        />
        <Fact name="inferences" value={count(device.inferences)} />
        <Fact name="highest score" value={percent(device.score)} title="since the last report but one" />
        <Fact name="events" value={count(device.events)} />
        <Fact name="outbox waiting" value={count(device.outbox)} />
        <Fact name="overruns" value={count(device.overruns)} title="samples lost" />
        <Fact name="boot" value={grouped(device.boot)} title="starts of the device so far" />
      </dl>

      <p class="model">
        <span>model {bundle.version === "" ? "–" : bundle.version}</span>
        {bundle.digest !== "" && <code title="first bytes of the bundle's SHA-256">{bundle.digest}</code>}
        {device.firmware !== "" && <span>firmware {device.firmware}</span>}
      </p>
      <Privacy device={device} />
      <Warnings device={device} gaps={gaps} />
    </li>
  );
}
