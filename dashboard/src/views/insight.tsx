import { clock } from "../format.ts";
import type { Live } from "../live.ts";
import { type Finding, read_insight } from "../pages.ts";
import { use_asked } from "./hooks.ts";

const LOOK_EVERY_MS = 60_000;

const PARTS: readonly { kind: Finding["kind"]; title: string; why: string }[] = [
  { kind: "rising", title: "Rising", why: "Scores that lead to the threshold." },
  {
    kind: "unlike",
    title: "Unlike their peers",
    why: "One device moves, its like do not: its sensor, or its machine.",
  },
  { kind: "site", title: "Site events", why: "All of a site move alike, other sites do not." },
  { kind: "cause", title: "Common causes", why: "Decisions that cluster in time and in what devices share." },
  { kind: "version", title: "Versions", why: "What each version of a model does, against the others." },
];

/** What no single device can know. */
export function Insight({ live }: { live: Live }) {
  const { value, trouble } = use_asked(live, "api/insight", LOOK_EVERY_MS, read_insight);
  return (
    <section aria-labelledby="insight-title">
      <h2 id="insight-title">Insight</h2>
      {value === undefined ? (
        <p class="quiet">{trouble === "" ? "Looking at the whole fleet…" : trouble}</p>
      ) : (
        <>
          <p class="quiet">
            From the histories of {value.devices} {value.devices === 1 ? "device" : "devices"}, as of{" "}
            {clock(value.now_ms)}.
          </p>
          <div class="findings">
            {PARTS.map((part) => {
              const found = value.findings.filter((one) => one.kind === part.kind);
              return (
                <section key={part.kind} class="card" aria-label={part.title} data-insight={part.kind}>
                  <h3>
                    {part.title} <small>{part.why}</small>
                  </h3>
                  {found.length === 0 && <p class="quiet">Nothing found.</p>}
                  <ul class="stuck">
                    {found.map((one) => (
                      <li key={`${one.who} ${one.what}`}>
                        {one.kind === "rising" || one.kind === "unlike" ? (
                          <a href={`#/device/${encodeURIComponent(one.who)}`}>{one.who}</a>
                        ) : (
                          <b>{one.who}</b>
                        )}{" "}
                        {one.what}
                      </li>
                    ))}
                  </ul>
                </section>
              );
            })}
          </div>
        </>
      )}
    </section>
  );
}
