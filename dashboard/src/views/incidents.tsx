import { useState } from "preact/hooks";
import { ago, clock, count } from "../format.ts";
import type { Live } from "../live.ts";
import { extent, type Incident, read_incidents, read_opened, scope_words } from "../pages.ts";
import { use_asked } from "./hooks.ts";

const LOOK_EVERY_MS = 3000;
const MEMBERS_SHOWN = 50;

interface CardProps {
  live: Live;
  incident: Incident;
  now: number;
  may_act: boolean;
  on_done: () => void;
}

function Inside({ live, id, now }: { live: Live; id: number; now: number }) {
  const { value, trouble } = use_asked(live, `api/incidents/${id}`, LOOK_EVERY_MS, read_opened);
  if (value === undefined) return <p class="quiet">{trouble === "" ? "Asking…" : trouble}</p>;
  return (
    <div class="inside">
      <h4>Devices</h4>
      <ul class="stuck">
        {value.members.slice(0, MEMBERS_SHOWN).map((member) => (
          <li key={member.subject}>
            {member.subject.includes(":") ? (
              <b>{scope_words(member.subject)}</b>
            ) : (
              <a href={`#/device/${encodeURIComponent(member.subject)}`}>{member.subject}</a>
            )}{" "}
            {member.active ? `since ${ago(member.since_ms, now)}` : "over"}: {member.text}
          </li>
        ))}
        {value.members.length > MEMBERS_SHOWN && (
          <li class="quiet">and {count(value.members.length - MEMBERS_SHOWN)} more</li>
        )}
      </ul>
      <h4>Messages</h4>
      {value.deliveries.length === 0 && <p class="quiet">None: no channel, or a silence.</p>}
      <ol class="decisions">
        {value.deliveries.map((one) => (
          <li key={one.id}>
            <time>{one.sent_ms > 0 ? clock(one.sent_ms) : "waits"}</time>
            <span>
              {one.channel}: {one.reason}
              {one.sent_ms === 0 && one.error !== "" && ` (${one.attempts} attempts, ${one.error})`}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function IncidentCard({ live, incident, now, may_act, on_done }: CardProps) {
  const [open, set_open] = useState(false);
  const [trouble, set_trouble] = useState("");
  async function act(what: string) {
    try {
      set_trouble("");
      await live.order(`api/incidents/${incident.id}/${what}`, {});
      on_done();
    } catch (error) {
      set_trouble(error instanceof Error ? error.message : String(error));
    }
  }
  const going = incident.state === "open";
  const wide = extent(incident);
  return (
    <li class={`card incident ${incident.severity}`} data-incident={incident.id}>
      <div class="card-head">
        <h3>
          {scope_words(incident.scope)}
          <small>
            {incident.kind},{" "}
            {going ? `since ${ago(incident.opened_ms, now)}` : `over ${ago(incident.resolved_ms, now)}`}
          </small>
        </h3>
        <span class={`state ${going ? incident.severity : "over"}`}>
          {going ? incident.severity : "resolved"}
        </span>
      </div>
      <p class="why">{incident.text}</p>
      {wide !== "" && <p class="extent">{wide}</p>}
      {incident.acknowledged_by !== "" && <p class="quiet">{incident.acknowledged_by} sees to it.</p>}
      {trouble !== "" && (
        <p class="wrong" role="alert">
          {trouble}
        </p>
      )}
      <div class="acts">
        {may_act && going && incident.acknowledged_by === "" && (
          <button type="button" onClick={() => void act("acknowledge")}>
            I see to it
          </button>
        )}
        {may_act && going && (
          <button type="button" onClick={() => void act("resolve")}>
            It is over
          </button>
        )}
        <button type="button" class="plain" aria-expanded={open} onClick={() => set_open(!open)}>
          {open ? "Less" : "Devices and messages"}
        </button>
      </div>
      {open && <Inside live={live} id={incident.id} now={now} />}
    </li>
  );
}

/** What is wrong, who sees to it, and who was told. */
export function Incidents({ live, now, may_act }: { live: Live; now: number; may_act: boolean }) {
  const [all, set_all] = useState(false);
  const { value, trouble, again } = use_asked(
    live,
    `api/incidents?state=${all ? "all" : "open"}`,
    LOOK_EVERY_MS,
    read_incidents,
  );
  return (
    <section aria-labelledby="incidents-title">
      <div class="section-head">
        <h2 id="incidents-title">Incidents</h2>
        <label class="check">
          <input type="checkbox" checked={all} onChange={() => set_all(!all)} /> also resolved ones
        </label>
      </div>
      {value === undefined && <p class="quiet">{trouble === "" ? "Asking the fleet…" : trouble}</p>}
      {value?.length === 0 && <p class="quiet">Nothing is wrong that the fleet knows of.</p>}
      <ul class="cards">
        {value?.map((incident) => (
          <IncidentCard
            key={incident.id}
            live={live}
            incident={incident}
            now={now}
            may_act={may_act}
            on_done={again}
          />
        ))}
      </ul>
    </section>
  );
}
