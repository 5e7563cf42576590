// Checks of the page's updates: against a fleet that has releases and rollouts, as after the demo.
import { api, expect, open, screenshot, soon } from "./helpers.mjs";

const card = (page, id) => page.locator(`[data-rollout="${id}"]`);

async function shows_rollouts(context, wanted) {
  const page = await open(context, wanted);
  const rollouts = await api(wanted, "rollouts");
  expect(rollouts.length > 0, "the fleet has no rollout");
  for (const rollout of rollouts) {
    await soon(async () => {
      const text = await card(page, rollout.id).innerText();
      expect(text.includes(rollout.version), `rollout ${rollout.id}: no version ${rollout.version}`);
      expect(text.includes(rollout.state), `rollout ${rollout.id}: not ${rollout.state}`);
    });
    const stages = card(page, rollout.id).locator("[data-stage]");
    expect((await stages.count()) === rollout.stages.length, `rollout ${rollout.id}: stages are missing`);
  }
  await screenshot(page, wanted, "updates-desktop");
  return `${rollouts.length} rollouts`;
}

async function says_why_a_device_is_stuck(context, wanted) {
  const page = await open(context, wanted);
  for (const rollout of await api(wanted, "rollouts")) {
    const stuck = await api(wanted, `rollouts/${rollout.id}/devices?state=unhealthy`);
    if (stuck.length === 0) continue;
    await card(page, rollout.id).getByText("Decisions and devices").click();
    await soon(async () => {
      const text = await card(page, rollout.id).innerText();
      expect(text.includes(stuck[0].reason), `nowhere "${stuck[0].reason}"`);
      for (const { text: decision } of (await api(wanted, `rollouts/${rollout.id}`)).decisions)
        expect(text.includes(decision), `nowhere "${decision}"`);
    });
    await screenshot(page, wanted, "updates-stuck");
    return stuck[0].reason;
  }
  throw new Error("no rollout has a device that went back");
}

async function makes_and_stops_a_rollout(context, wanted) {
  const page = await open(context, wanted);
  const before = (await api(wanted, "rollouts")).length;
  await page.getByRole("button", { name: "New rollout" }).click();
  const form = page.locator('[data-form="rollout"]');
  await form.getByLabel("Stages").fill("100, 10");
  await form.getByRole("button", { name: "Begin" }).click();
  await form.getByText("the shares must rise").waitFor();
  await form.getByLabel("Stages").fill("50, 100");
  await form.getByLabel("Minutes").fill("600");
  await form.getByLabel("Only at").fill("at night");
  await form.getByRole("button", { name: "Begin" }).click();
  await form.getByText("two times").waitFor();
  await form.getByLabel("Only at").fill("");
  const { length: all } = await api(wanted, "devices");
  await form.getByText(`then ${all} device`).waitFor();
  await form.getByRole("button", { name: "Begin" }).click();
  await soon(async () => expect((await api(wanted, "rollouts")).length === before + 1, "none was made"));
  const [made] = await api(wanted, "rollouts");
  await card(page, made.id).getByRole("button", { name: "Pause" }).click();
  await soon(async () =>
    expect((await api(wanted, `rollouts/${made.id}`)).state === "paused", "it is not paused"),
  );
  await card(page, made.id).getByRole("button", { name: "Stop" }).click();
  await soon(async () => {
    const { state } = await api(wanted, `rollouts/${made.id}`);
    expect(state === "rolling back" || state === "rolled back", `it is ${state}`);
  });
}

async function fits_a_phone(context, wanted) {
  const page = await open(context, wanted);
  await page.setViewportSize({ width: 360, height: 780 });
  await page.locator("#updates").scrollIntoViewIfNeeded();
  await page.getByRole("button", { name: "New rollout" }).click();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide <= 0, `the page is ${wide} pixels wider than a phone`);
  await screenshot(page, wanted, "updates-phone");
}

export const update_checks = [
  ["shows every rollout with its stages", shows_rollouts],
  ["says why a device is stuck", says_why_a_device_is_stuck],
  ["makes, pauses and stops a rollout", makes_and_stops_a_rollout],
  ["updates fit a phone", fits_a_phone],
];
