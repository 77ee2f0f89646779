// Pure: in which order changes of several kinds are made.

/**
 * So many changes, each kind by its share, mixed evenly: the kind whose turn is longest overdue is next.
 *
 * @returns one kind for each change
 */
export function mixed<T extends { readonly share: number }>(kinds: readonly T[], count: number): T[] {
  const whole = kinds.reduce((sum, { share }) => sum + share, 0);
  const made = new Map(kinds.map((kind) => [kind, 0]));
  return Array.from({ length: count }, (_, n) => {
    const due = (kind: T) => ((n + 1) * kind.share) / whole - (made.get(kind) ?? 0);
    const next = kinds.reduce((best, kind) => (due(kind) > due(best) ? kind : best));
    made.set(next, (made.get(next) ?? 0) + 1);
    return next;
  });
}
