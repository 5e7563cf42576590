// Checks of the pages behind the first one: incidents, insight, models, a device. Against any fleet with a device.
import { api, expect, open, PATIENCE_MS, screenshot, soon, worst_contrast } from "./helpers.mjs";

const NAMES = ["sites", "incidents", "insight", "models", "grid"];

async function go(page, wanted, name) {
  await page.goto(`${wanted.url}/#/${name}`);
  await page.locator("main h2, main h3").first().waitFor({ timeout: PATIENCE_MS });
}

async function incidents_are_shown(context, wanted) {
  const page = await open(context, wanted);
  await go(page, wanted, "incidents");
  return soon(async () => {
    const incidents = await api(wanted, "incidents");
    const cards = await page
      .locator("[data-incident]")
      .evaluateAll((all) => all.map((one) => Number(one.dataset.incident)));
    const ids = incidents.map(({ id }) => id);
    expect(
      JSON.stringify(cards) === JSON.stringify(ids),
      `the page shows incidents ${cards}, the API has ${ids}`,
    );
    for (const incident of incidents) {
      const text = await page.locator(`[data-incident="${incident.id}"]`).innerText();
      for (const part of [incident.kind, incident.text, incident.severity])
        expect(text.includes(part), `incident ${incident.id}: nowhere "${part}"`);
    }
    const badge = await page.locator(".badge").count();
    expect(badge === (ids.length > 0 ? 1 : 0), "the number of open incidents is not in the navigation");
    return `${ids.length} open`;
  });
}

async function an_incident_is_seen_to(context, wanted) {
  const [incident] = (await api(wanted, "incidents")).filter((one) => one.acknowledged_by === "");
  if (incident === undefined) return "left out: no incident waits";
  const page = await open(context, wanted);
  await go(page, wanted, "incidents");
  const card = page.locator(`[data-incident="${incident.id}"]`);
  await card.getByText("Devices and messages").click();
  const { members } = await api(wanted, `incidents/${incident.id}`);
  await soon(async () => {
    const text = await card.innerText();
    for (const member of members.slice(0, 5))
      expect(text.includes(member.subject.split(":").pop()), `nowhere "${member.subject}"`);
  });
  await screenshot(page, wanted, "incident-open");
  const button = card.getByRole("button", { name: "I see to it" });
  await button.focus();
  await page.keyboard.press("Enter");
  await soon(async () => {
    const { incident: now } = await api(wanted, `incidents/${incident.id}`);
    expect(now.acknowledged_by !== "", "the server was not told");
    expect((await card.innerText()).includes("sees to it"), "the page does not say who sees to it");
  });
}

async function insight_is_shown(context, wanted) {
  const page = await open(context, wanted);
  await go(page, wanted, "insight");
  await page.locator("[data-insight]").first().waitFor({ timeout: PATIENCE_MS });
  const insight = await api(wanted, "insight");
  const lists = {
    rising: insight.rising,
    unlike: insight.unlike_peers,
    site: insight.site_events,
    cause: insight.common_causes,
    version: insight.versions,
  };
  for (const [kind, found] of Object.entries(lists)) {
    const shown = await page.locator(`[data-insight="${kind}"] li`).count();
    expect(shown === found.length, `${kind}: the page shows ${shown}, the API has ${found.length}`);
  }
}

async function every_line_of_a_site_is_on_the_map(context, wanted) {
  const page = await open(context, wanted);
  await go(page, wanted, "sites");
  return soon(async () => {
    const places = await api(wanted, "places");
    const shown = await page
      .locator("[data-place]")
      .evaluateAll((all) => all.map((one) => [one.dataset.place, one.dataset.devices].join(": ")));
    const there = places.map(({ site, line, devices }) => `${site}/${line}: ${devices}`);
    expect(
      JSON.stringify(shown.toSorted()) === JSON.stringify(there.toSorted()),
      `the map shows ${shown}, the API has ${there}`,
    );
    return `${there.length} lines`;
  });
}

async function models_are_counted(context, wanted) {
  const page = await open(context, wanted);
  await go(page, wanted, "models");
  return soon(async () => {
    const devices = await api(wanted, "devices");
    const versions = new Set(
      devices.filter(({ bundle }) => bundle.version).map((one) => `${one.application} ${one.bundle.version}`),
    );
    const rows = await page.locator("[data-version]").count();
    expect(rows === versions.size, `${rows} versions on the page, ${versions.size} on devices`);
    const releases = await api(wanted, "releases");
    expect((await page.locator("[data-release]").count()) === releases.length, "releases are missing");
    return `${rows} versions, ${releases.length} releases`;
  });
}

async function a_device_has_its_page(context, wanted) {
  const page = await open(context, wanted);
  const [device] = await api(wanted, "devices");
  await page.locator(`[data-device="${device.id}"] h3 a`).click();
  await page.locator("#device-privacy").waitFor({ timeout: PATIENCE_MS });
  expect((await page.locator("[data-device]").count()) === 1, "more than one device on its page");
  const days = (await api(wanted, "privacy")).filter((one) => one.device === device.id);
  await soon(async () => {
    expect((await page.locator("[data-day]").count()) === days.length, "days of the account are missing");
  });
  await screenshot(page, wanted, "device-page");
  await page.goto(`${wanted.url}/#/device/nobody`);
  await page.getByText("There is no device nobody").waitFor({ timeout: PATIENCE_MS });
}

async function the_keyboard_reaches_every_page(context, wanted) {
  const page = await open(context, wanted);
  await page.locator("nav.pages a").first().waitFor({ timeout: PATIENCE_MS });
  for (const name of NAMES) {
    const link = page.locator(`nav.pages a[href="#/${name}"]`);
    await link.focus();
    const outline = await link.evaluate((element) => getComputedStyle(element).outlineStyle);
    expect(outline !== "none", `focus on ${name} cannot be seen`);
    await page.keyboard.press("Enter");
    await page.locator(`nav.pages a[aria-current="page"][href="#/${name}"]`).waitFor({ timeout: 5000 });
    await page.locator("main h2").first().waitFor({ timeout: PATIENCE_MS });
  }
}

async function they_fit_and_are_legible(context, wanted) {
  const page = await open(context, wanted);
  let worst = 21;
  for (const name of NAMES) {
    await go(page, wanted, name);
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      for (const [shape, width] of [
        ["desktop", 1280],
        ["phone", 360],
      ]) {
        await page.setViewportSize({ width, height: 780 });
        await page.waitForTimeout(700);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(wide <= width, `${name} at ${width} px is ${wide} px wide`);
        await screenshot(page, wanted, `${name}-${shape}-${scheme}`);
      }
      const contrast = await worst_contrast(page);
      expect(
        contrast.ratio >= 4.5,
        `${name}, ${scheme}: contrast of "${contrast.text}" is ${contrast.ratio}`,
      );
      worst = Math.min(worst, contrast.ratio);
    }
  }
  return `lowest contrast ${worst.toFixed(1)}`;
}

export const page_checks = [
  ["shows the incidents", incidents_are_shown],
  ["lets somebody see to an incident", an_incident_is_seen_to],
  ["shows the insight", insight_is_shown],
  ["draws every line of every site", every_line_of_a_site_is_on_the_map],
  ["counts the models", models_are_counted],
  ["gives a device its page", a_device_has_its_page],
  ["reaches every page by keyboard", the_keyboard_reaches_every_page],
  ["fits a phone and is legible on every page", they_fit_and_are_legible],
];
