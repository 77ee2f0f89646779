/** What the bench tells the program that it measures, as JSON. */
export interface Order {
  readonly location: string;
  readonly networkId: number;
  readonly range: string;
  readonly sshKey: string;
  readonly privateKey: string;
  /** Names of the machines, which are their host names too. */
  readonly names: readonly string[];
  /** Their private addresses. */
  readonly addresses: readonly string[];
  /** What they become; undefined: nothing yet. */
  readonly edition?: number;
}
