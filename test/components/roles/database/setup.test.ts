import assert from "node:assert/strict";
import { machineBase } from "../../../../components/machine/base";
import { databaseClients, databaseSetup } from "../../../../components/roles/database/setup";
import { dockerSetup } from "../../../../components/setup/docker";
import { mergeSetups } from "../../../../components/setup/merge";
import { renderSetup } from "../../../../components/setup/render";
import { planned } from "../../../support/planned";
import { seedSettings } from "../../../support/settings";
import { shellcheck } from "../../../support/shellcheck";

const topology = planned(seedSettings);
const secrets = {
  postgresql: { application: "p1", backup: "p2", restore: "p3" },
  cache: { application: "p4", admin: "p5" },
  search: { application: "p6", admin: "p7" },
};
const setup = mergeSetups(
  machineBase(topology.database, topology.plan, seedSettings),
  dockerSetup(seedSettings.images),
  databaseSetup(
    topology.database,
    databaseClients(topology.plan),
    seedSettings.database,
    "elasticsearch@sha256:abc",
    secrets,
  ),
);

describe("databaseSetup", () => {
  it("fits together with what every machine has, in a script that shellcheck accepts", async function () {
    this.timeout(60_000);
    assert.equal(await shellcheck(renderSetup("prod-database1", setup), ["SC2016"]), "");
  });

  it("S0-11: runs the three data services and nothing else beside the base", () => {
    const services = setup.units.map(({ name }) => name).filter((name) => !name.startsWith("systemd-"));
    assert.deepEqual(services.sort(), [
      "apt-daily-upgrade.timer",
      "apt-daily.timer",
      "docker.service",
      "elasticsearch.service",
      "platform-default-route.service",
      "platform-firewall.service",
      "platform-network.service",
      "postgresql@17-main.service",
      "ssh.service",
      "valkey-server.service",
    ]);
  });

  it("takes the clients of PostgreSQL from the table of flows", () => {
    const hba = setup.files.find(({ path }) => path.endsWith("/pg_hba.conf"))?.content ?? "";
    const addresses = new Set(hba.match(/10\.0\.\d+\.\d+/g));
    assert.deepEqual([...addresses].sort(), ["10.0.2.11", "10.0.2.12", "10.0.4.11"]);
  });

  it("gives each service its share of 32 GB", () => {
    const content = (ending: string) => setup.files.find(({ path }) => path.endsWith(ending))?.content ?? "";
    assert.match(content("/conf.d/platform.conf"), /^shared_buffers = '4864MB'$/m);
    assert.match(content("/valkey.conf"), /^maxmemory 2048mb$/m);
    assert.match(content("/heap.options"), /^-Xmx4096m$/m);
  });
});
