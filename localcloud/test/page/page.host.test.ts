import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { PageLab, whyNoBrowser } from "./pageLab";
import { platform } from "./platform";

describe("the page in a headless Chromium", function () {
  this.timeout(60_000);
  let lab: PageLab;

  before(async function () {
    const reason = whyNoBrowser();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    lab = await PageLab.start();
  });
  after(() => lab?.stop());

  const card = (page: Page, name: string) => page.locator("#canvas").getByText(name, { exact: true });
  const tabUntil = async (page: Page, isThere: () => Promise<boolean>, where: string, most = 30) => {
    for (let presses = 0; !(await isThere()); presses++) {
      assert.ok(presses < most, `Tab reaches ${where}`);
      await page.keyboard.press("Tab");
    }
  };

  it("teaches what to type while the cloud is empty, then shows what the API makes", async () => {
    const { page, complaints } = await lab.open();
    await page.getByText("Nothing here yet").waitFor();
    await platform(lab.cloud);
    for (const name of ["lb-1", "lb-2", "app-1", "app-2", "db-1", "storage-1"])
      await card(page, name).waitFor();
    for (const name of ["db-data", "old-backup", "spare", "example.test"]) await card(page, name).waitFor();
    assert.equal(await page.getByText("Nothing here yet").isVisible(), false);
    assert.deepEqual(complaints, []);
  });

  it("moves a floating IP with its assignment", async () => {
    const { page, complaints } = await lab.open({ reducedMotion: "reduce" });
    const flag = page.locator('[data-key^="floating_ip:"]', { hasText: "edge-v4" });
    await flag.waitFor();
    const before = await flag.boundingBox();
    const { floating_ips } = await lab.cloud.get("/floating_ips?name=edge-v4");
    const { servers } = await lab.cloud.get("/servers?name=lb-2");
    await lab.cloud.act(`/floating_ips/${floating_ips[0].id}/actions/assign`, { server: servers[0].id });
    await page.waitForFunction(
      ([key, x]) => {
        const node = document.querySelector(`[data-key="${key}"]`);
        return node !== null && Math.abs(node.getBoundingClientRect().x - Number(x)) > 50;
      },
      [`floating_ip:${floating_ips[0].id}`, before?.x ?? 0] as const,
    );
    assert.deepEqual(complaints, []);
  });

  it("breaks a server with the keyboard alone, shows it, and forgets it when the fault ends", async () => {
    const { page, complaints } = await lab.open();
    await card(page, "app-1").waitFor();
    const key = await page
      .locator('#canvas [data-key^="server:"]', { hasText: "app-1" })
      .getAttribute("data-key");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-key") ?? "");
    await tabUntil(page, async () => (await focused()).includes(":"), "the map", 15);
    await page.keyboard.press("Home");
    // Arrow keys go over the whole map; Home and then each direction finds every card.
    for (let presses = 0; (await focused()) !== key; presses++) {
      assert.ok(presses < 60, `arrow keys reach ${key}, they are at ${await focused()}`);
      await page.keyboard.press(presses % 8 === 7 ? "ArrowDown" : "ArrowRight");
      if (presses % 8 === 7) for (let left = 0; left < 8; left++) await page.keyboard.press("ArrowLeft");
    }
    await page.keyboard.press("Enter");
    const duration = page.locator("#details input[type=number]").first();
    await duration.waitFor();
    await tabUntil(page, () => duration.evaluate((node) => node === document.activeElement), "the duration");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("3");
    await tabUntil(page, async () => (await focused()) === "fault-freeze", "the button");
    await page.keyboard.press("Enter");
    const badge = page.locator(`[data-key="${key}"] .badge`);
    await badge.waitFor();
    const [fault] = lab.faults.list();
    assert.equal(fault?.fault.kind, "freeze");
    await badge.waitFor({ state: "detached", timeout: 8_000 });
    assert.deepEqual(lab.faults.list(), []);
    await page.keyboard.press("Escape");
    assert.equal(await focused(), key, "Escape leads back to the map");
    assert.deepEqual(complaints, []);
  });

  it("says beside the form what the server refuses", async () => {
    const { page } = await lab.open();
    await page.keyboard.press("b");
    await page.locator("#general-duration").fill("0");
    await page.locator('[data-key="fault-api"], #general-faults button').first().click();
    await page.locator("#general-faults .error", { hasText: /seconds/ }).waitFor();
    assert.deepEqual(lab.faults.list(), []);
  });

  it("shows markup in a name as text", async () => {
    const { page, complaints } = await lab.open();
    const name = '<img src=x onerror="document.title=1">';
    await lab.cloud.ok("POST", "/networks", { name, ip_range: "10.77.0.0/16" });
    await card(page, name).waitFor();
    assert.equal(await page.locator("#canvas img").count(), 0);
    assert.equal(await page.title(), "Local cloud");
    assert.deepEqual(complaints, []);
  });

  it("lists API calls as they come, filtered and paused", async () => {
    const { page } = await lab.open();
    const rows = page.locator("#log-rows tr");
    await lab.cloud.call("GET", "/servers/4711");
    await rows.filter({ hasText: "/v1/servers/4711" }).first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("4711");
    await page.waitForFunction(() =>
      [...document.querySelectorAll("#log-rows tr")].every((row) => row.textContent?.includes("4711")),
    );
    await page.keyboard.press("Tab");
    await page.keyboard.press("Escape");
    await page.locator("#log-pause").click();
    const count = await rows.count();
    await lab.cloud.call("GET", "/servers/4711");
    await page.getByText(/1 waiting/).waitFor();
    assert.equal(await rows.count(), count);
    await page.locator("#log-pause").click();
    await page.waitForFunction((least) => document.querySelectorAll("#log-rows tr").length > least, count);
  });

  it("says that the connection is lost, and goes on when the daemon is back", async () => {
    const { page } = await lab.open();
    await lab.stopControl();
    await page.locator("#connection", { hasNotText: "Live" }).waitFor();
    await lab.startControl();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 15_000 });
    await lab.cloud.ok("POST", "/networks", { name: "after", ip_range: "10.78.0.0/16" });
    await card(page, "after").waitFor();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has nothing that axe finds serious, ${colorScheme}`, async () => {
      const { page } = await lab.open({ colorScheme, reducedMotion: "reduce" });
      await card(page, "app-1").waitFor();
      await page.locator('#canvas [data-key^="server:"]').first().click();
      await page.locator("#details h2, #details h3").first().waitFor();
      await page.evaluate(await readFile(require.resolve("axe-core/axe.min.js"), "utf8"));
      const found = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: {
            run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
          };
        };
        return (await axe.run()).violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      });
      assert.deepEqual(found, []);
    });
  }

  for (const width of [600, 1024, 1440]) {
    it(`cuts no text of a card and needs no sideways scrolling, ${width} pixels wide`, async () => {
      const { page } = await lab.open({ width });
      await card(page, "app-1").waitFor();
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(sideways <= 0, `${sideways} pixels`);
      const outside = await page.evaluate(() =>
        [...document.querySelectorAll('#canvas [data-key^="server:"]')].flatMap((node) => {
          const frame = node.getBoundingClientRect();
          return [...node.querySelectorAll(".line, .heading, .strip")]
            .filter((line) => line.getBoundingClientRect().bottom > frame.bottom + 1)
            .map((line) => `${node.getAttribute("data-key")}: ${line.textContent}`);
        }),
      );
      assert.deepEqual(outside, []);
    });
  }
});
