import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import { EVENT_KINDS } from "../api.ts";
import { Live } from "../live.ts";
import { type Page, page_of, read_incidents } from "../pages.ts";
import { chosen, EMPTY, type Filter, missing, update } from "../state.ts";
import { DeviceCard } from "./device_card.tsx";
import { DeviceSearch } from "./device_search.tsx";
import { Empty } from "./empty.tsx";
import { EventFilter } from "./event_filter.tsx";
import { EventTable } from "./event_table.tsx";
import { Grid } from "./grid.tsx";
import { Header, Notices } from "./header.tsx";
import { DevicePage } from "./device_page.tsx";
import { use_asked, use_fragment, use_now } from "./hooks.ts";
import { Incidents } from "./incidents.tsx";
import { Insight } from "./insight.tsx";
import { LogIn } from "./log_in.tsx";
import { Models } from "./models.tsx";
import { Nav } from "./nav.tsx";
import { Overview } from "./overview.tsx";
import { Rollouts } from "./rollouts.tsx";
import { Sites } from "./sites.tsx";
import { Timeline } from "./timeline.tsx";

const LOOK_EVERY_MS = 5000;

/** The links, with how many incidents are open. */
function Pages({ live, page }: { live: Live; page: Page }) {
  const { value } = use_asked(live, "api/incidents", LOOK_EVERY_MS, read_incidents);
  return <Nav page={page} open_incidents={value?.length ?? 0} />;
}

export function App() {
  const [state, tell] = useReducer(update, EMPTY);
  const live = useMemo(() => new Live(tell), []);
  useEffect(() => live.start(), [live]);

  const now = use_now();
  const { page, device } = page_of(use_fragment());
  const [filter, set_filter] = useState<Filter>({ device: "", kinds: new Set(EVENT_KINDS) });
  const [range_ms, set_range] = useState(0);

  const events = useMemo(() => chosen(state.events, filter), [state.events, filter]);
  const shown = state.devices.filter((one) => filter.device === "" || one.id === filter.device);
  const newest = state.events[state.events.length - 1];

  return (
    <>
      {page === "fleet" && (
        <a class="skip" href="#events">
          Skip to the events
        </a>
      )}
      <Header link={state.link} person={state.person} on_log_out={() => void live.log_out()} />
      {state.known && state.link.state !== "locked" && <Pages live={live} page={page} />}
      <main>
        <Notices link={state.link} trouble={state.trouble} now={now} on_retry={() => live.retry()} />
        {state.link.state === "locked" ? (
          <LogIn refused={state.link.refused} on_log_in={(name, password) => live.log_in(name, password)} />
        ) : !state.known ? (
          <p class="quiet waiting">Asking the fleet…</p>
        ) : page === "incidents" ? (
          <Incidents live={live} now={now} may_act={state.person?.role !== "viewer"} />
        ) : page === "grid" ? (
          <Grid live={live} />
        ) : state.devices.length === 0 && state.search === "" ? (
          <Empty />
        ) : page === "sites" ? (
          <Sites live={live} />
        ) : page === "insight" ? (
          <Insight live={live} />
        ) : page === "models" ? (
          <Models live={live} />
        ) : page === "device" ? (
          <DevicePage live={live} id={device} state={state} now={now} />
        ) : (
          <>
            {state.totals !== null && <Overview sums={state.totals} missing={missing(state.gaps)} />}
            <section aria-labelledby="devices-title">
              <h2 id="devices-title">Devices</h2>
              {(state.more_devices || state.search !== "") && (
                <DeviceSearch search={state.search} on_search={(search) => void live.find_devices(search)} />
              )}
              <ul class="cards">
                {state.devices.map((one) => (
                  <DeviceCard
                    key={one.id}
                    device={one}
                    gaps={state.gaps.filter((gap) => gap.device === one.id)}
                    now={now}
                  />
                ))}
              </ul>
              {state.more_devices && (
                <button type="button" onClick={() => void live.load_devices(state.devices.at(-1)?.id ?? "")}>
                  More devices
                </button>
              )}
            </section>
            <Rollouts live={live} now={now} may_act={state.person?.role !== "viewer"} />
            <section id="events" tabIndex={-1} aria-labelledby="events-title">
              <h2 id="events-title">Events</h2>
              <EventFilter
                filter={filter}
                on_filter={set_filter}
                devices={state.devices}
                range_ms={range_ms}
                on_range={set_range}
              />
              <Timeline
                devices={shown}
                events={events}
                range_ms={range_ms}
                now={now}
                on_all={() => set_range(0)}
              />
              <EventTable
                events={events}
                devices={state.devices}
                now={now}
                older={state.older}
                on_older={() => {
                  const oldest = state.events[0];
                  if (oldest !== undefined) void live.load_older(oldest.id);
                }}
              />
            </section>
          </>
        )}
      </main>
      <p class="unseen" aria-live="polite">
        {newest === undefined ? "" : `${newest.device}: ${newest.label}`}
      </p>
    </>
  );
}
