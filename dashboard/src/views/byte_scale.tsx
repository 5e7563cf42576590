import { bytes } from "../format.ts";
import { decades, log_position } from "../scale.ts";

/** The axis begins here: a device's first handshake alone sends more. */
const LOWEST = 1000;

interface Props {
  sensed: number;
  sent: number;
  /** With labelled decades below. */
  axis?: boolean;
}

/** Bytes sensed above bytes sent, on one log axis; hatched: what stayed on the device. */
export function ByteScale({ sensed, sent, axis = false }: Props) {
  const ends = decades(LOWEST, Math.max(sensed, sent));
  const low = ends[0] as number;
  const high = ends[ends.length - 1] as number;
  const at = (value: number) => `${(log_position(value, low, high) * 100).toFixed(2)}%`;
  return (
    <div
      class={axis ? "scale with-axis" : "scale"}
      role="img"
      aria-label={`Sensed ${bytes(sensed)}, sent ${bytes(sent)}, on a logarithmic axis`}
    >
      <span class="name">sensed</span>
      <span class="track">
        <span class="bar sensed" style={{ width: at(sensed) }} />
      </span>
      <span class="value">{bytes(sensed)}</span>
      <span class="name">sent</span>
      <span class="track">
        {sensed > sent && <span class="bar kept" style={{ width: at(sensed) }} />}
        <span class="bar sent" style={{ width: at(sent) }} />
      </span>
      <span class="value">{bytes(sent)}</span>
      {axis && (
        <span class="decades">
          {ends.map((decade) => (
            <span key={decade} class="decade" style={{ left: at(decade) }}>
              {bytes(decade)}
            </span>
          ))}
        </span>
      )}
    </div>
  );
}
