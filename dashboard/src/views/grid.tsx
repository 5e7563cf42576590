import { useState } from "preact/hooks";
import {
  type Coordination,
  type Cycle,
  axis,
  hour,
  level_words,
  measured,
  power,
  read_coordination,
} from "../grid.ts";
import type { Live } from "../live.ts";
import { use_asked, use_width } from "./hooks.ts";

const LOOK_EVERY_MS = 2000;
const HEIGHT = 260;
const SIDE = 64;
const FOOT = 26;
const TOP = 10;
const REASONS = 40;

interface Line {
  name: string;
  mark: string;
  of: (cycles: readonly Cycle[], index: number) => number | null;
}
const LINES: readonly Line[] = [
  { name: "Local rules alone", mark: "local", of: (cycles, i) => cycles[i]?.local_w ?? null },
  { name: "Scheduled supply", mark: "supply", of: (cycles, i) => cycles[i]?.scheduled_w ?? null },
  { name: "Demand, measured", mark: "demand", of: measured },
];

/** Powers over the day. The nearest cycle is told in words; arrow keys move along it. */
function Day({ cycles }: { cycles: readonly Cycle[] }) {
  const [box, width] = use_width<HTMLDivElement>();
  const [at, set_at] = useState<number | null>(null);
  const first = cycles[0];
  const last = cycles[cycles.length - 1];
  if (first === undefined || last === undefined) return null;
  const span = Math.max(last.time_s - first.time_s, 3600);
  const values = LINES.flatMap((line) => cycles.map((_, i) => line.of(cycles, i) ?? 0));
  const { low, high, step } = axis([...values, ...cycles.map((one) => one.storage_w)]);
  const inner = Math.max(width - SIDE - 24, 1);
  const x = (time_s: number) => SIDE + ((time_s - first.time_s) / span) * inner;
  const y = (watts: number) => TOP + ((high - watts) / (high - low)) * (HEIGHT - TOP - FOOT);
  const path = (of: Line["of"]) => {
    const points = cycles.flatMap((one, i) => {
      const value = of(cycles, i);
      return value === null ? [] : [`${x(one.time_s).toFixed(1)},${y(value).toFixed(1)}`];
    });
    return points.length < 2 ? "" : `M${points.join("L")}`;
  };
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  const every = span > 12 * 3600 ? 4 : span > 4 * 3600 ? 2 : 1;
  const hours = Array.from(
    { length: 26 },
    (_, i) => Math.ceil(first.time_s / 3600) * 3600 + i * every * 3600,
  ).filter((time) => time <= first.time_s + span);
  const chosen = cycles[at ?? cycles.length - 1] ?? last;
  const chosen_at = cycles.indexOf(chosen);
  const taken = measured(cycles, chosen_at);
  const nearest = (clientX: number, left: number) => {
    const time = first.time_s + ((clientX - left - SIDE) / inner) * span;
    let best = 0;
    cycles.forEach((one, i) => {
      if (Math.abs(one.time_s - time) < Math.abs((cycles[best] ?? first).time_s - time)) best = i;
    });
    set_at(best);
  };
  const keys = (press: KeyboardEvent) => {
    const moves: Record<string, number | null> = {
      ArrowRight: Math.min(chosen_at + 1, cycles.length - 1),
      ArrowLeft: Math.max(chosen_at - 1, 0),
      Home: 0,
      End: cycles.length - 1,
      Escape: null,
    };
    if (!(press.key in moves)) return;
    press.preventDefault();
    set_at(moves[press.key] ?? null);
  };
  return (
    <div class="day" ref={box}>
      <ul class="legend" aria-label="Lines">
        {[...LINES, { name: "Storages (below 0: they give)", mark: "storage" }].map((line) => (
          <li key={line.mark} class={line.mark}>
            {line.name}
          </li>
        ))}
      </ul>
      {width > 0 && (
        <div
          role="slider"
          tabIndex={0}
          aria-label="Power over the day; arrow keys move"
          aria-valuemin={0}
          aria-valuemax={cycles.length - 1}
          aria-valuenow={chosen_at}
          aria-valuetext={hour(chosen.time_s)}
          onKeyDown={keys}
          onMouseMove={(move) => nearest(move.clientX, move.currentTarget.getBoundingClientRect().left)}
          onMouseLeave={() => set_at(null)}
        >
          <svg width={width} height={HEIGHT} role="presentation">
            {ticks.map((tick) => (
              <g key={tick} class={tick === 0 ? "rule zero" : "rule"}>
                <line x1={SIDE} x2={width - 8} y1={y(tick)} y2={y(tick)} />
                <text x={SIDE - 8} y={y(tick) + 4} text-anchor="end">
                  {power(tick)}
                </text>
              </g>
            ))}
            {hours.map((time) => (
              <text key={time} class="hour" x={x(time)} y={HEIGHT - 6} text-anchor="middle">
                {hour(time)}
              </text>
            ))}
            <path
              class="area storage"
              d={`M${x(first.time_s)},${y(0)}L${cycles.map((one) => `${x(one.time_s).toFixed(1)},${y(one.storage_w).toFixed(1)}`).join("L")}L${x(last.time_s)},${y(0)}Z`}
            />
            {LINES.map((line) => (
              <path key={line.mark} class={`line ${line.mark}`} data-line={line.mark} d={path(line.of)} />
            ))}
            {cycles
              .filter((one) => one.over > 0)
              .map((one) => (
                <circle key={one.time_s} class="over" cx={x(one.time_s)} cy={TOP + 4} r={4} />
              ))}
            <line class="at" x1={x(chosen.time_s)} x2={x(chosen.time_s)} y1={TOP} y2={HEIGHT - FOOT} />
          </svg>
        </div>
      )}
      <p class="told" aria-live="off">
        <b>{hour(chosen.time_s)}</b>{" "}
        {taken === null ? `${power(chosen.demand_w)} expected` : `${power(taken)} measured`} against{" "}
        {power(chosen.scheduled_w)} scheduled; local rules alone: {power(chosen.local_w)}. Storages{" "}
        {chosen.storage_w < 0 ? "give" : "take"} {power(Math.abs(chosen.storage_w))}, tasks take{" "}
        {power(chosen.tasks_w)}; a MWh costs {chosen.price.toFixed(0)}.
      </p>
    </div>
  );
}

function peak(cycles: readonly Cycle[], of: Line["of"]): number {
  return Math.max(0, ...cycles.map((_, i) => of(cycles, i) ?? 0));
}

function Sums({ value }: { value: Coordination }) {
  const last = value.cycles[value.cycles.length - 1];
  if (last === undefined) return null;
  const ours = peak(value.cycles, measured);
  const local = peak(value.cycles, (cycles, i) =>
    measured(cycles, i) === null ? null : (cycles[i]?.local_w ?? null),
  );
  const over = value.cycles.reduce((sum, one) => sum + one.over, 0);
  const facts: readonly [string, string, string][] = [
    ["peak", "Highest demand", local > 0 ? `${power(ours)}, local rules alone ${power(local)}` : power(ours)],
    ["violations", "Feeders beyond their limit", over === 0 ? "none" : `${over} feeder cycles`],
    [
      "believed",
      "Devices that are believed",
      `${last.believed}${last.left_out > 0 ? `, ${last.left_out} left out` : ""}`,
    ],
    ["cycle", "The last cycle took", `${(1000 * last.seconds).toFixed(0)} ms`],
  ];
  return (
    <dl class="facts">
      {facts.map(([key, name, words]) => (
        <div key={key} class="card" data-fact={key}>
          <dt>{name}</dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What only a global view decides: demand and supply, what feeders were told, and why. */
export function Grid({ live }: { live: Live }) {
  const { value, trouble } = use_asked(live, "api/coordination", LOOK_EVERY_MS, read_coordination);
  return (
    <section aria-labelledby="grid-title" class="grid-page">
      <h2 id="grid-title">Grid</h2>
      {value === undefined ? (
        <p class="quiet">{trouble === "" ? "Asking the coordinator…" : trouble}</p>
      ) : !value.running ? (
        <p class="quiet">
          Nothing is coordinated. <code>./ganglion demo grid</code> shows a grid of homes;{" "}
          <code>PUT /api/coordination</code> sets up your own.
        </p>
      ) : (
        <>
          {trouble !== "" && <p class="quiet">{trouble}</p>}
          <Sums value={value} />
          <div class="card">
            <h3>
              The day <small>Times are the devices' own, UTC.</small>
            </h3>
            <Day cycles={value.cycles} />
          </div>
          <div class="card">
            <h3>
              Feeders{" "}
              <small>
                What each was told last, as thousandths of room or content that all of its devices follow
                alike.
              </small>
            </h3>
            <ul class="feeders">
              {value.feeders.map((one) => (
                <li key={one.id} data-feeder={one.id} class={one.fault === "" ? "" : "faulty"}>
                  <b>{one.id}</b>
                  <meter
                    min={0}
                    max={one.most_w}
                    value={Math.min(Math.abs(one.measured_w), one.most_w)}
                    aria-label={`${one.id}: ${power(one.measured_w)} of ${power(one.most_w)}`}
                  />
                  <span>
                    {power(one.measured_w)} of {power(one.most_w)}
                  </span>
                  <span class="quiet">
                    {one.devices} devices; {level_words(one.levels)}
                    {one.fault === "" ? "" : `; ${one.fault}`}
                  </span>
                </li>
              ))}
            </ul>
          </div>
          <div class="card">
            <h3>
              Decisions <small>Newest first, each with its reason; all of them are in the audit log.</small>
            </h3>
            <ol class="reasons">
              {[...value.decisions]
                .reverse()
                .slice(0, REASONS)
                .map((one, i) => (
                  <li key={`${one.time_s} ${one.object} ${i}`} data-decision={one.kind}>
                    <time>{hour(one.time_s)}</time> <b>{one.kind}</b> {one.object}: {one.why}
                  </li>
                ))}
            </ol>
          </div>
        </>
      )}
    </section>
  );
}
