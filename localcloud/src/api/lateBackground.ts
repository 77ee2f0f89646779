import type { Background, BackgroundOptions } from "./background";

/** What the cloud does by itself, begun a moment after the API answers. */
export interface LateBackground {
  /** Begins it soon; a second time does nothing. */
  begin(): void;
  /** Resolves when it has begun. */
  readonly begun: Promise<Background>;
  stop(): void;
}

/** Who waits for the port is answered before a tenth of a second goes into loading the rest. */
const firstAnswersMs = 20;

export function createLateBackground(options: BackgroundOptions): LateBackground {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let background: Background | undefined;
  let resolve: (background: Background) => void = () => undefined;
  const begun = new Promise<Background>((resolveBegun) => {
    resolve = resolveBegun;
  });
  const load = async () => {
    const { beginBackground } = await import("./background.js");
    if (stopped) return;
    background = beginBackground(options);
    resolve(background);
  };
  return {
    begun,
    begin() {
      timer ??= setTimeout(() => {
        load().catch((error) => options.settings.onProblem(`start: ${String(error)}`));
      }, firstAnswersMs);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      background?.stop();
    },
  };
}
