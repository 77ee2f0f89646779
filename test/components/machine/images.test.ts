import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import {
  imageResolver,
  mirroredName,
  pinnedReference,
  repositoryOf,
} from "../../../components/machine/images";
import { dockerSetup, type RegistryCredential } from "../../../components/setup/docker";
import { ensurePulumiHome } from "../../../toolchain/pulumiHome";
import { recordProgram } from "../../support/mocks";
import { type PrivateRegistry, startPrivateRegistry } from "../support/privateRegistry";

describe("repositoryOf", () => {
  for (const [reference, repository] of [
    ["traefik:v3.5", "traefik"],
    ["registry.example:5000/team/app:1.0", "registry.example:5000/team/app"],
    ["registry.example:5000/team/app", "registry.example:5000/team/app"],
  ] as const) {
    it(`of ${reference} is ${repository}`, () => assert.equal(repositoryOf(reference), repository));
  }
});

describe("mirroredName", () => {
  const mirror = "https://mirror.example:5000/";
  for (const [reference, name] of [
    ["traefik:v3.5", "mirror.example:5000/library/traefik:v3.5"],
    ["versity/versitygw:v1.8.0", "mirror.example:5000/versity/versitygw:v1.8.0"],
    ["ghcr.io/team/app:1", "ghcr.io/team/app:1"],
    ["localhost/team/app:1", "localhost/team/app:1"],
  ] as const) {
    it(`of ${reference} is ${name}`, () => assert.equal(mirroredName(mirror, reference), name));
  }

  it("is the reference itself without a mirror", () =>
    assert.equal(mirroredName(undefined, "traefik:v3.5"), "traefik:v3.5"));
});

describe("pinnedReference", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  for (const [reference, pinned] of [
    ["traefik:v3.5", undefined],
    [`traefik@${digest}`, `traefik@${digest}`],
    // The same bytes under the name that a resolved tag has: writing the digest down restarts nothing.
    [`registry.example:5000/team/app:1.0@${digest}`, `registry.example:5000/team/app@${digest}`],
  ] as const) {
    it(`of ${reference} is ${pinned}`, () => assert.equal(pinnedReference(reference), pinned));
  }

  it("needs no registry to answer", async () => {
    let asked = 0;
    const call = () => {
      asked++;
      return { sha256Digest: digest };
    };
    const program = () => {
      const parent = new pulumi.ComponentResource("test:index:Test", "test");
      const resolve = imageResolver("test", { mirror: undefined, logins: [] }, parent);
      resolve(`traefik:v3.5@${digest}`);
      resolve(`example/shop@${digest}`);
    };
    await recordProgram(program, { call });
    assert.equal(asked, 0);
  });
});

describe("registries that ask for a login", function () {
  this.timeout("5m");
  let registry: PrivateRegistry;
  let folder: string;
  let stacks = 0;

  before(async () => {
    registry = await startPrivateRegistry();
    folder = await mkdtemp(join(tmpdir(), "images-test-"));
  });
  after(async () => {
    await registry?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  /** What the engine and the real provider answer for an image. */
  async function lookUp(image: string, logins: readonly RegistryCredential[]): Promise<string> {
    const { env, bin } = await ensurePulumiHome();
    const program = async () => {
      const parent = new pulumi.ComponentResource("test:index:Test", "test");
      return { image: imageResolver("test", { mirror: undefined, logins }, parent)(image) };
    };
    const workspace = {
      pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(bin)), skipVersionCheck: true }),
      envVars: {
        ...env,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        SSL_CERT_FILE: registry.certificateFile,
      },
    };
    const stackName = `stack${++stacks}`;
    const stack = await LocalWorkspace.createStack({ stackName, projectName: "test", program }, workspace);
    const printed: string[] = [];
    const result = await stack.up({ onOutput: (line) => printed.push(line) }).catch(() => undefined);
    const answer = result?.outputs.image?.value ?? printed.join("");
    const state = await readFile(join(folder, ".pulumi", "stacks", "test", `${stackName}.json`), "utf8");
    for (const { password } of logins) assert.ok(!state.includes(password), "the password is in the state");
    return String(answer);
  }

  it("answer for the login of the configuration, which is nowhere in the state in clear", async () => {
    const { host, username, password, image, digest } = registry;
    const answer = await lookUp(image, [{ host, username, password }]);
    assert.equal(answer, `${repositoryOf(image)}@${digest}`);
  });

  it("fail without one, with the image, the reason and what to do", async () => {
    const answer = await lookUp(registry.image, []);
    assert.ok(
      answer.includes(`image ${registry.image}: the registry did not say which digest this tag is`),
      answer,
    );
    assert.match(answer, /401|Bad credentials/);
    assert.match(answer, /images\.registries/);
    assert.match(answer, /pulumi stack output images/);
    // A message, and no trace of this program.
    assert.doesNotMatch(answer, /components\/images\.ts|at process/);
  });

  it("that are down are told by name", async () => {
    const answer = await lookUp("localhost:9/team/app:1.0", []);
    assert.match(answer, /image localhost:9\/team\/app:1\.0: the registry did not say/);
    assert.match(answer, /connection refused/);
  });

  it("take the login that lies on the machines", async () => {
    const { host, username, password } = registry;
    const docker = (logins: readonly RegistryCredential[]) =>
      dockerSetup({ registryMirror: undefined, logins }).files.find(({ path }) =>
        path.endsWith("config.json"),
      );
    const file = docker([{ host, username, password }]);
    assert.deepEqual([file?.path, file?.mode], ["/root/.docker/config.json", "0600"]);
    const { auths } = JSON.parse(file?.content ?? "") as { auths: Record<string, { auth: string }> };
    assert.equal(await registry.statusFor(auths[host]?.auth ?? ""), 200);
    assert.equal(await registry.statusFor(Buffer.from("shop:wrong").toString("base64")), 401);
    assert.equal(docker([]), undefined);
    const hub = docker([{ host: "docker.io", username, password }]);
    assert.match(hub?.content ?? "", /"https:\/\/index\.docker\.io\/v1\/"/);
  });
});
