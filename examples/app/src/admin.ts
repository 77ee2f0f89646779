import type { FastifyInstance } from "fastify";
import type { Config } from "./config";
import { countItems } from "./database";
import { checkDependencies, type Dependencies } from "./dependencies";
import { html, type Markup } from "./html";
import { identityOf } from "./identity";
import { type Job, listJobs, queueLength } from "./jobs";
import { card, identityCards, sendPage } from "./layout";

export function registerAdmin(app: FastifyInstance, config: Config, dependencies: Dependencies): void {
  const identity = identityOf(config);
  app.get("/admin/whoami", async () => identity);
  app.get("/admin", async (_request, reply) => {
    const [jobs, waiting, items, states] = await Promise.all([
      listJobs(dependencies.database, 50),
      queueLength(dependencies.redis),
      countItems(dependencies.database),
      checkDependencies(dependencies, config.dependencyTimeoutMs),
    ]);
    const health = Object.entries(states).map(([name, state]) =>
      card(
        name,
        state.ok ? "ok" : html`<span class="missing">failed</span>`,
        state.error ?? `${state.milliseconds} ms`,
      ),
    );
    const content = html`<h1>Administration</h1>
<p class="lead">Jobs, queue and dependencies as <em>${identity.node}</em> sees them.</p>
<h2>Now</h2>
<dl class="cards">${card("Queue length", waiting, "jobs waiting or in work")}${card("Items", items, "in PostgreSQL")}</dl>
<h2>Dependencies</h2>
<dl class="cards">${health}</dl>
<h2>Jobs</h2>
${jobsTable(jobs)}
${identityCards(identity)}`;
    return sendPage(reply, "Administration", content);
  });
}

function jobsTable(jobs: readonly Job[]): Markup {
  if (jobs.length === 0) return html`<p>No job yet. <code>POST /api/jobs</code> makes one.</p>`;
  const rows = jobs.map(
    (job) => html`<tr><td><code>${job.id}</code></td><td class="status-${job.status}">${job.status}</td>
<td>${job.worker ?? "–"}</td><td><code>${job.result?.sha256.slice(0, 12) ?? "–"}</code></td><td>${job.createdAt.slice(0, 19)}</td></tr>`,
  );
  return html`<div class="scroll"><table>
<thead><tr><th>Job</th><th>Status</th><th>Worker</th><th>SHA-256</th><th>Created</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
