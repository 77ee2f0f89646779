// Clients poll, and between two changes of the state they are told the same: what follows from the rows alone is
// rendered once, and given again until a row changes.
import type { IncomingMessage } from "node:http";
import type { Store } from "../state/store";
import type { WrittenAnswer } from "./calls/exchange";

/** The part of a request that decides its answer; the host is in the `Link` header of lists. */
type Asked = Pick<IncomingMessage, "url" | "headers">;

export interface KeptAnswers {
  find(project: number, request: Asked): WrittenAnswer | undefined;
  keep(project: number, request: Asked, answer: WrittenAnswer): void;
}

/** Clients choose addresses freely, so what is kept needs an end: about 4 MB. */
const mostCharacters = 2 * 1024 * 1024;

/** Answers to GET requests, forgotten with the next change of a row. */
export function createKeptAnswers(store: Pick<Store, "version">): KeptAnswers {
  const answers = new Map<string, WrittenAnswer>();
  let version = store.version;
  let characters = 0;
  const forget = () => {
    answers.clear();
    characters = 0;
    version = store.version;
  };
  const keyOf = (project: number, { url, headers }: Asked) => `${project} ${headers.host} ${url}`;
  return {
    find(project, request) {
      if (version !== store.version) forget();
      return answers.get(keyOf(project, request));
    },
    keep(project, request, answer) {
      const key = keyOf(project, request);
      const size = key.length + (answer.body?.length ?? 0);
      if (size > mostCharacters) return;
      if (version !== store.version || characters + size > mostCharacters) forget();
      answers.set(key, answer);
      characters += size;
    },
  };
}
