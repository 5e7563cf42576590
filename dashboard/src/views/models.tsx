import { bytes, count, words } from "../format.ts";
import type { Live } from "../live.ts";
import { read_versions } from "../pages.ts";
import { read_releases } from "../rollouts.ts";
import { use_asked } from "./hooks.ts";

const LOOK_EVERY_MS = 10_000;

/** Which models devices run, what they cost there, and what is ready to be sent. */
export function Models({ live }: { live: Live }) {
  const { value: releases } = use_asked(live, "api/releases", LOOK_EVERY_MS, read_releases);
  const { value: rows } = use_asked(live, "api/versions", LOOK_EVERY_MS, read_versions);
  return (
    <>
      <section aria-labelledby="models-title">
        <h2 id="models-title">Models on devices</h2>
        {rows === undefined ? (
          <p class="quiet waiting">Asking the fleet…</p>
        ) : rows.length === 0 ? (
          <p class="quiet">No device has said yet which model it runs.</p>
        ) : (
          <div class="table">
            <table>
              <thead>
                <tr>
                  <th>application</th>
                  <th>version</th>
                  <th class="figure">devices</th>
                  <th class="figure">online</th>
                  <th class="figure">with a fault</th>
                  <th class="figure">RAM</th>
                  <th class="figure">flash</th>
                  <th class="figure">instructions</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={`${row.application} ${row.version}`} data-version={row.version}>
                    <td>{words(row.application)}</td>
                    <td>{row.version}</td>
                    <td class="figure">{count(row.devices)}</td>
                    <td class="figure">{count(row.online)}</td>
                    <td class="figure">{count(row.faults)}</td>
                    <td class="figure">{row.ram_bytes > 0 ? bytes(row.ram_bytes) : "–"}</td>
                    <td class="figure">{row.flash_bytes > 0 ? bytes(row.flash_bytes) : "–"}</td>
                    <td class="figure">{row.instructions > 0 ? count(row.instructions) : "–"}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <section aria-labelledby="releases-title">
        <h2 id="releases-title">Releases</h2>
        {releases !== undefined && releases.length === 0 && <p class="quiet">None yet.</p>}
        <ul class="cards">
          {releases?.map((one) => (
            <li class="card" key={one.id} data-release={one.id}>
              <h3>
                {one.name} {one.version} <small>{one.component}</small>
              </h3>
              <p class="why">{one.note}</p>
              {one.card !== "" && (
                <p>
                  <a href={`api/objects/${one.card}`}>Model card</a>
                </p>
              )}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
