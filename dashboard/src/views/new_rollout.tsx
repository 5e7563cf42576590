import { useEffect, useState } from "preact/hooks";
import { count } from "../format.ts";
import type { Live } from "../live.ts";
import { type Draft, read_plan, type Release, wish_of } from "../rollouts.ts";

const ASK_AFTER_MS = 300;

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function About({ release }: { release: Release }) {
  return (
    <p class="quiet">
      {release.note !== "" && `${release.note.replace(/\.$/, "")}. `}
      {release.has_way_back ? "It can be taken back." : "It has no way back: it can only be stopped."}
      {release.card !== "" && (
        <>
          {" "}
          <a href={`api/objects/${release.card}`}>Model card</a>
        </>
      )}
    </p>
  );
}

interface Props {
  live: Live;
  releases: Release[];
  on_done: () => void;
}

/** The form for a new rollout. It says whom it would reach before anything begins. */
export function NewRollout({ live, releases, on_done }: Props) {
  const [draft, set_draft] = useState<Draft>({
    release: releases[0]?.id ?? "",
    shares: "1, 10, 100",
    wait_minutes: "60",
    devices: "",
    window: "",
  });
  const [plan, set_plan] = useState<number[]>([]);
  const [trouble, set_trouble] = useState("");
  const chosen = releases.find((one) => one.id === draft.release);

  useEffect(() => {
    const timer = setTimeout(async () => {
      try {
        set_plan(read_plan(await live.order("api/rollouts/plan", wish_of(draft))));
      } catch {
        set_plan([]); // half-written; said when it is sent
      }
    }, ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [live, draft]);

  async function begin(event: Event) {
    event.preventDefault();
    try {
      set_trouble("");
      await live.order("api/rollouts", wish_of(draft));
      on_done();
    } catch (error) {
      set_trouble(said(error));
    }
  }
  const input = (name: keyof Draft, label: string, empty: string) => (
    <label>
      {label}
      <input
        value={draft[name]}
        placeholder={empty}
        onInput={(event) => set_draft({ ...draft, [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <form class="card new-rollout" onSubmit={(event) => void begin(event)} data-form="rollout">
      <label>
        Release
        <select
          value={draft.release}
          onChange={(event) => set_draft({ ...draft, release: event.currentTarget.value })}
        >
          {releases.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name} {one.version} ({one.component}, {one.id.slice(0, 8)})
            </option>
          ))}
        </select>
      </label>
      {chosen !== undefined && <About release={chosen} />}
      {input("devices", "Only devices with such ids", "all, or speaker-*")}
      {input("shares", "Stages, percent of the devices", "1, 10, 100")}
      {input("wait_minutes", "Minutes to wait after each", "60")}
      {input("window", "Only at this time of day, UTC", "always, or 22:00-05:00")}
      {plan.length > 0 && (
        <p class="quiet" data-plan>
          Reaches {plan.map((devices) => count(devices)).join(", then ")}{" "}
          {plan.at(-1) === 1 ? "device" : "devices"}.
        </p>
      )}
      {trouble !== "" && (
        <p class="wrong" role="alert">
          {trouble}
        </p>
      )}
      <button type="submit">Begin the rollout</button>
    </form>
  );
}
