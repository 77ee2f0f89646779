// The real engine and the unmodified provider, one resource of each kind, and an API whose answers do not arrive.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import { TestCloud, TOKEN } from "../../localcloud/test/api/testCloud";
import { cloudClient } from "../../scripts/cloudClient";
import { endOrphanedPlugins } from "../../scripts/orphanedPlugins";
import { repair } from "../../scripts/repair";
import { openStack, selfSigned } from "../clients/pulumi/stack";
import type { Pem } from "../clients/pulumi/subject";
import { subjects } from "../clients/pulumi/subjects";
import { makeSupports } from "../clients/pulumi/supports";
import { type AnswerProxy, type SeenRequest, startAnswerProxy } from "../support/answerProxy";
import { eventually } from "../support/eventually";
import { engineOf, operationsOn } from "./support/engine";
import { assertTold, said, there } from "./support/toldByRepair";

const isChange = ({ method }: SeenRequest) => method !== "GET";

describe("repair, with the real engine and one resource of each kind", function () {
  this.timeout(5 * 60_000);
  let folder: string;
  let certificates: readonly [Pem, Pem];
  let cloud: TestCloud;
  let proxy: AnswerProxy;
  let stack: Stack;
  let lines: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "repair-"));
    certificates = [await selfSigned(folder, "one.example"), await selfSigned(folder, "two.example")];
  });

  after(async () => {
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** Everything, or only what the subjects stand on. */
  const program = (everything: boolean) => async () => {
    const supports = makeSupports(certificates);
    if (!everything) return;
    for (const subject of subjects) subject.make(supports, "first", { deleteBeforeReplace: true });
  };

  const begin = async (name: string) => {
    cloud = await TestCloud.start();
    const { port } = await cloud.api.listen({ host: "127.0.0.1", port: 0 });
    proxy = await startAnswerProxy(port);
    stack = await openStack(folder, name, proxy.port);
    stack.workspace.program = program(false);
    await stack.up();
    stack.workspace.program = program(true);
  };

  const end = async () => {
    await proxy?.stop();
    await cloud?.stop();
  };

  const repaired = async () => {
    lines = [];
    const api = cloudClient(`http://127.0.0.1:${proxy.port}/v1`, TOKEN);
    return repair(stack, { cloud: api, hetzner: api }, (line) => lines.push(line));
  };

  /** The next run, the one after it, and what the cloud has in the end. */
  const converges = async () => {
    const events: EngineEvent[] = [];
    await stack.up({ onEvent: (event) => events.push(event) });
    await stack.up({ expectNoChanges: true });
    await stack.refresh({ expectNoChanges: true });
    for (const { name } of subjects.filter(({ name }) => said[name] === there)) {
      // Of a box only its creation was done: its password cannot be read and is set once more, and so is its plan.
      const wanted = name === "storageBox" ? "update" : "same";
      assert.deepEqual(operationsOn(name, events), [wanted], `${name} stays where it is`);
    }
    const { images } = await cloud.get("/images?type=snapshot");
    assert.equal(images.length, 1, "one snapshot");
    const [box] = (await cloud.get("/storage_boxes?name=support")).storage_boxes;
    for (const part of ["snapshots", "subaccounts"]) {
      assert.equal((await cloud.get(`/storage_boxes/${box.id}/${part}`))[part].length, 1, part);
    }
    assert.deepEqual(cloud.problems, []);
  };

  describe("when the answer to each creation was lost", () => {
    const asked: string[] = [];

    before(async () => {
      await begin("lost");
      proxy.fate = (seen) => {
        if (!isChange(seen)) return "pass";
        asked.push(seen.path);
        return "lose";
      };
      await assert.rejects(stack.up({ continueOnError: true, parallel: 64 }), /EOF/);
      proxy.fate = () => "pass";
    });
    after(end);

    it("each had its effect, and the state knows only the one that can be repeated", async () => {
      assert.equal(asked.length, subjects.length);
      const { resources = [] } = (await stack.exportStack()).deployment as { resources?: { urn: string }[] };
      const known = resources.filter(({ urn }) => urn.includes("::subject-")).map(({ urn }) => urn);
      assert.deepEqual(
        known.map((urn) => urn.split("::").at(-1)),
        ["subject-rdns"],
      );
    });

    it("says of each what it found and did", async () => {
      // The reverse name is in the state, and read.
      assert.equal(await repaired(), Object.keys(said).length + 1);
      assertTold(lines);
    });

    it("the next up succeeds, doubles nothing, and the one after it changes nothing", converges);

    it("finds nothing to do after that", async () => {
      assert.equal(await repaired(), 0);
      assert.deepEqual(lines, []);
    });
  });

  describe("when the end of each action was not seen", () => {
    before(async () => {
      await begin("unseen");
      proxy.fate = ({ method, path }) => (method === "GET" && /\/actions\b/.test(path) ? "lose" : "pass");
      await assert.rejects(stack.up({ continueOnError: true, parallel: 64 }), /EOF/);
      proxy.fate = () => "pass";
    });
    after(end);

    it("reads what was made, and another up succeeds, and the one after it changes nothing", async () => {
      await repaired();
      for (const kind of ["networkSubnet", "networkRoute", "volumeAttachment", "volume", "server"]) {
        assert.ok(
          lines.some(
            (line) => line.includes(`/${kind}:`) && line.endsWith(": was made, reading what is there"),
          ),
          `${kind}: ${lines.join("\n")}`,
        );
      }
      await converges();
    });
  });

  describe("when the engine was killed while each creation was under way", () => {
    before(async () => {
      await begin("killed");
      let held = 0;
      proxy.fate = (seen) => {
        if (!isChange(seen)) return "pass";
        held++;
        return "hold";
      };
      const run = stack.up({ parallel: 64 }).catch(() => "ended");
      await eventually(async () => held === subjects.length, "every creation is under way");
      process.kill(await engineOf("killed"), "SIGKILL");
      assert.equal(await run, "ended");
      proxy.fate = () => "pass";
      await endOrphanedPlugins(stack.workspace.envVars.PULUMI_HOME ?? "");
      await stack.cancel();
    });

    it("says of each what it found and did", async () => {
      await repaired();
      assertTold(lines);
    });

    it("the next up succeeds, doubles nothing, and the one after it changes nothing", converges);
  });

  describe("when the answer to each deletion of a relation was lost", () => {
    const relations = [
      "Attachment",
      "Assignment",
      "Network",
      "Service",
      "Target",
      "Route",
      "Subnet",
      "Record",
    ];
    const isRelation = ({ urn, type }: { urn: string; type: string }) =>
      urn.includes("::subject-") && relations.some((end) => type.endsWith(end)) && !type.endsWith(":Network");

    after(end);

    it("says which ones are gone, and everything else can be destroyed", async () => {
      const { resources = [] } = (await stack.exportStack()).deployment as {
        resources?: { urn: string; type: string }[];
      };
      const target = resources.filter(isRelation).map(({ urn }) => urn);
      assert.equal(target.length, 10);
      proxy.fate = (seen) => (isChange(seen) ? "lose" : "pass");
      await assert.rejects(stack.destroy({ target, continueOnError: true, parallel: 64 }), /EOF/);
      proxy.fate = () => "pass";
      assert.equal(await repaired(), target.length);
      for (const line of lines) assert.match(line, /: is gone, and not in the state any more$/);
      await stack.destroy();
      for (const kind of ["servers", "volumes", "networks", "firewalls", "load_balancers", "zones"]) {
        assert.equal((await cloud.get(`/${kind}`)).meta.pagination.total_entries, 0, kind);
      }
    });
  });
});
