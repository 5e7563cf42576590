// How long a reader waits for the first view: from an empty tab until the fleet's totals, its first devices and its
// newest events are shown and the page says that it is live. Each time in a new profile, so that nothing is cached.
//   node first_view.mjs --url URL [--times N]
// Prints the milliseconds of each time, a line each.
import { parseArgs } from "node:util";
import { launch, PATIENCE_MS } from "./helpers.mjs";

const text = { type: "string" };
const { url, times = "9" } = parseArgs({ options: { url: text, times: text } }).values;
if (url === undefined) {
  console.error("first_view: give the fleet server's address with --url");
  process.exit(2);
}

const shown = () => {
  const has = (selector) => document.querySelector(selector) !== null;
  return (
    has('[data-link="live"]') &&
    has('[data-total="online"]') &&
    has(".cards li") &&
    has("#events table tbody tr")
  );
};

const browser = await launch();
for (let time = 0; time < Number(times); time += 1) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const begin = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction(shown, undefined, { timeout: PATIENCE_MS, polling: "raf" });
  console.log(Math.round(performance.now() - begin));
  await context.close();
}
await browser.close();
