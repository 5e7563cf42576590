// What the checks share: the API's own word, the page once it is live, and waiting for both to agree.
import { createRequire } from "node:module";
import { join } from "node:path";

export const PATIENCE_MS = 40_000;

/** A headless Chromium. */
export async function launch() {
  try {
    const { chromium } = createRequire(new URL("../../dashboard/package.json", import.meta.url))(
      "playwright-core",
    );
    // launch() makes a new, empty user data folder and removes it.
    return await chromium.launch({
      executablePath: "/usr/bin/chromium",
      headless: true,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  } catch (error) {
    throw new Error(
      `no browser: ${error.message.split("\n")[0]} (npm ci in dashboard/, apt install chromium)`,
    );
  }
}

export function expect(condition, what) {
  if (!condition) throw new Error(what);
}

export async function api(wanted, path) {
  const answer = await fetch(`${wanted.url}/api/${path}`);
  expect(answer.ok, `/api/${path} answered ${answer.status}`);
  return answer.json();
}

/** The newest stored event, or undefined. */
export async function newest_event(wanted) {
  return (await api(wanted, "events?limit=1")).events.at(-1);
}

/** Opens the page and waits until it says that it is live. */
export async function open(context, wanted) {
  const page = await context.newPage();
  await page.goto(`${wanted.url}/`);
  await page.locator('[data-link="live"]').waitFor({ timeout: PATIENCE_MS });
  return page;
}

/** Tries until `attempt` stops throwing; the page is live, so it follows the API by a moment. */
export async function soon(attempt, within_ms = PATIENCE_MS) {
  const end = Date.now() + within_ms;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

const UNITS = { "": 1, B: 1, k: 1e3, kB: 1e3, M: 1e6, MB: 1e6, G: 1e9, GB: 1e9 };

/** "4.46 MB" or "58.8 k×" as a number. */
export function number_in(text) {
  const match = /^(\d[\d\u202f]*(?:\.\d+)?)\u202f?([a-zA-Z]*)×?$/.exec(text.trim());
  expect(match !== null && UNITS[match[2]] !== undefined, `"${text}" is not a number with a unit`);
  return Number(match[1].replaceAll("\u202f", "")) * UNITS[match[2]];
}

/** Three digits are shown, and both sides keep growing: within 1 % of what the API said before or after. */
export function expect_between(shown, before, after, what) {
  const low = Math.min(before, after) * 0.99 - 0.05;
  const high = Math.max(before, after) * 1.01 + 0.05;
  expect(
    shown >= low && shown <= high,
    `${what}: the page shows ${shown}, the API says ${before} to ${after}`,
  );
}

export function screenshot(page, wanted, name) {
  return page.screenshot({ path: join(wanted.out, `${name}.png`), fullPage: true });
}

/** The smallest WCAG contrast ratio among visible text, with the text. */
export function worst_contrast(page) {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const over = (colours) => {
      canvas.clearRect(0, 0, 1, 1);
      for (const colour of colours) {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
      }
      return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const luminance = (rgb) => {
      const [r, g, b] = rgb.map((byte) => {
        const part = byte / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let worst = { ratio: 21, text: "" };
    for (const element of document.querySelectorAll("body *:not(svg *, option)")) {
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
      const box = element.getBoundingClientRect();
      if (!own || box.width < 2 || box.height < 2 || element.closest(".skip")) continue;
      const grounds = [];
      for (let at = element; at !== null; at = at.parentElement)
        grounds.unshift(getComputedStyle(at).backgroundColor);
      const ground = luminance(over(grounds));
      const ink = luminance(over([...grounds, getComputedStyle(element).color]));
      const ratio = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
      if (ratio < worst.ratio) worst = { ratio, text: element.textContent.trim().slice(0, 40) };
    }
    return worst;
  });
}
