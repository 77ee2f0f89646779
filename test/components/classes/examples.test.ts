import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { isSecretValue, type RecordedResource, recordProgram } from "../../support/mocks";
import { type ComponentClass, compilerErrors, componentClasses, packageEntry } from "./examples";

const root = join(__dirname, "..", "..", "..");
const docs = join(root, "docs", "components.md");

/** Ids are numbers at Hetzner; what machines answer to the first contact. */
const outputs = (type: string): Record<string, unknown> => {
  if (type.endsWith(":FloatingIp")) return { ipAddress: "203.0.113.10" };
  if (type.endsWith(":Server")) return { ipv4Address: "198.51.100.11" };
  if (type.endsWith(":RandomBytes")) return { base64: Buffer.alloc(32).toString("base64") };
  if (type.endsWith(":RandomPassword")) return { result: "p".repeat(40) };
  if (type.endsWith(":StorageBox")) return { server: "u1.your-storagebox.de", username: "u1" };
  return type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};
};

/** May only get shorter. */
const toCome: readonly string[] = [];

describe("every component of the package", function () {
  this.timeout("3m");
  const classes = componentClasses();
  const shown = classes.filter(({ name }) => !toCome.includes(name));
  let folder: string;
  const fileOf = ({ name }: ComponentClass) => join(folder, `${name}.ts`);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hetzner-platform-examples-"));
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await mkdir(join(folder, "run"));
    for (const one of shown) await writeFile(fileOf(one), one.examples[0] ?? "");
  });
  after(() => rm(folder, { recursive: true }));

  it("is one of those that this test knows of", () => {
    assert.deepEqual(
      classes.map(({ name }) => name),
      [
        "AppNodes",
        "ContainerMachines",
        "DatabaseNode",
        "LoadBalancerPair",
        "Machine",
        "MachineGroup",
        "Network",
        "Platform",
        "StorageNode",
        "WebNodes",
      ],
    );
  });

  it("has one example, which compiles", () => {
    const without = classes.filter(({ examples }) => examples.length !== 1).map(({ name }) => name);
    assert.deepEqual(without, toCome);
    assert.deepEqual(compilerErrors(shown.map(fileOf)), []);
  });

  for (const one of shown) {
    it(`${one.name}: its example makes what it says, under its own parent, with every setup a secret`, async () => {
      const made = await run(one);
      const token = `hetzner-platform:index:${one.name}`;
      const [component, second] = made.filter(({ type }) => type === token);
      assert.ok(component !== undefined && second === undefined, `one ${token}`);
      const children = made.filter(
        ({ parent }) => parent !== "" && !parent.endsWith("::hetzner-platform-test"),
      );
      assert.ok(children.length > 0, "it has children");
      const names = made.map(({ type, name }) => `${type} ${name}`);
      assert.equal(new Set(names).size, names.length, "every name once");
      for (const { name, inputs } of made.filter(({ name }) => name.endsWith("-setup"))) {
        assert.ok(isSecretValue(inputs.stdin), name);
      }
    });
  }

  it("stands in docs/components.md with its example: UPDATE_RECORDS=1 writes them", async () => {
    const text = await readFile(docs, "utf8");
    const [before = "", rest = ""] = text.split(/(?<=<!-- from the comments of the classes -->\n)/);
    const after = rest.slice(rest.indexOf("<!-- end -->"));
    const wanted = `${before}\n${classesText(shown)}\n${after}`;
    if (process.env.UPDATE_RECORDS === "1") await writeFile(docs, wanted);
    else assert.equal(text, wanted);
  });

  async function run(one: ComponentClass): Promise<RecordedResource[]> {
    const path = join(folder, "run", `${one.name}.ts`);
    const program = (one.examples[0] ?? "").replaceAll('"hetzner-platform"', JSON.stringify(packageEntry));
    await writeFile(path, program);
    await symlink(join(root, "node_modules"), join(folder, "run", "node_modules")).catch(() => undefined);
    pulumi.runtime.setAllConfig({
      "hcloud:token": "t".repeat(64),
      "hetzner-platform:deployKey": "key",
      "hetzner-platform:dumpPassword": "dump-1",
      "hetzner-platform:restorePassword": "restore-1",
    });
    return recordProgram(() => createRequire(path)(path), { outputs });
  }
});

/** The part of docs/components.md that is made of the classes' comments. */
function classesText(classes: readonly ComponentClass[]): string {
  return classes
    .map(
      ({ name, summary, examples }) =>
        `### ${name}\n\n${summary.replaceAll("\n", " ")}\n\n\`\`\`ts\n${examples[0] ?? ""}\`\`\`\n`,
    )
    .join("\n");
}
