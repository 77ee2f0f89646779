// What judges say of the platform and is left so, each with the reason: anything else makes a drill red.
import type { TlsFinding } from "./tls";

/** What lynis says of a machine, by its id of the test, and for SSH by the setting. */
export const accepted: Readonly<Record<string, string>> = {
  LYNIS: "the age of lynis itself",
  "DEB-0280": "folders of their own for temporary files would break what set-ups hand to other users",
  "DEB-0810": "asks questions at upgrades that nobody is there to answer",
  "DEB-0811": "asks questions at upgrades that nobody is there to answer",
  "DEB-0831": "platform-upgrade names services that run replaced libraries",
  "DEB-0880": "sshd gives penalties by itself, and takes keys only",
  "BOOT-5180": "lynis finds no runlevel in a container",
  "BOOT-5264": "Debian's own units, of which the platform writes none",
  "KRNL-5788": "a local machine shares the kernel of its host",
  "AUTH-9230": "no account has a password",
  "AUTH-9262": "no account has a password",
  "AUTH-9286": "no account has a password",
  "AUTH-9328": "packages that an operator installs by hand expect what they write to be readable",
  "FILE-6310": "data has volumes of its own, and the journal a limit",
  "FILE-7524": "the files it names hold no secret",
  "HOME-9304": "home folders of services, as their packages make them",
  "NAME-4028": "machines know one another by /etc/hosts, with no domain",
  "PKGS-7370": "a package that was changed is replaced with its machine",
  "PKGS-7392": "an image is days old; security updates come within a day of the first boot",
  "PKGS-7394": "platform-upgrade lists what waits",
  "FIRE-4513": "Docker's tables",
  "SSH-7408 AllowTcpForwarding": "load balancers are the bastion",
  "SSH-7408 MaxAuthTries": "an administrator's agent offers several keys",
  "SSH-7408 MaxSessions": "a set-up opens several over one connection",
  "SSH-7408 Port": "another port hides nothing",
  "LOGG-2154": "the journal goes to the archive; lynis looks for syslog",
  "BANN-7126": "the words are the operator's to choose",
  "BANN-7130": "the words are the operator's to choose",
  "ACCT-9622": "processes are not accounted one by one",
  "ACCT-9626": "measurements are a later part of the platform",
  "ACCT-9628": "auditd does not run in a container; on a machine with its own kernel the operator may add it",
  "CONT-8104": "docker info warns of nothing that is set here",
  "DBS-1828": "the server's settings hold no secret; passwords are in files of their own",
  "FINT-4350": "whoever could change programs could change its list; machines are replaced from their image",
  "TOOL-5002": "Pulumi leaves no agent that lynis could find",
  "KRNL-6000": "values of a kernel that a local machine shares, and those that NAT and a second address need",
  "HRDN-7230": "no files of visitors are run",
};

/** What the list does not name, of lynis' lines `ID|text|detail|`. */
export function unaccepted(findings: readonly string[]): readonly string[] {
  return findings.filter((finding) => {
    const [id = "", , detail = ""] = finding.split("|");
    const setting = detail.split(" ")[0] ?? "";
    return !(id in accepted) && !(`${id} ${setting}` in accepted);
  });
}

/**
 * What h2spec says of nginx 1.26, by its sections, or their tests. None of it can be set. HAProxy, which the edge has
 * unless somebody chooses nginx, does all of it right.
 */
const acceptedOfNginx: Readonly<Record<string, string>> = {
  "generic/4 Sends a POST request with trailers": "it knows no trailers of requests",
  "http2/4.2 ": "it allows frames of 16 MB, and h2spec sends as much at once: more than the window",
  "http2/5.1 ": "it ignores what comes for a stream that is not open",
  "http2/6.4 Sends a RST_STREAM frame on a idle stream":
    "it ignores what comes for a stream that is not open",
  "http2/8.1.2": "it answers 400 in the place of an error of the stream, as RFC 9113, section 8.1.1, lets it",
  "hpack/4.2 Sends a dynamic table size update at the end": "it takes the update there too",
  "hpack/5.2 Sends a Huffman-encoded string literal representation with padding longer":
    "it ignores the padding",
};

/** What the list does not name, of what h2spec found in nginx. */
export function unacceptedOfHttp2(failed: readonly string[]): readonly string[] {
  return failed.filter((one) => !Object.keys(acceptedOfNginx).some((known) => one.startsWith(known)));
}

/** What testssl.sh says of a load balancer, by its name of the test. */
const acceptedOfTls: Readonly<Record<string, string>> = {
  HSTS: "a promise of years is the web tier's to make, or the application's, not that of a proxy in front of either",
  cert_revocation: "the local authority has no list; of a real one the certificate says where it is",
  DNS_CAArecord: "testssl asks no name server here; the platform's zones have the record",
};

/** What the list does not name, one line each. */
export function unacceptedOfTls(findings: readonly TlsFinding[]): readonly string[] {
  return findings
    .filter(({ id }) => !((id.split(" ")[0] ?? "") in acceptedOfTls))
    .map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`);
}
