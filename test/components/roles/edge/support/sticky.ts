import { chainStart } from "./chain";
import { ending } from "./standIns";

/** A visitor who keeps cookies as a browser does, and another one, before and after the death of a replica. */
export const stickyScenario = `${chainStart}

class Visitor:
    def __init__(self):
        self.cookies, self.told = {}, []

    def ask(self, method="GET"):
        """The replica that answered; otherwise the status."""
        connection = http.client.HTTPConnection(EDGE, 80, timeout=30, source_address=("192.0.2.9", 0))
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, "/page", headers={"Host": "www.example.com", **({"Cookie": cookie} if cookie else {})})
        answer = connection.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
            self.told.append(line)
        connection.close()
        reached = json.loads(content)["headers"] if answer.status == 200 else {}
        self.shown = reached.get("cookie", "")
        return json.loads(content)["replica"] if answer.status == 200 else str(answer.status)


# Every node takes its turn, with a weight that grows for some seconds.
strangers = lambda count: {Visitor().ask() for _ in range(count)}
result["strangers"] = until(lambda: len(strangers(40)) == 4)
visitor = Visitor()
result["reads"] = [visitor.ask() for _ in range(20)]
result["writes"] = [visitor.ask("POST") for _ in range(20)]
result["told"] = list(visitor.told)
result["shown"] = visitor.shown
gone = result["reads"][-1]
servers[gone].shutdown()
servers[gone].server_close()
result["whileItDies"] = sorted({len(visitor.ask()) > 3 for _ in range(40)})
until(lambda: gone not in strangers(40))
result["afterwards"] = [visitor.ask() for _ in range(20)]
result["gone"] = gone
for traefik in traefiks:
    traefik.terminate()
${ending}`;
