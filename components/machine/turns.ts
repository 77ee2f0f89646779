import * as pulumi from "@pulumi/pulumi";
import { enginesHooks, programHook } from "./enginesHooks";

/** Who changes, or has failed to. */
export interface Changing {
  readonly name: string;
  readonly urn: string;
}

/** One at a time, in the order in which they ask; none after one has failed. */
export interface Turns {
  /** Resolves when it is its turn. @throws when the change of another one has failed */
  begin(who: Changing): Promise<void>;
  /** The change whose turn it is has succeeded. */
  end(): void;
  /** It has failed; whoever waits is refused. */
  fail(who: Changing): void;
}

/** @param settleSeconds between the end of one turn and the next: until others notice that who has changed is back */
export function createTurns(settleSeconds: number): Turns {
  const waiting: (() => void)[] = [];
  let isTaken = false;
  let failed: Changing | undefined;
  let settledAt = 0;
  const next = () => {
    const first = waiting.shift();
    isTaken = first !== undefined;
    first?.();
  };
  return {
    async begin(who) {
      if (isTaken) await new Promise<void>((resolve) => waiting.push(resolve));
      isTaken = true;
      if (failed !== undefined) {
        next();
        throw new Error(leftText(who, failed));
      }
      await until(settledAt);
    },
    end() {
      settledAt = performance.now() + settleSeconds * 1000;
      next();
    },
    fail(who) {
      failed ??= who;
      next();
    },
  };
}

export function leftText({ name }: Changing, failed: Changing): string {
  return `${name} stays as it was, because the change of ${failed.name} failed: put that in order, or pass it over with --exclude '${failed.urn}', and the next up goes on here`;
}

function until(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())));
}

/**
 * Hooks of set-ups that change one after the other, whereas what is new is set up at once. Dependencies would make
 * new machines wait for each other too.
 *
 * @param name prefix of the hooks' names, unique in the program
 */
export function changesInTurn(name: string, turns: Turns): pulumi.ResourceHookBinding {
  if (!enginesHooks()) return {};
  return {
    beforeUpdate: [programHook(`${name}-turn`, (who) => turns.begin(who))],
    afterUpdate: [programHook(`${name}-turn-ends`, () => turns.end())],
    onError: [
      new pulumi.ErrorHook(`${name}-turn-fails`, (who) => {
        if (who.failedOperation === "update") turns.fail(who);
        return false;
      }),
    ],
  };
}
