import { useState } from "preact/hooks";
import type { Device, FleetEvent } from "../api.ts";
import { clock, day, grouped } from "../format.ts";
import { rate_of, score, stop_delay, uncertainty } from "./event_text.ts";
import { KIND_WORDS, KindMark } from "./kind_mark.tsx";

const ROWS = 12;
const MORE = 50;
/** A row this new is tinted for a moment. */
const NEW_MS = 4000;

interface Props {
  /** Oldest first. */
  events: readonly FleetEvent[];
  devices: readonly Device[];
  now: number;
  older: boolean;
  on_older: () => void;
}

/** The latest events in full, newest first. */
export function EventTable({ events, devices, now, older, on_older }: Props) {
  const [rows, set_rows] = useState(ROWS);
  const latest = events.slice(-rows).reverse();
  const more = () => {
    if (rows + MORE > events.length && older) on_older();
    set_rows(rows + MORE);
  };
  const today = day(now);
  if (latest.length === 0) return null;
  return (
    <>
      <table>
        <caption class="unseen">Latest events, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Event</th>
            <th scope="col" class="figure">
              Score
            </th>
            <th scope="col" class="wide">
              Device
            </th>
            <th scope="col" class="wide figure">
              Sample
            </th>
            <th scope="col" class="wide">
              Stop line after
            </th>
          </tr>
        </thead>
        <tbody>
          {latest.map((event) => {
            const delay = stop_delay(event, rate_of(devices, event));
            return (
              <tr key={event.id} class={now - event.time_ms < NEW_MS ? "new" : ""} data-event={event.id}>
                <td class="time">
                  {day(event.time_ms) !== today && <small>{day(event.time_ms)}</small>}
                  <time dateTime={new Date(event.time_ms).toISOString()}>{clock(event.time_ms, true)}</time>
                  <small>{uncertainty(event)}</small>
                </td>
                <th scope="row">
                  <span class="label">
                    <KindMark kind={event.kind} />
                    {event.label}
                  </span>
                  <small class="wide">{KIND_WORDS[event.kind]}</small>
                  <small class="narrow">
                    {KIND_WORDS[event.kind]} · {event.device}
                  </small>
                  <small class="narrow">sample {grouped(event.sample)}</small>
                  {delay !== "" && <small class="narrow">after {delay}</small>}
                </th>
                <td class="figure">{score(event)}</td>
                <td class="wide">
                  {event.device}
                  <small>
                    boot {event.boot}, no. {event.sequence}
                  </small>
                </td>
                <td class="wide figure">{grouped(event.sample)}</td>
                <td class="wide">{delay}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {(older || events.length > rows) && (
        <button type="button" class="more" onClick={more}>
          Show older events
        </button>
      )}
    </>
  );
}
