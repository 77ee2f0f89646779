import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";
import { BadFrame, closeFrame, opcodes, readFrame, writeFrame } from "./webSocketFrames";

const echoPath = "/api/echo";

/** By which a browser knows that the server speaks WebSocket (RFC 6455, section 1.3). */
const accepted = (key: string) =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** Why the server ends a WebSocket: it goes away. */
const goingAway = 1001;

/** A WebSocket that sends back what comes, so that somebody can see what becomes of it on the way. */
export function registerEcho(app: FastifyInstance, servedBy: string): void {
  const open = new Set<Duplex>();
  // Load balancers have turned away by then, so the client comes to another replica when it comes back.
  app.addHook("preClose", async () => {
    for (const socket of open) socket.end(closeFrame(goingAway));
  });
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const key = request.headers["sec-websocket-key"];
    const [path] = (request.url ?? "").split("?");
    if (path !== echoPath || key === undefined) {
      const status = path === echoPath ? "400 Bad Request" : "404 Not Found";
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // Whoever is gone has no use for an error.
    socket.on("error", () => socket.destroy());
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted(key)}\r\nX-Served-By: ${servedBy}\r\n\r\n`,
    );
    answerFrames(socket, head);
  });
}

function answerFrames(socket: Duplex, head: Buffer): void {
  let arrived = head;
  const take = () => {
    try {
      for (let next = readFrame(arrived); next !== undefined; next = readFrame(arrived)) {
        arrived = next.rest;
        const { opcode } = next.frame;
        if (opcode === opcodes.pong) continue;
        const answer = writeFrame(
          opcode === opcodes.ping ? { ...next.frame, opcode: opcodes.pong } : next.frame,
        );
        if (opcode === opcodes.close) return void socket.end(answer);
        socket.write(answer);
      }
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      socket.end(closeFrame(error.code));
    }
  };
  socket.on("data", (piece: Buffer) => {
    arrived = Buffer.concat([arrived, piece]);
    take();
  });
  take();
}
