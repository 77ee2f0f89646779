import { issuedFlag } from "./acmeInstall";
import { certificatePathOf, type EdgeOptions, knownHosts } from "./edge";
import { OtherHosts } from "./settings";

/**
 * The name that a visitor asks for, in HAProxy's words: without port and the dot of the root, in lower case. HTTP/2's
 * `:authority` is a `Host` here, and two that differ are a bad request before any rule.
 */
const askedName = "req.hdr(Host),host_only,lower,rtrim(.)";

/** Where HAProxy's rules find it, worked out once for a request. */
const keptName = "var(txn.asked_name)";

/** A line of HAProxy's configuration has room for 64 words. */
const namesInLine = 50;

/** Which names are served, and which visitors go elsewhere: HAProxy's rules, after those for challenges. */
export function haproxyHosts(options: EdgeOptions): string {
  const toHttps = certificatePathOf(options) !== undefined && options.redirectToHttps;
  const rules = [
    ...(options.aliases?.length ? toDomain(options, "if is_alias !asks_state") : []),
    ...haproxyOtherHosts(options),
    ...(toHttps ? haproxyToHttps(options) : []),
  ];
  if (rules.length === 0) return "";
  return [...nameLists(options), ...rules].map((rule) => `  ${rule}\n`).join("");
}

function nameLists(options: EdgeOptions): readonly string[] {
  return [
    `http-request set-var(txn.asked_name) ${askedName}`,
    ...nameList("known_host", knownHosts(options)),
    ...nameList("is_alias", options.aliases ?? []),
  ];
}

/** HAProxy looks a name up in each line at once, however many are in it. */
function nameList(acl: string, names: readonly string[]): readonly string[] {
  const lines = Array.from({ length: Math.ceil(names.length / namesInLine) }, (_, index) =>
    names.slice(index * namesInLine, (index + 1) * namesInLine),
  );
  return lines.map((line) => `acl ${acl} ${keptName} -m str ${line.join(" ")}`);
}

function haproxyOtherHosts(options: EdgeOptions): readonly string[] {
  switch (options.otherHosts ?? OtherHosts.Serve) {
    case OtherHosts.Serve:
      return [];
    case OtherHosts.Redirect:
      return toDomain(options, "if !known_host !asks_state");
    case OtherHosts.Refuse:
      return ["http-request deny deny_status 421 if !known_host !asks_state"];
  }
}

/** The certificate speaks for no address and no foreign name, so these are not sent to themselves. */
function haproxyToHttps(options: EdgeOptions): readonly string[] {
  const when = `if !{ ssl_fc } !asks_state${options.acme === undefined ? "" : " issued"}`;
  return [
    `http-request redirect prefix https://${options.domain} code 308 ${when} !known_host`,
    // Not the port of HTTP, which some clients name.
    `http-request redirect prefix https://%[${keptName}] code 308 ${when}`,
  ];
}

/** Over HTTPS as soon as a certificate has been issued. */
function toDomain(options: EdgeOptions, when: string): readonly string[] {
  const to = (scheme: string) =>
    `http-request redirect prefix ${scheme}://${options.domain} code 308 ${when}`;
  if (options.acme !== undefined) return [`${to("https")} issued`, `${to("http")} !issued`];
  return [to(certificatePathOf(options) === undefined ? "http" : "https")];
}

/** nginx's `$host` is what HAProxy's rules look at: without port and the dot of the root, in lower case. */
export function nginxHostMaps(options: EdgeOptions): string {
  const lines = (names: readonly string[]) => names.map((name) => `\n    ${name} 1;`).join("");
  const { aliases = [] } = options;
  return `
  map $host $known_host {
    default 0;${lines(knownHosts(options))}
  }${
    aliases.length === 0
      ? ""
      : `

  map $host $is_alias {
    default 0;${lines(aliases)}
  }`
  }`;
}

/** What a location of nginx does first, for names that are not served. */
export function nginxElsewhere(
  options: EdgeOptions,
  scheme = certificatePathOf(options) === undefined ? "http" : "https",
): string {
  const domain = `308 ${scheme}://${options.domain}$request_uri`;
  const answers = { serve: undefined, redirect: domain, refuse: "421" };
  return (
    answerTo("$is_alias", options.aliases?.length ? domain : undefined) +
    answerTo("$known_host = 0", answers[options.otherHosts ?? OtherHosts.Serve])
  );
}

function answerTo(condition: string, answer: string | undefined): string {
  if (answer === undefined) return "";
  return `
      if (${condition}) {
        return ${answer};
      }`;
}

/** What nginx's location of HTTP does where visitors are sent to HTTPS. */
export function nginxToHttps(options: EdgeOptions): string {
  return `${nginxElsewhere(options, "https")}
      if ($known_host = 0) {
        return 308 https://${options.domain}$request_uri;
      }
      return 308 https://$host$request_uri;`;
}

/** The same for a pair whose certificate may still have to come; before the locations stands `nginxIssued`. */
export function nginxUntilIssued(options: EdgeOptions): string {
  const elsewhere = nginxElsewhere(options, "$site_scheme");
  if (!options.redirectToHttps) return elsewhere;
  return `${elsewhere}
      if ($https_for = 0) {
        return 308 https://${options.domain}$request_uri;
      }
      if ($https_for = 1) {
        return 308 https://$host$request_uri;
      }`;
}

/** Whether a certificate has been issued, as variables of a server of nginx. */
export const nginxIssued = `
    set $https_for "";
    set $site_scheme http;
    if (-f ${issuedFlag}) {
      set $https_for $known_host;
      set $site_scheme https;
    }`;
