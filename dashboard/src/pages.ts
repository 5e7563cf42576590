// What the API says of incidents, insight, privacy and versions, checked, and in the words of the page.

import { type Fields, fields, list, number, text } from "./json.ts";

export interface Incident {
  id: number;
  kind: string;
  scope: string;
  severity: string;
  state: string;
  opened_ms: number;
  resolved_ms: number;
  acknowledged_by: string;
  subjects: number;
  active: number;
  text: string;
  cause: string;
}

export interface Member {
  subject: string;
  since_ms: number;
  active: boolean;
  text: string;
}

export interface Delivery {
  id: number;
  channel: string;
  reason: string;
  sent_ms: number;
  attempts: number;
  error: string;
}

export interface Opened {
  members: readonly Member[];
  deliveries: readonly Delivery[];
}

/** One line of the insight: who, what, and how sure. */
export interface Finding {
  kind: "rising" | "unlike" | "site" | "cause" | "version";
  who: string;
  what: string;
}

export interface Insight {
  now_ms: number;
  devices: number;
  findings: readonly Finding[];
}

/** Devices that run one version of an application. */
export interface Version {
  application: string;
  version: string;
  devices: number;
  online: number;
  faults: number;
  ram_bytes: number;
  flash_bytes: number;
  instructions: number;
}

/** What a device let out on a day, against its budget. */
export interface PrivacyDay {
  device: string;
  day_ms: number;
  bytes_sensed: number;
  bytes_sent: number;
  bytes_gate: number;
  breach: boolean;
}

export function read_incidents(value: unknown): Incident[] {
  return list(
    value,
    (from) => ({
      id: number(from, "id"),
      kind: text(from, "kind"),
      scope: text(from, "scope"),
      severity: text(from, "severity"),
      state: text(from, "state"),
      opened_ms: number(from, "opened_ms"),
      resolved_ms: number(from, "resolved_ms"),
      acknowledged_by: text(from, "acknowledged_by"),
      subjects: number(from, "subjects"),
      active: number(from, "active"),
      text: text(from, "text"),
      cause: text(from, "cause"),
    }),
    "incidents",
  );
}

export function read_opened(value: unknown): Opened {
  const from = fields(value, "incident");
  return {
    members: list(
      from["members"],
      (one) => ({
        subject: text(one, "subject"),
        since_ms: number(one, "since_ms"),
        active: one["active"] === true,
        text: text(one, "text"),
      }),
      "members",
    ),
    deliveries: list(
      from["deliveries"],
      (one) => ({
        id: number(one, "id"),
        channel: text(one, "channel"),
        reason: text(one, "reason"),
        sent_ms: number(one, "sent_ms"),
        attempts: number(one, "attempts"),
        error: text(one, "error"),
      }),
      "deliveries",
    ),
  };
}

export function read_privacy(value: unknown): PrivacyDay[] {
  return list(
    value,
    (from) => ({
      device: text(from, "device"),
      day_ms: number(from, "day_ms"),
      bytes_sensed: number(from, "bytes_sensed"),
      bytes_sent: number(from, "bytes_sent"),
      bytes_gate: number(from, "bytes_gate"),
      breach: from["breach"] === true,
    }),
    "privacy",
  );
}

/** "device:pump-7" as "pump-7", "site:north" as "site north", "fleet" as "the whole fleet". */
export function scope_words(scope: string): string {
  if (scope === "fleet") return "the whole fleet";
  const [what, ...name] = scope.split(":");
  return what === "device" ? name.join(":") : `${what} ${name.join(":")}`;
}

/** "3 of 5 devices with batch B7", or nothing for one device alone. */
export function extent(incident: Incident): string {
  if (incident.subjects < 2) return "";
  const cause = incident.cause === "" ? "" : ` with ${incident.cause.replace("=", " ")}`;
  return `${incident.active} of ${incident.subjects} devices${cause}`;
}

function moves(finding: unknown): string {
  const from = fields(finding, "finding");
  const sign = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value / 10).toFixed(1)} %`;
  return text(from, "shape") === "step"
    ? `jumped by ${sign(number(from, "jump"))}`
    : `moves by ${sign(number(from, "slope"))} a day`;
}

export function read_insight(value: unknown): Insight {
  const from = fields(value, "insight");
  const read = (key: string, of: (one: Fields) => Finding) => list(from[key], of, key);
  return {
    now_ms: number(from, "now_ms"),
    devices: number(from, "devices"),
    findings: [
      ...read("rising", (one) => ({
        kind: "rising" as const,
        who: text(one, "device"),
        what: `reaches the threshold in ${Math.round(number(one, "steps_left"))} days (at the earliest ${Math.round(number(one, "earliest"))})`,
      })),
      ...read("unlike_peers", (one) => ({
        kind: "unlike" as const,
        who: text(one, "device"),
        what: `${moves(one["finding"])} while its peers do not`,
      })),
      ...read("site_events", (one) => ({
        kind: "site" as const,
        who: text(one, "site"),
        what: `${Math.round(100 * number(one, "sharing"))} % of its devices alike: it ${moves(one["finding"])}`,
      })),
      ...read("common_causes", (one) => ({
        kind: "cause" as const,
        who: `${text(one, "attribute")} ${text(one, "value")}`,
        what: `${number(one, "affected")} of its ${number(one, "members")} devices decided within an hour, ${number(one, "elsewhere")} elsewhere`,
      })),
      ...read("versions", (one) => ({
        kind: "version" as const,
        who: text(one, "version"),
        what: `${number(one, "alerts_per_hour").toFixed(2)} decisions an hour${one["alerts_differ"] === true ? ", unlike the others" : ""}${one["drifted"] === true ? "; its scores have drifted" : ""}`,
      })),
    ],
  };
}

/** One row for each application and version that devices run, the most used first. */
export function read_versions(value: unknown): Version[] {
  if (!Array.isArray(value)) throw new Error("versions: expected a list");
  return value.map((one) => {
    const from = fields(one, "versions");
    return {
      application: text(from, "application"),
      version: text(from, "version"),
      devices: number(from, "devices"),
      online: number(from, "online"),
      faults: number(from, "faults"),
      ram_bytes: number(from, "ram_bytes"),
      flash_bytes: number(from, "flash_bytes"),
      instructions: number(from, "instructions"),
    };
  });
}

export const PAGES = ["fleet", "sites", "incidents", "insight", "models", "grid"] as const;
export type Page = (typeof PAGES)[number] | "device";

/** The page that an address's fragment names: "#/incidents", "#/device/pump-7"; any other is the fleet's. */
export function page_of(fragment: string): { page: Page; device: string } {
  const [, page = "", device = ""] = fragment.split("/");
  if (page === "device" && device !== "") {
    try {
      return { page, device: decodeURIComponent(device) };
    } catch {
      return { page: "fleet", device: "" };
    }
  }
  return { page: PAGES.find((name) => name === page) ?? "fleet", device: "" };
}
