// Faults of Hetzner's API in the very moment in which a failover needs it.
import assert from "node:assert/strict";
import type { ApiFault } from "../../../localcloud/src/contract/control";
import { apiRequests, eventually } from "../../e2e/support/cloud";
import type { FailoverFault } from "./fault";
import { beginFault, endFault, hitsOf, on } from "./pair";
import type { Target } from "./report";

interface ApiCase {
  readonly name: string;
  readonly title: string;
  readonly effect: Omit<ApiFault, "kind">;
  readonly target: Omit<Target, "mostMoves" | "leastMoves">;
  /** When the API works again; undefined: the fault ends by itself after so many hits, or lasts. */
  readonly endsAfterMs?: number;
  readonly holdMs: number;
}

/** The pair may take as long as the API is away, and this much longer (A1, A2). */
const servedAfterApi: Target["besides"] = { what: "served after the API is back", unit: "s", most: 5000 };

const cases: readonly ApiCase[] = [
  {
    name: "apiDown",
    title: "the API does not answer for 8 s while the active one loses power",
    effect: { effect: "no-answer" },
    endsAfterMs: 8000,
    target: { besides: servedAfterApi },
    holdMs: 18_000,
  },
  {
    name: "api5xx",
    title: "the API answers 5xx for 8 s",
    effect: { effect: "server-error" },
    endsAfterMs: 8000,
    target: { besides: servedAfterApi },
    holdMs: 18_000,
  },
  {
    name: "api429",
    title: "the API answers 429 for 20 s",
    effect: { effect: "rate-limit" },
    endsAfterMs: 20_000,
    target: { besides: servedAfterApi },
    holdMs: 30_000,
  },
  {
    name: "api423",
    title: "the address is locked (423) for three attempts",
    effect: { effect: "locked", pattern: "POST /floating_ips/{id}/actions/assign", count: 3 },
    target: { gapWorstMs: 10_000 },
    holdMs: 14_000,
  },
  {
    name: "apiSlow",
    title: "each answer of the API takes 10 s",
    effect: { effect: "latency", delayMs: 10_000 },
    target: { gapWorstMs: 15_000 },
    holdMs: 25_000,
  },
];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Most calls of one minute that an agent makes while the API answers 429 (A2). */
const mostCallsPerMinute = 30;

/** Calls that met a fault, also one that has ended with its last hit. */
async function callsThatMet(fault: number): Promise<number> {
  const lines = (await apiRequests()).slice(-5000);
  const logged = lines.filter((line) => (JSON.parse(line) as { fault?: number }).fault === fault).length;
  return Math.max(logged, await hitsOf(fault));
}

async function refuseMoreCalls(fault: number, lastedMs: number): Promise<void> {
  const met = await callsThatMet(fault);
  const allowed = Math.ceil((mostCallsPerMinute * lastedMs) / 60_000) + 1;
  assert.ok(met <= allowed, `${met} calls in ${lastedMs / 1000} s, ${allowed} are allowed`);
}

function apiFault({ name, title, effect, target, endsAfterMs, holdMs }: ApiCase): FailoverFault {
  return {
    name,
    title,
    target: () => ({ ...target, mostMoves: 1, leastMoves: 1 }),
    holdMs,
    async break({ owner }) {
      const beganAtMs = Date.now();
      const { id } = await beginFault({ kind: "api", ...effect });
      const power = await beginFault({ kind: "power-off", server: owner.name });
      let endedAtMs = 0;
      return {
        heal: async () => {
          await endFault(id);
          await endFault(power.id);
        },
        happened: async () => {
          await assert.rejects(on(owner, "true"), /does not run/);
          const wanted = effect.count ?? 1;
          await eventually("the agent has met the fault of the API", 15, async () =>
            (await callsThatMet(id)) >= wanted ? true : undefined,
          );
        },
        ...(endsAfterMs !== undefined && {
          watch: async () => {
            await pause(endsAfterMs);
            if (effect.effect === "rate-limit") await refuseMoreCalls(id, Date.now() - beganAtMs);
            await endFault(id);
            endedAtMs = Date.now();
            return undefined;
          },
          servedSince: () => endedAtMs,
        }),
      };
    },
  };
}

export const apiFaults: readonly FailoverFault[] = cases.map(apiFault);
