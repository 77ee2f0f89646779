// Faults of programs on the load balancer that has the address.
import assert from "node:assert/strict";
import { eventually } from "../../e2e/support/cloud";
import type { FailoverFault } from "./fault";
import { type Edge, on } from "./pair";

const nothing = async () => {};

const mainProcess = (edge: Edge, unit: string) => on(edge, `systemctl show -p MainPID --value ${unit}`);

/** systemd starts it again by itself, as another process. */
function killed(unit: string, who: "all" | "main") {
  return async ({ owner }: { readonly owner: Edge }) => {
    const before = await mainProcess(owner, unit);
    await on(owner, `systemctl kill --signal=KILL --kill-whom=${who} ${unit}`);
    return {
      heal: nothing,
      happened: async () => {
        await eventually(`${unit} is another process`, 10, async () => {
          const [now, active] = [
            await mainProcess(owner, unit),
            await on(owner, `systemctl is-active ${unit} || true`),
          ];
          return (now !== before && now !== "0" && active === "active") || undefined;
        });
      },
    };
  };
}

/** States of all processes of the unit, one letter each. */
const states = (edge: Edge) =>
  on(
    edge,
    `ps -o stat= --pid "$(systemctl show -p MainPID --value haproxy)" --ppid "$(systemctl show -p MainPID --value haproxy)" | cut -c1 | xargs`,
  );

const haproxyKilled: FailoverFault = {
  name: "haproxyKilled",
  title: "HAProxy is killed",
  target: () => ({ gapWorstMs: 500, mostMoves: 0 }),
  holdMs: 4000,
  break: killed("haproxy", "all"),
};

const haproxyFrozen: FailoverFault = {
  name: "haproxyFrozen",
  title: "HAProxy is frozen",
  target: (api) => ({ gapWorstMs: api === "instant" ? 2500 : 4000, mostMoves: 1, leastMoves: 1 }),
  holdMs: 9000,
  async break({ owner }) {
    await on(owner, "systemctl kill --signal=STOP haproxy");
    return {
      heal: async () => void (await on(owner, "systemctl kill --signal=CONT haproxy")),
      happened: async () => {
        assert.match(await states(owner), /^T( T)*$/, "a process of HAProxy was not stopped");
      },
    };
  },
};

const haproxyRefuses: FailoverFault = {
  name: "haproxyRefuses",
  title: "HAProxy refuses a new configuration",
  target: () => ({ failed: 0, gapWorstMs: 500, mostMoves: 0 }),
  holdMs: 3000,
  async break({ owner }) {
    const config = "/etc/haproxy/haproxy.cfg";
    const workers = () => on(owner, `pgrep -P "$(systemctl show -p MainPID --value haproxy)" | xargs`);
    const before = await workers();
    await on(owner, `cp -a ${config} ${config}.drill && echo 'nonsense here' >>${config}`);
    const reload = await on(owner, "systemctl reload haproxy && echo taken || echo refused");
    return {
      heal: async () => {
        await on(owner, `[ ! -e ${config}.drill ] || mv ${config}.drill ${config}`);
        await on(owner, "systemctl reload haproxy");
      },
      happened: async () => {
        assert.equal(reload, "refused", "a configuration that does not parse was taken");
        assert.equal(await workers(), before, "another process serves");
      },
    };
  },
};

const keepalivedKilled: FailoverFault = {
  name: "keepalivedKilled",
  title: "keepalived is killed",
  target: () => ({ failed: 0, gapWorstMs: 500, mostMoves: 1 }),
  holdMs: 6000,
  break: killed("keepalived", "main"),
};

const agentKilled: FailoverFault = {
  name: "agentKilled",
  title: "the agent is killed",
  target: () => ({ failed: 0, gapWorstMs: 500, mostMoves: 0 }),
  holdMs: 5000,
  break: killed("floating-ip-agent", "all"),
};

export const processFaults: readonly FailoverFault[] = [
  haproxyKilled,
  haproxyFrozen,
  haproxyRefuses,
  keepalivedKilled,
  agentKilled,
];
