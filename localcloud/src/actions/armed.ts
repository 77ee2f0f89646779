import type { World } from "../host/contract";
import type { Action, Plan } from "../state/rows";
import type { Store } from "../state/store";
import type { Worlds } from "./hostSteps";
import type { Outcome, Work } from "./work";

/** An action whose effect the host is being brought to, with what its steps found out so far. */
export interface Armed {
  readonly action: Action;
  outcome: Outcome;
}

export interface ArmedOptions {
  readonly store: Store;
  readonly worldOf: (store: Store) => World;
  readonly workOf: (plan: Plan) => Work<object>;
}

/** The actions that are under way, and the worlds without and with their effects. */
export class ArmedActions implements Worlds {
  readonly #armed = new Map<number, Armed>();

  constructor(private readonly options: ArmedOptions) {}

  arm(action: Action): Armed {
    const armed: Armed = { action, outcome: {} };
    this.#armed.set(action.id, armed);
    return armed;
  }

  disarm(id: number): void {
    this.#armed.delete(id);
  }

  before(): World {
    const { store, worldOf } = this.options;
    return worldOf(store);
  }

  after(): World {
    const { store, worldOf } = this.options;
    return store.preview(() => {
      const inOrder = [...this.#armed.values()].sort((a, b) => a.action.id - b.action.id);
      for (const armed of inOrder) this.#previewEffect(armed);
      return worldOf(store);
    });
  }

  #previewEffect({ action: { plan }, outcome }: Armed): void {
    const { store, workOf } = this.options;
    try {
      workOf(plan).effect(store, plan.args, outcome);
    } catch {
      // Its own transaction reports it; here the world is simply the one without this effect.
    }
  }
}
