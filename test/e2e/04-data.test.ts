import assert from "node:assert/strict";
import { memoryPlan } from "../../components/roles/database/memoryPlan";
import { tunePostgres } from "../../components/roles/database/postgresTuning";
import { listeningPorts, must, onMachine } from "./support/cloud";
import { platformIsUp } from "./support/platform";

/** What the stack file orders. */
const [memoryGb, vcpus] = [32, 8];

/** Reads one value of a running replica's secret environment, inside the machine. */
const secret = (key: string) => `$(sed -n 's/^${key}=//p' /etc/platform/web-1.secret.env)`;

describe("database node", function () {
  this.timeout("5m");
  before("the platform is up", platformIsUp);

  it("S0-11: nothing but the data services runs on the database node", async () => {
    const containers = await must("local-database1", "docker ps --format '{{.Names}}'");
    assert.equal(containers, "elasticsearch");
    // SSH, PostgreSQL, cache and search.
    assert.deepEqual(await listeningPorts("local-database1"), [22, 5432, 6379, 9200]);
  });

  it("S0-12, S4-11: the platform's DSN writes and reads a row on a primary", async () => {
    await must(
      "local-app1",
      "command -v psql >/dev/null || apt-get install -y -qq postgresql-client >/dev/null",
      180,
    );
    const sql =
      "create temporary table t (v int); insert into t values (41); select v + 1, pg_is_in_recovery() from t;";
    const answer = await must("local-app1", `psql -XqAt "${secret("DATABASE_URL")}" -c '${sql}'`);
    assert.equal(answer, "42|f");
  });

  it("S0-12: PostgreSQL is tuned from the size of the machine", async () => {
    const shown = await must(
      "local-database1",
      "runuser -u postgres -- psql -XAtc 'show shared_buffers; show data_checksums; show password_encryption;' | tr '\\n' ' '",
    );
    const tuned = tunePostgres(memoryPlan(memoryGb).postgresqlMb, vcpus);
    const sizes = ["shared_buffers", "effective_cache_size", "maintenance_work_mem", "work_mem"];
    for (const name of sizes) {
      const same = `select pg_size_bytes(current_setting('${name}')) = pg_size_bytes('${tuned[name]}')`;
      const answer = await must("local-database1", `runuser -u postgres -- psql -XAtc "${same}"`);
      assert.equal(answer, "t", `${name} is not ${tuned[name]}`);
    }
    assert.match(shown, / on scram-sha-256/);
  });

  it("S0-13: app nodes set and get a key of the cache, the load balancers cannot even connect", async () => {
    const talk = `import_url="${secret("REDIS_URL")}"; auth=\${import_url#redis://}; user=\${auth%%:*}; rest=\${auth#*:}; password=\${rest%%@*};
exec 3<>/dev/tcp/10.0.3.11/6379; printf 'AUTH %s %s\\r\\nSET app:e2e 7 EX 60\\r\\nGET app:e2e\\r\\nQUIT\\r\\n' "$user" "$password" >&3; timeout 5 cat <&3 | tr -d '\\r' | tr '\\n' ' '`;
    const answer = await must("local-app1", talk);
    assert.match(answer, /^\+OK \+OK \$1 7/, answer);
    const refused = await onMachine("local-edge1", "timeout 3 bash -c 'exec 3<>/dev/tcp/10.0.3.11/6379'");
    assert.notEqual(refused.exitCode, 0);
  });

  it("S0-14: a document is indexed and found, and the heap comes from the machine's memory", async () => {
    const at = (path: string) => `"${secret("ELASTICSEARCH_URL")}${path}"`;
    const json = "-H 'content-type: application/json'";
    await must(
      "local-app1",
      `curl -sSf ${json} -X PUT ${at("/items-e2e/_doc/1?refresh=true")} -d '{"title":"hyphen tree"}'`,
    );
    const found = await must("local-app1", `curl -sSf ${at("/items-e2e/_search?q=title:hyphen")}`);
    assert.equal((JSON.parse(found) as { hits: { total: { value: number } } }).hits.total.value, 1);
    await must("local-app1", `curl -sSf -X DELETE ${at("/items-e2e")}`);
    const heap = Number(
      await must(
        "local-database1",
        "tr '\\0' '\\n' < /proc/$(pgrep -f org.elasticsearch.server | head -1)/cmdline | sed -n 's/^-Xmx\\([0-9]*\\)m$/\\1/p' | tail -1",
      ),
    );
    assert.equal(heap, memoryPlan(memoryGb).search.heapMb);
  });

  for (const [from, port, open] of [
    ["local-app1", 5432, true],
    ["local-app2", 6379, true],
    ["local-storage1", 5432, true],
    ["local-storage1", 6379, false],
    ["local-edge1", 5432, false],
    ["local-edge2", 9200, false],
    ["local-app1", 22, false],
  ] as const) {
    it(`S0-22: ${from} ${open ? "reaches" : "does not reach"} port ${port} of the database node`, async () => {
      const probe = await onMachine(from, `timeout 3 bash -c 'exec 3<>/dev/tcp/10.0.3.11/${port}'`);
      assert.equal(probe.exitCode === 0, open, probe.stderr);
    });
  }
});
