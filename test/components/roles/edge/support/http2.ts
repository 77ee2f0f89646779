import type { EdgeOptions } from "../../../../../components/roles/edge/edge";
import { haproxyConfig } from "../../../../../components/roles/edge/haproxy";
import { nginxConfig } from "../../../../../components/roles/edge/nginx";
import { ensureH2spec, type Judged, judgedIn } from "../../../../support/h2spec/h2spec";
import { inDebian13 } from "./debian13";
import { certificatePem, withLimits } from "./options";

/** Answers everything, with a body. */
const node = `import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Node(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        chunked = self.headers.get("Transfer-Encoding") is not None
        self.rfile.read(size)
        while chunked and (length := int(self.rfile.readline().strip() or b"0", 16)):
            self.rfile.read(length + 2)
        if chunked:
            self.rfile.readline()
        body = b"page " * 100
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, *_):
        pass


ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer((sys.argv[1], 8080), Node).serve_forever()
`;

const commands = {
  haproxy: "haproxy -D -f /etc/haproxy/haproxy.cfg",
  nginx: "nginx -c /etc/platform/nginx.conf",
};

/** Side by side: what fails waits for what does not come. */
const parts = ["generic", "http2/3 http2/4 http2/5 http2/6 http2/7", "http2/8", "hpack"];

/** What h2spec says of an engine of Debian 13 with the configuration that we render. */
export async function judgeHttp2(engine: keyof typeof commands): Promise<Judged> {
  const options: EdgeOptions = { ...withLimits, certificate: certificatePem() };
  const inOneNetwork = (config: string) => config.replaceAll(/(10\.0\.2\.\d+):80\b/g, "$1:8080");
  const { output } = await inDebian13(
    `for address in 10.0.1.11 10.0.2.11 10.0.2.12; do ip address add $address/32 dev lo; done
for address in 10.0.2.11 10.0.2.12; do python3 /tmp/node.py $address >/dev/null 2>&1 & done
${commands[engine]} >/dev/null 2>&1
until [ "$(curl -sk --http2 -o /dev/null -w '%{http_code} %{http_version}' https://127.0.0.1/page)" = "200 2" ]; do sleep 0.1; done
n=0
for part in ${parts.map((part) => `'${part}'`).join(" ")}; do
  n=$((n + 1))
  /tmp/h2spec-program $part -h 127.0.0.1 -p 443 -t -k -P /page -o 2 -j /tmp/report-$n >/dev/null 2>&1 &
  judges="$judges $!"
done
wait $judges
cat /tmp/report-*`,
    {
      "/tmp/node.py": node,
      "/etc/haproxy/haproxy.cfg": inOneNetwork(haproxyConfig(options)),
      "/etc/platform/nginx.conf": inOneNetwork(nginxConfig(options)),
      "/etc/platform/secrets/site.pem": options.certificate ?? "",
    },
    { "/tmp/h2spec-program": await ensureH2spec() },
  );
  return judgedIn(output);
}
