/** Labels of everything that a platform makes; `npm run repair` finds by them what no state holds. */
export function platformLabels(environment: string): Readonly<Record<string, string>> {
  return { environment, "managed-by": "pulumi" };
}
