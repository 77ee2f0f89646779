import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Config, DependencyName } from "./config";
import { type Dependencies, messageOf, within } from "./dependencies";
import { html, type Markup } from "./html";
import { identityOf } from "./identity";
import { card, identityCards, sendPage } from "./layout";
import { type Session, sessionCookie, visit } from "./sessions";
import { type Readings, readValues } from "./values";

type PublicSession = Pick<Session, "idHash" | "visits"> | null;

export function registerWeb(app: FastifyInstance, config: Config, dependencies: Dependencies): void {
  const identity = identityOf(config);
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const [readings, session] = await Promise.all([
      readValues(dependencies, config.dependencyTimeoutMs),
      continueSession(config, dependencies, request, reply),
    ]);
    return { readings, session };
  };
  app.get("/", async (request, reply) => {
    const { readings, session } = await answer(request, reply);
    const title = `${identity.node} / ${identity.service} ${identity.replica}`;
    return sendPage(reply, title, page(identityCards(identity), identity.node, readings, session));
  });
  app.get("/whoami", async (request, reply) => {
    const { readings, session } = await answer(request, reply);
    reply.header("cache-control", "no-store");
    return { ...identity, ...readings, session };
  });
}

async function continueSession(
  config: Config,
  { redis }: Dependencies,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<PublicSession> {
  try {
    const known = visit(redis, request.cookies[sessionCookie], config.sessionTtlSeconds);
    const { id, idHash, visits } = await within(config.dependencyTimeoutMs, known);
    reply.setCookie(sessionCookie, id, {
      path: "/",
      httpOnly: true,
      sameSite: "lax",
      secure: request.protocol === "https",
      maxAge: config.sessionTtlSeconds,
    });
    return { idHash, visits };
  } catch (error) {
    request.log.warn({ error: messageOf(error) }, "session not available");
    return null;
  }
}

const labels: Record<DependencyName, readonly [title: string, note: string]> = {
  postgresql: ["PostgreSQL", "items stored"],
  redis: ["Redis", "page views so far"],
  elasticsearch: ["Elasticsearch", "documents to search"],
  objectStore: ["Object store", "contents of welcome.txt"],
};

function page(served: Markup, node: string, readings: Readings, session: PublicSession): Markup {
  const values = Object.entries(labels).map(([name, [title, note]]) => {
    const value = readings.values[name as DependencyName];
    return value === null
      ? card(title, html`<span class="missing">not available</span>`, note)
      : card(title, value, note);
  });
  const visits =
    session === null
      ? card("Visits", html`<span class="missing">not available</span>`, "sessions need Redis")
      : card("Visits", session.visits, html`session <code>${session.idHash}</code>`);
  return html`<h1>This page was made on <em>${node}</em></h1>
<p class="lead">Reload it: another node or replica may answer, and your session goes along.</p>
${served}
<h2>One value from each store</h2>
<dl class="cards">${values}</dl>
<h2>Your session</h2>
<dl class="cards">${visits}</dl>
`;
}
