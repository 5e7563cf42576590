// Drives the dashboard in headless Chromium against a live fleet server.
//   node page_test.mjs --url URL --out DIR [--expect-devices N] [--expect-events N] [--new-event-within SECONDS]
//   node page_test.mjs --url URL --out DIR --updates    (of a fleet with rollouts, as after the demo)
//   node page_test.mjs --url URL --out DIR --grid       (of a coordinated fleet, as during `demo grid`)
// URL may come from GANGLION_URL. Screenshots go to DIR. Needs `npm ci` in dashboard/ and Debian's chromium.
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { checks } from "./checks.mjs";
import { grid_checks } from "./grid_checks.mjs";
import { launch, PATIENCE_MS } from "./helpers.mjs";
import { page_checks } from "./page_checks.mjs";
import { update_checks } from "./update_checks.mjs";

function usage(line) {
  console.error(`page_test: ${line}`);
  process.exit(2);
}

function options() {
  const text = { type: "string" };
  const known = {
    url: text,
    out: text,
    "expect-devices": text,
    "expect-events": text,
    "new-event-within": text,
    updates: { type: "boolean" },
    grid: { type: "boolean" },
  };
  let given = {};
  try {
    given = parseArgs({ options: known }).values;
  } catch (error) {
    usage(error.message);
  }
  const number = (name, otherwise) => {
    const value = Number(given[name] ?? otherwise);
    if (!Number.isInteger(value) || value < 0) usage(`--${name} needs a whole number, not "${given[name]}"`);
    return value;
  };
  const url = given.url ?? process.env.GANGLION_URL;
  if (url === undefined) usage("give the fleet server's address with --url or GANGLION_URL");
  if (given.out === undefined) usage("give a folder for the screenshots with --out");
  return {
    url: url.replace(/\/+$/, ""),
    out: given.out,
    expect_devices: number("expect-devices", 1),
    expect_events: number("expect-events", 1),
    updates: given.updates === true,
    grid: given.grid === true,
    new_event_within_s: number("new-event-within", 60),
  };
}

const wanted = options();
mkdirSync(wanted.out, { recursive: true });
try {
  await fetch(`${wanted.url}/api/summary`);
} catch {
  usage(`no fleet server answers at ${wanted.url}`);
}

const browser = await launch().catch((error) => usage(error.message));
const chosen = wanted.grid ? grid_checks : wanted.updates ? update_checks : [...checks, ...page_checks];
let passed = 0;
let failed = 0;
for (const [name, check] of chosen) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const remark = await check(context, wanted);
    console.log(`ok      ${name}${remark ? ` (${remark})` : ""}`);
    passed += 1;
  } catch (error) {
    console.log(`FAILED  ${name}: ${error.message.split("\n")[0]}`);
    failed += 1;
  }
  await context.close();
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
