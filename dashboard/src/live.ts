// The page's line to the fleet: one stream for what is new, and a catch-up for what was missed.
import {
  type FleetEvent,
  read_device,
  read_event,
  read_events,
  read_gap,
  read_list,
  read_person,
  read_totals,
} from "./api.ts";
import { type Message, same_event } from "./state.ts";

const PAGE = 500;
/** The first view is what fits the window and a little more: the rest comes when it is asked for. */
const FIRST_EVENTS = 100;
const DEVICES_PAGE = 24;
/** Totals are asked for this long after the first device that tells of a change. */
const TOTALS_AFTER_MS = 300;
const ANSWER_WITHIN_MS = 8000;
const LISTEN_EVERY_MS = 4000;
const RETRY_MS = [1000, 2000, 4000];

export class Live {
  private stream: EventSource | undefined;
  private timer = 0;
  private attempts = 0;
  /** Every stored event up to this one is on the page; null: the store was empty; undefined: not yet asked. */
  private cursor: FleetEvent | null | undefined;
  private caught_up = false;
  private gaps_stale = false;
  private lost_since = 0;
  private search = "";
  private totals_timer = 0;
  /** Answers that belong to an earlier connection are dropped. */
  private turn = 0;

  constructor(private readonly tell: (message: Message) => void) {}

  start(): void {
    addEventListener("online", () => this.retry());
    // Says nothing about a server on this machine, so it is only a reason to ask.
    addEventListener("offline", () => {
      if (this.caught_up) this.keep_listening(this.turn);
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retry();
    });
    void this.connect();
  }

  /** Connects at once where the line is down. */
  retry(): void {
    if (this.stream === undefined) void this.connect();
  }

  /** Fetches the page of events before the oldest known one. */
  async load_older(oldest: number): Promise<void> {
    try {
      this.page_told(await this.events(`before=${oldest}&limit=${PAGE}`), PAGE);
    } catch (error) {
      this.lost(error);
    }
  }

  /** Shows the devices with this in their name, from the first. */
  async find_devices(search: string): Promise<void> {
    this.search = search;
    await this.load_devices("");
  }

  /** Fetches the devices that follow this one. */
  async load_devices(after: string): Promise<void> {
    const { search, turn } = this;
    const query = new URLSearchParams({ limit: `${DEVICES_PAGE}`, after, search });
    try {
      const devices = read_list(await this.get(`api/devices?${query}`), read_device, "devices");
      // An answer to what is no longer asked.
      if (turn !== this.turn || search !== this.search) return;
      this.tell({ type: "devices", devices, after, more: devices.length === DEVICES_PAGE, search });
    } catch (error) {
      if (turn === this.turn) this.lost(error);
    }
  }

  /** Begins a session; why not is told as the link's state. "acme/ada" is ada of the organisation acme. */
  async log_in(name: string, password: string): Promise<void> {
    try {
      const slash = name.indexOf("/");
      const where = slash < 0 ? "" : `?organisation=${encodeURIComponent(name.slice(0, slash))}`;
      const answer = await this.send(`api/login${where}`, { name: name.slice(slash + 1), password });
      if (answer.status === 204) return await this.connect();
      const told = (await answer.json()) as { error?: unknown };
      this.locked(typeof told.error === "string" ? told.error : `the server answered ${answer.status}`);
    } catch (error) {
      this.locked(error instanceof Error ? error.message : String(error));
    }
  }

  async log_out(): Promise<void> {
    try {
      await this.send("api/logout", {});
    } finally {
      this.stream?.close();
      this.stream = undefined;
      await this.connect();
    }
  }

  /** What the API says at this path, not yet checked. Throws where it does not answer. */
  async ask(path: string): Promise<unknown> {
    return (await this.request(path, [200])).json();
  }

  /** Asks the fleet to do something; its answer, where it has one. Throws what the server says against it. */
  async order(path: string, body: object): Promise<unknown> {
    const answer = await this.send(path, body);
    if (answer.ok) return answer.status === 204 ? undefined : answer.json();
    const told = (await answer.json()) as { error?: unknown };
    throw new Error(typeof told.error === "string" ? told.error : `the server answered ${answer.status}`);
  }

  private async connect(): Promise<void> {
    clearTimeout(this.timer);
    this.turn += 1;
    const turn = this.turn;
    this.caught_up = false;
    try {
      if (!(await this.is_let_in())) return;
      // The stream first: what happens while the rest loads then arrives twice rather than never.
      await this.open_stream(turn);
      const [trouble] = await Promise.all([
        this.ask_trouble(),
        this.load_devices(""),
        this.load_totals(),
        this.load_gaps(),
        this.catch_up(turn),
      ]);
      this.answered(turn, trouble);
    } catch (error) {
      if (turn === this.turn) this.lost(error);
    }
  }

  private async is_let_in(): Promise<boolean> {
    const answer = await this.request("api/me", [200, 401]);
    if (answer.status === 401) {
      this.locked("");
      return false;
    }
    this.tell({ type: "person", person: read_person(await answer.json()) });
    return true;
  }

  /** Nothing more happens until somebody logs in, and what was known is nobody's to see. */
  private locked(refused: string): void {
    clearTimeout(this.timer);
    this.cursor = undefined;
    this.tell({ type: "forget" });
    this.tell({ type: "devices", devices: [], after: "", more: false, search: this.search });
    this.tell({ type: "person", person: null });
    this.tell({ type: "link", link: { state: "locked", refused } });
  }

  private open_stream(turn: number): Promise<void> {
    const stream = new EventSource("api/stream");
    this.stream = stream;
    stream.addEventListener("event", (message) =>
      this.heard(turn, message, (value) => this.new_event(value)),
    );
    stream.addEventListener("device", (message) =>
      this.heard(turn, message, (value) => this.device_changed(value)),
    );
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("no answer")), ANSWER_WITHIN_MS);
      stream.onopen = () => {
        clearTimeout(late);
        resolve();
      };
      // EventSource would retry network errors by itself but never an error status; one way serves both.
      stream.onerror = () => {
        clearTimeout(late);
        reject(new Error("the stream ended"));
        if (turn === this.turn) this.lost(new Error("the stream ended"));
      };
    });
  }

  private heard(turn: number, message: MessageEvent<string>, take: (value: unknown) => void): void {
    if (turn !== this.turn) return;
    try {
      take(JSON.parse(message.data));
    } catch (error) {
      this.lost(error);
    }
  }

  private new_event(value: unknown): void {
    const event = read_event(value);
    // Before the catch-up has reached the stream, moving the cursor would skip what lies between.
    if (this.caught_up) this.cursor = event;
    this.gaps_stale = true;
    this.tell({ type: "events", events: [event] });
  }

  private async catch_up(turn: number): Promise<void> {
    if (this.cursor && !(await this.still_stored(this.cursor))) {
      // Another store answers at this address (a new demo): nothing known is true any more.
      this.cursor = undefined;
      this.tell({ type: "forget" });
    }
    if (this.cursor === undefined) {
      // The stream is open: it tells of all that comes later than these.
      const newest = await this.events(`limit=${FIRST_EVENTS}`);
      if (turn !== this.turn) return;
      this.page_told(newest, FIRST_EVENTS);
      this.cursor = newest[newest.length - 1] ?? null;
      this.caught_up = true;
      return;
    }
    for (;;) {
      const page = await this.events(`after=${this.cursor?.id ?? 0}&limit=${PAGE}`);
      if (turn !== this.turn) return;
      const last = page[page.length - 1];
      if (last === undefined) break;
      this.cursor = last;
      this.tell({ type: "events", events: page });
    }
    this.caught_up = true;
  }

  private async still_stored(event: FleetEvent): Promise<boolean> {
    const [stored] = await this.events(`after=${event.id - 1}&limit=1`);
    return stored !== undefined && same_event(stored, event);
  }

  private page_told(page: readonly FleetEvent[], asked: number): void {
    this.tell({ type: "events", events: page });
    this.tell({ type: "older", older: page.length === asked });
  }

  private device_changed(value: unknown): void {
    this.tell({ type: "device", device: read_device(value) });
    if (this.totals_timer !== 0) return;
    const { turn } = this;
    this.totals_timer = window.setTimeout(() => {
      this.totals_timer = 0;
      this.load_totals().catch((error) => {
        if (turn === this.turn) this.lost(error);
      });
    }, TOTALS_AFTER_MS);
  }

  private async load_totals(): Promise<void> {
    this.tell({ type: "totals", totals: read_totals(await this.get("api/summary")) });
  }

  private async load_gaps(): Promise<void> {
    this.gaps_stale = false;
    this.tell({ type: "gaps", gaps: read_list(await this.get("api/gaps"), read_gap, "gaps") });
  }

  /** A stream can die without a word (a laptop that slept, a proxy), so the server is also asked. */
  private async listen(turn: number): Promise<void> {
    const trouble = await this.ask_trouble();
    if (this.gaps_stale) await this.load_gaps();
    this.answered(turn, trouble);
  }

  private async ask_trouble(): Promise<string> {
    const answer = await this.request("healthz", [200, 503]);
    return answer.status === 200 ? "" : (await answer.text()).trim() || "not healthy";
  }

  private answered(turn: number, trouble: string): void {
    if (turn !== this.turn) return;
    this.attempts = 0;
    this.lost_since = 0;
    this.tell({ type: "trouble", trouble });
    this.tell({ type: "link", link: { state: "live" } });
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.keep_listening(turn), LISTEN_EVERY_MS);
  }

  private keep_listening(turn: number): void {
    this.listen(turn).catch((error) => {
      if (turn === this.turn) this.lost(error);
    });
  }

  private lost(error: unknown): void {
    this.turn += 1;
    this.caught_up = false;
    this.stream?.close();
    this.stream = undefined;
    clearTimeout(this.timer);
    const wait = RETRY_MS[Math.min(this.attempts, RETRY_MS.length - 1)] as number;
    this.attempts += 1;
    this.lost_since ||= Date.now();
    const reason = error instanceof Error ? error.message : String(error);
    this.tell({
      type: "link",
      link: { state: "lost", since_ms: this.lost_since, retry_ms: Date.now() + wait, reason },
    });
    this.timer = window.setTimeout(() => void this.connect(), wait);
  }

  private async events(query: string): Promise<FleetEvent[]> {
    return read_events(await this.get(`api/events?${query}`));
  }

  private async get(path: string): Promise<unknown> {
    return (await this.request(path, [200])).json();
  }

  private send(path: string, body: object): Promise<Response> {
    return fetch(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  }

  private async request(path: string, accepted: readonly number[]): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    } catch {
      throw new Error("no answer");
    }
    if (!accepted.includes(answer.status)) throw new Error(`/${path} answered ${answer.status}`);
    return answer;
  }
}
