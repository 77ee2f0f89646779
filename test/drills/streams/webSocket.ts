// A WebSocket that says something each second and waits for it to come back.
import { randomBytes } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { closeFrame, opcodes, readFrame, writeFrame } from "../../../examples/app/src/webSocketFrames";
import type { Outcome } from "./outcome";
import { problemOf, type Site, watching } from "./requests";

const beatMs = 1000;
/** After this long without an answer the visitor goes away. */
const patienceMs = 10_000;

const upgrade = (host: string) =>
  `GET /api/echo HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`;

/** Of what has arrived the answer to the upgrade, and what follows it; undefined: it is not whole yet. */
function answerIn(arrived: Buffer): { readonly status: string; readonly rest: Buffer } | undefined {
  const head = arrived.indexOf("\r\n\r\n");
  const [status = ""] = arrived.toString("latin1").split("\r\n");
  return head < 0 ? undefined : { status, rest: arrived.subarray(head + 4) };
}

/** Says something each second, and goodbye in the end. @returns what stops it */
function speak(socket: TLSSocket, seconds: number): () => void {
  const endsAt = Date.now() + seconds * 1000;
  let sent = 0;
  const speaking = setInterval(() => {
    const payload = Buffer.from(`beat ${sent++}`);
    if (Date.now() < endsAt)
      return socket.write(writeFrame({ isLast: true, opcode: 1, payload }, randomBytes(4)));
    clearInterval(speaking);
    return socket.write(closeFrame(1000));
  }, beatMs);
  return () => clearInterval(speaking);
}

/** The frames that have arrived whole: whether one of them says goodbye, and what is not whole yet. */
function goodbyeIn(arrived: Buffer): { readonly code: number | undefined; readonly rest: Buffer } {
  let rest = arrived;
  for (let next = readFrame(rest); next !== undefined; next = readFrame(rest)) {
    rest = Buffer.from(next.rest);
    if (next.frame.opcode === opcodes.close) return { code: next.frame.payload.readUInt16BE(0), rest };
  }
  return { code: undefined, rest };
}

/** @param seconds after which the visitor closes it */
export function webSocket(site: Site, seconds: number, opened: () => void): Promise<Outcome> {
  const { url, address, trusted } = site;
  return new Promise((resolve) => {
    const { good, end } = watching(resolve);
    const to = { host: address, port: Number(url.port || 443), servername: url.hostname };
    const socket = connect({ ...to, ca: trusted });
    let arrived = Buffer.alloc(0);
    let quiet: (() => void) | undefined;
    const stop = (how: Outcome["how"], detail: string) => {
      quiet?.();
      clearTimeout(limit);
      end(how, detail);
      socket.destroy();
    };
    const limit = setTimeout(() => stop("silent", `nothing for ${patienceMs / 1000} s`), patienceMs);
    const begin = () => {
      const answer = answerIn(arrived);
      if (answer !== undefined && !answer.status.includes(" 101 ")) stop("cut", answer.status);
      if (answer === undefined || !answer.status.includes(" 101 ")) return false;
      arrived = Buffer.from(answer.rest);
      quiet = speak(socket, seconds);
      opened();
      return true;
    };
    socket.write(upgrade(url.host));
    socket.on("error", (error) => stop("cut", problemOf(error)));
    socket.on("end", () => stop("cut", "the connection was ended"));
    socket.on("data", (piece: Buffer) => {
      good();
      limit.refresh();
      arrived = Buffer.concat([arrived, piece]);
      if (quiet === undefined && !begin()) return;
      const { code, rest } = goodbyeIn(arrived);
      arrived = Buffer.from(rest);
      if (code !== undefined) stop(code === 1000 ? "whole" : "cut", `closed with ${code}`);
    });
  });
}
