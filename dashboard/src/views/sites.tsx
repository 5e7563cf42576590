import { count } from "../format.ts";
import type { Live } from "../live.ts";
import { read_incidents } from "../pages.ts";
import { mood, type Place, read_places, type Site, sites_of } from "../sites.ts";
import { use_asked } from "./hooks.ts";

const LOOK_EVERY_MS = 5000;

/** In words, since a colour alone tells not everybody. */
function state_of({ devices, online, faults }: Pick<Place, "devices" | "online" | "faults">): string {
  const parts = [];
  if (faults > 0) parts.push(`${count(faults)} with a fault`);
  if (online < devices) parts.push(`${count(devices - online)} not heard`);
  return parts.length === 0 ? "all well" : parts.join(", ");
}

/** As wide as its devices are many, to the square root, so that a small line can still be read. */
function Line({ line }: { line: Place }) {
  return (
    <li
      class={`line ${mood(line)}`}
      style={{ flexGrow: Math.sqrt(line.devices) }}
      data-place={`${line.site}/${line.line}`}
      data-devices={line.devices}
    >
      <b>{line.line === "" ? "no line" : `line ${line.line}`}</b>
      <span>
        {count(line.devices)} {line.devices === 1 ? "device" : "devices"}
      </span>
      <span>{state_of(line)}</span>
    </li>
  );
}

function SiteCard({ site }: { site: Site }) {
  return (
    <section class={`card site ${mood(site)}`} aria-label={`Site ${site.name}`}>
      <h3>
        {site.name}{" "}
        <small>
          {count(site.online)} of {count(site.devices)} online
        </small>
      </h3>
      {site.incidents.map((one) => (
        <p key={one.id}>
          <a class={`state ${one.severity}`} href="#/incidents">
            {one.kind.replaceAll("_", " ")}: {one.text}
          </a>
        </p>
      ))}
      <ul class="lines">
        {site.lines.map((line) => (
          <Line key={line.line} line={line} />
        ))}
      </ul>
    </section>
  );
}

/** Where devices are, and how each line does. */
export function Sites({ live }: { live: Live }) {
  const { value: places, trouble } = use_asked(live, "api/places", LOOK_EVERY_MS, read_places);
  const { value: incidents } = use_asked(live, "api/incidents", LOOK_EVERY_MS, read_incidents);
  return (
    <section aria-labelledby="sites-title">
      <h2 id="sites-title">Sites and lines</h2>
      {places === undefined ? (
        <p class="quiet waiting">{trouble === "" ? "Asking the fleet…" : trouble}</p>
      ) : places.length === 0 ? (
        <p class="quiet">
          No device has a site yet. <code>ganglion device set ID site=NAME line=NAME</code> says where one is.
        </p>
      ) : (
        <div class="map">
          {sites_of(places, incidents ?? []).map((site) => (
            <SiteCard key={site.name} site={site} />
          ))}
        </div>
      )}
    </section>
  );
}
