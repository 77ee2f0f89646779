import assert from "node:assert/strict";
import type { WebContent } from "../../../../components/roles/web/settings";
import { webSetup } from "../../../../components/roles/web/setup";
import { renderSetup } from "../../../../components/setup/render";
import type { MachineSetup } from "../../../../components/setup/types";
import { shellcheck } from "../../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../database/support/machine";
import { webOptions } from "./support/options";

const address = webOptions.machine.privateIp;
const protectedPaths = { office: { pathPrefix: "/office", users: { admin: "password" }, ranges: [] } };
const content = { ...webOptions.content, sites: { docs: { pathPrefix: "/", spa: false } }, protectedPaths };
const secrets = { password: "planted-password" };

/** Sites alone, as nothing answers behind this machine. @param more of what the web servers do */
function setupOf(more: Partial<WebContent> = {}): MachineSetup {
  const options = { ...webOptions, services: [], nodes: [], content: { ...content, ...more } };
  return { ...webSetup(options, secrets), packages: [] };
}

describe("a web server on its machine", function () {
  this.timeout(300_000);
  let booted: TestMachine;
  const status = (path: string, more = "") =>
    booted.succeed(`curl -s -o /dev/null -w '%{http_code}' ${more} http://${address}${path}`);
  const untilStatus = (path: string, expected: string) =>
    booted.succeed(
      `for _ in {1..200}; do [ "$(curl -s -o /dev/null -w '%{http_code}' http://${address}${path})" != ${expected} ] || exit 0; sleep 0.05; done; exit 1`,
    );
  const processes = () => booted.succeed("cat /run/nginx.pid");

  it("is a script that shellcheck has nothing against", () =>
    shellcheck(renderSetup("prod-web1", setupOf())));

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    booted = await bootMachine("web1", [address]);
    await booted.apply(setupOf());
  });
  after(() => booted?.stop());

  it("takes requests, and is not ready before its site has a release", async () => {
    assert.equal(await status("/.platform/ping"), "200");
    assert.equal(await status("/.platform/ready"), "503");
    const { exitCode, output } = await booted.run("platform-status --json");
    assert.equal(exitCode, 1, output);
    assert.match(output, /sites: docs has no release: see platform-release/);
    await booted.succeed(
      "mkdir -p /tmp/site/office && echo hello >/tmp/site/index.html && echo secret >/tmp/site/office/index.html && tar -cz -C /tmp/site . | platform-release put docs v1",
    );
    assert.equal(await status("/.platform/ready"), "200");
    assert.match(
      await booted.succeed("platform-status"),
      /^nginx +up\nspared +up, .*\npage cache +up, 0 answers.*\nsites +up, docs v1/m,
    );
  });

  it("guards a path, and keeps the hash of the password where only root and nginx read it", async () => {
    assert.equal(await status("/"), "200");
    assert.equal(await status("/office/"), "401");
    assert.equal(await status("/office/", "-u admin:other"), "401");
    assert.equal(await status("/office/", "-u admin:planted-password"), "200");
    const file = "/etc/platform/secrets/web-office.htpasswd";
    assert.equal((await booted.succeed(`stat -c '%a %U %G' ${file}`)).trim(), "640 root www-data");
    assert.equal((await booted.run(`grep -r planted-password /etc /var/lib /run`)).exitCode, 1);
  });

  it("a second set-up changes nothing, another one reloads, and a wrong one leaves what ran", async () => {
    const before = await processes();
    const workers = () => booted.succeed("pgrep -P $(cat /run/nginx.pid) | sort | tr '\\n' ' '");
    const old = await workers();
    await booted.apply(setupOf());
    assert.deepEqual([await processes(), await workers()], [before, old]);
    await booted.apply(setupOf({ maxBodyMb: 1 }));
    assert.equal(await processes(), before);
    assert.notEqual(await workers(), old);
    const wrong = setupOf({ sites: { "docs;": { pathPrefix: "/", spa: true } } });
    await assert.rejects(booted.apply(wrong));
    assert.equal(await status("/"), "200");
  });

  it("is there again when it was killed, and logs under the name of its site", async () => {
    await booted.succeed("kill -9 $(cat /run/nginx.pid) $(pgrep -P $(cat /run/nginx.pid))");
    await untilStatus("/", "200");
    await booted.succeed(`curl -s -o /dev/null http://${address}/%00slow || true`);
    await booted.apply(setupOf({ accessLog: { requests: "all", slowerThanMs: 1000 } }));
    await booted.succeed(
      `for _ in {1..100}; do
  curl -s -o /dev/null "http://${address}/index.html?logged"
  if journalctl -t nginx_docs --no-pager | grep -q 'GET /index.html?logged'; then exit 0; fi
  sleep 0.1
done
exit 1`,
    );
  });

  it("S2-30: says which share of requests it spares the application", async () => {
    await booted.succeed(`for _ in {1..20}; do curl -fsS -o /dev/null http://${address}/; done`);
    const line = /^spared +up, (\d+) of (\d+) requests, ([\d.]+) % of the last hour; \d+ of \d+ requests/m;
    const shown = await booted.succeed(
      `for _ in {1..100}; do platform-status | grep -E 'spared +up, ([2-9][0-9]|[0-9]{3,}) of [0-9]+ requests' && exit; sleep 0.2; done; platform-status; exit 1`,
    );
    const [, spared, requests, share] = (line.exec(shown) ?? assert.fail(shown)).map(Number);
    assert.ok(Number(spared) >= 20 && Number(spared) <= Number(requests), shown);
    assert.equal(share, Math.round((Number(spared) * 1000) / Number(requests)) / 10);
    assert.equal((await booted.succeed("stat -c '%a %U' /run/platform-served.sock")).trim(), "600 www-data");
  });

  it("denies its health before it stops, serves on meanwhile, and ends what it has begun", async () => {
    await booted.succeed("head -c 3000000 /dev/urandom >/srv/www/docs/current/large.bin");
    const slow = booted.run(`curl -s --limit-rate 600k http://${address}/large.bin | wc -c`);
    await booted.run("sleep 0.5; systemctl stop --no-block nginx.service");
    await untilStatus("/.platform/ping", "503");
    assert.equal(await status("/"), "200");
    assert.equal((await slow).output.trim(), "3000000");
    await booted.succeed(
      'while [ "$(systemctl is-active nginx.service)" = deactivating ]; do sleep 0.1; done',
    );
    await booted.succeed("systemctl start nginx.service");
    assert.equal(await status("/.platform/ping"), "200");
  });

  it("forgets what it keeps without losing a request", async () => {
    await booted.succeed(
      `(while [ ! -e /tmp/stop ]; do curl -s -o /dev/null -w '%{http_code}\\n' http://${address}/; done >/tmp/answers) </dev/null >/dev/null 2>&1 &`,
    );
    for (const generation of ["one", "two"]) {
      assert.match(await booted.succeed(`platform-purge --release ${generation}`), /everything is forgotten/);
    }
    assert.match(await booted.succeed("platform-purge --release two"), /was done for two/);
    const answers = await booted.succeed(
      "touch /tmp/stop; sleep 0.3; sort /tmp/answers | uniq -c | awk '{ print $2 }'",
    );
    assert.equal(answers.trim(), "200");
  });
});
