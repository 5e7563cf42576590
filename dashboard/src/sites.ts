// Sites and their lines, from what the API says of places and incidents.

import type { Incident } from "./pages.ts";
import { list, number, text } from "./json.ts";

export interface Place {
  site: string;
  line: string;
  devices: number;
  online: number;
  faults: number;
}

/** A site of the map: its lines, the largest first, and what is wrong with all of it. */
export interface Site {
  name: string;
  lines: readonly Place[];
  devices: number;
  online: number;
  faults: number;
  incidents: readonly Incident[];
}

export type Mood = "good" | "away" | "bad";

export function read_places(value: unknown): Place[] {
  return list(
    value,
    (from) => ({
      site: text(from, "site"),
      line: text(from, "line"),
      devices: number(from, "devices"),
      online: number(from, "online"),
      faults: number(from, "faults"),
    }),
    "places",
  );
}

/** The sites by name; an incident of a site is one whose scope it is. */
export function sites_of(places: readonly Place[], incidents: readonly Incident[]): Site[] {
  const names = [...new Set(places.map((one) => one.site))].sort((a, b) => a.localeCompare(b));
  return names.map((name) => {
    const lines = places.filter((one) => one.site === name).sort((a, b) => b.devices - a.devices);
    const sum = (of: (one: Place) => number) => lines.reduce((all, one) => all + of(one), 0);
    return {
      name,
      lines,
      devices: sum((one) => one.devices),
      online: sum((one) => one.online),
      faults: sum((one) => one.faults),
      incidents: incidents.filter((one) => one.scope === `site:${name}`),
    };
  });
}

/** Bad where a device has a fault, away where one cannot be heard. */
export function mood({ devices, online, faults }: Pick<Place, "devices" | "online" | "faults">): Mood {
  return faults > 0 ? "bad" : online < devices ? "away" : "good";
}
