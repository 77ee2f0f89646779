/** Takes back what a run made: in reverse order, once, and each even when another fails. */
export interface CleanUp {
  later(what: string, work: () => Promise<unknown>): void;
  run(): Promise<void>;
}

export function createCleanUp(onProblem: (problem: string) => void): CleanUp {
  const works: { readonly what: string; readonly work: () => Promise<unknown> }[] = [];
  let running: Promise<void> | undefined;
  const all = async () => {
    for (let next = works.pop(); next !== undefined; next = works.pop()) {
      const { what, work } = next;
      await work().catch((error: Error) => onProblem(`${what}: ${error.message}`));
    }
  };
  return {
    later: (what, work) => works.push({ what, work }),
    run: () => {
      running ??= all().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}
