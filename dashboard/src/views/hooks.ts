import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Live } from "../live.ts";

/** The reader's clock, renewed every second. */
export function use_now(): number {
  const [now, set_now] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => set_now(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** The width of an element in CSS pixels, as it changes. */
export function use_width<T extends Element>(): [RefObject<T | null>, number] {
  const ref = useRef<T>(null);
  const [width, set_width] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver((entries) => set_width(entries[0]?.contentRect.width ?? 0));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** What the fragment of the page's address is, as it changes. */
export function use_fragment(): string {
  const [fragment, set_fragment] = useState(location.hash);
  useEffect(() => {
    const changed = () => set_fragment(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return fragment;
}

/** What the API says at a path, asked again every so often; why it is not known, where it is not. */
export function use_asked<T>(
  live: Live,
  path: string,
  every_ms: number,
  read: (value: unknown) => T,
): { value: T | undefined; trouble: string; again: () => void } {
  const [value, set_value] = useState<T>();
  const [trouble, set_trouble] = useState("");
  const [turn, set_turn] = useState(0);
  useEffect(() => {
    let gone = false;
    const look = async () => {
      try {
        const answer = read(await live.ask(path));
        if (gone) return;
        set_value(answer);
        set_trouble("");
      } catch (error) {
        if (!gone) set_trouble(error instanceof Error ? error.message : String(error));
      }
    };
    void look();
    const timer = setInterval(() => void look(), every_ms);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [live, path, every_ms, turn]);
  return { value, trouble, again: () => set_turn(turn + 1) };
}
