import type { EventKind } from "../api.ts";

export const KIND_WORDS: Record<EventKind, string> = {
  decision: "decision",
  started: "started",
  action: "stop line pulled",
};

const SHAPES: Record<EventKind, string> = {
  decision: "M5 0a5 5 0 1 1-10 0a5 5 0 1 1 10 0Z",
  started: "M-4-5 5 0-4 5Z",
  action: "M0-6.5 6.5 0 0 6.5-6.5 0Z",
};

/** The outline of a kind around (0, 0): shape tells as much as colour. */
export function KindShape({ kind }: { kind: EventKind }) {
  return <path class={`mark-${kind}`} d={SHAPES[kind]} />;
}

/** The same as a small picture in text. */
export function KindMark({ kind }: { kind: EventKind }) {
  return (
    <svg class="kind" viewBox="-8 -8 16 16" aria-hidden="true">
      <KindShape kind={kind} />
    </svg>
  );
}
