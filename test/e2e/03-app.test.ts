import assert from "node:assert/strict";
import { api, eventually, fromInternet, must } from "./support/cloud";
import { curl, platformIsUp, url } from "./support/platform";

const nodes = ["local-app1", "local-app2"];

interface ServerTypeView {
  readonly server_type: { readonly name: string; readonly cores: number; readonly memory: number };
}

async function serverType(name: string): Promise<ServerTypeView["server_type"]> {
  const answer = await api<{ servers: ServerTypeView[] }>(`/servers?name=${name}`);
  const [server] = answer.servers;
  if (server === undefined) throw new Error(`no server ${name}`);
  return server.server_type;
}

describe("app nodes", function () {
  this.timeout("5m");
  before("the platform is up", platformIsUp);

  for (const [id, name, cores, memory] of [
    ["S0-3", "local-app1", 4, 16],
    ["S0-4", "local-app2", 4, 16],
    ["S0-11", "local-database1", 8, 32],
    ["S0-15", "local-storage1", 4, 8],
  ] as const) {
    it(`${id}: ${name} is of a type with at least ${cores} vCPU and ${memory} GB`, async () => {
      const type = await serverType(name);
      assert.ok(type.cores >= cores && type.memory >= memory, JSON.stringify(type));
    });
  }

  for (const [id, service, replicas] of [
    ["S0-5", "web", 2],
    ["S0-6", "admin", 1],
    ["S0-7", "api", 2],
    ["S0-8", "worker", 2],
  ] as const) {
    it(`${id}: ${replicas} replicas of ${service} run on each node`, async () => {
      for (const node of nodes) {
        const running = await must(
          node,
          `docker ps --filter status=running --format '{{.Names}}' | grep -c '^${service}-'`,
        );
        assert.equal(Number(running), replicas, node);
      }
    });
  }

  it("S0-8: workers listen on no port, and no pool of Traefik or HAProxy has their address", async () => {
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    const table = await must("local-edge1", "echo 'show servers state' | socat - /run/haproxy/admin.sock");
    for (const node of nodes) {
      const pool = await must(node, "cat /etc/platform/traefik/dynamic/services.yaml");
      const addressOf = (name: string) => must(node, `docker inspect -f '${format}' ${name}`);
      assert.ok(pool.includes(await addressOf("web-1")), "the pool has addresses of replicas");
      for (const worker of ["worker-1", "worker-2"]) {
        const address = await addressOf(worker);
        assert.match(address, /^[0-9.]+$/);
        assert.ok(!pool.includes(address) && !table.includes(` ${address} `), `${worker} of ${node}`);
        const pid = await must(node, `docker inspect -f '{{.State.Pid}}' ${worker}`);
        // Docker's own name server listens on the loopback of every container.
        const sockets = await must(node, `nsenter -t ${pid} -n ss -Hltun | awk '$5 !~ /^127[.]/ {print $5}'`);
        assert.equal(sockets, "", `${worker} of ${node} listens`);
      }
    }
  });

  it("S0-8: a job that the api takes is finished by a worker", async () => {
    const posted = await fromInternet(
      `${curl()} -X POST -H 'content-type: application/json' -d '{"text":"end to end"}' ${url()}/api/jobs`,
    );
    const { id } = JSON.parse(posted.stdout) as { id: string };
    const job = await eventually("the job is finished", 30, async () => {
      const answer = await fromInternet(`${curl()} ${url()}/api/jobs/${id}`);
      const found = JSON.parse(answer.stdout) as { status: string; worker?: unknown };
      return found.status === "done" ? found : undefined;
    });
    assert.match(JSON.stringify(job), /local-app[12]/);
  });

  it("S2-41: a replica that is killed is back within seconds, and no other one restarts", async () => {
    const started = async () => {
      const format = "{{.Name}} {{.State.StartedAt}}";
      const list = await must("local-app1", `docker ps -q | xargs docker inspect -f '${format}'`);
      return new Map(list.split("\n").map((line) => line.split(" ") as [string, string]));
    };
    const before = await started();
    await must("local-app1", "docker kill --signal KILL worker-1");
    const after = await eventually("worker-1 runs again", 60, async () => {
      const now = await started();
      const again = now.get("/worker-1");
      return again !== undefined && again !== before.get("/worker-1") ? now : undefined;
    });
    const changed = [...before.keys()].filter((name) => after.get(name) !== before.get(name));
    assert.deepEqual(changed, ["/worker-1"]);
  });

  it("S0-10: all nodes run the same stack: its hash, and what really runs", async () => {
    const hashes = await Promise.all(nodes.map((node) => must(node, "cat /etc/platform/stack-hash")));
    assert.match(hashes[0] ?? "", /^[0-9a-f]{64}$/);
    assert.equal(hashes[0], hashes[1]);
    const parts =
      "{{.Name}} {{.Config.Image}} {{json .Config.Cmd}} {{json .Config.Env}} {{.HostConfig.Memory}}";
    // The node's own name is all that differs. Variables are compared by their hash: they hold passwords.
    const running = await Promise.all(
      nodes.map((node) =>
        must(
          node,
          `docker ps -q | xargs docker inspect -f '${parts}' | sed 's/${node}/NODE/g' | sort | while read -r name image rest; do
echo "$name $image $(sha256sum <<<"$rest" | cut -c 1-16)"
done`,
        ),
      ),
    );
    assert.ok((running[0] ?? "").includes("/web-1 "));
    assert.equal(running[0], running[1]);
  });

  it("runs every container by digest", async () => {
    for (const node of nodes) {
      const images = (
        await must(node, "docker ps --quiet | xargs docker inspect --format '{{.Config.Image}}'")
      ).split("\n");
      assert.deepEqual(
        images.filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image)),
        [],
      );
    }
  });
});
