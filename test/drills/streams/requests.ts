// An upload over a slow line, and an event stream that is silent for long.
import type { ClientRequest } from "node:http";
import * as https from "node:https";
import type { LookupFunction } from "node:net";
import type { Outcome } from "./outcome";

export interface Site {
  /** `https://platform.test` */
  readonly url: URL;
  /** Where the name leads. */
  readonly address: string;
  /** PEM of whom a certificate must be from. */
  readonly trusted: string;
}

export interface Streams {
  readonly webSocketSeconds: number;
  readonly uploadBytes: number;
  /** Bytes a second. */
  readonly uploadRate: number;
  readonly silentSeconds: number;
}

/** For as long as this after its end something is waited for that does not come, in ms. */
const patienceMs = 30_000;

export const problemOf = (error: Error) =>
  "code" in error && typeof error.code === "string" ? error.code : error.message;

/** What becomes of one stream: the first that is said of it counts. */
export function watching(resolve: (outcome: Outcome) => void) {
  let lastGoodAtMs = Date.now();
  const end = (how: Outcome["how"], detail: string) =>
    resolve({ how, detail, lastGoodAtMs, endedAtMs: Date.now() });
  return {
    good: () => {
      lastGoodAtMs = Date.now();
    },
    end,
  };
}

function optionsOf({ address, trusted }: Site): https.RequestOptions {
  const lookup: LookupFunction = (_name, { all }, done) =>
    all ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
  return { agent: false, ca: trusted, lookup };
}

const path = "/api/objects/drill-upload.bin";
const pieceMs = 100;

/** Bytes that go at an even pace until all have gone. @returns what stops it */
function send(
  request: ClientRequest,
  { uploadBytes, uploadRate }: Streams,
  went: (sent: number) => void,
): () => void {
  const began = Date.now();
  let sent = 0;
  const sending = setInterval(() => {
    const due = Math.min(uploadBytes, Math.floor(((Date.now() - began) / 1000) * uploadRate)) - sent;
    sent += Math.max(0, due);
    const now = sent;
    if (due > 0) request.write(Buffer.alloc(due, "a"), (error) => error ?? went(now));
    if (sent < uploadBytes) return;
    clearInterval(sending);
    request.end();
  }, pieceMs);
  return () => clearInterval(sending);
}

/** An upload, and an answer that says that all of it came. */
export function upload(site: Site, streams: Streams, opened: () => void): Promise<Outcome> {
  const { uploadBytes, uploadRate } = streams;
  return new Promise((resolve) => {
    const { good, end } = watching(resolve);
    const headers = { "content-length": uploadBytes, "content-type": "application/octet-stream" };
    const request = https.request(new URL(path, site.url), { ...optionsOf(site), method: "PUT", headers });
    const quiet = send(request, streams, (sent) => {
      good();
      if (sent > uploadRate) opened();
    });
    const limit = setTimeout(
      () => stop("silent", "no answer"),
      (uploadBytes / uploadRate) * 1000 + patienceMs,
    );
    const stop = (how: Outcome["how"], detail: string) => {
      quiet();
      clearTimeout(limit);
      end(how, detail);
      request.destroy();
    };
    request.on("error", (error) => stop("cut", problemOf(error)));
    request.on("response", (response) => {
      let answer = "";
      response.setEncoding("utf8").on("data", (piece: string) => (answer += piece));
      response.on("error", (error) => stop("cut", problemOf(error)));
      response.on("end", () => {
        const isWhole = response.statusCode === 201 && answer.includes(`"bytes":${uploadBytes}`);
        stop(isWhole ? "whole" : "cut", String(response.statusCode));
      });
    });
  });
}

/** An event, a silence, another event. The visitor says nothing at all, as a browser. */
export function events(site: Site, silentSeconds: number, opened: () => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const { good, end } = watching(resolve);
    const url = new URL(`/api/events?silentSeconds=${silentSeconds}`, site.url);
    const request = https.get(url, { ...optionsOf(site), headers: { accept: "text/event-stream" } });
    const limit = setTimeout(() => stop("silent", "nothing came"), silentSeconds * 1000 + patienceMs);
    const stop = (how: Outcome["how"], detail: string) => {
      clearTimeout(limit);
      end(how, detail);
      request.destroy();
    };
    request.on("error", (error) => stop("cut", problemOf(error)));
    request.on("response", (response) => {
      let came = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        came += piece;
        good();
        if (came.startsWith("event: begin\n")) opened();
      });
      response.on("error", (error) => stop("cut", problemOf(error)));
      response.on("end", () =>
        came.includes("event: end\n")
          ? stop("whole", "200")
          : stop("cut", `ended after ${came.length} bytes`),
      );
    });
  });
}
