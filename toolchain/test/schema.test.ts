import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { ensureTool } from "../build";
import { ensurePulumiHome } from "../pulumiHome";
import { pluginVersions } from "../recipes";

interface Schema {
  readonly resources: Record<string, { inputProperties?: object; properties?: object }>;
  readonly functions: Record<string, { inputs?: { properties?: object } }>;
  readonly provider: { inputProperties?: object };
}

/** What a file of an npm package sends to its plugin. */
interface Registration {
  readonly resource: string | undefined;
  readonly functions: readonly string[];
  readonly inputs: readonly string[];
}

const invoked = /\binvoke(?:Output)?\("([^"]+)"/g;
const assigned = /resourceInputs\["([^"]+)"\] = /g;

describe("schemas of the built plugins", function () {
  this.timeout(30 * 60_000);

  // docker: the programs of this project only ask registries; the upstream that can be built is older than the rest.
  for (const name of ["hcloud", "random", "command"] as const) {
    it(`${name} serves every resource, input and function of its npm package`, async () => {
      const schema = await schemaOf(name);
      const missing = registrations(name).flatMap((registration) => missingFrom(schema, registration));
      assert.deepEqual(missing, []);
    });
  }

  it("docker serves the lookup of a registry image", async () => {
    const schema = await schemaOf("docker");
    const lookUp = schema.functions["docker:index/getRegistryImage:getRegistryImage"];
    assert.deepEqual(Object.keys(lookUp?.inputs?.properties ?? {}).sort(), ["insecureSkipVerify", "name"]);
    const options = Object.keys(schema.provider.inputProperties ?? {});
    for (const option of ["host", "registryAuth", "disableDockerDaemonCheck"])
      assert.ok(options.includes(option));
  });

  it("the engine finds every plugin by the version of its npm package", async () => {
    const { bin, env } = await ensurePulumiHome();
    const listed = await execa(bin, ["plugin", "ls", "--json"], { env });
    const plugins = JSON.parse(listed.stdout) as { name: string; version: string }[];
    const versions = Object.fromEntries(plugins.map(({ name, version }) => [name, version]));
    assert.deepEqual(versions, pluginVersions);
  });

  it("command is pinned to the version whose connection is secret", () => {
    // npm's `latest` is a stray 4.5.0 that keeps private keys in the state in clear.
    assert.equal(pluginVersions.command, "1.2.1");
    assert.equal(
      JSON.parse(readFileSync(join(packageFolder("command"), "package.json"), "utf8")).version,
      "1.2.1",
    );
  });
});

async function schemaOf(name: keyof typeof pluginVersions): Promise<Schema> {
  const { bin, env } = await ensurePulumiHome((line) => console.error(line));
  const plugin = await ensureTool(`pulumi-resource-${name}`);
  const result = await execa(bin, ["package", "get-schema", plugin], { env });
  return JSON.parse(result.stdout) as Schema;
}

function packageFolder(name: string): string {
  return dirname(require.resolve(`@pulumi/${name}/package.json`));
}

function registrations(name: string): Registration[] {
  const folder = packageFolder(name);
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js") && !file.includes("node_modules"))
    .map((file) => registration(readFileSync(join(folder, file), "utf8")))
    .filter(({ resource, functions }) => resource !== undefined || functions.length > 0);
  assert.ok(found.length > 2, `@pulumi/${name} registers nothing: was its layout changed?`);
  return found;
}

function registration(source: string): Registration {
  const type = source.match(/__pulumiType = '([^']+)'/)?.[1];
  return {
    // A type without a colon is the provider itself.
    resource: type?.includes(":") ? type : undefined,
    functions: [...source.matchAll(invoked)].map(([, token = ""]) => token),
    inputs: [...source.matchAll(assigned)].map(([, input = ""]) => input),
  };
}

function missingFrom(schema: Schema, { resource, functions, inputs }: Registration): string[] {
  const missing: string[] = functions.filter((token) => schema.functions[token] === undefined);
  if (resource === undefined) return missing;
  const served = schema.resources[resource];
  if (served === undefined) return [...missing, resource];
  const properties = { ...served.inputProperties, ...served.properties };
  return [
    ...missing,
    ...inputs.filter((input) => !(input in properties)).map((input) => `${resource} ${input}`),
  ];
}
