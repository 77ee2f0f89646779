import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../scripts/localStack";
import { settings } from "./support/cloud";
import { platformIsUp } from "./support/platform";

describe("npm run deploy, as a job of a CI service runs it", function () {
  this.timeout("10m");
  const told: string[] = [];
  let webhook: Server;
  let folder: string;
  const deploy = (...options: readonly string[]) =>
    execa(process.execPath, ["--import", "tsx", "scripts/deploy.ts", "local", "--direct", ...options], {
      cwd: projectRoot,
      reject: false,
      env: {
        ...{ GITHUB_ACTIONS: "true", GITHUB_ACTOR: "ada", GITHUB_SHA: "0".repeat(40), GITHUB_RUN_ID: "7" },
        ...{ GITHUB_SERVER_URL: "https://github.example", GITHUB_REPOSITORY: "shop/infra" },
        GITHUB_STEP_SUMMARY: join(folder, "summary"),
        DEPLOY_WEBHOOK: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`,
        // Visitors believe the local cloud's ACME server.
        NODE_EXTRA_CA_CERTS: settings.paths.acmeRoots,
      },
    });

  before("the platform is up", async () => {
    await platformIsUp();
    folder = await mkdtemp(join(tmpdir(), "deploy-"));
    webhook = createServer(async (request, response) => {
      told.push(JSON.parse((await request.toArray()).join("")).text);
      response.end();
    });
    await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    webhook?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => told.splice(0));

  it("finds nothing to change, asks the site over HTTPS, and tells the chat and the job's summary", async () => {
    const { exitCode, stdout, stderr } = await deploy("--path", "/whoami");
    assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
    const by = "000000000000 by ada, https://github.example/shop/infra/actions/runs/7";
    const [text = ""] = told;
    assert.match(text, /^local: nothing to change, and the site answers \(\d+ s, /);
    assert.ok(text.includes(by) && stdout.endsWith(text), stdout);
    assert.equal(await readFile(join(folder, "summary"), "utf8"), `${text}\n`);
  });

  it("is red when visitors do not get what they ask for, although nothing failed", async () => {
    const { exitCode } = await deploy("--path", "/api/no-such-page", "--site-within", "0");
    assert.equal(exitCode, 3);
    assert.match(told[0] ?? "", /but the site does not answer as it should[\s\S]*no-such-page: answer 404$/);
  });
});
