import assert from "node:assert/strict";
import { cacheConf, cacheSetup } from "../../../../components/roles/database/cache";
import { CacheEngine } from "../../../../components/roles/database/settings";
import { listenEarlySetup } from "../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../components/setup/merge";
import { bootMachine, type TestMachine, whyNoMachine } from "./support/machine";

const passwords = { application: "CacheAppPw1", admin: "CacheAdminPw1" };
const configOf = (engine: CacheEngine, maxMemoryMb = 64) => ({ engine, privateIp: "10.0.3.11", maxMemoryMb });
const setupOf = (engine: CacheEngine, newPasswords = passwords, maxMemoryMb = 64) =>
  mergeSetups(listenEarlySetup, cacheSetup(configOf(engine, maxMemoryMb), newPasswords));

describe("cacheConf", () => {
  it("differs between the engines in paths only", () => {
    const [valkey, redis] = [CacheEngine.Valkey, CacheEngine.Redis].map((engine) =>
      cacheConf(configOf(engine), passwords),
    );
    assert.equal(valkey?.replaceAll("valkey", "redis"), redis);
  });

  it("holds no password in clear", () => {
    const text = cacheConf(configOf(CacheEngine.Valkey), passwords);
    for (const password of Object.values(passwords)) assert.ok(!text.includes(password));
  });
});

for (const engine of Object.values(CacheEngine)) {
  describe(`cacheSetup on Debian 13's ${engine}`, function () {
    this.timeout(300_000);
    let machine: TestMachine;

    before(async function () {
      if (whyNoMachine() !== undefined) this.skip();
      machine = await bootMachine("database1", ["10.0.3.11"]);
      await machine.apply(setupOf(engine));
    });
    after(() => machine?.stop());

    const ask = async (command: string, user = "app", password = passwords.application) => {
      const login = user === "" ? "" : `--user ${user}`;
      const { output } = await machine.run(
        `REDISCLI_AUTH='${password}' ${engine}-cli --no-auth-warning -h 10.0.3.11 ${login} ${command}`,
      );
      return output.trim();
    };

    it("S0-13: the application writes and reads", async () => {
      assert.equal(await ask("set session:1 alice EX 60"), "OK");
      assert.equal(await ask("get session:1"), "alice");
      assert.equal(await ask("rpush queue job-1"), "1");
      assert.equal(await ask("eval 'return redis.call(\"llen\", KEYS[1])' 1 queue"), "1");
    });

    const refused = [
      ["somebody without a password", "ping", "", "", /NOAUTH/],
      ["a wrong password", "ping", "app", "wrong", /WRONGPASS/],
      ["the default user", "ping", "default", "", /NOAUTH|WRONGPASS/],
      ["the application's flushall", "flushall", "app", passwords.application, /NOPERM/],
      ["the application's config", "config get requirepass", "app", passwords.application, /NOPERM/],
      ["the application's keys of all", "keys '*'", "app", passwords.application, /NOPERM/],
    ] as const;
    for (const [name, command, user, password, answer] of refused) {
      it(`refuses ${name}`, async () => assert.match(await ask(command, user, password), answer));
    }

    it("S2-37, S2-41: keeps what it was told over a SIGKILL", async () => {
      assert.equal(await ask("set kept yes"), "OK");
      await machine.succeed(`unit=${engine}-server.service
pid=$(systemctl show -p MainPID --value $unit)
until [ "$(REDISCLI_AUTH=${passwords.admin} ${engine}-cli --no-auth-warning -h 10.0.3.11 --user admin info persistence | tr -d '\\r' | sed -n 's/^aof_pending_bio_fsync://p')" = 0 ]; do sleep 0.1; done
kill -9 "$pid"
until REDISCLI_AUTH=${passwords.admin} ${engine}-cli --no-auth-warning -h 10.0.3.11 --user admin ping 2>/dev/null | grep -q PONG; do sleep 0.1; done
[ "$(systemctl show -p MainPID --value $unit)" != "$pid" ]`);
      assert.equal(await ask("get kept"), "yes");
    });

    it("gives up cold entries with a time to live and never a job when memory is full", async () => {
      await ask("rpush queue:precious job");
      const filled = await machine.succeed(
        `payload=$(head -c 60000 /dev/zero | tr '\\0' x)
for n in $(seq 1 1500); do echo "set cache:$n $payload EX 600"; done | REDISCLI_AUTH='${passwords.application}' ${engine}-cli --no-auth-warning -h 10.0.3.11 --user app | sort | uniq -c`,
      );
      assert.equal(filled.trim().replace(/ +/, " "), "1500 OK");
      const evicted = /evicted_keys:(\d+)/.exec(await ask("info stats"))?.[1];
      assert.ok(Number(evicted) > 0, `evicted ${evicted}`);
      assert.equal(await ask("lrange queue:precious 0 -1"), "job");
    });

    it("is not restarted by a second run and rotates passwords", async () => {
      const pid = () => machine.succeed(`systemctl show -p MainPID --value ${engine}-server.service`);
      const before = await pid();
      await machine.apply(setupOf(engine));
      assert.equal(await pid(), before);
      await machine.apply(setupOf(engine, { ...passwords, application: "CacheAppPw2" }));
      assert.equal(await ask("ping", "app", "CacheAppPw2"), "PONG");
      assert.match(await ask("ping"), /WRONGPASS/);
    });
  });
}

describe("changing the cache engine", function () {
  this.timeout(300_000);

  it("stops the old one and starts the new one on the same port", async function () {
    if (whyNoMachine() !== undefined) this.skip();
    const machine = await bootMachine("database1", ["10.0.3.11"]);
    try {
      await machine.apply(setupOf(CacheEngine.Valkey));
      await machine.apply(setupOf(CacheEngine.Redis));
      const states = await machine.run("systemctl is-active valkey-server.service redis-server.service");
      assert.equal(states.output.trim(), "inactive\nactive");
    } finally {
      await machine.stop();
    }
  });
});
