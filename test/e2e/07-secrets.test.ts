import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { must, servers, settings } from "./support/cloud";
import { platformIsUp } from "./support/platform";

/** Passwords that really are in use, read from where they may be. */
async function passwords(): Promise<string[]> {
  const environment = await must("local-app1", "cat /etc/platform/web-1.secret.env");
  const found = [
    ...environment.matchAll(/:([A-Za-z0-9]{20,})@|(?:SECRET_ACCESS_KEY|SESSION_KEY)=(\S+)/g),
  ].map((match) => match[1] ?? match[2] ?? "");
  assert.ok(found.length >= 5, `found ${found.length} passwords`);
  const { auths } = JSON.parse(await must("local-app1", "cat /root/.docker/config.json")) as {
    auths: Readonly<Record<string, { readonly auth: string }>>;
  };
  const logins = Object.values(auths).map(({ auth }) => auth);
  assert.equal(logins.length, 1);
  const registry = logins.map((auth) => Buffer.from(auth, "base64").toString().split(":")[1] ?? "");
  return [...found, ...logins, ...registry];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe("secrets", function () {
  this.timeout("5m");
  before("the platform is up", platformIsUp);

  it("S3-111: are nowhere in the state, the API's log or its database in clear", async () => {
    const secrets = await passwords();
    const folders = [join(settings.stateDir, "pulumi"), settings.paths.store];
    const files = [
      ...(await Promise.all(folders.map(filesBelow))).flat(),
      settings.paths.apiLog,
      settings.paths.daemonLog,
    ];
    for (const file of files) {
      const content = await readFile(file);
      for (const secret of secrets) assert.ok(!content.includes(secret), `a password stands in ${file}`);
    }
  });

  it("reach the containers of the service that names them, and no others", async () => {
    const variables = async (container: string) =>
      (await must("local-app1", `docker inspect -f '{{range .Config.Env}}{{println .}}{{end}}' ${container}`))
        .split("\n")
        .map((line) => line.split("=")[0]);
    assert.ok((await variables("web-1")).includes("SESSION_KEY"));
    for (const other of ["api-1", "worker-1"]) {
      const names = await variables(other);
      assert.ok(names.includes("DATABASE_URL"), other);
      assert.ok(!names.includes("SESSION_KEY"), other);
    }
  });

  it("S3-111: are in no process list, no journal, no user data and no file that anybody can read of any machine", async () => {
    // On standard input, or the search itself would put them into the process list.
    const patterns = `${(await passwords()).join("\n")}\n`;
    for (const { name } of await servers()) {
      const places = {
        "process list": "cat /proc/[0-9]*/cmdline",
        journal: "journalctl -q -o cat",
        "setup log": "cat /var/log/platform-setup.log",
        "user data": "curl -s http://169.254.169.254/hetzner/v1/userdata",
        "files that anybody can read":
          "runuser -u nobody -- find /etc /run /var/lib /tmp /srv -xdev -type f -size -1024k -exec cat {} +",
      };
      for (const [place, command] of Object.entries(places)) {
        const search = `patterns=$(cat); { ${command}; } 2>/dev/null | grep -a -c -F -f <(printf '%s\n' "$patterns") || true`;
        assert.equal(await must(name, search, 120, patterns), "0", `${place} of ${name}`);
      }
    }
  });
});
