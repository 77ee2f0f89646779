import { copyButton } from "./copy.js";
import { element } from "./dom.js";

/**
 * A cloud without anything shows what to type.
 *
 * @param {HTMLElement} root
 * @param {string} endpoint
 */
export function drawEmptyCloud(root, endpoint) {
  if (root.dataset.endpoint === endpoint) return;
  root.dataset.endpoint = endpoint;
  const steps = [
    { does: "The whole platform, on this cloud", command: "npm run local" },
    { does: "Or one server, with any Hetzner client", command: `export HCLOUD_ENDPOINT=${endpoint}` },
    {
      does: "The token opens nothing but this cloud: docs/local-cloud.md has it",
      command: "export HCLOUD_TOKEN=…",
    },
    {
      does: "The server appears here as soon as it is asked for",
      command: "hcloud server create --name web1 --type cx23 --image debian-13 --location fsn1",
    },
  ];
  root.replaceChildren(
    element("h2", {}, "Nothing here yet"),
    element("p", {}, "This cloud answers Hetzner's API and boots real machines. Type:"),
    element(
      "ol",
      { class: "plain" },
      ...steps.map(({ does, command }) =>
        element(
          "li",
          { class: "command" },
          element("span", { class: "does" }, does),
          element("code", {}, command),
          copyButton(command, `command: ${does}`),
        ),
      ),
    ),
  );
}
