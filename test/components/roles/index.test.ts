/**
 * A role is its folder and its place in `components/roles/index.ts`: one is added to a copy of the components, where
 * nothing else is changed.
 */
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type * as components from "../../../components/index";
import type { SettledSettings } from "../../../components/settings/settled";
import type * as settledSettings from "../../../components/stack/settledSettings";
import type * as tree from "../../../components/views/tree";
import { isSecretValue, type RecordedResource, recordProgram, resourceNamed } from "../../support/mocks";

const root = join(__dirname, "../../..");
const load = createRequire(__filename);

/** A copy of the components in which the role is listed. */
async function componentsWithMail(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hetzner-platform-role-"));
  const list = join(folder, "components/roles/index.ts");
  const definition = join(folder, "components/roles/postbox/definition.ts");
  for (const path of ["components", "package.json", "tsconfig.json", "Pulumi.yaml"])
    await cp(join(root, path), join(folder, path), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await mkdir(join(folder, "components/roles/postbox"));
  const own = await readFile(join(__dirname, "support/mail.ts"), "utf8");
  await writeFile(definition, own.replaceAll("../../../../components/", "../../"));
  const listed = (await readFile(list, "utf8")).replace("\n] as const", "\n  postboxDefinition,\n] as const");
  await writeFile(list, `import { postboxDefinition } from "./postbox/definition";\n${listed}`);
  return folder;
}

const web = { image: `example/shop@sha256:${"a".repeat(64)}`, port: 3000, pathPrefix: "/" };
const values = { domain: "www.example.com", adminRanges: ["8.8.8.8/32"], app: { services: { web } } };
const postbox = { smarthost: "smtp.example.org" };

describe("a role that is added by its folder and its place in the list of roles", function () {
  this.timeout("3m");
  let folder: string;
  let copy: typeof components;
  const module = <Module>(path: string) => load(join(folder, "components", path)) as Module;

  before(async () => {
    folder = await componentsWithMail();
    copy = module("index.ts");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const read = (more: Readonly<Record<string, unknown>>) =>
    copy.parseSettings({ ...values, ...more }, "prod");

  it("fits the types of all components as they are", async () => {
    const config = {
      extends: "./tsconfig.json",
      compilerOptions: { types: ["node"], declaration: true },
      include: ["components"],
    };
    await writeFile(join(folder, "tsconfig.copy.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/.bin/tsc");
    const { stdout } = await execa(tsc, ["--project", "tsconfig.copy.json"], { cwd: folder, reject: false });
    assert.equal(stdout, "");
  });

  it("is planned from its section, with a subnet, an address, a flow and a place in the order, and described", () => {
    const settings = read({ postbox });
    const plan = copy.planPlatform(settings);
    assert.deepEqual(copy.machinesOf(plan, "postbox")[0], {
      name: "postbox1",
      hostname: "prod-postbox1",
      role: "postbox",
      privateIp: "10.0.5.11",
      isPublic: false,
      size: { vcpus: 2, memoryGb: 4, serverType: undefined },
    });
    const flows = copy.flowsTo(plan.flows, "postbox").map(({ from, port }) => `${from} ${port}`);
    assert.deepEqual(flows, ["edge 22", "app 25", "any null"]);
    assert.ok(plan.order.includes("postbox"));
    const text = module<typeof tree>("views/tree.ts").describeTree(settings, plan);
    const [, described = ""] = text.split("\nMail Relay\n");
    assert.match(described, /^- Mail Relay \(prod-postbox1\)\n/);
    assert.match(described, /^ {2}- Postfix, on to smtp\.example\.org$/m);
  });

  it("is not there without its section, and leaves every other machine as it is", () => {
    const [without, present] = [copy.planPlatform(read({})), copy.planPlatform(read({ postbox }))];
    assert.ok(!without.roles.some(({ name }) => name === "postbox"));
    assert.ok(!("postbox" in without.network.subnets));
    assert.deepEqual(
      present.machines.filter(({ role }) => role !== "postbox"),
      without.machines,
    );
  });

  it("has its mistakes among all others, and the subnet that the stack file names", () => {
    const wrong = {
      postbox: { smarthost: "smtp", memoryGb: 4000 },
      network: { subnets: { postbox: "10.1.0.0/24" } },
    };
    assert.throws(
      () => read(wrong),
      (error: InstanceType<typeof components.SettingsError>) => {
        assert.deepEqual(error.problems.map(({ path }) => path).sort(), [
          "network.subnets.postbox",
          "postbox",
          "postbox.smarthost",
        ]);
        return true;
      },
    );
    const own = copy.planPlatform(read({ postbox, network: { subnets: { postbox: "10.0.9.0/24" } } }));
    assert.equal(own.network.subnets.postbox, "10.0.9.0/24");
  });

  it("has what its data depends on remembered by the stack, from the day that it is there", () => {
    const settled = module<typeof settledSettings>("stack/settledSettings.ts");
    const remembered = (now: ReturnType<typeof read>) => settled.settledSettings(now, copy.planPlatform(now));
    const refused = (held: SettledSettings, now: ReturnType<typeof read>) =>
      settled.refusedChanges(held, now, copy.planPlatform(now)).map(({ path }) => path);
    const before = remembered(read({ postbox }));
    assert.equal(before["postbox.smarthost"], "smtp.example.org");
    assert.deepEqual(refused(before, read({ postbox: { smarthost: "other.example.org" } })), [
      "postbox.smarthost",
    ]);
    assert.deepEqual(refused(remembered(read({})), read({ postbox })), []);
    assert.deepEqual(refused(before, read({})), []);
  });

  it("gets its machines in a platform, with image, secret and bastion, and among the outputs", async () => {
    let ids: Readonly<Record<string, number>> = {};
    const resources: RecordedResource[] = await recordProgram(
      () => {
        const postfix = `example/postfix@sha256:${"b".repeat(64)}`;
        const settings = read({ postbox, images: { postfix } });
        const args = {
          settings,
          apiToken: "t".repeat(64),
          roleSecrets: { smarthostPassword: "planted-smarthost" },
        };
        new copy.Platform("platform", args).serverIds.apply((all) => {
          ids = all;
        });
      },
      {
        outputs: (type) =>
          type.endsWith(":Command")
            ? { stdout: "ssh-ed25519 AAAA host\n" }
            : { base64: Buffer.alloc(32, 7).toString("base64") },
        call: () => ({ sha256Digest: `sha256:${"c".repeat(64)}` }),
      },
    );
    const server = resourceNamed(resources, "hcloud:index/server:Server", "postbox-postbox1-server");
    assert.equal(server.name, "platform-postbox-postbox1-server");
    const { stdin } = resourceNamed(resources, "command:remote:Command", "postbox-postbox1-setup").inputs;
    assert.ok(isSecretValue(stdin));
    const script = (stdin as { readonly value: string }).value;
    for (const text of [`example/postfix@sha256:${"b".repeat(64)}`, "planted-smarthost", "smtp.example.org"])
      assert.ok(script.includes(text), text);
    assert.equal(typeof ids["prod-postbox1"], "number");
  });
});
