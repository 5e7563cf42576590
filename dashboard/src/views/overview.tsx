import { bytes, count, factor, reduction } from "../format.ts";
import type { Totals } from "../api.ts";
import { ByteScale } from "./byte_scale.tsx";

interface TileProps {
  name: string;
  value: string;
  note?: string;
  tone?: "bad";
}

function Tile({ name, value, note, tone }: TileProps) {
  return (
    <div class={tone === undefined ? "tile" : `tile ${tone}`} data-total={name}>
      <dt>{name}</dt>
      <dd>
        {value} {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}

/** The fleet in one look: how little leaves the devices, and that all of them are there. */
export function Overview({ sums, missing }: { sums: Totals; missing: number }) {
  const ratio = reduction(sums.bytes_sensed, sums.bytes_sent);
  return (
    <section class="overview" aria-label="The whole fleet">
      <div class="headline">
        <p class="factor" data-total="reduction">
          {factor(ratio)}
        </p>
        <p class="quiet">
          {ratio === null
            ? "Waiting for the first report of bytes."
            : ratio >= 1
              ? "less sent than sensed. The devices decide on the spot; only events travel."
              : "sensed for each byte sent: the first handshake weighs more than what was sensed so far."}
        </p>
      </div>
      <ByteScale sensed={sums.bytes_sensed} sent={sums.bytes_sent} axis />
      <dl class="tiles">
        <Tile name="online" value={`${sums.online}`} note={`of ${sums.devices}`} />
        <Tile name="events" value={count(sums.events)} />
        <Tile name="inferences" value={count(sums.inferences)} />
        <Tile
          name="raw samples let out"
          value={sums.bytes_gate === 0 ? "none" : bytes(sums.bytes_gate)}
          {...(sums.gate_openings > 0 && {
            note: `in ${count(sums.gate_openings)} ${sums.gate_openings === 1 ? "opening" : "openings"}`,
          })}
        />
        {missing > 0 && <Tile name="events missing" value={count(missing)} tone="bad" />}
      </dl>
    </section>
  );
}
