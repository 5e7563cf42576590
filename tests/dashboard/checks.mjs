// Each check gets a fresh browser context and throws one clear line when the page falls short.
import {
  api,
  expect,
  expect_between,
  newest_event,
  number_in,
  open,
  PATIENCE_MS,
  screenshot,
  soon,
  worst_contrast,
} from "./helpers.mjs";

const row = (event) => `tbody tr[data-event="${event.id}"]`;

async function loads_clean(context, wanted) {
  const complaints = [];
  const origin = new URL(wanted.url).origin;
  context.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`asks ${request.url()}`);
  });
  const page = await open(context, wanted);
  await page.waitForTimeout(500);
  expect(complaints.length === 0, complaints[0]);
  expect((await page.title()) === "Ganglion", "the title is not Ganglion");
}

async function shows_devices(context, wanted) {
  const page = await open(context, wanted);
  const devices = await api(wanted, "devices");
  expect(
    devices.length >= wanted.expect_devices,
    `${devices.length} devices, expected ${wanted.expect_devices}`,
  );
  for (const device of devices) {
    await soon(async () => {
      const card = page.locator(`[data-device="${device.id}"]`);
      expect((await card.count()) === 1, `no card for ${device.id}`);
      const text = await card.innerText();
      const { version, digest, ram_bytes, flash_bytes } = device.bundle ?? {};
      if (version) expect(text.includes(`model ${version}`), `${device.id}: no model version ${version}`);
      if (digest) expect(text.includes(digest), `${device.id}: no digest ${digest}`);
      for (const bytes of [ram_bytes, flash_bytes]) {
        if (!bytes) continue;
        const exact = String(bytes).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
        expect(
          (await card.getByTitle(`${exact} bytes`).count()) >= 1,
          `${device.id}: nowhere ${bytes} bytes`,
        );
      }
      const instructions = card.locator("dl.facts div", { hasText: "instructions" }).locator("dd");
      if (device.bundle?.instructions) number_in(await instructions.innerText());
      const { online } = (await api(wanted, "devices")).find(({ id }) => id === device.id);
      expect(
        /\bonline\b/.test(text) === online,
        `${device.id}: the API says online ${online}, the page otherwise`,
      );
      expect(/raw sample/.test(text), `${device.id}: nothing about what left through the gate`);
    });
  }
  return `${devices.length} devices`;
}

async function shows_bytes(context, wanted) {
  const page = await open(context, wanted);
  return soon(async () => {
    const before = await api(wanted, "summary");
    const values = await page.locator(".overview .scale .value").allInnerTexts();
    const reduction = await page.locator('[data-total="reduction"]').innerText();
    const events = await page.locator('[data-total="events"] dd').innerText();
    const online = await page.locator('[data-total="online"] dd').innerText();
    const after = await api(wanted, "summary");
    expect(after.bytes_sensed > 0 && after.bytes_sent > 0, "the API knows no bytes yet");
    expect_between(number_in(values[0]), before.bytes_sensed, after.bytes_sensed, "bytes sensed");
    expect_between(number_in(values[1]), before.bytes_sent, after.bytes_sent, "bytes sent");
    const ratios = [before.bytes_sensed / after.bytes_sent, after.bytes_sensed / before.bytes_sent];
    expect_between(number_in(reduction), ...ratios, "reduction");
    expect_between(number_in(events), before.events, after.events, "events");
    expect(
      online.startsWith(String(after.online)),
      `online: the page shows ${online}, the API ${after.online}`,
    );
    return `${values.join(" sensed, ")} sent, ${reduction}`.replaceAll("\u202f", " ");
  });
}

async function shows_events(context, wanted) {
  const page = await open(context, wanted);
  const { events } = await api(wanted, "events?limit=500");
  expect(events.length >= wanted.expect_events, `${events.length} events, expected ${wanted.expect_events}`);
  const latest = [...events].sort((a, b) => b.time_ms - a.time_ms || b.id - a.id)[0];
  const line = page.locator(row(latest));
  await line.waitFor({ timeout: PATIENCE_MS });
  const text = await line.innerText();
  for (const part of [latest.label, latest.device, "±"])
    expect(text.includes(part), `the row lacks "${part}"`);
  for (const event of events) {
    expect(
      (await page.locator(`.point[data-event="${event.id}"]`).count()) === 1,
      `event ${event.id} has no point`,
    );
  }
  return `${events.length} events`;
}

async function hears_of_new_event(context, wanted) {
  if (wanted.new_event_within_s === 0) return "left out: --new-event-within 0";
  const page = await open(context, wanted);
  await page.evaluate(() => {
    window.ganglion_same_page = true;
  });
  const known = (await newest_event(wanted))?.id ?? 0;
  const begun = Date.now();
  const event = await soon(async () => {
    const newest = await newest_event(wanted);
    expect(newest && newest.id > known, `no device sent an event within ${wanted.new_event_within_s} s`);
    return newest;
  }, wanted.new_event_within_s * 1000);
  const stored = Date.now();
  await page.locator(`.point[data-event="${event.id}"]`).waitFor({ timeout: 5000 });
  expect(await page.evaluate(() => window.ganglion_same_page === true), "the page was loaded again");
  return `came after ${((stored - begun) / 1000).toFixed(1)} s, on the page ${Date.now() - stored} ms later`;
}

/** Hides the newest event from a page, cuts its network, and sees that the reconnection brings the event. */
async function catches_up(context, wanted) {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const page = await context.newPage();
    const hidden = await newest_event(wanted);
    expect(hidden !== undefined, "there is no event to hide");
    await page.route("**/api/events?*", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      const events = body.events.filter(({ id }) => id < hidden.id);
      await route.fulfill({ response: answer, json: { events, last: hidden.id - 1 } });
    });
    await page.goto(`${wanted.url}/`);
    await page.locator('[data-link="live"]').waitFor({ timeout: PATIENCE_MS });
    await context.setOffline(true);
    await page.locator('[data-notice="lost"]').waitFor({ timeout: PATIENCE_MS });
    const shown = await page
      .locator(".point")
      .evaluateAll((points) => points.map((point) => point.dataset.event));
    expect(!shown.includes(String(hidden.id)), "the hidden event is on the page: this check proves nothing");
    await page.unroute("**/api/events?*");
    await page.evaluate(() => {
      window.ganglion_same_page = true;
    });
    await screenshot(page, wanted, "connection-lost");
    await context.setOffline(false);
    await page.locator('[data-link="live"]').waitFor({ timeout: PATIENCE_MS });
    expect((await page.locator('[data-notice="lost"]').count()) === 0, "live, but the banner is still there");
    // A newer event that came by the stream before the cut puts the hidden one behind the page's back.
    const overtaken = shown.some((id) => Number(id) > hidden.id);
    if (!overtaken) {
      await page.locator(`.point[data-event="${hidden.id}"]`).waitFor({ timeout: PATIENCE_MS });
      expect(await page.evaluate(() => window.ganglion_same_page === true), "the page was loaded again");
      return "";
    }
    await page.close();
  }
  throw new Error("new events came too fast five times to hide one");
}

async function works_by_keyboard(context, wanted) {
  const page = await open(context, wanted);
  await page.locator(".point").first().waitFor({ timeout: PATIENCE_MS });
  const reached = [];
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const outlined = [element, element.nextElementSibling, element.querySelector(".reach")].some(
        (candidate) => {
          if (candidate === null) return false;
          const style = getComputedStyle(candidate);
          return style.outlineStyle !== "none" || (style.stroke !== "none" && candidate.matches(".reach"));
        },
      );
      return { name: `${element.tagName.toLowerCase()} ${element.type ?? ""}`.trim(), outlined };
    });
    if (at.name === "body") break;
    expect(at.outlined, `focus on ${at.name} cannot be seen`);
    reached.push(at.name);
    if (at.name === "g") break;
  }
  for (const control of ["a", "input radio", "input checkbox", "select select-one", "g"]) {
    expect(reached.includes(control), `Tab reaches ${reached.join(", ")} but no "${control}"`);
  }
  await page.locator(".detail").waitFor({ timeout: 2000 });
  const stops = await page.locator('.point[tabindex="0"]').count();
  expect(stops === 1, `the chart has ${stops} tab stops instead of one`);
  const points = await page.locator(".point").count();
  if (points > 1) {
    const here = await page.evaluate(() => document.activeElement.dataset.event);
    await page.keyboard.press("ArrowLeft");
    const there = await page.evaluate(() => document.activeElement.dataset.event);
    expect(there !== undefined && there !== here, "the left arrow does not go to the event before");
  }
  const name = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  expect(/±/.test(name) && /sample/.test(name), `the point says only "${name}"`);
  await screenshot(page, wanted, "event-focused");

  const kind = page.locator(".chips input").nth(1);
  const started = page.locator(".point.started");
  const had = await started.count();
  await kind.focus();
  await page.keyboard.press("Space");
  await soon(async () => expect((await started.count()) === 0, "Space on “started” hides nothing"), 2000);
  await page.keyboard.press("Space");
  await soon(async () => expect((await started.count()) >= had, "Space again does not show it"), 2000);
}

async function fits_a_phone(context, wanted) {
  const page = await open(context, wanted);
  await page.locator("tbody tr").first().waitFor({ timeout: PATIENCE_MS });
  for (const width of [360, 390, 768, 1280]) {
    await page.setViewportSize({ width, height: 780 });
    await page.waitForTimeout(200);
    const wide = await page.evaluate(() => {
      const page_width = document.documentElement.scrollWidth;
      const beyond = [...document.querySelectorAll("main *:not(.decade, .unseen, .unseen *, svg *)")].find(
        (element) => element.getBoundingClientRect().right > innerWidth + 1,
      );
      return { page_width, beyond: beyond && `${beyond.tagName} ${beyond.className}` };
    });
    expect(wide.page_width <= width, `at ${width} px the page is ${wide.page_width} px wide`);
    expect(wide.beyond === undefined, `at ${width} px ${wide.beyond} is cut off`);
  }
}

async function dark_and_light(context, wanted) {
  const page = await open(context, wanted);
  await page.locator("tbody tr").first().waitFor({ timeout: PATIENCE_MS });
  const grounds = [];
  const ratios = [];
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const [name, width, height] of [
      ["desktop", 1280, 900],
      ["phone", 360, 780],
    ]) {
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(700);
      await screenshot(page, wanted, `${name}-${scheme}`);
    }
    grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    const worst = await worst_contrast(page);
    expect(worst.ratio >= 4.5, `${scheme}: contrast of "${worst.text}" is only ${worst.ratio.toFixed(2)}`);
    ratios.push(worst.ratio.toFixed(1));
  }
  expect(grounds[0] !== grounds[1], `dark and light have the same ground ${grounds[0]}`);
  return `lowest contrast ${ratios[0]} light, ${ratios[1]} dark`;
}

/** The one that needs a device at work comes first: a demo's input ends. */
export const checks = [
  ["shows a new event without reload", hears_of_new_event],
  ["loads without errors and asks no other host", loads_clean],
  ["shows every device with its model and costs", shows_devices],
  ["shows bytes sensed against bytes sent", shows_bytes],
  ["shows the events in chart and table", shows_events],
  ["works by keyboard alone", works_by_keyboard],
  ["fits a phone", fits_a_phone],
  ["is legible in dark and light", dark_and_light],
  ["says when the server is away and catches up", catches_up],
];
