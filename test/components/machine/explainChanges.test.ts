import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation";
import { explainChanges, explanation } from "../../../components/machine/explainChanges";
import { renderSetup } from "../../../components/setup/render";
import { stackIn } from "../../support/programStack";

const script = (content: string) =>
  renderSetup("app1", {
    files: [{ path: "/etc/key", content: `planted-${content}\n`, mode: "0600" }],
    units: [{ name: "keys.service", reads: ["/etc/key"] }],
  });

describe("a preview at the real engine", function () {
  this.timeout("2m");
  let folder: string;
  let stack: Stack;
  /** One set-up that is known before `up`, one that hangs on what another resource answers. */
  const program = (content: string) => async () => {
    const input = pulumi.secret(script(content));
    const first = new local.Command(
      "first",
      { create: "cat >/dev/null", stdin: input },
      { hooks: explainChanges("app1") },
    );
    const answered = new local.Command("answered", { create: `echo ${content}` });
    const stdin = pulumi.secret(pulumi.interpolate`${answered.stdout}${script(content)}`);
    new local.Command(
      "second",
      { create: "cat >/dev/null", stdin },
      { hooks: explainChanges("app2"), dependsOn: first },
    );
  };
  const preview = async (content: string) => {
    const { stdout } = await stack.preview({ program: program(content), color: "never" });
    return stdout;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hetzner-platform-explained-"));
    stack = await stackIn(folder);
    await stack.up({ program: program("one") });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("says what a changed set-up does to its machine, or that nobody knows yet, and never what is in a file", async () => {
    const said = await preview("two");
    for (const line of explanation("app1", script("one"), script("two")).split("\n"))
      assert.ok(said.includes(line), said);
    assert.match(said, /writes: \/etc\/key\n\s+restarts: keys\.service/);
    assert.ok(said.includes(explanation("app2", script("one"), undefined)), said);
    assert.doesNotMatch(said, /planted/);
  });

  it("says nothing of a set-up that stays as it is", async () => {
    assert.doesNotMatch(await preview("one"), /app[12]/);
  });
});
