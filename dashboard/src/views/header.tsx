import { clock } from "../format.ts";
import type { Person } from "../api.ts";
import type { Link } from "../state.ts";

const LINK_WORDS = {
  connecting: "connecting",
  locked: "locked",
  live: "live",
  lost: "no connection",
} as const;

interface HeaderProps {
  link: Link;
  person: Person | null;
  on_log_out: () => void;
}

export function Header({ link, person, on_log_out }: HeaderProps) {
  return (
    <header class="top">
      <h1>
        <svg viewBox="0 0 32 32" aria-hidden="true" class="mark">
          <path d="M5 7 13 14M5 25 13 18M20 16H27" />
          <circle cx="16.5" cy="16" r="4.2" />
          <circle cx="4.5" cy="6.5" r="2.7" />
          <circle cx="4.5" cy="25.5" r="2.7" />
          <circle cx="28" cy="16" r="2.7" />
        </svg>
        Ganglion
      </h1>
      <span class="who">
        {person !== null && !person.open && (
          <>
            <span title={person.role}>{person.name}</span>
            <button type="button" class="plain" onClick={on_log_out}>
              Log out
            </button>
          </>
        )}
        <span class={`pill ${link.state}`} data-link={link.state}>
          {LINK_WORDS[link.state]}
        </span>
      </span>
    </header>
  );
}

interface NoticesProps {
  link: Link;
  trouble: string;
  now: number;
  on_retry: () => void;
}

/** What the reader must know before believing the rest. */
export function Notices({ link, trouble, now, on_retry }: NoticesProps) {
  return (
    <>
      {link.state === "lost" && (
        <div class="notice lost" role="alert" data-notice="lost">
          <p>
            <strong>The fleet server is out of reach</strong> since {clock(link.since_ms)}: {link.reason}.
            What you see may be old; devices keep their events meanwhile.
          </p>
          <button type="button" onClick={on_retry}>
            Try now
            <span class="countdown" aria-hidden="true">
              {Math.max(0, Math.ceil((link.retry_ms - now) / 1000))}
            </span>
          </button>
        </div>
      )}
      {link.state === "live" && trouble !== "" && (
        <div class="notice" role="alert" data-notice="trouble">
          <p>
            <strong>The fleet server is not healthy:</strong> {trouble}
          </p>
        </div>
      )}
    </>
  );
}
