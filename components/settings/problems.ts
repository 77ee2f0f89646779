/** One mistake in a stack's configuration. */
export interface SettingsProblem {
  /** Where: `app.services.web.replicas`. */
  readonly path: string;
  /** What stands there, as text; secrets are never shown. */
  readonly value: string;
  /** What may stand there. */
  readonly allowed: string;
  /** What to do, an imperative. */
  readonly remedy: string;
}

/** All mistakes of a configuration at once. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";

  /**
   * @param name of the stack, or of whatever `kind` says
   * @param kind @default "stack"
   */
  constructor(
    name: string,
    readonly problems: readonly SettingsProblem[],
    kind = "stack",
  ) {
    const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
    super(`${kind} ${name}: ${count} in the configuration\n${problems.map(problemLine).join("\n")}`);
  }
}

/** `  app.count: got 0, allowed a whole number from 1 to 96; raise it to 1`. */
export function problemLine(problem: SettingsProblem): string {
  return `  ${problem.path}: got ${problem.value}, allowed ${problem.allowed}; ${problem.remedy}`;
}

export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === "number") return `${text}[${segment}]`;
    return text === "" ? String(segment) : `${text}.${String(segment)}`;
  }, "");
}

const longestValue = 80;

/** A value as people recognise it in an error, short enough for one line, without the login of a URL. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === "") return "nothing";
  const text = (JSON.stringify(value) ?? String(value)).replaceAll(/:\/\/[^/\s"]*@/g, "://...@");
  return text.length > longestValue ? `${text.slice(0, longestValue)}...` : text;
}

/** The known name that somebody probably meant; undefined when none is close. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const normal = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, "");
  const distances = known.map((candidate) => ({
    candidate,
    distance: editDistance(normal(name), normal(candidate)),
  }));
  const best = distances.sort((a, b) => a.distance - b.distance)[0];
  if (best === undefined || best.distance > Math.max(1, Math.round(best.candidate.length / 3)))
    return undefined;
  return best.candidate;
}

/** Levenshtein's distance: insertions, deletions and substitutions between two words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
