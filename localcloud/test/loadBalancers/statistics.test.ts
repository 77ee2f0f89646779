import assert from "node:assert/strict";
import {
  add,
  type Counters,
  healthKey,
  healthOf,
  newAccount,
  noTraffic,
  parseStatistics,
  parseWorkers,
  settle,
  thinned,
  totalOf,
  trafficOf,
} from "../../src/loadBalancers/statistics";

// Head and rows as HAProxy 2.6 prints them, without the columns that are not read.
const statistics = `# pxname,svname,scur,stot,bin,bout,status,type,check_status,req_tot
service_80,FRONTEND,3,100,1000,5000,OPEN,0,,250
service_80,10.0.0.2,1,60,600,3000,UP,2,L7OK,
service_80,10.0.0.3,1,40,400,2000,DOWN,2,L4CON,
service_80,10.0.0.4,0,0,0,0,UP,2,INI,
service_80,10.0.0.5,0,0,0,0,UP 1/3,2,L4TOUT,
service_80,10.0.0.6,0,0,0,0,DOWN 2/3,2,L7OK,
service_80,10.0.0.7,0,0,0,0,UP,2,* L4OK,
service_80,BACKEND,2,100,1000,5000,UP,1,,250
redirect_443,FRONTEND,1,10,100,50,OPEN,0,,10
`;

const counters = (connections: number, openConnections = 0): Counters => ({
  ...noTraffic,
  connections,
  openConnections,
});

describe("statistics of a load balancer's proxy", () => {
  const rows = parseStatistics(statistics);

  const statuses: [string, string][] = [
    ["10.0.0.2", "healthy"],
    ["10.0.0.3", "unhealthy"],
    ["10.0.0.4", "unknown"],
    ["10.0.0.5", "healthy"],
    ["10.0.0.6", "unhealthy"],
    ["10.0.0.7", "healthy"],
  ];
  for (const [address, expected] of statuses) {
    it(`calls ${address} ${expected}`, () =>
      assert.equal(healthOf(rows, [80]).get(healthKey(80, address)), expected));
  }

  it("knows nothing of services that it is not asked for", () =>
    assert.deepEqual(healthOf(rows, [81]), new Map()));

  it("counts what the front ends carried, redirects included", () =>
    assert.deepEqual(trafficOf(rows), {
      openConnections: 4,
      connections: 110,
      requests: 260,
      bytesIn: 1100,
      bytesOut: 5050,
    }));

  it("knows the workers of a master", () => {
    const text = `#<PID>          <type>          <reloads>       <uptime>        <version>
1162            master          2 [failed: 0]   0d00h02m07s     2.6.12
# workers
1271            worker          0               0d00h00m00s     2.6.12
# old workers
1233            worker          1               0d00h00m43s     2.6.12
1200            worker          2               0d00h01m43s     2.6.12
# programs
`;
    assert.deepEqual(parseWorkers(text), { current: 1271, all: [1271, 1233, 1200] });
    assert.deepEqual(parseWorkers(""), { current: undefined, all: [] });
  });

  it("keeps what ended workers carried, but not their open connections", () => {
    const first = settle(newAccount, { 1: counters(10, 3) });
    const second = settle(first, { 1: counters(12, 2), 2: counters(5, 1) });
    assert.deepEqual(totalOf(second), counters(17, 3));
    const third = settle(second, { 2: counters(6, 1) });
    assert.deepEqual(totalOf(third), counters(18, 1));
    assert.deepEqual(totalOf(settle(third, {})), counters(18, 0));
    assert.deepEqual(add(noTraffic, noTraffic), noTraffic);
  });

  it("keeps an hour in full, 30 days by the minute and nothing longer", () => {
    const now = 100 * 24 * 3600;
    const at = (time: number) => ({ at: time, ...noTraffic });
    const old = now - 31 * 24 * 3600;
    const yesterday = now - 24 * 3600;
    const samples = [at(old), at(yesterday), at(yesterday + 5), at(yesterday + 60), at(now - 5), at(now)];
    assert.deepEqual(
      thinned(samples, now).map((sample) => sample.at),
      [yesterday, yesterday + 60, now - 5, now],
    );
  });
});
