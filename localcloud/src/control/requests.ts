import type { NumberedRequest } from "../contract/control";
import type { RequestLog } from "../settings/api";

const mostKept = 500;

/** The last requests of the Hetzner API. */
export interface RecentRequests {
  add(line: RequestLog): void;
  /** Those with a number above `number`, oldest first. */
  after(number: number): readonly NumberedRequest[];
  /** @returns a function that ends it */
  onRequest(listener: (request: NumberedRequest) => void): () => void;
}

export function createRecentRequests(): RecentRequests {
  const kept: NumberedRequest[] = [];
  const listeners = new Set<(request: NumberedRequest) => void>();
  let last = 0;
  return {
    add(line) {
      const request = { ...line, number: ++last };
      kept.push(request);
      if (kept.length > mostKept) kept.shift();
      for (const listener of listeners) listener(request);
    },
    after: (number) => kept.filter((request) => request.number > number),
    onRequest(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
