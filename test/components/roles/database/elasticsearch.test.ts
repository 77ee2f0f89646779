import assert from "node:assert/strict";
import { parse } from "yaml";
import {
  elasticsearchSetup,
  elasticsearchYml,
  heapOptions,
} from "../../../../components/roles/database/elasticsearch";
import { memoryPlan } from "../../../../components/roles/database/memoryPlan";
import { renderSetup } from "../../../../components/setup/render";
import { shellcheck } from "../../../support/shellcheck";

const config = { image: "elasticsearch@sha256:abc", privateIp: "10.0.3.11", heapMb: 4096, memoryMb: 8192 };
const passwords = { application: "marker-app", admin: "marker-admin" };
const setup = elasticsearchSetup(config, passwords);

describe("elasticsearchYml", () => {
  const settings: Record<string, unknown> = parse(elasticsearchYml(config));

  it("is one node with users and passwords on the private address", () => {
    assert.equal(settings["discovery.type"], "single-node");
    assert.equal(settings["network.host"], "10.0.3.11");
    assert.equal(settings["transport.host"], "127.0.0.1");
    assert.equal(settings["xpack.security.enabled"], true);
    assert.equal(settings["xpack.security.http.ssl.enabled"], false);
  });
});

describe("heapOptions", () => {
  for (const [memoryGb, heap] of [
    [4, "512m"],
    [32, "4096m"],
    [360, "31488m"],
  ] as const) {
    it(`S0-14: derives ${heap} from ${memoryGb} GB`, () => {
      assert.equal(heapOptions(memoryPlan(memoryGb).search.heapMb), `-Xms${heap}\n-Xmx${heap}\n`);
    });
  }
});

describe("elasticsearchSetup", () => {
  it("keeps passwords in files of their reader alone", () => {
    for (const file of setup.files) {
      const secret = Object.values(passwords).some((password) => file.content.includes(password));
      if (secret) assert.match(file.mode ?? "0644", /^0[46]00$/, file.path);
    }
    for (const text of [...setup.steps, ...setup.units, ...setup.checks].map((part) =>
      JSON.stringify(part),
    )) {
      for (const password of Object.values(passwords)) assert.ok(!text.includes(password));
    }
  });

  it("hands the superuser's password over as a file that the image accepts", () => {
    const file = setup.files.find(({ path }) => path === "/etc/platform/elasticsearch/password");
    assert.deepEqual([file?.owner, file?.mode], ["1000", "0400"]);
    const unit = setup.files.find(({ path }) => path.endsWith("/elasticsearch.service"))?.content ?? "";
    assert.match(
      unit,
      /--volume=\/etc\/platform\/elasticsearch\/password:\/run\/secrets\/elastic-password:ro/,
    );
    assert.match(unit, /--memory=8192m/);
  });

  it("restarts the container when configuration, heap or password change", () => {
    const reads = setup.units.find(({ name }) => name === "elasticsearch.service")?.reads ?? [];
    for (const name of ["elasticsearch.yml", "heap.options", "password"]) {
      assert.ok(reads.includes(`/etc/platform/elasticsearch/${name}`), name);
    }
  });

  it("renders to a script that shellcheck accepts", async function () {
    this.timeout(60_000);
    // Commands for a later shell stand in single quotes.
    assert.equal(await shellcheck(renderSetup("database1", setup), ["SC2016"]), "");
  });
});
