import { version as pulumi } from "@pulumi/pulumi/package.json";
import { type Edit, endOfFile, type Trim } from "./trim";

const pkg = "github.com/pulumi/pulumi/pkg/v3";
const traefik = "github.com/traefik/traefik/v3/pkg";

/** Lines of Go's imports. */
const without = (...lines: readonly string[]): Edit[] => lines.map((line) => ({ from: `\t${line}\n` }));

/**
 * The CLI keeps state in files and in object storage that speaks S3, and encrypts with a passphrase or Pulumi Cloud.
 * The largest part is what `pulumi api` reads OpenAPI with.
 */
export const cliTrims: readonly Trim[] = [
  {
    module: pkg,
    version: `v${pulumi}`,
    added: "pulumi",
    remove: [
      "authhelpers",
      ...["aws", "cloud_aws", "gcp"].map((name) => `operations/operations_${name}.go`),
      ...cloudApi("api", "describe", "describe_markdown", "encoding", "fields", "format", "list"),
      ...cloudApi("output", "paginate", "pathmatch", "schema", "spec", "spec_fetch"),
      "cmd/pulumi/neo",
    ],
    edits: {
      "backend/diy/backend.go": [
        ...without(
          '"gocloud.dev/blob/azureblob"  // driver for azblob://',
          '"gocloud.dev/blob/gcsblob"    // driver for gs://',
          `"${pkg}/authhelpers"`,
        ),
        {
          from: "\t// for gcp we want to support additional credentials\n",
          until: "\tbucket, err := blobmux.OpenBucket(ctx, u)\n",
        },
      ],
      "secrets/cloud/manager.go": [
        ...without('netUrl "net/url"'),
        { from: '\t_ "gocloud.dev/secrets/awskms"', until: `\t"${pkg}/secrets"\n` },
        {
          from: "\tu, err := netUrl.Parse(url)\n",
          until: "// generateNewDataKey generates",
          to: "\treturn gosecrets.OpenKeeper(ctx, url)\n}\n\n",
        },
      ],
      "cmd/pulumi/cloud/envelope.go": without('Parameters      []ParamSpec `json:"parameters,omitempty"`'),
      "operations/resources.go": [
        {
          from: `\tpkgresource "${pkg}/resource"\n`,
          to: `\t"${pkg}/leftout"\n\tpkgresource "${pkg}/resource"\n`,
        },
        {
          from: "\tswitch ops.resource.State.Type.Package() {\n",
          until: "\tdefault:\n",
          to:
            "\tswitch name := ops.resource.State.Type.Package(); name {\n" +
            '\tcase "cloud", "aws", "gcp":\n\t\treturn nil, leftout.Error("logs of resources of " + string(name))\n',
        },
      ],
      "cmd/pulumi/pulumi.go": [
        ...without(`"${pkg}/cmd/pulumi/cloud"`, `"${pkg}/cmd/pulumi/neo"`),
        { from: "\tbackendlogging ", to: `\t"${pkg}/leftout"\n\tbackendlogging ` },
        command("cloud.NewAPICmd()", "api", "Call any Pulumi Cloud API endpoint"),
        command("neo.NewNeoCmd()", "neo", "Start a Pulumi Neo agent task with local tool execution"),
      ],
    },
  },
  {
    module: "github.com/charmbracelet/glamour",
    version: "v0.6.0",
    edits: {
      "ansi/codeblock.go": [
        { from: '\t"sync"\n', until: '\t"github.com/muesli/reflow/indent"\n', to: "\n" },
        ...without('"github.com/muesli/termenv"'),
        { from: "const (\n\t// The chroma style theme name", until: "// A CodeBlockElement is used" },
        { from: "func chromaStyle(", until: "func (e *CodeBlockElement) Render" },
        { from: "\ttheme := rules.Theme\n", until: "\tiw := indent.NewWriterPipe" },
        { from: "\tif len(theme) > 0 {\n", until: "\t// fallback rendering\n" },
      ],
    },
  },
];

function cloudApi(...names: readonly string[]): string[] {
  return names.map((name) => `cmd/pulumi/cloud/${name}.go`);
}

function command(from: string, name: string, short: string): Edit {
  return { from, to: `leftout.NewCommand("${name}", "${short}")` };
}

/** The bridge can convert Terraform programs, whose modules may lie in any cloud. Its plugins never do. */
export const bridgeTrims: readonly Trim[] = [
  {
    module: "github.com/hashicorp/go-getter",
    version: "v1.8.6",
    added: "go-getter",
    remove: ["get_gcs.go", "get_s3.go"],
  },
];

const traefikProviders = [
  ...["consulcatalog", "docker", "ecs"],
  ...["crd", "gateway", "ingress", "ingress-nginx", "knative"].map((name) => `kubernetes/${name}`),
  ...["consul", "etcd", "redis", "zk"].map((name) => `kv/${name}`),
  "nomad",
];

const types = [
  ...["docker.Provider", "docker.SwarmProvider", "ecs.Provider", "crd.Provider", "gateway.Provider"],
  ...["ingress.Provider", "ingressnginx.Provider", "knative.Provider", "consulcatalog.ProviderBuilder"],
  ...["nomad.ProviderBuilder", "consul.ProviderBuilder", "etcd.Provider", "zk.Provider", "redis.Provider"],
];

/** App nodes configure Traefik by files, and visitors' certificates are the load balancers' concern. */
export const traefikTrims: readonly Trim[] = [
  {
    module: "github.com/go-acme/lego/v4",
    version: "v4.33.0",
    added: "lego",
    remove: ["providers/dns"],
  },
  {
    module: "github.com/traefik/traefik/v3",
    version: "v3.6.12",
    added: "traefik",
    remove: [
      ...["consulcatalog", "docker", "ecs", "kubernetes", "kv", "nomad"].map(
        (name) => `pkg/provider/${name}`,
      ),
      ...["builder", "downloader", "manager", "middlewarewasm", "middlewareyaegi"].map(pluginFile),
      ...["plugins", "providers", "wasip", "wasip_mock"].map(pluginFile),
      "pkg/observability/metrics/influxdb2.go",
    ],
    edits: {
      "pkg/config/static/static_config.go": [
        ...traefikProviders.map(importOf),
        ...types.map((type) => ({ from: `*${type} `, to: "LeftOut " })),
        {
          from: "\tif c.Providers.Docker != nil {\n",
          until: "\tfor _, resolver := range c.CertificatesResolvers {\n",
        },
        {
          from: "func (c *Configuration) ValidateConfiguration() error {\n",
          to: "func (c *Configuration) ValidateConfiguration() error {\n\tif err := c.validateLeftOut(); err != nil {\n\t\treturn err\n\t}\n\n",
        },
        {
          from: "\tif c.Providers != nil && c.Providers.KubernetesIngressNGINX != nil {\n",
          until: "\tif c.AccessLog != nil && c.AccessLog.OTLP != nil {\n",
        },
      ],
      "pkg/provider/aggregator/aggregator.go": [
        { from: "\tif conf.Docker != nil {\n", until: "\tif conf.Rest != nil {\n" },
        { from: "\tif conf.KubernetesIngress != nil {\n", until: "\tif conf.HTTP != nil {\n" },
      ],
      "pkg/version/version.go": [
        ...without('"context"', '"net/url"', '"github.com/google/go-github/v28/github"'),
        ...without('goversion "github.com/hashicorp/go-version"'),
        {
          from: "\tclient := github.NewClient(nil)\n",
          until: endOfFile,
          to: '\tlog.Warn().Msg("Looking for newer versions is left out of this build of Traefik")\n}\n',
        },
      ],
    },
  },
];

function importOf(name: string): Edit {
  const alias = name === "kubernetes/ingress-nginx" ? "ingressnginx " : "";
  return { from: `\t${alias}"${traefik}/provider/${name}"\n` };
}

function pluginFile(name: string): string {
  return `pkg/plugins/${name}.go`;
}

/** Storage nodes keep objects in files, and neither tests nor events to message queues are asked of the gateway. */
export const versitygwTrims: readonly Trim[] = [
  {
    module: "github.com/versity/versitygw",
    version: "v1.8.0",
    added: "versitygw",
    remove: [
      "cmd/versitygw/test.go",
      "cmd/internal/gwcli/azure.go",
      ...["kafka", "nats", "rabbitmq"].map((name) => `s3event/${name}.go`),
    ],
    edits: {
      "cmd/versitygw/main.go": [
        {
          from: '\t"github.com/versity/versitygw/embedgw"\n',
          to: '\t"github.com/versity/versitygw/embedgw"\n\t"github.com/versity/versitygw/internal/leftout"\n',
        },
        { from: "gwcli.AzureCommand()", to: 'leftout.NewCommand("azure", "azure blob storage backend")' },
        { from: "testCommand()", to: 'leftout.NewCommand("test", "client side testing of the gateway")' },
      ],
    },
  },
];
