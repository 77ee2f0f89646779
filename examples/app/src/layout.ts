import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";
import { html, type Markup } from "./html";
import type { Identity } from "./identity";

const css = `
:root { color-scheme: light dark; --ink: #16202b; --soft: #5b6b7b; --line: #d9e0e7; --paper: #f5f7f9; --card: #fff;
  --accent: #c3162b; --good: #14804a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #9fb0c0; --line: #2c3947; --paper: #10161d;
  --card: #19222c; --accent: #ff6b7a; --good: #5fd39a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.25rem; }
h1 { margin: 0; font-size: clamp(1.6rem, 4vw, 2.4rem); line-height: 1.2; letter-spacing: -0.02em; }
h1 em { color: var(--accent); font-style: normal; }
p.lead { margin: .5rem 0 2rem; color: var(--soft); }
h2 { margin: 2.5rem 0 .75rem; font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; color: var(--soft); }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); padding: 0; margin: 0; }
.cards > div { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.1rem; }
dt { font-size: .85rem; color: var(--soft); }
dd { margin: .15rem 0 0; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere; }
dd small { display: block; font-size: .85rem; font-weight: 400; color: var(--soft); }
.missing { color: var(--bad); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .6rem .9rem; border-top: 1px solid var(--line); white-space: nowrap; }
thead th { border-top: 0; font-weight: 600; color: var(--soft); }
td.status-done { color: var(--good); }
code { font: .85em ui-monospace, monospace; }
a { color: var(--accent); }
`;

const cssHash = createHash("sha256").update(css).digest("base64");

export function sendPage(reply: FastifyReply, title: string, content: Markup): FastifyReply {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: css }}</style>
</head>
<body><main>${content}</main></body>
</html>
`;
  return reply
    .type("text/html; charset=utf-8")
    .header("cache-control", "no-store")
    .header("content-security-policy", `default-src 'none'; style-src 'sha256-${cssHash}'`)
    .header("x-content-type-options", "nosniff")
    .header("referrer-policy", "no-referrer")
    .send(page.markup);
}

export function card(label: string, value: unknown, note: unknown = ""): Markup {
  const small = note === "" ? "" : html`<small>${note}</small>`;
  return html`<div><dt>${label}</dt><dd>${value}${small}</dd></div>`;
}

export function identityCards({ node, service, replica, release }: Identity): Markup {
  return html`<h2>Served by</h2>
<dl class="cards">${card("Node", node)}${card("Service", service)}${card("Replica", replica)}${card("Release", release)}</dl>`;
}
