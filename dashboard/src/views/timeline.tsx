import { useRef, useState } from "preact/hooks";
import type { Device, FleetEvent } from "../api.ts";
import { clock, day, duration, grouped, words } from "../format.ts";
import { time_ticks } from "../scale.ts";
import { rate_of, score, sentence, stop_delay, uncertainty } from "./event_text.ts";
import { use_width } from "./hooks.ts";
import { KIND_WORDS, KindShape } from "./kind_mark.tsx";

const LANE = 84;
const AXIS = 26;
const SIDE = 14;
/** Room above the highest score for the lane's name. */
const TOP = 30;
/** "All" never shows less than this, so that one event alone does not fill the axis. */
const SHORTEST_MS = 60_000;

interface Props {
  devices: readonly Device[];
  events: readonly FleetEvent[];
  /** 0: from the oldest event. */
  range_ms: number;
  now: number;
  on_all: () => void;
}

/** Events over time, one lane a device, as high as their score. Arrow keys go from event to event. */
export function Timeline({ devices, events, range_ms, now, on_all }: Props) {
  const [box, width] = use_width<HTMLDivElement>();
  const [active, set_active] = useState<number | null>(null);
  const points = useRef(new Map<number, SVGGElement>());

  const last = events[events.length - 1];
  const to = Math.max(now, last?.time_ms ?? 0);
  const first = events[0]?.time_ms ?? to;
  const from = range_ms > 0 ? to - range_ms : Math.min(to - SHORTEST_MS, first - (to - first) * 0.03);
  const lanes = new Map(devices.map((device, index) => [device.id, index]));
  const shown = events.filter((event) => event.time_ms >= from && lanes.has(event.device));

  const inner = Math.max(width - 2 * SIDE, 1);
  const x = (time: number) => SIDE + ((time - from) / (to - from)) * inner;
  const base = (event: FleetEvent) => ((lanes.get(event.device) ?? 0) + 1) * LANE - 12;
  const y = (event: FleetEvent) =>
    event.kind === "started" ? base(event) : base(event) - (event.score / 1000) * (LANE - TOP - 12);
  const height = devices.length * LANE + AXIS;
  const ticks = time_ticks(
    from,
    to,
    Math.max(2, Math.floor(inner / 80)),
    -new Date(now).getTimezoneOffset() * 60_000,
  );
  const whole_minutes = ticks.every((tick) => tick % 60_000 === 0);
  const whole_days = ticks.length > 1 && (ticks[1] as number) - (ticks[0] as number) >= 86_400_000;
  const tick_text = (tick: number) =>
    whole_days ? day(tick).slice(5) : whole_minutes ? clock(tick).slice(0, 5) : clock(tick);

  const crowded = shown.length > inner / 8;
  const at = shown.findIndex((event) => event.id === active);
  const entry = at >= 0 ? at : shown.length - 1;
  const detail = shown[at];

  const keys = (press: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowRight: Math.min(entry + 1, shown.length - 1),
      ArrowLeft: Math.max(entry - 1, 0),
      Home: 0,
      End: shown.length - 1,
    };
    const next = shown[moves[press.key] ?? -1];
    if (press.key === "Escape") set_active(null);
    if (next === undefined) return;
    press.preventDefault();
    points.current.get(next.id)?.focus();
  };

  return (
    <div class={crowded ? "timeline crowded" : "timeline"} ref={box}>
      {width > 0 && (
        <div role="listbox" aria-label="Events over time; arrow keys move" onKeyDown={keys}>
          <svg width={width} height={height} role="presentation">
            {ticks.map((tick) => (
              <g key={tick} class="tick" aria-hidden="true">
                <line x1={x(tick)} x2={x(tick)} y1={0} y2={height - AXIS} />
                <text x={Math.min(Math.max(x(tick), 24), width - 28)} y={height - 8}>
                  {tick_text(tick)}
                </text>
              </g>
            ))}
            {devices.map((device, index) => (
              <g key={device.id} class="lane" aria-hidden="true">
                <line x1={SIDE} x2={width - SIDE} y1={(index + 1) * LANE - 12} y2={(index + 1) * LANE - 12} />
                <text x={SIDE} y={index * LANE + 18}>
                  {device.id}
                  <tspan dx="8">{words(device.application)}</tspan>
                </text>
              </g>
            ))}
            {shown.map((event, index) => {
              const blur = Math.min((event.uncertainty_ms / (to - from)) * inner, inner);
              return (
                <g
                  key={event.id}
                  ref={(element) => {
                    if (element === null) points.current.delete(event.id);
                    else points.current.set(event.id, element);
                  }}
                  class={event.id === active ? `point ${event.kind} active` : `point ${event.kind}`}
                  transform={`translate(${x(event.time_ms).toFixed(1)} ${y(event).toFixed(1)})`}
                  role="option"
                  aria-selected={event.id === active}
                  aria-label={sentence(event, KIND_WORDS[event.kind], rate_of(devices, event))}
                  tabindex={index === entry ? 0 : -1}
                  data-event={event.id}
                  onFocus={() => set_active(event.id)}
                  onBlur={() => set_active(null)}
                  onMouseEnter={() => set_active(event.id)}
                  onMouseLeave={() => set_active(null)}
                >
                  {blur > 4 && (
                    <line
                      class="blur"
                      x1={Math.max(-blur, SIDE - x(event.time_ms))}
                      x2={Math.min(blur, width - SIDE - x(event.time_ms))}
                    />
                  )}
                  <line class="stem" y2={base(event) - y(event)} />
                  <circle class="reach" r="13" />
                  <KindShape kind={event.kind} />
                </g>
              );
            })}
          </svg>
        </div>
      )}
      {detail !== undefined && (
        <div
          class={x(detail.time_ms) > width / 2 ? "detail left" : "detail"}
          style={{ left: `${x(detail.time_ms)}px`, top: `${y(detail)}px` }}
          aria-hidden="true"
        >
          <b>{detail.label}</b>
          <span>{score(detail)}</span>
          <p>
            {detail.device} · {KIND_WORDS[detail.kind]}
          </p>
          <p>
            {clock(detail.time_ms, true)} {uncertainty(detail)}
          </p>
          <p>sample {grouped(detail.sample)}</p>
          {stop_delay(detail, rate_of(devices, detail)) !== "" && (
            <p>stop line after {stop_delay(detail, rate_of(devices, detail))}</p>
          )}
        </div>
      )}
      {shown.length === 0 && (
        <p class="quiet nothing">
          {last === undefined ? (
            "No event of these kinds yet. Devices stay silent until they decide something."
          ) : (
            <>
              No event in the last {duration(range_ms)}.{" "}
              <button type="button" onClick={on_all}>
                Show all
              </button>
            </>
          )}
        </p>
      )}
    </div>
  );
}
