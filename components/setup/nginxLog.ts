/** Where lines go: into the journal, under a name, at a severity. */
export function journalTarget(tag: string, severity: string): string {
  return `syslog:server=unix:/dev/log,nohostname,tag=${tag},severity=${severity}`;
}

/** Sets `$slow`. */
export function slowMap(slowerThanMs: number): string {
  return `  map $request_time $slow {
    default 1;
    "~${fasterThan(slowerThanMs)}" 0;
  }`;
}

/** Pattern of nginx's seconds with three decimals below this many milliseconds: it compares no numbers. */
export function fasterThan(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [a = 0, b = 0, c = 0] = [...String(milliseconds % 1000).padStart(3, "0")].map(Number);
  // A digit below this one, and any behind it.
  const below = (before: string, digit: number, more: string) =>
    digit === 0 ? [] : [`${before}[0-${digit - 1}]${more}`];
  const parts = [
    ...(seconds === 0 ? [] : [`(?:${Array.from({ length: seconds }, (_, n) => n).join("|")})\\.`]),
    ...below(`${seconds}\\.`, a, ""),
    ...below(`${seconds}\\.${a}`, b, ""),
    ...below(`${seconds}\\.${a}${b}`, c, ""),
  ];
  return `^(?:${parts.join("|")})`;
}
