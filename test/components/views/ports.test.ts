import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { planPlatform } from "../../../components/presets";
import { readStackFile } from "../../../components/stack/stackFile";
import { portsPage } from "../../../components/views/ports";
import { projectRoot } from "../../../scripts/localStack";

const page = join(projectRoot, "docs", "ports.md");

describe("docs/ports.md", () => {
  it("is the table of flows of prod as it is planned today", async () => {
    const { settings } = readStackFile("prod", projectRoot);
    const text = portsPage(planPlatform(settings));
    if (process.env.UPDATE_RECORDS === "1") await writeFile(page, text);
    assert.equal(await readFile(page, "utf8"), text);
  });

  it("has a row for each flow and each part of the plan", async () => {
    const { settings } = readStackFile("prod", projectRoot);
    const { flows, roles } = planPlatform(settings);
    const rows = portsPage({ ...planPlatform(settings) })
      .split("\n")
      .filter((line) => line.startsWith("| ") && !/^\| (from|role) \|/.test(line));
    assert.equal(rows.length, flows.length + roles.flatMap(({ parts }) => parts).length);
  });
});
