// Checks of the grid's page: against a fleet that is coordinated, as during `ganglion demo grid`.
import { api, expect, open, PATIENCE_MS, screenshot, soon, worst_contrast } from "./helpers.mjs";

async function go(context, wanted) {
  const page = await open(context, wanted);
  await page.goto(`${wanted.url}/#/grid`);
  await page.locator("[data-feeder]").first().waitFor({ timeout: PATIENCE_MS });
  return page;
}

async function feeders_and_reasons_are_shown(context, wanted) {
  const page = await go(context, wanted);
  return soon(async () => {
    const state = await api(wanted, "coordination");
    expect(state.running, "nothing is coordinated");
    const ids = await page
      .locator("[data-feeder]")
      .evaluateAll((all) => all.map((one) => one.dataset.feeder));
    expect(ids.join() === state.feeders.map(({ id }) => id).join(), `feeders ${ids}`);
    const reasons = await page.locator(".reasons").innerText();
    const newest = state.decisions[state.decisions.length - 1];
    expect(reasons.includes(newest.why), `nowhere "${newest.why}"`);
    const over = state.cycles.reduce((sum, one) => sum + one.over, 0);
    const violations = await page.locator('[data-fact="violations"]').innerText();
    expect(violations.includes(over === 0 ? "none" : String(over)), `violations: "${violations}"`);
    return `${ids.length} feeders, ${state.cycles.length} cycles`;
  });
}

async function the_day_is_drawn_and_told(context, wanted) {
  const page = await go(context, wanted);
  await soon(async () => {
    for (const line of ["demand", "supply", "local"]) {
      const path = await page.locator(`[data-line="${line}"]`).getAttribute("d");
      expect(path?.startsWith("M"), `no line of ${line}`);
    }
  });
  const chart = page.locator('.day [role="slider"]');
  await chart.focus();
  const told = async () => page.locator(".told").innerText();
  await page.keyboard.press("Home");
  const { cycles } = await api(wanted, "coordination");
  const first = new Date(cycles[0].time_s * 1000).toISOString().slice(11, 16);
  await soon(async () =>
    expect((await told()).startsWith(first), `the first cycle is not told: ${await told()}`),
  );
  await page.keyboard.press("ArrowRight");
  expect(!(await told()).startsWith(first), "the arrow key does not move");
}

async function it_fits_and_is_legible(context, wanted) {
  const page = await go(context, wanted);
  let worst = 21;
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const [shape, width] of [
      ["desktop", 1280],
      ["phone", 360],
    ]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(700);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide <= width, `the grid at ${width} px is ${wide} px wide`);
      await screenshot(page, wanted, `grid-${shape}-${scheme}`);
    }
    const contrast = await worst_contrast(page);
    expect(contrast.ratio >= 4.5, `${scheme}: contrast of "${contrast.text}" is ${contrast.ratio}`);
    worst = Math.min(worst, contrast.ratio);
  }
  return `lowest contrast ${worst.toFixed(1)}`;
}

export const grid_checks = [
  ["shows feeders, violations and reasons of the grid", feeders_and_reasons_are_shown],
  ["draws the day and tells each cycle by keyboard", the_day_is_drawn_and_told],
  ["fits a phone and is legible", it_fits_and_is_legible],
];
