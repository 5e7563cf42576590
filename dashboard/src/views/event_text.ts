import type { Device, FleetEvent } from "../api.ts";
import { clock, count, duration, percent } from "../format.ts";

/** How long after the decision's last sample the stop line was pulled; empty where it was not. */
export function stop_delay(event: FleetEvent, rate_hz: number): string {
  if (event.stop_samples === null && event.stop_instructions === null) return "";
  const parts: string[] = [];
  if (event.stop_samples === 0) parts.push("same block");
  else if (event.stop_samples !== null) {
    const samples = `${count(event.stop_samples)} samples`;
    parts.push(rate_hz > 0 ? `${duration((event.stop_samples / rate_hz) * 1000)} (${samples})` : samples);
  }
  if (event.stop_instructions !== null) parts.push(`${count(event.stop_instructions)} instructions`);
  return parts.join(", ");
}

/** "± 8 ms"; the server's estimate can be exact to the millisecond. */
export function uncertainty(event: FleetEvent): string {
  return `± ${duration(event.uncertainty_ms)}`;
}

/** A start has no score. */
export function score(event: FleetEvent): string {
  return event.kind === "started" ? "" : percent(event.score);
}

export function rate_of(devices: readonly Device[], event: FleetEvent): number {
  return devices.find((device) => device.id === event.device)?.rate_hz ?? 0;
}

/** One event as a sentence, for those who hear the page. */
export function sentence(event: FleetEvent, kind: string, rate_hz: number): string {
  const parts = [
    `${event.device}, ${kind}: ${event.label}`,
    score(event) === "" ? "" : `score ${score(event)}`,
    `${clock(event.time_ms, true)} ${uncertainty(event)}`,
    `sample ${event.sample}`,
    stop_delay(event, rate_hz) === "" ? "" : `stop line after ${stop_delay(event, rate_hz)}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
