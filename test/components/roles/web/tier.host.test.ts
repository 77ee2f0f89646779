import assert from "node:assert/strict";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { movingFile } from "../../../../components/roles/edge/moving";
import { webConfig } from "../../../../components/roles/web/nginx";
import type { WebOptions } from "../../../../components/roles/web/options";
import { whyNoDebian13 } from "../edge/support/debian13";
import { edgeOptions } from "../edge/support/options";
import { runScenario } from "../edge/support/scenario";
import { webOptions } from "./support/options";
import { tierScenario } from "./support/tierScenario";

/** The first failures, and whether there were enough requests to tell. */
type Failures = readonly [unknown[], boolean];

interface TierResult {
  readonly ready: boolean;
  readonly waits: boolean;
  readonly moves: number;
  readonly reload: string;
  readonly moved: readonly unknown[];
  readonly alone: readonly [Failures, readonly [number, number]];
  readonly joins: boolean;
  readonly added: Failures;
  readonly shares: readonly [number, number];
  readonly left: Failures;
  readonly without: readonly [number, number];
  readonly back: boolean;
  readonly returned: Failures;
  readonly died: readonly [number, boolean, unknown[]];
}

/** Both servers share one machine here, with HAProxy on port 80. */
function configOf(number: number): string {
  const machine = { ...webOptions.machine, name: `web${number}`, privateIp: `10.0.5.1${number}` };
  const content = { ...webOptions.content, sites: {}, protectedPaths: {} };
  const options: WebOptions = { ...webOptions, machine, content };
  return webConfig(options)
    .replaceAll(/(10\.0\.2\.\d+):80\b/g, "$1:8080")
    .replaceAll(/(10\.0\.5\.\d+):80\b/g, "$1:8081")
    .replaceAll("unix:/dev/log", `unix:/tmp/log${number}.sock`)
    .replaceAll("127.0.0.1:8408", `127.0.0.1:841${number}`)
    .replaceAll("/run/platform-web/leaving", `/run/platform-web/leaving${number}`)
    .replaceAll("/var/lib/nginx/kept", `/tmp/kept${number}`)
    .replace("pid /run/nginx.pid;", `pid /run/web${number}.pid;`);
}

const inOneNetwork = (config: string) => config.replaceAll(/(10\.0\.5\.\d+):80\b/g, "$1:8081");

describe("visitors through HAProxy and web servers to an application", function () {
  this.timeout(300_000);
  let result: TierResult;
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    const backends = [1, 2].map((number) => ({ name: `web${number}`, address: `10.0.5.1${number}` }));
    result = await runScenario<TierResult>(
      "haproxy",
      `import os; os.makedirs("/run/platform-web")\n${tierScenario}`,
      { ...edgeOptions, backends },
      inOneNetwork,
      {
        files: {
          "/etc/platform/web1.conf": configOf(1),
          "/etc/platform/web2.conf": configOf(2),
          "/etc/platform/direct.cfg": haproxyConfig(edgeOptions).replaceAll(
            /(10\.0\.2\.\d+):80\b/g,
            "$1:8080",
          ),
          "/etc/platform/await-machines": inOneNetwork(
            movingFile({ ...edgeOptions, backends }, "haproxy").content,
          ),
        },
      },
    );
  });

  it("S4-20: the first ones come between under load: visitors stay with the application until they are ready", () => {
    assert.ok(result.ready);
    assert.ok(result.waits, "the load balancer does not wait for them");
    assert.equal(result.moves, 0);
    assert.match(result.reload, /^Success=1/m);
    assert.deepEqual(result.moved, [true, [], true]);
  });

  it("one web server alone serves", () => {
    const [failures, [first, second]] = result.alone;
    assert.deepEqual(failures, [[], true]);
    assert.ok(first > 200 && second === 0, `${first} and ${second}`);
  });

  it("S4-20, S2-9: another one is added under load, and no request fails", () => {
    assert.ok(result.joins);
    assert.deepEqual(result.added, [[], true]);
  });

  it("S4-2: requests spread evenly over the web servers", () => {
    const [first, second] = result.shares;
    assert.ok(first + second > 250, `${first} and ${second}`);
    assert.ok(Math.abs(first - second) < 0.2 * (first + second), `${first} and ${second}`);
  });

  it("one that leaves loses no request, of kept connections and POST neither, and comes back", () => {
    assert.deepEqual(result.left, [[], true]);
    assert.equal(result.without[0], 0);
    assert.ok(result.back);
    assert.deepEqual(result.returned, [[], true]);
  });

  it("one that dies costs a visitor what it was working on at the most", () => {
    const [failed, enough, which] = result.died;
    assert.ok(enough);
    assert.ok(failed <= 4, `${failed} of 4 visitors' requests: ${JSON.stringify(which)}`);
  });
});
