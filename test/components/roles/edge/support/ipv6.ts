import { looksLikeQuestion } from "./options";
import { ending, standIns } from "./standIns";

/** Visitors of both families, over HTTP and HTTPS, behind a CDN and without one, and an ACME server. */
export const ipv6Scenario = `${standIns}
VISITOR, STRANGER, CDN = "2001:db8:1:1::5", "2001:db8:9::1", "2001:db8:7::7"
FLOATING = "2001:db8:2:1::1"
for address in [VISITOR, STRANGER, CDN, FLOATING]:
    subprocess.run(["ip", "address", "add", address + "/128", "dev", "lo", "nodad"], check=True)
for address in ["10.9.0.1", "192.0.2.1"]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)


def visit(client, target=FLOATING, path="/page", headers={}, tls=False):
    """The status, and what the application got to see of it."""
    how = {"timeout": 15, "source_address": (client, 0)}
    if tls:
        connection = http.client.HTTPSConnection(target, 443, context=context, **how)
    else:
        connection = http.client.HTTPConnection(target, 80, **how)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        told = json.loads(content) if content.startswith(b"{") else {"headers": {}, "node": ""}
        return answer.status, {name.lower(): value for name, value in told["headers"].items()} | {"node": told["node"]}
    except OSError as error:
        return 0, {"problem": str(error)}
    finally:
        connection.close()


SECRET = {"X-Origin-Secret": "planted-origin-secret"}
told = {**SECRET, "X-Forwarded-For": "2001:db8:5::5"}
asks = {
    "plain": [VISITOR],
    "TLS": [VISITOR, FLOATING, "/page", {}, True],
    "lies": [VISITOR, FLOATING, "/page", {"X-Forwarded-For": "203.0.113.66", "X-Real-IP": "::1"}],
    "IPv4": ["10.9.0.1", EDGE],
    "challenge": [VISITOR, FLOATING, "/.well-known/acme-challenge/token"],
    "state": [STRANGER, FLOATING, "/.well-known/platform-edge", {"X-Platform-Question": "${looksLikeQuestion}"}],
    "state of a stranger": [STRANGER, FLOATING, "/.well-known/platform-edge"],
    "CDN": [CDN, FLOATING, "/page", told],
    "CDN, IPv4": ["192.0.2.1", EDGE, "/page", told],
    "around the CDN": [STRANGER, FLOATING, "/page", told],
}
# It listens while it asks for a certificate.
Node("certbot", EDGE, 8407).start()
until(lambda: visit("10.9.0.1", EDGE)[0] != 0)
result["visits"] = {name: visit(*how) for name, how in asks.items()}
listening = subprocess.run(["ss", "-Hlntu"], capture_output=True, text=True).stdout.split("\\n")
result["listening"] = sorted(line.split()[4] for line in listening if re.search(r":(80|443) ", line))
time.sleep(0.3)
result["lines"] = [line for path in glob.glob("/tmp/nginx-*.log") + ["/tmp/engine.log"] for line in open(path) if "GET /page" in line]
${ending}`.replace("import http.client,", "import glob, re, http.client,");
