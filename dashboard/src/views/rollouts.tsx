import { useEffect, useState } from "preact/hooks";
import { ago, clock, count } from "../format.ts";
import type { Live } from "../live.ts";
import {
  funnel,
  read_one_rollout,
  read_releases,
  read_rollouts,
  read_stuck,
  type Release,
  type Rollout,
  STUCK_STATES,
  type Stuck,
  type Stage,
  why_stuck,
} from "../rollouts.ts";
import { NewRollout } from "./new_rollout.tsx";

const LOOK_EVERY_MS = 3000;

function Funnel({ stage, number, here }: { stage: Stage; number: number; here: boolean }) {
  const steps = funnel(stage);
  return (
    <li class={here ? "stage here" : "stage"} data-stage={number}>
      <p class="stage-head">
        <span>
          Stage {number} <small>up to {Math.round(1000 * stage.share) / 10} %</small>
        </span>
        <span>
          {count(stage.devices)} <small>{stage.devices === 1 ? "device" : "devices"}</small>
        </span>
      </p>
      <div class="funnel" aria-hidden="true">
        {steps.map((step) => (
          <span key={step.name} class={step.tone} style={{ flexGrow: step.devices }} />
        ))}
      </div>
      <ul class="legend">
        {steps.length === 0 && <li class="quiet">not begun</li>}
        {steps.map((step) => (
          <li key={step.name}>
            <i class={step.tone} aria-hidden="true" />
            {step.name} <b>{count(step.devices)}</b>
          </li>
        ))}
      </ul>
    </li>
  );
}

interface CardProps {
  live: Live;
  rollout: Rollout;
  now: number;
  may_act: boolean;
  on_done: () => void;
}

function RolloutCard({ live, rollout, now, may_act, on_done }: CardProps) {
  const [open, set_open] = useState(false);
  const [full, set_full] = useState(rollout);
  const [stuck, set_stuck] = useState<Stuck[]>([]);
  const [trouble, set_trouble] = useState("");

  async function look() {
    const path = `api/rollouts/${rollout.id}`;
    const lists = await Promise.all(
      STUCK_STATES.map((state) => live.ask(`${path}/devices?state=${state}&limit=20`)),
    );
    set_full(read_one_rollout(await live.ask(path)));
    set_stuck(lists.flatMap(read_stuck));
  }
  useEffect(() => {
    if (open) look().catch((error: Error) => set_trouble(error.message));
  }, [open, rollout]);

  async function act(what: string, body: object) {
    try {
      set_trouble("");
      await live.order(`api/rollouts/${rollout.id}/${what}`, body);
      on_done();
    } catch (error) {
      set_trouble(error instanceof Error ? error.message : String(error));
    }
  }
  const going = rollout.state === "running" || rollout.state === "paused";
  return (
    <li class="card rollout" data-rollout={rollout.id}>
      <div class="card-head">
        <h3>
          {rollout.release_name} {rollout.version}
          <small>
            rollout {rollout.id}, {rollout.component}
            {rollout.name !== "" && `, ${rollout.name}`}
          </small>
        </h3>
        <span class={`state ${rollout.state.replace(" ", "-")}`}>{rollout.state}</span>
      </div>
      <p class="why">{rollout.why}</p>
      <ol class="stages">
        {rollout.stages.map((stage, at) => (
          <Funnel key={at} stage={stage} number={at + 1} here={going && at === rollout.stage} />
        ))}
      </ol>
      {trouble !== "" && (
        <p class="wrong" role="alert">
          {trouble}
        </p>
      )}
      <div class="acts">
        {may_act && rollout.state === "running" && (
          <button type="button" onClick={() => void act("pause", {})}>
            Pause
          </button>
        )}
        {may_act && rollout.state === "paused" && (
          <button type="button" onClick={() => void act("resume", {})}>
            Go on
          </button>
        )}
        {may_act && going && (
          <button type="button" class="danger" onClick={() => void act("abort", { keep: false })}>
            Stop and take back
          </button>
        )}
        <button type="button" class="plain" aria-expanded={open} onClick={() => set_open(!open)}>
          {open ? "Less" : "Decisions and devices"}
        </button>
      </div>
      {open && (
        <div class="inside">
          <h4>Devices that did not come through</h4>
          {stuck.length === 0 && <p class="quiet">None.</p>}
          <ul class="stuck">
            {stuck.map((one) => (
              <li key={one.device} data-stuck={one.device}>
                <b>{one.device}</b> {why_stuck(one, ago(one.seen_ms, now))}
              </li>
            ))}
          </ul>
          <h4>Decisions</h4>
          <ol class="decisions">
            {full.decisions.map((decision) => (
              <li key={`${decision.time_ms} ${decision.kind}`}>
                <time>{clock(decision.time_ms)}</time>
                <span>{decision.text}</span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </li>
  );
}

/** Releases on their way to the devices; nothing where the fleet has no release yet. */
export function Rollouts({ live, now, may_act }: { live: Live; now: number; may_act: boolean }) {
  const [rollouts, set_rollouts] = useState<Rollout[]>([]);
  const [releases, set_releases] = useState<Release[]>([]);
  const [adding, set_adding] = useState(false);

  async function look() {
    const [all, some] = await Promise.all([live.ask("api/rollouts"), live.ask("api/releases")]);
    set_rollouts(read_rollouts(all));
    set_releases(read_releases(some));
  }
  useEffect(() => {
    // A server that is away is told of elsewhere on the page.
    const again = () => void look().catch(() => undefined);
    again();
    const timer = setInterval(again, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [live]);

  if (releases.length === 0) return null;
  const done = () => {
    set_adding(false);
    void look();
  };
  return (
    <section id="updates" aria-labelledby="updates-title">
      <div class="section-head">
        <h2 id="updates-title">Updates</h2>
        {may_act && (
          <button type="button" onClick={() => set_adding(!adding)} aria-expanded={adding}>
            {adding ? "Not now" : "New rollout"}
          </button>
        )}
      </div>
      {adding && <NewRollout live={live} releases={releases} on_done={done} />}
      {rollouts.length === 0 && <p class="quiet">{count(releases.length)} releases, no rollout yet.</p>}
      <ul class="cards">
        {rollouts.map((rollout) => (
          <RolloutCard
            key={rollout.id}
            live={live}
            rollout={rollout}
            now={now}
            may_act={may_act}
            on_done={done}
          />
        ))}
      </ul>
    </section>
  );
}
