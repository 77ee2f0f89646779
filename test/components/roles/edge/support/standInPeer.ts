import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";

/** The state of the other load balancer, and how it is signed. */
export interface PeerState {
  readonly vrrp: string;
  readonly serves: boolean;
  /**
   * `not at all` is a peer of an older version, or somebody without a key; `with another key` guesses; `recorded`
   * repeats the peer's answer to another question; `as the asker` sends the agent's own answer back.
   *
   * @default - by the peer, for this question
   */
  /** It is of the release before: it knows no questions, and answers who shows the pair's pass. @default false */
  readonly former?: boolean;
  readonly signed?: "not at all" | "with another key" | "recorded" | "as the asker" | "for another state";
}

/** Whoever sits between the two, and has no key, can do this. */
export type Nonsense = "garbage" | "a trickle" | "a redirect";

export interface PairNames {
  /** The one that asks. */
  readonly self: string;
  readonly peer: string;
  readonly key: string;
  /** With which a release asked before questions were signed. */
  readonly pass: string;
}

const recordedNonce = "0123456789abcdef0123456789abcdef";

/** As the agent signs, written once more: a mistake would have to be made twice. */
export function signature(key: string, server: string, nonce: string, content: string): string {
  return createHmac("sha256", key)
    .update(`platform-edge answer\n${server}\n${nonce}\n${content}`)
    .digest("hex");
}

/** Answers as the other load balancer, or as somebody who pretends to be it. */
export function standInPeer(
  names: PairNames,
  answer: () => PeerState | Nonsense | "no agent" | undefined,
  seen: (headers: IncomingHttpHeaders) => void = () => {},
): Server {
  return createServer((request, response) => {
    seen(request.headers);
    const now = answer();
    if (now === undefined) return void response.destroy();
    if (now === "no agent") return void response.writeHead(503).end();
    if (typeof now === "string") return talkNonsense(now, response, request.url ?? "/");
    const { signed, former = false, ...told } = now;
    if (former && request.headers["x-platform-key"] !== names.pass) return void response.writeHead(404).end();
    const content = JSON.stringify(former ? told : { ...told, judgesQuestions: true });
    const nonce = String(request.headers["x-platform-nonce"] ?? "");
    const { self, peer, key } = names;
    const signatures = {
      "with another key": signature("guessed", peer, nonce, content),
      recorded: signature(key, peer, recordedNonce, content),
      "as the asker": signature(key, self, nonce, content),
      "for another state": signature(key, peer, nonce, content.replace("MASTER", "BACKUP")),
    };
    response.setHeader("Content-Type", "application/json");
    if (signed === undefined)
      response.setHeader("X-Platform-Signature", signature(key, peer, nonce, content));
    else if (signed !== "not at all") response.setHeader("X-Platform-Signature", signatures[signed]);
    response.end(content);
  });
}

function talkNonsense(kind: Nonsense, response: ServerResponse, url: string): void {
  if (kind === "a redirect") return void response.writeHead(302, { location: `${url}/` }).end();
  if (kind === "garbage") return void response.socket?.end("what is this?\r\n\r\n");
  response.writeHead(200);
  const timer = setInterval(() => response.write(" "), 200);
  response.on("close", () => clearInterval(timer));
}
